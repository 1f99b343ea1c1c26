"""Workshops that are kept between problems: a style that was edited builds anew only what it changed."""

from __future__ import annotations

from rulegen.lattice.moments import Limits
from rulegen.lattice.pairs import Universe
from rulegen.lattice.problem import Problem
from rulegen.lattice.workshop import Workshop
from rulegen.plan.problem import Plan
from rulegen.rules.draft import Draft

_MOST_KEPT = 2
_KEPT: dict[object, tuple[Draft, list[Workshop]]] = {}  # the last ones, and the drafts that their keys are of


def workshop_of(plan: Plan, problem: Problem, budget: int) -> Workshop:
    """A workshop for the problem of a plan: that of a style edited since, where time, tables, voices and all
    domains are the same.

    Equal keys of factors mean equal factors only on one draft, and as long as no rhythm is drawn and nothing
    is given or learned.
    """
    limits = Limits.of(budget)
    if plan.schedule.free or plan.tunes or plan.style.models or plan.style.embellishments:
        return Workshop.of(problem, limits)
    universe = Universe.of(problem)
    values = tuple(each.tobytes() for each in universe.values)
    slots = tuple((slot.size, slot.start) for slot in problem.slots)
    key = id(plan.draft), plan.style.voices, plan.schedule.timeline.modulations, values, slots, limits
    draft, kept = _KEPT.pop(key, (plan.draft, []))
    _KEPT[key] = draft, kept
    for oldest in list(_KEPT)[:-_MOST_KEPT]:
        del _KEPT[oldest]
    found = Workshop.of(problem, limits, kept[0].universe if kept else universe)
    if kept and kept[0].order == found.order:
        found = kept[0]
        found.renew()
    kept[:] = [found]
    return found
