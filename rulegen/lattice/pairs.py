"""Pairs of (partial) joint moments, and the letters of parts on them, tabulated on their own scopes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

import numpy as np

from rulegen.lattice.codes import BoolArray, IndexArray, Integers, distinct, distinct_keys
from rulegen.lattice.facts import Facts
from rulegen.lattice.problem import (
    LARGEST_TABLE,
    MOST_AXES,
    Factor,
    FloatArray,
    IntArray,
    LetterTable,
    Part,
    Problem,
)
from rulegen.lattice.reading import ReadComponents, Reader

_FEW = 1 << 12  # where no more cases might be, they are not looked for among the pairs
_SPARSE = 64  # nor where there might be more than so many times the pairs
_SMALL = 1 << 16  # unless they are no more than so many
_FEWER = 2  # those that are met are looked at where they are so many times fewer
_WHOLE = 4  # a whole scope is looked at where its cases are at most so many times the pairs

Code = tuple[IntArray, IndexArray]  # rank of each node's tuple, and one node for each distinct tuple


@dataclass(slots=True, eq=False)
class Nodes:
    """Partial joint moments on one side of a pair: positions in the universe, int32 (components, nodes)."""

    columns: IntArray
    _codes: dict[tuple[int, ...], Code] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return int(self.columns.shape[1])

    def codes(self, scope: tuple[int, ...]) -> Code:
        """Ranks of the nodes' tuples on `scope` and a node for each distinct tuple."""
        if scope not in self._codes:
            firsts, codes = distinct([self.columns[c] for c in scope], len(self))
            self._codes[scope] = codes, firsts
        return self._codes[scope]

    def only(self, scope: tuple[int, ...]) -> Nodes:
        """One node for each distinct tuple on `scope`."""
        return Nodes(np.ascontiguousarray(self.columns[:, self.codes(scope)[1]]))


@dataclass(slots=True, eq=False)
class Universe:
    """All values that each component takes anywhere, and the tables of small parts."""

    values: tuple[IntArray, ...]
    _tables: dict[Hashable, IntArray | None] = field(default_factory=dict, repr=False)
    densities: dict[Hashable, int] = field(default_factory=dict, repr=False)  # what filters allow of a sample
    _grids: dict[ReadComponents, PairGrid] = field(default_factory=dict, repr=False)
    facts: Facts = field(default_factory=Facts, repr=False)
    cases: dict[Hashable, FloatArray | BoolArray] = field(
        default_factory=dict, repr=False
    )  # by what is asked, see Pairs.on
    _readers: dict[Hashable, Reader] = field(default_factory=dict, repr=False)  # by `reader`'s arguments

    @classmethod
    def of(cls, problem: Problem) -> Universe:
        """The universe of a problem: for each component the sorted values of all layers."""
        columns = zip(*(layer.domains for layer in problem.layers), strict=True)
        by_content = ({domain.tobytes(): domain for domain in column} for column in columns)
        return cls(tuple(_ascending(domains.values()) for domains in by_content))

    def reader(self, factors: tuple[Factor, ...], *, nothing_before: bool = False) -> Reader:
        """The reader of a layer's factors; of equal ones the same."""
        key = nothing_before, tuple(factor.key for factor in factors)
        if key not in self._readers:
            self._readers[key] = Reader.of(factors, nothing_before=nothing_before, facts=self.facts)
        return self._readers[key]

    def readers(self, problem: Problem) -> list[Reader]:
        """A reader for each layer, equal layers' once; nothing lies before the first."""
        layers = enumerate(problem.layers)
        return [self.reader(layer.factors, nothing_before=number == 0) for number, layer in layers]

    def call(self, part: Part, before: IntArray | None, after: IntArray) -> IntArray:
        """The part's own function on positions, int32 (components, n) a side."""
        left = () if before is None else tuple(self.values[c][before[c]] for c in part.before)
        right = tuple(self.values[c][after[c]] for c in part.after)
        return np.asarray(part.letter(left, right), dtype=np.int32)

    def shape(self, part: Part) -> tuple[int, ...]:
        return tuple(self.values[c].size for c in (*part.before, *part.after))

    def table(self, part: Part) -> IntArray | None:
        """The letters on the part's whole scope, flat in the order before + after;
        None where that is large."""
        if part.key not in self._tables:
            shape = self.shape(part)
            small = np.prod(shape, dtype=np.float64) <= LARGEST_TABLE and len(shape) <= MOST_AXES
            self._tables[part.key] = self._tabulate(part, shape) if small else None
        return self._tables[part.key]

    def _tabulate(self, part: Part, shape: tuple[int, ...]) -> IntArray:
        columns = [self.values[c] for c in (*part.before, *part.after)]
        if isinstance(part.letter, LetterTable):
            return part.letter.over(columns).reshape(-1)
        grid, split = np.ix_(*columns) if columns else (), len(part.before)
        letters = np.asarray(part.letter(tuple(grid[:split]), tuple(grid[split:])), dtype=np.int32)
        return np.broadcast_to(letters, shape).reshape(-1)

    def whole(self, scope: ReadComponents, pairs: int) -> PairGrid | None:
        """All cases of a scope, where they are few beside the `pairs` that ask for them."""
        if scope not in self._grids:
            sides = [tuple(self.values[c].size for c in side) for side in (scope.before, scope.after)]
            size = int(np.prod([*sides[0], *sides[1]], dtype=np.float64))
            if size > min(LARGEST_TABLE, _WHOLE * pairs) or len(sides[0]) + len(sides[1]) > MOST_AXES:
                return None
            self._grids[scope] = PairGrid.of(self, scope, *sides)
        return self._grids[scope]


