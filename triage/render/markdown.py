"""The analysis as Markdown for a ticket: renders on GitHub, and nothing of the log acts in it."""

import re
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from triage.model import Analysis, Evidence, Incident
from triage.patterns import compiled
from triage.render import headline, links, wording
from triage.render.alike import alike, left_out, told_in_full
from triage.render.reasons import reason_heading
from triage.render.stacks import failing_lines
from triage.render.templates import environment
from triage.render.visible import shown

_MARKS = compiled(r"[\\`*_\[\]<>&|~#$!]|:(?=//)|(?<=www)\.")
_LEADING = compiled(r"^( ?\d{0,9})([.)](?= |$)|[-+=])")
_BLANKS = compiled(r"\s+")
_TICKS = compiled(r"`+")
_PIECE = compiled(r"[^\s`|]+|[\s`|]")
_ACTS = compiled(
    r"@|://|www\.|[#!~$%&^]\w|\b[A-Z][A-Z0-9_]+-\d|\bGHSA-|\[[a-z_]+:|:[a-z_+-][\w+-]*:|\b[0-9a-f]{7,40}\b"
)
"""Words of which GitHub and GitLab make mentions, references, links or pictures after Markdown is done with them.

A backslash does not keep GitHub from it; a code span does. Both look for them in the finished text:
https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
https://docs.gitlab.com/user/markdown/#gitlab-specific-references
"""
_AROUND = "(),.;'\""
_QUOTED = compiled(r"`([^`|]+)`")
TEXT_LIMIT, LINE_LIMIT = 2000, 400
MOST_LINES, MOST_FRAMES, MOST_INCIDENTS = 5, 60, 20


def to_markdown(analysis: Analysis) -> str:
    """The verdict, facts, evidence, stack and next steps of every incident (at most ``MOST_INCIDENTS``)."""
    groups = alike(analysis.incidents)
    told = told_in_full(groups, MOST_INCIDENTS)
    return markdown_page("incident.md.j2", analysis=analysis, told=told, left_out=left_out(groups, told))


def markdown_page(template: str, **values: object) -> str:
    """A page of ``reports/`` in which every string is escaped; empty lines are run together."""
    page = _environment().get_template(template).render(**values)
    return re.sub(r"\n{3,}", "\n\n", page).strip() + "\n"


def escaped(text: str) -> Markup:
    """``text`` as Markdown prose that shows the same characters: no element, link, mention or formula comes of it."""
    line = shown(_BLANKS.sub(" ", text), TEXT_LIMIT)
    parts = (_piece(match) for match in _PIECE.finditer(line))
    return Markup(_LEADING.sub(r"\1\\\2", "".join(parts)))


def prose(text: str) -> Markup:
    """``escaped(text)`` of our own sentences, in which single backticks are meant as code spans."""
    parts = _QUOTED.split(_BLANKS.sub(" ", text))
    return Markup("").join(code(part) if at % 2 else escaped(part) for at, part in enumerate(parts))


def code(text: str) -> Markup:
    """``text`` as a code span, fenced longer than any backticks inside; not for tables (``|`` would cut it)."""
    line = shown(text.replace("\t", "    "), LINE_LIMIT)
    fence = "`" * (_longest_ticks(line) + 1)
    pad = " " if line[:1] in ("`", " ", "") or line[-1:] in ("`", " ") else ""
    return Markup(f"{fence}{pad}{line}{pad}{fence}")


def block(lines: list[str]) -> Markup:
    """``lines`` as a fenced block; the fence is longer than any run of backticks inside."""
    texts = [shown(line, LINE_LIMIT) for line in lines]
    fence = "`" * max(3, _longest_ticks("\n".join(texts)) + 1)
    return Markup("\n".join([f"{fence}text", *texts, fence]))


def linked(text: str | None) -> Markup:
    """``text`` as a link if it is surely a web page, an issue or a pull request; else as prose."""
    href = links.link(text)
    name = links.shortened(text or "")
    # Nothing inside a link is linked again, so its text needs no code span.
    return Markup(f"[{_marked(name)}]({href})") if href else escaped(name)


def _piece(match: re.Match[str]) -> str:
    word = match[0]
    if not _ACTS.search(word):
        return _marked(word)
    core = word.strip(_AROUND) or word
    before, _, after = word.partition(core)
    return f"{_marked(before)}{code(core)}{_marked(after)}"


def _marked(text: str) -> str:
    return _MARKS.sub(r"\\\g<0>", text)


def _longest_ticks(text: str) -> int:
    return max((len(run) for run in _TICKS.findall(text)), default=0)


def _stack(incident: Incident) -> Markup | None:
    lines = failing_lines(incident, MOST_FRAMES)
    return block(lines) if lines else None


def _place(item: Evidence, analysis: Analysis) -> Markup:
    where = f"line {item.line}" if item.line is not None else f"offset {item.offset}"
    if item.line is None and item.offset is None:
        return code(item.input)
    return Markup(f"{code(item.input)} {where}" if len(analysis.inputs) > 1 else where)


@cache
def _environment() -> Environment:
    # Jinja's escaping is on only so that macros return Markup; finalize has escaped every other string before.
    def finalize(value: object) -> object:
        return escaped(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    made = environment(finalize)
    made.filters.update(sentence=wording.sentence, prose=prose)
    made.globals.update(
        wording=wording, headline=headline, stack=_stack, place=_place, code=code, linked=linked,
        block=block, reason_heading=reason_heading, most_lines=MOST_LINES,
    )  # fmt: skip
    return made
