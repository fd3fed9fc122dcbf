"""The members of tar and zip archives and of mails, as sources. Nothing is written under a name from one."""

import io
import stat
import struct
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath, PureWindowsPath
from typing import Self

from triage.intake.limits import (
    DEEPEST_ARCHIVE,
    LONGEST_HEADER,
    MOST_BYTES,
    MOST_MEMBERS,
    SUSPICIOUS_BYTES,
    SUSPICIOUS_RATIO,
)
from triage.intake.mail import parts_of
from triage.intake.raw import File, Raw, reason
from triage.intake.sniff import ARCHIVES, SNIFFED_BYTES
from triage.intake.source import Source, refused, sniffed
from triage.intake.workspace import Workspace
from triage.intake.zip_member import ZIP_DAMAGE, ZipMember
from triage.model import Problem, TriageError
from triage.records import dataclass

_TAR_DAMAGE = (tarfile.TarError, OSError, EOFError, ValueError, LookupError, ArithmeticError, struct.error)
_READ = 1 << 20
_COPY_AGAIN = "Copy the archive again from where it was made."


def members_of(source: Source, workspace: Workspace, depth: int = 1) -> list[Source]:
    """The members of an archive, and of an archive in it; a source that is no archive is its own only member."""
    if source.kind not in ARCHIVES:
        return [source]
    if depth > DEEPEST_ARCHIVE:
        return [
            refused(source.name, Problem("an archive in an archive in an archive: unpack it yourself"), workspace)
        ]
    archive = _Archive(source, workspace)
    found: list[Source] = []
    for member in archive.members():
        found += members_of(member, workspace, depth + 1)
    if not found:
        found.append(refused(source.name, Problem("an archive without a file in it"), workspace))
    return found


