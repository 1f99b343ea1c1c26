"""Aggregates over a stretch of time as one small automaton: a counter, a running extremum, a sum, or several
at once.

The automaton is built on raw values, then states with the same future are merged (Moore 1956), which caps
a counter where it can no longer matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.folds.extremum import Nested
from rulegen.folds.window import TooWide
from rulegen.lattice.codes import distinct
from rulegen.lattice.problem import IntArray
from rulegen.rules.evaluate import Reading, cells
from rulegen.rules.tables import Tables
from rulegen.style.expression import Typed

FINEST, TOLERANCE = 2**8 * 3**2 * 5 * 7, 1e-8  # sums are multiples of 1/FINEST, or told to nine places

LARGEST_AUTOMATON = 400_000  # raw states × letters


@dataclass(frozen=True)
class Operation:
    """What an aggregate does with each place: from `start`, a step takes a state by a letter to another.

    Running it reduces the letters of finished music; composing explores which states its letters reach.
    """

    step: np.ufunc
    start: float
    valued: bool = False  # its letters are values of the places; else how many of them there are

    def letters(self, holds: NDArray[np.bool_], values: Any) -> NDArray[np.float64]:
        """The letter of each place; where its condition fails, the one that changes nothing."""
        numbers = np.asarray(values[1] if isinstance(values, tuple) else values, dtype=float)
        return np.where(holds, numbers if self.valued else 1.0, self.start)

    def run(self, letters: NDArray[np.float64]) -> NDArray[np.float64]:
        """The state after all letters, (…, places in order of time) → (…)."""
        return np.asarray(self.step.reduce(letters, axis=-1, initial=self.start))

    def after(self, states: NDArray[np.float64], letters: NDArray[np.float64]) -> NDArray[np.float64]:
        """(states, letters): the state after each letter."""
        return np.asarray(self.step.outer(states, letters))

    def value(self, states: Any) -> Any:
        """What is told of a state."""
        return states

    def has_value(self, states: Any) -> Any:
        """Whether there is anything to be told."""
        return np.isfinite(states)


class _Sum(Operation):
    """Sums of fractions are those fractions, however they came about."""

    def after(self, states: NDArray[np.float64], letters: NDArray[np.float64]) -> NDArray[np.float64]:
        """(states, letters): the sum after each letter."""
        return _snapped(np.add.outer(states, letters))

    def value(self, states: Any) -> Any:
        """The sum."""
        return _snapped(states)


def _snapped(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    near = np.round(sums * FINEST) / FINEST
    return np.asarray(np.where(np.abs(near - sums) < TOLERANCE, near, np.round(sums, 9)))


class _Exists(Operation):
    def value(self, states: Any) -> Any:
        """Whether anything was there."""
        return states > 0


class _All(Operation):
    def value(self, states: Any) -> Any:
        """Whether no place failed: its letters are failures."""
        return states == 0


class _Last(Operation):
    """The state is the letter that came last; -1 is none, and is told as if it were false."""

    def run(self, letters: NDArray[np.float64]) -> NDArray[np.float64]:
        """The last letter that is one."""
        place = np.where(letters >= 0, np.arange(letters.shape[-1]), -1).max(axis=-1, initial=-1)
        found = np.take_along_axis(letters, np.maximum(place, 0)[..., None], axis=-1)[..., 0]
        return np.where(place >= 0, found, self.start)

    def after(self, states: NDArray[np.float64], letters: NDArray[np.float64]) -> NDArray[np.float64]:
        """(states, letters): each letter, and the state where it is none."""
        return np.where(letters >= 0, letters, states[:, None])

    def value(self, states: Any) -> Any:
        """Whether the last was true."""
        return states > 0


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "count": Operation(np.add, 0.0),
        "sum": _Sum(np.add, 0.0, valued=True),
        "max": Operation(np.maximum, -np.inf, valued=True),
        "min": Operation(np.minimum, np.inf, valued=True),
        "exists": _Exists(np.maximum, 0.0),
        "all": _All(np.maximum, 0.0),
        "last": _Last(np.maximum, -1.0, valued=True),
    }
)
"""Aggregates by their names."""


@dataclass(frozen=True)
class Accumulator:
    """One aggregate: its operation, the values that it may be fed (sorted), and the most events there can be.

    Letters: for count, exists and all the number of events, 0 .. `most_at_once`; else 0 for nothing, i+1
    for values[i].
    """

    operation: str
    values: tuple[float, ...]
    most: int
    most_at_once: int

    @property
    def counts(self) -> bool:
        """Whether it counts events, whatever their value."""
        return not OPERATIONS[self.operation].valued

    @property
    def letters(self) -> int:
        """How many letters it reads."""
        return self.most_at_once + 1 if self.counts else len(self.values) + 1

    def raw(self) -> tuple[NDArray[np.float64], IntArray]:
        """The value of each raw state (nan: nothing yet), and (states, letters) → the state that follows: all
        that is reached from the start, in order. Raises TooWide.
        """
        operation = OPERATIONS[self.operation]
        counts = np.arange(self.letters, dtype=float)
        letters = counts if self.counts else np.array([operation.start, *self.values])
        most = {"count": float(self.most), "exists": 1.0, "all": 1.0}.get(self.operation, np.inf)
        reached = np.array([operation.start])
        for _ in range(self.most):
            following = np.minimum(operation.after(reached, letters), most)
            further = np.unique(np.append(reached, following))
            if len(further) == len(reached):
                break
            if len(further) * self.letters > LARGEST_AUTOMATON:
                raise TooWide
            reached = further
        start = int(np.searchsorted(reached, operation.start))
        order = np.concatenate([[start], np.delete(np.arange(len(reached)), start)])
        following = np.minimum(operation.after(reached[order], letters), most)
        place = np.minimum(np.searchsorted(reached, following), len(reached) - 1)
        states = reached[order]
        told = np.where(operation.has_value(states), operation.value(states), np.nan)
        return told, np.argsort(order)[place].astype(np.int32)


@dataclass(frozen=True)
class Automaton:
    """(states, letters) → state that follows; state 0 begins. `events`: whether a stretch that ends there is
    an event; `doomed`: whether all that can follow ends in one."""

    following: IntArray
    events: NDArray[np.bool_]
    doomed: NDArray[np.bool_]


def automaton_of(skeleton: Typed, accumulators: Sequence[Accumulator | Nested], tables: Tables) -> Automaton:
    """The automaton of an event that speaks of aggregates; in the skeleton aggregate i is Cell(kind, "value",
    i, 0). Raises TooWide.
    """
    if not accumulators:  # what is known beforehand
        always = np.array(Reading(tables, {}).truth(skeleton, 1))
        return Automaton(np.zeros((1, 1), dtype=np.int32), always, always)
    raws = [each.raw() for each in accumulators]
    sizes, letters = [len(values) for values, _ in raws], [each.letters for each in accumulators]
    if prod(sizes) * prod(letters) > LARGEST_AUTOMATON * 10:
        raise TooWide
    states = np.indices(sizes).reshape(len(sizes), -1)
    words = np.indices(letters).reshape(len(letters), -1)
    following = np.zeros((states.shape[1], words.shape[1]), dtype=np.int64)
    for place, (_, table) in enumerate(raws):
        following = following * sizes[place] + table[states[place][:, None], words[place]]
    values = [raw[place] for (raw, _), place in zip(raws, states, strict=True)]
    known = ~np.any([np.isnan(each) for each in values], axis=0)
    codes = {
        (cell.component, cell.element): values[cell.component].astype(bool)
        if accumulators[cell.component].operation in ("exists", "all", "last")
        else np.nan_to_num(values[cell.component])
        for cell in cells(skeleton)
    }
    events = Reading(tables, codes).truth(skeleton, states.shape[1]) & known
    return _minimal(following, np.array(events))


def _minimal(following: NDArray[np.int64], events: NDArray[np.bool_]) -> Automaton:
    reached = _reached(following)
    following, events = np.searchsorted(reached, following[reached]), events[reached]
    classes = events.astype(np.int64)
    first, _ = distinct([classes], len(classes))
    before, count = 0, len(first)
    while count != before:
        first, ranks = distinct([classes, *classes[following].T], len(classes))
        classes, before, count = ranks.astype(np.int64), count, len(first)
    order = np.argsort(
        np.where(np.arange(len(first)) == classes[0], -1, np.arange(len(first))), kind="stable"
    )
    rank = np.argsort(order)
    chosen = first[order]
    table = rank[classes[following[chosen]]].astype(np.int32)
    return Automaton(table, events[chosen], _doomed(table, events[chosen]))


def _reached(following: NDArray[np.int64]) -> NDArray[np.int64]:
    found = np.zeros(len(following), dtype=bool)
    frontier = np.array([0])
    while len(frontier):
        found[frontier] = True
        entered = np.zeros(len(following), dtype=bool)
        entered[following[frontier]] = True
        frontier = np.flatnonzero(entered & ~found)
    return np.flatnonzero(found)


def _doomed(table: IntArray, events: NDArray[np.bool_]) -> NDArray[np.bool_]:
    safe = ~events
    while True:
        further = safe | safe[table].any(axis=1)
        if (further == safe).all():
            return ~safe
        safe = further
