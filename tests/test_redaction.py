"""Redaction: what goes, what stays, one pseudonym for one thing, and nothing written if one value is left."""

import json
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from command import triage
from expectations import FIXTURES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from private_logs import planted_log
from render_case import FLAGSHIP, INCIDENT

from triage.commands.outputs import FORMATS, LINES
from triage.model import Analysis, Client, ClientList, Evidence, Frame, Incident, Kind, Missing, RawLine, Thread
from triage.pipeline import analyze
from triage.redact import Level, RedactionError, check, redact
from triage.redact.addresses import AddressBook, parsed
from triage.redact.known import is_telling
from triage.redact.shapes import shapes
from triage.redact.typed_places import typed_places
from triage.redact.vocabulary import Vocabulary
from triage.render import render
from triage.terminals import terminals

CRASH = FIXTURES / "lab-02-assert-redis60" / "server.log"
SECRET_ARGUMENTS = FIXTURES / "lab-05-binary-and-secret-args" / "server.log"


def safe_lines(*lines: str, level: Level = Level.DEFAULT) -> list[str]:
    """Lines of a crash report as they are shown."""
    raw = tuple(RawLine(number, text) for number, text in enumerate(lines, start=1))
    incident = Incident(Kind.SIGNAL, raw=raw)
    safe = redact(Analysis(FLAGSHIP.tool, FLAGSHIP.inputs, (incident,), ()), level)
    return [line.text for line in safe.analysis.incidents[0].raw]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("- Accepted 10.1.2.3:4711", "- Accepted 10.0.0.x-1:4711"),
        ("- Accepted 127.0.0.1:4711", "- Accepted 127.0.0.1:4711"),
        ("- Accepted [2001:db8::7]:4711", "- Accepted [fd00:0::x-1]:4711"),
        ("listener0:name=tcp,bind=0.0.0.0,bind=::1,port=6379", "listener0:name=tcp,bind=0.0.0.0,bind=::1,port=6379"),
        ("master_host:db-7.example.net", "master_host:host-1"),
        ("requirepass correct horse battery", "requirepass secret-1"),
        (">>> 'masterauth \"hunter2\"'", ">>> 'masterauth secret-1'"),
        (">>> 'tls-port abc9'", ">>> 'tls-port <4 bytes>'"),
        (
            ">>> 'daemonize \"maybe\"'; argument must be 'yes' or 'no'",
            ">>> 'daemonize <7 bytes>'; argument must be 'yes' or 'no'",
        ),
        (">>> 'requirepass \"hunter2\"' ", ">>> 'requirepass secret-1' "),
        (
            "# Error loading ACL rule '>hunter2' for the user named 'alice': Syntax error",
            "# Error loading ACL rule '<8 bytes>' for the user named 'user-1': Syntax error",
        ),
        ("connect to redis://app:hunter2@cache/0", "connect to redis://secret-1@cache/0"),
        ("password=hunter2", "password=secret-1"),
        ("from alice@example.org", "from mail-1"),
        ("key 'user:1000' found in DB containing", "key 'k1' found in DB containing"),
        ("# ==> t_hash.c:12 'o != NULL' is not true", "# ==> t_hash.c:12 'o != NULL' is not true"),
        ("/opt/m/search.so(+0x12)[0x7f59838a3f16]", "/opt/m/search.so(+0x12)[0x7f59838a3f16]"),
        ("* Background saving started by pid 4711", "* Background saving started by pid 4711"),
        ("* <search> grossmutter was here", "* <search> <11 characters> was here"),
        ("number 4111-1111-1111-1111", "number secret-1"),
        ("+monitor master payments 10.9.8.7 6379 quorum 1", "+monitor master host-1 10.0.0.x-1 6379 quorum 1"),
        ("<13>Nov 22 10:52:01 db-host-3 valkey[7]: Ready", "<13>Nov 22 10:52:01 host-1 valkey[7]: Ready"),
        ("id=2 addr=10.1.2.3::3 laddr=127.0.0.1::4 fd=9", "id=2 addr=10.0.0.x-1::3 laddr=127.0.0.1::4 fd=9"),
        ("id=2 addr=[fe80::]:3 fd=9", "id=2 addr=[fd00:0::x-1]:3 fd=9"),
        ("10.1.2.3 with 10.1.2.9 and 10.7.0.1", "10.0.0.x-1 with 10.0.0.x-2 and 10.0.1.x-3"),
    ],
)  # fmt: skip
def test_a_line_keeps_its_shape(line: str, shown: str) -> None:
    assert safe_lines(line) == [shown]


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (
            ["'SET'", "'session:9'", "'a value of some size'", "'EX'", "'10'"],
            ["'SET'", "k1", "<20 bytes>", "EX", "10"],
        ),
        (["'\"get\"'", "'\"k\\x00y\"'"], ["'\"get\"'", "k1"]),
        (['"mset"', '"one"', '"1"', '"two"', '"2"'], ['"mset"', "k1", "<1 bytes>", "k2", "<1 bytes>"]),
        (["'auth'", "'carol'", "'hunter2'"], ["'auth'", "<5 bytes>", "<7 bytes>"]),
        (["'xgroup'", "'CREATE'", "'stream9'", "'group9'"], ["'xgroup'", "CREATE", "k1", "<6 bytes>"]),
        (['"lab.segv"', "9 bytes", "*redacted*"], ['"lab.segv"', "9 bytes", "*redacted*"]),
    ],
)
def test_a_command_keeps_its_shape(arguments: list[str], shown: list[str]) -> None:
    lines = [f"argv[{at}]: {argument}" for at, argument in enumerate(arguments)]
    assert safe_lines(*lines) == [f"argv[{at}]: {argument}" for at, argument in enumerate(shown)]


