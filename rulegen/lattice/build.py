"""From a problem to its lattice:
states reached layer by layer, equal layers once, sections under all their seams."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from rulegen.lattice.assemble import assemble
from rulegen.lattice.codes import distinct
from rulegen.lattice.form import SectionTree, form_of
from rulegen.lattice.join import Moves, join, opening
from rulegen.lattice.layers import Arcs, Lattice, Relaxed
from rulegen.lattice.liveness import live_slots, needed_before, without_unheard
from rulegen.lattice.moments import (
    Limits,
    Moments,
    TooLarge,
    TooMany,
    choose_order,
    joint_moments,
    moment_filters,
)
from rulegen.lattice.problem import IntArray, Layer, Problem
from rulegen.lattice.reading import Reader, Universe
from rulegen.lattice.relax import relax, slots_to_relax
from rulegen.lattice.seams import Passage
from rulegen.lattice.states import States, TooManyArcs, advance, start_state


def build(problem: Problem, budget: int = 2_000_000) -> Lattice:
    """The lattice of a problem. Where a layer passes `budget` arcs, the memory that costs most is relaxed."""
    workshop = Workshop.of(problem, Limits.of(budget))
    relaxed: list[Relaxed] = []
    current = problem
    while True:
        try:
            return replace(Construction(current, workshop, budget).lattice(), relaxed=tuple(relaxed))
        except Overfull as full:
            for costliest in _costliest(problem, full, budget):
                slots = slots_to_relax(problem, {costliest.slot, *(r.slot for r in relaxed)})
                for slot in sorted(slots - {r.slot for r in relaxed}):
                    held = problem.slots[slot]
                    relaxed.append(replace(costliest, slot=slot, name=held.name, use=held.use))
            current = relax(problem, slots)
            workshop.forget_but(current)


_SURELY = 4  # times the budget: a layer that is expected to have more arcs does not fit


class Overfull(Exception):
    """A layer passed the budget."""

    def __init__(self, layer: int, cause: TooManyArcs) -> None:
        super().__init__(f"layer {layer}: {cause}")
        self.layer = layer
        self.cause = cause


class LatticeTooLarge(TooLarge):
    """A layer has more than `most` joint moments or moves, or arcs with no memory left to relax."""

    def __init__(self, layer: int, most: int, what: str = "arcs") -> None:
        super().__init__(f"layer {layer} has more than {most} {what} without any memory")
        self.layer = layer
        self.most = most
        self.what = what


def _costliest(problem: Problem, full: Overfull, budget: int) -> list[Relaxed]:
    """The memory that costs most, and as many more as it takes until the layer may fit: not each needs a
    lattice of its own to be found out.
    """
    states, found = full.cause.states, list[Relaxed]()
    held = {slot: states.memories[states.memory, i] for i, slot in enumerate(states.slots)}
    arcs_a_state, count = full.cause.arcs / full.cause.left, len(states)
    while held and (not found or count * arcs_a_state > _SURELY * budget):
        best: Relaxed | None = None
        for slot in held:
            others = [column for other, column in held.items() if other != slot]
            without = distinct([states.moment, *others], len(states))[0].size
            if best is None or without < best.without:
                name, use = problem.slots[slot].name, problem.slots[slot].use
                best = Relaxed(slot, name, use, full.layer, full.cause.arcs, count, without)
        assert best is not None
        found.append(best)
        del held[best.slot]
        count = best.without
    if not found:
        raise LatticeTooLarge(full.layer, full.cause.arcs) from full
    return found


@dataclass(slots=True, eq=False)
class Workshop:
    """What constructions of one problem share:
    the universe, the order of joining, moments and moves by kind."""

    universe: Universe
    order: tuple[int, ...]
    moments: dict[Hashable, Moments] = field(default_factory=dict)
    moves: dict[tuple[Hashable, Hashable, Hashable], Moves] = field(default_factory=dict)  # … reader's keys
    limits: Limits = Limits()

    @classmethod
    def of(cls, problem: Problem, limits: Limits | None = None, universe: Universe | None = None) -> Workshop:
        """A workshop for a problem and whatever is made of it by leaving factors out.

        `universe`: that of a problem with the same domains, whose tables are used again.
        """
        universe = universe or Universe.of(problem)
        layers = {tuple(f.key for f in layer.factors): layer for layer in problem.layers}
        widest = max(problem.layers, key=lambda layer: sum(d.size for d in layer.domains))
        order = choose_order(
            universe, (Reader.of(layer.factors) for layer in layers.values()), positions(universe, widest)
        )
        return cls(universe, order, limits=limits or Limits())

    def forget_but(self, problem: Problem) -> None:
        """Let the moves go that no layer of the problem makes: they are the most that is kept."""
        made = {reader.keys for reader in read_layers(problem)}
        self.moves = {key: moves for key, moves in self.moves.items() if key[2] in made}

    def moments_of(self, layer: Layer, reader: Reader, relevant: frozenset[int] | None = None) -> Moments:
        """The joint moments of a layer under its own filters, as far as they are relevant (None:
        all of them)."""
        key = (
            tuple(d.tobytes() for d in layer.domains),
            tuple(f.key for f in moment_filters(reader)),
            relevant,
        )
        if key not in self.moments:
            domains = positions(self.universe, layer)
            found = joint_moments(self.universe, domains, reader, self.order, self.limits, relevant)
            self.moments[key] = Moments(len(self.moments), found, self.order)
        return self.moments[key]

    def moves_of(self, before: Moments | None, after: Moments, reader: Reader) -> Moves:
        """The moves between two layers' joint moments."""
        key = (None if before is None else before.key, after.key, reader.keys)
        if key not in self.moves:
            self.moves[key] = (
                opening(self.universe, after, reader)
                if before is None
                else join(self.universe, before, after, reader, self.limits)
            )
        return self.moves[key]


