"""Compares what the tool says of a fixture with what a careful reader knows from it (``expected.json``).

A value ``{"any": [...]}`` accepts each member, ``null`` among them meaning that the tool says nothing. A field that
is not named is not judged. An incident may be ``optional``, or stand for up to ``repeat`` dumps of the same freeze.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent.parent / "fixtures"
NOT_FACTS = {"optional", "repeat", "nested"}
INPUT_FACTS = ("wrapper", "format", "timestamp_format")
MOST_FRAMES = 30
COMPILER_SUFFIX = re.compile(r"(?:\.(?:part|constprop|isra|lto_priv)\.\d+|\.cold(?:\.\d+)?|@plt)$")

Json = dict[str, Any]


@dataclass(frozen=True)
class Fixture:
    """One case: the files in the order to give them, and what is expected of them."""

    name: str
    inputs: tuple[Path, ...]
    expect: Json
    issue: str | None
    connections: Json | None


def fixtures() -> list[Fixture]:
    """Every case of ``fixtures/`` that has expectations."""
    return [_fixture(path) for path in sorted(FIXTURES.glob("*/expected.json"))]


def _fixture(path: Path) -> Fixture:
    stated = json.loads(path.read_text())
    inputs = tuple(_present(path.parent / name) for name in stated["inputs"])
    return Fixture(
        path.parent.name, inputs, stated["expect"], stated.get("verdict", {}).get("issue"), stated.get("connections")
    )


def _present(path: Path) -> Path:
    """Large logs are kept compressed, whatever the case was called with."""
    return path if path.exists() else path.with_name(f"{path.name}.zst")


def differences(expect: Json, told: Json) -> list[str]:
    """One sentence for every fact that the analysis ``told`` misses or gets wrong."""
    log = next(entry for entry in told["inputs"] if entry["kind"] == "log")
    found = [
        f"input {name}: expected {expect[name]!r}, got {log.get(name)!r}"
        for name in INPUT_FACTS
        if name in expect and not agrees(name, expect[name], log.get(name))
    ]
    for note in expect.get("observations", []):
        found += _observation_differs(note, told["observations"])
    if "incidents" in expect:
        found += _incidents_differ(expect["incidents"], told["incidents"])
    return found


def _observation_differs(expected: Json, told: list[Json]) -> list[str]:
    counts = [note["data"].get("count") for note in told if note["id"] == expected["id"]]
    if not counts:
        return [f"observation {expected['id']} is missing"]
    if "count" in expected and not any(agrees("count", expected["count"], count) for count in counts):
        return [f"observation {expected['id']}: expected count {expected['count']}, got {counts}"]
    return []


def _incidents_differ(expected: list[Json], told: list[Json]) -> list[str]:
    found: list[str] = []
    left = list(told)
    for number, facts in enumerate(expected, 1):
        matching = left[: facts.get("repeat", 1)]
        same_kind = [one for one in matching if agrees("kind", facts.get("kind", one["kind"]), one["kind"])]
        if not same_kind:
            if not facts.get("optional"):
                found.append(f"incident {number}: expected {facts.get('kind')}, got {[i['kind'] for i in matching]}")
                left = left[1:]
            continue
        found += [f"incident {number} {text}" for text in _facts_differ(facts, left[0])]
        left = left[len(same_kind) :]
    return found + [f"incident that is none: {incident['kind']} of pid {incident.get('pid')}" for incident in left]


def _facts_differ(facts: Json, incident: Json) -> list[str]:
    return [
        f"{name}: expected {wanted!r}, got {got!r}"
        for name, wanted in facts.items()
        if name not in NOT_FACTS and not agrees(name, wanted, got := fact(incident, name))
    ]


def fact(incident: Json, name: str) -> Any:
    """The fact of an incident that an expectation calls ``name``."""
    if name == "threads":
        return len(incident["threads"]) if "threads" in incident else None
    if name == "clients":
        return incident["clients"]["count"] if "clients" in incident else None
    if name in ("frames", "frame_addresses"):
        key = "function" if name == "frames" else "address"
        return [frame.get(key) for frame in failed_thread(incident).get("frames", [])]
    value: Any = incident
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def failed_thread(incident: Json) -> Json:
    """The thread that wrote the report."""
    threads = incident.get("threads", [])
    marked = [thread for thread in threads if thread.get("crashed")]
    return (marked or (threads if len(threads) == 1 else [{}]))[0]


def agrees(name: str, wanted: Any, got: Any) -> bool:
    """Whether ``got`` states the fact ``wanted``."""
    if isinstance(wanted, dict):
        return any(agrees(name, one, got) for one in wanted["any"])
    if wanted is None or got is None:
        return wanted is None and got is None
    if name == "report.sections":
        return {_section(one) for one in wanted} <= {_section(one) for one in got}
    if name in ("frames", "frame_addresses"):
        stated = [_plain(one) for one in got]
        return stated[: len(wanted)] == [_plain(one) for one in wanted] and (
            len(wanted) >= MOST_FRAMES or len(stated) == len(wanted)
        )
    if name == "site.file":
        return Path(wanted).name == Path(got).name
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    return _plain(wanted) == _plain(got)


def _plain(value: Any) -> Any:
    """A name without what the compiler hung on it; an address as a number; other text without case and quotes."""
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"0x[0-9a-f]+", value):
        return int(value, 16)
    if value in ("(nil)", "(null)"):
        return 0
    while (shorter := COMPILER_SUFFIX.sub("", value)) != value:
        value = shorter
    return value.strip(' "').lower()


def _section(name: str) -> str:
    words = re.findall(r"[a-z]+", name.lower())
    return " ".join(word for word in words if word not in ("output", "around", "eip", "info"))
