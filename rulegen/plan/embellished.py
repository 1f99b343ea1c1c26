"""Which notes the surface may have around a skeleton: each note of it alone, divided by an ornament on the
way to the next or before it is reached, or held on into the time of the next.

A kind of ornament is a statement about three notes: the one before, the ornament, and the one after. It is
asked of all notes that there are, in all places where one may stand, at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.codes import Integers
from rulegen.lattice.problem import IntArray
from rulegen.plan.surface import END, FRONT, HELD, OWN, RESOLUTION, Shape, Surface, SurfaceLine
from rulegen.rules.bind import Scope
from rulegen.rules.elements import Bound, Element, Undecided
from rulegen.rules.evaluate import Reading
from rulegen.rules.keys import in_one_key
from rulegen.rules.places import row_binding
from rulegen.rules.reduction import Absent
from rulegen.rules.tables import Tables
from rulegen.score.frame import Frame
from rulegen.style.expression import Cell, Typed
from rulegen.style.facets import TIMED
from rulegen.style.model import OrnamentKind
from rulegen.theory.pitch import PitchClass

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BEFORE, ORNAMENT, AFTER, BEYOND = range(4)  # elements of a kind's window


@dataclass(frozen=True)
class OrnamentElement:
    """An element of a kind's window: what time says of it is a cell of its own."""

    element: int
    first: int  # the component from which on the attributes of time have one each

    @property
    def place(self) -> None:
        """Anywhere."""
        return None

    @property
    def layer(self) -> None:
        """Anywhere."""
        return None

    def renumbered(self, by: int) -> Element:
        """The same with its number in the window changed."""
        return OrnamentElement(self.element + by, self.first)

    def timed(self, name: str, kind: str) -> Typed:
        """The attribute, a cell."""
        return Cell(kind, "value", self.first + _ATTRIBUTES.index(name), self.element)

    def begins(self, voice: int) -> Typed | None:
        """Kinds of notes do not ask for it."""
        raise Undecided("what voices begin is not known where ornaments are chosen")


_ATTRIBUTES = (*sorted(TIMED), "region", "region_at_end")


@dataclass(frozen=True, eq=False)
class OrnamentChoices:
    """From skeletons to the codes that each embellished voice may have at each step. What depends on time
    alone is made once.
    """

    surface: Surface

    def domains(self, values: Integers) -> list[list[IntArray]]:
        """Of each line, the codes at each layer of the surface. values: the skeleton, int (layers,
        components).
        """
        sounded = self._sounded(values)
        return [self._domains(line, sounded) for line in self.surface.lines]

    def _sounded(self, values: Integers) -> Integers:
        """(moments of the surface, components): what the skeleton sounds."""
        skeleton = self.surface.skeleton
        return values[skeleton.draft.layer_of[self.surface.moments]]

    def _domains(self, line: SurfaceLine, sounded: Integers) -> list[IntArray]:
        found: list[set[int]] = [set() for _ in self.surface.plan.draft.moment_of]
        layer_of = self.surface.plan.draft.layer_of
        for first, pitch, shape in self.notes(line, sounded):
            code = pitch * line.width + line.shapes[line.begun(first, shape)]
            for step in range(shape.length):
                found[layer_of[first + step]].add(code + step)
        return [np.array(sorted(each), dtype=np.int32) for each in found]

    def notes(self, line: SurfaceLine, sounded: Integers) -> Iterator[tuple[int, int, Shape]]:
        """The notes that a line may have around a skeleton: the step at which each begins, its pitch, its
        shape.
        """
        pitches, fits = self.pitches(line, sounded), self.ornaments(line, sounded)
        frame, repeats = self.surface.plan.schedule.frame, self.surface.plan.draft.repeats
        for place, cell in enumerate(line.cells):
            if repeats[frame.statement_of[cell.first]] >= 0:
                continue
            fronts, ends = fits.get((FRONT, place), {}), fits.get((END, place), {})
            into, onward = fits.get((HELD, place), {}), fits.get((HELD, place + 1), {})
            for steps, each in fronts.items():
                for pitch, ornament in each.items():
                    yield cell.first, pitch, Shape(steps, FRONT, 0, ornament)
            for steps, each in ends.items():
                for pitch, ornament in each.items():
                    yield cell.stop - steps, pitch, Shape(steps, END, 0, ornament)
            heads = {
                0: OWN,
                **dict.fromkeys((each for each in (*fronts, *into) if each < cell.steps), RESOLUTION),
            }
            for head, family in heads.items():
                left, own = cell.steps - head, pitches[place]
                yield cell.first + head, own, Shape(left, family)
                for steps in ends:
                    if steps < left:
                        yield cell.first + head, own, Shape(left - steps, family)
                for steps, each in onward.items():
                    yield cell.first + head, own, Shape(left + steps, family, steps, each[own])

    def pitches(self, line: SurfaceLine, sounded: Integers) -> list[int]:
        """The pitch of each cell, by its place among those of the line."""
        skeleton = self.surface.skeleton.tables
        of_codes = [line.pitches.index(pitch) for pitch in skeleton.voices[line.voice].pitches]
        codes = sounded[[cell.first for cell in line.cells], skeleton.of_voice(line.voice)]
        return [of_codes[code] for code in codes.tolist()]

    def ornaments(
        self, line: SurfaceLine, sounded: Integers
    ) -> dict[tuple[int, int], dict[int, dict[int, int]]]:
        """The ornaments that fit: (family, cell) → steps → pitch → the first ornament that it is."""
        own = np.array(self.pitches(line, sounded))
        windows = _Windows.of(self.surface, line, own, sounded)
        found: dict[tuple[int, int], dict[int, dict[int, int]]] = {}
        for number, ornament in enumerate(line.embellishment.ornaments):
            holds = windows.hold(ornament)
            for place in np.flatnonzero(holds).tolist():
                key = int(windows.family[place]), int(windows.cell[place])
                by_pitch = found.setdefault(key, {}).setdefault(int(windows.steps[place]), {})
                by_pitch.setdefault(int(windows.pitch[ORNAMENT][place]), number)
        return found


