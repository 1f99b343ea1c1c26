"""The surface of a plan: the same piece on a finer grid, where the notes of embellished voices are drawn anew
around those of the skeleton.

A code of an embellished voice is a pitch and a step of a note of some *shape*. What may follow what is told
by the role of a note: one of the skeleton, one that resolves what stood before it in its place, an ornament
at the end or at the front of a note's time, or the end of a note that is held on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.errors import Diagnostic, StyleError
from rulegen.lattice.problem import Factor, IntArray, Part, intern
from rulegen.plan.domains import pitches_in
from rulegen.plan.drawn import STRUCTURE, memories
from rulegen.plan.grid import Grid
from rulegen.plan.lines import DrawnLine, Run
from rulegen.plan.problem import Plan, demand
from rulegen.plan.schedule import Schedule
from rulegen.rules.draft import Draft
from rulegen.rules.remembered import told
from rulegen.rules.tables import TIME, Column, Component, Tables
from rulegen.score.frame import Frame
from rulegen.score.timeline import Event
from rulegen.style.expression import Typed
from rulegen.style.facets import SURFACE
from rulegen.style.faults import labels
from rulegen.style.model import Embellishment, NoteDomain
from rulegen.style.rhythms import FINEST, common_step
from rulegen.style.stages import stages_of
from rulegen.theory.pitch import Pitch

OWN, RESOLUTION, END, FRONT, HELD = range(5)  # families of roles
_FOLLOWS = np.zeros((5, 5), dtype=bool)  # the family of the note that ends, that of the note that begins
_FOLLOWS[OWN, [OWN, END, FRONT]] = True
_FOLLOWS[RESOLUTION, [OWN, END, FRONT]] = True
_FOLLOWS[END, OWN] = True
_FOLLOWS[FRONT, RESOLUTION] = True
_FOLLOWS[HELD, [OWN, RESOLUTION]] = True


@dataclass(frozen=True, slots=True, order=True)
class Shape:
    """A note as far as it can be told without its pitch: its length in steps, its family, for how many steps
    it is held on into the time of the next note, and with which ornament it is played or held.
    """

    length: int
    family: int
    held: int = 0
    ornament: int = -1
    past: int = 0  # the place of what is remembered of its beginning, among all that is


@dataclass(frozen=True)
class NoteTime:
    """The time of a note of the skeleton, in steps: where it begins, and how long it lasts; whether the cell
    before and after it belong to the same phrase; how many steps the grid of its voice has.
    """

    first: int
    steps: int
    follows: bool
    goes_on: bool
    unit: int = 1

    @property
    def parts(self) -> list[int]:
        """How many steps an ornament may take of the note's time: a half of it, or a quarter; a third or two
        of what is in three.
        """
        steps, rest = divmod(self.steps, self.unit)
        if rest:
            return []
        found = [steps // each for each in (2, 4) if steps % each == 0]
        found += [steps // 3, 2 * (steps // 3)] if steps % 3 == 0 and steps % 2 else []
        return [each * self.unit for each in found]

    @property
    def stop(self) -> int:
        """Where the next begins."""
        return self.first + self.steps


@dataclass(eq=False)
class Memory:
    """What rules will ask of notes once they sound, by when a note begins and how long it lasts, in steps.

    parts: by the name of its column, what is asked; known: what was remembered so far, in order of asking.
    """

    parts: Mapping[str, Typed]
    frame: Frame
    tables: Tables
    step: Fraction
    known: dict[tuple[object, ...], int] = field(default_factory=dict)
    _places: dict[tuple[int, int], int] = field(default_factory=dict)

    def place(self, first: int, length: int) -> int:
        """The place, among all that is remembered, of what is remembered of a note."""
        if (first, length) not in self._places:
            at = first * self.step, length * self.step
            own = tuple(told(part, at, self.frame, self.tables) for part in self.parts.values())
            self._places[first, length] = self.known.setdefault(own, len(self.known))
        return self._places[first, length]

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """By name, what is remembered at each place."""
        rows = list(self.known)
        return {name: np.array([row[place] for row in rows]) for place, name in enumerate(self.parts)}


@dataclass(frozen=True, eq=False)
class SurfaceLine:
    """An embellished voice: its cells, and its codes. code = pitch · width + step of a shape."""

    voice: int
    embellishment: Embellishment
    cells: tuple[NoteTime, ...]
    pitches: tuple[Pitch, ...]
    memory: Memory

    @cached_property
    def shapes(self) -> dict[Shape, int]:
        """Each shape that a note of the voice may have, and where its steps begin."""
        found: dict[Shape, int] = {}
        width = 0
        for shape in sorted(self._shapes()):
            found[shape] = width
            width += shape.length
        return found

    @cached_property
    def width(self) -> int:
        """How many codes a pitch has."""
        return sum(shape.length for shape in self.shapes)

    def _shapes(self) -> set[Shape]:
        """All shapes of notes that may begin in the time of each cell."""
        ornaments = range(len(self.embellishment.ornaments))
        found: set[Shape] = set()
        for place, cell in enumerate(self.cells):
            fronts = cell.parts if cell.follows else []
            ends = cell.parts if cell.goes_on else []
            following = self.cells[place + 1] if cell.goes_on else None
            own = [(cell.first, Shape(front, FRONT, 0, each)) for front in fronts for each in ornaments]
            own += [(cell.stop - end, Shape(end, END, 0, each)) for end in ends for each in ornaments]
            for head, family in [(0, OWN), *((front, RESOLUTION) for front in fronts)]:
                left, first = cell.steps - head, cell.first + head
                own += [(first, Shape(left - end, family)) for end in (0, *ends) if end < left]
                tails = (*following.parts, following.steps) if following is not None else ()
                own += [
                    (first, Shape(left + tail, family, tail, each)) for tail in tails for each in ornaments
                ]
            found |= {self.begun(*each) for each in own}
        return found

    def begun(self, first: int, shape: Shape) -> Shape:
        """A shape, with what is remembered of a note of it that begins at a step."""
        return replace(shape, past=self.memory.place(first, shape.length))

    def place(self, first: int, shape: Shape) -> int:
        """Where the steps of a shape begin, of a note that begins at a step."""
        key = first, shape
        if key not in self._begun:
            self._begun[key] = self.shapes[self.begun(first, shape)]
        return self._begun[key]

    @cached_property
    def _begun(self) -> dict[tuple[int, Shape], int]:
        return {}

    @cached_property
    def steps(self) -> NDArray[np.int32]:
        """(4, width): of each step of each shape, the note's length, the steps that remain, the role, and the
        place of what is remembered.
        """
        rows = []
        for shape in self.shapes:
            for remaining in range(shape.length, 0, -1):
                family = HELD if remaining <= shape.held else shape.family
                rows.append((shape.length, remaining, self.role(family, shape.ornament), shape.past))
        return np.array(rows, dtype=np.int32).T

    def role(self, family: int, ornament: int) -> int:
        """A number for a family, and the ornament where it has one."""
        if family in (OWN, RESOLUTION):
            return family
        return 2 + (family - END) * len(self.embellishment.ornaments) + ornament

    @property
    def families(self) -> NDArray[np.int64]:
        """(roles,): the family of each role."""
        count = len(self.embellishment.ornaments)
        return np.array([OWN, RESOLUTION, *(each for each in (END, FRONT, HELD) for _ in range(count))])

    @property
    def roles(self) -> NDArray[np.int32]:
        """(codes,): the role of each."""
        return np.tile(self.steps[2], len(self.pitches))

    @property
    def begins(self) -> NDArray[np.bool_]:
        """(codes,): whether a note begins with each."""
        length, remaining, *_ = self.steps
        return np.tile(remaining == length, len(self.pitches))

    @cached_property
    def _times(self) -> tuple[list[tuple[int, int]], NDArray[np.int32]]:
        """The steps that remain with what is remembered, each once; (width,) which of these each step has."""
        pairs = list(zip(self.steps[1].tolist(), self.steps[3].tolist(), strict=True))
        distinct = sorted(set(pairs))
        places = {pair: place for place, pair in enumerate(distinct)}
        return distinct, np.array([places[pair] for pair in pairs], dtype=np.int32)

    @cached_property
    def facets(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """(codes,): the pitch of each code, and the time that it has."""
        count = len(self.pitches)
        pitch = np.repeat(np.arange(count, dtype=np.int32), self.width)
        return pitch, np.tile(self._times[1], count)

    def components(self, name: str) -> tuple[Component, Component]:
        """The voice as rules read it: its pitch, and its time with what is remembered of it."""
        remaining, past = np.array(self._times[0], dtype=np.int64).T
        columns: dict[str, Column] = {"ends": remaining == 1, "remaining": remaining}
        columns |= {asked: values[past] for asked, values in self.memory.columns.items()}
        pitch = Component.of_pitches(name, self.voice, self.pitches)
        return pitch, Component(f"time of {name}", TIME, columns, (self.voice,))

    def factors(self, component: int) -> tuple[Factor, ...]:
        """A note goes on until its length is over, then one begins that may follow; each ornament has its
        weight, where it begins.
        """
        roles, families = self.roles, self.families[self.roles]
        remaining, begins = np.tile(self.steps[1], len(self.pitches)), self.begins

        def follows(before: Sequence[IntArray], after: Sequence[IntArray]) -> NDArray[np.bool_]:
            left, entered = before[0], after[0]
            goes_on = (remaining[left] > 1) & (entered == left + 1)
            fits = _FOLLOWS[families[left], families[entered]]
            return np.asarray(goes_on | ((remaining[left] == 1) & begins[entered] & fits))

        held = np.tile(
            np.concatenate([np.arange(shape.length, 0, -1) == shape.held for shape in self.shapes]),
            len(self.pitches),
        )
        letters = np.where((begins & (roles >= 2)) | held, roles, 0).astype(np.int32)
        nats = [each.weight for each in self.embellishment.ornaments]
        weights = np.array([[0.0, 0.0, *nats, *nats, *nats]])
        key = (self.voice, component, tuple(self.shapes), len(self.pitches))
        part = Part.table((), (component,), len(self.families), letters)
        weighing = Factor(
            intern((*key, "ornaments", tuple(nats))), ("ornaments", self.voice), STRUCTURE, (part,), weights
        )
        return demand(("surface", intern(key)), (component,), (component,), follows), weighing


@dataclass(frozen=True, eq=False)
class Surface:
    """The surface of a plan: its own plan, and the voices that are embellished."""

    skeleton: Plan
    plan: Plan
    lines: tuple[SurfaceLine, ...]
    moments: NDArray[np.int64]  # (moments of the surface,): the moment of the skeleton that sounds at each

    @property
    def step(self) -> Fraction:
        """The grid."""
        assert self.plan.schedule.grid is not None
        return self.plan.schedule.grid.step


def surface_of(plan: Plan) -> Surface | None:
    """The surface of a plan; None where no voice sounds more than its skeleton. Raises StyleError."""
    if not plan.has_surface:
        return None
    style, frame = plan.style, plan.schedule.frame
    _check_rhythms(plan)
    rows = [_row(plan, voice) for voice in range(len(style.voices))]
    onsets = {event.onset for row in (*rows, frame.chords) for event in row}
    step = _step(plan, onsets) if style.embellishments else Fraction(0)
    free = tuple(
        voice
        for voice, each in enumerate(style.voices)
        if each.name in style.embellished and each.name not in plan.tunes
    )
    grid = None
    if free:
        onsets = {step * place for place in range(int(frame.end / step))}
        runs = (Run("the piece", Fraction(0), frame.end, ()),)
        grid = Grid(step, tuple(DrawnLine(voice, runs) for voice in free))
        for voice in free:
            rows[voice] = [Event(onset, onset + step) for onset in sorted(onsets)]
    own = Frame(frame.timeline, tuple(sorted(onsets)), frame.voices, tuple(map(tuple, rows)), frame.chords)
    read = tuple(use for use in style.uses if SURFACE in stages_of(use, has_surface=True))
    parts = memories(replace(style, uses=read, models=()), own, () if grid is None else grid.lines)
    lines = tuple(_line(plan, voice, Memory(parts[voice], own, plan.tables, step)) for voice in free)
    draft = Draft.of(own, _tables(plan, lines), free, plan.draft.given)
    schedule = Schedule(plan.schedule.timeline, own, grid)
    surface = replace(plan, schedule=schedule, tables=draft.tables, draft=draft, stage=SURFACE)
    starts = [float(each) for each in frame.onsets]
    moments = np.searchsorted(starts, [float(each) for each in own.onsets], "right") - 1
    return Surface(plan, surface, lines, moments)


def check_embellished(plan: Plan) -> None:
    """Raises StyleError where the rhythms that are drawn first may leave no surface: rests in an embellished
    voice, or notes that may lie off the grid of an ornament.
    """
    grid = plan.schedule.grid
    for line in () if grid is None else grid.lines:
        name = plan.style.voices[line.voice].name
        embellishment = next((each for each in plan.style.embellishments if name in each.voices), None)
        if embellishment is not None and line.has_rests:
            raise StyleError((_with_rests(embellishment, name),))
    for each in plan.style.embellishments:
        if grid is not None and (grid.step / each.grid).denominator != 1:
            message = (
                f"rhythms are drawn in steps of {grid.step}, which do not lie on the grid of {each.grid}"
            )
            help = f"write `grid {common_step([each.grid, grid.step])}`"
            raise StyleError((_fault(each, "off-the-grid", message, help),))


def _with_rests(embellishment: Embellishment, name: str) -> Diagnostic:
    message = f"`{name}` has rests, and cannot be embellished in this version"
    return _fault(embellishment, "not-yet", message, "leave it out of `embellish`")


def _check_rhythms(plan: Plan) -> None:
    """Raises StyleError for a voice whose rhythm is drawn with its notes: they have no place on a surface."""
    if not plan.schedule.free:
        return
    voice = plan.style.voices[plan.schedule.free[0]]
    message = (
        f"`{voice.name}` has a rhythm that is drawn with its notes, and no voice has ornaments beside it"
    )
    help = (
        "draw it before them, `rhythm first`; or give it an even rhythm, as in `every beat`, or one pattern"
    )
    own = next((each.place for each in voice.rhythms if each.is_drawn), voice.place)
    embellished = [(each.place, "embellished here") for each in plan.style.embellishments]
    marks = labels([(own, "this rhythm"), *embellished])
    raise StyleError((Diagnostic("not-yet", message, marks, help=help),))


def _row(plan: Plan, voice: int) -> list[Event]:
    """When a voice that is not embellished begins its notes on the surface: what is given, as it is given."""
    row, tune = plan.schedule.frame.notes[voice], plan.tunes.get(plan.style.voices[voice].name)
    if tune is None:
        return list(row)
    given = [Event(note.onset, note.end, note.pitch is not None) for note in tune.notes]
    found = [*given, *(event for event in row if not tune.gives(event.onset))]
    return sorted(found, key=lambda event: event.onset)


def _tables(plan: Plan, lines: Sequence[SurfaceLine]) -> Tables:
    """The tables of a surface: voices that are embellished have a pitch and a time; given ones have all that
    they are given.
    """
    voices, times = list(plan.tables.voices), []
    for place, voice in enumerate(plan.style.voices):
        tune, known = plan.tunes.get(voice.name), voices[place].pitches
        strangers = {note.pitch for note in tune.notes} - set(known) if tune is not None else set()
        if strangers:
            rest = [None] if None in strangers or None in known else []
            every = sorted({pitch for pitch in (*known, *strangers) if pitch is not None})
            voices[place] = Component.of_pitches(voice.name, place, [*rest, *every])
    for line in lines:
        voices[line.voice], time = line.components(plan.style.voices[line.voice].name)
        times.append(time)
    return Tables.of(plan.tables.regions, voices, plan.tables.chords, [*times, *plan.tables.after_voices])


def _step(plan: Plan, onsets: Collection[Fraction]) -> Fraction:
    """The grid of the surface, on which all that is given lies too. Raises StyleError where something of the
    style does not lie on one that is written.
    """
    style, frame = plan.style, plan.schedule.frame
    for each in style.embellishments:
        off = [onset for onset in (*frame.onsets, frame.end) if (onset / each.grid).denominator != 1]
        if off and not plan.tunes:
            at = plan.schedule.timeline.place_name(off[0]) if off[0] < frame.end else "the end"
            message = f"what stands at {at} does not lie on the grid of {each.grid}"
            help = f"write `grid {common_step([each.grid, *off])}`"
            raise StyleError((_fault(each, "off-the-grid", message, help),))
    step = common_step([*onsets, frame.end, *(each.grid for each in style.embellishments)])
    if step.denominator > FINEST:
        message = f"what is given and the ornaments have no step in common but {step} of a whole note"
        raise StyleError((_fault(style.embellishments[0], "grid-too-fine", message, "leave `grid` out"),))
    return step


def _line(plan: Plan, voice: int, memory: Memory) -> SurfaceLine:
    """An embellished voice, laid out. Raises StyleError where its notes leave no time for ornaments."""
    frame, name, step = plan.schedule.frame, plan.style.voices[voice].name, memory.step
    embellishment = next(each for each in plan.style.embellishments if name in each.voices)
    if not frame.sounding[voice].all():
        raise StyleError((_with_rests(embellishment, name),))
    ends, unit = {end for _, end, _ in frame.phrases}, int(embellishment.grid / step)
    cells = tuple(
        NoteTime(first, steps, follows, each.end not in ends, unit)
        for each in frame.notes[voice]
        for first, steps in [(int(each.onset / step), int((each.end - each.onset) / step))]
        for follows in [each.onset > 0 and each.onset not in ends]
    )
    if not any(cell.parts for cell in cells) and not plan.style.voices[voice].rhythm.drawn:
        message = f"the grid of {embellishment.grid} is too coarse: no note of {name} can be divided on it"
        help = f"write `grid {embellishment.grid / 2}`"
        raise StyleError((_fault(embellishment, "grid-too-coarse", message, help),))
    return SurfaceLine(voice, embellishment, cells, _pitches(plan, voice), memory)


def _fault(embellishment: Embellishment, code: str, message: str, help: str) -> Diagnostic:
    return Diagnostic(code, message, labels([(embellishment.place, "embellished here")]), help=help)


def _pitches(plan: Plan, voice: int) -> tuple[Pitch, ...]:
    """The pitches of the skeleton, and all others of the keys and chords of the piece in its range."""
    own = plan.style.voices[voice]
    keys = dict.fromkeys([*plan.tables.regions, *(chord.local_key for chord in plan.tables.chords)])
    of_scales = pitches_in(replace(own, notes=NoteDomain("scale")), tuple(keys), ())
    of_chords = pitches_in(replace(own, notes=NoteDomain("chord")), plan.tables.regions, plan.tables.chords)
    every = {*of_scales, *of_chords, *(pitch for pitch in plan.tables.voices[voice].pitches if pitch)}
    return tuple(sorted(every))
