"""DWARF expressions, by the examples that compilers and linkers write and by those that are made to do harm."""

import pytest

from triage.cores.expressions import MOST_BYTES, ExpressionError, evaluate

# The entry of .plt in every x86-64 program: rsp + 8, and 8 more past the push of a stub of 16 bytes.
PLT = bytes((0x77, 0x08, 0x80, 0x00, 0x3F, 0x1A, 0x3B, 0x2A, 0x33, 0x24, 0x22))
RSP, RIP = 7, 16
MEMORY = {0x1000: 0x1122334455667788}


class Words:
    """Memory of one word."""

    def read(self, address: int, size: int) -> bytes | None:
        return MEMORY[address].to_bytes(8, "little")[:size] if address in MEMORY else None


def value(code: bytes, registers: dict[int, int] | None = None, initial: int | None = None) -> int:
    return evaluate(code, registers or {}, Words(), initial)


@pytest.mark.parametrize(("rip", "cfa"), [(0x401020, 0x7008), (0x40102A, 0x7008), (0x40102B, 0x7010)])
def test_the_entry_of_a_plt(rip: int, cfa: int) -> None:
    assert value(PLT, {RSP: 0x7000, RIP: rip}) == cfa


GOOD = {
    "lit5": (b"\x35", 5),
    "const1s -1": (b"\x09\xff", (1 << 64) - 1),
    "const2u": (b"\x0a\x34\x12", 0x1234),
    "breg7 -8": (b"\x77\x78", 0x7000 - 8),
    "bregx 16": (b"\x92\x10\x01", 0x401001),
    "deref": (b"\x0a\x00\x10\x06", 0x1122334455667788),
    "deref_size 2": (b"\x0a\x00\x10\x94\x02", 0x7788),
    "plus_uconst 3": (b"\x31\x23\x03", 4),
    "dup plus": (b"\x33\x12\x22", 6),
    "swap minus": (b"\x31\x35\x16\x1c", 4),
    "over": (b"\x31\x32\x14", 1),
    "pick 1": (b"\x31\x32\x15\x01", 1),
    "drop": (b"\x31\x32\x13", 1),
    "rot": (b"\x31\x32\x33\x17", 2),
    "neg": (b"\x31\x1f", (1 << 64) - 1),
    "div is signed": (b"\x09\xf8\x32\x1b", (1 << 64) - 4),
    "shra is signed": (b"\x09\xf8\x31\x26", (1 << 64) - 4),
    "less is signed": (b"\x09\xff\x31\x2d", 1),
    "skip over a literal": (b"\x31\x2f\x01\x00\x35", 1),
    "bra taken": (b"\x31\x31\x28\x01\x00\x35", 1),
    "bra not taken": (b"\x31\x30\x28\x01\x00\x35", 5),
    "nop": (b"\x31\x96", 1),
}


@pytest.mark.parametrize("name", GOOD)
def test_operations(name: str) -> None:
    code, expected = GOOD[name]
    assert value(code, {RSP: 0x7000, RIP: 0x401000}) == expected


def test_the_initial_value_is_on_the_stack() -> None:
    assert value(b"\x23\x10", initial=0x2000) == 0x2010


BAD = {
    "nothing at all": b"",
    "an empty stack": b"\x22",
    "an endless loop": b"\x2f\xfd\xff",
    "a jump into the middle": b"\x2f\x7f\x00",
    "division by zero": b"\x31\x30\x1b",
    "an unknown register": b"\x70\x00",
    "unknown memory": b"\x30\x06",
    "an unknown operation": b"\xff",
    "a cut operand": b"\x0e\x01",
    "an operation about types": b"\x31\xa8\x05",
    "a very long one": b"\x96" * (MOST_BYTES + 1),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_evaluated_is_an_error_in_words(name: str) -> None:
    with pytest.raises(ExpressionError, match=r"\w"):
        value(BAD[name])