def test_an_argument_over_several_lines_goes_whole() -> None:
    """Redis up to 6.2 prints arguments as they are, with their line ends."""
    lines = safe_lines(
        "argv[0]: 'set'", "argv[1]: 'k", "two alice", "three'", "argv[2]: 'v'", "------ REGISTERS ------"
    )
    assert not any("alice" in line or "three" in line for line in lines)
    assert lines[4:] == ["argv[2]: <1 bytes>", "------ REGISTERS ------"]


def test_a_wrapper_before_an_argument_shows_no_host() -> None:
    """Found by fuzzing: the syslog's part of a torn line stood before the argument, and went out as it was."""
    (shown,) = safe_lines("Nov 22 10:45:10 db-7.example.net valkey-prod[19_484]: argv[1]: 8 bytes")
    assert "example" not in shown
    assert shown.endswith("argv[1]: 8 bytes")


def test_a_file_that_the_server_tells_users_to_edit_is_no_host() -> None:
    """Found by fuzzing: a host of that name elsewhere, and the self-test refused the server's own words."""
    hint = "* To fix this issue add it to your /etc/rc.local in order to retain the setting after a reboot."
    incident = Incident(Kind.SIGNAL, raw=(RawLine(1, "master_host:rc.local"), RawLine(2, hint)))
    hidden = redact(Analysis(FLAGSHIP.tool, FLAGSHIP.inputs, (incident,), ()))
    assert hidden.analysis.incidents[0].raw[1].text == hint
    check(render(hidden.analysis, "html"), "html", hidden)


FRAME = "/lib/x86_64-linux-gnu/{}(+0x45330)[0x7eff2ca45330]"
TORN_FILES = (
    "libc.6.os",
    "libssl.so.3x",
    "libvalkey.so",
    "ld-linux-x86-64.so",
    "libc.so.6.net",
    "libcrypto.3.so.dev",
)
TORN_FILES += ("t_string.c.io", "server.ch", "ae.co", "valkey-server.de", "libjemalloc.so.2.lan", "libc.so.6ab.de")


@pytest.mark.parametrize("torn", TORN_FILES)
def test_a_torn_file_name_goes_with_the_host_of_that_name_and_no_output_is_refused(torn: str) -> None:
    """Found by fuzzing: ``libc.6.os`` was taken for a host in one line, for a module in the next."""
    lines = (FRAME.format(torn), f"master_host:{torn}", f"Connection with {torn}:6379 lost")
    incident = Incident(
        Kind.SIGNAL,
        threads=(Thread(frames=(Frame(0, module=FRAME.format(torn).partition("(")[0]),)),),
        raw=tuple(map(RawLine, range(1, 4), lines)),
    )
    hidden = redact(Analysis(FLAGSHIP.tool, FLAGSHIP.inputs, (incident,), ()))
    for name in FORMATS:
        check(render(hidden.analysis, name), name, hidden)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("libc.6.os", True),
        ("libssl.so.3", True),
        ("libjemalloc.so.2.lan", True),
        ("ld-linux-x86-64.so.2.io", True),
        ("libdb.prod.example.com", False),
        ("lib-7.10.internal", False),
        ("ld-7.example.net", False),
        ("so.example.net", False),
    ],
)
def test_a_torn_module_is_told_from_a_host(name: str, shown: bool) -> None:
    assert any(found.kind.value == "host" for found in shapes(f"at {name} here")) is not shown


