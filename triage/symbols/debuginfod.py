"""Fetches files by build id from debuginfod servers (elfutils), when the user asks for it."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from triage.records import dataclass

SECONDS = 30
MOST_BYTES = 4 << 30
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Debuginfod:
    """The servers of ``DEBUGINFOD_URLS`` and the directory that keeps what they sent."""

    urls: tuple[str, ...]
    directory: Path

    @classmethod
    def of_environment(cls, environment: Mapping[str, str], directory: Path) -> "Debuginfod":
        """The servers that the environment names, http and https only."""
        urls = environment.get("DEBUGINFOD_URLS", "").split()
        return cls(tuple(url.rstrip("/") for url in urls if url.startswith(("http://", "https://"))), directory)

    def fetch(self, build_id: str, kind: str) -> Path | None:
        """The file ``kind`` (``executable`` or ``debuginfo``) of a build id, kept from before or fetched now."""
        kept = self.directory / "debuginfod" / build_id / kind
        if os.path.isfile(kept):
            return kept
        for url in self.urls:
            try:
                _download(f"{url}/buildid/{build_id}/{kind}", kept)
            except (OSError, ValueError):
                # Not there, or not reachable: the next server may have it. What stays missing is listed.
                continue
            return kept
        return None


def _download(url: str, path: Path) -> None:
    """Raises ``OSError`` (``URLError`` is one) or ``ValueError``."""
    import urllib.request

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
    try:
        with os.fdopen(handle, "wb") as file, urllib.request.urlopen(url, timeout=SECONDS) as answer:
            received = 0
            while piece := answer.read(_PIECE):
                received += len(piece)
                if received > MOST_BYTES:
                    raise ValueError("the server sends more than any debug file holds")
                file.write(piece)
        os.replace(partial, path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
