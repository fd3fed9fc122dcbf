"""Ties client ids to the ``Accepted`` lines that announced them.

An ``Accepted`` line has an address but no id, the report's client list has ids whose address may be empty (the peer
has gone) or used several times (ports are used again, and one client address may be connected to two of the server's
ports). But the server numbers clients in the order in which it accepts them. So the clients whose line is plain are
anchors: client ``a`` is row ``i``. Between two anchors the n-th id is the n-th row, as long as both count the same;
where they do not, something without an ``Accepted`` line took an id (a link to the primary, a module's client, a
unix socket) or a line led to no client (``maxclients``), and the match is ambiguous.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from triage.records import dataclass

Column = NDArray[np.int64]

UNKNOWN = -1
"""The number of an address that no ``Accepted`` line has."""

_ROUNDS = 4
"""Each round may find anchors between those of the round before; after a few nothing new comes."""

_STEADY = 5
"""Beyond the last anchor, ids are trusted if this many anchors before it (or all, if fewer) counted alike."""


_BEYOND = 1 << 62
"""No server gives out so many ids."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A client that some line names: its id, its address's number, and the line (its own is before that one).

    ``address`` is ``None`` if the line names none, ``UNKNOWN`` if no ``Accepted`` line has it.
    """

    id: int
    address: int | None
    line: int


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims with an address as columns of equal length."""

    ids: Column
    addresses: Column
    lines: Column

    def __len__(self) -> int:
        return len(self.ids)

    def __add__(self, other: "Claims") -> "Claims":
        return Claims(
            np.concatenate((self.ids, other.ids)),
            np.concatenate((self.addresses, other.addresses)),
            np.concatenate((self.lines, other.lines)),
        )

    def __getitem__(self, chosen: NDArray[np.bool_]) -> "Claims":
        return Claims(self.ids[chosen], self.addresses[chosen], self.lines[chosen])

    @classmethod
    def of(cls, claims: Sequence[Claim]) -> "Claims":
        """Those of ``claims`` that name an address, and an id that a server may have counted to."""
        rows = [
            (claim.id, claim.address, claim.line)
            for claim in claims
            if claim.address is not None and claim.id < _BEYOND
        ]
        return cls(*np.array(rows, dtype=np.int64).reshape(-1, 3).T)


@dataclass(frozen=True, slots=True)
class Tie:
    """The row of a client's ``Accepted`` line. If not ``certain``, it is the earliest of ``candidates``."""

    row: int
    certain: bool
    candidates: tuple[int, ...] = ()


class AcceptedRows:
    """The numbers of the addresses and the line numbers of a process's ``Accepted`` lines, in file order."""

    def __init__(self, addresses: Column, lines: Column) -> None:
        self.lines = lines
        self._step = len(addresses) + 1
        # Rows by address, then by row, as one number, so that "of this address, between these" is a stretch of them.
        self._keys = np.sort(addresses * self._step + np.arange(len(addresses)))

    def __len__(self) -> int:
        return len(self.lines)

    def between(self, claim: Claim, low: int, high: int) -> list[int]:
        """Rows with the claim's address, before its line, strictly between two rows."""
        if claim.address is None or claim.address == UNKNOWN:
            return []
        first, end = self._stretch(*map(np.array, ([claim.address], [claim.line], [low], [high])))
        rows: list[int] = (self._keys[first[0] : end[0]] % self._step).tolist()
        return rows

    def only(self, claims: Claims, low: Column, high: Column) -> tuple[Column, Column]:
        """For each claim how many such rows there are, and the first of them (of no meaning without any)."""
        first, end = self._stretch(claims.addresses, claims.lines, low, high)
        counts = np.where(claims.addresses == UNKNOWN, 0, np.maximum(end - first, 0))
        if not len(self._keys):
            return counts, first
        return counts, self._keys[np.minimum(first, len(self._keys) - 1)] % self._step

    def _stretch(self, addresses: Column, lines: Column, low: Column, high: Column) -> tuple[Column, Column]:
        base = addresses * self._step
        high = np.minimum(high, np.searchsorted(self.lines, lines))
        return np.searchsorted(self._keys, base + low + 1), np.searchsorted(self._keys, base + high)


class Anchors:
    """Clients whose row is certain; ids and rows rise together."""

    def __init__(self, rows_by_id: Mapping[int, int]) -> None:
        self.ids, self.rows = _longest_rising(sorted(rows_by_id.items()))

    def bounds(self, ids: Column, count: int) -> tuple[Column, Column]:
        """The rows of the nearest anchors at or below, and above, each id; outside them -1 and ``count``."""
        above = np.searchsorted(np.array(self.ids, dtype=np.int64), ids, side="right")
        rows = np.array([-1, *self.rows, count], dtype=np.int64)
        return rows[above], rows[above + 1]

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


def tie_clients(clients: Sequence[Claim], closed: Claims, accepted: AcceptedRows) -> dict[int, Tie]:
    """The ``Accepted`` row of each client, by id; clients without one are absent.

    ``clients`` are those to tie, ``closed`` further lines that name an id with its address (``Client closed``).
    """
    anchors = _find_anchors(Claims.of(clients) + closed, accepted)
    newest = max((claim.id for claim in clients), default=0)
    ties = {claim.id: _tie(claim, claim.id == newest, anchors, accepted) for claim in clients}
    return {client_id: tie for client_id, tie in ties.items() if tie is not None}


def _find_anchors(pending: Claims, accepted: AcceptedRows) -> Anchors:
    anchors = Anchors({})
    for _ in range(_ROUNDS):
        counts, rows = accepted.only(pending, *anchors.bounds(pending.ids, len(accepted)))
        if np.all(counts > 1):
            break
        known = dict(zip(anchors.ids, anchors.rows, strict=True))
        alone = counts == 1
        known.update(zip(pending.ids[alone].tolist(), rows[alone].tolist(), strict=True))
        pending, anchors = pending[counts > 1], Anchors(known)
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
    if claim.address is not None:
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
    if all(before[1] < after[1] for before, after in pairwise(pairs)):
        return [client_id for client_id, _ in pairs], [row for _, row in pairs]
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
