"""The memory of the dead process: what the core holds of it and, where the kernel left pages out, the mapped files.

By default (coredump_filter 0x33) the kernel leaves out the code and the constants of programs and libraries but for
the first page: they stand in the files as well.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence

from triage.cores.elf_core import PF_W, ElfCore, Segment
from triage.cores.machine import WORD
from triage.cores.notes import MappedFile

MOST_BYTES = 64 << 20
"""No single read is larger: a length read from a damaged core may be anything."""


class DumpedMemory:
    """What the core itself holds. Nothing is read before it is asked for, and then only those bytes."""

    def __init__(self, core: ElfCore) -> None:
        self.segments: Sequence[Segment] = core.segments
        self._starts = [segment.start for segment in self.segments]
        self._core = core
        self._data = core.data

    def segment_at(self, address: int) -> Segment | None:
        """The segment that holds ``address``, dumped or not."""
        index = bisect_right(self._starts, address) - 1
        if index < 0 or address >= self.segments[index].end:
            return None
        return self.segments[index]

    def read_some(self, address: int, size: int) -> memoryview | None:
        """At least one and at most ``size`` bytes at ``address``, up to the end of what was dumped there."""
        segment = self.segment_at(address)
        if segment is None:
            return None
        within = address - segment.start
        found = self._data[segment.offset + within : segment.offset + min(within + size, segment.file_size)]
        return found if len(found) else None

    def find(self, pattern: bytes, address: int, size: int) -> int | None:
        """Where ``pattern`` first stands among the ``size`` bytes from ``address`` on, within one segment."""
        segment = self.segment_at(address)
        if segment is None:
            return None
        start = segment.offset + address - segment.start
        end = min(start + size, segment.offset + segment.file_size)
        at = self._core.find(pattern, start, end) if start < end else -1
        return None if at < 0 else address + at - start


class Memory:
    """All that can be known of the memory: the core's bytes first, then those of the mapped file.

    ``content_of`` gives a file's bytes, or ``None`` if there is no file with the right build id. Pages that could be
    written to are never taken from a file: it holds what they were before.
    """

    def __init__(
        self,
        dumped: DumpedMemory,
        files: Sequence[MappedFile] = (),
        content_of: Callable[[MappedFile], memoryview | None] = lambda _: None,
    ) -> None:
        self.dumped = dumped
        self._files = files
        self._starts = [file.start for file in files]
        self._content_of = content_of

    def read(self, address: int, size: int) -> bytes | None:
        """Exactly ``size`` bytes at ``address``, or ``None`` if any of them is unknown."""
        if not 0 < size <= MOST_BYTES:
            return b"" if size == 0 else None
        part = self._some(address, size)
        if part is None or len(part) == size:
            return None if part is None else bytes(part)
        parts, had = [part], len(part)
        while had < size:
            part = self._some(address + had, size - had)
            if part is None:
                return None
            parts.append(part)
            had += len(part)
        return b"".join(parts)

    def word(self, address: int) -> int | None:
        """The 64-bit little-endian number at ``address``."""
        raw = self.read(address, WORD)
        return None if raw is None else int.from_bytes(raw, "little")

    def string(self, address: int, limit: int = 4096) -> bytes | None:
        """The bytes from ``address`` up to a NUL, at most ``limit``; ``None`` if they end before in the unknown."""
        found = b""
        while len(found) < limit:
            part = self._some(address + len(found), min(256, limit - len(found)))
            if part is None:
                return None
            text, end, _ = bytes(part).partition(b"\0")
            found += text
            if end:
                break
        return found

    def _some(self, address: int, size: int) -> memoryview | None:
        part = self.dumped.read_some(address, size)
        return part if part is not None else self._from_file(address, size)

    def _from_file(self, address: int, size: int) -> memoryview | None:
        index = bisect_right(self._starts, address) - 1
        if index < 0 or address >= self._files[index].end:
            return None
        segment = self.dumped.segment_at(address)
        if segment is not None and segment.flags & PF_W:
            return None
        file = self._files[index]
        content = self._content_of(file)
        if content is None:
            return None
        at = address - file.start + file.offset
        found = content[at : at + min(size, file.end - address)]
        return found if len(found) else None
