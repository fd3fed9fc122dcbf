"""Words of crash reports and what they mean (``terms.toml``)."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from triage.records import dataclass
from triage.resources import toml_table

_ALIKE = 0.6
_MOST_SUGGESTIONS = 5


@dataclass(frozen=True, slots=True)
class Term:
    """A term: its title and other names, the explanation, and where it can be checked."""

    names: tuple[str, ...]
    text: str
    source: str


@cache
def terms() -> tuple[Term, ...]:
    """All terms, in the order of the file."""
    entries = toml_table(Path(__file__).with_name("terms.toml"))["term"]
    return tuple(Term(tuple(entry["names"]), entry["text"], entry["source"]) for entry in entries)


def find_term(word: str) -> Term | None:
    """The term of that name, whatever its case and spacing; ``si_code=128`` and ``si_code: 128`` are one."""
    return _by_name().get(_plain(word))


def similar_names(word: str) -> list[str]:
    """Titles of terms whose name is like ``word`` or holds it, the likeliest first."""
    import difflib

    wanted = _plain(word)
    near = difflib.get_close_matches(wanted, list(_by_name()), _MOST_SUGGESTIONS, _ALIKE)
    holding = [name for name in _by_name() if wanted and wanted in name]
    return list(dict.fromkeys(_by_name()[name].names[0] for name in [*near, *holding]))[:_MOST_SUGGESTIONS]


@cache
def _by_name() -> Mapping[str, Term]:
    return {_plain(name): term for term in terms() for name in term.names}


def _plain(word: str) -> str:
    return " ".join(word.lower().replace(":", " ").replace("=", " ").split())
