"""The states that a layer is entered in, reached and never enumerated, and the arcs to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rulegen.lattice.arcs import AnyArcs, Arcs, ArcsByMoves, MemorySteps
from rulegen.lattice.codes import IndexArray, Integers, begins, distinct, distinct_keys, gather_ranges
from rulegen.lattice.join import Moves
from rulegen.lattice.kept import Kept
from rulegen.lattice.moments import BLOCK
from rulegen.lattice.problem import FloatArray, IntArray
from rulegen.lattice.states import States, Stepping

_MOST_A_CASE = 8  # pairs of a memory and a combination, as many as which are looked through for those alike
_BY_MOVES = 1 << 14  # arcs beyond which they are not written out, where memories share moments
_FEW_ENOUGH = 1 << 25  # of the most, all are looked at together; beyond that, block by block


class TooManyArcs(Exception):
    """A layer passes the budget: `arcs` leave the first `left` of the `states` before it."""

    def __init__(self, states: States, arcs: int, left: int) -> None:
        super().__init__(f"more than {arcs} arcs")
        self.states = states
        self.arcs = arcs
        self.left = left


MadeByMoves = tuple[States, Moves, ArcsByMoves, States]  # of these states before, by these moves


def advance(stepping: Stepping, budget: int, known: Kept[MadeByMoves]) -> tuple[AnyArcs, States]:
    """The arcs that leave states by moves, and the states they reach. known: arcs by moves that were made
    before, so that others by the same moves that only weigh more or less share what they can.
    """
    before, moves = stepping.before, stepping.moves
    candidates = np.diff(moves.first)[before.moment]
    if _BY_MOVES < int(candidates.sum()) <= _FEW_ENOUGH:
        reader = stepping.reader
        remembering = tuple(reader.identity[factor.name] for factor in reader.factors)
        key = id(before), id(moves.combination), remembering, stepping.live
        if key in known:
            _, _, arcs, states = known[key]
            return arcs.weighing(moves.log_weight), states
        kinds = stepping.kinds()
        if before.memories.shape[0] * kinds[0].size <= candidates.sum():
            known[key] = before, moves, *_by_moves(stepping, kinds, budget)
            return known[key][2:]
    return _written_out(stepping, budget)


def _by_moves(
    stepping: Stepping, kinds: tuple[IndexArray, IntArray], budget: int
) -> tuple[ArcsByMoves, States]:
    """The arcs as moves, each memory stepped once on each kind of them."""
    before, moves = stepping.before, stepping.moves
    shape = before.memories.shape[0], kinds[0].size
    memory, kind = (each.reshape(-1) for each in np.indices(shape, dtype=np.int32))
    stepped = stepping.cases(memory, kinds[0][kind])
    allowed = np.flatnonzero(~np.isneginf(stepped.log_weight))
    memories, codes = _packed([stepped.memory[s][allowed] for s in stepping.live], allowed.size)
    following = np.full(memory.size, -1, dtype=np.int32)
    following[allowed] = codes
    after = max(1, len(memories))
    steps = MemorySteps(stepped.log_weight.reshape(shape), following.reshape(shape), after)
    own = moves.first, moves.after, kinds[1][moves.combination], moves.log_weight
    arcs = ArcsByMoves.of(own, steps, (before.moment, before.memory))
    if arcs.size > budget:
        raise _too_many(stepping, arcs, budget)
    moment, row = np.divmod(arcs.keys, steps.after)
    reached, code = distinct_keys(row, steps.after)
    states = States(moves.entered, moment.astype(np.int32), code, memories[row[reached]], stepping.live)
    return arcs, states


def _too_many(stepping: Stepping, arcs: ArcsByMoves, budget: int) -> TooManyArcs:
    """Where the budget is passed, looked for in the same blocks as where arcs are written out."""
    halves = arcs.halves
    of_halves = np.append(0, np.cumsum(np.diff(halves.node_first)[halves.node]))
    found = of_halves[halves.first[1:]]  # by the end of each state
    ends = np.append(_cuts(stepping), found.size)
    end = int(ends[np.flatnonzero(found[ends - 1] > budget)[0]])
    return TooManyArcs(stepping.before, int(found[end - 1]), end)


def _written_out(stepping: Stepping, budget: int) -> tuple[Arcs, States]:
    """The arcs each by itself."""
    before, moves = stepping.before, stepping.moves
    source, move, weight, memory, memories = _all_arcs(stepping, budget)
    place, target = distinct_keys(
        moves.after[move].astype(np.int64) * max(1, memories.shape[0]) + memory,
        len(moves.entered) * max(1, memories.shape[0]),
    )
    states = States(
        moves.entered, moves.after[move[place]], memory[place].astype(np.int32), memories, stepping.live
    )
    arcs = Arcs(
        source.astype(np.int32),
        target,
        moves.log_weight[move] + weight,
        begins(source, len(before)),
        len(states),
    )
    return arcs, states


_Found = tuple[IndexArray, IndexArray, FloatArray, IntArray, IntArray]


def _all_arcs(stepping: Stepping, budget: int) -> _Found:
    """Arcs of all states, block by block: (source, move, nats, memory after, memories)."""
    before, moves = stepping.before, stepping.moves
    blocks, arcs, held = list[_Found](), 0, 0
    for rows in np.split(np.arange(len(before)), _cuts(stepping)):
        owner, move = gather_ranges(moves.first, before.moment[rows])
        source, move, weight, memory, memories = _block(stepping, rows[owner], move)
        blocks.append((source, move, weight, memory + np.int32(held), memories))
        held += len(memories)
        arcs += memory.size
        if arcs > budget:
            raise TooManyArcs(before, arcs, int(rows[-1]) + 1)
    if len(blocks) == 1:
        return blocks[0]
    source, move, weight, memory, memories = (np.concatenate([b[i] for b in blocks]) for i in range(5))
    memories, code = _packed(list(memories.T), len(memories))
    return source, move, weight, code[memory], memories


def _cuts(stepping: Stepping) -> IndexArray:
    """Before which states a new block of those begins whose moves are looked at together."""
    candidates = np.cumsum(np.diff(stepping.moves.first)[stepping.before.moment])
    total = int(candidates[-1]) if candidates.size else 0
    size = min(BLOCK, stepping.most)
    return np.searchsorted(candidates, np.arange(1, -(-total // size)) * size)


def _packed(columns: Sequence[IntArray], length: int) -> tuple[IntArray, IntArray]:
    """Distinct rows of some columns, in order, and each row's place among them."""
    firsts, codes = distinct(columns, length)
    rows = np.empty((firsts.size, len(columns)), dtype=np.int32)
    for i, column in enumerate(columns):
        rows[:, i] = column[firsts]
    return rows, codes


def _block(stepping: Stepping, source: IndexArray, move: IndexArray) -> _Found:
    """The arcs of some states by some moves, each memory stepped once on what is alike to it."""
    memory, combination = stepping.before.memory[source], stepping.moves.combination[move]
    width = stepping.moves.classes.shape[0]
    firsts: Integers = np.arange(source.size)
    case: Integers = firsts
    if stepping.before.memories.shape[0] * width <= _MOST_A_CASE * source.size:
        firsts, case = distinct_keys(
            memory.astype(np.int64) * width + combination, stepping.before.memories.shape[0] * width
        )
    stepped = stepping.cases(memory[firsts], combination[firsts])
    allowed = np.flatnonzero(~np.isneginf(stepped.log_weight))
    memories, codes = _packed([stepped.memory[s][allowed] for s in stepping.live], allowed.size)
    following = np.full(firsts.size, -1, dtype=np.int32)
    following[allowed] = codes
    after = following[case]
    good = np.flatnonzero(after >= 0)
    return source[good], move[good], stepped.log_weight[case[good]], after[good], memories
