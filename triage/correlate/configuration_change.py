"""Question: were settings, certificates, access rules or modules changed right before the failure?"""

from triage.correlate.case import Case, Question
from triage.correlate.durations import duration
from triage.logs.scanned import LogLine
from triage.model import Finding

QUESTION = Question("configuration-change", "Configuration, certificates, ACLs or modules changed before the failure")
SOON_MS = 60_000
"""A change this long before the failure is still named; its weight halves every ten seconds."""
_HALF_MS = 10_000

_COMMANDS = ("config|set", "config|rewrite", "acl|", "module|load", "module|loadex", "module|unload", "debug|reload")
_LINES = ("config_rewritten", "tls_reloaded", "module_loaded", "module_unloaded")


def configuration_change(case: Case) -> Finding:
    """Whether a change was being made, or was logged within a minute before.

    The counter-check counts earlier changes that passed. CONFIG SET and ACL commands leave no line in the log, so
    silence proves nothing.
    """
    command = case.incident.current_command
    if command and command.startswith(_COMMANDS):
        client = case.incident.current_client
        lines = case.report_lines([client.line] if client and client.line else [])
        return QUESTION.yes(1.0, f"The server was executing {_spelled(command)}.", lines, command=command)
    changes = [line for line in case.before(*_LINES) if _while_running(case, line)]
    recent = [line for line in changes if (age := case.age_ms(line)) is not None and 0 <= age <= SOON_MS]
    if recent:
        last_ms = case.age_ms(recent[-1]) or 0
        passed = len(changes) - len(recent)
        summary = f"The last change was logged {duration(last_ms)} before the failure."
        if passed:
            summary += f" {passed} earlier {'ones' if passed > 1 else 'one'} had no failure within a minute."
        strength = 0.8 * 0.5 ** (last_ms / _HALF_MS) * (0.6 if passed else 1.0)
        return QUESTION.yes(max(strength, 0.05), summary, case.lines(recent), last_change_ms=last_ms, passed=passed)
    if changes:
        return QUESTION.open(
            f"{len(changes)} changes are logged, none within a minute before the failure.",
            case.lines(changes[-1:]),
            passed=len(changes),
        )
    return QUESTION.unanswerable("No change is logged, but CONFIG SET and ACL commands leave no line.")


def _while_running(case: Case, line: LogLine) -> bool:
    """Modules are also loaded at every start and unloaded at a shutdown."""
    ready = next((ready.line for ready in case.before("ready", "old_ready")), None)
    return ready is None or line.line > ready


def _spelled(command: str) -> str:
    return command.replace("|", " ").upper()