def test_a_mark_of_the_server_that_was_torn_is_nobodys_name() -> None:
    """Found by fuzzing: a line that ends in ``user=*redacted``, and the self-test refused every whole mark."""
    torn, whole = "id=3 addr=127.0.0.1:1 fd=8 user=*redacted", "id=4 addr=127.0.0.1:2 fd=9 name=*redacted* age=0"
    incident = Incident(Kind.SIGNAL, raw=(RawLine(1, torn), RawLine(2, whole)))
    hidden = redact(Analysis(FLAGSHIP.tool, FLAGSHIP.inputs, (incident,), ()))
    check(render(hidden.analysis, "html"), "html", hidden)


def test_a_field_that_runs_into_the_next_one_is_no_host() -> None:
    """Found by fuzzing: a lost blank made one word of two addresses that are shown."""
    address = '127.0.0.1:41416"laddr=127.0.0.1'
    assert not is_telling(address, Vocabulary(()))
    assert is_telling(address.replace("127.0.0.1", "db-7.example.net"), Vocabulary(()))
    assert not is_telling("/usr/sbin/redis-server[0x4448f9]", Vocabulary(()))


def test_an_argument_whose_command_was_cut_off_is_no_command() -> None:
    assert safe_lines("argv[1]: 'myhash'", "argv[2]: 'grossmutter'") == ["argv[1]: k1", "argv[2]: <11 bytes>"]
    assert safe_lines("------ CURRENT CLIENT INFO ------", "argv[3]: 'grossmutter'")[1] == "argv[3]: k1"


def test_what_is_known_from_one_place_goes_everywhere() -> None:
    client = Client({"id": 7, "addr": "10.9.8.7:1", "name": "billing-7", "user": "carol", "lib-name": "jedis"}, 3)
    incident = replace(
        INCIDENT,
        message="billing-7 asked for it, said carol",
        clients=ClientList(1, (client,)),
        findings=(replace(INCIDENT.findings[0], summary="carol on 10.9.8.7.", data={"by_peer": {"10.9.8.7": 3}}),),
        evidence=(Evidence("/home/carol/valkey.log", "name=x carol", 3),),
    )  # fmt: skip
    (safe,) = redact(replace(FLAGSHIP, incidents=(incident,))).analysis.incidents
    assert safe.clients is not None
    assert safe.clients.list[0].fields == {
        "id": 7, "addr": "10.0.0.x-1:1", "name": "client-1", "user": "user-1", "lib-name": "jedis",
    }  # fmt: skip
    assert safe.message == "client-1 asked for it, said user-1"
    assert (safe.findings[0].summary, safe.findings[0].data) == (
        "user-1 on 10.0.0.x-1.",
        {"by_peer": {"10.0.0.x-1": 3}},
    )


def test_long_names_that_begin_alike_are_told_apart() -> None:
    begin = "reporting-service-" * 10
    names = [begin[:-1], begin + "eu", begin + "eu-west", begin + "us", begin[:64], begin[:65]]
    clients = tuple(Client({"id": number, "name": name}, number) for number, name in enumerate(names))
    incident = replace(INCIDENT, message=", ".join(names), clients=ClientList(len(clients), clients))
    (safe,) = redact(replace(FLAGSHIP, incidents=(incident,))).analysis.incidents
    assert safe.message == "client-1, client-2, client-3, client-4, client-5, client-6"


def test_facts_stay() -> None:
    (safe,) = redact(FLAGSHIP).analysis.incidents
    for name in ("kind", "time", "pid", "role", "server", "site", "threads", "registers", "signature", "report"):
        assert getattr(safe, name) == getattr(INCIDENT, name), name
    assert safe.verdict.fix == INCIDENT.verdict.fix
    assert safe.verdict.references == INCIDENT.verdict.references


