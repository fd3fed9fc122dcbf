"""Question: which command was running, and was anything about its arguments out of the ordinary?"""

from triage.correlate.case import Case, Question
from triage.correlate.sizes import size
from triage.model import Finding
from triage.patterns import compiled
from triage.terminals import terminals

QUESTION = Question("running-command", "The command that was running")
MANY = 1_000
LARGE = 1 << 20
_HIDDEN_SIZE = compiled(r"(\d{1,12}) bytes")
_REST = compiled(r"\.\.\. \((\d{1,12}) more bytes\)")


def running_command(case: Case) -> Finding:
    """The command with the number and sizes of its arguments; their values are never quoted here.

    A command in hand is where to look first, so it supports by itself; extreme arguments support more.
    """
    command = case.incident.current_command
    if command is None:
        why = "names no client" if case.incident.report else "holds no crash report that could name one"
        return QUESTION.unanswerable(f"The input {why}: no command was running, or the report is cut.")
    sizes, lines = _arguments(case)
    client = case.incident.current_client
    evidence = case.report_lines([*([client.line] if client and client.line else []), *lines])
    count = _argument_count(case) or (len(sizes) or None)
    name = command.replace("|", " ").upper()
    largest = max(sizes, default=0)
    flags = client.fields.get("flags") if client else None
    named = flags if isinstance(flags, tuple) else ()
    parts = [f"{name} was running" + (f" (argc {count})" if count else "") + "."]
    if largest:
        parts.append(f"The largest argument has {size(largest)}.")
    if "deny-blocking" in named:
        parts.append("It ran where blocking is not allowed: in a script or a transaction.")
    odd = largest >= LARGE or (count or 0) >= MANY
    return QUESTION.yes(
        0.8 if odd else 0.5,
        " ".join(parts),
        evidence,
        command=command,
        argc=count,
        largest_bytes=largest or None,
        flags=list(named) or None,
    )


def _argument_count(case: Case) -> int | None:
    pattern = compiled(terminals("report")["current_client__ARGC"])
    for line in case.incident.raw:
        if line.text.startswith("argc: ") and (match := pattern.fullmatch(line.text)):
            return int(match["argc"])
    return None


def _arguments(case: Case) -> tuple[list[int], list[int]]:
    """Sizes in bytes of the arguments of the first client that the report names, and the numbers of their lines."""
    pattern = compiled(terminals("report")["current_client__ARGV"])
    sizes: list[int] = []
    lines: list[int] = []
    for line in case.incident.raw:
        match = pattern.fullmatch(line.text) if line.text.startswith("argv[") else None
        if match is None:
            continue
        if int(match["index"]) < len(sizes):
            break
        sizes.append(_size(match["argument"]))
        lines.append(line.line)
    return sizes, lines


def _size(argument: str) -> int:
    if hidden := _HIDDEN_SIZE.fullmatch(argument):
        return int(hidden[1])
    more = _REST.search(argument[-40:])
    return len(argument.strip("\"'")) + (int(more[1]) if more else 0)
