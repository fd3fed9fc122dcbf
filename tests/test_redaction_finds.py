"""What redaction finds in one text: shapes that give a value away, and values that are known from elsewhere."""

import pytest

from triage.redact.known import KnownValues
from triage.redact.shapes import shapes
from triage.redact.vocabulary import Vocabulary


@pytest.mark.parametrize(
    "text",
    [
        "1.2.3.4",
        "2001:db8:0:1:1:1:1:7",
        "2001:db8::7",
        "::ffff:10.9.8.7",
        "64:ff9b:0:0:0:0:10.9.8.7",
        "fe80::1%eth0",
        "4111 1111-1111 1111",
        "+1 2345678",
        "0f" * 20,
        "0F" * 32,
        "a.eu",
        "a@b.c",
        "ab://x@",
        "sk-0123456789abcdef",
        "Users\\bob",
    ],
)
def test_every_shape_is_found_in_the_shortest_text_that_has_it(text: str) -> None:
    (found, *_) = shapes(text)
    assert found.end == len(text) - text.endswith("@")


def test_a_name_of_one_letter_many_times_over_is_found_as_a_whole() -> None:
    names = {"n" * 30_000 + str(number): f"client-{number}" for number in range(20)}
    known = KnownValues(names, Vocabulary(()))
    texts = [f"name={name} age=3" for name in names]
    assert known.holding(texts) == set(texts)
    assert [[new for _, _, new in known.find(text)] for text in texts] == [[new] for new in names.values()]
    assert list(known.find("x" + "n" * 30_000 + "7")) == []


def test_a_value_over_two_lines_does_not_hide_that_of_the_next_text() -> None:
    known = KnownValues({"alice\nb": "key-1", "bobby": "user-1"}, Vocabulary(()))
    assert known.holding(["from alice", "bobby", "none"]) >= {"bobby"}


def test_known_values_are_found_in_many_texts_as_in_each() -> None:
    known = KnownValues({"alice": "user-1", "cache-7": "host-1", "\udcff-odd": "client-1"}, Vocabulary(()))
    texts = ["", "from alice", "malice", "cache-7:1 alice", "cache-", "7 ünd", "\udcff-odd", "al", "ice"]
    holding = known.holding(texts)
    assert {text for text in texts if any(True for _ in known.find(text))} <= holding
    assert holding.isdisjoint({"", "cache-", "7 ünd", "al", "ice"})
