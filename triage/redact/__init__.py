"""Takes an analysis and gives it back safe to hand out: nothing in it names a customer's host, user, key or secret.

``redact`` goes over the model twice: once to learn every private value where its place tells what it is, and once to
replace those values in all places and texts. ``check`` reads finished output again and refuses it if one is left.
"""

from triage.redact.analysis import Level, Redacted, redact, redact_together
from triage.redact.selftest import RedactionError, check

__all__ = ["Level", "Redacted", "RedactionError", "check", "redact", "redact_together"]
