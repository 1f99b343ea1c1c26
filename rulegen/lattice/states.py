"""States, reached and never enumerated:
a joint moment and what the factors remember, and the arcs between them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rulegen.lattice.classed import class_of
from rulegen.lattice.codes import IndexArray, Integers, begins, distinct, distinct_keys, gather_ranges
from rulegen.lattice.join import Moves
from rulegen.lattice.layers import Arcs
from rulegen.lattice.moments import BLOCK, Moments
from rulegen.lattice.problem import Factor, FloatArray, IntArray, Output, Part, Slot
from rulegen.lattice.reading import Reader

_CELLS = 1 << 24  # memories of slots that are stepped together
_MOST_A_CASE = 8  # pairs of a memory and a combination, as many as which are looked through for those alike


class TooManyArcs(Exception):
    """A layer passes the budget: `arcs` leave the first `left` of the `states` before it."""

    def __init__(self, states: States, arcs: int, left: int) -> None:
        super().__init__(f"more than {arcs} arcs")
        self.states = states
        self.arcs = arcs
        self.left = left


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """The states of one layer, sorted by joint moment, then memory.
    Without `moments`: the one state before the start."""

    moments: Moments | None
    moment: IntArray  # (states,)
    memory: IntArray  # (states,) row of `memories`
    memories: IntArray  # (memories, slots)
    slots: tuple[int, ...]  # the slots that `memories` holds, its columns

    def __len__(self) -> int:
        return int(self.moment.size)

    def key(self) -> Hashable:
        """Equal keys, equal states."""
        moments = None if self.moments is None else self.moments.key
        arrays = (self.moment, self.memory, self.memories)
        return moments, self.slots, tuple(array.tobytes() for array in arrays)


def start_state(slots: Sequence[Slot], live: tuple[int, ...]) -> States:
    """The one state before the first layer: every memory at its start."""
    zero = np.zeros(1, dtype=np.int32)
    starts = np.array([[slots[s].start for s in live]], dtype=np.int32).reshape(1, len(live))
    return States(None, zero, zero, starts, live)


@dataclass(slots=True, eq=False)
class Stepped:
    """What a step of the factors with memory came to: nats (-inf:
    forbidden), and the memories after by slot."""

    log_weight: FloatArray
    memory: dict[int, IntArray]


Noted = Callable[[Factor, FloatArray], None]  # a factor that weighs at all, and its nats by case


def step_memories(
    reader: Reader,
    memory: dict[int, IntArray],
    read: Callable[[Part | Output], IntArray],
    length: int,
    noted: Noted | None = None,
) -> Stepped:
    """Step all factors with memory, in their order, on `length` cases at once.

    `memory`: the value of each slot (length,); `read` gives the letters that do not depend on memories;
    `noted` is told what each factor weighs by itself.
    """
    memory = dict(memory)
    weight = np.zeros(length)
    handed_on: dict[Hashable, IntArray] = {}
    for factor in reader.factors:
        if factor.name not in reader.remembering:
            continue
        letter = np.zeros(length, dtype=np.int32)
        for item in factor.reads:
            inner = isinstance(item, Output) and item.factor in reader.remembering
            column = handed_on[item.factor] if inner and isinstance(item, Output) else read(item)
            letter = letter * np.int32(item.size) + column
        if factor.slot is not None:
            letter += memory[factor.slot] * np.int32(factor.log_weight.shape[1])  # a case of its tables
        if factor.log_weight.any():
            own = np.take(factor.log_weight, letter)
            weight += own
            if noted is not None:
                noted(factor, own)
        if factor.output is not None:
            handed_on[factor.name] = np.take(factor.output, letter)
        if factor.slot is not None and factor.next is not None:
            memory[factor.slot] = np.take(factor.next, letter)
    return Stepped(weight, memory)


@dataclass(frozen=True, slots=True, eq=False)
class Stepping:
    """A layer's memory step prepared: what is left of each slot, and how states and moves meet."""

    before: States
    moves: Moves
    reader: Reader  # of the factors with memory alone, classed
    column: dict[Hashable, int]  # by what a class is read as: where it stands in `moves.classes`
    starts: dict[int, int]  # slot -> its start, for slots not held before that are moved or live
    live: tuple[int, ...]

    @property
    def most(self) -> int:
        """How many cases are stepped together."""
        return max(1, _CELLS // max(4, len(self.starts) + len(self.before.slots)))

    @classmethod
    def of(
        cls, before: States, moves: Moves, reader: Reader, slots: Sequence[Slot], live: frozenset[int]
    ) -> Stepping:
        """What it takes to step from `before` by `moves`, remembering the slots `live`."""
        moved = {factor.slot for factor in reader.factors if factor.slot is not None}
        starts = {slot: slots[slot].start for slot in sorted((moved | live) - set(before.slots))}
        classed = {name: each for name, each in reader.classed().items() if each.reads}
        column = {class_of(name): moves.factors.index(reader.identity[name]) for name in classed}
        classes = replace(reader, factors=tuple(each.factor for each in reader.classed().values()))
        return cls(before, moves, classes, column, starts, tuple(sorted(live)))

    def cases(self, memory: Integers, combination: Integers, noted: Noted | None = None) -> Stepped:
        """Cases stepped, each a row of the memories before and a row of what the moves' letters are."""
        length = memory.size
        held = {s: np.full(length, v, dtype=np.int32) for s, v in self.starts.items()}
        for i, slot in enumerate(self.before.slots):
            held[slot] = self.before.memories[memory, i]
        columns = np.ascontiguousarray(self.moves.classes.T)

        def read(item: Part | Output) -> IntArray:
            assert isinstance(item, Output)
            return np.take(columns[self.column[item.factor]], combination)

        return step_memories(self.reader, held, read, length, noted)


def advance(
    before: States,
    moves: Moves,
    reader: Reader,
    slots: Sequence[Slot],
    live: frozenset[int],
    budget: int,
) -> tuple[Arcs, States]:
    """The arcs that leave `before` by `moves`, and the states they reach, remembering the slots `live`."""
    after = moves.entered
    stepping = Stepping.of(before, moves, reader, slots, live)
    source, move, weight, memory, memories = _all_arcs(stepping, budget)
    place, target = distinct_keys(
        moves.after[move].astype(np.int64) * max(1, memories.shape[0]) + memory,
        len(after) * max(1, memories.shape[0]),
    )
    states = States(after, moves.after[move[place]], memory[place].astype(np.int32), memories, stepping.live)
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
    candidates = np.cumsum(np.diff(moves.first)[before.moment])
    total = int(candidates[-1]) if candidates.size else 0
    size = min(BLOCK, stepping.most)
    cuts = np.searchsorted(candidates, np.arange(1, -(-total // size)) * size)
    blocks, arcs, held = list[_Found](), 0, 0
    for rows in np.split(np.arange(len(before)), cuts):
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
