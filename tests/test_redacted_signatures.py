"""Keys of signatures in redacted output: nothing private, and the same keys as long as only figures were private."""

from dataclasses import replace

import pytest
from render_case import FLAGSHIP

from triage.model import Incident, Kind, Site
from triage.redact import Level, check, redact
from triage.render import render
from triage.signature import sign

BIND = "Could not create server TCP listening socket "


@pytest.mark.parametrize(
    ("kind", "message", "level", "family"),
    [
        (Kind.PANIC, "no answer of db7.acme-corp.example", Level.DEFAULT, "panic:a.c:no answer of host-#"),
        (Kind.PANIC, "ops7@mail3.acme.example is full", Level.DEFAULT, "panic:a.c:mail-# is full"),
        (Kind.PANIC, "no answer of 198.51.100.7:6379", Level.DEFAULT, "panic:a.c:no answer of #.#.#.#:#"),
        (Kind.PANIC, "grossmutter was here", Level.DEFAULT, "panic:a.c:grossmutter was here"),
        (Kind.PANIC, "grossmutter was here", Level.STRICT, "panic:a.c:<# characters> was here"),
        (Kind.FATAL_EXIT, f"{BIND}berta7:6379: bind", Level.DEFAULT, f"fatal-exit:a.c:{BIND}<# characters>:#: bind"),
        (Kind.FATAL_EXIT, f"{BIND}10.1.2.3:6379: bind", Level.DEFAULT, f"fatal-exit:a.c:{BIND}#.#.#.#:#: bind"),
        (Kind.FATAL_EXIT, "grossmutter is missing", Level.DEFAULT, "fatal-exit:a.c:<# characters> is missing"),
        (
            Kind.FATAL_EXIT,
            "without loadmodule directive or no ApplyConfig",
            Level.DEFAULT,
            "fatal-exit:a.c:without loadmodule directive <# bytes> <# bytes> <# bytes>",
        ),
    ],
)
def test_a_key_holds_no_more_than_the_message_beside_it(kind: Kind, message: str, level: Level, family: str) -> None:
    unsigned = Incident(kind, message=message, site=Site("a.c", 1))
    incident = replace(unsigned, signature=sign(unsigned))
    redacted = redact(replace(FLAGSHIP, incidents=(incident,)), level)
    (safe,) = redacted.analysis.incidents
    check(render(redacted.analysis, "json"), "json", redacted)
    assert (safe.signature.family, safe.signature.strict) == (family, family)


def test_crashes_that_differ_go_on_differing() -> None:
    unsigned = [Incident(Kind.PANIC, message=f"{word} was here") for word in ("emma", "olga", "emma", "server 7")]
    incidents = tuple(replace(incident, signature=sign(incident)) for incident in unsigned)
    safe = redact(replace(FLAGSHIP, incidents=incidents), Level.STRICT).analysis.incidents
    assert [incident.signature.family for incident in safe] == [
        "panic:<# characters> was here",
        "panic:<# characters> was here (2)",
        "panic:<# characters> was here",
        "panic:server # was here",
    ]
