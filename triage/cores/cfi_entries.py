"""One entry of call frame information, decoded: where a function keeps what its caller needs.

pyelftools decodes the instructions. It is given a section of just the two entries that one address needs: decoding a
whole table of a server takes 150 times as long as gdb needs for everything, and a lying length cannot reach further.
Format: DWARF 5, section 6.4; for ``.eh_frame`` the Linux Standard Base, "Exception Frames".
"""

import io
import struct
from collections.abc import Mapping
from functools import cache

from elftools.dwarf.callframe import CIE, FDE, CallFrameInfo, CFARule, RegisterRule
from elftools.dwarf.structs import DWARFStructs

from triage.cores.machine import WORD
from triage.records import dataclass

MOST_ENTRY_BYTES = 64 << 10
"""The longest entries of real programs have a few KiB."""

_FIELD = struct.Struct("<I")


class CfiError(Exception):
    """Call frame information that contradicts itself, or is of a kind that no compiler for Linux makes."""


@dataclass(frozen=True, slots=True)
class FrameRules:
    """How to find the caller's registers at one address."""

    cfa: CFARule
    registers: Mapping[int, RegisterRule]
    return_register: int


def decode_rules(pc: int, common: bytes, entry: bytes, entry_address: int, *, eh: bool) -> FrameRules | None:
    """The rules at ``pc`` by ``entry`` (an FDE, which stands at ``entry_address``) and ``common`` (its CIE).

    Both begin with their length field. ``eh``: they are of ``.eh_frame``. ``None`` if the entry is about other
    addresses. Raises ``CfiError``.
    """
    pointer = len(common) + _FIELD.size if eh else 0
    section = common + entry[: _FIELD.size] + _FIELD.pack(pointer) + entry[2 * _FIELD.size :]
    address = entry_address - len(common)
    try:
        table = CallFrameInfo(io.BytesIO(section), len(section), address, _structs(), for_eh_frame=eh)
        cie, fde = table.get_entries()
        if not isinstance(cie, CIE) or not isinstance(fde, FDE):
            raise CfiError("an entry of call frame information is not what its place says")
        if not 0 <= pc - fde["initial_location"] < fde["address_range"]:
            return None
        rows = [row for row in fde.get_decoded().table if row["pc"] <= pc]
        row = dict(rows[-1])
        cfa = row.pop("cfa")
        del row["pc"]
        return FrameRules(cfa, row, cie["return_address_register"])
    except CfiError:
        raise
    except Exception as error:  # pyelftools lets out whatever damaged bytes provoke inside it
        raise CfiError("damaged call frame information") from error


@cache
def _structs() -> DWARFStructs:
    return DWARFStructs(little_endian=True, dwarf_format=32, address_size=WORD)
