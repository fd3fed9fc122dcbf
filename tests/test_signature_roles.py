"""The lists in roles.toml know what they should, and leave alone what they should."""

import re

import pytest

from triage.signature.names import NAME_LIMIT, function_name
from triage.signature.roles import LISTS, is_carried, role_of_function, role_of_module, role_table

SAMPLES = [(name, function) for name in LISTS for function in role_table()[name]["positive"]]
LOOKALIKES = [(name, function) for name in LISTS for function in role_table()[name]["negative"]]


@pytest.mark.parametrize(("role", "function"), SAMPLES)
def test_list_knows_its_samples(role: str, function: str) -> None:
    found = role_of_function(function_name(function))
    assert found is not None
    assert found.name == role
    assert found.why


@pytest.mark.parametrize(("role", "function"), LOOKALIKES)
def test_list_leaves_lookalikes_alone(role: str, function: str) -> None:
    found = role_of_function(function_name(function))
    assert found is None or found.name != role


@pytest.mark.parametrize("path", role_table()["library"]["positive_modules"])
def test_system_libraries_are_libraries(path: str) -> None:
    found = role_of_module(path)
    assert found is not None
    assert found.name == "library"


@pytest.mark.parametrize("path", role_table()["library"]["negative_modules"])
def test_modules_and_the_server_are_no_libraries(path: str) -> None:
    assert role_of_module(path) is None


@pytest.mark.parametrize(
    "name",
    [
        "libc" + "-a" * 120 + "!",
        "libssl" + ".so" * 80 + "x",
        "_" * 250 + "x",
        "je_" * 80 + "!",
        "pthread_mutex" + "_a" * 99,
        "core::" * 40,
        "std::__throw_" * 20,
        "{lambda(" * 30,
        "<" * 256,
        "(" * 256,
        "_ZN" + "9" * 250,
        "operator<" * 20,
    ],
)
def test_hostile_names_are_answered_at_once(name: str) -> None:
    """Each of these would keep a pattern that backtracks busy for longer than the test run lasts."""
    assert len(function_name(name)) <= 2 * NAME_LIMIT
    assert role_of_function(name) is role_of_function(name)
    assert role_of_module(name) is role_of_module(name)


def test_functions_that_only_read_what_a_connection_carries() -> None:
    carried = role_table()["carried"]
    assert all(map(is_carried, carried["positive"]))
    assert not any(map(is_carried, carried["negative"]))


def test_every_pattern_compiles_and_says_why() -> None:
    entries = [entry for name in LISTS for entry in role_table()[name]["patterns"]]
    assert all(entry["why"].strip() and re.compile(entry["match"]) for entry in entries)
