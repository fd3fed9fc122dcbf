"""Archives, directories and rotated parts: one case in any order, and nothing written where it should not be."""

import bz2
import gzip
import io
import json
import lzma
import os
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import zstandard
from command import triage
from expectations import FIXTURES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage.intake import Workspace, limits, logs_of, open_inputs
from triage.model import TriageError

LOG = (FIXTURES / "lab-02-assert-v727" / "server.log").read_bytes()
CALM = (FIXTURES / "lab2-50-r806-neg-sigterm-normal" / "server.log").read_bytes()
CONFIG = b"port 6379\nbind 127.0.0.1\nsave 3600 1\n"
CORE = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x04\x00" + bytes(3 << 20) + b"end of the core"
INFO = b"# Server\r\nredis_version:7.2.4\r\nvalkey_version:8.1.1\r\nrun_id:abc\r\n\r\n# Clients\r\n"
MEMBERS = {"var/log/valkey.log": LOG, "core.4711": CORE, "etc/valkey.conf": CONFIG, "info.txt": INFO}
KINDS = {"var/log/valkey.log": "log", "core.4711": "core", "etc/valkey.conf": "config", "info.txt": "info"}

Members = dict[str, bytes]


def tar(members: Members, change: Callable[[tarfile.TarInfo], None] = lambda _: None) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            change(info)
            archive.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return file.getvalue()


def zipped(members: Members) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


