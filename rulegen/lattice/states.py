"""States: a joint moment and what the factors remember; and how a layer's factors move their memories."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rulegen.lattice.classed import class_of
from rulegen.lattice.codes import IndexArray, Integers, distinct, distinct_keys
from rulegen.lattice.join import Moves
from rulegen.lattice.moments import Moments
from rulegen.lattice.problem import Factor, FloatArray, IntArray, Output, Part, Slot
from rulegen.lattice.reading import Reader

_CELLS = 1 << 24  # memories of slots that are stepped together


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

    def kinds(self) -> tuple[IndexArray, IntArray]:
        """One combination of each kind, and the kind of each: those of a kind make the same of all memories
        that there are.
        """
        columns, moved = list[IntArray](), set[int]()
        outputs: dict[Hashable, IntArray] = {}
        for factor in self.reader.factors:
            place = self.column.get(class_of(factor.name))
            heard = factor.reads if place is None else factor.reads[:-1]
            held = [
                self._held(factor, moved),
                *(outputs[each.factor] for each in heard if isinstance(each, Output)),
            ]
            classes, outputs[factor.name] = self.reader.facts.narrowed(factor, held)
            if place is not None:
                columns.append(np.take(classes, self.moves.classes[:, place]))
            if factor.slot is not None:
                moved.add(factor.slot)
        return distinct(columns, self.moves.classes.shape[0])

    def _held(self, factor: Factor, moved: set[int]) -> IntArray:
        """What a factor may remember; all that it can where an earlier one has moved its memory."""
        if factor.slot is None or factor.slot in moved:
            return np.arange(factor.log_weight.shape[0], dtype=np.int32)
        if factor.slot in self.starts:
            return np.array([self.starts[factor.slot]], dtype=np.int32)
        column = self.before.memories[:, self.before.slots.index(factor.slot)]
        return column[distinct_keys(column, int(column.max()) + 1)[0]]
