"""Why nothing is legal: an irreducible set of what clashes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np

from rulegen.lattice.depth_first import ReachReport
from rulegen.lattice.facts import Facts
from rulegen.lattice.form import form_of
from rulegen.lattice.liveness import without_unheard
from rulegen.lattice.pairs import Universe
from rulegen.lattice.problem import Factor, LayerSpan, Part, Problem
from rulegen.lattice.reach import reach

Item = TypeVar("Item")

_FEW, _WIDER = 6, 3  # layers that are looked at first, and how many times more each time


def irreducible(items: Sequence[Item], feasible: Callable[[list[Item]], bool]) -> list[Item]:
    """A part of `items` that is infeasible, while leaving out any one of it is feasible.

    `items` must be infeasible, and `feasible` must not change from yes to no when items are left out. Items
    leave the full set in halves (after Junker's QuickXplain, 2004): about 2·k·log₂(n / k) questions for k
    of n. Where it can choose, it keeps the later items. Empty where even no item is infeasible.
    """
    kept = list(range(len(items)))

    def shrink(chunk: list[int], *, needed: bool) -> bool:
        """Leave out what can go of `chunk`; whether anything stayed. `needed`: not all of it can go."""
        nonlocal kept
        if not chunk:
            return False
        if not needed:
            gone = set(chunk)
            rest = [i for i in kept if i not in gone]
            if not feasible([items[i] for i in rest]):
                kept = rest
                return False
        if len(chunk) == 1:
            return True
        middle = len(chunk) // 2
        stayed = shrink(chunk[:middle], needed=False)
        return shrink(chunk[middle:], needed=not stayed) or stayed

    middle = len(items) // 2
    shrink(kept[:middle], needed=False)
    shrink(list(range(middle, len(items))), needed=False)
    return [items[i] for i in kept]


Known = dict[frozenset[int], ReachReport]  # by the uses that are kept


def clash(
    problem: Problem, uses: Collection[int], universe: Universe | None = None, known: Known | None = None
) -> list[int]:
    """An irreducible set of `uses` that clash: with all others of them left out nothing is legal, and
    leaving out any one of the set as well makes something legal. Empty where nothing is legal even without
    all of `uses`.

    It is looked for in the few layers before the one that nothing reaches, wider and wider, and proved on the
    whole. What binds moves is left out first: while the rules of single moments stand, moments are few.
    `universe`: of a problem with the same domains; `known`: what was found out of the whole, and will be.
    """
    ordered = sorted(uses, key=lambda use: (_reach(problem, use), use))
    shared = universe or Universe.of(problem)
    known = {} if known is None else known

    def feasible(part: Problem, kept: list[int]) -> bool:
        return reach(without(part, set(uses) - set(kept), shared.facts), shared).feasible

    def feasible_on_whole(kept: list[int]) -> bool:
        if (key := frozenset(kept)) not in known:
            known[key] = reach(without(problem, set(uses) - key, shared.facts), shared)
        return known[key].feasible

    if feasible_on_whole(ordered):
        return []
    found = ordered
    for part in _before(problem, known[frozenset(ordered)].dead_layer or 0):
        if feasible(part, ordered):
            continue
        here = irreducible(ordered, partial(feasible, part))
        if not feasible_on_whole(here):
            found = here
            break
    return irreducible(found, feasible_on_whole)


def _before(problem: Problem, dead: int) -> Iterator[Problem]:
    """The layers that lead to a dead one, as problems of their own: a few of them, then more and more.

    What was remembered before them is not known there, so that what is found in one is only likely.
    """
    entry = form_of(problem).entry
    section = next(i for i, span in enumerate(problem.sections) if dead < span.stop)
    path = list(range(problem.sections[section].first, dead + 1))
    while (section := entry[section]) >= 0:
        path = [*range(problem.sections[section].first, problem.sections[section].stop), *path]
    width = _FEW
    while width < len(path):
        layers = tuple(problem.layers[layer] for layer in path[-width:])
        yield Problem(problem.components, problem.slots, layers, (LayerSpan(0, width),), (0,))
        width *= _WIDER


def _reach(problem: Problem, use: int) -> int:
    """Minus how far a use reaches:
    -2 it remembers, -1 it reads the layer before, 0 it reads moments alone."""
    factors = {f.key: f for layer in problem.layers for f in layer.factors if f.use == use}
    if any(f.slot is not None for f in factors.values()):
        return -2
    return -int(any(isinstance(r, Part) and r.before for f in factors.values() for r in f.reads))


def without(problem: Problem, uses: Collection[int], facts: Facts | None = None) -> Problem:
    """The problem without the weight of some uses.

    A factor whose output others still read goes on handing it on, and what it does so from is kept.
    """
    chosen = frozenset(uses)
    silent: dict[Hashable, Factor] = {}

    def silenced(factor: Factor) -> Factor:
        if factor.use not in chosen or not factor.log_weight.any():
            return factor
        if factor.key not in silent:
            silence = np.zeros_like(factor.log_weight)
            silent[factor.key] = replace(factor, key=("silent", factor.key), log_weight=silence)
        return silent[factor.key]

    thinned = problem.with_factors(lambda factors: tuple(map(silenced, factors)))
    return without_unheard(thinned, facts or Facts())
