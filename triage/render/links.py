"""Addresses of issues, pull requests and references: only those that are surely a web page."""

import re

from triage.patterns import compiled

_GITHUB = compiled(r"([\w.-]{1,100})/([\w.-]{1,100})#(\d{1,9})")
_CVE = compiled(r"CVE-\d{4}-\d{4,9}")
_COMMIT = compiled(r"[0-9a-f]{40}")
_WEB = compiled(r"https://[\w.-]+(/[\w./?=&%#~+-]*)?")


def link(text: str | None) -> str | None:
    """The web address behind ``owner/repository#123``, ``CVE-…`` or an https address; ``None`` for anything else."""
    if not text:
        return None
    issue = _GITHUB.fullmatch(text)
    if issue:
        return f"https://github.com/{issue[1]}/{issue[2]}/issues/{issue[3]}"
    if _CVE.fullmatch(text):
        return f"https://nvd.nist.gov/vuln/detail/{text}"
    return text if _WEB.fullmatch(text) and len(text) < 500 else None


def shortened(reference: str) -> str:
    """``https://github.com/owner/repository/pull/12`` as ``owner/repository#12``; anything else as it is."""
    match = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+)/(?:issues|pull)/(\d+)", reference)
    return f"{match[1]}#{match[2]}" if match else reference


def commit_link(issue: str | None, commit: str | None) -> str | None:
    """The commit's page in the repository of ``issue``."""
    match = _GITHUB.fullmatch(issue or "")
    if match is None or not _COMMIT.fullmatch(commit or ""):
        return None
    return f"https://github.com/{match[1]}/{match[2]}/commit/{commit}"
