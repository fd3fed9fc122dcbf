"""CLIENT LIST and CURRENT CLIENT of a report."""

from collections.abc import Sequence

from triage.logs.client_flags import flag_names
from triage.logs.report_parts import Part, ReportToken
from triage.model import Client, ClientList
from triage.model.client import ClientValue
from triage.patterns import compiled

_FIELD = compiled(r"(?:^| )([a-z][a-z0-9_-]*)=(\S*)")
_NUMBER = compiled(r"-?\d{1,20}")
_TEXT_FIELDS = frozenset({"name", "user", "lib-name", "lib-ver", "cmd", "addr", "laddr", "capa", "events"})
_QUOTED = compiled(r"""'?"?([^"']*)"?'?""")


def read_client(text: str, line: int | None = None) -> Client:
    """One client's line as CLIENT LIST prints it. A line that the log cut keeps the fields before the cut."""
    # The 1023-byte limit of a log message can eat the line end, and the next line is glued on.
    text = text.removeprefix("client: ").partition("argc: ")[0]
    return Client({key: _typed(key, value) for key, value in _FIELD.findall(text)}, line)


def read_clients(parts: Sequence[Part]) -> ClientList | None:
    """The report's CLIENT LIST, or ``None`` if it has no such section."""
    for part in parts:
        if part.name == "clients":
            clients = tuple(read_client(t.text, t.line) for t in part.tokens if t.kind == "CLIENT")
            return ClientList(len(clients), clients)
    return None


def read_current_client(parts: Sequence[Part]) -> tuple[Client | None, str | None]:
    """The client whose command was running, and the command's name in lower case (``xinfo|stream``)."""
    for part in parts:
        if part.name == "current_client":
            line = next((t for t in part.tokens if t.kind == "CLIENT"), None)
            client = read_client(line.text, line.line) if line else None
            return client, _command(client, part.tokens)
    return None, None


def _command(client: Client | None, tokens: Sequence[ReportToken]) -> str | None:
    named = client.text("cmd") if client else None
    if named and named != "NULL":
        return named.lower()
    argument = next((t.fields["argument"] for t in tokens if t.kind == "ARGV" and t.fields["index"] == "0"), None)
    match = _QUOTED.fullmatch(argument) if argument else None
    return match[1].lower() if match and match[1] else None


def _typed(key: str, value: str) -> ClientValue:
    if key == "flags":
        return flag_names(value)
    if key not in _TEXT_FIELDS and _NUMBER.fullmatch(value):
        return int(value)
    return value
