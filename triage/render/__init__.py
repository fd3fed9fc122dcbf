"""One analysis, told in the form that the reader needs."""

from triage.model import Analysis


def render(analysis: Analysis, format: str, *, color: bool = False, width: int = 100) -> str:
    """``analysis`` in one of the formats below; ``color`` and ``width`` (columns) are for ``text``.

    ``html``, ``json``, ``markdown``, ``text``, ``sarif``, ``jira``, ``github-issue``, ``postmortem``, and ``lines``:
    one tab-separated line per incident. Each is imported when it is asked for, so that JSON costs no template engine.
    """
    if format == "text":
        from triage.render.text import render_text

        return render_text(analysis, width=width, color=color)
    if format == "json":
        from triage.render.json import to_json as made
    elif format == "html":
        from triage.render.html import to_html as made
    elif format == "markdown":
        from triage.render.markdown import to_markdown as made
    elif format == "sarif":
        from triage.render.sarif import to_sarif as made
    elif format == "jira":
        from triage.render.jira import to_jira as made
    elif format == "github-issue":
        from triage.render.github_issue import to_github_issue as made
    elif format == "postmortem":
        from triage.render.postmortem import to_postmortem as made
    elif format == "lines":
        from triage.render.lines import to_lines as made
    else:
        raise ValueError(f"no such format: {format}")
    return made(analysis)
