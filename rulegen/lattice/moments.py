"""The joint moments of layers: every choice of values for the components that a layer's own filters leave."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import prod

import numpy as np

from rulegen.lattice.codes import IndexArray, distinct, expand
from rulegen.lattice.pairs import Nodes, Pairs, Universe
from rulegen.lattice.problem import IntArray
from rulegen.lattice.reading import Reader
from rulegen.lattice.scopes import ScopeGroup, by_level

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
            self._levels = trie(self.columns, self.order)
        return self._levels

    def values(self, universe: Universe) -> IntArray:
        """The values themselves, int32 (moments, components)."""
        return np.stack([universe.values[c][self.columns[c]] for c in range(len(self.order))], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One level of a prefix trie: its nodes and, for each, where its children begin on the next level."""

    nodes: Nodes
    children: IndexArray  # (nodes + 1,)


def trie(columns: IntArray, order: tuple[int, ...]) -> list[Level]:
    """The prefix trie of columns that are sorted lexicographically by `order`."""
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
    found: dict[Hashable, tuple[frozenset[int], int]] = {}
    for reader in readers:
        for factor in reader.filters:
            if factor.key not in found:
                scope = reader.scopes[factor.name]
                if factor.key not in universe.densities:
                    forbidden = int(reader.forbidden(factor, sample).sum())
                    universe.densities[factor.key] = max(_SAMPLE - forbidden, 1)
                found[factor.key] = frozenset(scope.before + scope.after), universe.densities[factor.key]
    order: list[int] = []
    while len(order) < count:
        rest = [c for c in range(count) if c not in order]
        order.append(min(rest, key=lambda c: _growth(c, order, domains, list(found.values()))))
    return tuple(order)


def _growth(
    c: int, order: list[int], domains: Sequence[IntArray], filters: list[tuple[frozenset[int], int]]
) -> Fraction:
    """By what joining a component multiplies the pairs."""
    covered = {*order, c}
    allowed = [count for scope, count in filters if c in scope and scope <= covered]
    return Fraction(prod(allowed, start=max(domains[c].size, 1) ** 2), _SAMPLE ** len(allowed))


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


@dataclass(frozen=True, slots=True, eq=False)
class MomentKind:
    """What decides the joint moments of a layer: its domains, as positions, and its reader. A component that
    is not `relevant` is set to 0 as soon as its last filter has been applied, and moments then alike are one.
    """

    key: Hashable
    domains: Sequence[IntArray]
    reader: Reader
    relevant: frozenset[int] | None = None


class Overflow(TooLarge):
    """Several layers together have more joint moments than are looked at side by side."""


def joint_moments(
    universe: Universe, kinds: Sequence[MomentKind], order: tuple[int, ...], most: int
) -> list[IntArray]:
    """All joint moments of each kind that the filters reading nothing before allow, kinds side by side.

    int32 (components, moments), sorted lexicographically by `order`. Raises `TooMany` where one kind alone
    has more than `most`, also of the first components alone, and `Overflow` where several have together.
    """
    levels = by_level([(kind.reader, kind.reader.of_moments) for kind in kinds], order)
    columns = np.zeros((len(order), len(kinds)), dtype=np.int32)
    place = np.arange(len(kinds))
    columns, place = _keep(universe, levels[0], columns, place)
    for level in range(1, len(levels)):
        component = order[level - 1]
        domains = [kind.domains[component] for kind in kinds]
        sizes = np.array([domain.size for domain in domains])
        values, first = np.concatenate(domains), np.cumsum(sizes) - sizes
        step = max(1, (BLOCK >> 3) // max(1, int(sizes.max())))
        parts, found = [(columns[:, :0], place[:0])], 0
        for begin in range(0, columns.shape[1], step):
            owner, which = expand(sizes[place[begin : begin + step]])
            wider, at = columns[:, begin : begin + step][:, owner], place[begin : begin + step][owner]
            wider[component] = values[first[at] + which]
            parts.append(_keep(universe, levels[level], wider, at))
            found += parts[-1][1].size
            if found > most:
                raise TooMany(most, "joint moments") if len(kinds) == 1 else Overflow
        columns = np.concatenate([part for part, _ in parts], axis=1)
        place = np.concatenate([at for _, at in parts])
        columns, place = _forget(kinds, order, level, levels[level + 1 :], (columns, place))
    ends = np.searchsorted(place, np.arange(len(kinds) + 1))
    return [np.ascontiguousarray(columns[:, a:b]) for a, b in pairwise(ends.tolist())]


def _forget(
    kinds: Sequence[MomentKind],
    order: tuple[int, ...],
    level: int,
    later: list[list[ScopeGroup]],
    found: tuple[IntArray, IndexArray],
) -> tuple[IntArray, IndexArray]:
    columns, place = found
    gone = np.zeros((len(order), len(kinds)), dtype=bool)
    for at, kind in enumerate(kinds):
        if kind.relevant is not None:
            awaited = {c for groups in later for g in groups if g.which[at] >= 0 for c in g.scope.after}
            gone[[c for c in order[:level] if c not in kind.relevant and c not in awaited], at] = True
    if not gone.any():
        return found
    columns = np.where(gone[:, place], 0, columns)
    firsts, _ = distinct([place, *(columns[c] for c in order)], columns.shape[1])
    return columns[:, firsts], place[firsts]


def _keep(
    universe: Universe, groups: list[ScopeGroup], columns: IntArray, place: IndexArray
) -> tuple[IntArray, IndexArray]:
    for group in groups:
        everything = np.arange(columns.shape[1])
        pairs = Pairs(universe, None, Nodes(columns), everything, everything)
        good = np.flatnonzero(group.allowed(pairs, place))
        if good.size < place.size:
            columns, place = columns[:, good], place[good]
    return columns, place


def children_pairs(
    before: Level, after: Level, source: IndexArray, target: IndexArray
) -> tuple[IndexArray, IndexArray, IndexArray]:
    """All pairs of a child of before[source[i]] and a child of after[target[i]], and each one's i."""
    left, right = np.diff(before.children)[source], np.diff(after.children)[target]
    row, place = expand(left)
    first, begin = before.children[source][row] + place, after.children[target][row]
    each, column = expand(right[row])
    return first[each], begin[each] + column, row[each]
