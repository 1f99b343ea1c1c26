"""The sound of the notes: their marks, drawn given the notes, where a style names them.

The rules that read marks are compiled once; each skeleton narrows its own components to what was drawn, and
says where marks may change. Marks that no rule ties together are drawn apart, and what they may be is made
once for all skeletons that are alike in what their rules hear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from rulegen.errors import Unsatisfiable
from rulegen.folds.compile import compile_uses
from rulegen.lattice.build import build
from rulegen.lattice.codes import Integers
from rulegen.lattice.lookahead import look_ahead
from rulegen.lattice.problem import Factor, Layer, Part, Problem
from rulegen.plan.clash import unsatisfiable
from rulegen.plan.marks import HAIRPIN, MarksOnNotes
from rulegen.plan.problem import Plan, compiled, joined, sections_of
from rulegen.rules.draft import Board
from rulegen.stages.proof import Together, given_up
from rulegen.stages.skeleton import built
from rulegen.stages.stage import Apart, Decided, Posed
from rulegen.stages.ties import Ties
from rulegen.style.facets import SOUND
from rulegen.style.model import Use
from rulegen.style.stages import stages_of

MOST_KNOWN = 256  # lattices of marks that are kept


@dataclass(frozen=True)
class Sound:
    """The stage that decides the marks of a plan's notes."""

    plan: Plan
    budget: int

    @classmethod
    def of(cls, plan: Plan, budget: int) -> Sound | None:
        """The stage, where the style draws marks."""
        return cls(plan, budget) if plan.style.markings else None

    def pose(self, draft: Decided) -> Apart | None:
        """All marks that the rules allow on the notes that stand."""
        parts = []
        for tied in self._tied:
            posed = self._posed(draft.values, tied)
            if posed is None:
                return None
            parts.append(posed)
        return Apart(tuple(parts), tuple(tied.components for tied in self._tied))

    def _posed(self, values: Integers, tied: _Tied) -> Posed | None:
        """What marks that rules tie may be, given a skeleton; what is the same of another is made once."""
        key = (tied.components, values[:, list(self._heard(tied))].tobytes())
        if key not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            problem = self._problem(values, tied)
            lattice = built(self.plan, problem, self.budget)
            ahead = look_ahead(lattice)
            posed = Posed(self.plan, lattice, ahead, problem if lattice.relaxed else None)
            self._known[key] = None if np.isneginf(ahead.total) else posed
        return self._known[key]

    @cached_property
    def _known(self) -> dict[tuple[tuple[int, ...], bytes], Posed | None]:
        return {}

    def _heard(self, tied: _Tied) -> tuple[int, ...]:
        """The components of the skeleton on which marks that rules tie depend."""
        tables, free = self.plan.tables, self.plan.schedule.free
        rhythm = tuple(tables.of_time(voice) for voice in free)
        return tuple(sorted({*tied.heard, *rhythm}))

    def unsatisfiable(self, draft: Decided) -> Unsatisfiable:
        """What clashes on the notes that stand."""
        problems = [self._problem(draft.values, tied) for tied in self._tied]
        empty = (each for each in problems if np.isneginf(look_ahead(build(each, self.budget)).total))
        found = unsatisfiable(self.plan, next(empty))
        what = "marks on the notes that were drawn"
        return given_up(found, what, ("notes", "marks"), self._together(draft.values))

    def _together(self, values: Integers) -> Together | None:
        """Notes and their marks at once; None where notes tell where marks may change, or have a surface."""
        plan = self.plan
        if plan.schedule.free or plan.has_surface:
            return None
        notes, first = compiled(plan), len(plan.components)
        board = Board(list(notes.slots))
        compile_uses(self._uses, plan.draft, board)
        marks = [MarksOnNotes(plan, each, values) for each in plan.style.markings]
        problem = joined(plan, notes, board)
        layers = []
        for number, layer in enumerate(problem.layers):
            structure = (
                each for place, own in enumerate(marks, first) for each in own.factors(number, place)
            )
            domains = (*layer.domains, *(own.domain(number) for own in marks))
            layers.append(Layer(domains, (*structure, *layer.factors)))
        names = tuple(component.name for component in plan.tables.components)
        return plan, replace(problem, components=names, layers=tuple(layers))

    def _problem(self, values: Integers, tied: _Tied) -> Problem:
        """The problem of a skeleton, of marks that rules tie. values: int (layers, components)."""
        plan, first = self.plan, len(self.plan.components)
        marks = [MarksOnNotes(plan, each, values) for each in plan.style.markings]
        layers = []
        for layer, codes in enumerate(values.astype(np.int32)):
            domains = [codes[place : place + 1] for place in range(first)]
            structure: list[Factor] = []
            for place, each in enumerate(marks, first):
                is_own = place in tied.components
                domains.append(each.domain(layer) if is_own else each.codes[:1])
                structure += each.factors(layer, place) if is_own else ()
            layers.append(Layer(tuple(domains), (*structure, *tied.board.factors((-1, layer)))))
        names = tuple(component.name for component in plan.tables.components)
        slots = tuple(tied.board.slots)
        return Problem(names, slots, tuple(layers), *sections_of(plan.draft, tied.board))

    @property
    def _uses(self) -> list[Use]:
        """Those that read marks."""
        return [use for use in self.plan.style.uses if SOUND in stages_of(use, self.plan.has_surface)]

    @cached_property
    def _tied(self) -> list[_Tied]:
        """The components of marks that rules tie together, each with the rules that read them."""
        plan, board = self.plan, Board()
        compile_uses(self._uses, plan.draft, board)
        first, markings = len(plan.components), plan.style.markings
        hairpins = [place for place, each in enumerate(markings, first) if each.facet == HAIRPIN]
        pairs = [(place - 1, place) for place in hairpins]  # they join the levels before them
        return _parted(board, range(first, first + len(markings)), pairs)


@dataclass(frozen=True)
class _Tied:
    """Components of marks, the factors that read them, and what these hear of other components."""

    components: tuple[int, ...]
    board: Board
    heard: frozenset[int]


def _parted(board: Board, components: Sequence[int], pairs: Sequence[tuple[int, int]]) -> list[_Tied]:
    """The components in the least parts of which no factor reads, hands on or remembers anything together.
    pairs: those that are tied whatever rules say.
    """
    ties = Ties()
    for one, other in pairs:
        ties.tie(one, other)
    for factor in (each for factors in board.places.values() for each in factors.values()):
        touched: list[object] = [("slot", factor.slot)] if factor.slot is not None else []
        for read in factor.reads:
            read_here = (*read.before, *read.after) if isinstance(read, Part) else (("name", read.factor),)
            touched += [node for node in read_here if node in components or isinstance(node, tuple)]
        for node in touched:
            ties.tie(node, ("name", factor.name))
    found, parts = [], list(dict.fromkeys(ties.part(each) for each in components))
    for part in parts:
        alone = part == parts[0]  # where what reads no marks stands too
        places = {
            location: {
                key: each
                for key, each in factors.items()
                for own in [ties.part(("name", each.name))]
                if own == part or (alone and own not in parts)
            }
            for location, factors in board.places.items()
        }
        own = tuple(each for each in components if ties.part(each) == part)
        parts_read = (
            read
            for factors in places.values()
            for factor in factors.values()
            for read in factor.reads
            if isinstance(read, Part)
        )
        heard = frozenset(each for read in parts_read for each in (*read.before, *read.after))
        found.append(_Tied(own, Board(board.slots, places), heard - {*components}))
    return found
