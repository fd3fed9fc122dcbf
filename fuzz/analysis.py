"""Fuzz target: whatever a log holds, it is analysed, hidden and told. Nothing but ``TriageError``, no page too large.

Run ``python fuzz/analysis.py [options of libFuzzer] [directories of seeds]``; ``fuzz/seeds.py`` makes seeds. It takes
the whole way, so the redaction, the questions, the verdict and the reports are tried here.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["triage.correlate", "triage.redact", "triage.knowledge", "triage.signature"]
):
    from triage.model import TriageError
    from triage.pipeline import analyze
    from triage.redact import Level, check, redact
    from triage.render import render

LONGEST_INPUT = 20_000
MOST_HTML = 500_000
FORMATS = ("json", "html", "markdown", "text", "sarif")
FILE = Path(tempfile.mkdtemp(prefix="fuzz-")) / "input.log"


def one_input(data: bytes) -> None:
    """Analyse the bytes as a log; whatever is written passes the redaction's own check."""
    FILE.write_bytes(data)
    try:
        analysis = analyze([str(FILE)])
    except TriageError:
        return
    hidden = redact(analysis, Level.DEFAULT)
    pages = {name: render(hidden.analysis, name) for name in FORMATS}
    assert len(pages["html"].encode()) <= MOST_HTML
    for name, page in pages.items():
        check(page, name, hidden)


if __name__ == "__main__":
    atheris.Setup([*sys.argv, f"-max_len={LONGEST_INPUT}", "-timeout=60"], one_input)
    atheris.Fuzz()
