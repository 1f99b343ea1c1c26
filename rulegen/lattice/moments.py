"""The joint moments of a layer: every choice of values for the components that its own filters leave."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod

import numpy as np

from rulegen.lattice.codes import BoolArray, IndexArray, distinct, expand
from rulegen.lattice.problem import Factor, IntArray
from rulegen.lattice.reading import Nodes, Pairs, ReadComponents, Reader, Universe

_SAMPLE = 2048  # cases on which a filter's selectivity is estimated
BLOCK = 1 << 21  # candidates that are looked at together


class TooLarge(Exception):
    """Something is larger than was allowed for."""


class TooMany(TooLarge):
    """More than `most` of something (`joint moments`, `moves`) between two layers."""

    def __init__(self, most: int, what: str) -> None:
        super().__init__(f"more than {most} {what}")
        self.most = most
        self.what = what


@dataclass(frozen=True, slots=True)
class Limits:
    """How many joint moments, and moves between two layers, are looked at, partial ones too.

    A layer may have two million arcs or more (`of`), and what goes far beyond that does not become less by
    the memories to come.
    """

    moments: int = 4_000_000
    moves: int = 8_000_000

    @classmethod
    def of(cls, budget: int) -> Limits:
        """The limits where a layer may have `budget` arcs."""
        most = cls()
        return cls(max(most.moments, 2 * budget), max(most.moves, 4 * budget))


@dataclass(slots=True, eq=False)
class Moments:
    """Joint moments, int32 (components, moments) positions in the universe,
    sorted lexicographically by `order`."""

    key: Hashable
    columns: IntArray
    order: tuple[int, ...]
    _levels: list[Level] = field(default_factory=list, repr=False)

    def __len__(self) -> int:
        return int(self.columns.shape[1])

    def levels(self) -> list[Level]:
        """The prefix trie: level i holds the distinct choices of the first i components in order,
        level 0 the root."""
        if not self._levels:
            self._levels = _trie(self.columns, self.order)
        return self._levels

    def values(self, universe: Universe) -> IntArray:
        """The values themselves, int32 (moments, components)."""
        return np.stack([universe.values[c][self.columns[c]] for c in range(len(self.order))], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One level of a prefix trie: its nodes and, for each, where its children begin on the next level."""

    nodes: Nodes
    children: IndexArray  # (nodes + 1,)


def _trie(columns: IntArray, order: tuple[int, ...]) -> list[Level]:
    length = columns.shape[1]
    fresh = np.zeros(length, dtype=bool)
    fresh[:1] = True
    firsts = [np.flatnonzero(fresh)]
    for component in order:
        fresh = fresh.copy()
        fresh[1:] |= columns[component, 1:] != columns[component, :-1]
        firsts.append(np.flatnonzero(fresh))
    levels = []
    for i, first in enumerate(firsts):
        below = firsts[i + 1] if i + 1 < len(firsts) else first
        children = np.append(np.searchsorted(below, first), below.size)
        levels.append(Level(Nodes(np.ascontiguousarray(columns[:, first])), children))
    return levels


FilterGroup = list[tuple[ReadComponents, list[Factor]]]  # filters by their scope


def group_filters(
    reader: Reader, filters: Iterable[Factor], order: Sequence[int], *, after_only: bool = False
) -> list[FilterGroup]:
    """Filters by the level of `order` at which their scope is covered, and there by scope, smallest first.

    With `after_only`, what they read before is there from the beginning.
    """
    depth = {component: i + 1 for i, component in enumerate(order)}
    groups: list[dict[ReadComponents, list[Factor]]] = [{} for _ in range(len(order) + 1)]
    for factor in filters:
        scope = reader.scopes[factor.name]
        covered = scope.after if after_only else (*scope.before, *scope.after)
        level = max((depth[c] for c in covered), default=0)
        groups[level].setdefault(scope, []).append(factor)
    return [sorted(g.items(), key=lambda item: len(item[0].before) + len(item[0].after)) for g in groups]


def allowed(reader: Reader, scope: ReadComponents, factors: list[Factor], pairs: Pairs) -> BoolArray:
    """Which pairs all of `factors`, of one scope, allow;
    tabulated on the scope where that is smaller, bool (pairs,)."""
    if not scope.before and not scope.after:
        cases = Pairs(
            pairs.universe, None, pairs.after, np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        )
        return np.full(len(pairs), len(pairs) > 0 and bool(_all_allow(reader, factors, cases).all()))
    found = pairs.on(scope)
    if found is None:
        return _all_allow(reader, factors, pairs)
    key, cases, place = found
    whole = ("allow", tuple(factor.key for factor in factors), key)
    if whole not in pairs.universe.cases:
        pairs.universe.cases[whole] = _all_allow(reader, factors, cases)
    return np.take(pairs.universe.cases[whole], place)


def _all_allow(reader: Reader, factors: list[Factor], pairs: Pairs) -> BoolArray:
    good = np.ones(len(pairs), dtype=bool)
    for factor in factors:
        good &= ~reader.forbidden(factor, pairs)
    return good


