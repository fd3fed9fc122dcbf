"""Known issues as data, and the judgement of incidents against them."""

from triage.knowledge.base import KnowledgeBase, open_knowledge
from triage.knowledge.issue import KnownIssue
from triage.knowledge.loader import load_issues
from triage.knowledge.parse_issue import load_issue
from triage.knowledge.reading import KnowledgeError
from triage.knowledge.verdict import judge

__all__ = ["KnowledgeBase", "KnowledgeError", "KnownIssue", "judge", "load_issue", "load_issues", "open_knowledge"]
