"""Reachability depth first, for joint moments too many to stand side by side.

A few states go ahead until they reach the end, which settles it, or die; what was visited is not visited
again, and each death makes the next group larger, until at last everything has been tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from rulegen.lattice.build import relevant_components
from rulegen.lattice.codes import IndexArray
from rulegen.lattice.form import Register, SectionTree, form_of
from rulegen.lattice.liveness import live_slots
from rulegen.lattice.pairs import Nodes, Pairs, Universe
from rulegen.lattice.problem import FloatArray, IntArray, Problem
from rulegen.lattice.reading import Reader
from rulegen.lattice.scopes import by_level
from rulegen.lattice.seams import read_pairs, weigh_pairs
from rulegen.lattice.states import step_memories
from rulegen.lattice.workshop import Workshop, positions

_FIRST_GROUP, _LAST_GROUP = 256, 1 << 19  # candidates looked at together, growing from one to the other


@dataclass(frozen=True, slots=True)
class ReachReport:
    """Whether a problem has any legal assignment, and the first layer that nothing reaches.

    Where every layer is reached and only a seam cannot be closed, `dead_layer` is a layer that such a seam
    leaves from.
    """

    feasible: bool
    dead_layer: int | None


def reach_depth_first(problem: Problem, universe: Universe | None = None) -> ReachReport:
    """What `reach` answers, by going ahead with a few states at a time:
    memory stays bounded however many moments there are."""
    search = _Search.of(problem, universe or Universe.of(problem))
    stack: list[Iterator[IntArray]] = [iter([search.start()])]
    while stack:
        rows = next(stack[-1], None)
        if rows is None:
            stack.pop()
            search.group = min(_LAST_GROUP, search.group * 2)
            continue
        layer = len(stack) - 1
        if layer == len(problem.layers):
            return ReachReport(True, None)
        stack.append(search.entered(layer, rows))
    return ReachReport(False, search.dead_layer())


@dataclass(slots=True, eq=False)
class _Search:
    """States as rows of plain columns: the joint moment, all memories, and what later seams must know."""

    problem: Problem
    universe: Universe
    form: SectionTree
    readers: list[Reader]
    live: list[frozenset[int]]
    order: tuple[int, ...]
    columns: dict[Register, slice]  # where a row holds each register
    radices: list[int]
    relevant: list[frozenset[int]]  # layer -> components told apart
    group: int = _FIRST_GROUP
    deepest: int = -1  # the last layer reached
    seam_failed: bool = False  # at the end of the deepest layer
    seen: dict[int, _Seen] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem, universe: Universe) -> _Search:
        """A search with nothing visited yet; sections one after another, in one chain."""
        workshop = Workshop.of(problem, universe=universe)
        form, readers = form_of(problem, chain=True), universe.readers(problem)
        moment = [max(1, v.size) for v in universe.values]
        place = moment + [slot.size for slot in problem.slots]
        columns: dict[Register, slice] = {}
        radices = list(place)
        for section in range(len(problem.sections)):
            for register in _registers(form, section):
                size = moment * form.opening_width(section) if register.kind == "opening" else place
                columns[register] = slice(len(radices), len(radices) + len(size))
                radices += size
        live = live_slots(problem, form, readers)
        relevant = [frozenset(range(len(problem.components)))] * len(problem.layers)
        if not form.couplings:
            relevant = relevant_components(problem, form, readers)
        return cls(problem, universe, form, readers, live, workshop.order, columns, radices, relevant)

    def start(self) -> IntArray:
        """The one row before the first layer."""
        row = np.zeros((1, len(self.radices)), dtype=np.int32)
        components = len(self.problem.components)
        row[0, components : components + len(self.problem.slots)] = [s.start for s in self.problem.slots]
        return row

    def dead_layer(self) -> int:
        return self.deepest if self.seam_failed else self.deepest + 1

    def entered(self, layer: int, rows: IntArray) -> Iterator[IntArray]:
        """Rows not seen before that are reached at `layer` from `rows`, group by group."""
        section = next(i for i, s in enumerate(self.problem.sections) if s.first <= layer < s.stop)
        if layer == self.problem.sections[section].first and section > 0:
            rows = self._begin(section, rows)
        seen = self.seen.setdefault(layer, _Seen(self.radices))
        for owner, moment in self._moments(layer, rows):
            found = self._step(layer, section, rows, owner, moment)
            if found.shape[0] and layer > self.deepest:
                self.deepest, self.seam_failed = layer, False
            if layer + 1 == self.problem.sections[section].stop:
                found = self._close(section, found)
            fresh = seen.add(found)
            if not fresh.shape[0]:
                self.group = min(_LAST_GROUP, self.group * 2)
            size = max(1, self.group // 8)
            for begin in range(0, fresh.shape[0], size):
                yield fresh[begin : begin + size]

    def _moments(self, layer: int, rows: IntArray) -> Iterator[tuple[IndexArray, IntArray]]:
        """The joint moments that may follow each row, filters applied component by component:
        (row, moment)."""
        reader = self.readers[layer]
        groups = by_level([(reader, (*reader.of_moments, *reader.of_pairs))], self.order, after_only=True)
        domains = positions(self.universe, self.problem.layers[layer])
        components = len(domains)
        before = None if layer == 0 else Nodes(np.ascontiguousarray(rows[:, :components].T))

        def keep(level: int, owner: IndexArray, moment: IntArray) -> tuple[IndexArray, IntArray]:
            for group in groups[level]:
                everything = np.arange(owner.size)
                pairs = Pairs(self.universe, before, Nodes(moment), owner, everything)
                good = np.flatnonzero(group.allowed(pairs, everything * 0))
                owner, moment = owner[good], moment[:, good]
            return owner, moment

        def descend(level: int, owner: IndexArray, moment: IntArray) -> Iterator[tuple[IndexArray, IntArray]]:
            if level == components or not owner.size:
                yield owner, moment
                return
            domain = domains[self.order[level]]
            size = max(1, self.group // max(1, domain.size))
            for begin in range(0, owner.size, size):
                wider = np.repeat(moment[:, begin : begin + size], domain.size, axis=1)
                wider[self.order[level]] = np.tile(domain, wider.shape[1] // max(1, domain.size))
                yield from descend(
                    level + 1, *keep(level + 1, np.repeat(owner[begin : begin + size], domain.size), wider)
                )

        everyone = np.arange(rows.shape[0])
        yield from descend(0, *keep(0, everyone, np.zeros((components, everyone.size), dtype=np.int32)))

    def _step(
        self, layer: int, section: int, rows: IntArray, owner: IndexArray, moment: IntArray
    ) -> IntArray:
        """The rows reached: memories stepped, what no one needs to remember set to its start."""
        components = len(self.problem.components)
        reader, after = self.readers[layer], rows[owner]
        before = None if layer == 0 else Nodes(np.ascontiguousarray(rows[:, :components].T))
        pairs = Pairs(self.universe, before, Nodes(moment), owner, np.arange(owner.size))
        memory = {s: after[:, components + s] for s in range(len(self.problem.slots))}
        stepped = step_memories(reader, memory, read_pairs(reader, pairs), owner.size)
        for i, slot in enumerate(self.problem.slots):
            after[:, components + i] = stepped.memory[i] if i in self.live[layer] else slot.start
        after[:, :components] = moment.T
        after[:, [c for c in range(components) if c not in self.relevant[layer]]] = 0
        opening, place = Register("opening", section), layer - self.problem.sections[section].first
        if opening in self.columns and place < self.form.opening_width(section):
            begin = self.columns[opening].start + place * components
            after[:, begin : begin + components] = moment.T
        return after[~np.isneginf(stepped.log_weight)]

    def _close(self, section: int, rows: IntArray) -> IntArray:
        """Rows at a section's end whose seams close, knowing no more than is needed after it."""
        size = len(self.problem.components) + len(self.problem.slots)
        end = Register("end", section)
        if end in self.columns:
            rows[:, self.columns[end]] = rows[:, :size]
        for coupling in self.form.closing(section):
            alive = rows[~np.isneginf(self._seam(coupling.leaves, coupling.enters, coupling.statement, rows))]
            if (
                not alive.shape[0]
                and rows.shape[0]
                and self.problem.sections[section].stop - 1 == self.deepest
            ):
                self.seam_failed = True
            rows = alive
        following = section + 1
        needed: set[Register] = set()
        if following < len(self.problem.sections):
            needed = {*self.form.incoming[following], Register("end", self.form.entry[following])}
        for register, where in self.columns.items():
            if register not in needed:
                rows[:, where] = 0
        if following < len(self.problem.sections) and self.form.entry[following] != section:
            rows[:, :size] = 0
        return rows

    def _begin(self, section: int, rows: IntArray) -> IntArray:
        """Rows as a section begins from them: from the end of the section before, or of an earlier one."""
        entry = self.form.entry[section]
        if entry == section - 1:
            return rows
        rows = rows.copy()
        rows[:, : len(self.problem.components) + len(self.problem.slots)] = rows[
            :, self.columns[Register("end", entry)]
        ]
        return rows

    def _seam(self, leaves: int, enters: int, statement: int, rows: IntArray) -> FloatArray:
        """-inf for rows whose seam does not close, (rows,)."""
        components, count = len(self.problem.components), rows.shape[0]
        end = rows[:, self.columns[Register("end", leaves)]]
        opening = rows[:, self.columns[Register("opening", enters)]]
        memory = {s: end[:, components + s] for s in range(len(self.problem.slots))}
        before, total = end[:, :components], np.zeros(count)
        factors = next(s.factors for s in self.problem.seams if s.statement == statement)
        for i, layer in enumerate(factors):
            after, reader = opening[:, i * components : (i + 1) * components], Reader.of(layer)
            sides = [Nodes(np.ascontiguousarray(side.T)) for side in (before, after)]
            pairs = Pairs(self.universe, sides[0], sides[1], np.arange(count), np.arange(count))
            stepped = step_memories(reader, memory, read_pairs(reader, pairs), count)
            total += weigh_pairs(reader, pairs) + stepped.log_weight
            memory, before = stepped.memory, after
        return total


