"""What a bad pointer looks like: NULL plus an offset, text, a fill pattern, the end of a stack, one flipped bit."""

from collections.abc import Mapping, Sequence

from triage.correlate.mapped_regions import Region
from triage.records import dataclass

NULL_REACH = 1 << 16
"""The first pages are never mapped (vm.mmap_min_addr): an address there is a member of a structure at NULL."""
STACK_REACH = 1 << 20
PAGE = 4096
_BITS = 64
_CANONICAL_BITS = 47
_FILLS: Mapping[int, str] = {
    0x5A: "jemalloc's fill of freed memory (junk:true)",
    0xA5: "jemalloc's fill of fresh memory (junk:true)",
    0xFF: "all bits set",
    0xCC: "a fill pattern of uninitialised memory",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """One explanation: a name for programs, a sentence, how much it explains (0 to 1), the region it rests on."""

    name: str
    text: str
    strength: float
    region: Region | None = None


def is_canonical(address: int) -> bool:
    """Whether an x86-64 processor accepts the address at all: its upper bits must repeat bit 47."""
    return address >> _CANONICAL_BITS in (0, (1 << (_BITS - _CANONICAL_BITS)) - 1)


def shape_of(
    address: int, regions: Sequence[Region], stack_pointer: int | None, program_counter: int | None
) -> Shape | None:
    """The best explanation of a bad address; ``None`` if it looks like nothing in particular."""
    if address < NULL_REACH:
        where = f"NULL plus {hex(address)}: a member of a structure" if address else "NULL"
        return Shape("null-pointer", f"The pointer was {where}{' that was NULL' if address else ''}.", 0.8)
    if address == program_counter:
        return Shape("jump", "The processor had jumped to that address: a function pointer held no function.", 0.8)
    if address > (1 << _BITS) - NULL_REACH:
        return Shape(
            "negative", f"The pointer was {address - (1 << _BITS)} as a signed number: an error code or -1.", 0.6
        )
    if stack_pointer is not None and -STACK_REACH < address - stack_pointer < PAGE:
        text = "The address lies right at the stack pointer: the stack ran over its end, as in endless recursion."
        return Shape("stack-overflow", text, 0.8)
    return _filled(address) or _as_text(address) or _near(address, regions) or _flipped_bit(address, regions)


def _flipped_bit(address: int, regions: Sequence[Region]) -> Shape | None:
    """Whether one bit makes the address valid; weak evidence, as many valid addresses have such neighbours."""
    for bit in range(_BITS):
        other = address ^ (1 << bit)
        region = next((region for region in regions if other in region), None)
        if region is not None and bit >= 20:
            text = f"With bit {bit} flipped it is {hex(other)}, which is mapped: a memory error is possible."
            return Shape("flipped-bit", text, 0.3, region)
    return None


def _filled(address: int) -> Shape | None:
    octets = address.to_bytes(8, "little")
    common = max(set(octets), key=octets.count)
    if octets.count(common) >= 6 and common in _FILLS:
        return Shape("fill-pattern", f"The pointer holds {_FILLS[common]}: memory was used that is not in use.", 0.7)
    return None


def _as_text(address: int) -> Shape | None:
    octets = address.to_bytes(8, "little").rstrip(b"\0")
    if len(octets) >= 6 and all(0x20 <= byte < 0x7F for byte in octets):
        text = f"Its bytes are the text {octets.decode('ascii')!r}: a string had been written over the pointer."
        return Shape("text", text, 0.7)
    return None


def _near(address: int, regions: Sequence[Region]) -> Shape | None:
    for region in regions:
        if address in region:
            return Shape(
                "mapped",
                "The address is mapped writable; another thread may have unmapped it meanwhile.",
                0.3,
                region,
            )
        if 0 <= address - region.end < PAGE:
            return Shape(
                "past-the-end", f"It is {address - region.end} bytes past the end of a mapped region.", 0.6, region
            )
        if 0 < region.start - address <= PAGE:
            return Shape(
                "before-the-start", f"It is {region.start - address} bytes before a mapped region.", 0.5, region
            )
    return None
