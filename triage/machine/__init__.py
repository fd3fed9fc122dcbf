"""What a machine instruction did: disassembly, the memory it touched, and the class of the access."""

from triage.machine.access_class import access_class
from triage.machine.failing_code import explain_code

__all__ = ["access_class", "explain_code"]
