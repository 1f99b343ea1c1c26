"""Voices whose rhythms are drawn: their symbols, where each may stand, and how a draw is read.

A symbol is a pitch or a rest, what rules will ask of the note's beginning (`rules/remembered.py`), and how
many steps it has still to sound. A note begins where the one before it ends: the symbol alone does not tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.problem import Factor, IntArray, Part
from rulegen.plan.grid import DrawnLine, Grid, Run
from rulegen.rules.remembered import BESIDE_RESTS, asked_later, name_of, told
from rulegen.rules.tables import Column, Component, Tables
from rulegen.score.frame import Frame
from rulegen.style.expression import Apply, Typed, Variable
from rulegen.style.model import Style
from rulegen.style.vocabulary import DURATION, NOTE
from rulegen.theory.pitch import Pitch

Bools = NDArray[np.bool_]
STRUCTURE = -1  # the use of what no line asks for

_LENGTH = Apply(DURATION, "note.duration", (Variable(NOTE, "note"),))


def memories(style: Style, frame: Frame, voices: Sequence[int]) -> dict[int, dict[str, Typed]]:
    """What is remembered of notes of drawn voices, by name: what rules ask of it, and the length of each
    where a model hears them.
    """
    found: dict[int, dict[str, Typed]] = {voice: {} for voice in voices}
    if not voices:
        return found
    for use in style.uses:
        for voice, part in asked_later(use, voices, frame):
            found[voice].setdefault(name_of(part), part)
    heard = {use.subject for use in style.models}
    for voice, parts in found.items():
        if style.voices[voice].name in heard:
            parts.setdefault(name_of(_LENGTH), _LENGTH)
    return found


def component_of(
    made: Callable[[list[Pitch | None]], Component],
    line: DrawnLine,
    pitches: Sequence[Pitch],
    known: tuple[Grid, Mapping[str, Typed], Frame, Tables],
) -> Component:
    """The symbols of a voice, made of pitches or strokes: one by one, a rest first where there are any."""
    grid, parts, frame, tables = known
    known_pasts = {
        past
        for onset in grid.onsets
        for run in [line.run_at(onset)]
        for length in run.lengths
        if onset + length <= run.end
        for past in product(*(pasts(part, (onset, length), frame, tables) for part in parts.values()))
    }
    longest, pause = (max(map(grid.steps, lengths), default=0) for lengths in (line.lengths, line.rests))
    symbols: list[tuple[Pitch | None, int, int]] = [(None, 0, left) for left in range(1, pause + 1)]
    symbols += [
        (pitch, past, left)
        for pitch in pitches
        for past in range(len(known_pasts))
        for left in range(1, longest + 1)
    ]
    remaining = np.array([left for _, _, left in symbols], dtype=np.int64)
    columns: dict[str, Column] = {"ends": remaining == 1, "remaining": remaining}
    if pause:
        columns["sounds"] = np.array([pitch is not None for pitch, _, _ in symbols])
    own, ordered = np.array([past for _, past, _ in symbols], dtype=np.int64), sorted(known_pasts)
    for place, part_name in enumerate(parts):
        columns[part_name] = np.array([past[place] for past in ordered])[own]
    if name_of(_LENGTH) in parts:
        columns["begins"] = remaining * float(grid.step) == columns[name_of(_LENGTH)]
    each = made([pitch for pitch, _, _ in symbols])
    return replace(each, columns={**each.columns, **columns})


@dataclass(frozen=True, eq=False)
class DrawnVoice:
    """A voice whose rhythm is drawn, in a plan: memory says what its symbols remember, weights what each
    length of a note and of a rest weighs.
    """

    line: DrawnLine
    grid: Grid
    symbols: Component
    component: int
    memory: Mapping[str, Typed]
    weights: tuple[Mapping[Fraction, float], Mapping[Fraction, float]]
    frame: Frame
    tables: Tables

    @cached_property
    def domains(self) -> list[IntArray]:
        """(moments,): the symbols that can stand at each: what begins there, and what began before."""
        found = []
        before: IntArray = np.zeros(0, dtype=np.int32)
        for moment in range(len(self.frame.onsets)):
            held = before[self.symbols.remaining[before] > 1] - 1
            before = np.union1d(held, np.flatnonzero(self._beginnings[moment])).astype(np.int32)
            found.append(before)
        return found

    @cached_property
    def _beginnings(self) -> list[NDArray[np.int64]]:
        """(symbols,) of each moment: which of the lengths of its run begins there with each, counted from 2;
        0 where none can.
        """
        return [self._beginning(moment) for moment in range(len(self.frame.onsets))]

    def _beginning(self, moment: int) -> NDArray[np.int64]:
        onset = self.frame.onsets[moment]
        run = self.line.run_at(onset)
        found = np.zeros(len(self.symbols), dtype=np.int64)
        sounds = self.symbols.diatonic >= 0
        for number, (length, is_rest) in enumerate(_choices(run), start=2):
            if onset + length > run.end:
                continue
            fits = (self.symbols.remaining == self.grid.steps(length)) & (sounds != is_rest)
            for name, part in () if is_rest else self.memory.items():
                values = pasts(part, (onset, length), self.frame, self.tables)
                fits &= np.isin(np.asarray(self.symbols.columns[name]), values)
            found[fits] = number
        return found

    def factor(self, moment: int) -> Factor:
        """What goes on until its length is over; what begins then, weighing what its length does. No rest
        follows a rest within a run.
        """
        run = self.line.run_at(self.frame.onsets[moment])
        choices = _choices(run)
        own = [self.weights[is_rest].get(length, 0.0) for length, is_rest in choices]
        begins = self._beginnings[moment]
        weights = np.array([[-np.inf, 0.0, *own]])
        name = ("rhythm", self.line.voice)
        size, scope = weights.size, (self.component,)
        rests, after, before = (self._is(each) for each in (None, *BESIDE_RESTS))
        if self.frame.onsets[moment] in self._opens:
            part = Part.table((), scope, size, np.where(after, 0, begins).astype(np.uint16))
            return Factor.of(name, STRUCTURE, (part,), weights)
        left, codes = self.symbols.remaining[:, None], np.arange(len(self.symbols))
        held = (left > 1) & (codes == codes[:, None] - 1)
        fits = ~(rests[:, None] & rests)
        if BESIDE_RESTS[0] in self.memory:
            fits &= rests | (rests[:, None] == after)
        if BESIDE_RESTS[1] in self.memory:
            fits &= rests[:, None] | (before[:, None] == rests)
        letters = np.where(held, 1, np.where((left == 1) & fits, begins, 0))
        part = Part.table(scope, scope, size, letters.astype(np.uint16))
        return Factor.of(name, STRUCTURE, (part,), weights)

    @cached_property
    def _opens(self) -> set[Fraction]:
        """Where phrases begin, and with each a note or rest, whatever stood before."""
        return {onset for onset, _, _ in self.frame.phrases}

    def _is(self, said: str | None) -> Bools:
        """(symbols,): which are rests, or of which this is remembered."""
        if said is None:
            return np.asarray(self.symbols.diatonic < 0)
        return np.asarray(self.symbols.columns.get(said, np.zeros(len(self.symbols))), dtype=bool)


def pasts(
    part: Typed, at: tuple[Fraction, Fraction], frame: Frame, tables: Tables
) -> tuple[float | int | bool, ...]:
    """What may be remembered of a note: what time says of it; of rests beside it in its phrase, both."""
    name, (onset, length) = name_of(part), at
    if name not in BESIDE_RESTS:
        return (told(part, at, frame, tables),)
    edges = {start for start, _, _ in frame.phrases} | {end for _, end, _ in frame.phrases}
    return (False,) if (onset, onset + length)[name == BESIDE_RESTS[1]] in edges else (False, True)


def _choices(run: Run) -> list[tuple[Fraction, bool]]:
    """The lengths of a run, each with whether it is that of a rest."""
    return [(length, False) for length in run.lengths] + [(length, True) for length in run.rests]
