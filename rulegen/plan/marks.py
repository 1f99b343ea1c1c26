"""Marks on notes that stand: where they may change, what they may be, and what weighs and holds them.

They change in each span of their kind at the first moment at which a note of their voices begins and none
goes on. There they weigh; elsewhere they stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.codes import Integers
from rulegen.lattice.problem import Factor, IntArray, Part, intern
from rulegen.plan.drawn import STRUCTURE
from rulegen.plan.problem import Plan, demand
from rulegen.score.marks import LEGATO, NONE
from rulegen.style.model import Marking
from rulegen.style.vocabulary import WORDS

HAIRPIN = "hairpin"
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class MarksOnNotes:
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
        if voice in plan.schedule.free:
            return plan.begins(voice, self.values[plan.draft.layer_of])
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
