"""Lays the machines of an instance's windows on the lattice: a slot for each age of a window that is under
way.

At the moment where an element begins, each window that it continues takes one step: slot j takes over the
class that slot j-1 held, with the letter of the step. Slots are moved in the order of their age and hand
on what they held before.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rulegen.errors import InternalError
from rulegen.folds.window import Machine, Step
from rulegen.lattice.problem import Factor, FloatArray, IntArray, Output, Part, Slot
from rulegen.rules.draft import Board, Location
from rulegen.style.model import Use

Role = tuple[Hashable, ...]


@dataclass(frozen=True)
class Weighing:
    """What an event costs: log weight a place, or -inf; `counted` hands events on to a counter instead."""

    use: Use
    name: Hashable  # the instance
    counted: bool = False

    @property
    def log_weight(self) -> float:
        """Nats for one event."""
        if self.counted:
            return 0.0
        if self.use.hard:
            return -np.inf
        return self.use.weight if self.use.verb == "prefer" else -self.use.weight


@dataclass
class Tracks:
    """Steps of windows by location, until all are known and the sizes of slots with them.

    begins: where rhythms are sampled, what tells at a location whether an element begins there.
    """

    weighing: Weighing
    moves: dict[Location, dict[tuple[Role, int], Step | None]] = field(default_factory=dict)
    verdicts: dict[Location, dict[Role, Step]] = field(default_factory=dict)
    sizes: dict[tuple[Role, int], int] = field(default_factory=dict)
    begins: dict[Location, Part] = field(default_factory=dict)
    made: dict[Hashable, Factor] = field(default_factory=dict)

    def add(self, machine: Machine, locations: Iterable[Location], role: Role = ()) -> None:
        """Adds a window: the location of each of its elements, and its role where it is part of another or of
        a variant.
        """
        places = list(locations)
        for number, step in enumerate(machine.steps, start=1):
            last = number == len(machine.steps)
            location = places[min(machine.first + number, len(places) - 1)]
            for order, inner in enumerate(step.inner):
                self.add(inner, places, (*role, number, order))
            if last:
                self.verdicts.setdefault(location, {})[role] = step
            else:
                moves = self.moves.setdefault(location, {})
                if not _alike(moves.setdefault((role, number), step), step):
                    raise InternalError("two windows of a rule were laid on one step")
                size = machine.memories[number - 1]
                self.sizes[role, number] = max(self.sizes.get((role, number), 1), size)

    def add_all(self, machine: Machine, windows: Iterable[list[int]]) -> None:
        """Adds windows that lie wholly within first statements, each as the layers of its elements."""
        if len(machine.steps) > 1 or machine.steps[0].inner:
            for window in windows:
                self.add(machine, [(-1, layer) for layer in window])
            return
        for window in windows:
            self.verdicts.setdefault((-1, window[min(machine.first + 1, len(window) - 1)]), {})[()] = (
                machine.steps[0]
            )

    def add_sampled(self, machine: Machine, location: Location, may_end: bool, role: Role = ()) -> None:
        """Adds the steps of all windows of a sampled rhythm that may be under way at a location, the last one
        only where places `may_end`.
        """
        last = len(machine.steps)
        for number, step in enumerate(machine.steps, start=1):
            for order, inner in enumerate(step.inner):
                self.add_sampled(inner, location, may_end or number < last, (*role, number, order))
            if number < last:
                self.moves.setdefault(location, {})[role, number] = step
                self.sizes[role, number] = machine.memories[number - 1]
        if may_end:
            self.verdicts.setdefault(location, {})[role] = machine.steps[-1]

    def begin_none(self, locations: Iterable[Location]) -> None:
        """Lets no window begin at these locations: those under way go on."""
        for location in locations:
            self.moves[location][(), 1] = None

    def lay(self, board: Board, row: Iterable[Location]) -> None:
        """Puts all factors on the board. `row`: the locations of the row's elements in order, where stale
        classes are cleared.
        """
        if not self.sizes:
            for location, verdicts in self.verdicts.items():
                for role in sorted(verdicts, key=_from_within):
                    board.put(location, self._verdict_made(role, verdicts[role], self.begins.get(location)))
            return
        slots = {
            (role, age): board.slot(Slot(size, 0, self.weighing.use.index, self.weighing.use.title))
            for (role, age), size in sorted(self.sizes.items(), key=lambda item: _depth(item[0]))
        }
        stale: set[tuple[Role, int]] = set()
        every = [*dict.fromkeys([*row, *self.moves, *self.verdicts])]
        for location in every:
            stale = self._lay_at(board, location, slots, stale)

    def _lay_at(
        self,
        board: Board,
        location: Location,
        slots: dict[tuple[Role, int], int],
        stale: set[tuple[Role, int]],
    ) -> set[tuple[Role, int]]:
        moves, verdicts = self.moves.get(location, {}), self.verdicts.get(location, {})
        begins = self.begins.get(location)
        read = {(role, age - 1) for role, age in moves if age > 1}
        read |= {(role, age) for role in verdicts for age in [self._oldest(role)] if age}
        moved = [*moves, *(read - moves.keys()), *(stale - moves.keys() - read)]
        for role in sorted({role for role, _ in moved} | set(verdicts), key=_from_within):
            for age in sorted(age for owner, age in moved if owner == role):
                step = moves.get((role, age))
                key = (role, age, id(step), begins and begins.key)
                made = self.made.get(key)
                if made is None:
                    made = self.made[key] = self._move((role, age), step, slots[role, age], begins)
                board.put(location, made)
            if role in verdicts:
                board.put(location, self._verdict_made(role, verdicts[role], begins))
        return set(moves)

    def _verdict_made(self, role: Role, step: Step, begins: Part | None) -> Factor:
        key = (role, 0, id(step), begins and begins.key)
        made = self.made.get(key)
        if made is None:
            made = self.made[key] = self._verdict(role, step, begins)
        return made

    def _oldest(self, role: Role) -> int:
        return max((age for owner, age in self.sizes if owner == role), default=0)

    def _reads(self, role: Role, age: int, step: Step, begins: Part | None) -> tuple[Part | Output, ...]:
        """What a step reads: the class before it, its parts, the verdicts of inner machines, and whether an
        element begins.
        """
        before = (Output(self._name(role, age - 1), self.sizes[role, age - 1]),) if age > 1 else ()
        inner = tuple(Output(self._name((*role, age, order), 0), 2) for order in range(len(step.inner)))
        return (*before, *step.parts, *inner, *(() if begins is None else (begins,)))

    def _move(self, of: tuple[Role, int], step: Step | None, slot: int, begins: Part | None) -> Factor:
        role, age = of
        size = self.sizes[role, age]
        held = np.arange(size, dtype=np.int32)[:, None]
        name = self._name(role, age)
        if step is None:
            alone = () if begins is None else (begins,)
            following = held * 0 if begins is None else np.hstack([held, held * 0])
            output = np.broadcast_to(held, following.shape)
            zero, use = np.zeros(following.shape), self.weighing.use.index
            return Factor.of(name, use, alone, zero, slot, _own(following), _own(output))
        reads = self._reads(role, age, step, begins)
        table = _spread(step.table, self.sizes.get((role, age - 1), 1))
        following = np.broadcast_to(table.reshape(1, -1), (size, table.size))
        if begins is not None:
            following = np.stack([np.broadcast_to(held, following.shape), following], axis=-1).reshape(
                size, -1
            )
        output = np.broadcast_to(held, following.shape)
        weights, use = np.zeros(following.shape), self.weighing.use.index
        return Factor.of(name, use, reads, weights, slot, _own(following), _own(output))

    def _verdict(self, role: Role, step: Step, begins: Part | None) -> Factor:
        age = self._oldest(role) + 1
        reads = self._reads(role, age, step, begins)
        events = _spread(step.table, self.sizes.get((role, age - 1), 1)).reshape(1, -1)
        if begins is not None:
            events = np.stack([events * 0, events], axis=-1).reshape(1, -1)
        name = self._name(role, 0)
        outer = not role or (len(role) == 1)
        weight = self.weighing.log_weight if outer else 0.0
        weights: FloatArray = np.where(events, weight, 0.0)
        output = _own(events) if self.weighing.counted or not outer else None
        return Factor.of(name, self.weighing.use.index, reads, weights, None, None, output)

    def _name(self, role: Role, age: int) -> Hashable:
        return (self.weighing.use.index, self.weighing.name, role, age)

    def slot_name(self, age: int) -> Hashable:
        """The name of the factor that moves windows under way which have so many steps behind them."""
        return self._name((), age)

    def verdict_name(self, role: Role = ()) -> Hashable:
        """The name of the factor that says whether a window was an event."""
        return self._name(role, 0)


def _from_within(role: Role) -> tuple[int, str]:
    return -len(role), repr(role)


def _depth(item: tuple[Role, int]) -> tuple[int, str, int]:
    return -len(item[0]), repr(item[0]), item[1]


def _alike(one: Step | None, other: Step) -> bool:
    if one is other:
        return True
    if one is None or one.parts != other.parts or not np.array_equal(one.table, other.table):
        return False
    pairs = zip(one.inner, other.inner, strict=True)
    return len(one.inner) == len(other.inner) and all(
        len(left.steps) == len(right.steps) and all(map(_alike, left.steps, right.steps))
        for left, right in pairs
    )


def _spread(table: IntArray, classes: int) -> IntArray:
    """The table with rows for as many classes as its slot has; a class that this window never has leads to
    nothing.
    """
    if table.shape[0] >= classes:
        return table
    return np.vstack([table, np.zeros((classes - table.shape[0], table.shape[1]), dtype=np.int32)])


def _own(values: NDArray[np.int32]) -> IntArray:
    return np.ascontiguousarray(values, dtype=np.int32)
