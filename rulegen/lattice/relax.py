"""Memories given up: the problem that is left where some slots go."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from rulegen.lattice.problem import Factor, Output, Problem


def relax(problem: Problem, slots: set[int]) -> Problem:
    """The problem without the factors that move `slots`, and without those that read their outputs."""
    return problem.with_factors(lambda factors: without_slots(factors, slots))


def slots_to_relax(problem: Problem, slots: set[int]) -> set[int]:
    """`slots` and all that cannot be kept without them:
    a memory moved by what reads an output that is gone."""
    everywhere = list(problem.families())
    wider, found = set(slots), set[int]()
    while wider != found:
        found = set(wider)
        for factors in everywhere:
            kept = {f.name for f in without_slots(factors, found)}
            wider |= {f.slot for f in factors if f.slot is not None and f.name not in kept}
    return found


def without_slots(factors: Sequence[Factor], slots: set[int]) -> tuple[Factor, ...]:
    """The factors left when those that move `slots` go, and all that read what these hand on."""
    gone: set[Hashable] = set()
    kept = []
    for factor in factors:
        reads_gone = any(isinstance(r, Output) and r.factor in gone for r in factor.reads)
        if factor.slot in slots or reads_gone:
            gone.add(factor.name)
        else:
            kept.append(factor)
    return tuple(kept)