def choose_order(
    universe: Universe, readers: Iterable[Reader], domains: Sequence[IntArray]
) -> tuple[int, ...]:
    """The order in which components are joined: each time the one whose joining leaves fewest pairs, as
    estimated.

    `domains` are positions; a filter's selectivity is measured on a fixed sample of its own scope. Estimates
    are exact fractions, so that the same are the same on every machine: the earlier component comes first.
    """
    count = len(domains)
    if count <= 2:
        return tuple(range(count))
    sample = _sample(universe, domains)
    found: dict[Hashable, tuple[frozenset[int], float]] = {}
    for reader in readers:
        for factor in reader.filters:
            if factor.key not in found:
                scope = reader.scopes[factor.name]
                if factor.key not in universe.densities:
                    density = 1.0 - float(reader.forbidden(factor, sample).mean())
                    universe.densities[factor.key] = max(density, 1.0 / _SAMPLE)
                found[factor.key] = frozenset(scope.before + scope.after), universe.densities[factor.key]
    order: list[int] = []
    while len(order) < count:
        rest = [c for c in range(count) if c not in order]
        order.append(min(rest, key=lambda c: _growth(c, order, domains, list(found.values()))))
    return tuple(order)


def _growth(
    c: int, order: list[int], domains: Sequence[IntArray], filters: list[tuple[frozenset[int], float]]
) -> Fraction:
    """By what joining a component multiplies the pairs."""
    covered = {*order, c}
    densities = [Fraction(density) for scope, density in filters if c in scope and scope <= covered]
    return prod(densities, start=Fraction(max(domains[c].size, 1) ** 2))


def _sample(universe: Universe, domains: Sequence[IntArray]) -> Pairs:
    count = len(domains)
    picks = np.arange(_SAMPLE, dtype=np.int64)
    sides = []
    for side in range(2):
        hashed = [
            (picks * (2654435761 + 97 * (c + count * side)) >> 7) % max(d.size, 1)
            for c, d in enumerate(domains)
        ]
        sides.append(Nodes(np.stack([d[h] for d, h in zip(domains, hashed, strict=True)]).astype(np.int32)))
    return Pairs(universe, sides[0], sides[1], picks, picks)


def joint_moments(
    universe: Universe,
    domains: Sequence[IntArray],
    reader: Reader,
    order: tuple[int, ...],
    limits: Limits,
    relevant: frozenset[int] | None = None,
) -> IntArray:
    """All joint moments over `domains` (positions) that the filters reading nothing before allow.

    int32 (components, moments), sorted lexicographically by `order`. Raises `TooMany` beyond the limits. A
    component that is not `relevant` is set to 0 as soon as its last filter has been applied, and moments
    then alike are one.
    """
    groups = group_filters(reader, moment_filters(reader), order)
    columns = np.zeros((len(order), 1), dtype=np.int32)
    for level, group in enumerate(groups):
        if level == 0:
            columns = _keep(universe, reader, group, columns)
            continue
        component, domain = order[level - 1], domains[order[level - 1]]
        step = max(1, (BLOCK >> 3) // max(1, domain.size))
        parts, found = [], 0
        for begin in range(0, columns.shape[1], step):
            block = np.repeat(columns[:, begin : begin + step], domain.size, axis=1)
            block[component] = np.tile(domain, min(step, columns.shape[1] - begin))
            parts.append(_keep(universe, reader, group, block))
            found += parts[-1].shape[1]
            if found > limits.moments:
                raise TooMany(limits.moments, "joint moments")
        columns = np.concatenate(parts, axis=1) if parts else columns[:, :0]
        if relevant is not None:
            columns = _forget(columns, order, relevant, groups[level + 1 :], level)
    return columns


def _forget(
    columns: IntArray, order: tuple[int, ...], relevant: frozenset[int], later: list[FilterGroup], level: int
) -> IntArray:
    awaited = {c for group in later for scope, _ in group for c in scope.after}
    gone = [c for c in order[:level] if c not in relevant and c not in awaited]
    if not gone:
        return columns
    columns = columns.copy()
    columns[gone] = 0
    firsts, _ = distinct([columns[c] for c in order], columns.shape[1])
    return columns[:, firsts]


def moment_filters(reader: Reader) -> list[Factor]:
    """The filters that read nothing before."""
    return [f for f in reader.filters if not reader.scopes[f.name].before]


def _keep(universe: Universe, reader: Reader, group: FilterGroup, columns: IntArray) -> IntArray:
    for scope, factors in group:
        everything = np.arange(columns.shape[1])
        pairs = Pairs(universe, None, Nodes(columns), everything, everything)
        columns = columns[:, allowed(reader, scope, factors, pairs)]
    return columns


def children_pairs(
    before: Level, after: Level, source: IndexArray, target: IndexArray
) -> tuple[IndexArray, IndexArray]:
    """All pairs of a child of before[source[i]] and a child of after[target[i]]."""
    left, right = np.diff(before.children)[source], np.diff(after.children)[target]
    owner, place = expand(left * right)
    width = right[owner]
    row = place // width
    return before.children[source][owner] + row, after.children[target][owner] + (place - row * width)
