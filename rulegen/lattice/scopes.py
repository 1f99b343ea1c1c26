"""Factors of many layers sorted by what they read: each is evaluated once for all layers that have it.

Layers stand side by side, each at its *place*. Where two layers have the same factors on a scope they share a
table over the distinct cases of that scope; a pair is looked up by its place's table and its case.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.codes import BoolArray, Integers
from rulegen.lattice.pairs import Pairs
from rulegen.lattice.problem import Factor, FloatArray, IntArray
from rulegen.lattice.reading import ReadComponents, Reader, Scoped

Asked = tuple[Reader, Sequence[Scoped]]  # a layer's reader, and those of its factors that are asked for


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of factors on pairs, and how the answers of several are put together."""

    name: str
    start: bool | float
    answer: Callable[[Reader, Factor, Pairs], NDArray[Any]]
    together: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]


_ALLOWED = _Question("allowed", True, lambda r, f, pairs: ~r.forbidden(f, pairs), np.logical_and)
_WEIGHT = _Question("weight", 0.0, lambda r, f, pairs: r.weight(f, pairs), np.add)


@dataclass(slots=True, eq=False)
class ScopeGroup:
    """All factors of one scope: the sets in which layers have them; which set each place has (-1: none)."""

    scope: ReadComponents
    which: IntArray  # (places,)
    sets: list[tuple[Reader, Scoped]] = field(default_factory=list)
    _known: dict[Hashable, int] = field(default_factory=dict, repr=False)

    def add(self, place: int, reader: Reader, factors: Scoped) -> None:
        """Let a place have these factors."""
        if factors.key not in self._known:
            self._known[factors.key] = len(self.sets)
            self.sets.append((reader, factors))
        self.which[place] = self._known[factors.key]

    def allowed(self, pairs: Pairs, place: Integers) -> BoolArray:
        """Which pairs all factors of their places allow, (pairs,)."""
        found: BoolArray = self._ask(_ALLOWED, pairs, place)
        return found

    def weight(self, pairs: Pairs, place: Integers) -> FloatArray:
        """Nats of all factors of each pair's place, (pairs,); what a filter forbids counts nothing here."""
        found: FloatArray = self._ask(_WEIGHT, pairs, place)
        return found

    def _ask(self, question: _Question, pairs: Pairs, place: Integers) -> NDArray[Any]:
        which = self.which[place]
        if (self.which >= 0).all():
            return self._answers(question, pairs, which)
        rows = np.flatnonzero(which >= 0)
        answers = np.full(len(pairs), question.start)
        answers[rows] = self._answers(question, pairs.some(rows), which[rows])
        return answers

    def _answers(self, question: _Question, pairs: Pairs, which: IntArray) -> NDArray[Any]:
        found = pairs.on(self.scope)
        if found is not None:
            key, cases, case = found
            tables = [self._table(question, each, cases, key) for each in self.sets]
            if len(tables) == 1:
                return np.take(tables[0], case)
            answers: NDArray[Any] = np.stack(tables)[which, case]
            return answers
        if len(self.sets) == 1:
            return self._table(question, self.sets[0], pairs, None)
        answers = np.full(len(pairs), question.start)
        for number, each in enumerate(self.sets):
            rows = np.flatnonzero(which == number)
            answers[rows] = self._table(question, each, pairs.some(rows), None)
        return answers

    def _table(
        self, question: _Question, asked: tuple[Reader, Scoped], cases: Pairs, key: Hashable
    ) -> NDArray[Any]:
        """A set's answers on cases; `key` is equal for equal cases, whose answers are kept."""
        reader, factors = asked
        answers = np.full(len(cases), question.start)
        kept = cases.universe.cases
        for factor, identity in zip(factors.factors, factors.key, strict=True):
            whole = (question.name, identity, key)
            own = kept.get(whole) if key is not None else None
            if own is None:
                own = question.answer(reader, factor, cases)
                if key is not None:
                    kept[whole] = own
            answers = question.together(answers, own)
        return answers


def by_scope(asked: Sequence[Asked]) -> list[ScopeGroup]:
    """The factors of layers by their scope, in order of appearance."""
    groups: dict[ReadComponents, ScopeGroup] = {}
    for place, (reader, factors) in enumerate(asked):
        for some in factors:
            if some.scope not in groups:
                groups[some.scope] = ScopeGroup(some.scope, np.full(len(asked), -1, dtype=np.int32))
            groups[some.scope].add(place, reader, some)
    return list(groups.values())


def by_level(
    asked: Sequence[Asked], order: Sequence[int], *, after_only: bool = False
) -> list[list[ScopeGroup]]:
    """Scopes by the level of `order` at which they are covered, and there the smallest first.

    With `after_only`, what they read before is there from the beginning.
    """
    depth = {component: i + 1 for i, component in enumerate(order)}
    levels: list[list[ScopeGroup]] = [[] for _ in range(len(order) + 1)]
    for group in by_scope(asked):
        covered: Iterable[int] = group.scope.after
        if not after_only:
            covered = (*group.scope.before, *group.scope.after)
        levels[max((depth[c] for c in covered), default=0)].append(group)
    return [sorted(level, key=lambda g: len(g.scope.before) + len(g.scope.after)) for level in levels]
