"""Versions as servers and distributions print them, and where they stand to a bug."""

import pytest

from triage.knowledge.versions import AffectedRange, Standing, nearest_fixed, parse_version, standing


def ranges(*bounds: tuple[str, str | None, str | None]) -> list[AffectedRange]:
    return [AffectedRange(product, parse_version(first), parse_version(fixed)) for product, first, fixed in bounds]


ONE_BRANCH = ranges(("valkey", "8.1.0-rc1", "8.1.1"))
THREE_BRANCHES = ranges(("valkey", "7.2.4", "7.2.6"), ("valkey", "8.0.0-rc1", "8.0.2"), ("redis", "7.0.0", "7.2.6"))
UNFIXED = ranges(("valkey", "8.0.0", None))


def test_releases_follow_each_other() -> None:
    printed = ["6.2.16", "7.9.240", "8.0.0", "8.1.0-rc1", "8.1.0-rc2", "8.1.0", "8.1.1", "8.1.10", "9.0.0-rc1"]
    versions = [parse_version(text) for text in printed]
    assert None not in versions
    assert versions == sorted(v for v in versions if v)


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("8.0.1+dfsg1-1~bpo12+1", "8.0.1"),
        ("5:7.0.15-1~deb12u1", "7.0.15"),
        ("v8.1.0", "8.1.0"),
        ("7.2", "7.2.0"),
        ("8.0.1-alpine", "8.0.1"),
        ("7:7.0.15-1~deb12u1", "7.0.15"),
        ("8.0.1-1.el9", "8.0.1"),
        ("8.0.1-1.fc41.x86_64", "8.0.1"),
    ],
)
def test_distribution_suffixes_do_not_matter(printed: str, plain: str) -> None:
    assert parse_version(printed) == parse_version(plain)


@pytest.mark.parametrize("printed", [None, "", "unstable", "8", "..", "8.x", "1.2.3.4.5"])
def test_no_version_is_none(printed: str | None) -> None:
    assert parse_version(printed) is None


@pytest.mark.parametrize(
    ("product", "version", "stands"),
    [
        ("valkey", "8.1.0", Standing.AFFECTED),
        ("valkey", "8.1.0-rc1", Standing.AFFECTED),
        ("valkey", "8.1.0-rc2", Standing.AFFECTED),
        ("valkey", "8.1.1", Standing.FIXED),
        ("valkey", "9.1.2", Standing.FIXED),
        ("valkey", "8.0.2", Standing.NOT_AFFECTED),
        ("valkey", "255.255.255", Standing.UNKNOWN),
        ("valkey", None, Standing.UNKNOWN),
        ("redis", "8.1.0", Standing.OTHER_PRODUCT),
        ("keydb", "6.3.4", Standing.OTHER_PRODUCT),
        (None, "8.1.0", Standing.UNKNOWN),
    ],
)
def test_standing_on_one_branch(product: str | None, version: str | None, stands: Standing) -> None:
    assert standing(product, parse_version(version), ONE_BRANCH) is stands


@pytest.mark.parametrize(
    ("product", "version", "stands"),
    [
        ("valkey", "7.2.5", Standing.AFFECTED),
        ("valkey", "7.2.6", Standing.FIXED),
        ("valkey", "8.0.1", Standing.AFFECTED),
        ("valkey", "8.0.2", Standing.FIXED),
        ("valkey", "8.1.0", Standing.FIXED),
        ("redis", "7.2.5", Standing.AFFECTED),
        ("redis", "6.2.16", Standing.NOT_AFFECTED),
    ],
)
def test_standing_on_several_branches(product: str, version: str, stands: Standing) -> None:
    assert standing(product, parse_version(version), THREE_BRANCHES) is stands


BEFORE_THE_FORK = ranges(("redis", "7.0.0", "7.0.4"))
AT_THE_FORK = ranges(("redis", None, "7.4.2"))
AFTER_THE_FORK = ranges(("redis", "7.4.0", "7.4.2"))


@pytest.mark.parametrize(
    ("bounds", "stands"),
    [
        (BEFORE_THE_FORK, Standing.FIXED),
        (AT_THE_FORK, Standing.UNKNOWN),
        (AFTER_THE_FORK, Standing.OTHER_PRODUCT),
        ([], Standing.UNKNOWN),
    ],
)
def test_valkey_holds_what_redis_had_when_it_left(bounds: list[AffectedRange], stands: Standing) -> None:
    assert standing("valkey", parse_version("8.0.1"), bounds) is stands


@pytest.mark.parametrize(
    ("bounds", "stands"),
    [
        (ranges(("redis", "7.0.0", "7.0.4")), Standing.OTHER_PRODUCT),
        (ranges(("redis", "6.2.0", "6.2.7"), ("redis", "7.0.0", "7.0.4")), Standing.UNKNOWN),
        (ranges(("redis", None, "7.0.4")), Standing.UNKNOWN),
        (ranges(("valkey", "7.2.4", "8.0.2")), Standing.UNKNOWN),
        (ranges(("valkey", "8.1.0-rc1", "8.1.1")), Standing.OTHER_PRODUCT),
    ],
)
def test_keydb_holds_what_redis_6_had(bounds: list[AffectedRange], stands: Standing) -> None:
    assert standing("keydb", parse_version("6.3.4"), bounds) is stands


def test_open_end_is_affected_for_ever() -> None:
    assert standing("valkey", parse_version("9.1.2"), UNFIXED) is Standing.AFFECTED
    assert standing("valkey", parse_version("7.2.7"), UNFIXED) is Standing.NOT_AFFECTED


@pytest.mark.parametrize(
    ("version", "nearest"),
    [
        ("7.2.5", "7.2.6"),
        ("8.0.1", "8.0.2"),
        ("7.4.0", "8.0.2"),
        ("8.0.2", "8.1.0"),
        ("9.0.0", None),
        ("255.255.255", "8.1.0"),
        (None, "8.1.0"),
    ],
)
def test_nearest_release_with_the_fix(version: str | None, nearest: str | None) -> None:
    assert nearest_fixed(parse_version(version), ("8.0.2", "7.2.6", "8.1.0")) == nearest


@pytest.mark.parametrize(
    ("version", "nearest"),
    [("8.0.2", "8.1.0"), ("8.1.0-rc1", "8.1.0-rc2"), ("8.1.0-rc2", None), ("255.255.255", "8.1.0")],
)
def test_nobody_is_sent_to_a_release_candidate_of_another_release(version: str, nearest: str | None) -> None:
    assert nearest_fixed(parse_version(version), ("8.1.0-rc2",)) == nearest


@pytest.mark.parametrize("printed", ["8.1.0", "8.1.0-rc2", "7.2.4", "5.0.0-m1"])
def test_version_is_printed_as_it_was_read(printed: str) -> None:
    assert str(parse_version(printed)) == printed
