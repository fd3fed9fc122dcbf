"""Opens what the user names: files, streams, directories and archives, each recognised by its content."""

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from typing import IO

from triage.intake.limits import DEEPEST_DIRECTORY, MOST_MEMBERS
from triage.intake.raw import File, Stream, reason
from triage.intake.sniff import ARCHIVES, SNIFFED_BYTES
from triage.intake.source import Source, refused, sniffed
from triage.intake.workspace import Workspace
from triage.model import Problem, TriageError

STANDARD_INPUT = "-"


def open_inputs(paths: Sequence[str], workspace: Workspace | None = None) -> list[Source]:
    """The inputs at ``paths``, with the members of archives and directories; ``-`` is standard input.

    What must be unpacked goes to ``workspace``. Raises ``TriageError`` for a path that is missing, unreadable or
    empty. Members that cannot be read are listed as sources of kind ``unknown`` with their problem.
    """
    space = workspace or Workspace()
    return [source for path in paths for source in _opened(path, space)]


def _opened(path: str, workspace: Workspace) -> list[Source]:
    if path == STANDARD_INPUT:
        return _members(sniffed("standard input", Stream(sys.stdin.buffer), workspace), workspace)
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            return _directory(path, workspace)
        return _members(_file(path, status, workspace), workspace)
    except FileNotFoundError as error:
        raise TriageError(f"{path}: no such file", "Check the path; CONFIG GET logfile says where it is.") from error
    except PermissionError as error:
        raise TriageError(
            f"{path}: no permission to read it", "Copy it as its owner, or run as a user who may."
        ) from error
    except (OSError, ValueError) as error:
        raise TriageError(
            f"{path} cannot be read: {reason(error)}", "Copy the file to a healthy disk first."
        ) from error


def _file(path: str, status: os.stat_result, workspace: Workspace, found: bool = False) -> Source:
    file: IO[bytes] = open(path, "rb", buffering=0)  # noqa: SIM115 - a stream stays open until it is read
    # Files of procfs say that they have no bytes.
    if not stat.S_ISREG(status.st_mode) or (not status.st_size and not found):
        return sniffed(path, Stream(file), workspace)
    with file:
        raw = File(path, os.fstat(file.fileno()).st_size)
        raw.head = file.read(min(SNIFFED_BYTES, raw.size)) or b""
    return sniffed(path, raw, workspace, found=found)


def _directory(path: str, workspace: Workspace) -> list[Source]:
    """The files of a directory and of those in it, by name; links and devices are not followed, closed ones told."""
    found: list[Source] = []
    for count, entry in enumerate(_walk(path, 0)):
        if count == MOST_MEMBERS:
            found.append(
                refused(path, Problem(f"holds more than {MOST_MEMBERS} files: the others were not read"), workspace)
            )
            break
        found += _member(entry, workspace)
    if not found:
        raise TriageError(f"{path} is a directory without a file in it", "Name the directory that holds the log.")
    return found


def _walk(path: str, depth: int) -> Iterator[os.DirEntry[str]]:
    with os.scandir(path) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if not entry.is_dir(follow_symlinks=False) or not os.access(entry.path, os.R_OK | os.X_OK):
                yield entry
            elif depth < DEEPEST_DIRECTORY:
                yield from _walk(entry.path, depth + 1)


def _member(entry: os.DirEntry[str], workspace: Workspace) -> list[Source]:
    status = entry.stat(follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode):
        hint = "Copy it as its owner, or run as a user who may."
        return [refused(entry.path, Problem("is a directory without permission to read it", hint), workspace)]
    if not stat.S_ISREG(status.st_mode):
        what = "a link" if stat.S_ISLNK(status.st_mode) else "no regular file"
        return [refused(entry.path, Problem(f"is {what}: not followed", "Name its target as an input."), workspace)]
    if not status.st_size:
        return []
    try:
        return _members(_file(entry.path, status, workspace, found=True), workspace)
    except (TriageError, OSError) as error:
        return [refused(entry.path, Problem(f"cannot be read: {error}", getattr(error, "hint", None)), workspace)]


def _members(source: Source, workspace: Workspace) -> list[Source]:
    if source.kind not in ARCHIVES:
        return [source]
    from triage.intake.archives import members_of

    return members_of(source, workspace)
