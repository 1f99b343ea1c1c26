"""Voices whose rhythms are drawn: their symbols, where each may stand, and how a draw is read.

A symbol is a pitch or a rest, what rules will ask of the note's beginning (`rules/remembered.py`), where in
its patterns the voice will stand when it is over (`plan/lines.py`), and how many steps it has still to sound.
A note begins where the one before it ends: the symbol alone does not tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from rulegen.rules.remembered import BESIDE_RESTS, asked_later, name_of, told
from rulegen.rules.tables import TIME, Column, Component, Tables
from rulegen.score.frame import Frame
from rulegen.style.expression import Apply, Typed, Variable
from rulegen.style.model import Style
from rulegen.style.vocabulary import DURATION, NOTE
from rulegen.theory.pitch import Pitch

Bools = NDArray[np.bool_]
Known = tuple[
    DrawnLine, Grid, Mapping[str, Typed], Frame, Tables
]  # what symbols are made of, and what is remembered
_P = TypeVar("_P")
Past = tuple[float | int | bool, ...]  # what is remembered of a note, part by part
STRUCTURE = -1  # the use of what no line asks for
NODE = "node"  # the column of where a voice stands in its patterns when its note is over

_LENGTH = Apply(DURATION, "note.duration", (Variable(NOTE, "note"),))


def shared(memory: Mapping[int, Mapping[str, Typed]], line: DrawnLine) -> Mapping[str, Typed]:
    """What is remembered of the notes of a voice, and of those that move with it."""
    found: dict[str, Typed] = {}
    for voice in line.together or (line.voice,):
        found |= memory[voice]
    return found


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
    begun = {
        (past, choice.then, grid.steps(choice.length))
        for onset in grid.onsets
        for choices in line.choices(onset).values()
        for choice in choices
        for past in _pasts_of(choice, parts, onset, frame, tables)
    }
    longest: dict[tuple[Past | None, int], int] = {}
    for past, then, steps in begun:
        longest[past, then] = max(steps, longest.get((past, then), 0))
    rests = sorted(then for past, then in longest if past is None)
    notes = sorted((past, then) for past, then in longest if past is not None)
    known_pasts = sorted({past for past, _ in notes})
    kinds: list[tuple[_P | None, Past | None, int]] = [(None, None, then) for then in rests]
    kinds += [(pitch, past, then) for pitch in pitches for past, then in notes]
    symbols = [
        (pitch, past, then, left) for pitch, past, then in kinds for left in range(1, longest[past, then] + 1)
    ]
    remaining = np.array([left for *_, left in symbols], dtype=np.int64)
    columns: dict[str, Column] = {"ends": remaining == 1, "remaining": remaining}
    if any(then for _, _, then, _ in symbols):
        columns[NODE] = np.array([then for _, _, then, _ in symbols])
    if rests:
        columns["sounds"] = np.array([past is not None for _, past, *_ in symbols])
    ordered = [known_pasts[0] if past is None else past for _, past, _, _ in symbols]
    for place, part_name in enumerate(parts):
        columns[part_name] = np.array([past[place] for past in ordered])
    if name_of(_LENGTH) in parts:
        columns["begins"] = remaining * float(grid.step) == columns[name_of(_LENGTH)]
    return [pitch for pitch, *_ in symbols], columns


def _pasts_of(
    choice: Continuation, parts: Mapping[str, Typed], onset: Fraction, frame: Frame, tables: Tables
) -> Iterable[Past | None]:
    """What may be remembered of a note that begins so; nothing of a rest."""
    if choice.is_rest:
        return (None,)
    return product(*(pasts(part, (onset, choice.length), frame, tables) for part in parts.values()))


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
        for node, choices in known.items():
            for choice in choices:
                fits = (self.symbols.remaining == self.grid.steps(choice.length)) & (
                    self.sounds != choice.is_rest
                )
                fits &= self._nodes == choice.then
                for name, part in () if choice.is_rest else self.memory.items():
                    values = pasts(part, (onset, choice.length), self.frame, self.tables)
                    fits &= np.isin(np.asarray(self.symbols.columns[name]), values)
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
        letters = np.where(held, 1, np.where((left == 1) & fits, begins[self._nodes], 0))
        part = Part.table(scope, scope, size, letters.astype(np.uint16))
        return Factor.of(name, STRUCTURE, (part,), weights)

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


def pasts(part: Typed, at: tuple[Fraction, Fraction], frame: Frame, tables: Tables) -> Past:
    """What may be remembered of a note: what time says of it; of rests beside it in its phrase, both."""
    name, (onset, length) = name_of(part), at
    if name not in BESIDE_RESTS:
        return (told(part, at, frame, tables),)
    edges = {start for start, _, _ in frame.phrases} | {end for _, end, _ in frame.phrases}
    return (False,) if (onset, onset + length)[name == BESIDE_RESTS[1]] in edges else (False, True)
