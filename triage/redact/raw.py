"""The raw lines of a report, where some values go over several lines and commands over several arguments."""

import re
from collections.abc import Iterator, Sequence

from triage.model import RawLine
from triage.patterns import compiled
from triage.redact.arguments import masked
from triage.redact.texts import Texts

_SIGN = "argv["
_ARGUMENT = compiled(r"(?P<head>.*?(?:client->)?argv\[(?P<index>\d{1,20})\](?:: | = ))(?P<argument>.*)", re.DOTALL)
_END_OF_VALUE = compiled(r"(?:------ |=== |(?:client->)?argv\[\d|\d+:[A-Z] ).*", re.DOTALL)


def safe_lines(raw: Sequence[RawLine], texts: Texts) -> tuple[RawLine, ...]:
    """``raw`` made safe. Up to Redis 6.2 an argument is printed as it is: it may hold line ends."""
    lines: list[RawLine] = []
    for group in _groups(raw):
        if _argument(group[0]):
            lines += _command(group, texts)
        else:
            lines += [_with_text(line, texts.line(line.text)) for line in group]
    return tuple(lines)


def _groups(raw: Sequence[RawLine]) -> Iterator[list[RawLine]]:
    """Single lines, or the lines of one command's arguments with those that their values go over."""
    group: list[RawLine] = []
    for line in raw:
        match = _argument(line)
        goes_on = group and (_is_open(group) and not _END_OF_VALUE.match(line.text))
        if group and (goes_on or (match and match["index"] != "0")):
            group.append(line)
            continue
        if group:
            yield group
        group = [line] if match else []
        if not match:
            yield [line]
    if group:
        yield group


def _is_open(group: Sequence[RawLine]) -> bool:
    """Whether the last argument's quote is still to be closed."""
    at = next(at for at in range(len(group) - 1, -1, -1) if _argument(group[at]))
    match = _argument(group[at])
    value = "\n".join([match["argument"] if match else "", *(line.text for line in group[at + 1 :])])
    quote = value[:1]
    return quote in ("'", '"') and not (len(value) > 1 and value.endswith(quote))


def _command(group: Sequence[RawLine], texts: Texts) -> Iterator[RawLine]:
    heads = [(line, match) for line in group if (match := _argument(line))]
    # Where the command's name was cut off, what is left begins with an argument.
    name = [""] if heads[0][1]["index"] != "0" else []
    values = iter(texts.arguments_of([*name, *(match["argument"] for _, match in heads)])[len(name) :])
    for line in group:
        match = _argument(line)
        if match is None:
            yield _with_text(line, masked(line.text, texts.pseudonyms))
        else:
            value = next(values)
            yield _with_text(line, f"{_safe_head(match['head'], texts)}{value}")


def _safe_head(head: str, texts: Texts) -> str:
    """What stands before an argument: its number, the server's prefix, or a wrapper that was torn and so not seen."""
    if head.startswith((_SIGN, "client->")):
        return head
    return texts.prose(head) if head[:1].isdigit() else texts.line(head)


def _argument(line: RawLine) -> re.Match[str] | None:
    return _ARGUMENT.fullmatch(line.text) if _SIGN in line.text else None


def _with_text(line: RawLine, text: str) -> RawLine:
    return line if text == line.text else RawLine(line.line, text)
