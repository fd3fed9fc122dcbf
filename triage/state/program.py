"""The program whose state is read: its types and variables, from the debug information of its file."""

from triage.cores import Core
from triage.symbols.data_symbols import variable_address
from triage.symbols.dwarf_types import Types
from triage.symbols.dwarf_units import DebugInfo
from triage.symbols.elf_image import ElfImage
from triage.symbols.module import Module


class Program:
    """A program that was loaded at ``bias``. Raises ``ElfError`` where its tables are damaged."""

    def __init__(self, image: ElfImage, debug: ElfImage, shared: ElfImage | None, bias: int) -> None:
        self._images = (debug, image)
        self._bias = bias
        self.types = Types(DebugInfo(debug, DebugInfo(shared) if shared is not None else None))

    @classmethod
    def of(cls, core: Core, module: Module) -> "Program | None":
        """The program of a core by the file of its main module; ``None`` without debug information."""
        main = core.modules.main
        if main is None or module.debug is None:
            return None
        return cls(module.image, module.debug, module.shared, main.load_bias)

    def address_of(self, variable: str) -> int | None:
        """Where a global variable lies in the process."""
        found = variable_address(variable, *self._images)
        return None if found is None else found + self._bias
