"""A comparison of two analyses as text for a terminal."""

from collections.abc import Sequence

from triage.model import Incident
from triage.render import headline, wording
from triage.render.comparison import Change, Comparison
from triage.render.terminal import Page

_LABEL = 30
_NOTHING, _TO = "(not stated)", "  ->  "


def to_text(comparison: Comparison, width: int = 100, color: bool = False) -> str:
    """Whether it is the same bug first, then what changed, then what is the same."""
    page = Page(max(width, 40), color)
    page.text(_answer(comparison), style="bold")
    for pair in comparison.pairs:
        page.blank()
        page.text(f"{wording.sentence(pair.sameness)}: {headline.title(pair.after)}", style="red")
        if headline.title(pair.before) != headline.title(pair.after):
            page.text(f"before: {headline.title(pair.before)}", indent="  ")
        page.text(f"signature {pair.after.signature.family}", indent="  ", style="dim")
    _incidents(page, "Only in the first", comparison.gone)
    _incidents(page, "Only in the second", comparison.new)
    _changes(page, "Server", comparison.server)
    _changes(page, "Settings", comparison.config)
    _changes(page, "Figures at the failure", comparison.figures)
    _changes(page, "Findings", comparison.findings)
    if comparison.same:
        page.heading("The same on both sides")
        for fact in comparison.same:
            page.pair(fact.label, fact.value, _LABEL)
    return str(page)


def _answer(comparison: Comparison) -> str:
    if comparison.same_bug:
        return "The same bug on both sides"
    if comparison.same_bug is False:
        return "Not the same bug"
    if comparison.gone:
        return "Only the first shows a failure"
    return "Only the second shows a failure" if comparison.new else "Neither shows a failure"


def _incidents(page: Page, title: str, incidents: Sequence[Incident]) -> None:
    if not incidents:
        return
    page.heading(title)
    for incident in incidents:
        page.text(headline.title(incident), indent="    ", first="  * ")


def _changes(page: Page, title: str, changes: Sequence[Change]) -> None:
    if not changes:
        return
    page.heading(title)
    for change in changes:
        before, after = change.before or _NOTHING, change.after or _NOTHING
        if len(before) + len(after) + len(_TO) <= page.width - _LABEL - 2:
            page.pair(change.label, before + _TO + after, _LABEL)
            continue
        page.text(f"{change.label}:", indent="  ")
        page.text(before, indent="      ", first="    - ")
        page.text(after, indent="      ", first="    + ")