@dataclass(frozen=True, eq=False)
class _Windows:
    """All windows of a kind that there are in a line: arrays (windows,), or four of them, of the note before,
    the ornament, the note after and the next, where its phrase has one. first, lasts: in steps of the grid.
    """

    surface: Surface
    line: SurfaceLine
    sounded: Integers
    family: Ints
    cell: Ints
    steps: Ints
    pitch: tuple[Ints, ...]
    first: tuple[Ints, ...]
    lasts: tuple[Ints, ...]
    has_beyond: Bools

    @classmethod
    def of(cls, surface: Surface, line: SurfaceLine, own: Ints, sounded: Integers) -> _Windows:
        """Every pitch in every place; what is held has the pitch before it, what is struck another than the
        note in whose time it stands.
        """
        rows = _places(line, own)
        family, cell, steps = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        count = len(line.pitches)
        family, cell, steps = (np.repeat(each, count) for each in (family, cell, steps))
        pitch = np.tile(np.arange(count), len(rows))
        starts = np.array([each.first for each in line.cells])
        lengths = np.array([each.steps for each in line.cells])
        ends = family == END
        before, after = np.where(ends, cell, cell - 1), np.where(ends, cell + 1, cell)
        after = np.where(
            (family == HELD) & (steps == lengths[cell]), np.minimum(cell + 1, len(lengths) - 1), after
        )
        begins = np.where(ends, starts[cell] + lengths[cell] - steps, starts[cell])
        kept = np.where(family == HELD, pitch == own[before], pitch != own[np.where(ends, cell, before)])
        kept &= (family != FRONT) | (pitch != own[cell])
        kept &= _in_key(surface, line, sounded)[begins, pitch] | (family == HELD)
        resolves, stop = begins + steps, starts[cell] + lengths[cell]
        is_whole = resolves >= stop
        goes_on = np.array([each.goes_on for each in line.cells])
        beyond = np.minimum(after + 1, len(starts) - 1)
        first = starts[before], begins, np.where(is_whole, starts[after], resolves), starts[beyond]
        lasts = (
            lengths[before] - np.where(ends, steps, 0),
            steps,
            np.where(is_whole, lengths[after], stop - resolves),
            lengths[beyond],
        )
        pitches = own[before], pitch, own[after], own[beyond]
        family, cell, steps, has_beyond = (each[kept] for each in (family, cell, steps, goes_on[after]))
        pitches, first, lasts = (tuple(each[kept] for each in by_note) for by_note in (pitches, first, lasts))
        return cls(surface, line, sounded, family, cell, steps, pitches, first, lasts, has_beyond)

    def hold(self, ornament: OrnamentKind) -> Bools:
        """(windows,): which are of a kind."""
        found = np.broadcast_to(np.asarray(self._evaluate(ornament), dtype=bool), self.family.shape)
        binding = row_binding(ornament.rule)
        assert binding is not None
        if len(binding.variables) > BEYOND:
            found = found & self.has_beyond
        return found & self._figures(ornament) if ornament.figures else found

    def _evaluate(self, ornament: OrnamentKind) -> Any:
        plan, voice = self.surface.plan, self.line.voice
        frame, tables = plan.schedule.frame, plan.tables
        binding, asked = row_binding(ornament.rule), ornament.rule.then
        assert binding is not None and asked is not None
        if len(frame.regions) > 1:
            asked = in_one_key(asked, binding)
        first = len(tables.components)
        rows = {
            variable.name: Bound("note", element, OrnamentElement(element, first), voice)
            for element, variable in enumerate(binding.variables)
        }
        try:
            last = len(binding.variables) - 1
            bound = Scope(frame, tables, {"voice": voice}, rows, last=last).bind(asked)
        except Absent:
            return False
        return Reading(tables, self._codes).evaluate(bound)

    @cached_property
    def _codes(self) -> _Codes:
        return _Codes(self)

    def _figures(self, ornament: OrnamentKind) -> Bools:
        """Which ornaments stand with their resolutions in these figures above the bass; those of the bass
        with theirs below another voice.
        """
        skeleton, own = self.surface.skeleton.tables, self.line.voice
        steps = np.array([each.diatonic for each in self.line.pitches])
        ornaments, resolutions = steps[self.pitch[ORNAMENT]], steps[self.pitch[AFTER]]
        found = np.zeros(self.family.shape, dtype=bool)
        others = [voice for voice in range(len(skeleton.voices)) if voice != own]
        if not others:
            return found
        at = {
            voice: np.stack([
                skeleton.voices[voice].diatonic[self.sounded[self.first[element], skeleton.of_voice(voice)]]
                for element in (ORNAMENT, AFTER)
            ]).astype(np.int64)
            for voice in others
        }  # fmt: skip
        bass = np.min(list(at.values()), axis=0)
        is_bass = ornaments < bass[0]
        for above, below in ornament.figures:
            figure, resolved = (above - 1) % 7, (below - 1) % 7
            found |= (
                ~is_bass & ((ornaments - bass[0]) % 7 == figure) & ((resolutions - bass[1]) % 7 == resolved)
            )
            for each in at.values():
                rises = ((each[0] - ornaments) % 7 == figure) & ((each[1] - resolutions) % 7 == resolved)
                found |= is_bass & (below > above) & rises
        return found


