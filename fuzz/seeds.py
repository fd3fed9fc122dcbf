"""Writes seeds for the fuzz targets: pieces of the logs in fixtures/, mutated, cut, spliced and interleaved.

Run ``python fuzz/seeds.py DIRECTORY [NUMBER]``.
"""

import random
import sys
from collections.abc import Callable
from pathlib import Path

FIXTURES = Path(__file__).parent.parent / "fixtures"
_LONGEST = 60_000
_SEED_BYTES = 5000

Lines = list[bytes]


def cut(lines: Lines, _: Lines, chance: random.Random) -> Lines:
    """A stretch of a log."""
    start = chance.randrange(len(lines))
    return lines[start : start + chance.randint(1, len(lines))]


def spliced(lines: Lines, other: Lines, chance: random.Random) -> Lines:
    """The beginning of one log and the end of another."""
    return [*lines[: chance.randrange(len(lines))], *other[chance.randrange(len(other)) :]]


def interleaved(lines: Lines, other: Lines, chance: random.Random) -> Lines:
    """The lines of two logs, each in its order."""
    mixed, left, right = [], list(lines), list(other)
    while left and right:
        mixed.append((left if chance.random() < 0.5 else right).pop(0))
    return [*mixed, *left, *right]


def shuffled(lines: Lines, _: Lines, chance: random.Random) -> Lines:
    """The lines of a log in any order."""
    return chance.sample(lines, len(lines))


def torn(lines: Lines, _: Lines, chance: random.Random) -> Lines:
    """A log with bytes changed, dropped and doubled."""
    data = bytearray(b"\n".join(lines))
    for _number in range(chance.randint(1, 200)):
        at = chance.randrange(len(data))
        data[at : at + chance.randint(0, 3)] = bytes(chance.choices(range(256), k=chance.randint(0, 3)))
    return bytes(data).split(b"\n")


DAMAGES: tuple[Callable[[Lines, Lines, random.Random], Lines], ...] = (cut, spliced, interleaved, shuffled, torn)


def logs() -> list[Lines]:
    """The lines of the fixtures' plain logs."""
    return [path.read_bytes()[:_LONGEST].split(b"\n") for path in sorted(FIXTURES.rglob("*.log"))]


def damaged(known: list[Lines], chance: random.Random) -> bytes:
    """One damaged log, or a piece of it that is long enough for some sections of a report."""
    lines, other = chance.choice(known), chance.choice(known)
    data = b"\n".join(chance.choice(DAMAGES)(lines, other, chance))
    start = chance.randrange(max(1, len(data) - _SEED_BYTES))
    return data[start : start + _SEED_BYTES]


def main(directory: Path, number: int) -> None:
    """Write ``number`` seeds."""
    directory.mkdir(parents=True, exist_ok=True)
    known, chance = logs(), random.Random(0)
    for count in range(number):
        (directory / f"{count:05}").write_bytes(damaged(known, chance))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200)
