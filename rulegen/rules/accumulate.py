"""Aggregates over a stretch of time as one small automaton: a counter, a running extremum, a sum, or several
at once.

The automaton is built on raw values, then states with the same future are merged (Moore 1956), which caps
a counter where it can no longer matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.codes import distinct
from rulegen.lattice.problem import IntArray
from rulegen.rules.evaluate import Reading
from rulegen.rules.machine import TooWide
from rulegen.rules.nested import Nested
from rulegen.rules.tables import Tables
from rulegen.style.expression import Typed

LARGEST_AUTOMATON = 400_000  # raw states × letters


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
        return self.operation in ("count", "exists", "all")

    @property
    def letters(self) -> int:
        """How many letters it reads."""
        return self.most_at_once + 1 if self.counts else len(self.values) + 1

    def raw(self) -> tuple[NDArray[np.float64], IntArray]:
        """The value of each raw state (nan: nothing yet), and (states, letters) → the state that follows."""
        if self.counts:
            cap = 1 if self.operation != "count" else self.most
            states = np.arange(cap + 1)
            following = np.minimum(states[:, None] + np.arange(self.letters), cap)
            return self._reading(states.astype(float)), following.astype(np.int32)
        if self.operation == "sum":
            return self._sums()
        ranks = np.arange(len(self.values) + 1)
        if self.operation == "last":  # nothing yet is as if it were false
            following = np.where(ranks > 0, ranks, ranks[:, None])
            return np.concatenate([[0.0], self.values]), following.astype(np.int32)
        if self.operation == "max":
            following = np.maximum(ranks[:, None], ranks)
        else:
            nothing_last = np.where(ranks == 0, len(ranks), ranks)
            following = np.minimum(nothing_last[:, None], nothing_last) % len(ranks)
        return np.concatenate([[np.nan], self.values]), following.astype(np.int32)

    def _reading(self, counted: NDArray[np.float64]) -> NDArray[np.float64]:
        return 1.0 - counted if self.operation == "all" else counted

    def _sums(self) -> tuple[NDArray[np.float64], IntArray]:
        reached = np.zeros(1)
        for _ in range(self.most):
            further = np.array(
                sorted(set(np.round((reached[:, None] + np.array([0.0, *self.values])).ravel(), 9).tolist()))
            )
            if len(further) == len(reached):
                break
            if len(further) * self.letters > LARGEST_AUTOMATON:
                raise TooWide
            reached = further
        start = int(np.searchsorted(reached, 0.0))
        order = np.concatenate([[start], np.delete(np.arange(len(reached)), start)])
        ordered = reached[order]
        sums = np.round(ordered[:, None] + np.array([0.0, *self.values]), 9)
        place = np.minimum(np.searchsorted(reached, sums), len(reached) - 1)
        rank = np.argsort(order)
        return ordered, rank[place].astype(np.int32)


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
        (place, 0): each.astype(bool)
        if accumulators[place].operation in ("exists", "all", "last")
        else np.nan_to_num(each)
        for place, each in enumerate(values)
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
