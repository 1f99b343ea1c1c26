"""The surface: ornaments around the notes that stand, drawn for all embellished voices together.

The rules that are read on the surface are compiled once for a style; a skeleton narrows what each voice may
sound at each step. No ornament at all is always among it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from rulegen.errors import StyleError, Unsatisfiable
from rulegen.folds.compile import TooWide, compile_uses
from rulegen.folds.grid_elements import Unreadable
from rulegen.lattice.codes import Integers
from rulegen.lattice.lookahead import look_ahead
from rulegen.lattice.moments import Limits, choose_order
from rulegen.lattice.pairs import Universe
from rulegen.lattice.problem import Factor, IntArray, Layer, Problem, Seam
from rulegen.lattice.workshop import Workshop
from rulegen.plan.clash import unsatisfiable
from rulegen.plan.companions import Follower
from rulegen.plan.embellished import OrnamentChoices
from rulegen.plan.faceted import FacetMap
from rulegen.plan.learned import companions_on
from rulegen.plan.problem import Plan, refusals, sections_of
from rulegen.plan.surface import Surface, surface_of
from rulegen.rules.draft import Board
from rulegen.stages.proof import given_up
from rulegen.stages.skeleton import built
from rulegen.stages.stage import Decided, Posed


@dataclass(frozen=True)
class SurfacePosed(Posed):
    """What the surface of one skeleton may be; what is drawn is told by facets, as its plan has them."""

    facets: FacetMap | None = None

    def music_of(self, values: Integers) -> Integers:
        """Assignments (…, layers, components) by facets."""
        assert self.facets is not None
        columns = [
            values[..., owner] if own is None else own[values[..., owner]]
            for owner, own in zip(self.facets.owner, self.facets.values, strict=True)
        ]
        return np.stack(columns, axis=-1)

    def draw(self, drafts: Sequence[Decided], particles: int) -> list[Decided]:
        """A surface for each piece, which keeps its skeleton."""
        return super().draw([replace(draft, skeleton=draft.values) for draft in drafts], particles)

    def best(self, draft: Decided, particles: int) -> Decided:
        """The best surface of what stands."""
        return super().best(replace(draft, skeleton=draft.values), particles)


@dataclass(frozen=True)
class Ornaments:
    """The stage that decides the surface of a plan."""

    surface: Surface
    budget: int
    board: Board = field(default_factory=Board)  # of the rules that are read on the surface

    @classmethod
    def of(cls, plan: Plan, budget: int) -> Ornaments | None:
        """The stage, where the style embellishes anything. Raises StyleError."""
        surface = surface_of(plan)
        if surface is None:
            return None
        stage, own = cls(surface, budget), surface.plan
        try:
            compile_uses(own.uses, own.draft, stage.board)
        except (TooWide, Unreadable):
            raise StyleError(tuple(refusals(own, own.uses))) from None
        return stage

    @property
    def plan(self) -> Plan:
        """The plan of the surface, on which later stages stand."""
        return self.surface.plan

    def pose(self, draft: Decided) -> SurfacePosed | None:
        """All surfaces that the rules allow around the notes that stand."""
        problem = self.problem(draft.values)
        lattice = built(self.plan, problem, self.budget, self._workshop)
        self._workshop.clear()
        ahead = look_ahead(lattice)
        if np.isneginf(ahead.total):
            return None
        walks = lattice.relaxed or self.companions
        return SurfacePosed(
            self.plan, lattice, ahead, problem if walks else None, self.companions, facets=self.facets
        )

    def unsatisfiable(self, draft: Decided) -> Unsatisfiable:
        """What clashes around the notes that stand."""
        found = unsatisfiable(self.plan, self.problem(draft.values))
        return given_up(found, "ornaments of the notes that were drawn", ("notes", "surfaces"), None)

    def problem(self, values: Integers) -> Problem:
        """The problem of a skeleton. values: int (layers, components)."""
        domains = self._domains(values)
        layers = [Layer(own, factors) for own, factors in zip(domains, self._factors, strict=True)]
        return replace(self._frame, layers=tuple(layers))

    def _domains(self, values: Integers) -> list[tuple[IntArray, ...]]:
        """What each layer may hold: of the harmony and of voices that are not embellished what stands."""
        surface, draft = self.surface, self.plan.draft
        narrowed = {
            self.plan.tables.of_voice(line.voice): own
            for line, own in zip(surface.lines, self._choices.domains(values), strict=True)
        }
        stands = self._standing(values)
        return [
            tuple(
                narrowed[each][layer] if each in narrowed else stands[layer, each : each + 1]
                for each in range(len(self._frame.components))
            )
            for layer in range(draft.layer_count)
        ]

    def _standing(self, values: Integers) -> IntArray:
        """(layers, components): what stands of the skeleton on the surface; of what is given, all of it."""
        surface, plan = self.surface, self.plan
        moments = plan.draft.moment_of
        found = values[surface.skeleton.draft.layer_of[surface.moments[moments]]].astype(np.int32)
        for voice, named in enumerate(plan.style.voices):
            tune, place = plan.tunes.get(named.name), plan.tables.of_voice(voice)
            if tune is None:
                continue
            before, code = surface.skeleton.tables.voices[voice].pitches, plan.tables.voices[voice].code
            for layer, moment in enumerate(moments.tolist()):
                onset = plan.schedule.frame.onsets[moment]
                given = tune.gives(onset)
                found[layer, place] = code[tune.sounding(onset) if given else before[found[layer, place]]]
        return found

    @cached_property
    def companions(self) -> tuple[Follower, ...]:
        """The models of the surface, which particles consult."""
        return companions_on(self.surface)

    @cached_property
    def _choices(self) -> OrnamentChoices:
        return OrnamentChoices(self.surface)

    @cached_property
    def facets(self) -> FacetMap:
        """What rules read, on what the lattice joins: a voice's pitch and time are of one code."""
        tables = self.plan.tables
        owner = list(range(len(tables.components)))
        values: list[IntArray | None] = [None] * len(owner)
        for line in self.surface.lines:
            pitch, time = tables.of_voice(line.voice), tables.of_time(line.voice)
            owner[time] = pitch
            values[pitch], values[time] = line.facets
        return FacetMap(tuple(owner), tuple(values), tuple(map(len, tables.components)))

    @cached_property
    def _factors(self) -> list[tuple[Factor, ...]]:
        """Of each layer."""
        own = [
            factor
            for line in self.surface.lines
            for factor in line.factors(self.plan.tables.of_voice(line.voice))
        ]
        every = range(self.plan.draft.layer_count)
        return [(*own, *self.facets.factors(self.board.factors((-1, layer)))) for layer in every]

    @cached_property
    def _frame(self) -> Problem:
        """The problem without its layers."""
        sections, order, seams = sections_of(self.plan.draft, self.board)
        on_codes = tuple(
            Seam(seam.statement, tuple(map(self.facets.factors, seam.factors))) for seam in seams
        )
        names = tuple(
            each.name
            for place, each in enumerate(self.plan.tables.components)
            if self.facets.owner[place] == place
        )
        return Problem(names, tuple(self.board.slots), (), sections, order, on_codes)

    @cached_property
    def _universe(self) -> Universe:
        lines = {self.plan.tables.of_voice(line.voice): line for line in self.surface.lines}
        sizes = [
            len(lines[place].roles) if place in lines else len(self.plan.tables.components[place])
            for place in range(len(self._frame.components))
        ]
        return Universe(tuple(np.arange(size, dtype=np.int32) for size in sizes))

    @cached_property
    def _order(self) -> tuple[int, ...]:
        """The order of joining, the same for all skeletons."""
        readers = map(self._universe.reader, dict.fromkeys(self._factors))
        return choose_order(self._universe, readers, self._universe.values)

    @cached_property
    def _workshop(self) -> Workshop:
        return Workshop(self._universe, self._order, limits=Limits.of(self.budget))
