"""Runs the ``triage`` command as a user does: another process, standard streams, an exit code."""

import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

COMMAND = (sys.executable, "-m", "triage.cli")
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Done:
    """What a run left: its exit code and its standard streams."""

    returncode: int
    stdout: bytes
    stderr: bytes


def triage(*arguments: object, stdin: bytes = b"", cwd: Path | None = None, **environment: str) -> Done:
    """Run ``triage`` with ``arguments``; ``environment`` is added to the process's own."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env={**os.environ, **environment},
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return Done(done.returncode, done.stdout, done.stderr)


def in_terminal(
    *arguments: object, command: tuple[str, ...] = COMMAND, cwd: Path | None = None, **environment: str
) -> bytes:
    """What a terminal shows of a run in it."""
    ours, its = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        [*command, *map(str, arguments)],
        stdout=its,
        stderr=its,
        cwd=cwd,
        env={**kept, "TERM": "xterm-256color", **environment},
    )
    os.close(its)
    shown = b""
    try:
        while chunk := os.read(ours, 1 << 16):
            shown += chunk
    except OSError:
        # Linux tells the end of a terminal's other side as an I/O error.
        pass
    finally:
        os.close(ours)
        process.wait()
    return shown
