"""Plants secrets in generated logs and looks for them in every format.

`python benchmarks/redaction_leaks.py [LOGS [FIRST]]`; ``FIRST`` is the number of the first log, so that several
processes can share the work. The bar: 5,000 logs, none of whose secrets is found in any output at the default level.
Exits with 1 if one is.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from private_logs import planted_log

from triage.commands.outputs import FORMATS, LINES
from triage.pipeline import analyze
from triage.redact import check, redact
from triage.render import render

LOGS = 5000
EVERY = 500


def leaks(seed: int, folder: Path) -> list[tuple[str, str]]:
    """The secrets of one log that were found again, with the format that held each."""
    planted = planted_log(seed)
    path = folder / "valkey.log"
    path.write_text(planted.log, encoding="utf-8")
    redacted = redact(analyze([str(path)]))
    found = []
    for name in (*FORMATS, LINES):
        output = render(redacted.analysis, name)
        check(output, name, redacted)
        lower = output.lower()
        found += [(name, secret) for secret in planted.secrets if secret.lower() in lower]
    return found


def main() -> int:
    """Run the benchmark; the exit code."""
    logs = int(sys.argv[1]) if len(sys.argv) > 1 else LOGS
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    started, secrets = time.monotonic(), 0
    by_format: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + logs):
            secrets += len(planted_log(seed).secrets)
            for name, secret in leaks(seed, Path(folder)):
                by_format[name] += 1
                print(f"log {seed}: {name} holds {secret!r}")
            if (seed + 1 - first) % EVERY == 0:
                print(f"{seed + 1 - first:,} logs, {secrets:,} secrets, {by_format.total()} found", flush=True)
    seconds = time.monotonic() - started
    print(
        f"{logs:,} logs, {secrets:,} secrets, {len(FORMATS) + 1} formats, {seconds:.0f} s: {by_format.total()} found"
    )
    return 1 if by_format else 0


if __name__ == "__main__":
    sys.exit(main())