@dataclass(slots=True, eq=False)
class Pairs:
    """Pairs of nodes on which factors are evaluated: pair i is (before[source[i]], after[target[i]]).

    Without `before` there is nothing before, and `source` is not read. A part is evaluated on the distinct
    cases of its scope where these are fewer than the pairs, otherwise on the pairs.
    """

    universe: Universe
    before: Nodes | None
    after: Nodes
    source: Integers
    target: Integers
    _letters: dict[Hashable, IntArray] = field(default_factory=dict, repr=False)
    _cases: dict[Hashable, tuple[IndexArray, IntArray] | None] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return int(self.target.size)

    def some(self, rows: IndexArray) -> Pairs:
        """Some of the pairs."""
        return Pairs(self.universe, self.before, self.after, self.source[rows], self.target[rows])

    def on(self, scope: ReadComponents) -> tuple[Hashable, Pairs, IndexArray] | None:
        """The distinct cases of a scope, a key that is equal for equal cases, and the case of each pair.

        None where the cases are nearly as many as the pairs. What is found on them can be kept in
        `Universe.cases`; where the key is None, cases are those that the pairs happen to have.
        """
        grid = self.universe.whole(scope, len(self))
        if grid is not None:
            return scope, grid, grid.place(self)
        right, right_first = self.after.codes(scope.after)
        after = self.after.only(scope.after)
        if self.before is None or not scope.before:
            key: Hashable = (scope, self._tuples(after, scope.after))
            nothing = np.zeros(right_first.size, dtype=np.int64)
            return (
                key,
                Pairs(self.universe, None, after, nothing, np.arange(right_first.size)),
                right[self.target].astype(np.int64),
            )
        left, left_first = self.before.codes(scope.before)
        met = self._met(scope.before, scope.after)
        if met is not None:
            firsts, case = met
            return None, self.some(firsts), case.astype(np.int64)
        if left_first.size * right_first.size > len(self):
            return None
        before = self.before.only(scope.before)
        key = (scope, self._tuples(before, scope.before), self._tuples(after, scope.after))
        rows = np.repeat(np.arange(left_first.size), right_first.size)
        columns = np.tile(np.arange(right_first.size), left_first.size)
        row_start = left.astype(np.int64) * right_first.size
        return (
            key,
            Pairs(self.universe, before, after, rows, columns),
            row_start[self.source] + right[self.target],
        )

    def _met(self, before: tuple[int, ...], after: tuple[int, ...]) -> tuple[IndexArray, IntArray] | None:
        """A pair of each case that the pairs have of a scope, and the case of each pair; None where that is
        not worth while: where cases are nearly as many as pairs, or all that there might be are few.
        """
        key = before, after
        if key not in self._cases:
            assert self.before is not None
            (left, lefts), (right, rights) = self.before.codes(before), self.after.codes(after)
            size, found = lefts.size * rights.size, None
            if min(_FEW, len(self)) < size <= max(_SPARSE * len(self), _SMALL):
                keys = left.astype(np.int64)[self.source] * rights.size + right[self.target]
                firsts, case = distinct_keys(keys, size)
                found = (firsts, case) if _FEWER * firsts.size <= min(size, len(self)) else None
            self._cases[key] = found
        return self._cases[key]

    @staticmethod
    def _tuples(nodes: Nodes, scope: tuple[int, ...]) -> bytes:
        return nodes.columns[list(scope)].tobytes()

    def letters(self, part: Part) -> IntArray:
        """The part's letters, int32 (pairs,)."""
        if part.key not in self._letters:
            self._letters[part.key] = self._read(part)
        return self._letters[part.key]

    def _read(self, part: Part) -> IntArray:
        if not part.before:
            return self._read_after(part)
        if self.before is None:
            raise ValueError("a part that reads before is evaluated where nothing lies before")
        table = self.universe.table(part)
        if table is not None:
            left = _mixed(self.universe, self.before, part.before)
            right = _mixed(self.universe, self.after, part.after)
            width = int(np.prod([self.universe.values[c].size for c in part.after], dtype=np.int64))
            return np.take(table, left[self.source] * width + right[self.target])
        met = self._met(part.before, part.after)
        if met is not None:
            firsts, case = met
            before, after = (
                nodes.columns[:, side[firsts]]
                for nodes, side in ((self.before, self.source), (self.after, self.target))
            )
            return np.take(self.universe.call(part, before, after), case)
        left_codes, left_first = self.before.codes(part.before)
        right_codes, right_first = self.after.codes(part.after)
        if left_first.size * right_first.size > len(self):
            before = self.before.columns[:, self.source]
            return self.universe.call(part, before, self.after.columns[:, self.target])
        rows = np.repeat(left_first, right_first.size)
        columns = np.tile(right_first, left_first.size)
        table = self.universe.call(part, self.before.columns[:, rows], self.after.columns[:, columns])
        place = left_codes[self.source].astype(np.int64) * right_first.size + right_codes[self.target]
        return np.take(table, place)

    def _read_after(self, part: Part) -> IntArray:
        table = self.universe.table(part)
        if table is not None:
            return table[_mixed(self.universe, self.after, part.after)][self.target]
        codes, firsts = self.after.codes(part.after)
        return self.universe.call(part, None, self.after.columns[:, firsts])[codes][self.target]


