"""Tells what a file is from its first bytes, whatever its name."""

import re

from triage.intake.mail import is_mail
from triage.patterns import compiled

SNIFFED_BYTES = 64 << 10
ARCHIVES = frozenset(("tar", "zip", "mail"))
"""The kinds of files that hold others."""

_ELF = b"\x7fELF"
_ELF_TYPE_AT = 16
_ET_CORE = 4
_BIG_ENDIAN = 2
_ODD_SHARE = 0.1
"""A text may hold this share of control characters and broken UTF-8: command arguments are logged as they are."""
_LOST_BLOCK = compiled(rb"\A\0+|\0{64,}")
_PRINTED_CONTROLS = b"\t\n\r\f\x1b"
_CONTROLS = bytes(byte for byte in (*range(32), 127) if byte not in _PRINTED_CONTROLS)

_DIRECTIVE = compiled(rb"[ \t]*([a-z][a-z0-9-]{1,60})(?:[ \t]+\S[^\n]*)?")
_WELL_KNOWN = frozenset(
    b"port bind save dir dbfilename appendonly maxmemory maxmemory-policy tls-port cluster-enabled daemonize logfile "
    b"loglevel databases timeout tcp-keepalive tcp-backlog pidfile protected-mode requirepass masterauth primaryauth "
    b"replicaof slaveof io-threads unixsocket maxclients include loadmodule user sentinel rename-command".split()
)
_CONFIG_SHARE = 0.9
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_INFO_LINE = compiled(rb"(?:# [A-Z][\w ]{1,60}|[a-z][\w.:-]{0,200}:[^\n]*|)\r?")
_INFO_NAMES = {b"redis_version", b"run_id"}
_MOST_INFO_LINES = 1000


def kind_of(head: bytes) -> str:
    """What a file is by its first bytes.

    ``core``, ``binary``, ``tar``, ``zip``, ``mail``, ``info``, ``config``, ``log`` or ``unknown``.
    """
    if head.startswith(_ELF):
        return _elf_kind(head)
    if head.startswith(_ZIP):
        return "zip"
    if _is_tar(head):
        return "tar"
    # Truncating a file that is still written to leaves NUL bytes before the first new line; where the machine lost
    # power they stand for blocks that never reached the disk.
    text = _LOST_BLOCK.sub(b"", head) if b"\0" in head else head
    if not _is_text(text):
        return "unknown"
    if is_mail(text):
        return "mail"
    if _is_info(text):
        return "info"
    return "config" if _is_config(text) else "log"


def _is_tar(head: bytes) -> bool:
    """Whether the first block has a tar header's checksum; the oldest tar files have no magic number."""
    # Nearly no other file has an octal number here; only then the checksum is worked out.
    if not re.fullmatch(rb"[0-7 ]{2,7}[\0 ]{1,2}", head[148:156]):
        return False
    import tarfile

    try:
        header = tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return bool(header.name)


def _is_info(text: bytes) -> bool:
    """The answer to INFO alone, and no crash report around it: nothing but sections and fields."""
    lines = text.split(b"\n", _MOST_INFO_LINES)
    if len(lines) > _MOST_INFO_LINES or not all(_INFO_LINE.fullmatch(line) for line in lines):
        return False
    return _INFO_NAMES.issubset(line.partition(b":")[0] for line in lines)


def _elf_kind(head: bytes) -> str:
    order = "big" if head[5:6] == bytes((_BIG_ENDIAN,)) else "little"
    elf_type = int.from_bytes(head[_ELF_TYPE_AT : _ELF_TYPE_AT + 2], "big" if order == "big" else "little")
    return "core" if elf_type == _ET_CORE else "binary"


def _is_text(text: bytes) -> bool:
    controls = len(text) - len(text.translate(None, _CONTROLS))
    broken = text.decode("utf-8", "replace").count("\ufffd")
    return controls + broken <= _ODD_SHARE * len(text)


def _is_config(text: bytes) -> bool:
    lines = [line.strip() for line in text.split(b"\n")[:500]]
    lines = [line for line in lines if line and not line.startswith(b"#")]
    names = [match[1] for line in lines if (match := _DIRECTIVE.fullmatch(line))]
    return bool(lines) and len(names) >= _CONFIG_SHARE * len(lines) and bool(_WELL_KNOWN.intersection(names))
