"""Which lines are looked at to find out whether something stands around a log: few enough to cost no time."""

from collections.abc import Iterator

_EVERY = 256 << 10
_ENOUGH = 2 << 10
_LONGEST = 32 << 10
"""Lines of a megabyte would be looked at for longer than they are read."""


def samples(data: bytes, begin: int, end: int) -> Iterator[bytes]:
    """A few of the whole lines that stand between two offsets, here and there, and the last ones."""
    for at in (*range(begin, end - _ENOUGH, _EVERY), max(begin, end - _ENOUGH)):
        start = data.find(b"\n", at - 1, end) + 1 if at > begin else begin
        stop = data.find(b"\n", start + _ENOUGH, end) + 1 or end
        if sample := data[start : min(stop, start + _LONGEST)]:
            yield sample