@pytest.mark.parametrize(
    ("value", "shown"), [("127.0.0.1", "127.0.0.1"), ("10.1.2.3", "10.0.0.x-1"), ("db.example.net", "host-1")]
)
def test_a_value_of_info_is_that_of_its_line(value: str, shown: str) -> None:
    incident = Incident(
        Kind.SIGNAL,
        raw=(RawLine(1, f"master_host:{value}"),),
        info={"Replication": {"role": "slave", "master_host": value}},
        config={"replicaof": f"{value} 6379"},
    )
    (safe,) = redact(Analysis(FLAGSHIP.tool, FLAGSHIP.inputs, (incident,), ())).analysis.incidents
    assert safe.info == {"Replication": {"role": "slave", "master_host": shown}}
    assert safe.config == {"replicaof": f"{shown} 6379"}
    assert safe.raw[0].text == f"master_host:{shown}"


def test_every_pattern_that_matches_is_tried() -> None:
    """Patterns are left out by what a text does not hold, so none may be left out wrongly."""
    patterns = [re.compile(expression, re.DOTALL) for expression in terminals("private").values()]
    logs = (log.read_text(encoding="utf-8", errors="replace") for log in FIXTURES.glob("*/*.log"))
    matched: set[str] = set()
    for line in {line for log in logs for line in log.split("\n")}:
        wanted = {pattern.pattern for pattern in patterns if pattern.search(line)}
        assert wanted <= {pattern.pattern for _, pattern in typed_places().in_text(line)}, line
        matched |= wanted
    assert len(matched) > len(patterns) / 2


def test_common_words_go_only_where_they_are_names() -> None:
    lines = safe_lines("id=3 addr=10.9.8.7:1 fd=8 name=main age=3 user=memory cmd=set", "* main thread uses memory")
    assert lines == [
        "id=3 addr=10.0.0.x-1:1 fd=8 name=client-1 age=3 user=user-1 cmd=set",
        "* main thread uses memory",
    ]


def test_inputs_show_their_own_name_only_and_stay_apart() -> None:
    names = ("/home/alice/acme/valkey.log", "/srv/acme/valkey.log", "10.9.8.7.log")
    inputs = tuple(replace(FLAGSHIP.inputs[0], name=name) for name in names)
    safe = redact(Analysis(FLAGSHIP.tool, inputs, (), ())).analysis
    assert [entry.name for entry in safe.inputs] == ["valkey.log", "valkey.log (2)", "10.0.0.x-1.log"]
    strict = redact(Analysis(FLAGSHIP.tool, inputs, (), ()), Level.STRICT).analysis
    assert [entry.name for entry in strict.inputs] == ["input-1", "input-2", "input-3"]


def test_none_changes_nothing_but_says_so() -> None:
    assert redact(FLAGSHIP, Level.NONE).analysis == replace(FLAGSHIP, redaction="none")


def test_the_same_input_gives_the_same_pseudonyms() -> None:
    first, second = (redact(analyze([str(CRASH)])) for _ in range(2))
    assert first.analysis == second.analysis
    assert first.pseudonyms.to_json() == second.pseudonyms.to_json()


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:DB8:0::1", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"), ("::ffff:10.0.0.9", "::ffff:a00:9")],
)  # fmt: skip
def test_an_address_has_one_pseudonym_in_all_spellings(one: str, other: str) -> None:
    book = AddressBook()
    spelled = [parsed(text) for text in (one, other)]
    assert None not in spelled
    assert len({book.pseudonym(address) for address in spelled if address}) == 1


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(10_000, 1 << 40))
def test_no_planted_secret_is_found_in_any_format(tmp_path: Path, seed: int) -> None:
    planted = planted_log(seed)
    path = tmp_path / "valkey.log"
    path.write_text(planted.log, encoding="utf-8")
    redacted = redact(analyze([str(path)]))
    for name in (*FORMATS, LINES):
        output = render(redacted.analysis, name)
        check(output, name, redacted)
        assert [secret for secret in planted.secrets if secret.lower() in output.lower()] == [], name


@pytest.mark.parametrize("name", ["html", "json", "sarif", "markdown", "jira"])
def test_the_self_test_finds_a_value_behind_the_escapes_of_a_format(name: str) -> None:
    client = Client({"addr": "10.9.8.7:1", "name": "carol_&_co*"})
    analysis = replace(FLAGSHIP, incidents=(replace(INCIDENT, clients=ClientList(1, (client,))),))
    redacted = redact(analysis)
    (incident,) = redacted.analysis.incidents
    leak = replace(incident, verdict=replace(incident.verdict, title="opened by carol_&_co*!"))
    leaking = replace(redacted.analysis, incidents=(leak,))
    check(render(redacted.analysis, name), name, redacted)
    with pytest.raises(RedactionError, match="nothing was written"):
        check(render(leaking, name), name, redacted)


