"""How old each open connection was at the failure, from the most precise source that the log holds for it."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from triage.correlate.accepted_clients import UNKNOWN, AcceptedRows, Claim, Claims, Tie, tie_clients
from triage.correlate.process_rows import Failure
from triage.correlate.told_lines import lines_between
from triage.logs.scanned import NO_TIME, EventTable, LogLine, LogScan
from triage.model import Client, ClientList, Evidence
from triage.records import dataclass

_MOST_ACCEPTED = _MOST_CLOSED = 25_000
"""Older lines cannot help to tie the young connections that matter; an old one's age is known by its second."""

_UNREAD = -2

_CLOCK_SLACK_S = 2
"""CLIENT LIST's age counts whole seconds of a clock that the server reads a few times a second."""

_STATE_LINE_BEFORE_MS = 5_000
_OWN_LINK_FLAGS = frozenset({"primary", "replica", "slot-import", "slot-export"})
_NO_CONNECTION = -1
_MOST_DIGITS = 18
"""Servers count their clients from 1 on; what claims to be beyond that is no number of theirs."""
_NO_ID = -1

_LAST_UNTIED = 5


class AgeSource(StrEnum):
    """Where an age comes from, the most precise first."""

    STATE_LINE = "tls-state-line"
    ACCEPTED = "accepted-lines"
    ACCEPTED_ALONE = "accepted-lines-alone"
    CLIENT_LIST = "client-list"


@dataclass(frozen=True, slots=True)
class ConnectionAge:
    """One connection. ``age_ms`` is ``None`` where only CLIENT LIST's whole seconds (``age_s``) are known.

    If the match with an ``Accepted`` line is ambiguous, ``certain`` is false, ``age_ms`` is the oldest possibility
    and ``candidates_ms`` holds all of them. ``line`` is the line that gives the age.
    """

    source: AgeSource
    age_ms: int | None
    age_s: int | None
    id: int | None = None
    address: str | None = None
    line: int | None = None
    text: str | None = None
    client_line: int | None = None
    certain: bool = True
    candidates_ms: tuple[int, ...] = ()
    handshaking: bool = False

    @property
    def at_least_ms(self) -> int:
        """For sorting: the age, or what its whole seconds say."""
        return self.age_ms if self.age_ms is not None else (self.age_s or 0) * 1000

    def evidence(self, log: str) -> Evidence | None:
        """The line that gives the age, as it stands in the log."""
        return Evidence(log, self.text, self.line) if self.text is not None and self.line is not None else None


def has_sent_nothing(client: Client) -> bool:
    """Whether nothing ever came from a connection: no command, no bytes (before 8.0 only those waiting are told)."""
    received = client.number("tot-net-in")
    silent = (client.number("qbuf") or 0) == 0 if received is None else received == 0
    return client.text("cmd") == "NULL" and silent and is_connection(client)


def is_handshaking(client: Client) -> bool:
    """Whether a connection looks unfinished: it has sent nothing and is under a second old."""
    return client.number("age") == 0 and has_sent_nothing(client)


def is_connection(client: Client) -> bool:
    """Whether somebody outside opened it: not a link between servers, nor a client that the server made up."""
    flags = client.fields.get("flags", ())
    own_link = isinstance(flags, tuple) and not _OWN_LINK_FLAGS.isdisjoint(flags)
    return not own_link and client.number("fd") != _NO_CONNECTION


def in_ms(ages: Iterable[ConnectionAge]) -> list[ConnectionAge]:
    """The connections whose age is known to the millisecond, in the order given."""
    return [age for age in ages if age.age_ms is not None]


def stated_age(scan: LogScan, failure: Failure) -> ConnectionAge | None:
    """The failing connection's own age, from the debug line that names its TLS state just before the report."""
    before = lines_between(scan, failure.pid, failure.started_line, failure.last_line)
    near = [line for line in before if line.name == "illegal_tls_state" and _announces(line, failure)]
    if not near:
        return None
    line = near[-1]
    return ConnectionAge(
        AgeSource.STATE_LINE,
        age_ms=int(line.fields["age_ms"]),
        age_s=None,
        address=line.fields.get("addr") or None,
        line=line.line,
        text=line.text,
        handshaking=True,
    )


def listed_ages(clients: ClientList, scan: LogScan, failure: Failure) -> list[ConnectionAge]:
    """The report's client list, youngest first; ids tie the connections to ``Accepted`` lines where possible.

    One that the main thread accepted while another thread wrote the report was not open at the failure: left out.
    """
    connections = [client for client in clients.list if is_connection(client)]
    table = scan.floods.get("accepted")
    if table is None or failure.time_ms is None:
        return _sorted(_from_list(client) for client in connections)
    rows = failure.rows(table)[-_MOST_ACCEPTED:]
    accepted = AcceptedRows(_numbered(scan).rows("accepted", rows), table.lines[rows])
    ties = tie_clients(_claims(connections, scan, failure), _closed(scan, failure), accepted)
    ages = _sorted(_age(client, ties, table, rows, failure.time_ms) for client in connections)
    return [age for age in ages if age.age_ms is None or age.age_ms >= 0]