@dataclass(slots=True, eq=False)
class PairGrid(Pairs):
    """All cases of a scope as pairs: `shape` has an axis for each component read before, then after."""

    scope: ReadComponents = field(kw_only=True)
    shape: tuple[int, ...] = field(kw_only=True)

    @classmethod
    def of(
        cls, universe: Universe, scope: ReadComponents, before: tuple[int, ...], after: tuple[int, ...]
    ) -> PairGrid:
        """The grid over the universe, whose components have the sizes `before` and `after` on the scope."""
        sides = []
        for components, sizes in ((scope.before, before), (scope.after, after)):
            columns = np.zeros((len(universe.values), int(np.prod(sizes))), dtype=np.int32)
            if components:
                columns[list(components)] = np.indices(sizes, dtype=np.int32).reshape(len(sizes), -1)
            sides.append(Nodes(columns))
        source = np.repeat(np.arange(len(sides[0])), len(sides[1]))
        target = np.tile(np.arange(len(sides[1])), len(sides[0]))
        left = sides[0] if scope.before else None
        return cls(universe, left, sides[1], source, target, scope=scope, shape=(*before, *after))

    def place(self, pairs: Pairs) -> IndexArray:
        """The case of each of `pairs`."""
        right = _mixed(self.universe, pairs.after, self.scope.after)[pairs.target]
        if pairs.before is None or not self.scope.before:
            return right
        left = _mixed(self.universe, pairs.before, self.scope.before) * len(self.after)
        return left[pairs.source] + right

    def _read(self, part: Part) -> IntArray:
        table = self.universe.table(part)
        if table is None:
            return Pairs._read(self, part)
        axes = [self.scope.before.index(c) for c in part.before]
        axes += [len(self.scope.before) + self.scope.after.index(c) for c in part.after]
        order = sorted(range(len(axes)), key=axes.__getitem__)
        sizes = [self.shape[axis] if axis in axes else 1 for axis in range(len(self.shape))]
        spread = table.reshape(self.universe.shape(part)).transpose(order).reshape(sizes)
        return np.broadcast_to(spread, self.shape).reshape(-1)


def _ascending(domains: Iterable[IntArray]) -> IntArray:
    """All values of some domains. (np.unique imports numpy.ma, which takes longer than a small lattice.)"""
    values = np.sort(np.concatenate(list(domains)))
    found: IntArray = values[np.append(True, values[1:] != values[:-1])[: values.size]].astype(np.int32)
    return found


def _mixed(universe: Universe, nodes: Nodes, scope: tuple[int, ...]) -> IndexArray:
    key = np.zeros(len(nodes), dtype=np.int64)
    for component in scope:
        key = key * universe.values[component].size + nodes.columns[component]
    return key
