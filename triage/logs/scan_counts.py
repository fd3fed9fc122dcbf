"""What a scan only counts: the formats of lines and stamps, and what had to be left out."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import field

from triage.logs.blocks import LONGEST_LINE
from triage.model import Problem
from triage.records import dataclass

HANDLER_FORMATS = {"handler": "legacy", "handler0": "old"}
"""The lines that signal handlers write have no format of their own: the server's at the time."""
_MINORITY = 0.1
"""A log in which a second format has this share is ``mixed``."""


@dataclass(frozen=True, slots=True)
class ScanCounts:
    """Lines by format (``HANDLER_FORMATS`` by their own names) and by form of their stamps, and what is missing."""

    formats: Counter[str] = field(default_factory=Counter)
    stamps: Counter[str] = field(default_factory=Counter)
    cut_lines: int = 0
    nul_bytes: int = 0
    notable_dropped: int = 0
    reports_shortened: int = 0
    reports_dropped: int = 0
    reports_cut: int = 0

    def __add__(self, other: "ScanCounts") -> "ScanCounts":
        """What two parts of a log have together."""
        return ScanCounts(
            self.formats + other.formats,
            self.stamps + other.stamps,
            self.cut_lines + other.cut_lines,
            self.nul_bytes + other.nul_bytes,
            self.notable_dropped + other.notable_dropped,
            self.reports_shortened + other.reports_shortened,
            self.reports_dropped + other.reports_dropped,
            self.reports_cut + other.reports_cut,
        )

    @property
    def format(self) -> str | None:
        """The format of the log: ``legacy``, ``old``, ``logfmt``, ``rewritten`` or ``mixed``."""
        formats = Counter({name: lines for name, lines in self.formats.items() if name not in HANDLER_FORMATS})
        if not formats:
            return next((own for name, own in HANDLER_FORMATS.items() if self.formats[name]), None)
        (name, most), *others = formats.most_common()
        return "mixed" if any(lines >= _MINORITY * most for _, lines in others) else name

    @property
    def timestamp_format(self) -> str | None:
        """The most frequent form of stamps."""
        return max(sorted(self.stamps), key=self.stamps.__getitem__) if self.stamps else None

    def problems(self) -> Iterator[Problem]:
        """What a reader must know is missing."""
        if self.cut_lines:
            yield Problem(
                f"{self.cut_lines} lines were longer than {LONGEST_LINE >> 20} MiB: only their heads were read"
            )
        if self.nul_bytes:
            yield Problem(
                f"{self.nul_bytes} NUL bytes were skipped",
                "Log rotation by copying and truncating leaves them; lines may be missing there.",
            )
        if self.notable_dropped:
            yield Problem(
                f"{self.notable_dropped} lines about the server's life were not kept: there are too many like them"
            )
        if self.reports_shortened:
            yield Problem(f"{self.reports_shortened} crash reports were kept in part only: the log holds too many")
        if self.reports_dropped:
            yield Problem(f"{self.reports_dropped} more crash reports were not kept: the log holds too many")
        if self.reports_cut > self.reports_shortened:
            yield Problem("a crash report was too long: its middle was not kept")
