"""The bytes of a member of a zip archive."""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from triage.intake.raw import CHUNK_BYTES, reason
from triage.intake.sniff import SNIFFED_BYTES
from triage.model import Problem

ZIP_DAMAGE: Any = (
    *(OSError, EOFError, ValueError, LookupError, ArithmeticError, NotImplementedError, RuntimeError, AssertionError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
)
"""What the standard library raises over a broken archive."""


class ZipMember:
    """A member of a zip archive on disk, decompressed as it is read."""

    def __init__(self, path: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        self._path = path
        self._member = member
        self.size = member.file_size
        with archive.open(member) as file:
            self.head = file.read(SNIFFED_BYTES)

    def chunks(self, problems: list[Problem]) -> Iterator[bytes]:
        """The member's bytes; the archive is opened anew for every reading."""
        taken = 0
        try:
            with zipfile.ZipFile(self._path) as archive, archive.open(self._member) as file:
                while chunk := file.read(CHUNK_BYTES):
                    taken += len(chunk)
                    yield chunk
        except ZIP_DAMAGE as error:
            problems.append(Problem(f"the member is damaged ({reason(error)}); read up to byte {taken}"))
