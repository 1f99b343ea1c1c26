"""What anything still hears: the memories worth keeping, and the factors worth stepping."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from rulegen.lattice.facts import Facts
from rulegen.lattice.form import SectionTree
from rulegen.lattice.problem import Factor, Problem
from rulegen.lattice.reading import Reader

Factors = tuple[Factor, ...]


def live_slots(problem: Problem, form: SectionTree, readers: list[Reader]) -> list[frozenset[int]]:
    """For each layer, the slots that anything afterwards may read and that may have left their start."""
    resting = _resting_slots(problem, form, readers)
    live: list[frozenset[int]] = [frozenset()] * len(problem.layers)
    known: dict[tuple[int, frozenset[int]], frozenset[int]] = {}
    begins: list[frozenset[int]] = [frozenset()] * len(problem.sections)
    for section in range(len(problem.sections) - 1, -1, -1):
        after: frozenset[int] = frozenset()
        for follower, entry in enumerate(form.entry):
            if entry == section:
                after |= begins[follower]
        for coupling in form.couplings:
            if coupling.leaves == section:
                after |= live_on_seam(
                    [Reader.of(factors, facts=readers[0].facts) for factors in coupling.factors]
                )[0]
        bounds = problem.sections[section]
        for layer in range(bounds.stop - 1, bounds.first - 1, -1):
            live[layer] = after = after - resting[layer]
            step = (id(readers[layer]), after)
            if step not in known:
                known[step] = needed_before(readers[layer], after)
            after = known[step]
        begins[section] = after
    return live


def _resting_slots(problem: Problem, form: SectionTree, readers: list[Reader]) -> list[frozenset[int]]:
    """For each layer, the slots surely at their start after it: what is known need not be remembered."""
    known: dict[Hashable, tuple[bool, bool]] = {}  # of a factor: leads there from there, and from everywhere
    resting: list[frozenset[int]] = [frozenset()] * len(problem.layers)
    everything = frozenset(range(len(problem.slots)))
    for section, bounds in enumerate(problem.sections):
        entry = form.entry[section]
        rest = set(resting[problem.sections[entry].stop - 1] if entry >= 0 else everything)
        for layer in range(bounds.first, bounds.stop):
            for factor in readers[layer].factors:
                if factor.slot is None or factor.next is None:
                    continue
                if factor.key not in known:
                    known[factor.key] = _leads_to_start(factor, problem.slots[factor.slot].start)
                if known[factor.key][0 if factor.slot in rest else 1]:
                    rest.add(factor.slot)
                else:
                    rest.discard(factor.slot)
            resting[layer] = frozenset(rest)
    return resting


def _leads_to_start(factor: Factor, start: int) -> tuple[bool, bool]:
    """Whether all that a factor allows leads to `start` from there, and from every memory."""
    leads = (factor.next == start) | np.isneginf(factor.log_weight)
    return bool(leads[start].all()), bool(leads.all())


def live_on_seam(readers: Sequence[Reader]) -> list[frozenset[int]]:
    """The slots that must be remembered before each layer of a seam, and after the last: none."""
    live = [frozenset[int]()]
    for reader in reversed(readers):
        live.append(needed_before(reader, live[-1]))
    return live[::-1]


def needed_before(reader: Reader, live_after: frozenset[int]) -> frozenset[int]:
    """The slots that must be remembered before a layer, given those that must be after it.

    An output that no later factor of weight, or of a memory still needed, reads is no reason to remember.
    """
    live = set(live_after)
    heard: set[Hashable] = set()
    for factor in reversed(reader.factors):
        fact = reader.facts[factor]
        tables = [fact.weight] + ([fact.output] if factor.name in heard else [])
        moves = factor.slot in live and factor.next is not None
        if len(tables) == 1 and not moves and fact.silent:
            continue
        if moves or any(by_letter for _, by_letter in tables):
            heard.update(fact.inner)
        if factor.slot is None:
            continue
        if (factor.slot in live and fact.moves) or any(by_memory for by_memory, _ in tables):
            live.add(factor.slot)
        else:
            live.discard(factor.slot)
    return frozenset(live)


def without_unheard(problem: Problem, facts: Facts) -> Problem:
    """The problem without the factors that neither weigh nor are read, at last, by any that does."""
    everywhere = {tuple(f.key for f in factors): factors for factors in problem.families()}
    kept, slots, wider = everywhere, None, set[int]()
    while slots != wider:
        slots = wider
        kept = {key: _heard(factors, facts, slots) for key, factors in everywhere.items()}
        wider = {f.slot for factors in kept.values() for f in factors if f.slot is not None}
    if all(len(kept[key]) == len(factors) for key, factors in everywhere.items()):
        return problem
    return problem.with_factors(lambda factors: kept[tuple(f.key for f in factors)])


def _heard(factors: Factors, facts: Facts, slots: set[int]) -> Factors:
    heard: set[Hashable] = set()
    kept = []
    for factor in reversed(factors):
        fact = facts[factor]
        if factor.name in heard or factor.slot in slots or not fact.silent:
            heard.update(fact.inner)
            kept.append(factor)
    return tuple(reversed(kept))
