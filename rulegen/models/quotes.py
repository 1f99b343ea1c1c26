"""Runs that lines share, and how many different runs there are: intervals by arrays, exactly.

Every place where a run of some length begins gets a number, equal where the runs are equal. Numbers of runs
twice as long are made of pairs of numbers (prefix doubling, Karp, Miller & Rosenberg 1972).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Some = NDArray[np.bool_]  # which lines are meant


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines of symbols end to end: int64 `symbols`; of each its line, and how many symbols of it are left."""

    symbols: Ints
    line: Ints
    left: Ints


@dataclass(frozen=True, slots=True)
class Shared:
    """A run that two sets of lines share: how many symbols, and the number of a line of each that has it."""

    length: int
    one: int
    other: int


def lines_of(lines: Sequence[Sequence[int]]) -> Lines:
    """Puts lines end to end."""
    lengths = np.array([len(line) for line in lines], dtype=np.int64)
    symbols = np.array([symbol for line in lines for symbol in line], dtype=np.int64)
    ends = np.repeat(np.cumsum(lengths), lengths)
    return Lines(symbols, np.repeat(np.arange(len(lines)), lengths), ends - np.arange(len(symbols)))


def runs(lines: Lines, length: int) -> Ints:
    """A number for the run of `length` symbols that begins at each place, −1 where the line is too short."""
    numbers, reached = np.unique(lines.symbols, return_inverse=True)[1].astype(np.int64), 1
    while reached < length:
        step = min(reached, length - reached)  # runs that overlap say no less
        numbers = _joined(lines, numbers, numbers, step, reached + step)
        reached += step
    return numbers


def growing(lines: Lines, most: int) -> Iterator[Ints]:
    """The same for the runs of 1, 2, … `most` symbols, each made of the ones before."""
    single = reached = runs(lines, 1)
    yield single
    for length in range(2, most + 1):
        reached = _joined(lines, reached, single, length - 1, length)
        yield reached


def longest_shared(lines: Lines, some: Some, others: Some) -> Shared | None:
    """The longest run that one of some lines shares with one of others; None without any.

    Of several, the one that comes first in some. The two sets of lines have none in common.
    """
    powers = [runs(lines, 1)]
    while _shares(lines, powers[-1], some, others):
        reached = 1 << len(powers) - 1
        powers.append(_joined(lines, powers[-1], powers[-1], reached, 2 * reached))
    if len(powers) == 1:
        return None
    best, length = powers[-2], 1 << len(powers) - 2
    for power in range(len(powers) - 3, -1, -1):
        longer = _joined(lines, best, powers[power], length, length + (1 << power))
        if _shares(lines, longer, some, others):
            best, length = longer, length + (1 << power)
    ours, theirs = _sides(lines, best, some, others)
    one = ours[np.flatnonzero(np.isin(best[ours], best[theirs]))[0]]
    other = theirs[np.flatnonzero(best[theirs] == best[one])[0]]
    return Shared(length, int(lines.line[one]), int(lines.line[other]))


def distinct(numbers: Ints) -> float:
    """The share of runs that are different among all runs (distinct-n: Li et al. 2016); 0 without any."""
    there = numbers[numbers >= 0]
    return len(np.unique(there)) / len(there) if len(there) else 0.0


def _joined(lines: Lines, first: Ints, second: Ints, step: int, length: int) -> Ints:
    """Numbers of runs of `length`, made of those that begin here and those that begin `step` later."""
    found = np.full(len(lines.symbols), -1, dtype=np.int64)
    here = np.flatnonzero(lines.left >= length)
    if len(here):
        pairs = first[here] * (len(lines.symbols) + 1) + second[here + step]
        found[here] = np.unique(pairs, return_inverse=True)[1]
    return found


def _sides(lines: Lines, numbers: Ints, some: Some, others: Some) -> tuple[Ints, Ints]:
    there = numbers >= 0
    return np.flatnonzero(there & some[lines.line]), np.flatnonzero(there & others[lines.line])


def _shares(lines: Lines, numbers: Ints, some: Some, others: Some) -> bool:
    ours, theirs = _sides(lines, numbers, some, others)
    return bool(np.isin(numbers[ours], numbers[theirs]).any())
