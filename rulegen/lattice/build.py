"""From a problem to its lattice:
states reached layer by layer, equal layers once, sections under all their seams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from rulegen.lattice.advance import TooManyArcs
from rulegen.lattice.arcs import AnyArcs
from rulegen.lattice.assemble import assemble
from rulegen.lattice.codes import distinct
from rulegen.lattice.form import SectionTree
from rulegen.lattice.join import LayerStep
from rulegen.lattice.layers import Lattice, Relaxed
from rulegen.lattice.liveness import needed_before, without_unheard
from rulegen.lattice.moments import Limits, MomentKind, Moments, TooLarge, TooMany
from rulegen.lattice.problem import Problem
from rulegen.lattice.reading import Reader
from rulegen.lattice.relax import relax, slots_to_relax
from rulegen.lattice.seams import Passage
from rulegen.lattice.states import States, start_state
from rulegen.lattice.workshop import Remembering, Workshop


def build(problem: Problem, budget: int = 2_000_000, workshop: Workshop | None = None) -> Lattice:
    """The lattice of a problem. Where a layer passes `budget` arcs, the memory that costs most is relaxed."""
    workshop = workshop or Workshop.of(problem, Limits.of(budget))
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
            current = without_unheard(relax(problem, slots), workshop.universe.facts)
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
    kinds: dict[int, MomentKind] = field(default_factory=dict)  # by layer
    keeps_arcs: bool = True  # not where only what is reached is asked

    def __post_init__(self) -> None:
        blueprint = self.workshop.blueprint_of(self.problem)
        self.problem = blueprint.of_domains(self.problem)
        self.readers, self.form, self.live = blueprint.readers, blueprint.form, blueprint.live
        self.relevant = [None] * len(self.readers)
        remembered = tuple(sorted(needed_before(self.readers[0], self.live[0])))
        start = start_state(self.problem.slots, remembered)
        self.start = self.workshop.same(start)

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
            self.keeps_arcs = False
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
            return Passage(*self._advance(before, self._moments(layer), layer))
        except TooMany as many:
            raise LatticeTooLarge(layer, many.most, many.what) from None

    def _moments(self, layer: int) -> Moments:
        """The joint moments of a layer; those of the layers to come are made beside them."""
        return self.workshop.moments_of(
            self._kind(layer), map(self._kind, range(layer + 1, len(self.readers)))
        )

    def _kind(self, layer: int) -> MomentKind:
        if layer not in self.kinds:
            own = self.problem.layers[layer], self.readers[layer], self.relevant[layer]
            self.kinds[layer] = self.workshop.kind(*own)
        return self.kinds[layer]

    def _coming(self, layer: int) -> Iterator[LayerStep]:
        """The steps into the layers after this one, as far as their moments are not too many."""
        for section, bounds in enumerate(self.problem.sections):
            entry = self.form.entry[section]
            last = self.problem.sections[entry].stop - 1 if entry >= 0 else -1
            for following in range(max(layer + 1, bounds.first), bounds.stop):
                before = last if following == bounds.first else following - 1
                if before < 0:
                    continue
                try:
                    yield LayerStep(self._moments(before), self._moments(following), self.readers[following])
                except TooMany:
                    return

    def _advance(self, before: States, after: Moments, layer: int) -> tuple[AnyArcs, States]:
        step = LayerStep(before.moments, after, self.readers[layer])
        memory = Remembering(self.problem.slots, self.live[layer], self.budget, self.keeps_arcs)
        try:
            return self.workshop.enter(before, step, self._coming(layer), memory)
        except TooManyArcs as full:
            raise Overfull(layer, full) from None


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
