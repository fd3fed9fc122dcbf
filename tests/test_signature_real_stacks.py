"""Keys of real crashes: which fall together, which stay apart."""

from functools import cache

import pytest
from expectations import FIXTURES

from triage.model import Incident, Signature
from triage.pipeline import analyze


@cache
def crash_of(case: str) -> Incident:
    """The first crash of a fixture."""
    folder = FIXTURES / case
    inputs = sorted(path for path in folder.iterdir() if path.name != "expected.json")
    return analyze([str(path) for path in inputs]).incidents[0]


def signature(case: str) -> Signature:
    return crash_of(case).signature


@pytest.mark.parametrize(
    ("case", "family"),
    [
        ("pub-redis-1043", "signal:SIGBUS:processMultibulkBuffer"),
        ("pub-redis-6187", "signal:processMultibulkBuffer in heap"),
        ("pub-redis-3433", "assertion:ziplist.c:NULL in quicklist"),
        ("pub-redis-3527", "assertion:ziplist.c:NULL in quicklist"),
        ("pub-redis-14084", "signal:slowlogFreeEntry"),
        ("pub-redis-14370", "signal:slowlogFreeEntry"),
        ("pub-redis-1064", "signal:rdbSaveObject in hash table"),
        ("pub-redis-14652", "signal:lua_objlen"),
        ("pub-valkey-bundle-10-c-oliver", "signal:while-reporting:_Unwind_Backtrace"),
        ("pub-valkey-bundle-125", "signal:while-reporting:_Unwind_Backtrace"),
        ("pub-valkey-1665", "signal:SIGILL:libvalkeysearch.so(+0xc2ecac)"),
        ("pub-valkey-search-34", "signal:SIGILL:libvalkeysearch.so(+0xc2ecac)"),
        ("bug-hrandfield-overflow-11674-r703", "assertion:networking.c:length >= 0 < hrandfieldWithCountCommand"),
        ("bug-acl-load-replica2-1842-v800", "signal:ACLLoadFromFile"),
        ("bug-acl-load-replica2-1842-v801", "signal:ACLLoadFromFile"),
        ("lab2-42-v811-sentinel-itself-segv", "signal:sent:SIGSEGV"),
        ("lab2-54-v811-neg-watchdog", "watchdog:debugCommand"),
        ("lab-05-binary-and-secret-args", "signal:labmod.so(+0x92b0)"),
        ("lab-04-iothread-nullderef", "signal:shim.so(bad_touch)"),
        ("lab-09-musl1-assert", "assertion:debug.c:1 == 2"),
        ("lab-09-asan-assert", "assertion:debug.c:1 == 2"),
        ("lab-06-headless", None),
        ("lab-06-first-line-only", None),
        ("lab2-50-v811-neg-sigkill-oomkiller-restart", None),
    ],
)
def test_family(case: str, family: str | None) -> None:
    assert signature(case).family == family


def test_signal_from_outside_marks_no_culprit() -> None:
    assert "culprit" not in {frame.role for frame in signature("lab2-42-v811-sentinel-itself-segv").frames}


@pytest.mark.parametrize(
    ("case", "role", "function", "why"),
    [
        ("pub-redis-6187", "handler", "logStackTrace", "writes a part of the crash report"),
        ("pub-redis-6187", "allocator", "je_malloc", "jemalloc handing out memory"),
        ("pub-redis-14084", "tail", "processCommand", "command dispatch"),
        ("pub-redis-1043", "library", "memcpy", "the bad pointer comes from its caller"),
        ("lab-05-binary-and-secret-args", "culprit", None, "the module labmod.so was running its own code"),
        ("lab-05-binary-and-secret-args", "unknown", None, "code of the module labmod.so"),
    ],
)
def test_every_frame_says_what_it_is_and_why(case: str, role: str, function: str | None, why: str) -> None:
    frames = signature(case).frames
    assert any(f.role == role and why in f.why and (function is None or f.function == function) for f in frames)
    assert all(f.role and f.why for f in frames)
