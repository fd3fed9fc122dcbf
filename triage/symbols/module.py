"""One executable or library with what is known of its source: symbols, debug file, shared debug file."""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

from triage.model import Problem
from triage.symbols.answers import Answers
from triage.symbols.demangle import demangled
from triage.symbols.dwarf_units import DebugInfo
from triage.symbols.elf_image import ElfError, ElfImage
from triage.symbols.source_frame import SourceFrame
from triage.symbols.source_lookup import Located, SourceLookup
from triage.symbols.symbol_table import Symbols
from triage.symbols.tail_calls import TailCalls, Target

Answer = TypeVar("Answer")


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
        self.problems: list[Problem] = []

    def resolve(self, address: int, is_return_address: bool) -> tuple[SourceFrame, ...]:
        """The functions at ``address`` (without load bias), innermost first; empty if nothing is known of it.

        Of a return address the line of the call is wanted, which lies before it.
        """
        key = f"{address:x}{'r' if is_return_address else ''}"
        known = self._answers.frames(key)
        if known is None:
            noted = len(self.problems)
            known = self._resolve(address, address - 1 if is_return_address else address)
            if len(self.problems) == noted:
                self._answers.keep(key, known)
        return known

    def tail_calls(self, return_address: int, callee: Target) -> tuple[SourceFrame, ...]:
        """The frames between a caller and ``callee`` (its entry, or its name in another file) that are gone."""
        key = f"{return_address:x}t{callee if isinstance(callee, str) else hex(callee)}"
        known = self._answers.frames(key)
        if known is None:
            known = self._rebuild(return_address, callee)
            self._answers.keep(key, known)
        return known

    def save(self) -> None:
        """Keep the answers for the next run."""
        self._answers.save()

    @cached_property
    def symbols(self) -> Symbols:
        """The function symbols: of the debug file if it has them."""
        images = [image for image in (self.debug, self.image) if image is not None]
        return self._noting(lambda: Symbols.of(*images)) or Symbols()

    @cached_property
    def _source(self) -> SourceLookup | None:
        if self.debug is None:
            return None
        shared = DebugInfo(self._shared) if self._shared is not None else None
        return SourceLookup(DebugInfo(self.debug, shared))

    @cached_property
    def _tail_calls(self) -> TailCalls | None:
        return TailCalls(self._source, self.symbols) if self._source else None

    def _resolve(self, address: int, looked_up: int) -> tuple[SourceFrame, ...]:
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

    def _rebuild(self, return_address: int, callee: Target) -> tuple[SourceFrame, ...]:
        tail_calls = self._tail_calls
        if tail_calls is None:
            return ()
        gone = self._noting(lambda: tail_calls.between(return_address, callee)) or ()
        return tuple(replace(frame, tail_call=True) for address in gone for frame in self.resolve(address, True))

    def _noting(self, question: Callable[[], Answer]) -> Answer | None:
        try:
            return question()
        except ElfError as error:
            problem = Problem(str(error), error.hint)
            if problem not in self.problems:
                self.problems.append(problem)
            return None


def _frame(address: int, level: Located, entry: int | None, inlined: bool) -> SourceFrame:
    # In C a linkage name says which clone it is (dictFind.constprop.0); gdb shows it too.
    name = (demangled(level.name.linkage) if level.name.linkage else level.name.name) if level.name else None
    return SourceFrame(address, name, entry, level.file, level.line, inlined)