class _Codes(dict[tuple[int, int], Any]):
    """(component, element) → what the cells of a kind's windows hold, when it is asked."""

    def __init__(self, windows: _Windows) -> None:
        super().__init__()
        self.windows = windows

    def __missing__(self, key: tuple[int, int]) -> Any:
        component, element = key
        windows = self.windows
        tables = windows.surface.plan.tables
        first, lasts = windows.first[element], windows.lasts[element]
        if (
            component == tables.harmony
        ):  # the chord over which a note is left, of what follows that which it enters
            at = first if element > ORNAMENT else first + lasts - 1
            found: Any = windows.sounded[at, component]
        elif component == tables.of_voice(windows.line.voice):
            found = windows.pitch[element]
        else:
            name = _ATTRIBUTES[component - len(tables.components)]
            found = _timed(name, windows.surface, first, lasts)
        self[key] = found
        return found


def _timed(name: str, surface: Surface, first: Ints, lasts: Ints) -> Any:
    """A timed attribute of notes, by when they begin and how long they last."""
    frame = surface.plan.schedule.frame
    if name == "duration":
        return lasts * float(surface.step)
    if name in ("closes_phrase", "is_last", "before_close"):
        ends = _ends(frame, name)
        return ends[np.minimum(first + lasts, len(ends) - 1)]
    attributes = frame.moments.attributes
    if name == "region_at_end":
        return attributes[name][first + lasts - 1]
    return attributes[name][first]


def _ends(frame: Frame, name: str) -> Bools:
    """(moments + 1,): whether a note that ends there is the last of its phrase, or of the piece; nothing that
    an ornament stands between stands before a close.
    """
    ends = {end for _, end, _ in frame.phrases}
    every = [*frame.onsets, frame.end]
    if name == "before_close":
        return np.zeros(len(every), dtype=bool)
    return np.array([frame.is_end(each) if name == "is_last" else each in ends for each in every])


def _places(line: SurfaceLine, own: Ints) -> list[tuple[int, int, int]]:
    """(family, cell, steps) of all places where an ornament may stand."""
    found = []
    for place, cell in enumerate(line.cells):
        parts = cell.parts
        if cell.goes_on:
            found += [(END, place, steps) for steps in parts]
        if cell.follows:
            found += [(family, place, steps) for family in (FRONT, HELD) for steps in parts]
            if cell.goes_on and own[place] == own[place + 1]:
                found.append((HELD, place, cell.steps))
    return found


def _in_key(surface: Surface, line: SurfaceLine, sounded: Integers) -> Bools:
    """(steps, pitches): which pitches belong to the chord that sounds, or to its key."""
    plan = surface.plan
    tables = plan.tables
    if tables.harmony is not None:
        rows = _of_chords(tables, line)
        return rows[sounded[:, tables.harmony]]
    keys = [tables.regions[region] for region in plan.schedule.frame.moments.attributes["region"].tolist()]
    own = {key: _of(line, key.collection) for key in dict.fromkeys(keys)}
    return np.array([own[key] for key in keys])


def _of_chords(tables: Tables, line: SurfaceLine) -> Bools:
    rows = [_of(line, (*chord.tones, *chord.local_key.collection)) for chord in tables.chords]
    return np.array(rows)


def _of(line: SurfaceLine, classes: Sequence[PitchClass]) -> Bools:
    return np.array([pitch.pitch_class in classes for pitch in line.pitches])
