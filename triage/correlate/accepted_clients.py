"""Ties client ids to the ``Accepted`` lines that announced them.

An ``Accepted`` line has an address but no id, the report's client list has ids whose address may be empty (the peer
has gone) or used several times (ports are used again, and one client address may be connected to two of the server's
ports). But the server numbers clients in the order in which it accepts them. So the clients whose line is plain are
anchors: client ``a`` is row ``i``. Between two anchors the n-th id is the n-th row, as long as both count the same;
where they do not, something without an ``Accepted`` line took an id (a link to the primary, a module's client, a
unix socket) or a line led to no client (``maxclients``), and the match is ambiguous.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_ROUNDS = 4
"""Each round may find anchors between those of the round before; after a few nothing new comes."""

_STEADY = 5
"""Beyond the last anchor, ids are trusted if this many anchors before it (or all, if fewer) counted alike."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A client that some line names: its id, its address if known, and the line (its own is before that one)."""

    id: int
    address: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Tie:
    """The row of a client's ``Accepted`` line. If not ``certain``, it is the earliest of ``candidates``."""

    row: int
    certain: bool
    candidates: tuple[int, ...] = ()


def plain_address(address: str | None) -> str | None:
    """An address in the form of ``Accepted`` lines, which print IPv6 without brackets; ``None`` if it is empty."""
    return address.replace("[", "").replace("]", "") if address else None


class AcceptedRows:
    """The addresses and line numbers of a process's ``Accepted`` lines, in file order."""

    def __init__(self, addresses: Sequence[str | None], lines: Sequence[int]) -> None:
        self.addresses = addresses
        self.lines = lines
        self._by_address: dict[str, list[int]] = {}
        for row, address in enumerate(addresses):
            if address is not None:
                self._by_address.setdefault(address, []).append(row)

    def __len__(self) -> int:
        return len(self.addresses)

    def between(self, claim: Claim, low: int, high: int) -> list[int]:
        """Rows with the claim's address, before its line, strictly between two rows."""
        rows = self._by_address.get(claim.address or "", [])
        rows = rows[bisect_right(rows, low) : bisect_left(rows, high)]
        return [row for row in rows if self.lines[row] < claim.line]


class Anchors:
    """Clients whose row is certain; ids and rows rise together."""

    def __init__(self, rows_by_id: Mapping[int, int]) -> None:
        self.ids, self.rows = _longest_rising(sorted(rows_by_id.items()))

    def around(self, client_id: int) -> tuple[int | None, int | None]:
        """Positions of the nearest anchors at or below, and above, an id."""
        above = bisect_right(self.ids, client_id)
        return (above - 1 if above else None), (above if above < len(self.ids) else None)

    def offset(self, position: int) -> int:
        """By how much an anchor's id is ahead of its row."""
        return self.ids[position] - self.rows[position]

    def steady(self, position: int, direction: int) -> bool:
        """Whether the anchors from ``position`` on, at least two, have the same offset."""
        nearest = range(position, position + direction * _STEADY, direction)
        offsets = [self.offset(at) for at in nearest if 0 <= at < len(self.ids)]
        return len(offsets) > 1 and len(set(offsets)) == 1


def tie_clients(clients: Sequence[Claim], closed: Iterable[Claim], accepted: AcceptedRows) -> dict[int, Tie]:
    """The ``Accepted`` row of each client, by id; clients without one are absent.

    ``clients`` are those to tie, ``closed`` further lines that name an id with its address (``Client closed``).
    """
    anchors = _find_anchors([*clients, *closed], accepted)
    newest = max((claim.id for claim in clients), default=0)
    ties = {claim.id: _tie(claim, claim.id == newest, anchors, accepted) for claim in clients}
    return {client_id: tie for client_id, tie in ties.items() if tie is not None}


def _find_anchors(claims: Iterable[Claim], accepted: AcceptedRows) -> Anchors:
    pending = [claim for claim in claims if claim.address]
    known: dict[int, int] = {}
    anchors = Anchors(known)
    for _ in range(_ROUNDS):
        left: list[Claim] = []
        for claim in pending:
            low, high = _bounds(claim.id, anchors, len(accepted))
            rows = accepted.between(claim, low, high)
            if len(rows) == 1:
                known[claim.id] = rows[0]
            elif rows:
                left.append(claim)
        if len(left) == len(pending):
            break
        pending, anchors = left, Anchors(known)
        known = dict(zip(anchors.ids, anchors.rows, strict=True))
    return anchors


def _bounds(client_id: int, anchors: Anchors, count: int) -> tuple[int, int]:
    below, above = anchors.around(client_id)
    return (-1 if below is None else anchors.rows[below]), (count if above is None else anchors.rows[above])


def _tie(claim: Claim, newest: bool, anchors: Anchors, accepted: AcceptedRows) -> Tie | None:
    below, above = anchors.around(claim.id)
    if below is not None and anchors.ids[below] == claim.id:
        return Tie(anchors.rows[below], certain=True)
    expected = sorted({claim.id - anchors.offset(at) for at in (below, above) if at is not None})
    if not expected:
        return None
    low, high = _bounds(claim.id, anchors, len(accepted))
    rows = [row for row in _rows_of(claim, expected, low, high, accepted) if accepted.lines[row] < claim.line]
    if not rows:
        return None
    between = below is not None and above is not None
    trusted = between or (newest and rows[0] == len(accepted) - 1) or _steady_beside(below, above, anchors)
    return Tie(rows[0], len(expected) == 1 and rows == expected and trusted, () if len(rows) == 1 else tuple(rows))


def _rows_of(claim: Claim, expected: Sequence[int], low: int, high: int, accepted: AcceptedRows) -> list[int]:
    """The rows that ids and address allow. Where the count disagrees, the address or the room between decides."""
    if claim.address:
        named = accepted.between(claim, low, high)
        return [row for row in expected if row in named] or named
    first, last = max(expected[0], low + 1), min(expected[-1], high - 1)
    if first > last:
        first, last = low + 1, high - 1
    return list(range(first, last + 1))


def _steady_beside(below: int | None, above: int | None, anchors: Anchors) -> bool:
    """Whether an id outside the anchors may be counted on from the nearest one."""
    if below is not None:
        return anchors.steady(below, -1)
    return above is not None and anchors.steady(above, 1)


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """The longest part of (id, row) pairs, sorted by id, in which rows rise too; a stray match falls out."""
    tails: list[int] = []
    tail_rows: list[int] = []
    before: list[int | None] = []
    for position, (_, row) in enumerate(pairs):
        length = bisect_left(tail_rows, row)
        before.append(tails[length - 1] if length else None)
        tails[length : length + 1] = [position]
        tail_rows[length : length + 1] = [row]
    chosen: list[int] = []
    at = tails[-1] if tails else None
    while at is not None:
        chosen.append(at)
        at = before[at]
    chosen.reverse()
    return [pairs[at][0] for at in chosen], [pairs[at][1] for at in chosen]
