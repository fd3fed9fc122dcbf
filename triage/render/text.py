"""The analysis for a terminal: the verdict first, then what it rests on."""

from collections.abc import Iterable

from triage.model import Analysis, Evidence, Finding, Incident, Outcome, Reason, Status, Verdict
from triage.render import headline, wording
from triage.render.alike import Told, alike, left_out, told_in_full
from triage.render.reasons import reason_heading
from triage.render.stacks import failing_stack, other_stacks
from triage.render.terminal import Page

_BADGES = {
    Status.KNOWN: "accent",
    Status.SUSPECTED: "yellow",
    Status.UNKNOWN: "bold",
    Status.NOT_ENOUGH_EVIDENCE: "dim",
}
MOST_INCIDENTS, MOST_FRAMES, MOST_LINES, MOST_SHAPES = 20, 24, 3, 5
LABEL_WIDTH = 14


def render_text(analysis: Analysis, width: int = 100, color: bool = False) -> str:
    """The report as plain lines of at most ``width`` columns; with ANSI colours if ``color``."""
    page = Page(max(width, 40), color)
    count = len(analysis.incidents)
    if not count:
        page.text("No crash in this log" if len(analysis.inputs) == 1 else "No crash in these logs", style="bold")
        page.text(headline.nothing_found(analysis))
    if count > 1:
        page.text(wording.plural(count, "incident"), style="bold")
    groups = alike(analysis.incidents)
    told = told_in_full(groups, MOST_INCIDENTS)
    for entry in told:
        page.blank()
        _incident(page, entry, numbered=count > 1, name_inputs=len(analysis.inputs) > 1)
    if more := left_out(groups, told):
        page.blank()
        page.text(f"{wording.plural(more, 'further incident')} left out; the JSON output holds all.")
    _observations(page, analysis.observations)
    _inputs(page, analysis)
    return str(page)


def _incident(page: Page, told: Told, *, numbered: bool, name_inputs: bool) -> None:
    incident = told.incident
    page.text(f"{told.number}. {headline.title(incident)}" if numbered else headline.title(incident), style="red")
    page.text(" ".join(filter(None, (headline.story(incident), told.note))))
    page.blank()
    _verdict(page, incident.verdict)
    page.heading("When and what")
    for fact in headline.facts(incident):
        page.pair(fact.label, fact.value, LABEL_WIDTH)
    verdict = incident.verdict
    for title, mark, reasons in (
        ("Evidence for this verdict", "+", verdict.for_),
        ("Evidence against it", "-", verdict.against),
        ("Could not be checked", "?", verdict.unchecked),
    ):
        _reasons(page, title, mark, reasons, incident, name_inputs=name_inputs)
    if not verdict.for_ and incident.evidence:
        page.heading("Lines")
        _proof(page, incident.evidence, name_inputs=name_inputs)
    _stack(page, incident)
    _findings(page, incident)
    _missing(page, incident)


def _verdict(page: Page, verdict: Verdict) -> None:
    badge = wording.STATUSES[verdict.status]
    sure = verdict.status in (Status.KNOWN, Status.SUSPECTED)
    confidence = f" (confidence {wording.percent(verdict.confidence)})" if sure else ""
    line = f"{badge}{f': {verdict.issue}' if verdict.issue else ''}{confidence}"
    page.text(line, style=_BADGES[verdict.status], link=verdict.issue)
    if verdict.title:
        page.text(verdict.title, style="bold")
    if verdict.cause:
        page.blank()
        page.text(verdict.cause)
    page.blank()
    fix = verdict.fix
    if fix is not None and fix.fixed_in:
        by = f" (pull request {fix.pull_request})" if fix.pull_request else ""
        page.pair("Fixed in", ", ".join(fix.fixed_in) + by, LABEL_WIDTH)
    if fix is not None and fix.introduced_in:
        page.pair("Introduced in", fix.introduced_in, LABEL_WIDTH)
    if verdict.fixed_status is not None and (fix is not None or verdict.issue):
        page.pair("This server", wording.FIXED_STATUSES[verdict.fixed_status], LABEL_WIDTH)
    if verdict.advice:
        page.heading("What to do now")
        for number, step in enumerate(verdict.advice, start=1):
            page.text(step, indent="     ", first=f"  {number}. ")


