"""The analysis in Jira's wiki markup, to paste into a ticket.

https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

import re
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from triage.model import Analysis
from triage.patterns import compiled
from triage.render import headline, links, wording
from triage.render.alike import alike, left_out, told_in_full
from triage.render.reasons import reason_heading
from triage.render.stacks import failing_lines
from triage.render.templates import environment
from triage.render.visible import prose, shown

_MARKS = compiled(
    r"[\\{}\[\]*_+^~|!#?]|(?<!\w)-|-(?!\w)|\((?=(?:[!x/?iyn+\-*]|on|off|flag|flagoff|\*[rgby])\))|(?<=[:;])[()DP](?!\w)"
)
"""Marks of the markup, with dashes that are no hyphens and whatever would be an emoticon."""
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;"}
_ENTITY = compiled(r"[&<>@]|:(?=//)|(?<=www)\.|^(?:h[1-6]|bq)\.|\b[A-Z][A-Z0-9_]+-(?=\d)")
"""What would become an element, a mention, a link, a heading, or a reference to the issue of such a key."""
_BLANKS = compiled(r"\s+")
_MACRO = compiled(r"\{(?=noformat|code|quote|panel|color)", re.IGNORECASE)
_TEXT_LIMIT, _LINE_LIMIT = 2000, 400
_MOST_LINES, _MOST_FRAMES, _MOST_INCIDENTS = 5, 60, 20


def to_jira(analysis: Analysis) -> str:
    """The verdict, facts, evidence, stack and next steps of every incident (at most ``_MOST_INCIDENTS``)."""
    groups = alike(analysis.incidents)
    told = told_in_full(groups, _MOST_INCIDENTS)
    template = _environment().get_template("ticket.jira.j2")
    page = template.render(analysis=analysis, told=told, left_out=left_out(groups, told))
    return re.sub(r"\n{3,}", "\n\n", page).strip() + "\n"


def escaped(text: str) -> Markup:
    """``text`` as prose that shows the same characters: no macro, link, mention or image comes of it."""
    line = shown(_BLANKS.sub(" ", text), _TEXT_LIMIT)
    line = _MARKS.sub(r"\\\g<0>", line)
    return Markup(_ENTITY.sub(_entity, line))


def block(lines: list[str]) -> Markup:
    """``lines`` as preformatted text. Nothing can be escaped in it: a macro's name is put off its brace."""
    texts = [_MACRO.sub("{ ", shown(line, _LINE_LIMIT)) for line in lines]
    return Markup("\n".join(["{noformat}", *texts, "{noformat}"]))


def linked(text: str | None) -> Markup:
    """``text`` as a link if it is surely a web page, an issue or a pull request; else as prose."""
    href = links.link(text)
    name = escaped(links.shortened(text or ""))
    return Markup(f"[{name}|{href}]") if href else name


def _entity(match: re.Match[str]) -> str:
    found = match[0]
    return _ENTITIES.get(found) or f"{found[:-1]}&#{ord(found[-1])};"


@cache
def _environment() -> Environment:
    # Jinja's escaping is on only so that macros return Markup; finalize has escaped every other string before.
    def finalize(value: object) -> object:
        return escaped(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    made = environment(finalize)
    made.filters.update(sentence=wording.sentence, prose=prose)
    made.globals.update(
        wording=wording, headline=headline, linked=linked, block=block, reason_heading=reason_heading,
        failing_lines=failing_lines, most_lines=_MOST_LINES, most_frames=_MOST_FRAMES,
    )  # fmt: skip
    return made
