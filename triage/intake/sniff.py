"""Tells what a file is from its first bytes, whatever its name."""

import re

SNIFFED_BYTES = 64 << 10

_ELF = b"\x7fELF"
_ELF_TYPE_AT = 16
_ET_CORE = 4
_BIG_ENDIAN = 2
_ODD_SHARE = 0.1
"""A text may hold this share of control characters and broken UTF-8: command arguments are logged as they are."""
_PRINTED_CONTROLS = b"\t\n\r\f\x1b"
_CONTROLS = bytes(byte for byte in (*range(32), 127) if byte not in _PRINTED_CONTROLS)

_DIRECTIVE = re.compile(rb"[ \t]*([a-z][a-z0-9-]{1,60})(?:[ \t]+\S[^\n]*)?")
_WELL_KNOWN = frozenset(
    b"port bind save dir dbfilename appendonly maxmemory maxmemory-policy tls-port cluster-enabled daemonize logfile "
    b"loglevel databases timeout tcp-keepalive tcp-backlog pidfile protected-mode requirepass masterauth primaryauth "
    b"replicaof slaveof io-threads unixsocket maxclients include loadmodule user sentinel rename-command".split()
)
_CONFIG_SHARE = 0.9


def kind_of(head: bytes) -> str:
    """``core``, ``binary``, ``log``, ``config`` or ``unknown``, for the (decompressed) first bytes of a file."""
    if head.startswith(_ELF):
        return _elf_kind(head)
    # Truncating a file that is still written to leaves NUL bytes before the first new line.
    text = head.lstrip(b"\0")
    if not _is_text(text):
        return "unknown"
    return "config" if _is_config(text) else "log"


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
