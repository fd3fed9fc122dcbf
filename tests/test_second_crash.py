"""The server's memory test crashes the process once more: what failed first is blamed, whatever the kernel notes."""

import pytest
from core_cases import read
from native_builds import build, core

from triage.model import Incident, Kind
from triage.pipeline import analyze

CULPRITS = {"segfault": "readThroughNull", "assert": "registerSSLEvent"}
WAYS = (("segfault", True), ("assert", False), ("assert", True))
NAMED = [(name, *way) for name in ("plain", "dwarf4") for way in WAYS]
CASES = [*NAMED, ("stripped", "segfault", True)]
AT_ONCE = [case for case in CASES if case[1:] != ("assert", True)]
"""Those in which no handler stands between the second crash and the core: it raises the signal for any thread."""


def incident(name: str, way: str, handler: bool) -> Incident:
    (found,) = analyze([str(core(name, f"memtest-{way}", handler=handler)), str(build(name))]).incidents
    return found


@pytest.mark.parametrize(("name", "way", "handler"), AT_ONCE)
def test_the_kernel_names_the_thread_that_crashed_second(name: str, way: str, handler: bool) -> None:
    found = read(core(name, f"memtest-{way}", handler=handler))
    assert found.process is not None
    assert found.threads[0].tid != found.process.pid


@pytest.mark.parametrize(("name", "way", "handler"), CASES)
def test_the_thread_that_failed_first_is_blamed(name: str, way: str, handler: bool) -> None:
    found = incident(name, way, handler)
    assert found.thread is not None
    assert found.thread.tid == found.pid
    assert found.kind is (Kind.ASSERTION if way == "assert" else Kind.SIGNAL)
    if way == "assert":
        assert found.site is not None
        assert (found.site.file, found.site.expression) == ("tls.c", "0")
    else:
        assert found.signal is not None
        assert (found.signal.name, found.signal.address) == ("SIGSEGV", 0x18)


@pytest.mark.parametrize(("name", "way", "handler"), NAMED)
def test_the_second_crash_is_no_part_of_the_first_stack(name: str, way: str, handler: bool) -> None:
    found = incident(name, way, handler)
    (failed,) = (thread for thread in found.threads or () if thread.crashed)
    functions = [frame.function for frame in failed.frames]
    assert CULPRITS[way] in functions
    assert "je_arenas_background" not in functions