def positions(universe: Universe, layer: Layer) -> list[IntArray]:
    """A layer's domains as positions in the universe."""
    return [
        np.searchsorted(values, domain).astype(np.int32)
        for values, domain in zip(universe.values, layer.domains, strict=True)
    ]


@dataclass(slots=True, eq=False)
class Construction:
    """One building of a lattice; raises `Overfull` where a layer passes the budget, `LatticeTooLarge` where
    it passes the limits without any memory.
    """

    problem: Problem
    workshop: Workshop
    budget: int
    readers: list[Reader] = field(init=False)
    form: SectionTree = field(init=False)
    live: list[frozenset[int]] = field(init=False)  # layer -> slots to remember after it
    relevant: list[frozenset[int] | None] = field(init=False)  # layer -> components told apart; None: all
    start: States = field(init=False)
    advanced: dict[Hashable, tuple[Arcs, States]] = field(default_factory=dict)  # by id of what was left
    interned: dict[Hashable, States] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.problem = without_unheard(self.problem)
        self.readers = read_layers(self.problem)
        self.form = form_of(self.problem)
        self.live = live_slots(self.problem, self.form, self.readers)
        self.relevant = [None] * len(self.readers)
        remembered = tuple(sorted(needed_before(self.readers[0], self.live[0])))
        self.start = start_state(self.problem.slots, remembered)  # held, so that no other states get its id

    def lattice(self) -> Lattice:
        """All sections, first as if each were stated once, then under their seams."""
        return assemble(self.problem, self.workshop.universe, self.form, self.passages())

    def passages(self) -> list[list[Passage]]:
        """The layers of each section as if it were stated once: their arcs and the states they enter."""
        found: list[list[Passage]] = []
        for _ in self._reach(found):
            pass
        return found

    def dead_layer(self) -> int | None:
        """The first layer that nothing reaches, seams apart; None where every layer is reached.

        Where there are no seams, only the components that a move can depend on are told apart; this ends a
        construction's use.
        """
        if not self.form.couplings:
            self.relevant = list(relevant_components(self.problem, self.form, self.readers))
        return next((layer for layer, passage in self._reach([]) if not len(passage.states)), None)

    def _reach(self, passages: list[list[Passage]]) -> Iterator[tuple[int, Passage]]:
        """Enter layer after layer, filling `passages` (section, layer)."""
        for section in self.problem.sections:
            passages.append([])
            for layer in range(section.first, section.stop):
                passages[-1].append(self._enter(layer, self._before(passages)))
                yield layer, passages[-1][-1]

    def _before(self, passages: list[list[Passage]]) -> States:
        """The states that the next layer is entered from."""
        if passages[-1]:
            return passages[-1][-1].states
        entry = self.form.entry[len(passages) - 1]
        return passages[entry][-1].states if entry >= 0 else self.start

    def _enter(self, layer: int, before: States) -> Passage:
        """A layer entered from the states `before`."""
        try:
            after = self.workshop.moments_of(
                self.problem.layers[layer], self.readers[layer], self.relevant[layer]
            )
            return Passage(*self._advance(before, after, layer))
        except TooMany as many:
            raise LatticeTooLarge(layer, many.most, many.what) from None

    def _advance(self, before: States, after: Moments, layer: int) -> tuple[Arcs, States]:
        reader, live = self.readers[layer], self.live[layer]
        key = (id(before), after.key, reader.keys, live)
        if key not in self.advanced:
            moves = self.workshop.moves_of(before.moments, after, reader)
            try:
                arcs, states = advance(before, moves, reader, self.problem.slots, live, self.budget)
            except TooManyArcs as full:
                raise Overfull(layer, full) from None
            self.advanced[key] = arcs, self.interned.setdefault(states.key(), states)
        return self.advanced[key]


def read_layers(problem: Problem) -> list[Reader]:
    """A reader for each layer, equal layers' once; nothing lies before the first."""
    known: dict[Hashable, Reader] = {}
    readers = []
    for i, layer in enumerate(problem.layers):
        key = (i == 0, tuple(f.key for f in layer.factors))
        if key not in known:
            known[key] = Reader.of(layer.factors, nothing_before=i == 0)
        readers.append(known[key])
    return readers


def relevant_components(problem: Problem, form: SectionTree, readers: list[Reader]) -> list[frozenset[int]]:
    """For each layer, the components by which moments matter to moves and memories,
    there or in a layer that follows."""
    before, relevant = [], []
    for reader in readers:
        deciding = {f.name for f in reader.filters if reader.scopes[f.name].before} | reader.remembering
        before.append({c for name in deciding for c in reader.scopes[name].before})
        relevant.append({c for name in deciding for c in reader.scopes[name].after})
    for section, bounds in enumerate(problem.sections):
        for layer in range(bounds.first, bounds.stop - 1):
            relevant[layer] |= before[layer + 1]
        for follower, entry in enumerate(form.entry):
            if entry == section:
                relevant[bounds.stop - 1] |= before[problem.sections[follower].first]
    return [frozenset(r) for r in relevant]
