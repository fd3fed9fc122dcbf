"""Writes the parts of pages that follow from the program: the JSON contract, the words that it explains."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from triage import knowledge
from triage.render.schema import build
from triage.render.terms import terms

Schema = dict[str, Any]


def on_page_markdown(markdown: str, **_: object) -> str:
    """The page with the generated parts in the place of their marks."""
    for mark, made in _PARTS.items():
        if mark in markdown:
            markdown = markdown.replace(mark, "\n".join(made()))
    return markdown


def _contract() -> Iterator[str]:
    schema = build()
    definitions = {"Analysis": schema["$defs"]["Analysis"]} | schema["$defs"]
    for name, definition in definitions.items():
        yield f"### {name} {{ #{name.lower()} }}\n\n{definition.get('description', '')}\n"
        if "enum" in definition:
            yield ", ".join(f"`{value}`" for value in definition["enum"]) + "\n"
        if "properties" in definition:
            yield "| field | type | always there |\n|---|---|---|"
            required = definition.get("required", ())
            for field, kind in definition["properties"].items():
                yield f"| `{field}` | {_type(kind)} | {'yes' if field in required else ''} |"
            yield ""


def _type(kind: Schema) -> str:
    if "$ref" in kind:
        name = kind["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in kind:
        return f"`{kind['const']}`"
    if "anyOf" in kind:
        return " or ".join(map(_type, kind["anyOf"]))
    if kind.get("type") == "array":
        return f"list of {_type(kind.get('items', {}))}"
    if isinstance(kind.get("additionalProperties"), dict):
        return f"object of {_type(kind['additionalProperties'])}"
    told = kind.get("type", "any")
    return (
        "time, ISO 8601"
        if "pattern" in kind and "T" in kind["pattern"]
        else " or ".join([told] * isinstance(told, str) or told)
    )


def _words() -> Iterator[str]:
    yield "| term | meaning |\n|---|---|"
    for term in terms():
        names = ", ".join(f"`{name}`" for name in term.names)
        yield f"| {names} | {' '.join(term.text.split()).replace('|', '&#124;')} |"


def _issues() -> Iterator[str]:
    yield str(len(list((Path(knowledge.__file__).parent / "issues").glob("*.toml"))))


_PARTS = {"<!-- issues -->": _issues, "<!-- contract -->": _contract, "<!-- words -->": _words}
