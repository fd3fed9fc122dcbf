"""Whether an issue is fixed for the reporter, and which release to go to."""

from collections.abc import Mapping
from dataclasses import replace

from triage.knowledge.confidence import Weighed
from triage.knowledge.facts import Facts
from triage.knowledge.issue import KnownIssue
from triage.knowledge.versions import Standing, nearest_fixed, parse_version
from triage.model import Fix, FixedStatus

_NOT_IT: Mapping[Standing, FixedStatus] = {
    Standing.FIXED: FixedStatus.REGRESSION,
    Standing.NOT_AFFECTED: FixedStatus.NOT_AFFECTED,
    Standing.OTHER_PRODUCT: FixedStatus.NOT_AFFECTED,
}
_BACKPORTS = (
    "If the package comes from a distribution, look for {cve} in its changelog: distributions put such fixes into a "
    "version without changing its number."
)


def not_it(standing: Standing) -> FixedStatus:
    """What is told if the version excludes the issue; ``UNKNOWN`` if it does not."""
    return _NOT_IT.get(standing, FixedStatus.UNKNOWN)


def fixed_status(best: Weighed, facts: Facts) -> FixedStatus:
    """How the reporter's version stands to the releases with the fix."""
    if best.standing is Standing.AFFECTED:
        fixed = fix_for(best.issue, facts).fixed_in
        return FixedStatus.FIXED_LATER if fixed else FixedStatus.UNFIXED
    return not_it(best.standing)


def fix_for(issue: KnownIssue, facts: Facts) -> Fix:
    """The fix with the releases of the reporter's product; of all products if that is unknown."""
    product = facts.incident.server.product
    products = {bounds.product for bounds in issue.versions}
    if product not in products or len(products) == 1:
        return issue.fix
    own = sorted(bounds.fixed for bounds in issue.versions if bounds.product == product and bounds.fixed)
    return replace(issue.fix, fixed_in=tuple(str(version) for version in own))


def upgrade_advice(best: Weighed, facts: Facts) -> tuple[str, ...]:
    """The nearest release with the fix, if there is one."""
    version = facts.incident.server.version
    target = nearest_fixed(parse_version(version), fix_for(best.issue, facts).fixed_in)
    if target is None:
        return ()
    affected = version is not None and best.standing is Standing.AFFECTED
    start = f"Upgrade from {version} to {target}" if affected else f"Upgrade to {target}"
    steps = [f"{start} or later: it is the nearest release with the fix."]
    if affected and best.issue.cve:
        steps.append(_BACKPORTS.format(cve=best.issue.cve[0]))
    return tuple(steps)
