"""Names a crash: two text keys and a role for every frame of the crashing thread."""

from triage.signature.keys import ALGORITHM, sign

__all__ = ["ALGORITHM", "sign"]
