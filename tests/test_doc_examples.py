"""The examples in docs/: JSON is cut out of a real output and fits the schema, Python runs."""

import contextlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from expectations import FIXTURES

from triage.pipeline import analyze
from triage.render.json import to_json
from triage.render.schema import build

ROOT = Path(__file__).parent.parent
LOG = FIXTURES / "flagship-stock-verbose" / "server.log.zst"
EXAMPLE = re.compile(r"`([\w.\[\]]+)`\s+\(\[(\w+)\]\(#\w+\)\)[^`]*(?:`\w+`[^`]*)?```json\n(.*?)```", re.DOTALL)
PAGES = ("README.md", "docs/python.md")
JSON_PAGE = (ROOT / "docs" / "json.md").read_text()
JSON_EXAMPLES = EXAMPLE.findall(JSON_PAGE)
PYTHON = [
    (page, code) for page in PAGES for code in re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.S)
]
SCHEMA = build()


@pytest.fixture(scope="module")
def output() -> Any:
    with contextlib.chdir(LOG.parent):
        return json.loads(to_json(analyze([LOG.name])))


def at(path: str, document: Any) -> Any:
    """The part of the document that a path such as ``incidents[0].verdict`` names."""
    for step in re.findall(r"\w+", path):
        document = document[int(step)] if step.isdecimal() else document[step]
    return document


def test_every_example_of_the_page_is_tried() -> None:
    assert len(JSON_EXAMPLES) == JSON_PAGE.count("```json")


@pytest.mark.parametrize(("path", "name", "text"), JSON_EXAMPLES, ids=[example[0] for example in JSON_EXAMPLES])
def test_an_example_is_part_of_the_real_output_and_fits_the_schema(
    output: Any, path: str, name: str, text: str
) -> None:
    example = json.loads(text)
    assert differing(example, at(path, output)) == []
    properties = SCHEMA["$defs"][name]["properties"]
    for field, value in example.items():
        jsonschema.validate(at(path, output)[field], {**properties[field], "$defs": SCHEMA["$defs"]})
        assert type(value) is type(at(path, output)[field])


def differing(example: Any, real: Any, place: str = "") -> list[str]:
    """Where the example says something else than the output; it may leave out fields, and items at a list's end."""
    if isinstance(example, dict) and isinstance(real, dict):
        return [fault for key in example for fault in differing(example[key], real.get(key), f"{place}.{key}")]
    if isinstance(example, list) and isinstance(real, list) and len(example) <= len(real):
        return [fault for n, item in enumerate(example) for fault in differing(item, real[n], f"{place}[{n}]")]
    return [] if example == real else [f"{place}: {example!r} is {real!r}"]


@pytest.mark.parametrize(("page", "code"), PYTHON, ids=[page for page, _ in PYTHON])
def test_python_of_the_pages_runs(page: str, code: str, tmp_path: Path, monkeypatch, capsys) -> None:
    shutil.copy(LOG, tmp_path / "valkey.log")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, page, "exec"), {})
    told = capsys.readouterr().out
    assert "valkey-io/valkey#1883" in told or "tls-errors" in told
