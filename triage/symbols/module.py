"""One executable or library with what is known of its source: symbols, debug file, shared debug file."""

from collections.abc import Callable, Container
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from triage.model import Problem
from triage.symbols.answers import Answers
from triage.symbols.demangle import demangled
from triage.symbols.elf_image import ElfError, ElfImage
from triage.symbols.source_frame import SourceFrame

if TYPE_CHECKING:
    from triage.symbols.source_lookup import SourceLookup
    from triage.symbols.symbol_table import Symbols
    from triage.symbols.tail_calls import TailCalls, Target
    from triage.symbols.unit_source import Located

Answer = TypeVar("Answer")

_BEYOND_CODE = 1 << 63
"""Programs lie in the lower half of the address space; what is above comes from damage."""


class Module:
    """Answers what stands at an address. Damaged tables are noted in ``problems`` and done without.

    ``debug`` is the separate file with debug information (or the image itself if it has any), ``shared`` the one that
    dwz moved common parts of it to.
    """

    def __init__(
        self,
        image: ElfImage,
        debug: ElfImage | None = None,
        shared: ElfImage | None = None,
        answers: Answers | None = None,
    ) -> None:
        self.image = image
        self.debug = debug
        self._shared = shared
        self._answers = answers or Answers(None)
        self._problems: list[Problem] = []

    def resolve(self, address: int, is_return_address: bool) -> tuple[SourceFrame, ...]:
        """The functions at ``address`` (without load bias), innermost first; empty if nothing is known of it.

        Of a return address the line of the call is wanted, which lies before it.
        """
        key = f"{address:x}{'r' if is_return_address else ''}"
        return self.remembered(key, lambda: self._resolve(address, address - 1 if is_return_address else address))

    def called_at(self, return_address: int) -> "Target | None":
        """The function (its entry, or its name in another file) that a call returning there names, if it is known."""
        tail_calls = self._tail_calls
        return self._noting(lambda: tail_calls.called_at(return_address)) if tail_calls else None

    def tail_calls(self, called: int, callee: "Container[Target]") -> tuple[SourceFrame, ...]:
        """The frames from the function entered at ``called`` until ``callee`` took their place, innermost first."""
        tail_calls = self._tail_calls
        gone = (self._noting(lambda: tail_calls.between(called, callee)) if tail_calls else None) or ()
        # As gdb has it: the innermost function at the jump stands for it, and what that was inlined into is left out.
        levels = [frame for address in gone for frame in self.resolve(address, True)[:1]]
        return tuple(replace(frame, inlined=False, tail_call=True) for frame in levels)

    def remembered(self, key: str, find: Callable[[], tuple[SourceFrame, ...]]) -> tuple[SourceFrame, ...]:
        """The answer kept under ``key``, or the one that ``find`` gives, kept from now on unless damage marred it."""
        known = self._answers.frames(key)
        if known is None:
            noted = len(self.problems)
            known = find()
            if len(self.problems) == noted:
                self._answers.keep(key, known)
        return known

    def save(self) -> None:
        """Keep the answers for the next run."""
        self._answers.save()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Tables that were damaged, as far as they were needed."""
        return tuple(self._problems)

    @cached_property
    def symbols(self) -> "Symbols":
        """The function symbols: of the debug file if it has them."""
        from triage.symbols.symbol_table import Symbols

        images = [image for image in (self.debug, self.image) if image is not None]
        return self._noting(lambda: Symbols.of(*images)) or Symbols()

    @cached_property
    def _source(self) -> "SourceLookup | None":
        if self.debug is None:
            return None
        from triage.symbols.dwarf_units import DebugInfo
        from triage.symbols.source_lookup import SourceLookup

        shared = DebugInfo(self._shared) if self._shared is not None else None
        return SourceLookup(DebugInfo(self.debug, shared), self._note)

    @cached_property
    def _tail_calls(self) -> "TailCalls | None":
        from triage.symbols.tail_calls import TailCalls

        return TailCalls(self._source, self.symbols) if self._source else None

    def _resolve(self, address: int, looked_up: int) -> tuple[SourceFrame, ...]:
        if not 0 < looked_up < _BEYOND_CODE:
            return ()
        source = self._source
        levels = (self._noting(lambda: source.at(looked_up)) if source else None) or ()
        if levels and levels[-1].name is not None:
            entry = levels[-1].entry
            return tuple(_frame(address, level, entry, inlined=level is not levels[-1]) for level in levels)
        symbol = self._noting(lambda: self.symbols.at(looked_up))
        if symbol is None and not levels:
            return ()
        # Assembly has lines and no functions: the name comes from the symbol.
        name, entry = symbol or (None, None)
        file, line = (levels[-1].file, levels[-1].line) if levels else (None, None)
        return (SourceFrame(address, demangled(name) if name else None, entry, file, line),)

    def _noting(self, question: Callable[[], Answer]) -> Answer | None:
        try:
            return question()
        except ElfError as error:
            self._note(error)
            return None

    def _note(self, error: ElfError) -> None:
        problem = Problem(str(error), error.hint)
        if problem not in self._problems:
            self._problems.append(problem)


def _frame(address: int, level: "Located", entry: int | None, inlined: bool) -> SourceFrame:
    # In C a linkage name says which clone it is (dictFind.constprop.0); gdb shows it too.
    name = (demangled(level.name.linkage) if level.name.linkage else level.name.name) if level.name else None
    return SourceFrame(address, name, entry, level.file, level.line, inlined)
