"""The rhythm, where a style says `rhythm first`: the lengths of all voices, drawn from the law of the rules
that read time alone. Pitches and chords are drawn given them, in a lattice of the rhythm's own.

Voices that no rule ties in time are lattices apart. A rhythm that no pitches fit is drawn again, which leaves
it out and renormalises the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from rulegen.errors import StyleError, Unsatisfiable
from rulegen.lattice.lookahead import look_ahead
from rulegen.lattice.problem import Layer, Part, Problem
from rulegen.plan.clash import unsatisfiable
from rulegen.plan.problem import Plan, compiled, plan_of
from rulegen.plan.surface import check_embellished
from rulegen.plan.time_alone import in_time, with_rhythm
from rulegen.plan.tune import Tune
from rulegen.stages.later import later_stages
from rulegen.stages.proof import Together, given_up
from rulegen.stages.skeleton import NoScore, Skeleton, built, posed_of, posed_with_models
from rulegen.stages.stage import Apart, Decided, Posed, Stage, completed
from rulegen.stages.surface import Ornaments
from rulegen.stages.ties import Ties
from rulegen.style.model import Style

MOST_KNOWN = 64  # rhythms whose lattices are kept


@dataclass(frozen=True)
class RhythmStage:
    """The first stage: all rhythms, whatever notes they have."""

    posed: Apart
    plan: Plan  # of time alone
    budget: int

    @classmethod
    def of(cls, style: Style, plan: Plan, budget: int) -> RhythmStage:
        """The stage of a style, by its plan. Raises NoScore and StyleError."""
        check_embellished(plan)
        timed = plan_of(in_time(style, plan.tunes), plan.tunes)
        return cls(_apart(timed, compiled(timed), budget), timed, budget)

    def together(self) -> Posed:
        """All rhythms of all voices in one lattice, for figures: pieces are drawn from its parts. Raises
        StyleError where that is too large.
        """
        return posed_of(self.plan, self.budget)

    def pose(self, draft: Decided) -> Apart:
        """The same for every piece."""
        return self.posed

    def unsatisfiable(self, draft: Decided) -> Unsatisfiable:
        """What clashes in time."""
        return unsatisfiable(self.plan)


@dataclass(frozen=True, eq=False)
class WithinRhythm:
    """All that is decided once the rhythm stands. make: what a style with a rhythm laid down poses, stage by
    stage; None where no notes fit.
    """

    style: Style
    plan: Plan
    joint: Plan  # of rhythms and notes together
    make: Callable[[Style], OnRhythm | None]
    _known: dict[bytes, OnRhythm | None] = field(default_factory=dict)

    @classmethod
    def of(cls, style: Style, plan: Plan, rhythm: RhythmStage) -> WithinRhythm:
        """What a style decides on what its rhythm stage has drawn."""
        return cls(style, rhythm.plan, plan, lambda laid: _on_rhythm(laid, plan.tunes, rhythm.budget))

    def pose(self, draft: Decided) -> OnRhythm | None:
        """The notes that fit a rhythm; None where none do."""
        key = draft.values.tobytes()
        if key not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[key] = self.make(with_rhythm(self.style, self.plan, draft.values))
        return self._known[key]

    def unsatisfiable(self, draft: Decided) -> Unsatisfiable:
        """Why no notes fit the rhythm that stands."""
        plan = plan_of(with_rhythm(self.style, self.plan, draft.values), self.plan.tunes)
        what, drawn = "notes in the rhythm that was drawn", ("rhythms", "notes")
        return given_up(unsatisfiable(plan), what, drawn, self._together())

    def _together(self) -> Together | None:
        """Rhythms and notes at once; None where there is too much to be compiled."""
        try:
            return self.joint, compiled(self.joint)
        except StyleError:
            return None


def _on_rhythm(style: Style, tunes: Mapping[str, Tune], budget: int) -> OnRhythm | None:
    """What a style with a rhythm laid down poses; None where no notes fit. Raises StyleError."""
    plan = plan_of(style, tunes)
    try:
        posed = posed_with_models(plan, budget, inside=False) if style.models else posed_of(plan, budget)
    except NoScore:
        return None
    return OnRhythm(plan, (Skeleton(posed), *later_stages(plan, budget)))


@dataclass(frozen=True)
class OnRhythm:
    """What may be decided on a rhythm: stages on a plan of its own."""

    plan: Plan
    stages: tuple[Stage, ...]

    def draw(self, drafts: Sequence[Decided], particles: int) -> list[Decided]:
        """A draw for each piece."""
        found = completed(self.stages, drafts, particles)
        return [self._on_its_plan(each) for each in found if each is not None]

    def best(self, draft: Decided, particles: int) -> Decided:
        """The best values on what stands."""
        for stage in self.stages:
            posed = stage.pose(draft)
            if posed is None:
                raise stage.unsatisfiable(draft)
            assert isinstance(posed, Posed | Apart)
            draft = posed.best(draft, particles)
        return self._on_its_plan(draft)

    def _on_its_plan(self, draft: Decided) -> Decided:
        surface = next((stage.plan for stage in self.stages if isinstance(stage, Ornaments)), self.plan)
        return replace(draft, plan=surface, bare=self.plan)


def _apart(plan: Plan, problem: Problem, budget: int) -> Apart:
    """The problem of a plan in time, in parts of which no factor reads or remembers anything together. Raises
    NoScore where one has no value.
    """
    ties = Ties()
    components = range(len(problem.components))
    factors = [factor for layer in problem.layers for factor in layer.factors]
    factors += [each for seam in problem.seams for factors_there in seam.factors for each in factors_there]
    for factor in factors:
        nodes: list[object] = [] if factor.slot is None else [("slot", factor.slot)]
        for read in factor.reads:
            nodes += (*read.before, *read.after) if isinstance(read, Part) else (("name", read.factor),)
        for node in nodes:
            ties.tie(node, ("name", factor.name))
    roots = list(dict.fromkeys(ties.part(component) for component in components))
    posed, parts = [], []
    for part in roots:
        own = tuple(component for component in components if ties.part(component) == part)
        told = {ties.part(("name", factor.name)) for factor in factors}
        mine = {each for each in told if each == part or (part == roots[0] and each not in roots)}
        alone = _only(problem, own, {f.name for f in factors if ties.part(("name", f.name)) in mine})
        lattice = built(plan, alone, budget)
        ahead = look_ahead(lattice)
        if np.isneginf(ahead.total):
            raise NoScore(plan, problem)
        posed.append(Posed(plan, lattice, ahead, alone if lattice.relaxed else None))
        parts.append(own)
    return Apart(tuple(posed), tuple(parts))


def _only(problem: Problem, own: Collection[int], kept: Collection[Hashable]) -> Problem:
    """A problem with some of its components, the others at a value that says nothing, and with the factors of
    some names.
    """
    layers = tuple(
        Layer(
            tuple(domain if place in own else domain[:1] for place, domain in enumerate(layer.domains)),
            tuple(factor for factor in layer.factors if factor.name in kept),
        )
        for layer in problem.layers
    )
    seams = tuple(
        replace(
            seam, factors=tuple(tuple(each for each in there if each.name in kept) for there in seam.factors)
        )
        for seam in problem.seams
    )
    return replace(problem, layers=layers, seams=seams)
