"""Compressed cores, as systemd-coredump and people who send them leave them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from triage.cores.errors import CoreError
from triage.model import Problem


@contextmanager
def unpacked(path: str, problems: list[Problem]) -> Iterator[IO[bytes]]:
    """The decompressed core at ``path``, as a file that vanishes with its last user. Damages go to ``problems``.

    Pages of zeros become holes: most of a core is never written to. Raises ``CoreError`` if it is no core, and
    ``OSError`` if the disk is full.
    """
    import tempfile  # these two only here: few cores are compressed

    from triage.intake import open_inputs

    cores = [source for source in open_inputs([path]) if source.kind == "core"]
    if len(cores) != 1:
        raise CoreError(f"{path} is no core file", "Give the file that the kernel wrote when the server died.")
    (source,) = cores
    with tempfile.TemporaryFile(prefix="triage-core-") as file:
        for block in source.blocks():
            if block.count(0) == len(block):
                file.seek(len(block), 1)
            else:
                file.write(block)
        file.truncate()
        problems += source.problems
        yield file