def unlisted_ages(scan: LogScan, failure: Failure) -> list[ConnectionAge]:
    """The connections accepted last, for a report without a client list: they may have been closed since."""
    table = scan.floods.get("accepted")
    if table is None or failure.time_ms is None:
        return []
    rows = failure.rows(table)
    rows = rows[(table.lines[rows] < failure.first_line) & (table.times[rows] != NO_TIME)][-_LAST_UNTIED:]
    return _sorted(
        ConnectionAge(
            AgeSource.ACCEPTED_ALONE,
            age_ms=max(0, failure.time_ms - int(table.times[row])),
            age_s=None,
            address=table.fields["addr"][row],
            line=int(table.lines[row]),
            text=table.texts[row],
            certain=False,
        )
        for row in rows
    )


def _announces(line: LogLine, failure: Failure) -> bool:
    if line.line > failure.last_line or (failure.pid is not None and line.pid not in (None, failure.pid)):
        return False
    age = line.fields.get("age_ms", "-")
    if age.startswith("-") or len(age) > _MOST_DIGITS or line.time is None or failure.time_ms is None:
        return False
    return 0 <= failure.time_ms - line.time.wall_ms <= _STATE_LINE_BEFORE_MS


class _Numbered:
    """Numbers for the addresses in ``Accepted`` and ``Client closed`` lines; a row is read when it is needed."""

    def __init__(self, scan: LogScan) -> None:
        self._numbers: dict[str, int] = {}
        self._tables = {name: scan.floods[name] for name in ("accepted", "client_closed") if name in scan.floods}
        self._known = {name: np.full(len(table.lines), _UNREAD) for name, table in self._tables.items()}

    def rows(self, flood: str, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """The numbers of the addresses in some rows of a flood."""
        known = self._known[flood]
        unread = rows[known[rows] == _UNREAD]
        known[unread] = self._tables[flood].fields["addr"].coded(unread).mapped(self._number)
        return known[rows]

    def of(self, address: str | None) -> int | None:
        """The number of an address; ``None`` without one."""
        return self._numbers.get(_plain(address), UNKNOWN) if address else None

    def _number(self, address: str | None) -> int:
        return self._numbers.setdefault(_plain(address), len(self._numbers)) if address else UNKNOWN


@lru_cache(maxsize=1)
def _numbered(scan: LogScan) -> _Numbered:
    """Shared by all failures of a log."""
    return _Numbered(scan)


def _plain(address: str) -> str:
    """An address in the form of ``Accepted`` lines, which print IPv6 without brackets."""
    return address.replace("[", "").replace("]", "")


def _claims(clients: Iterable[Client], scan: LogScan, failure: Failure) -> list[Claim]:
    # While another thread writes the report, the main thread may go on accepting: the list's own line is the end.
    known = _numbered(scan)
    return [
        Claim(client_id, known.of(client.text("addr")), client.line or failure.last_line)
        for client in clients
        if (client_id := client.number("id")) is not None
    ]


def _closed(scan: LogScan, failure: Failure) -> Claims:
    table = scan.floods.get("client_closed")
    if table is None:
        return Claims.of([])
    rows = failure.rows(table)[-_MOST_CLOSED:]
    ids = table.fields["id"].coded(rows).mapped(_id)
    claims = Claims(ids, _numbered(scan).rows("client_closed", rows), table.lines[rows])
    return claims[claims.ids != _NO_ID]


def _id(text: str | None) -> int:
    return int(text) if text and len(text) <= _MOST_DIGITS else _NO_ID


def _age(
    client: Client, ties: Mapping[int, Tie], table: EventTable, rows: NDArray[np.intp], failed_ms: int
) -> ConnectionAge:
    """The age by the client's ``Accepted`` line, unless there is none or CLIENT LIST's own age denies it."""
    by_list = _from_list(client)
    tie = ties.get(by_list.id) if by_list.id is not None else None
    if tie is None:
        return by_list
    possible = [failed_ms - int(table.times[rows[row]]) for row in tie.candidates or (tie.row,)]
    fitting = [at for at, age in enumerate(possible) if _fits(age, by_list.age_s)]
    if not fitting:
        return by_list
    row = int(rows[(tie.candidates or (tie.row,))[fitting[0]]])
    return ConnectionAge(
        AgeSource.ACCEPTED,
        age_ms=possible[fitting[0]],
        age_s=by_list.age_s,
        id=by_list.id,
        address=by_list.address or (table.fields["addr"][row] if tie.certain else None),
        line=int(table.lines[row]),
        text=table.texts[row],
        client_line=client.line,
        certain=tie.certain,
        candidates_ms=tuple(possible[at] for at in fitting) if len(fitting) > 1 else (),
        handshaking=by_list.handshaking,
    )


def _fits(age_ms: int, age_s: int | None) -> bool:
    if age_s is None:
        return True
    return (age_s - _CLOCK_SLACK_S) * 1000 <= age_ms <= (age_s + _CLOCK_SLACK_S) * 1000


def _from_list(client: Client) -> ConnectionAge:
    return ConnectionAge(
        AgeSource.CLIENT_LIST,
        age_ms=None,
        age_s=client.number("age"),
        id=client.number("id"),
        address=client.text("addr") or None,
        line=client.line,
        client_line=client.line,
        handshaking=is_handshaking(client),
    )


def _sorted(ages: Iterable[ConnectionAge]) -> list[ConnectionAge]:
    return sorted(ages, key=lambda age: (age.at_least_ms, age.age_ms is None, -(age.id or 0)))
