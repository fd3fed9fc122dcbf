"""Lines for a terminal: wrapped to its width, coloured or plain, harmless whatever the text holds."""

import textwrap
from dataclasses import field

from triage.patterns import compiled
from triage.records import dataclass
from triage.render import links
from triage.render.visible import shown, visible

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "accent": "35", "badge": "1;7"}
_BLANKS = compiled(r"\s+")
TEXT_LIMIT = 2000


@dataclass(slots=True)
class Page:
    """Collects lines of at most ``width`` (30 or more) columns; styles show only if ``color``."""

    width: int
    color: bool
    lines: list[str] = field(default_factory=list)

    def blank(self) -> None:
        """An empty line, never two in a row."""
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def heading(self, text: str) -> None:
        """A section's title."""
        self.blank()
        self.text(text, style="bold")

    def text(
        self, text: str, indent: str = "", first: str | None = None, style: str = "", link: str | None = None
    ) -> None:
        """Prose, wrapped; ``first`` stands before the first line, ``indent`` before the others.

        ``link`` is an issue in ``text`` that a terminal can open, if it is surely a web page.
        """
        opening = indent if first is None else first
        wrapper = textwrap.TextWrapper(
            self.width, initial_indent=opening, subsequent_indent=indent, break_on_hyphens=False
        )
        for at, line in enumerate(wrapper.wrap(_clean(text))):
            margin = opening if at == 0 else indent
            self.lines.append(margin + self._linked(self.styled(line[len(margin) :], style), link))

    def pair(self, label: str, value: str, column: int) -> None:
        """A label and its value in two columns."""
        self.text(value, indent=" " * (column + 2), first=f"  {_clean(label):<{column}}")

    def raw(self, text: str, margin: str, style: str = "") -> None:
        """One line of a log behind ``margin``, cut at the page's width."""
        line = visible(text.replace("\t", "    "))
        room = max(self.width - len(margin), 10)
        self.lines.append(margin + self.styled(line if len(line) <= room else f"{line[: room - 1]}…", style))

    def styled(self, text: str, style: str) -> str:
        """``text`` in a style of ours, if there are colours."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.color and style and text else text

    def _linked(self, line: str, issue: str | None) -> str:
        """OSC 8; a terminal that does not know it shows the text alone."""
        href = links.link(issue) if self.color else None
        return line if not issue or not href else line.replace(issue, f"\x1b]8;;{href}\x1b\\{issue}\x1b]8;;\x1b\\", 1)

    def __str__(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines).strip("\n") + "\n"


def _clean(text: str) -> str:
    return shown(_BLANKS.sub(" ", text).strip(), TEXT_LIMIT)