def _registers(form: SectionTree, section: int) -> list[Register]:
    found = {r for incoming in form.incoming for r in incoming if r.section == section}
    for coupling in form.couplings:
        if coupling.enters == section:
            found.add(Register("opening", section))
        if coupling.leaves == section:
            found.add(Register("end", section))
    return sorted(found, key=lambda register: register.kind)


class _Seen:
    """The rows that one layer has been left from."""

    def __init__(self, radices: list[int]) -> None:
        packs = float(np.prod([float(r) for r in radices])) < float(1 << 62)
        self.radices = radices if packs else None
        self.keys = np.zeros(0, dtype=np.int64)
        self.rows: set[bytes] = set()

    def add(self, rows: IntArray) -> IntArray:
        """Those of `rows` not seen before, each once; they are seen now."""
        if self.radices is None:
            fresh = []
            for i, row in enumerate(rows):
                if (key := row.tobytes()) not in self.rows:
                    self.rows.add(key)
                    fresh.append(i)
            return rows[fresh]
        keys = np.zeros(rows.shape[0], dtype=np.int64)
        for radix, column in zip(self.radices, rows.T, strict=True):
            keys = keys * radix + column
        keys, first = np.unique(keys, return_index=True)
        new = ~np.isin(keys, self.keys, assume_unique=True)
        self.keys = np.union1d(self.keys, keys)
        return rows[first[new]]
