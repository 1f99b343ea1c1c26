"""The relaxed rules of a lattice, kept exactly by each walker: which factors they are, and their memories."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rulegen.lattice.codes import Integers
from rulegen.lattice.form import SectionTree, form_of
from rulegen.lattice.layers import Lattice
from rulegen.lattice.pairs import Pairs, Universe
from rulegen.lattice.problem import Factor, FloatArray, IntArray, Output, Problem
from rulegen.lattice.reading import Reader
from rulegen.lattice.relax import without_slots
from rulegen.lattice.states import step_memories


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """The factors that walkers must run: relaxed ones with their weight, those these read from without."""

    slots: tuple[int, ...]
    starts: IntArray  # (slots,)
    readers: tuple[Reader, ...]  # by layer
    seams: dict[int, tuple[Reader, ...]]  # by statement
    form: SectionTree
    universe: Universe

    @classmethod
    def of(cls, lattice: Lattice, problem: Problem) -> Tracked:
        """What a lattice's relaxed slots ask of the walkers."""
        relaxed = {r.slot for r in lattice.relaxed}
        everywhere = list(problem.families())
        slots = _tracked_slots(everywhere, relaxed)
        readers = tuple(
            Reader.of(_tracked(layer.factors, slots, relaxed), nothing_before=i == 0)
            for i, layer in enumerate(problem.layers)
        )
        seams = {
            seam.statement: tuple(Reader.of(_tracked(factors, slots, relaxed)) for factors in seam.factors)
            for seam in problem.seams
        }
        order = tuple(sorted(slots))
        starts = np.array([problem.slots[s].start for s in order], dtype=np.int32)
        return cls(order, starts, readers, seams, form_of(problem), Universe.of(problem))

    def step(
        self, reader: Reader, memory: IntArray, pairs: Pairs, owner: Integers
    ) -> tuple[FloatArray, IntArray]:
        """Nats and memories after, for cases of walkers `owner`: (cases,), (cases, slots)."""
        held = {slot: memory[owner, i] for i, slot in enumerate(self.slots)}
        stepped = step_memories(reader, held, lambda read: reader.column(read, pairs), len(pairs))
        after = np.empty((len(pairs), len(self.slots)), dtype=np.int32)
        for i, slot in enumerate(self.slots):
            after[:, i] = stepped.memory[slot]
        return stepped.log_weight, after


def _tracked_slots(everywhere: Sequence[tuple[Factor, ...]], relaxed: set[int]) -> set[int]:
    slots: set[int] = set()
    wider = set(relaxed)
    while wider != slots:
        slots = wider
        chosen = (f for factors in everywhere for f in _needed(factors, slots, relaxed))
        wider = slots | {f.slot for f in chosen if f.slot is not None}
    return slots


def _needed(factors: tuple[Factor, ...], slots: set[int], relaxed: set[int]) -> list[Factor]:
    """Of one layer: what moves `slots`, what is relaxed, and whatever these read from."""
    kept = {f.name for f in without_slots(factors, relaxed)}
    needed: set[Hashable] = set()
    for factor in reversed(factors):
        if factor.slot in slots or factor.name not in kept:
            needed.add(factor.name)
        if factor.name in needed:
            needed.update(r.factor for r in factor.reads if isinstance(r, Output))
    return [f for f in factors if f.name in needed]


def _tracked(factors: tuple[Factor, ...], slots: set[int], relaxed: set[int]) -> Iterable[Factor]:
    kept = {f.name for f in without_slots(factors, relaxed)}
    for factor in _needed(factors, slots, relaxed):
        if factor.name in kept:
            yield replace(factor, log_weight=np.zeros_like(factor.log_weight))
        else:
            yield factor
