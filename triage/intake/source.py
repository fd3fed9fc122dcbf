"""An input of a case: opened, recognised, and read as one stream of plain bytes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field, replace
from pathlib import Path

from triage.intake.codings import Coding, codings_of, decoded
from triage.intake.foreign import foreign_of
from triage.intake.raw import File, Raw, reason
from triage.intake.sniff import kind_of
from triage.intake.workspace import Workspace
from triage.model import Problem, TriageError
from triage.records import dataclass

Octets = bytes
"""What a source consists of, under a name that its field ``bytes`` does not hide."""


@dataclass(slots=True, eq=False)
class Source:
    """One input.

    ``kind`` is ``log``, ``core``, ``binary``, ``config``, ``info`` or ``unknown``; of a closed archive ``tar``,
    ``zip`` or ``mail``. ``name`` is the path as given, for a member of an archive ``archive!member``. A file can be
    read as often as one likes, a stream once. What goes wrong while reading ends the blocks and is noted. ``found``
    says that the user did not name it: it lies in an archive or a directory.
    """

    name: str
    kind: str
    _head: Octets
    _raw: Raw
    _codings: tuple[Coding, ...]
    _workspace: Workspace
    found: bool = False
    _notes: tuple[Problem, ...] = ()
    _problems: list[Problem] = field(default_factory=list)
    read: int = 0
    """Bytes that have been read so far, as they were given (compressed)."""

    @property
    def bytes(self) -> int | None:
        """The size as given (compressed); ``None`` for a stream until it has been read to its end."""
        return self._raw.size

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why it could not be taken as it is, and what was damaged or cut, as far as it has been read."""
        return (*self._notes, *self._problems)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be known of the numbers of its lines."""
        return tuple(coding.note for coding in self._codings if coding.note)

    def head(self) -> tuple[Octets, ...]:
        """The first decompressed bytes (at most 64 KiB), without using anything up."""
        return (self._head,)

    def blocks(self) -> Iterator[Octets]:
        """The decoded bytes, in chunks of about 1 MiB; text as UTF-8."""
        self._problems.clear()
        yield from decoded(self._codings, self._counted(), self._problems)

    def windows(self, size: int, behind: int) -> Iterator[tuple[Octets, int]]:
        """Overlapping pieces of a plain file, see ``File.windows``; nothing of any other source."""
        self._problems.clear()
        self.read = 0
        if self._file is not None:
            for piece, whole in self._file.windows(size, behind, self._problems):
                self.read += whole
                yield piece, whole

    def _counted(self) -> Iterator[Octets]:
        self.read = 0
        for chunk in self._raw.chunks(self._problems):
            self.read += len(chunk)
            yield chunk

    def end(self, size: int) -> "Source | None":
        """Its last ``size`` bytes, from the start of a line on.

        ``None`` if there are no more than that, or if they cannot be had without reading what stands before them
        (compressed files, streams); text in another encoding is not cut either.
        """
        raw = self._file
        if raw is None or raw.size <= size:
            return None
        try:
            part = raw.last(size)
        except OSError:
            return None
        return self._like(part)

    def between(self, start: int, end: int) -> "Source | None":
        """Its bytes from offset ``start`` up to ``end``; ``None`` if they cannot be had without the others."""
        raw = self._file
        if raw is None:
            return None
        try:
            return self._like(raw.between(start, end))
        except OSError:
            return None

    @property
    def _file(self) -> File | None:
        """The plain file that it is."""
        return self._raw if isinstance(self._raw, File) and not self._codings else None

    def _like(self, part: File) -> "Source":
        return replace(self, _head=part.head, _raw=part, _notes=(), _problems=[], read=0)

    @contextmanager
    def local_path(self) -> Iterator[Path]:
        """A path at which the decompressed bytes can be read and mapped while the context lasts.

        A plain file is used where it is. Anything else is written to the private directory, with holes where it is
        zero, and removed afterwards. Raises ``TriageError`` if there is no room for it.
        """
        if self.path is not None:
            yield Path(self.path)
            return
        path = self.kept()
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    @property
    def path(self) -> str | None:
        """Where the bytes lie as they are, if they are a file of their own."""
        raw = self._raw
        return raw.path if isinstance(raw, File) and not raw.offset and not self._codings else None

    def kept(self) -> Path:
        """A copy in the private directory, which lasts as long as that does."""
        try:
            return self._workspace.keep(self.blocks())
        except OSError as error:
            raise TriageError(
                f"{self.name} cannot be unpacked: {reason(error)}",
                "Set TMPDIR to a directory with room, or unpack it yourself.",
            ) from error


def sniffed(
    name: str, raw: Raw, workspace: Workspace, *, found: bool = False, notes: tuple[Problem, ...] = ()
) -> Source:
    """The source with the bytes of ``raw``. Raises ``TriageError`` if there are none."""
    codings, head = codings_of(raw.head)
    if not raw.head:
        raise TriageError(
            f"{name} is empty", "Does the server log elsewhere (syslog, another file, a container's output)?"
        )
    if not head and raw.size is not None and raw.size <= len(raw.head):
        raise TriageError(f"{name} holds nothing once decompressed", "Copy the file again from where it was written.")
    foreign = foreign_of(head)
    if foreign is None:
        return Source(name, kind_of(head), head, raw, codings, workspace, found, notes)
    if foreign.packed or not found:
        notes = (*notes, Problem(f"is {foreign.what}", foreign.hint))
    return Source(name, "unknown", head, raw, codings, workspace, found, notes)


def refused(name: str, problem: Problem, workspace: Workspace) -> Source:
    """A source that is listed with its ``problem`` and not read."""
    return Source(name, "unknown", b"", File(os.devnull, 0), (), workspace, True, (problem,))
