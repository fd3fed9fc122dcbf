"""Files that cannot hold a log that is read here, by their first bytes: users are told what they sent instead."""

from triage.patterns import compiled
from triage.records import dataclass


@dataclass(frozen=True, slots=True)
class Foreign:
    """What a file is. A ``packed`` one may hold a log all the same."""

    what: str
    hint: str
    packed: bool = False


def _packed(what: str, command: str) -> Foreign:
    return Foreign(f"{what}: not unpacked here", f"Unpack it with `{command}` and name what comes out.", True)


_PICTURE = Foreign("a picture", "Copy the lines as text: CONFIG GET logfile says where they are.")
_KINDS = (
    (rb"7z\xbc\xaf\x27\x1c", _packed("a 7-Zip archive", "7z x")),
    (rb"Rar!\x1a\x07", _packed("a RAR archive", "unrar x")),
    (rb"MSCF\0\0\0\0", _packed("a cabinet archive", "cabextract")),
    (rb"\x04\x22\x4d\x18|\x02\x21\x4c\x18", _packed("compressed with LZ4", "lz4 -d")),
    (rb"LZIP", _packed("compressed with lzip", "lzip -d")),
    (rb"\x89LZO\0", _packed("compressed with lzop", "lzop -d")),
    (rb"\x1f\x9d", _packed("compressed with compress", "uncompress")),
    (rb"(?:REDIS|VALKEY)\d{3,4}[^\d]", Foreign("a snapshot of the data (RDB)", "Give the server's log instead.")),
    (rb"\*\d{1,6}\r\n\$\d{1,9}\r\n", Foreign("an append-only file (AOF)", "Give the server's log instead.")),
    (rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a", _PICTURE),
    (rb"%PDF-|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Foreign("an office document", "Save its text as a plain file.")),
    (rb"ElfFile\0", Foreign("an event log of Windows", "Give the server's own log, or export the events as text.")),
    (
        rb"\xd4\xc3\xb2\xa1|\xa1\xb2\xc3\xd4|\x0a\x0d\x0d\x0a",
        Foreign("captured network packets", "Give the server's log instead."),
    ),
)
_PATTERNS = tuple((compiled(pattern), kind) for pattern, kind in _KINDS)


def foreign_of(head: bytes) -> Foreign | None:
    """What a file is that begins with ``head``; ``None`` if it may be read."""
    return next((kind for pattern, kind in _PATTERNS if pattern.match(head)), None)
