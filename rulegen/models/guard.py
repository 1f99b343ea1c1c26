"""An automaton that knows a line from the pieces that a model was trained on, for as long as it quotes them.

Its state is the longest end of the line so far that is a run of the training lines, of at most so many
intervals (Aho & Corasick 1975: a trie of runs with links to the longest shorter end). Runs that the voice
cannot sing are left out, and states with equal futures are one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.models.base import Ints
from rulegen.models.quotes import Lines, Some, growing

HELD, BROKEN = 0, 1  # the letters before those of intervals: no note begins; what went before does not count
_INTERVALS = 2
LARGEST = 40_000_000  # cases of states and letters

Numbers = NDArray[np.int64]


class TooMuchToKnow(Exception):
    """The training lines have more runs than can be told apart."""


@dataclass(frozen=True, eq=False)
class Guard:
    """Letters are HELD, BROKEN, then each of `intervals`, semitones ascending.

    following: int32 (states, letters); quotes: bool (states, letters), whether the note makes a run longer
    than may be. State 0 remembers nothing.
    """

    intervals: tuple[int, ...]
    following: Ints
    quotes: Some


def guard_of(lines: Lines, most: int, pitches: NDArray[np.integer[Any]]) -> Guard:
    """The guard against runs of more than `most` intervals less one: `most` of them are a quotation.

    pitches: MIDI numbers that the voice can sing. Raises TooMuchToKnow.
    """
    levels = list(_levels(lines, most, pitches))
    intervals = np.unique(lines.symbols[levels[0] >= 0])
    sizes = [1, *(int(level.max(initial=-1)) + 1 for level in levels[:-1])]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    if starts[-1] * (len(intervals) + _INTERVALS) > LARGEST:
        raise TooMuchToKnow
    trie = _Trie(lines, levels, starts, np.searchsorted(intervals, lines.symbols))
    following = np.zeros((int(starts[-1]), len(intervals)), dtype=np.int32)
    quotes = np.zeros(following.shape, dtype=bool)
    for length in range(most):
        trie.fill(length, following, quotes)
    following, quotes = _minimal(following, quotes)
    held = np.arange(len(following), dtype=np.int32)[:, None]
    never = np.zeros((len(following), _INTERVALS), dtype=bool)
    return Guard(
        tuple(intervals.tolist()), np.hstack([held, held * 0, following]), np.hstack([never, quotes])
    )


@dataclass(frozen=True, eq=False)
class _Trie:
    """Runs by length. levels[n - 1]: (places,), the number of the run of n intervals that begins at a place,
    −1 where none does that can be sung. Its node is that number after starts[n].
    """

    lines: Lines
    levels: list[Numbers]
    starts: Numbers
    letters: Numbers  # (places,)

    def nodes(self, length: int, places: Numbers) -> Numbers:
        """The nodes of the runs of a length that begin at places."""
        return places * 0 if not length else self.starts[length] + self.levels[length - 1][places]

    def fill(self, length: int, following: Ints, quotes: Some) -> None:
        """The rows of the runs of a length: those of their end that is one shorter, then what goes on."""
        if length:
            places = np.flatnonzero(self.levels[length - 1] >= 0)
            following[self.nodes(length, places)] = following[self._shorter(length, places)]
        places = np.flatnonzero(self.levels[length] >= 0)
        row, letter = self.nodes(length, places), self.letters[places + length]
        if length + 1 < len(self.levels):
            following[row, letter] = self.nodes(length + 1, places)
        else:
            quotes[row, letter] = True
            following[row, letter] = self._shorter(length + 1, places)

    def _shorter(self, length: int, places: Numbers) -> Numbers:
        return places * 0 if length == 1 else self.nodes(length - 1, places + 1)


def _levels(lines: Lines, most: int, pitches: NDArray[np.integer[Any]]) -> Iterator[Numbers]:
    """The numbers of runs by their length, those that can be sung counted from 0 without a gap."""
    for numbers, sung in zip(growing(lines, most), _sung(lines, most, pitches), strict=True):
        found = np.full(len(numbers), -1, dtype=np.int64)
        kept = np.flatnonzero((numbers >= 0) & sung)
        found[kept] = np.unique(numbers[kept], return_inverse=True)[1]
        yield found


def _sung(lines: Lines, most: int, pitches: NDArray[np.integer[Any]]) -> Iterator[Some]:
    """Whether the run of 1, 2, … intervals that begins at each place stays within the pitches from any."""
    low = int(pitches.min()) if len(pitches) else 0
    there = np.bincount(pitches.astype(np.int64) - low).astype(bool)
    count, span = len(lines.symbols), len(there)
    starts = np.tile(there, (count, 1))  # from which of the pitches each can be sung so far
    height = np.zeros(count, dtype=np.int64)
    for length in range(1, most + 1):
        height = height + lines.symbols[np.minimum(np.arange(count) + length - 1, count - 1)]
        reached = np.arange(span)[None, :] + height[:, None]
        inside = (reached >= 0) & (reached < span)
        starts &= inside & there[np.where(inside, reached, 0)]
        yield np.asarray(starts.any(axis=1))


def _minimal(following: Ints, quotes: Some) -> tuple[Ints, Some]:
    """The same with states of equal futures made one (Moore 1956), state 0 first."""
    generator = np.random.default_rng(0)
    weights = generator.integers(1, 1 << 63, (2, quotes.shape[1] + 1), dtype=np.uint64) | np.uint64(1)
    classes, count = _ranked(quotes @ weights[0, 1:]), 0
    while int(classes.max()) + 1 > count:
        count = int(classes.max()) + 1
        values = generator.integers(1 << 63, size=count, dtype=np.uint64)[classes]
        classes = _ranked(values * weights[1, 0] + (values[following] * weights[1, 1:]).sum(axis=1))
    first = np.unique(classes, return_index=True)[1]
    if not (
        np.array_equal(classes[following], classes[following[first]][classes])
        and np.array_equal(quotes, quotes[first][classes])
    ):
        return following, quotes  # two sums were equal by chance: there are more states than need be
    return classes[following[first]], quotes[first]


def _ranked(sums: NDArray[np.uint64]) -> Ints:
    """A number for each sum, equal for equal ones, by order of appearance: unequal states have unequal sums,
    but for a chance of one in 10^8 that is looked into afterwards.
    """
    _, first, place = np.unique(sums, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return rank[place]
