"""The sound of the notes: their marks, drawn given the notes, where a style names them.

The rules that read marks are compiled once. A draft narrows the components of the skeleton to what was drawn,
and says where marks may change: in each span of their kind at the first moment at which a note of their
voices begins and none goes on. There they weigh; elsewhere they stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rulegen.errors import Unsatisfiable
from rulegen.lattice.build import build
from rulegen.lattice.codes import Integers
from rulegen.lattice.lookahead import look_ahead
from rulegen.lattice.problem import Factor, IntArray, Layer, Part, Problem
from rulegen.plan.clash import unsatisfiable
from rulegen.plan.problem import STRUCTURE, Plan, demand, sections_of
from rulegen.rules.compile import compile_uses
from rulegen.rules.draft import Board
from rulegen.rules.leaves import intern
from rulegen.score.marks import LEGATO, NONE
from rulegen.stages.skeleton import built
from rulegen.stages.stage import TRIES, Apart, Decided, Posed
from rulegen.style.model import Marking
from rulegen.style.vocabulary import WORDS

HAIRPIN = "hairpin"
MOST_KNOWN = 256  # lattices of marks that are kept
Bools = NDArray[np.bool_]


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
        rhythm = () if free is None else (tables.of_voice(free),)
        return tuple(sorted({*tied.heard, *rhythm}))

    def unsatisfiable(self, draft: Decided) -> Unsatisfiable:
        """What clashes on the notes that stand."""
        problems = [self._problem(draft.values, tied) for tied in self._tied]
        empty = (each for each in problems if np.isneginf(look_ahead(build(each, self.budget)).total))
        found = unsatisfiable(self.plan, next(empty)).diagnostic
        message = found.message.replace("no score keeps", "no marks on the notes that were drawn keep")
        note = f"notes were drawn {TRIES} times, and no marks fit them; that they fit others is not ruled out"
        return Unsatisfiable(replace(found, message=message, notes=(*found.notes, note)))

    def _problem(self, values: Integers, tied: _Tied) -> Problem:
        """The problem of a skeleton, of marks that rules tie. values: int (layers, components)."""
        plan, first = self.plan, len(self.plan.components)
        marks = [_Marks(plan, each, values) for each in plan.style.markings]
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

    @cached_property
    def _tied(self) -> list[_Tied]:
        """The components of marks that rules tie together, each with the rules that read them."""
        plan, board = self.plan, Board()
        compile_uses([use for use in plan.style.uses if use not in plan.uses], plan.draft, board)
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
    owner: dict[object, object] = {}

    def root(node: object) -> object:
        while owner.setdefault(node, node) != node:
            node = owner[node]
        return node

    for one, other in pairs:
        owner[root(one)] = root(other)
    for factor in (each for factors in board.places.values() for each in factors.values()):
        touched: list[object] = [("slot", factor.slot)] if factor.slot is not None else []
        for read in factor.reads:
            read_here = (*read.before, *read.after) if isinstance(read, Part) else (("name", read.factor),)
            touched += [node for node in read_here if node in components or isinstance(node, tuple)]
        for node in touched:
            owner[root(node)] = root(("name", factor.name))
    found, parts = [], list(dict.fromkeys(root(each) for each in components))
    for part in parts:
        alone = part == parts[0]  # where what reads no marks stands too
        places = {
            location: {
                key: each
                for key, each in factors.items()
                for own in [root(("name", each.name))]
                if own == part or (alone and own not in parts)
            }
            for location, factors in board.places.items()
        }
        own = tuple(each for each in components if root(each) == part)
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


@dataclass(frozen=True)
class _Marks:
    """The marks of a marking on a skeleton."""

    plan: Plan
    marking: Marking
    values: Integers

    @cached_property
    def codes(self) -> IntArray:
        """Those that may be drawn."""
        words = WORDS[self.marking.kind]
        return np.array([words.index(word) for word, _ in self.marking.marks], dtype=np.int32)

    @cached_property
    def _time(self) -> tuple[Bools, Bools]:
        """(moments,): whether a note of the voices begins there, and whether one goes on."""
        frame = self.plan.schedule.frame
        begins, goes_on = np.zeros((2, len(frame.onsets)), dtype=bool)
        for name in self.marking.voices:
            voice = frame.voices.index(name)
            own = self._begins(voice)
            begins |= own & frame.sounding[voice]
            goes_on |= ~own & frame.sounding[voice]
        return begins, goes_on

    def _begins(self, voice: int) -> Bools:
        """(moments,): whether a voice begins a note there, as it is written."""
        plan, frame = self.plan, self.plan.schedule.frame
        tune = plan.tunes.get(frame.voices[voice])
        if tune is not None:
            written = {note.onset for note in tune.written() if not (note.is_rest or note.ornament)}
            return np.array([onset in written for onset in frame.onsets])
        if voice == plan.schedule.free:
            codes = self.values[plan.draft.layer_of, plan.tables.of_voice(voice)]
            return np.asarray(plan.tables.voices[voice].begins[codes])
        return np.isin(np.arange(len(frame.onsets)), frame.note_rows[voice].layers)

    @cached_property
    def changes(self) -> Bools:
        """(moments,): whether the marks may change there."""
        begins, goes_on = self._time
        fresh = begins & ~goes_on
        if self.marking.change == "note":
            return fresh
        found = np.zeros(len(fresh), dtype=bool)
        for stretch in self.plan.schedule.frame.stretches(self.marking.change):
            places = np.flatnonzero(fresh[stretch.first : stretch.stop])[:1]
            found[stretch.first + places] = True
        return found

    @cached_property
    def silent(self) -> Bools:
        """(moments,): where no mark is heard: before the first, and in rests where each note has its own."""
        begins, goes_on = self._time
        found = np.asarray(np.cumsum(self.changes) == 0)
        if self.marking.change == "note" and self.marking.marks[0][0] == NONE:
            found = found | ~(begins | goes_on)
        return found

    def _moment(self, layer: int) -> int:
        return int(self.plan.draft.moment_of[layer])

    @cached_property
    def ends(self) -> Bools:
        """(moments,): whether a note begins there that no other follows in its section, or but after a rest:
        no slur goes on from it.
        """
        begins, goes_on = self._time
        found, is_last = np.zeros(len(begins), dtype=bool), True
        opens = {int(start) for start in self.plan.draft.starts}
        for moment in range(len(begins) - 1, -1, -1):
            if begins[moment]:
                found[moment], is_last = is_last, False
            is_last = moment in opens or not (begins[moment] or goes_on[moment]) or is_last
        return found

    @cached_property
    def closes(self) -> Bools:
        """(moments,): whether the marks change there for the last time in their section."""
        found = np.zeros(len(self.changes), dtype=bool)
        statements = self.plan.schedule.frame.statement_of
        for statement in range(len(self.plan.draft.starts)):
            found[np.flatnonzero(self.changes & (statements == statement))[-1:]] = True
        return found

    def domain(self, layer: int) -> IntArray:
        """The codes that a layer may have."""
        moment, words = self._moment(layer), WORDS[self.marking.kind]
        if self.silent[moment]:
            return self.codes[:1]
        if LEGATO in words and self.ends[moment]:
            return np.asarray(self.codes[self.codes != words.index(LEGATO)])
        if self.marking.facet == HAIRPIN and self.closes[moment]:
            return self.codes[:1]
        return self.codes

    def factors(self, layer: int, component: int) -> Sequence[Factor]:
        """What weighs a mark where it may change, and holds it elsewhere."""
        moment = self._moment(layer)
        if self.silent[moment]:
            return ()
        if self.changes[moment]:
            weighing = _weighing(self.marking, component)
            return (weighing, _leading(component)) if self.marking.facet == HAIRPIN else (weighing,)
        name = ("held mark", component)
        return (demand(name, (component,), (component,), lambda before, after: before[0] == after[0]),)


def _leading(component: int) -> Factor:
    """A hairpin leads to a level that is louder or softer; levels are the component before it."""
    rises_of = np.array([0, 1, -1])  # none, crescendo, diminuendo

    def leads(before: Sequence[IntArray], after: Sequence[IntArray]) -> Bools:
        wanted = rises_of[before[1]]
        return np.asarray((wanted == 0) | (wanted == np.sign(after[0] - before[0])))

    return demand(("hairpin", component), (component - 1, component), (component - 1,), leads)


def _weighing(marking: Marking, component: int) -> Factor:
    words = WORDS[marking.kind]
    nats = dict(marking.marks)
    weights = np.array([[nats.get(word, 0.0) for word in words]])
    part = Part(("mark", component), (), (component,), len(words), lambda _, after: after[0])
    key = intern(("mark", component, marking.marks))
    return Factor(key, ("mark", component), STRUCTURE, (part,), weights)
