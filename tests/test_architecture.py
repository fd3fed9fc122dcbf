"""The house stays as it was built: imports go one way, files and functions stay small, every public name is told."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "triage"
MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [*MODULES, *sorted((ROOT / "tests").glob("*.py")), *sorted((ROOT / "benchmarks").glob("*.py"))]
MOST_LINES, MOST_FUNCTION_LINES = 400, 60

LEVELS = (
    {"records", "patterns", "model", "resources", "grammar", "line_parser", "terminals"},
    {"intake"},
    {"logs", "cores", "symbols", "machine"},
    {"state"},
    {"cases"},
    {"signature", "correlate"},
    {"knowledge"},
    {"render", "frames"},
    {"redact"},
    {"pipeline"},
    {"cli", "commands", "config", "console", "__init__"},
)
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
FREE = LEVELS[0] | {"cli", "commands", "config", "console"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> Iterator[str]:
    """The rooms of the package that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            parts = name.split(".")
            if parts[0] == "triage" and len(parts) > 1:
                yield parts[1]


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function):
            yield node


def public(path: Path) -> Iterator[ast.ClassDef | Function]:
    """Public classes and functions of a module, and the public methods of those classes."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (
                    item for item in node.body if isinstance(item, Function) and not item.name.startswith("_")
                )


def test_every_room_has_its_level() -> None:
    assert {room_of(path) for path in MODULES} <= set(LEVEL)


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_room_imports_only_what_lies_below_it(path: Path) -> None:
    room = room_of(path)
    wrong = [
        other
        for other in imported_rooms(path)
        if other != room and not (LEVEL[other] < LEVEL[room] or (LEVEL[other] == LEVEL[room] and room in FREE))
    ]
    assert wrong == []


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_file_and_its_functions_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES
    long = [node.name for node in functions(path) if (node.end_lineno or 0) - node.lineno >= MOST_FUNCTION_LINES]
    assert long == []


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_every_public_name_is_told_and_typed(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))
    untold = [node.name for node in public(path) if not ast.get_docstring(node)]
    untyped = [node.name for node in public(path) if isinstance(node, Function) and node.returns is None]
    assert (untold, untyped) == ([], [])


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_only_the_edges_of_the_house_talk_to_the_outside(path: Path) -> None:
    """Rooms below the command line neither print nor exit: they return values and raise errors."""
    if room_of(path) in ("cli", "commands", "console"):
        return
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    # Constructors are compiled there, from the names of their fields, as the standard library compiles them.
    compiling = {"exec"} if path.name == "records.py" else set()
    barred = {"print", "exit", "input", "eval", "exec"} - compiling
    assert [call for call in calls if isinstance(call, ast.Name) and call.id in barred] == []


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_what_every_start_pays_for_is_cheap(path: Path) -> None:
    """Dataclasses and stated expressions come from ``records`` and ``patterns``."""
    tree = ast.parse(path.read_text())
    imported = [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        for alias in node.names
    ]
    stated = [
        call
        for statement in tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for call in ast.walk(statement)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "re.compile"
    ]
    # The one class that is ordered has all of the standard library's methods.
    assert path.name == "instant.py" or "dataclass" not in imported
    assert stated == []