ARCHIVES: dict[str, Callable[[Members], bytes]] = {
    "tar": tar,
    "tar.gz": lambda members: gzip.compress(tar(members)),
    "tar.zst": lambda members: zstandard.compress(tar(members)),
    "tar.xz": lambda members: lzma.compress(tar(members), preset=0),
    "tar.bz2": lambda members: bz2.compress(tar(members)),
    "zip": zipped,
    "zip.gz": lambda members: gzip.compress(zipped(members)),
    "zip in tar": lambda members: tar({"inner.zip": zipped(members)}),
    "tar.gz in zip": lambda members: zipped({"inner.tgz": gzip.compress(tar(members))}),
}


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory for temporary files, which must be empty again after the test."""
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setenv("TMPDIR", str(room))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield room
    assert list(room.iterdir()) == []


def told(*paths: object) -> tuple[int, dict]:
    done = triage("analyze", *paths, "--redact", "none", "--format", "json", "-o", "-")
    return done.returncode, json.loads(done.stdout) if done.stdout else {}


def problems(told: dict) -> list[str]:
    return [problem["message"] for entry in told["inputs"] for problem in entry["problems"]]


@pytest.mark.parametrize("name", ARCHIVES)
def test_what_lies_in_an_archive_is_one_case(name: str, tmp_path: Path, room: Path) -> None:
    path = tmp_path / f"case.{name}"
    path.write_bytes(ARCHIVES[name](MEMBERS))
    with Workspace() as workspace:
        sources = open_inputs([str(path)], workspace)
        contents = {source.name.rpartition("!")[2]: b"".join(source.blocks()) for source in sources}
        kinds = {source.name.rpartition("!")[2]: source.kind for source in sources}
    assert (contents, kinds) == (MEMBERS, KINDS)


@pytest.mark.parametrize("name", ["tar", "tar.gz", "zip"])
def test_the_log_in_an_archive_is_analysed_and_its_evidence_placed(name: str, tmp_path: Path, room: Path) -> None:
    path = tmp_path / f"case.{name}"
    path.write_bytes(ARCHIVES[name]({"var/log/valkey.log": LOG, "valkey.conf": CONFIG}))
    code, analysis = told(path)
    (incident,) = analysis["incidents"]
    assert (code, incident["kind"], incident["input"]) == (0, "assertion", f"{path}!var/log/valkey.log")
    assert {evidence["input"] for evidence in incident["evidence"]} == {f"{path}!var/log/valkey.log"}
    assert [entry["kind"] for entry in analysis["inputs"]] == ["log", "config"]


def test_a_directory_is_one_case(tmp_path: Path) -> None:
    for name, content in {"log/valkey.log": LOG, "etc/valkey.conf": CONFIG, "empty": b""}.items():
        (tmp_path / "case" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "case" / name).write_bytes(content)
    code, analysis = told(tmp_path / "case")
    assert code == 0
    assert sorted(entry["kind"] for entry in analysis["inputs"]) == ["config", "log"]
    assert len(analysis["incidents"]) == 1


def test_links_in_a_directory_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "valkey.log").write_bytes(LOG)
    (tmp_path / "case" / "passwd.log").symlink_to("/etc/passwd")
    code, analysis = told(tmp_path / "case")
    assert (code, problems(analysis)) == (4, ["is a link: not followed"])


def linked(info: tarfile.TarInfo) -> None:
    if info.name == "evil":
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"


def device(info: tarfile.TarInfo) -> None:
    if info.name == "evil":
        info.type = tarfile.CHRTYPE


def encrypted(archive: bytes) -> bytes:
    """The flag of encryption set in every header."""
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := archive.find(mark, start)) >= 0:
            archive = archive[: start + at] + b"\x01" + archive[start + at + 1 :]
            start += 4
    return archive


def renamed(archive: bytes) -> bytes:
    """The member ``x`` without its name, which becomes its extra field."""
    central = archive.replace(b"PK\x01\x02", b"", 1)
    at = archive.index(b"PK\x01\x02")
    assert central[at + 24 : at + 26] == b"\x01\x00"
    return archive[: at + 28] + b"\x00\x00\x01\x00" + archive[at + 32 :]


HOSTILE: dict[str, tuple[bytes, str]] = {
    "a path upwards": (tar({"../../evil.log": LOG}), "leads out of the archive"),
    "an absolute path": (tar({"/tmp/evil.log": LOG}), "leads out of the archive"),
    "a path upwards in a zip": (zipped({"..\\..\\evil.log": LOG}), "leads out of the archive"),
    "a link": (tar({"valkey.log": LOG, "evil": b""}, linked), "is a link"),
    "a device": (tar({"valkey.log": LOG, "evil": b""}, device), "a device"),
    "an archive three deep": (
        tar({"valkey.log": LOG, "a.tar": tar({"b.tar": tar({"c": LOG})})}),
        "unpack it yourself",
    ),
    "an encrypted member": (tar({"valkey.log": LOG, "a.zip": encrypted(zipped({"b": LOG}))}), "is encrypted"),
    "a tar cut short": (gzip.compress(tar({"valkey.log": LOG, "b.log": CALM * 9})[: len(LOG) + 9000]), ""),
    "a member without a name": (renamed(zipped({"x": b"x", "valkey.log": LOG})), ""),
    "a broken zip": (tar({"valkey.log": LOG, "a.zip": zipped({"b": LOG})[:-30]}), "damaged"),
    "a header without measure": (
        tar({"valkey.log": LOG})[:-10240]
        + tarfile.TarInfo("x").tobuf().replace(b"0000000000\x00", b"7777777777\x00").replace(b" 0\0", b" x\0"),
        "",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_does_no_harm_and_hides_nothing(name: str, tmp_path: Path, room: Path) -> None:
    content, says = HOSTILE[name]
    path = tmp_path / "case.bin"
    path.write_bytes(content)
    before = set(tmp_path.rglob("*"))
    code, analysis = told(path)
    assert [incident["kind"] for incident in analysis["incidents"]] == ["assertion"]
    assert code in (4,) if says else code in (0, 4)
    assert any(says in problem for problem in problems(analysis)) or not says
    assert set(tmp_path.rglob("*")) == before


def test_more_members_than_any_case_has_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.intake.archives.MOST_MEMBERS", 3)
    path = tmp_path / "case.tar"
    path.write_bytes(tar({f"{number}.log": CALM for number in range(5)}))
    *read, note = open_inputs([str(path)])
    assert (len(read), note.problems[0].message) == (3, "holds more than 3 files: the rest was not read")


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.intake.archives.SUSPICIOUS_BYTES", 1 << 20)
    path = tmp_path / "case.zip"
    path.write_bytes(zipped({"valkey.log": LOG, "bomb.log": b"\n" * (8 << 20)}))
    log, bomb = open_inputs([str(path)])
    assert (log.kind, bomb.kind) == ("log", "unknown")
    assert "bomb" in bomb.problems[0].message
    assert limits.SUSPICIOUS_RATIO == 500


@pytest.mark.parametrize("name", ["core", "core.gz", "core.zst", "tar", "tar.gz", "zip"])
def test_a_core_has_a_path_with_holes_where_it_is_zero(name: str, tmp_path: Path, room: Path) -> None:
    packed = {"core": bytes, "core.gz": gzip.compress, "core.zst": zstandard.compress}
    path = tmp_path / name
    path.write_bytes(packed[name](CORE) if name in packed else ARCHIVES[name]({"core.1": CORE}))
    with Workspace() as workspace:
        (source,) = open_inputs([str(path)], workspace)
        assert source.kind == "core"
        with source.local_path() as local:
            assert local.read_bytes() == CORE
            if local != path:
                assert stat.S_IMODE(local.parent.stat().st_mode) == 0o700
                assert local.stat().st_blocks * 512 < len(CORE) // 2
    assert not list(room.iterdir())


def parts(log: bytes, at: int) -> dict[str, bytes]:
    return {"server.log": log[at:], "server.log.1.gz": gzip.compress(log[:at])}


@pytest.mark.parametrize("share", [0.2, 0.5, 0.77])
@pytest.mark.parametrize("order", [1, -1])
def test_a_report_in_two_rotated_parts_is_whole(share: float, order: int, tmp_path: Path) -> None:
    at = int(len(LOG) * share)
    for name, content in parts(LOG, at).items():
        (tmp_path / name).write_bytes(content)
    names = [str(tmp_path / name) for name in ("server.log.1.gz", "server.log")][::order]
    code, analysis = told(*names)
    (incident,) = analysis["incidents"]
    assert (code, incident["report"]["complete"]) == (0, True)
    assert [entry["name"] for entry in analysis["inputs"]] == names
    whole, early = LOG.split(b"\n"), LOG[:at].count(b"\n")
    for evidence in incident["evidence"]:
        line = evidence["line"] + (early if evidence["input"].endswith("server.log") else 0)
        assert evidence["text"].encode() == whole[line - 1].rstrip(b"\r")


def test_a_log_with_its_newest_line_first_is_read_in_the_order_of_its_times(tmp_path: Path) -> None:
    lines = LOG.removesuffix(b"\n").split(b"\n")
    calm = [b"1:M 20 Nov 2026 10:00:%02d.000 * line" % number for number in range(50)]
    path = tmp_path / "server.log"
    path.write_bytes(b"\n".join(reversed([*calm, *lines])) + b"\n")
    code, analysis = told(path)
    incident = next(incident for incident in analysis["incidents"] if incident["kind"] == "assertion")
    assert (code, incident["report"]["complete"]) == (0, True)
    whole = path.read_bytes().split(b"\n")
    for evidence in incident["evidence"]:
        assert evidence["text"].encode() == whole[evidence["line"] - 1].rstrip(b"\r")


def test_parts_are_ordered_by_their_times_and_else_by_their_names(tmp_path: Path) -> None:
    def day(number: int) -> bytes:
        return b"1:M %02d Nov 2026 10:00:00.000 * Ready to accept connections tcp\n" % number

    contents = {
        "a.log-20261103.gz": gzip.compress(day(3)), "a.log-20261102": day(2), "a.log": day(4),
        "b.log.1": b"raw\n", "b.log.10": day(1), "b.log": day(9), "b.log.2": day(2),
        "redis-6379.log": day(1), "redis-6380.log": day(2),
    }  # fmt: skip
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    logs = logs_of(open_inputs([str(tmp_path)]))
    assert [[Path(part.name).name for part in log.parts] for log in logs] == [
        ["a.log-20261102", "a.log-20261103.gz", "a.log"],
        ["b.log.10", "b.log.2", "b.log.1", "b.log"],
        ["redis-6379.log"],
        ["redis-6380.log"],
    ]


def test_the_answer_to_info_alone_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "info.txt").write_bytes(INFO)
    (source,) = open_inputs([str(tmp_path / "info.txt")])
    assert (source.kind, source.problems) == ("info", ())


damage = st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(min_size=1, max_size=8)), max_size=6)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(ARCHIVES)), damage=damage, kept=st.integers(0, 1 << 16))
def test_a_damaged_archive_is_read_or_refused(name: str, damage: list, kept: int, tmp_path: Path) -> None:
    archive = bytearray(ARCHIVES[name]({"valkey.log": LOG[:3000], "valkey.conf": CONFIG}))
    for at, junk in damage:
        archive[at % len(archive) : at % len(archive) + len(junk)] = junk
    path = tmp_path / "case.bin"
    path.write_bytes(bytes(archive[: max(1, kept)]))
    with Workspace() as workspace:
        try:
            sources = open_inputs([str(path)], workspace)
        except TriageError:
            return
        for source in sources:
            assert sum(map(len, source.blocks())) < 1 << 20
        assert os.listdir(tmp_path) == ["case.bin"]


def mail(**attached: bytes) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "jane@example.net", "support@example.net", "Valkey died"
    message.set_content("Hello,\n\nour server died, see the log.\n")
    message.add_alternative("<p>Hello, our server died, see the log.</p>", subtype="html")
    for name, content in attached.items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=f"{name}.log")
    return message


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda log: zipped({"valkey.log": log})])
def test_what_is_attached_to_a_mail_is_read(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "ticket.eml"
    path.write_bytes(mail(valkey=pack(LOG)).as_bytes())
    with Workspace() as workspace:
        text, log = open_inputs([str(path)], workspace)
        assert text.name == f"{path}!1-text.txt"
        assert log.name.startswith(f"{path}!valkey.log")
        assert b"".join(log.blocks()) == LOG


@pytest.mark.parametrize("coding", ["quoted-printable", "base64", "8bit"])
def test_a_log_in_the_text_of_a_mail_is_read(coding: str, tmp_path: Path) -> None:
    log = LOG.replace(b"\r\n", b"\n")
    message = EmailMessage()
    message["From"], message["Subject"] = "jane@example.net", "Valkey died"
    message.set_content(log.decode(), cte=coding)
    path = tmp_path / "ticket.eml"
    path.write_bytes(message.as_bytes())
    with Workspace() as workspace:
        (text,) = open_inputs([str(path)], workspace)
        assert b"".join(text.blocks()) == log


def test_a_mail_that_was_cut_gives_what_it_has(tmp_path: Path) -> None:
    whole = mail(valkey=LOG).as_bytes()
    path = tmp_path / "ticket.eml"
    path.write_bytes(whole[: len(whole) // 2])
    with Workspace() as workspace:
        _, log = open_inputs([str(path)], workspace)
        assert LOG.startswith(b"".join(log.blocks()))
