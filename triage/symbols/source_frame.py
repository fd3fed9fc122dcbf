"""What an address of a program means in its source."""

from triage.records import dataclass


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """A function at an address. Addresses are those of the file, before the load bias.

    ``entry`` is where the function that was compiled begins: also for calls inlined into it. ``tail_call`` marks a
    frame that is not on the stack any more, rebuilt from what the compiler said about its calls.
    """

    address: int
    function: str | None = None
    entry: int | None = None
    file: str | None = None
    line: int | None = None
    inlined: bool = False
    tail_call: bool = False

    @property
    def offset(self) -> int | None:
        """Bytes from the function's entry; ``None`` for an inlined call, or if the entry is unknown."""
        if self.entry is None or self.inlined or self.address < self.entry:
            return None
        return self.address - self.entry
