"""The hard rules of a problem as a CP-SAT model (ortools): the same components, domains and factors.

The joint moments of a layer are one table; filters of moves are tables of what they forbid, or where they
read too much are cut into letters, each a variable; memories are variables of every layer, moved by tables.
Weights are left out: the solver decides, and draws from no distribution.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from rulegen.lattice.moments import Moments
from rulegen.lattice.pairs import Nodes, Pairs, Universe
from rulegen.lattice.problem import Factor, Output, Part, Problem
from rulegen.lattice.reading import ReadComponents, Reader
from rulegen.lattice.workshop import Workshop, positions

LARGEST_SCOPE = 1 << 18


@dataclass(eq=False)
class Encoding:
    """A problem without seams as a model: `moments[layer][component]` hold positions in the universe."""

    problem: Problem
    workshop: Workshop = field(init=False)
    left: Moments | None = None  # of the layer before
    entered: Moments | None = None
    model: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    moments: list[list[Any]] = field(default_factory=list)
    letters: dict[Hashable, Any] = field(default_factory=dict)
    tables: dict[Hashable, list[tuple[int, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.workshop = Workshop.of(self.problem)
        held = [self.model.new_constant(slot.start) for slot in self.problem.slots]
        for layer, (each, reader) in enumerate(
            zip(self.problem.layers, self.workshop.readers(self.problem), strict=True)
        ):
            domains = positions(self.universe, each)
            self.moments.append([self._variable(domain.tolist()) for domain in domains])
            self._filter(layer, reader)
            held = self._remember(layer, reader, held)
            self.left = self.entered

    @property
    def universe(self) -> Universe:
        return self.workshop.universe

    def solve(self, seed: int, seconds: float, workers: int) -> tuple[bool, float]:
        """Whether a piece was found, and in how long."""
        solver = cp_model.CpSolver()
        solver.parameters.random_seed = seed
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.num_workers = workers
        status = solver.solve(self.model)
        return status in (cp_model.OPTIMAL, cp_model.FEASIBLE), solver.wall_time

    def _variable(self, values: list[int]) -> Any:
        return self.model.new_int_var_from_domain(cp_model.Domain.from_values(values), "")

    def _scope(self, layer: int, scope: ReadComponents) -> list[Any]:
        before = [self.moments[layer - 1][c] for c in scope.before]
        return before + [self.moments[layer][c] for c in scope.after]

    def _filter(self, layer: int, reader: Reader) -> None:
        entered = self.entered = self.workshop.moments_of(
            self.workshop.kind(self.problem.layers[layer], reader)
        )
        self.model.add_allowed_assignments(self.moments[layer], entered.columns.T.tolist())
        by_scope: dict[ReadComponents, list[Factor]] = {}
        for factor in reader.filters:
            scope = reader.scopes[factor.name]
            sizes = [self.universe.values[c].size for c in (*scope.before, *scope.after)]
            if scope.before and np.prod(sizes, dtype=float) <= LARGEST_SCOPE:
                by_scope.setdefault(scope, []).append(factor)
            elif scope.before:
                self._by_letters(layer, reader, factor)
        for scope, factors in by_scope.items():
            rows = self._forbidden(reader, scope, factors, entered)
            if rows:
                self.model.add_forbidden_assignments(self._scope(layer, scope), rows)

    def _forbidden(
        self, reader: Reader, scope: ReadComponents, factors: list[Factor], entered: Moments
    ) -> list[tuple[int, ...]]:
        """What the filters of one scope forbid, among what the joint moments on both sides can be there."""
        assert self.left is not None
        key = (scope, tuple(f.key for f in factors), self.left.key, entered.key)
        if key not in self.tables:
            before, after = (
                Nodes(self.left.columns).only(scope.before),
                Nodes(entered.columns).only(scope.after),
            )
            source, target = (
                np.repeat(np.arange(len(before)), len(after)),
                np.tile(np.arange(len(after)), len(before)),
            )
            pairs = Pairs(self.universe, before, after, source, target)
            dead = np.zeros(len(pairs), dtype=bool)
            for factor in factors:
                dead |= reader.forbidden(factor, pairs)
            left = before.columns[list(scope.before)][:, source[dead]]
            right = after.columns[list(scope.after)][:, target[dead]]
            self.tables[key] = [tuple(row) for row in np.vstack([left, right]).T.tolist()]
        return self.tables[key]

    def _by_letters(self, layer: int, reader: Reader, factor: Factor) -> None:
        reads = [self._read(layer, reader, read, {}) for read in factor.reads]
        dead = np.isneginf(factor.log_weight[0]).reshape([read.size for read in factor.reads])
        self.model.add_forbidden_assignments(reads, np.argwhere(dead).tolist())

    def _read(self, layer: int, reader: Reader, read: Part | Output, handed: dict[Hashable, Any]) -> Any:
        if isinstance(read, Output) and read.factor in handed:
            return handed[read.factor]
        name = (layer, read.key if isinstance(read, Part) else ("output", read.factor))
        if name not in self.letters:
            letter = self.letters[name] = self._variable(list(range(read.size)))
            if isinstance(read, Part):
                self._letter(layer, read, letter)
            else:
                inner = reader.by_name[read.factor]
                assert inner.output is not None
                within = [self._read(layer, reader, each, handed) for each in inner.reads]
                table = inner.output[0].reshape([each.size for each in inner.reads])
                rows = [(*place, int(value)) for place, value in np.ndenumerate(table)]
                self.model.add_allowed_assignments([*within, letter], rows)
        return self.letters[name]

    def _letter(self, layer: int, part: Part, letter: Any) -> None:
        wide = self.universe.table(part) is None
        side = self.left if part.before else self.entered
        key = (part.key, side.key if wide and side is not None else None)
        if key not in self.tables:
            self.tables[key] = self._rows(part, side if wide else None)
        scope = self._scope(layer, ReadComponents(part.before, part.after))
        self.model.add_allowed_assignments([*scope, letter], self.tables[key])

    def _rows(self, part: Part, side: Moments | None) -> list[tuple[int, ...]]:
        """A part's scope and letter: all cases, or where it reads much of one moment, those that occur."""
        if side is None:
            table = self.universe.table(part)
            assert table is not None
            return [
                (*place, int(value))
                for place, value in np.ndenumerate(table.reshape(self.universe.shape(part)))
            ]
        assert not (part.before and part.after), "a part too wide to tabulate"
        scope = part.before or part.after
        columns = Nodes(side.columns).only(scope).columns
        values = self.universe.call(part, columns, columns)
        return [tuple(row) for row in np.vstack([columns[list(scope)], values]).T.tolist()]

    def _remember(self, layer: int, reader: Reader, held: list[Any]) -> list[Any]:
        held, handed = list(held), {}
        for factor in reader.factors:
            if factor.name not in reader.remembering:
                continue
            reads = [self._read(layer, reader, read, handed) for read in factor.reads]
            before = [] if factor.slot is None else [held[factor.slot]]
            after, output = [], []
            if factor.slot is not None and factor.next is not None:
                after = [self._variable(list(range(self.problem.slots[factor.slot].size)))]
                held[factor.slot] = after[0]
            if factor.output is not None:
                output = [self._variable(sorted(set(factor.output.ravel().tolist())))]
                handed[factor.name] = output[0]
            rows = []
            for memory, number in np.argwhere(~np.isneginf(factor.log_weight)).tolist():
                digits = (
                    np.unravel_index(number, [read.size for read in factor.reads]) if factor.reads else ()
                )
                row = [memory] if before else []
                row += [int(digit) for digit in digits]
                row += [int(factor.next[memory, number])] if after and factor.next is not None else []
                row += [int(factor.output[memory, number])] if output and factor.output is not None else []
                rows.append(row)
            self.model.add_allowed_assignments([*before, *reads, *after, *output], rows)
        return held
