"""From sections built as if stated once to the blocks of a lattice under all their seams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from rulegen.lattice.along import weigh_along
from rulegen.lattice.codes import IndexArray
from rulegen.lattice.form import Coupling, Register, SectionTree
from rulegen.lattice.layers import Block, Child, Lattice, LayerArcs, Spread
from rulegen.lattice.moments import TooLarge
from rulegen.lattice.openings import Path, TooManyWays, tell_apart
from rulegen.lattice.pairs import Universe
from rulegen.lattice.problem import FloatArray, IntArray, Problem
from rulegen.lattice.seams import MOST_PLACES, Crossing, Passage


@dataclass(frozen=True, slots=True)
class KeptApart:
    """How many ways to open a section, by its first `layers`, are kept apart; without any, ways to end it."""

    section: int
    layers: int
    ways: int


class TooManyOpenings(TooLarge):
    """What later seams must know is too much to be kept apart as far as the end of a section."""

    def __init__(self, section: int, kept: Sequence[KeptApart], use: int | None = None) -> None:
        super().__init__(f"as far as the end of section {section}: {', '.join(map(str, kept))}")
        self.section = section
        self.kept = tuple(kept)
        self.use = use  # the line that keeps most of them apart, where that was found


def assemble(
    problem: Problem, universe: Universe, form: SectionTree, passages: Sequence[Sequence[Passage]]
) -> Lattice:
    """The lattice of sections whose passages (section, layer) are built.

    Raises `TooManyOpenings` where looking ahead under a section's seams would ask for more than 1 GiB.
    """
    assembly = _Assembly(problem, universe, form, [list(p) for p in passages])
    for section in range(len(problem.sections)):
        assembly.open(section)
        assembly.check_size(section)
    blocks = tuple(assembly.block(section) for section in range(len(problem.sections)))
    return Lattice(problem.components, len(problem.layers), blocks)


@dataclass(slots=True, eq=False)
class _Assembly:
    problem: Problem
    universe: Universe
    form: SectionTree
    passages: list[list[Passage]]
    weights: dict[int, FloatArray] = field(
        default_factory=dict
    )  # statement -> nats (ends left, classes entered)
    paths: dict[int, list[Path]] = field(default_factory=dict)  # section -> the layers of its opening
    spreads: dict[int, Spread] = field(default_factory=dict)
    values: dict[int, IntArray] = field(default_factory=dict)  # by id of moments

    def open(self, section: int) -> None:
        """Weigh the seams along a section, and tell its openings apart as far as those after it do. Raises
        `TooManyOpenings`.
        """
        for coupling in self.form.weighed_along(section):
            start = self.passages[coupling.leaves][-1].states
            self.passages[section] = weigh_along(
                self.universe, self.problem.slots, coupling, start, self.passages[section]
            )
        width = self.form.opening_width(section)
        if not width:
            return
        try:
            self._tell_apart(section, self.passages[section][:width])
        except TooManyWays as many:
            raise TooManyOpenings(section, [KeptApart(section, many.layers, many.most)], many.use) from None

    def _tell_apart(self, section: int, passages: Sequence[Passage]) -> None:
        crossings = [
            Crossing.of(self.universe, self.problem.slots, c, self.passages[c.leaves][-1].states)
            for c in self.form.remembered(section)
        ]
        openings = tell_apart(crossings, passages)
        for crossing, weights in zip(crossings, openings.weights, strict=True):
            self.weights[crossing.coupling.statement] = weights
        self.paths[section], self.spreads[section] = list(openings.paths), openings.spread

    def check_size(self, section: int) -> None:
        """Raise `TooManyOpenings` where a section has too many (state, column) places."""
        registers = self.registers(section)
        places = self.columns(registers) * sum(len(passage.states) for passage in self.passages[section])
        if places > MOST_PLACES:
            raise TooManyOpenings(section, [self.kept(each) for each in registers])

    def kept(self, register: Register) -> KeptApart:
        """What a register costs."""
        layers = self.form.opening_width(register.section) if register.kind == "opening" else 0
        return KeptApart(register.section, layers, self.size(register))

    def size(self, register: Register) -> int:
        if register.kind == "opening":
            return self.spreads[register.section].columns
        return len(self.passages[register.section][-1].states)

    def registers(self, section: int) -> tuple[Register, ...]:
        """The registers alive at a section's end, the most significant first."""
        own = (Register("opening", section),) if section in self.spreads else ()
        return self.form.incoming[section] + own

    def columns(self, registers: Sequence[Register]) -> int:
        return prod(self.size(register) for register in registers)

    def block(self, section: int) -> Block:
        """One section as a block."""
        entry = self.form.entry[section]
        starts = 1 if entry < 0 else len(self.passages[entry][-1].states)
        known = self._known_at_end(section)
        seam = self._seam(section, known)
        children = tuple(self._child(section, child, known) for child in self.form.children(section))
        columns = self.columns(self.form.incoming[section])
        return Block(starts, columns, tuple(self._stages(section)), seam, children)

    def _known_at_end(self, section: int) -> dict[Register, IndexArray]:
        """What each register holds at each (state, column) of the end, broadcast to (states, columns)."""
        states = len(self.passages[section][-1].states)
        registers = self.registers(section)
        column = np.arange(self.columns(registers))[None, :]
        known: dict[Register, IndexArray] = {}
        for register in reversed(registers):
            column, known[register] = np.divmod(column, self.size(register))
        known[Register("end", section)] = np.arange(states)[:, None]
        return known

    def _seam(self, section: int, known: dict[Register, IndexArray]) -> FloatArray | None:
        closing = self.form.weighed_at_end(section)
        if not closing:
            return None
        shape = len(self.passages[section][-1].states), self.columns(self.registers(section))
        total = np.zeros(shape)
        for coupling in closing:
            total += self._weight(coupling, known, shape)
        return total

    def _weight(
        self, coupling: Coupling, known: dict[Register, IndexArray], shape: tuple[int, int]
    ) -> FloatArray:
        leaves, enters = Register("end", coupling.leaves), Register("opening", coupling.enters)
        rows, columns = np.broadcast_arrays(known[leaves], known[enters])
        return np.broadcast_to(self.weights[coupling.statement][rows, columns], shape)

    def _child(self, section: int, child: int, known: dict[Register, IndexArray]) -> Child:
        states = len(self.passages[section][-1].states)
        columns = self.columns(self.registers(section))
        incoming = self.form.incoming[child]
        if self.form.entry[child] == section and incoming == self.registers(section):
            return Child(child, None)
        start = known[Register("end", self.form.entry[child])]
        for register in incoming:
            start = start * self.size(register) + known[register]
        return Child(child, np.broadcast_to(start, (states, columns)).reshape(-1))

    def _stages(self, section: int) -> list[LayerArcs]:
        first = self.problem.sections[section].first
        paths = self.paths.get(section, [])
        stages = []
        for i, passage in enumerate(self.passages[section]):
            moment, arcs, spread = passage.states.moment, passage.arcs, None
            if i < len(paths):
                moment, arcs = moment[paths[i].state], paths[i].arcs
                spread = self.spreads[section] if i == len(paths) - 1 else None
            stages.append(LayerArcs(first + i, arcs, moment, self._values(passage), spread))
        return stages

    def _values(self, passage: Passage) -> IntArray:
        moments = passage.states.moments
        if moments is None:
            raise ValueError("a section begins with a layer")
        if id(moments) not in self.values:
            self.values[id(moments)] = moments.values(self.universe)
        return self.values[id(moments)]
