"""Where a program was loaded, from the frames that its log prints, and whether a binary is the one that ran.

glibc prints a frame as ``path(function+0x1b)[0x55d0…]`` with a function of .dynsym, as ``path(+0x1fd20f)[0x55d0…]``
with the offset in the module, or (no PIE) as ``path()[0x46c96f]``. Each of the first two states the load bias.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from triage.model import Frame
from triage.records import dataclass
from triage.symbols.elf_image import ElfImage
from triage.symbols.symbol_table import Symbols

PAGE_BYTES = 4096
ENOUGH_AGREE = 0.8
"""Share of the frames with an offset that must state the same bias; a damaged log may garble some."""


@dataclass(frozen=True, slots=True)
class Bias:
    """The load bias, or ``None`` with the sentence that says why the frames cannot be those of the file."""

    value: int | None
    why_not: str | None = None


def load_bias(image: ElfImage, exported: Symbols, frames: Iterable[Frame]) -> Bias:
    """The bias that the frames of one module state. ``exported`` are the file's dynamic symbols."""
    stated = [(frame, frozenset(_stated(exported, frame))) for frame in frames if frame.offset is not None]
    votes = Counter(bias for _, biases in stated for bias in biases if _possible(image, bias))
    if not votes:
        if stated:
            return Bias(None, _none_fits([frame for frame, _ in stated]))
        return Bias(None, "the log states no offset for it") if image.pie else Bias(0)
    bias, _ = min(votes.items(), key=lambda vote: (-vote[1], vote[0]))
    wrong = [frame for frame, biases in stated if bias not in biases]
    if len(stated) - len(wrong) < ENOUGH_AGREE * len(stated):
        return Bias(None, _none_fits(wrong))
    return Bias(bias)


def _stated(exported: Symbols, frame: Frame) -> Iterator[int]:
    """The biases that a frame allows: one, or one for each function of that name."""
    if frame.address is None or frame.offset is None:
        return
    if frame.function is None:
        yield frame.address - frame.offset
    else:
        for entry in exported.entries(frame.function):
            yield frame.address - frame.offset - entry


def _possible(image: ElfImage, bias: int) -> bool:
    return bias % PAGE_BYTES == 0 and bias >= 0 if image.pie else bias == 0


def _none_fits(frames: list[Frame]) -> str:
    """The sentence that names a frame which the file contradicts."""
    named = next((frame for frame in frames if frame.function), None)
    if named is None:
        return "the offsets and addresses in the log do not fit its layout"
    return f"{named.function}+{named.offset} does not stand at {named.address} in it, as the log says"