def test_nothing_is_left_on_disk_if_the_self_test_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    import triage.render
    from triage.cli import main

    log = tmp_path / "valkey.log"
    log.write_bytes(CRASH.read_bytes())
    monkeypatch.setattr(triage.render, "render", lambda *_, **__: "by queue-consumer-5")
    outputs = ["--format", "html", "-o", str(tmp_path / "a.html"), "--redaction-map", str(tmp_path / "map.json")]
    done = CliRunner().invoke(main, ["analyze", str(log), *outputs])
    assert done.exit_code == 5
    assert "queue-consumer-5" not in done.output
    assert list(tmp_path.iterdir()) == [log]


def test_the_map_is_private_and_translates_back(tmp_path: Path) -> None:
    place = tmp_path / "map.json"
    place.write_text("old")
    place.chmod(0o644)
    done = triage("analyze", CRASH, "--format", "json", "-o", tmp_path / "a.json", "--redaction-map", place)
    assert done.returncode == 0
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    rows = json.loads(place.read_text())["redaction-map"]
    assert {"kind": "client", "pseudonym": "client-6", "original": "queue-consumer-5"} in rows
    assert "queue-consumer" not in (tmp_path / "a.json").read_text()


@pytest.mark.parametrize(("level", "held"), [("none", True), ("default", False), ("strict", False)])
def test_the_level_can_be_chosen(level: str, held: bool) -> None:
    done = triage("analyze", CRASH, "--format", "json", "-o", "-", "--redact", level)
    assert json.loads(done.stdout)["redaction"] == level
    assert (b"queue-consumer-5" in done.stdout) is held


def test_text_in_a_pipe_is_redacted_too() -> None:
    log = FIXTURES / "lab2-42-v811-sentinel-itself-segv" / "server.log"
    assert not re.search(rb"[0-9a-f]{40}", triage("analyze", log, "--format", "text").stdout)


def test_the_map_cannot_overwrite_an_input(tmp_path: Path) -> None:
    log = tmp_path / "valkey.log"
    log.write_bytes(CRASH.read_bytes())
    done = triage("analyze", log, "--format", "json", "--redaction-map", log)
    assert (done.returncode, log.read_bytes()) == (2, CRASH.read_bytes())


def test_a_build_id_that_a_command_asks_for_is_no_node_id() -> None:
    build = "3ac31ccc8d92d065b395caf121ab56bd70094b0d"
    wanted = Missing(f"the debug file (build id {build})", "names", f"debuginfod-find debuginfo {build}")
    incident = replace(FLAGSHIP.incidents[0], missing=(wanted,))
    assert redact(replace(FLAGSHIP, incidents=(incident,))).analysis.incidents[0].missing == (wanted,)


@pytest.mark.parametrize(
    ("torn", "public"),
    [
        ("/lib/x86_64-\f", "/lib/x86_64-linux-gnu/libc.so.6(+0x9a72e) [0x7fe39eaa672e]"),
        ("/lib/x86_64-linux\f", "/lib/x86_64-linux-gnu/libc.so.6(+0x9a72e) [0x7fe39eaa672e]"),
        ("id=5 addr=127.0.0:58836 laddr=127.0.0.1:17504 fd=9", "laddr=127.0.0.1:17504"),
        ("id=5 addr=127.0.0.:58836 laddr=127.0.0.1:17504 fd=9", "laddr=127.0.0.1:17504"),
    ],
)
def test_what_is_torn_makes_no_public_name_private(torn: str, public: str) -> None:
    raw = (RawLine(1, torn), RawLine(2, public))
    safe = redact(Analysis(FLAGSHIP.tool, FLAGSHIP.inputs, (Incident(Kind.SIGNAL, raw=raw),), ()))
    check(public, "text", safe)


def test_an_address_is_hidden_where_its_port_stands_behind_a_dot() -> None:
    raw = (RawLine(1, "1:M 22 Nov 2026 11:28:28.362 - Accepted 10.44.55.66:41816"), RawLine(2, "10.44.55.66.41816"))
    safe = redact(Analysis(FLAGSHIP.tool, FLAGSHIP.inputs, (Incident(Kind.SIGNAL, raw=raw),), ()))
    assert not any("10.44.55.66" in line.text for line in safe.analysis.incidents[0].raw)
