"""Rebuilds frames that tail calls took off the stack, from the call sites that the compiler described.

The walk and its rule for ambiguity are gdb's (``call_site_find_chain``, gdb/dwarf2/loc.c): from the call that the
outer frame made, follow tail calls to the function in the inner frame. Of several ways only the calls that all have
in common at their begin and at their end are certain. A tail call through a pointer on the way leaves all of it open.
"""

from collections.abc import Container, Iterator, Sequence

from triage.records import dataclass
from triage.symbols.dwarf_functions import CallSite
from triage.symbols.source_lookup import SourceLookup
from triage.symbols.symbol_table import Symbols

MOST_STEPS = 20_000
MOST_CALLS = 64

Target = int | str
"""A function: its entry in this file, or its name if it is in another."""


class _OpenError(Exception):
    """The calls cannot be told: one goes through a pointer, or there are too many ways."""


@dataclass(slots=True)
class _Common:
    """What the ways found so far have in common."""

    way: tuple[CallSite, ...]
    callers: int
    callees: int

    def certain(self) -> tuple[int, ...]:
        way = self.way
        if self.callers < len(way):
            way = (*way[: self.callers], *way[len(way) - self.callees :])
        return tuple(call.return_pc for call in reversed(way))

    def narrow(self, way: Sequence[CallSite]) -> None:
        self.callers = _equal(zip(self.way[: self.callers], way, strict=False))
        self.callees = _equal(zip(reversed(self.way[len(self.way) - self.callees :]), reversed(way), strict=False))
        if not self.callers and not self.callees:
            raise _OpenError


class TailCalls:
    """The tail calls of one file."""

    def __init__(self, source: SourceLookup, symbols: Symbols) -> None:
        self._source = source
        self._symbols = symbols
        self._of_function: dict[int, tuple[CallSite, ...]] = {}

    def called_at(self, return_address: int) -> Target | None:
        """The function that the call before ``return_address`` names; ``None`` for one through a pointer."""
        call = self._source.call_before(return_address)
        try:
            return self._target(call) if call else None
        except _OpenError:
            return None

    def between(self, called: int, callee: Container[Target]) -> tuple[int, ...]:
        """Addresses in the functions that ran from the call of ``called`` until a jump came to ``callee``.

        ``callee`` are all names of that function. Innermost first, each as if it were a return address. Empty if it
        is ``called`` itself, or nothing is certain.
        """
        if called in callee:
            return ()
        common: _Common | None = None
        try:
            for way in self._ways(called, callee):
                if common is None:
                    common = _Common(way, len(way), len(way))
                else:
                    common.narrow(way)
        except _OpenError:
            return ()
        return common.certain() if common else ()

    def _ways(self, called: int, callee: Container[Target]) -> Iterator[tuple[CallSite, ...]]:
        """All chains of tail calls from ``called`` to ``callee``, without going in circles."""
        way: list[CallSite] = []
        open_calls = [iter(self._calls_of(called))]
        for _ in range(MOST_STEPS):
            if not open_calls:
                return
            call = next(open_calls[-1], None)
            if call is None or len(way) >= MOST_CALLS:
                open_calls.pop()
                if way:
                    way.pop()
                continue
            if call in way:
                continue
            target = self._target(call)
            way.append(call)
            if target in callee:
                yield tuple(way)
                way.pop()
            else:
                open_calls.append(iter(self._calls_of(target)))
        raise _OpenError

    def _target(self, call: CallSite) -> Target:
        entry, name = self._source.called(*call.target) if call.target else (None, None)
        if entry is None and name is not None:
            entry = self._symbols.find(name)
        if entry is None and name is None:
            raise _OpenError
        return entry if entry is not None else name or ""

    def _calls_of(self, target: Target) -> tuple[CallSite, ...]:
        """The tail calls of a function; none for one of another file."""
        if isinstance(target, str):
            return ()
        if target not in self._of_function:
            function = self._source.function(target)
            self._of_function[target] = self._source.tail_calls(function) if function else ()
        return self._of_function[target]


def _equal(pairs: "Iterator[tuple[CallSite, CallSite]]") -> int:
    count = 0
    for ours, theirs in pairs:
        if ours != theirs:
            break
        count += 1
    return count
