"""Names a crash: two text keys and a role for every frame of the crashing thread."""

from triage.signature.keys import ALGORITHM, sign
from triage.signature.roles import duty_of

__all__ = ["ALGORITHM", "duty_of", "sign"]