@dataclass(slots=True)
class _Archive:
    """One archive while its members are listed, and how much of its limits they have used."""

    source: Source
    workspace: Workspace
    count: int = 0
    size: int = 0

    def members(self) -> Iterator[Source]:
        """Its files; what it holds besides, or too much of, is listed with the problem."""
        try:
            yield from {"zip": self._of_zip, "tar": self._of_tar, "mail": self._of_mail}[self.source.kind]()
        except _TooMuchError as error:
            yield self._refused(None, f"{error}: the rest was not read")
        except (*_TAR_DAMAGE, *ZIP_DAMAGE) as error:
            yield self._refused(
                None, f"the archive is damaged ({reason(error)}); read as far as it goes", _COPY_AGAIN
            )
        for problem in self.source.problems:
            yield refused(self.source.name, problem, self.workspace)

    def _of_zip(self) -> Iterator[Source]:
        path = self.source.path or str(self.source.kept())
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                # `is_dir` fails on an empty name.
                if member.filename.endswith("/"):
                    continue
                self._count(member.file_size)
                yield from self._of_zip_member(path, archive, member)

    def _of_zip_member(self, path: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[Source]:
        name = member.filename
        if member.flag_bits & 1:
            yield self._refused(name, "is encrypted", "Unpack it with its password and name the files.")
        elif stat.S_ISLNK(member.external_attr >> 16):
            yield self._refused(name, "is a link: not followed")
        elif _is_bomb(member.file_size, member.compress_size):
            yield self._refused(name, "grows beyond all measure: it looks like a decompression bomb")
        else:
            try:
                raw = ZipMember(path, archive, member)
            except ZIP_DAMAGE as error:
                yield self._refused(name, f"is damaged ({reason(error)})", _COPY_AGAIN)
            else:
                yield from self._sniffed(name, raw)

    def _of_tar(self) -> Iterator[Source]:
        path = self.source.path
        if path is not None:
            with tarfile.open(path, "r:", tarinfo=_CarefulInfo) as archive:
                for member in archive:
                    yield from self._of_tar_member(archive, member, path)
            return
        with tarfile.open(fileobj=_Blocks(self.source.blocks()), mode="r|", tarinfo=_CarefulInfo) as archive:
            for member in archive:
                yield from self._of_tar_member(archive, member, None)

    def _of_tar_member(self, archive: tarfile.TarFile, member: tarfile.TarInfo, path: str | None) -> Iterator[Source]:
        name = member.name
        if member.isdir():
            return
        if not member.isreg():
            kind = "a link" if member.issym() or member.islnk() else "a device or a pipe"
            yield self._refused(name, f"is {kind}: not followed")
            return
        self._count(member.size)
        if path is not None and not member.issparse():
            raw = File(path, member.size, member.offset_data)
            raw.head = b"".join(_few(raw))
            yield from self._sniffed(name, raw)
        else:
            yield from self._unpacked(archive, member)

    def _of_mail(self) -> Iterator[Source]:
        for name, content in parts_of(self.source.blocks()):
            self._count(len(content))
            kept = self.workspace.keep((content,))
            raw = File(str(kept), len(content), head=content[:SNIFFED_BYTES])
            yield from self._sniffed(name, raw)

    def _unpacked(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[Source]:
        """A member of a compressed archive, which cannot be read from the middle: it is written to a file first."""
        damage: list[Problem] = []
        kept = self.workspace.keep(_content(archive, member, damage))
        raw = File(str(kept), kept.stat().st_size)
        raw.head = b"".join(_few(raw))
        yield from self._sniffed(member.name, raw, damage)

    def _sniffed(self, name: str, raw: Raw, damage: Sequence[Problem] = ()) -> Iterator[Source]:
        if raw.size == 0 and not damage:
            return
        notes = [*damage]
        if _leads_out(name):
            notes.append(Problem("its path leads out of the archive: read all the same, and written nowhere"))
        try:
            yield sniffed(f"{self.source.name}!{name}", raw, self.workspace, found=True, notes=tuple(notes))
        except TriageError as error:
            yield self._refused(name, str(error), error.hint)

    def _count(self, size: int) -> None:
        self.count += 1
        self.size += size
        if self.count > MOST_MEMBERS:
            raise _TooMuchError(f"holds more than {MOST_MEMBERS} files")
        if self.size > MOST_BYTES:
            raise _TooMuchError(f"holds more than {MOST_BYTES >> 30} GiB")

    def _refused(self, member: str | None, message: str, hint: str | None = None) -> Source:
        name = self.source.name if member is None else f"{self.source.name}!{member}"
        return refused(name, Problem(message, hint), self.workspace)


class _CarefulInfo(tarfile.TarInfo):
    """A header whose long names and attributes are of sane size: they are read into memory as a whole."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """The header in a block of 512 bytes."""
        info = super().frombuf(buf, encoding, errors)
        if info.type not in tarfile.REGULAR_TYPES and info.size > LONGEST_HEADER:
            raise tarfile.ReadError(f"a header of {info.size} bytes")
        return info


class _TooMuchError(Exception):
    """The archive holds more than is read of any."""


def _leads_out(name: str) -> bool:
    paths = (PurePosixPath(name), PureWindowsPath(name))
    return any(path.is_absolute() or path.drive or ".." in path.parts for path in paths)


def _is_bomb(size: int, compressed: int) -> bool:
    return size > SUSPICIOUS_BYTES and size > SUSPICIOUS_RATIO * compressed


def _few(raw: File) -> Iterator[bytes]:
    yield from File(raw.path, min(raw.size, SNIFFED_BYTES), raw.offset).chunks([])


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, damage: list[Problem]) -> Iterator[bytes]:
    file = archive.extractfile(member)
    taken = 0
    try:
        while file is not None and (block := file.read(_READ)):
            taken += len(block)
            yield block
    except _TAR_DAMAGE as error:
        damage.append(Problem(f"ends too early ({reason(error)}); read up to byte {taken}", _COPY_AGAIN))


class _Blocks(io.RawIOBase):
    """A file to read on, over blocks."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes, fewer only at the end."""
        parts = [self._rest]
        have = len(self._rest)
        while (size < 0 or have < size) and (block := next(self._blocks, b"")):
            parts.append(block)
            have += len(block)
        data = b"".join(parts)
        size = have if size < 0 else size
        self._rest = data[size:]
        return data[:size]