def _reasons(
    page: Page, title: str, mark: str, reasons: Iterable[Reason], incident: Incident, *, name_inputs: bool
) -> None:
    reasons = tuple(reasons)
    if not reasons:
        return
    page.heading(title)
    for reason in reasons:
        page.text(f"{reason_heading(reason, incident)}: {reason.reason}", indent="    ", first=f"  {mark} ")
        _proof(page, reason.evidence, name_inputs=name_inputs)


def _proof(page: Page, evidence: tuple[Evidence, ...], *, name_inputs: bool) -> None:
    for item in evidence[:MOST_LINES]:
        where = item.offset if item.line is None else item.line
        place = f"{item.input}:{where}" if name_inputs else str(where)
        page.raw(item.text if where is None else f"{place} | {item.text}", "    ", "dim")


def _stack(page: Page, incident: Incident) -> None:
    stack = failing_stack(incident, MOST_FRAMES)
    if stack is None:
        return
    page.heading(f"Stack of the thread that {headline.fate(incident)}{f', {stack.names[0]}' if stack.named else ''}")
    for row in stack.rows:
        culprit = row.role == "culprit"
        mark = "  <- likely culprit" if culprit else ""
        page.raw(f"#{row.index:<3}{row.place}  {row.source or row.binary}{mark}", "  ", "accent" if culprit else "")
    if stack.left_out:
        page.text(wording.plural(stack.left_out, "more frame"), indent="  ")
    if incident.code is not None and incident.code.explanation:
        page.text(f"Failing instruction: {incident.code.explanation}", indent="  ")
    others = sum(len(group.names) for group in other_stacks(incident, 0))
    if others:
        rest = wording.plural(others, "other thread")
        page.text(f"and {rest}: see the HTML or JSON report", indent="  ", style="dim")


def _findings(page: Page, incident: Incident) -> None:
    verdict = incident.verdict
    told = {reason.finding for reason in (*verdict.for_, *verdict.against, *verdict.unchecked)}
    rest = [finding for finding in incident.findings if finding.id not in told]
    if not rest:
        return
    page.heading("Circumstances")
    for outcome, mark in ((Outcome.SUPPORTS, "+"), (Outcome.NEUTRAL, "=")):
        for finding in (finding for finding in rest if finding.outcome is outcome):
            page.text(f"{finding.title}: {finding.summary}", indent="    ", first=f"  {mark} ")
    for outcome, mark, words in (
        (Outcome.CONTRADICTS, "-", "The evidence speaks against"),
        (Outcome.NOT_APPLICABLE, "?", "This input does not answer"),
    ):
        titles = "; ".join(finding.title for finding in rest if finding.outcome is outcome)
        if titles:
            page.text(f"{words}: {titles}.", indent="    ", first=f"  {mark} ")


def _missing(page: Page, incident: Incident) -> None:
    if not incident.missing:
        return
    page.heading("What would help")
    for want in incident.missing:
        page.text(f"{wording.sentence(want.what)}: {want.why}", indent="    ", first="  * ")
        for line in (want.command or "").splitlines():
            page.raw(line, "      ", "dim")


def _observations(page: Page, observations: tuple[Finding, ...]) -> None:
    if not observations:
        return
    page.heading("Observations outside incidents")
    for finding in observations:
        page.text(f"{finding.title}: {finding.summary}", indent="    ", first="  * ")


def _inputs(page: Page, analysis: Analysis) -> None:
    page.heading("Inputs")
    for entry in analysis.inputs:
        facts = ", ".join(f"{fact.label.lower()} {fact.value}" for fact in headline.input_facts(entry))
        page.text(f"{entry.name}: {facts}" if facts else entry.name, indent="    ", first="  ")
        for note in entry.notes:
            page.text(note, indent="      ", first="    * ")
        for shape in entry.coverage.shapes[:MOST_SHAPES] if entry.coverage else ():
            times = f", {shape.count} times" if shape.count > 1 else ""
            page.text(f"not recognised: line {shape.line}{times}: {shape.text}", indent="      ", first="    ? ")
        for problem in entry.problems:
            hint = f" {problem.hint}" if problem.hint else ""
            page.text(f"{problem.message}.{hint}", indent="      ", first="    ! ", style="yellow")
