"""What each arc of a lattice carries of several uses: a row of amounts, so that the uses can be weighed anew
without building the lattice again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from rulegen.lattice.arcs import Arcs
from rulegen.lattice.build import Construction, LatticeTooLarge, Overfull
from rulegen.lattice.codes import BoolArray, Integers, distinct
from rulegen.lattice.join import LayerStep, Moves
from rulegen.lattice.moments import Limits
from rulegen.lattice.pairs import Pairs
from rulegen.lattice.problem import Factor, FloatArray, IntArray, Problem
from rulegen.lattice.reading import ReadComponents, Reader
from rulegen.lattice.states import States, Stepping
from rulegen.lattice.workshop import Workshop


@dataclass(frozen=True, slots=True, eq=False)
class Amounts:
    """Rows of amounts, one for each use: written out, or each the sum of one row of either part.

    rows: how many; matrix: (rows, uses); codes: (rows,) the row of each part.
    """

    rows: int
    uses: int
    matrix: FloatArray | None = None
    parts: tuple[Amounts, ...] = ()
    codes: tuple[IntArray, ...] = ()

    def weigh(self, weights: FloatArray) -> FloatArray:
        """(rows,): what each row weighs, nats."""
        if self.matrix is not None:
            return self.matrix @ weights
        found = np.zeros(self.rows)
        for part, code in zip(self.parts, self.codes, strict=True):
            found += part.weigh(weights)[code]
        return found

    def gather(self, shares: FloatArray) -> FloatArray:
        """(uses,): the amounts of all rows, each taken by its share, (rows,)."""
        if self.matrix is not None:
            return shares @ self.matrix
        found = np.zeros(self.uses)
        for part, code in zip(self.parts, self.codes, strict=True):
            found += part.gather(np.bincount(code, shares, part.rows).astype(np.float64))
        return found

    def varies(self) -> BoolArray:
        """(uses,): whether rows may differ in a use."""
        if self.matrix is not None:
            varied: BoolArray = (self.matrix != self.matrix[:1]).any(axis=0)
            return varied
        found = np.zeros(self.uses, dtype=bool)
        for part in self.parts:
            found |= part.varies()
        return found


@dataclass(frozen=True, slots=True, eq=False)
class ArcTally:
    """Arcs with what they carry: arc i weighs fixed[i] + amounts.weigh(weights)[row[i]], nats."""

    arcs: Arcs  # without weights
    row: IntArray  # (arcs,)
    amounts: Amounts
    fixed: FloatArray | None  # (arcs,), nats; None: 0


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """The layers of a lattice of one section; layers that are alike share their tally."""

    tallies: tuple[ArcTally, ...]

    @property
    def arcs(self) -> int:
        """How many arcs are kept, those of layers that are alike once."""
        return sum(tally.arcs.source.size for tally in {id(each): each for each in self.tallies}.values())


def tally(problem: Problem, uses: Sequence[int], budget: int) -> Chain:
    """The lattice of a problem with the amounts of `uses`, which weigh a whole number of nats in it.

    A use that weighs nothing at all is not remembered by the states: give each a weight of 1. No memory is
    relaxed: raises TooLarge where a layer has more than `budget` arcs. Raises ValueError for a problem with
    more than one section.
    """
    if len(problem.sections) != 1 or len(problem.order) != 1:
        raise ValueError("amounts are tallied on one section that is stated once")
    workshop = Workshop.of(problem, Limits.of(budget))
    construction = Construction(problem, workshop, budget)
    try:
        (passages,) = construction.passages()
    except Overfull as full:
        raise LatticeTooLarge(full.layer, full.cause.arcs) from None
    counting = _Counting(construction, {use: column for column, use in enumerate(uses)})
    known: dict[int, ArcTally] = {}
    before, found = construction.start, []
    for layer, passage in enumerate(passages):
        if id(passage.arcs) not in known:
            arcs = passage.arcs.written_out
            known[id(passage.arcs)] = counting.counted(layer, before, arcs, passage.states)
        found.append(known[id(passage.arcs)])
        before = passage.states
    return Chain(tuple(found))


@dataclass(frozen=True, slots=True, eq=False)
class _Carried:
    """Cases by what they carry: the row of each."""

    code: IntArray  # (cases,)
    amounts: Amounts

    def at(self, place: Integers) -> _Carried:
        """The cases at these places."""
        return _Carried(self.code[place], self.amounts)

    def plus(self, other: _Carried) -> _Carried:
        """What both carry together, case by case."""
        if self.amounts.rows <= 1 and other.amounts.rows <= 1 and not self.amounts.parts:
            assert self.amounts.matrix is not None and other.amounts.matrix is not None
            return _Carried(self.code, _written(self.amounts.matrix + other.amounts.matrix))
        firsts, code = distinct([self.code, other.code], self.code.size)
        codes = self.code[firsts], other.code[firsts]
        both = Amounts(firsts.size, self.amounts.uses, None, (self.amounts, other.amounts), codes)
        return _Carried(code, both)


def _written(matrix: FloatArray) -> Amounts:
    return Amounts(len(matrix), matrix.shape[1], matrix)


@dataclass(frozen=True, slots=True, eq=False)
class _Counting:
    """One counting of a construction: which column each use has."""

    construction: Construction
    columns: Mapping[int, int]

    def counted(self, layer: int, before: States, arcs: Arcs, after: States) -> ArcTally:
        """The tally of a layer's arcs."""
        built, moments = self.construction, after.moments
        assert moments is not None
        reader, live = built.readers[layer], built.live[layer]
        moves = built.workshop.moves_of(LayerStep(before.moments, moments, reader))
        move = _moves_of(arcs, before, after, moves)
        carried = self._of_pairs(reader, self._pairs(before, moves)).at(move)
        stepping = Stepping.of(before, moves, reader, built.problem.slots, live)
        memory, combination = before.memory[arcs.source], moves.combination[move]
        cases, case = distinct([memory, combination], memory.size)
        carried = carried.plus(self._of_memories(stepping, memory[cases], combination[cases]).at(case))
        fixed = arcs.log_weight - carried.amounts.weigh(np.ones(len(self.columns)))[carried.code]
        kept = replace(arcs, log_weight=np.zeros(0))  # it follows from the amounts
        return ArcTally(kept, carried.code, carried.amounts, fixed if fixed.any() else None)

    def _pairs(self, before: States, moves: Moves) -> Pairs:
        left = None if before.moments is None else before.moments.levels()[-1].nodes
        right = moves.entered.levels()[-1].nodes
        return Pairs(self.construction.workshop.universe, left, right, moves.before, moves.after)

    def _of_pairs(self, reader: Reader, pairs: Pairs) -> _Carried:
        """What factors without memory carry, by move; each is looked at on its own scope."""
        groups: dict[ReadComponents, list[Factor]] = {}
        for factor in reader.factors:
            if factor.use in self.columns and factor.name not in reader.remembering:
                groups.setdefault(reader.scopes[factor.name], []).append(factor)
        found: list[_Carried] = []
        for scope, factors in groups.items():
            tabled = pairs.on(scope)
            cases = pairs if tabled is None else tabled[1]
            amounts: dict[int, FloatArray] = {}
            for factor in factors:
                own = factor.log_weight[0][reader.letters(factor, cases)]
                amounts[factor.use] = amounts.get(factor.use, 0.0) + own
            rows = self._rows(amounts, len(cases))
            found.append(rows if tabled is None else rows.at(tabled[2]))
        found.sort(key=lambda each: each.amounts.rows)
        return reduce(_Carried.plus, found, self._rows({}, len(pairs)))

    def _of_memories(self, stepping: Stepping, memory: IntArray, combination: IntArray) -> _Carried:
        """What factors with memory carry, by case."""
        amounts: dict[int, FloatArray] = {}

        def note(factor: Factor, own: FloatArray) -> None:
            if factor.use in self.columns:
                amounts[factor.use] = amounts.get(factor.use, 0.0) + own

        stepping.cases(memory, combination, note)
        return self._rows(amounts, memory.size)

    def _rows(self, amounts: Mapping[int, FloatArray], cases: int) -> _Carried:
        whole = {use: np.rint(amount).astype(np.int64) for use, amount in amounts.items()}
        firsts, code = distinct([each - each.min(initial=0) for each in whole.values()], cases)
        rows = np.zeros((firsts.size, len(self.columns)))
        for use, amount in whole.items():
            rows[:, self.columns[use]] = amount[firsts]
        return _Carried(code, _written(rows))


def _moves_of(arcs: Arcs, before: States, after: States, moves: Moves) -> IntArray:
    """The move that each arc makes: no two moves join the same moments."""
    width = len(moves.entered)
    keys = moves.before.astype(np.int64) * width + moves.after
    order = np.argsort(keys, kind="stable")
    left = 0 if before.moments is None else before.moment[arcs.source].astype(np.int64)
    wanted = left * width + after.moment[arcs.target]
    return order[np.searchsorted(keys[order], wanted)].astype(np.int32)
