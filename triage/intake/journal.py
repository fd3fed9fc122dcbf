"""The journal with all its fields, a line for each: ``journalctl -o verbose`` and ``-o export``."""

from collections.abc import Sequence

from triage.intake.layers import Layer
from triage.intake.rows import row_layer
from triage.patterns import compiled
from triage.records import dataclass

_FIELD = compiled(rb"(?P<indent>[ \t]*)(?P<name>[A-Z_][A-Z0-9_]{0,63})=")
_HEADING = compiled(rb"[A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^\[\n]{0,40}\[s=[0-9a-f]+;")
# In the export format a value that is no plain text follows its name, with its length in eight bytes before it.
_LENGTH_BYTES = 8
_TELLING_SHARE = 0.5


def journal_layer(telling: Sequence[bytes]) -> Layer | None:
    """The layer, by lines that tell of a server further right; ``None`` if these are no fields of the journal."""
    fields = [match for line in telling if (match := _FIELD.match(line)) and match["name"] == b"MESSAGE"]
    if not fields or len(fields) < _TELLING_SHARE * len(telling):
        return None
    return row_layer("journald-verbose" if fields[0]["indent"] else "journald-export", lambda: _Fields().message)


@dataclass(slots=True)
class _Fields:
    _binary: bytes = b""

    def message(self, line: bytes) -> bytes | None:
        """The text of a MESSAGE field, and what follows the first line of one that has several."""
        binary, self._binary = self._binary, b""
        if binary:
            return line[_LENGTH_BYTES:] if binary == b"MESSAGE" else None
        if field := _FIELD.match(line):
            return line[field.end() :] if field["name"] == b"MESSAGE" else None
        if line.isupper() and line.replace(b"_", b"").isalnum():
            self._binary = line
            return None
        return line if line.strip() and not _HEADING.match(line) else None
