"""Looks for the literals of many terminals in a block with numpy, by words of 4 bytes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from triage.logs.blocks import Block
from triage.logs.line_heads import heads_at, words_of
from triage.logs.prefixes import Prefixes
from triage.logs.scan_backend import Rows
from triage.logs.scan_literals import INNER_LENGTH, LONGEST_HEAD, SHORTEST_HEAD
from triage.records import dataclass

_HASH = np.uint32(0x9E3779B1)
_HASH_SHIFT = np.uint32(16)
_PIECE = 1 << 16
_WORD = 4


@dataclass(frozen=True, slots=True)
class _WordSet:
    """A set of 4-byte words that answers for many words at once: a hashed table first, then the sorted words."""

    table: NDArray[np.bool_]
    words: NDArray[np.uint32]

    @classmethod
    def of(cls, words: Iterable[int]) -> "_WordSet":
        known = np.array(sorted(words), dtype=np.uint32)
        table = np.zeros(1 << 16, dtype=np.bool_)
        table[(known * _HASH) >> _HASH_SHIFT] = True
        return cls(table, known)

    def find(self, words: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Which of ``words`` are in the set, and as which of ``self.words``."""
        # In pieces, so that what is worked out in between stays in the processor's cache.
        pieces = [
            np.flatnonzero(self.table.take((words[at : at + _PIECE] * _HASH) >> _HASH_SHIFT)) + at
            for at in range(0, len(words), _PIECE)
        ]
        hits = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int64)
        if not len(hits):
            return hits, hits
        places = np.minimum(np.searchsorted(self.words, words[hits]), len(self.words) - 1)
        exact = self.words[places] == words[hits]
        return hits[exact], places[exact]


class LiteralWords:
    """Finds lines by the words that their messages begin with, and literals by the words that stand in them."""

    def __init__(self, heads: Iterable[tuple[bytes, int]], inner: Iterable[tuple[bytes, int]]) -> None:
        self._heads: dict[int, list[tuple[bytes, int]]] = defaultdict(list)
        self._inner: dict[int, list[tuple[int, bytes, int]]] = defaultdict(list)
        for head, terminal in heads:
            self._heads[int.from_bytes(head[:SHORTEST_HEAD], "little")].append((head, terminal))
        for literal, terminal in inner:
            for offset in range(INNER_LENGTH - _WORD + 1):
                word = int.from_bytes(literal[offset : offset + _WORD], "little")
                self._inner[word].append((offset, literal, terminal))
        self._head_words = _WordSet.of(self._heads)
        self._inner_words = _WordSet.of(self._inner)

    def find(self, block: Block, prefixes: Prefixes) -> tuple[Mapping[int, Rows], list[tuple[int, int]]]:
        """The lines by terminal and head, and (row, terminal) by inner literal."""
        return self._by_head(block, prefixes), self._by_inner(block)

    def _by_head(self, block: Block, prefixes: Prefixes) -> dict[int, Rows]:
        rows, places = self._head_words.find(block.words[prefixes.messages].astype(np.uint32))
        order = np.argsort(places.astype(np.uint16), kind="stable")
        rows, bounds = rows[order], np.cumsum(np.bincount(places, minlength=len(self._head_words.words)))
        begins = heads_at(block, prefixes.messages[rows], LONGEST_HEAD)
        found: dict[int, list[Rows]] = defaultdict(list)
        for place in np.unique(places).tolist():
            here = slice(bounds[place - 1] if place else 0, bounds[place])
            for head, terminal in self._heads[int(self._head_words.words[place])]:
                fitting = rows[here][_beginning_with(head, begins[here])]
                if len(fitting):
                    found[terminal].append(fitting)
        return {
            terminal: parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))
            for terminal, parts in found.items()
        }

    def _by_inner(self, block: Block) -> list[tuple[int, int]]:
        words = np.frombuffer(block.data, dtype="<u4", count=len(block.data) // _WORD)
        hits, places = self._inner_words.find(words)
        found: dict[tuple[int, int], None] = {}
        for hit, place in zip(hits.tolist(), places.tolist(), strict=True):
            for offset, literal, terminal in self._inner[int(self._inner_words.words[place])]:
                start = hit * _WORD - offset
                if start >= 0 and block.data.startswith(literal, start):
                    found[int(np.searchsorted(block.starts, start, side="right")) - 1, terminal] = None
        return list(found)


def _beginning_with(head: bytes, begins: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which of ``begins`` start with ``head``, compared 8 bytes at a time."""
    good = np.ones(len(begins), dtype=np.bool_)
    for offset in range(0, len(head), 8):
        part = head[offset : offset + 8]
        mask = np.uint64((1 << 8 * len(part)) - 1)
        good &= (words_of(begins, offset) & mask) == np.uint64(int.from_bytes(part, "little"))
    return good
