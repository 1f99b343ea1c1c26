"""The skeleton: chords, keys, pitches and lengths of all voices together, as one lattice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rulegen.errors import Diagnostic, StyleError, Unsatisfiable
from rulegen.folds.store import recall, remember
from rulegen.lattice.assemble import KeptApart, TooManyOpenings
from rulegen.lattice.build import LatticeTooLarge, build
from rulegen.lattice.layers import Lattice
from rulegen.lattice.lookahead import Ahead, look_ahead
from rulegen.lattice.problem import Problem
from rulegen.lattice.store import Cache
from rulegen.lattice.workshop import Workshop
from rulegen.plan.clash import unsatisfiable
from rulegen.plan.given_surface import with_given_ornaments
from rulegen.plan.learned import Modelled, read_models, with_models
from rulegen.plan.problem import Plan, compiled
from rulegen.plan.workshops import workshop_of
from rulegen.stages.stage import Decided, Posed
from rulegen.style.faults import labels


@dataclass(frozen=True)
class Skeleton:
    """The first stage: it stands on nothing, so that all pieces of a style share what it poses."""

    posed: Posed

    @property
    def plan(self) -> Plan:
        """The plan of the style."""
        return self.posed.plan

    def together(self) -> Posed:
        """All that it may decide, in one lattice."""
        return self.posed

    def pose(self, draft: Decided) -> Posed:
        """The same for every piece."""
        return self.posed

    def unsatisfiable(self, draft: Decided) -> Unsatisfiable:
        """What clashes in the style itself."""
        return unsatisfiable(self.plan)


class NoScore(Exception):
    """No score keeps all that is asked; why is found out only where it is to be told."""

    def __init__(self, plan: Plan, problem: Problem | None = None) -> None:
        super().__init__()
        self.plan, self.problem = plan, problem

    def unsatisfiable(self) -> Unsatisfiable:
        """The lines that clash."""
        return unsatisfiable(self.plan, self.problem)


def posed_of(plan: Plan, budget: int, cache: Cache | None = None, key: str = "") -> Posed:
    """What a style without models poses: its lattice is built, or found kept under its key. Raises NoScore,
    StyleError.
    """
    stored = cache.get(key) if cache is not None else None
    if stored is not None and stored.ahead is not None:
        return Posed(plan, stored.lattice, stored.ahead, None)
    problem = _problem(plan, cache)
    lattice = built(plan, problem, budget, workshop_of(plan, problem, budget))
    ahead = look_ahead(lattice)
    if np.isneginf(ahead.total):
        raise NoScore(plan, problem)
    if cache is not None and not lattice.relaxed:  # the particles need the problem, which is not kept
        cache.put(key, lattice, ahead)
    return Posed(plan, lattice, ahead, problem if lattice.relaxed else None)


def _problem(plan: Plan, cache: Cache | None) -> Problem:
    if any((voice.diatonic < 0).all() for voice in plan.tables.voices):
        raise NoScore(plan)  # a voice without a note to sing: nothing can be compiled for it
    if cache is None:
        return with_given_ornaments(plan, compiled(plan))
    recall(plan.draft, cache)
    problem = compiled(plan)
    remember(plan.draft, cache)
    return with_given_ornaments(plan, problem)


def posed_with_models(
    plan: Plan, budget: int, inside: bool, cache: Cache | None = None, key: str = ""
) -> Posed:
    """What a style with models poses; hidden ones that are too much for the lattice are consulted instead.
    Its lattice is built, or found kept. Raises NoScore, StyleError.

    What is kept says itself whether hidden models are inside: under the key of the problem that was chosen.
    """
    models, rules = read_models(plan), _problem(plan, cache)
    keys = {within: f"{key}-{inside:d}{within:d}" for within in dict.fromkeys((inside, False))}
    for within, own in keys.items():
        stored = cache.get(own) if cache is not None else None
        if stored is not None and stored.ahead is not None:
            return _with(with_models(plan, rules, models, within), plan, stored.lattice, stored.ahead)
    modelled = with_models(plan, rules, models, inside)
    lattice = built(plan, modelled.problem, budget) if modelled.widened is None else _tried(modelled, budget)
    if lattice is None or (lattice.relaxed and modelled.widened is not None):
        outside = with_models(plan, rules, models, inside=False)
        other = built(plan, outside.problem, budget)
        if lattice is None or not other.relaxed:  # sooner a model leaves the lattice than a rule
            modelled, lattice, inside = outside, other, False
    ahead = look_ahead(lattice)
    if np.isneginf(ahead.total):
        raise NoScore(plan, rules)
    if cache is not None and not lattice.relaxed:
        cache.put(keys[inside], lattice, ahead)
    return _with(modelled, plan, lattice, ahead)


def _with(modelled: Modelled, plan: Plan, lattice: Lattice, ahead: Ahead) -> Posed:
    walks = bool(lattice.relaxed or modelled.companions)
    problem = modelled.problem if walks else None
    return Posed(plan, lattice, ahead, problem, modelled.companions, modelled.widened)


def _tried(modelled: Modelled, budget: int) -> Lattice | None:
    """The lattice with hidden states; None where it cannot hold them."""
    try:
        return build(modelled.problem, budget)
    except (LatticeTooLarge, TooManyOpenings):
        return None


def built(plan: Plan, problem: Problem, budget: int, workshop: Workshop | None = None) -> Lattice:
    """The lattice of a problem on a plan. Raises StyleError where it is too large."""
    try:
        return build(problem, budget, workshop)
    except (LatticeTooLarge, TooManyOpenings) as error:
        raise StyleError((_too_large(plan, error, budget),)) from None


def _too_large(plan: Plan, error: LatticeTooLarge | TooManyOpenings, budget: int) -> Diagnostic:
    if isinstance(error, LatticeTooLarge):
        place = plan.place_of(error.layer)
        found = {"joint moments": f"ways to sound at {place}", "moves": f"moves to {place}"}
        message = (
            "the style leaves too many ways to go on: "
            f"more than {error.most:,} {found.get(error.what, f'arcs at {place}')}, even without memories; "
            f"the budget is {budget:,} arcs"
        )
        help = "narrow the ranges, allow fewer chords, demand more of the spacing, or raise the budget"
        drawn = plan.schedule.free
        if len(drawn) > 1 and not plan.style.rhythm_first:
            help = (
                f"the rhythms of {len(drawn)} voices are drawn together: give some of them an even rhythm, "
                f"as in `every 1/2`, or one pattern; or draw them before the notes, `rhythm first`; or {help}"
            )
        return Diagnostic("too-large", message, help=help)
    names = [name for _, _, name, repeated in plan.schedule.frame.statements if repeated < 0]
    message = (
        f"the repeats join in too many ways: {' and '.join(_ways(each, names) for each in error.kept)} "
        f"have to be kept apart as far as the end of section {names[error.section]}"
    )
    places = [(plan.style.form.place, "this form")]
    blamed = next((use for use in plan.style.uses if use.index == error.use), None)
    if blamed is not None:
        message += f"; most are kept apart by `{blamed.title}`"
        places.append((blamed.place, "this looks far over where they join"))
    help = (
        "a rule can lay down how a section that is stated again begins, as in "
        "`for note n in violin when n.opens_phrase then n is D5`; or let rules look less far over its seam"
    )
    return Diagnostic("too-large", message, labels(places), help=help)


def _ways(kept: KeptApart, names: Sequence[str]) -> str:
    name = names[kept.section]
    if not kept.layers:
        return f"{kept.ways:,} ways to end section {name}"
    first = "moment" if kept.layers == 1 else f"{kept.layers} moments"
    return f"{kept.ways:,} ways through the first {first} of section {name}"
