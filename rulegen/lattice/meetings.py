"""The moves of large steps: the pairs of joint moments that filters allow are found once for all layers that
have the same filters, and so is what sums of weights and memories read of them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from rulegen.lattice.codes import IndexArray, Integers, begins, distinct
from rulegen.lattice.join import LayerStep, Moves, memory_factors
from rulegen.lattice.pairs import Pairs, Universe
from rulegen.lattice.problem import FloatArray, IntArray
from rulegen.lattice.reading import Reader, Scoped
from rulegen.lattice.scopes import ScopeGroup

_Read = tuple[IntArray, IntArray]  # combination and classes, as in `Moves`


@dataclass(frozen=True, slots=True, eq=False)
class Meeting:
    """The pairs of joint moments that the filters of a step allow, sorted by `before`."""

    before: IntArray  # (pairs,)
    after: IntArray  # (pairs,)
    first: IndexArray  # (moments before + 1,): where each moment's pairs begin
    sums: dict[Hashable, FloatArray] = field(default_factory=dict, repr=False)  # by the factors that weigh
    columns: dict[Hashable, Integers] = field(default_factory=dict, repr=False)  # by the factor that reads
    reads: dict[Hashable, _Read] = field(default_factory=dict, repr=False)  # by the factors that read

    @classmethod
    def of(cls, before: Integers, after: Integers, moments: int) -> Meeting:
        """The pairs that were found, of so many moments before."""
        return cls(before.astype(np.int32), after.astype(np.int32), begins(before, moments))

    def moves(self, universe: Universe, step: LayerStep) -> Moves:
        """The moves of a step that has these filters."""
        assert step.before is not None
        nodes = step.before.levels()[-1].nodes, step.after.levels()[-1].nodes
        pairs = Pairs(universe, *nodes, self.before, self.after)
        combination, classes = self._read(step.reader, pairs)
        factors = tuple(memory_factors(step.reader))
        nats = self._weight(step.reader, pairs)
        sides = self.before, self.after
        return Moves(step.after, *sides, nats, combination, classes, factors, self.first)

    def _weight(self, reader: Reader, pairs: Pairs) -> FloatArray:
        """Nats of the factors without memory, those of one scope after another: first those of pairs."""
        weights = sorted(reader.weights, key=lambda each: (each.scope.before, each.scope.after))
        joining = [each for each in weights if each.scope.before]
        key = tuple(each.key for each in joining)
        if key not in self.sums:
            self.sums[key] = _summed(reader, joining, pairs)
        entering = [each for each in weights if not each.scope.before]
        every = np.arange(len(pairs.after))
        entered = Pairs(pairs.universe, None, pairs.after, np.zeros_like(every), every)
        return self.sums[key] + _summed(reader, entering, entered)[self.after]

    def _read(self, reader: Reader, pairs: Pairs) -> _Read:
        """What the factors with memory read."""
        factors = memory_factors(reader)
        key = tuple(factors)
        if key not in self.reads:
            for identity, each in factors.items():
                if identity not in self.columns:
                    read = each.column([reader.column(part, pairs) for part in each.reads])
                    self.columns[identity] = read.astype(np.min_scalar_type(int(read.max(initial=0))))
            chosen = [self.columns[identity] for identity in factors]
            firsts, code = distinct(chosen, len(pairs))
            classes = np.empty((firsts.size, len(factors)), dtype=np.int32)
            for i, column in enumerate(chosen):
                classes[:, i] = column[firsts]
            self.reads[key] = code, classes
        return self.reads[key]


def _summed(reader: Reader, weights: Sequence[Scoped], pairs: Pairs) -> FloatArray:
    total, place = np.zeros(len(pairs)), np.zeros(len(pairs), dtype=np.int64)
    for each in weights:
        group = ScopeGroup(each.scope, np.zeros(1, dtype=np.int32), [(reader, each)])
        total += group.weight(pairs, place)
    return total
