"""What constructions of one problem share: tables, the order of joining, joint moments and moves by kind.

Moments and moves are made for many layers side by side: what costs in small layers is not their size but how
often something is asked of them. Each is made when it is first asked for, and with it those of the layers to
come, as many as are not too much together.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from rulegen.lattice.advance import MadeByMoves, advance
from rulegen.lattice.arcs import AnyArcs
from rulegen.lattice.form import SectionTree, form_of
from rulegen.lattice.join import LayerStep, Moves, allowed_pairs, join, opening
from rulegen.lattice.kept import Kept
from rulegen.lattice.liveness import live_slots, without_unheard
from rulegen.lattice.meetings import Meeting
from rulegen.lattice.moments import (
    Limits,
    MomentKind,
    Moments,
    Overflow,
    TooMany,
    choose_order,
    joint_moments,
)
from rulegen.lattice.pairs import Universe
from rulegen.lattice.problem import IntArray, Layer, Problem, Slot
from rulegen.lattice.reading import Reader
from rulegen.lattice.states import States, Stepping

_SIDE_BY_SIDE = 1 << 20  # pairs of moments of several steps that are joined together, allowed or not
_ALONE = 1 << 17  # pairs of moments of a step, beyond which it is joined by itself
_MOMENTS = 1 << 18  # joint moments of several layers that are made together


Advanced = tuple[AnyArcs, States]


@dataclass(frozen=True, slots=True)
class Remembering:
    """What the states of a layer are to remember: of all slots the `live` ones, in `budget` arcs."""

    slots: Sequence[Slot]
    live: frozenset[int]
    budget: int
    keeps_arcs: bool  # not where only what is reached is asked


@dataclass(frozen=True, slots=True, eq=False)
class Blueprint:
    """What a construction needs to know of a problem whatever its domains are.

    heard: of each layer, the factors without those that nothing hears; readers: of these; live: of each layer
    the slots to remember after it.
    """

    problem: Problem
    heard: Problem
    readers: list[Reader]
    form: SectionTree
    live: list[frozenset[int]]

    @classmethod
    def of(cls, problem: Problem, universe: Universe) -> Blueprint:
        """The blueprint of a problem and of those that differ from it in their domains."""
        heard = without_unheard(problem, universe.facts)
        readers, form = universe.readers(heard), form_of(heard)
        return cls(problem, heard, readers, form, live_slots(heard, form, readers))

    def fits(self, problem: Problem) -> bool:
        """Whether a problem has the same factors, sections and slots: the same objects."""
        own = self.problem
        parts = ((own.slots, problem.slots), (own.sections, problem.sections), (own.seams, problem.seams))
        return (
            len(own.layers) == len(problem.layers)
            and own.order == problem.order
            and all(one is other for one, other in parts)
            and all(
                one.factors is other.factors for one, other in zip(own.layers, problem.layers, strict=True)
            )
        )

    def of_domains(self, problem: Problem) -> Problem:
        """A problem that it fits, without what nothing hears."""
        pairs = zip(problem.layers, self.heard.layers, strict=True)
        return replace(
            self.heard, layers=tuple(Layer(layer.domains, heard.factors) for layer, heard in pairs)
        )


@dataclass(slots=True, eq=False)
class Workshop:
    """What constructions of one problem share: the universe, the order of joining, moments and moves by kind;
    where there are too many, that.
    """

    universe: Universe
    order: tuple[int, ...]
    moments: dict[Hashable, Moments | TooMany] = field(default_factory=dict)
    moves: Kept[Moves | TooMany] = field(default_factory=Kept)
    meetings: Kept[Meeting | TooMany] = field(default_factory=Kept)  # of large steps, by filters
    advanced: Kept[tuple[States, Advanced]] = field(default_factory=Kept)  # by id of the states left, held
    by_moves: Kept[MadeByMoves] = field(default_factory=Kept)
    states: Kept[States] = field(default_factory=Kept)  # by content
    limits: Limits = Limits()
    kinds: dict[Hashable, MomentKind] = field(default_factory=dict)
    together: int = 1 << 30  # how many layers' moments are made side by side
    blueprint: Blueprint | None = None  # of the problem that was built last

    @classmethod
    def of(cls, problem: Problem, limits: Limits | None = None, universe: Universe | None = None) -> Workshop:
        """A workshop for a problem and whatever is made of it by leaving factors out.

        `universe`: that of a problem with the same domains, whose tables are used again.
        """
        universe = universe or Universe.of(problem)
        layers = {tuple(f.key for f in layer.factors): layer for layer in problem.layers}
        widest = max(problem.layers, key=lambda layer: sum(d.size for d in layer.domains))
        readers = (universe.reader(layer.factors) for layer in layers.values())
        order = choose_order(universe, readers, positions(universe, widest))
        return cls(universe, order, limits=limits or Limits())

    def clear(self) -> None:
        """Let go of all that depends on the domains of a problem, before one with others is built."""
        for made in (self.moments, self.kinds, self.universe.cases):
            made.clear()
        for kept in self._kept:
            kept.clear()

    def renew(self) -> None:
        """Let go of what was not asked for since this was last done, before another problem is built."""
        for kept in (self.moves, self.meetings, self.advanced):
            kept.renew()
        held = {id(each) for before, (_, after) in self.advanced.values.values() for each in (before, after)}
        self.by_moves.renew(lambda made: id(made[0]) in held)
        self.states.renew(lambda states: id(states) in held)

    @property
    def _kept(self) -> tuple[Kept[Any], ...]:
        return self.moves, self.meetings, self.advanced, self.by_moves, self.states

    def blueprint_of(self, problem: Problem) -> Blueprint:
        """The blueprint of a problem, kept until that of another is asked for."""
        if self.blueprint is None or not self.blueprint.fits(problem):
            self.blueprint = Blueprint.of(problem, self.universe)
        return self.blueprint

    def forget_but(self, problem: Problem) -> None:
        """Let the moves go that no layer of the problem makes: they are the most that is kept."""
        made = {reader.keys for reader in self.blueprint_of(problem).readers}
        every = self.moves.values.items()
        left = {key: moves for key, moves in every if isinstance(key, tuple) and key[2] in made}
        for kept in self._kept:
            kept.clear()
        self.moves.values.update(left)

    def kind(self, layer: Layer, reader: Reader, relevant: frozenset[int] | None = None) -> MomentKind:
        """What decides a layer's joint moments."""
        domains = tuple(d.tobytes() for d in layer.domains)
        key = domains, tuple(each.key for each in reader.of_moments), relevant
        if key not in self.kinds:
            self.kinds[key] = MomentKind(key, positions(self.universe, layer), reader, relevant)
        return self.kinds[key]

    def moments_of(self, kind: MomentKind, coming: Iterable[MomentKind] = ()) -> Moments:
        """The joint moments of a layer under its own filters, as far as they are relevant. Raises `TooMany`.

        coming: the kinds that will be asked for next.
        """
        if kind.key not in self.moments:
            fresh = {k.key: k for k in coming if k.key not in self.moments}
            self._make_moments([kind, *(k for key, k in fresh.items() if key != kind.key)])
        found = self.moments[kind.key]
        if isinstance(found, TooMany):
            raise found
        return found

    def _make_moments(self, kinds: list[MomentKind]) -> None:
        """The moments of the first of some kinds at least; of the others, as many as fit beside it."""
        while True:
            kinds = kinds[: self.together]
            most = self.limits.moments if len(kinds) == 1 else min(self.limits.moments, _MOMENTS)
            try:
                made = joint_moments(self.universe, kinds, self.order, most)
            except Overflow:
                self.together = max(1, len(kinds) // 2)
            except TooMany as many:
                self.moments[kinds[0].key] = many
                return
            else:
                for kind, columns in zip(kinds, made, strict=True):
                    self.moments[kind.key] = Moments(len(self.moments), columns, self.order)
                return

    def moves_of(self, step: LayerStep, coming: Iterable[LayerStep] = ()) -> Moves:
        """The moves of a step. Raises `TooMany`. coming: the steps that will be asked for next."""
        key = _key(step)
        if key not in self.moves and step.before is None:
            self.moves[key] = opening(self.universe, step.after, step.reader)
        elif key not in self.moves and step.size > _ALONE:
            meeting = self._meeting(step)
            self.moves[key] = meeting if isinstance(meeting, TooMany) else meeting.moves(self.universe, step)
        elif key not in self.moves:
            batch, size = {key: step}, step.size
            for other in coming:
                if (
                    other.size <= min(_ALONE, _SIDE_BY_SIDE - size)
                    and (own := _key(other)) not in self.moves
                    and own not in batch
                ):
                    batch[own] = other
                    size += other.size
            made = join(self.universe, list(batch.values()), self.limits.moves)
            for each, moves in zip(batch, made, strict=True):
                self.moves[each] = TooMany(self.limits.moves, "moves") if moves is None else moves
        found = self.moves[key]
        if isinstance(found, TooMany):
            raise found
        return found

    def _meeting(self, step: LayerStep) -> Meeting | TooMany:
        """The pairs of a large step, found once for all that have its filters."""
        assert step.before is not None
        key = _filters(step)
        if key not in self.meetings:
            pairs = allowed_pairs(self.universe, step, self.limits.moves)
            many = TooMany(self.limits.moves, "moves")
            self.meetings[key] = many if pairs is None else Meeting.of(*pairs, len(step.before))
        return self.meetings[key]

    def enter(
        self, before: States, step: LayerStep, coming: Iterable[LayerStep], memory: Remembering
    ) -> Advanced:
        """The arcs out of some states by the moves of a step, and the states entered; equal ones are one.
        Raises `TooMany`, `TooManyArcs`.
        """
        key = id(before), step.after.key, step.reader.keys, memory.live, memory.keeps_arcs
        if key not in self.advanced:
            moves = self.moves_of(step, coming)
            stepping = Stepping.of(before, moves, step.reader, memory.slots, memory.live)
            arcs, states = advance(stepping, memory.budget, self.by_moves)
            arcs = arcs if memory.keeps_arcs else arcs.without_any()
            self.advanced[key] = before, (arcs, self.same(states))
        self.moves.ask(_key(step))
        self.meetings.ask(_filters(step))
        return self.advanced[key][1]

    def same(self, states: States) -> States:
        """The one of equal states."""
        return self.states.get(states.key(), lambda: states)


def _key(step: LayerStep) -> tuple[Hashable, Hashable, Hashable]:
    return None if step.before is None else step.before.key, step.after.key, step.reader.keys


def _filters(step: LayerStep) -> Hashable:
    """Equal for steps that have the same pairs."""
    before = None if step.before is None else step.before.key
    return before, step.after.key, frozenset(each.key for each in step.reader.of_pairs)


def positions(universe: Universe, layer: Layer) -> list[IntArray]:
    """A layer's domains as positions in the universe."""
    return [
        np.searchsorted(values, domain).astype(np.int32)
        for values, domain in zip(universe.values, layer.domains, strict=True)
    ]
