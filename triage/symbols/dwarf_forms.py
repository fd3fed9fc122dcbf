"""Attribute forms of .debug_info: how wide they are, and how their values are read."""

from triage.symbols import dwarf_constants as dw
from triage.symbols.leb128 import sleb, uleb

Block = tuple[int, int]
"""Begin and end of a block or expression within the unit."""
RawValue = int | bytes | Block | None

STEP_ULEB, STEP_BLOCK, STEP_STRING, STEP_BLOCK1, STEP_BLOCK2, STEP_BLOCK4 = range(-1, -7, -1)
"""Steps over one attribute whose width its data tell; a step >= 0 is that many bytes."""

_WIDTHS = {
    dw.FORM_DATA1: 1,
    dw.FORM_FLAG: 1,
    dw.FORM_REF1: 1,
    dw.FORM_STRX1: 1,
    dw.FORM_ADDRX1: 1,
    dw.FORM_DATA2: 2,
    dw.FORM_REF2: 2,
    dw.FORM_STRX2: 2,
    dw.FORM_ADDRX2: 2,
    dw.FORM_STRX3: 3,
    dw.FORM_ADDRX3: 3,
    dw.FORM_DATA4: 4,
    dw.FORM_REF4: 4,
    dw.FORM_REF_SUP4: 4,
    dw.FORM_STRX4: 4,
    dw.FORM_ADDRX4: 4,
    dw.FORM_ADDR: 8,
    dw.FORM_DATA8: 8,
    dw.FORM_REF8: 8,
    dw.FORM_REF_SIG8: 8,
    dw.FORM_REF_SUP8: 8,
    dw.FORM_DATA16: 16,
    dw.FORM_FLAG_PRESENT: 0,
    dw.FORM_IMPLICIT_CONST: 0,
}
_OFFSETS = frozenset(
    (
        dw.FORM_STRP,
        dw.FORM_LINE_STRP,
        dw.FORM_SEC_OFFSET,
        dw.FORM_STRP_SUP,
        dw.FORM_REF_ADDR,
        dw.FORM_GNU_REF_ALT,
        dw.FORM_GNU_STRP_ALT,
    )
)
_STEPS = {
    dw.FORM_UDATA: STEP_ULEB,
    dw.FORM_SDATA: STEP_ULEB,
    dw.FORM_REF_UDATA: STEP_ULEB,
    dw.FORM_STRX: STEP_ULEB,
    dw.FORM_ADDRX: STEP_ULEB,
    dw.FORM_LOCLISTX: STEP_ULEB,
    dw.FORM_RNGLISTX: STEP_ULEB,
    dw.FORM_GNU_ADDR_INDEX: STEP_ULEB,
    dw.FORM_GNU_STR_INDEX: STEP_ULEB,
    dw.FORM_EXPRLOC: STEP_BLOCK,
    dw.FORM_BLOCK: STEP_BLOCK,
    dw.FORM_STRING: STEP_STRING,
    dw.FORM_BLOCK1: STEP_BLOCK1,
    dw.FORM_BLOCK2: STEP_BLOCK2,
    dw.FORM_BLOCK4: STEP_BLOCK4,
}
_COUNT_WIDTH = {STEP_BLOCK1: 1, STEP_BLOCK2: 2, STEP_BLOCK4: 4}


class UnknownFormError(ValueError):
    """An attribute's form is none that a compiler writes (DWARF 4 and 5, GNU's): the table is damaged."""

    def __init__(self, form: int) -> None:
        super().__init__(f"unknown attribute form {form:#x}")


def step_over(form: int, offset_size: int) -> int:
    """The width of ``form`` in bytes, or one of the ``STEP_…`` if its data tell. Addresses have 8 bytes."""
    if form in _OFFSETS:
        return offset_size
    step = _WIDTHS.get(form, _STEPS.get(form))
    if step is None:
        raise UnknownFormError(form)
    return step


def take_step(data: bytes, at: int, step: int) -> int:
    """Where the next attribute begins after the one at ``at``."""
    if step >= 0:
        return at + step
    if step == STEP_ULEB:
        while data[at] >= 0x80:
            at += 1
        return at + 1
    if step == STEP_BLOCK:
        size, at = uleb(data, at)
        return at + size
    if step == STEP_STRING:
        return data.index(0, at) + 1
    width = _COUNT_WIDTH[step]
    return at + width + int.from_bytes(data[at : at + width], "little")


def read_value(data: bytes, at: int, form: int, offset_size: int) -> tuple[RawValue, int]:
    """The raw value of an attribute (offsets and indexes are not followed), and where the next one begins."""
    step = step_over(form, offset_size)
    if step > 0:
        return int.from_bytes(data[at : at + step], "little"), at + step
    if step == 0:
        return 1, at
    if step == STEP_ULEB:
        return sleb(data, at) if form == dw.FORM_SDATA else uleb(data, at)
    end = take_step(data, at, step)
    if step == STEP_STRING:
        return data[at : end - 1], end
    if step == STEP_BLOCK:
        _, begin = uleb(data, at)
    else:
        begin = at + _COUNT_WIDTH[step]
    return (begin, end), end
