"""One analysis, told in the form that the reader needs."""

from triage.model import Analysis


def render(analysis: Analysis, format: str, *, color: bool = False, width: int = 100) -> str:
    """``analysis`` as ``html``, ``json``, ``markdown`` or ``text``; ``color`` and ``width`` (columns) are for text.

    Each format is imported when it is asked for, so that JSON costs no template engine.
    """
    if format == "json":
        from triage.render.json import to_json

        return to_json(analysis)
    if format == "html":
        from triage.render.html import to_html

        return to_html(analysis)
    if format == "markdown":
        from triage.render.markdown import to_markdown

        return to_markdown(analysis)
    if format == "text":
        from triage.render.text import render_text

        return render_text(analysis, width=width, color=color)
    raise ValueError(f"no such format: {format}")
