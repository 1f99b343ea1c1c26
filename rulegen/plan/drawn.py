"""Voices whose rhythms are drawn: their symbols, where each may stand, and how a draw is read.

A symbol is a pitch or a rest, what rules will ask of the note's beginning (`rules/remembered.py`), where in
its patterns the voice will stand when it is over (`plan/lines.py`), and how many steps it has still to sound.
A note begins where the one before it ends: the symbol alone does not tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.problem import Factor, IntArray, Part
from rulegen.plan.grid import Grid
from rulegen.plan.lines import Continuation, DrawnLine
from rulegen.rules.remembered import AT_EDGES, BESIDE_RESTS, asked_later, name_of, told
from rulegen.rules.tables import TIME, Column, Component, Tables
from rulegen.score.frame import Frame
from rulegen.style.expression import Apply, Typed, Variable
from rulegen.style.model import Style
from rulegen.style.vocabulary import DURATION, NOTE
from rulegen.theory.pitch import Pitch

Bools = NDArray[np.bool_]
Known = tuple[DrawnLine, Grid, Mapping[str, Typed], Frame, Tables]  # what symbols are made of
_P = TypeVar("_P")
Past = tuple[float | int | bool | None, ...]  # what is remembered, part by part; of a rest, at edges alone
STRUCTURE = -1  # the use of what no line asks for
NODE = "node"  # the column of where a voice stands in its patterns when its note is over

ENDINGS = ("closes_phrase", "is_last")  # of AT_EDGES, those that what follows a note decides
_NOTHING = (None,)
_LENGTH = Apply(DURATION, "note.duration", (Variable(NOTE, "note"),))


def shared(memory: Mapping[int, Mapping[str, Typed]], line: DrawnLine) -> Mapping[str, Typed]:
    """What is remembered of the notes of a voice, and of those that move with it."""
    found: dict[str, Typed] = {}
    for voice in line.together or (line.voice,):
        found |= memory[voice]
    return found


def memories(style: Style, frame: Frame, lines: Sequence[DrawnLine]) -> dict[int, dict[str, Typed]]:
    """What is remembered of notes of drawn voices, by name: what rules ask of it, and the length of each
    where a model hears them. Which note is the first or the last is left out where a voice may rest all
    through the phrase that would have it.
    """
    found: dict[int, dict[str, Typed]] = {line.voice: {} for line in lines}
    if not lines:
        return found
    for use in style.uses:
        for voice, part in asked_later(use, {line.voice: line.has_rests for line in lines}, frame):
            found[voice].setdefault(name_of(part), part)
    heard = {use.subject for use in style.models}
    for line in lines:
        parts = found[line.voice]
        if style.voices[line.voice].name in heard:
            parts.setdefault(name_of(_LENGTH), _LENGTH)
        ends = [(onset, end) for onset, end, _ in frame.phrases if frame.is_end(end)]
        for name, phrases in (("is_first", [frame.phrases[0][:2]]), ("is_last", ends)):
            if line.has_rests and any(line.rests_through(*phrase) for phrase in phrases):
                parts.pop(name, None)
    return found


def component_of(
    made: Callable[[list[Pitch | None]], Component], pitches: Sequence[Pitch], known: Known
) -> Component:
    """The symbols of a voice, made of pitches or strokes: one by one, a rest first where there are any."""
    symbols, columns = _symbols(pitches, known)
    each = made(symbols)
    return replace(each, columns={**each.columns, **columns})


def time_of(name: str, known: Known) -> Component:
    """What voices that move together share: when their notes begin and how long they last."""
    _, columns = _symbols([None], known)
    return Component(name, TIME, columns, known[0].together)


def _symbols(pitches: Sequence[_P], known: Known) -> tuple[list[_P | None], dict[str, Column]]:
    """What each symbol sounds, None where it is a rest, and the columns of its time."""
    line, grid, parts, frame, tables = known
    pasts = Pasts(line, frame, tables)
    begun = {
        ((choice.is_rest, past, choice.then), grid.steps(choice.length))
        for onset in grid.onsets
        for choices in line.choices(onset).values()
        for choice in choices
        for past in product(*(pasts.of(part, choice, onset) for part in parts.values()))
    }
    longest: dict[tuple[bool, Past, int], int] = {}
    for key, steps in begun:
        longest[key] = max(steps, longest.get(key, 0))
    rests = sorted(((past, then) for is_rest, past, then in longest if is_rest), key=repr)
    notes = sorted((past, then) for is_rest, past, then in longest if not is_rest)
    kinds: list[tuple[_P | None, bool, Past, int]] = [(None, True, past, then) for past, then in rests]
    kinds += [(pitch, False, past, then) for pitch in pitches for past, then in notes]
    symbols = [
        (pitch, is_rest, past, then, left)
        for pitch, is_rest, past, then in kinds
        for left in range(1, longest[is_rest, past, then] + 1)
    ]
    remaining = np.array([left for *_, left in symbols], dtype=np.int64)
    columns: dict[str, Column] = {"ends": remaining == 1, "remaining": remaining}
    if any(then for *_, then, _ in symbols):
        columns[NODE] = np.array([then for *_, then, _ in symbols])
    if rests:
        columns["sounds"] = np.array([not is_rest for _, is_rest, *_ in symbols])
    for place, part_name in enumerate(parts):
        any_note = notes[0][0][place] if notes else False
        found = [past[place] for _, _, past, _, _ in symbols]
        columns[part_name] = np.array([any_note if each is None else each for each in found])
    if name_of(_LENGTH) in parts:
        columns["begins"] = remaining * float(grid.step) == columns[name_of(_LENGTH)]
    return [pitch for pitch, *_ in symbols], columns


@dataclass(frozen=True)
class Pasts:
    """What may be remembered of notes and rests of a line."""

    line: DrawnLine
    frame: Frame
    tables: Tables

    def of(self, part: Typed, choice: Continuation, onset: Fraction) -> Past:
        """Of what begins somewhere: what time says of it; what stands beside it in its phrase, both where
        that is not known yet; of a rest, whether it lies at an edge.
        """
        name, end = name_of(part), onset + choice.length
        starts, ends = ({each[place] for each in self.frame.phrases} for place in (0, 1))
        if name in AT_EDGES and self.line.has_rests:
            if not self._may_be(name, onset):
                return (False,)
            if name in ENDINGS:
                return (self._ends(name, end),) if choice.is_rest else self._endings(name, choice, end)
            return (onset in starts,) if choice.is_rest or onset in starts else (False, True)
        if choice.is_rest:
            return _NOTHING
        if name in BESIDE_RESTS:
            return (False,) if (onset in starts, end in ends)[name == BESIDE_RESTS[1]] else (False, True)
        return (told(part, (onset, choice.length), self.frame, self.tables),)

    def _ends(self, name: str, end: Fraction) -> bool:
        """Whether the phrase ends there, or the piece."""
        return (
            self.frame.is_end(end)
            if name == "is_last"
            else any(end == each for _, each, _ in self.frame.phrases)
        )

    def _endings(self, name: str, choice: Continuation, end: Fraction) -> Past:
        """Whether a note is the last: it ends with the phrase, or what follows it may be a rest that does."""
        if any(end == each for _, each, _ in self.frame.phrases):
            return (self._ends(name, end),)
        following = self.line.choices(end)[choice.then]
        return tuple(sorted({each.is_rest and self._ends(name, end + each.length) for each in following}))

    def _may_be(self, name: str, onset: Fraction) -> bool:
        """Whether what begins somewhere may be the first or the last of the piece, by its phrase."""
        if name in ("opens_phrase", "closes_phrase"):
            return True
        first, _, _ = self.frame.phrases[0]
        start, end, _ = next(each for each in self.frame.phrases if each[0] <= onset < each[1])
        return start == first if name == "is_first" else self.frame.is_end(end)


@dataclass(frozen=True, eq=False)
class DrawnVoice:
    """A voice whose rhythm is drawn, in a plan, or several that move together: memory says what its symbols
    remember.
    """

    line: DrawnLine
    grid: Grid
    symbols: Component
    component: int
    memory: Mapping[str, Typed]
    frame: Frame
    tables: Tables

    @cached_property
    def domains(self) -> list[IntArray]:
        """(moments,): the symbols that can stand at each: what begins there, and what began before."""
        found = []
        before: IntArray = np.zeros(0, dtype=np.int32)
        for moment in range(len(self.frame.onsets)):
            held = before[self.symbols.remaining[before] > 1] - 1
            begins = self._beginnings[moment][0].any(axis=0)
            before = np.union1d(held, np.flatnonzero(begins)).astype(np.int32)
            found.append(before)
        return found

    @cached_property
    def _beginnings(self) -> list[tuple[NDArray[np.int64], list[float]]]:
        """(nodes, symbols) of each moment: which choice begins there with each symbol, by the node where the
        voice stands, counted from 2; 0 where none can. And what each of these weighs.
        """
        return [self._beginning(moment) for moment in range(len(self.frame.onsets))]

    def _beginning(self, moment: int) -> tuple[NDArray[np.int64], list[float]]:
        onset = self.frame.onsets[moment]
        known = self.line.choices(onset)
        found = np.zeros((max(self._nodes.max(), *known, 0) + 1, len(self.symbols)), dtype=np.int64)
        weights: list[float] = []
        pasts = Pasts(self.line, self.frame, self.tables)
        for node, choices in known.items():
            for choice in choices:
                fits = (self.symbols.remaining == self.grid.steps(choice.length)) & (
                    self.sounds != choice.is_rest
                )
                fits &= self._nodes == choice.then
                for name, part in self.memory.items():
                    values = pasts.of(part, choice, onset)
                    if values != _NOTHING:
                        fits &= np.isin(np.asarray(self.symbols.columns[name]), np.array(values))
                weights.append(choice.weight)
                found[node, fits] = len(weights) + 1
        return found, weights

    def factor(self, moment: int) -> Factor:
        """What goes on until its length is over; what begins then, weighing what it does. No rest follows a
        rest within a phrase.
        """
        begins, own = self._beginnings[moment]
        weights = np.array([[-np.inf, 0.0, *own]])
        name = ("rhythm", self.line.voice)
        size, scope = weights.size, (self.component,)
        after, before = map(self._is, BESIDE_RESTS)
        rests = ~self.sounds
        if self.frame.onsets[moment] in self.opens:
            part = Part.table((), scope, size, np.where(after, 0, begins[0]).astype(np.uint16))
            return Factor.of(name, STRUCTURE, (part,), weights)
        left, codes = self.symbols.remaining[:, None], np.arange(len(self.symbols))
        held = (left > 1) & (codes == codes[:, None] - 1)
        fits = ~(rests[:, None] & rests)
        if BESIDE_RESTS[0] in self.memory:
            fits &= rests | (rests[:, None] == after)
        if BESIDE_RESTS[1] in self.memory:
            fits &= rests[:, None] | (before[:, None] == rests)
        for each in AT_EDGES:
            if each in self.memory:
                fits &= self._at_edge(each)
        letters = np.where(held, 1, np.where((left == 1) & fits, begins[self._nodes], 0))
        part = Part.table(scope, scope, size, letters.astype(np.uint16))
        return Factor.of(name, STRUCTURE, (part,), weights)

    def _at_edge(self, name: str) -> Bools:
        """(symbols, symbols): which may follow one another within a phrase by what is remembered. A note is
        the first after a rest that has nothing before it, and the last before one that has nothing after it.
        """
        rests, holds = ~self.sounds, self._is(name)
        if name in ENDINGS:
            return np.asarray(rests[:, None] | (holds[:, None] == (rests & holds)))
        return np.asarray(rests | (holds == (rests & holds)[:, None]))

    @cached_property
    def opens(self) -> set[Fraction]:
        """Where phrases begin, and with each a note or rest, whatever stood before."""
        return {onset for onset, _, _ in self.frame.phrases}

    @cached_property
    def _nodes(self) -> NDArray[np.int64]:
        """(symbols,): where in its patterns the voice stands when each is over."""
        return np.asarray(self.symbols.columns.get(NODE, np.zeros(len(self.symbols), dtype=np.int64)))

    @cached_property
    def sounds(self) -> Bools:
        """(symbols,): which are no rests."""
        return np.asarray(self.symbols.columns.get("sounds", np.ones(len(self.symbols), dtype=bool)))

    def _is(self, said: str) -> Bools:
        """(symbols,): of which this is remembered."""
        return np.asarray(self.symbols.columns.get(said, np.zeros(len(self.symbols))), dtype=bool)
