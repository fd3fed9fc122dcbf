"""Question: did the version change in this log?"""

from bisect import bisect_right

from triage.correlate.case import Case, Question
from triage.correlate.told_lines import version_lines
from triage.model import Finding

QUESTION = Question("rolling-upgrade", "Versions in this log")
_LAST_STARTS = 50
"""Of a server that started thousands of times, older starts tell nothing more."""


def rolling_upgrade(case: Case) -> Finding:
    """The versions that processes of this log stated at their starts; a change just before the failure counts.

    Each server of a cluster writes its own log: an upgrade elsewhere does not show here.
    """
    told = version_lines(case.scan)
    upto = bisect_right(told, case.failure.last_line, key=lambda line: line.line)
    stated = told[max(0, upto - _LAST_STARTS) : upto]
    versions = [line.fields["version"] for line in stated]
    distinct = list(dict.fromkeys(versions))
    if len(distinct) > 1:
        changed = next(line for line in reversed(stated) if line.fields["version"] != versions[-1])
        first_of_new = next(line for line in stated if line.line > changed.line)
        text = (
            f"The log holds {len(distinct)} versions: {', '.join(distinct)}. The failing process ran {versions[-1]}."
        )
        fresh = sum(version == versions[-1] for version in versions) == 1
        return QUESTION.yes(0.6 if fresh else 0.3, text, case.lines([changed, first_of_new]), versions=distinct)
    if len(versions) > 1:
        return QUESTION.no(
            1.0, f"All {len(versions)} starts in this log are of {versions[0]}.", case.lines(stated[-2:])
        )
    return QUESTION.unanswerable("The log shows at most one start, so it cannot tell of another version.")
