"""What a bad pointer looks like."""

import pytest

from triage.correlate.address_shapes import is_canonical, shape_of
from triage.correlate.mapped_regions import Region

HEAP = Region(0x7F0000000000, 0x7F0000200000, 12)
STACK_POINTER = 0x7FFD00001000


@pytest.mark.parametrize(
    ("address", "name", "words"),
    [
        (0, "null-pointer", "The pointer was NULL."),
        (0x18, "null-pointer", "NULL plus 0x18: a member of a structure that was NULL"),
        (0xFFFFFFFFFFFFFFFF, "negative", "-1 as a signed number"),
        (STACK_POINTER - 64, "stack-overflow", "endless recursion"),
        (0x5A5A5A5A5A5A5A5A, "fill-pattern", "jemalloc's fill of freed memory"),
        (int.from_bytes(b"password", "little"), "text", "'password'"),
        (0x7F0000200000, "past-the-end", "0 bytes past the end"),
        (0x7EFFFFFFFFF0, "before-the-start", "16 bytes before"),
        (0x7F0000000000 | 1 << 40 ^ 1 << 40 | 1 << 35, "flipped-bit", "With bit 35 flipped it is 0x7f0000000000"),
        (0x123456789000, None, None),
    ],
)
def test_shape_of_an_address(address, name, words):
    shape = shape_of(address, (HEAP,), STACK_POINTER, 0x401000)
    assert (shape.name if shape else None) == name
    assert words is None or words in shape.text


def test_a_jump_to_the_address_is_told_from_a_read(tmp_path):
    assert shape_of(0x123456789000, (), None, 0x123456789000).name == "jump"


@pytest.mark.parametrize(
    ("address", "canonical"), [(0, True), (0x7FFFFFFFFFFF, True), (1 << 47, False), (1 << 63, False)]
)
def test_canonical_addresses(address, canonical):
    assert is_canonical(address) is canonical
