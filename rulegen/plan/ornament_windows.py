"""The places of ornaments in an embellished voice, and which kinds the notes of a skeleton make of them.

A kind of ornament is a statement about three notes: the one before, the ornament, and the one after. It is
asked of all notes that there are, in all places where one may stand, at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.codes import Integers
from rulegen.plan.surface import END, FRONT, HELD, Surface, SurfaceLine
from rulegen.rules.bind import Scope
from rulegen.rules.elements import Bound, Element, Undecided
from rulegen.rules.evaluate import Reading
from rulegen.rules.keys import in_one_key
from rulegen.rules.places import row_binding
from rulegen.rules.reduction import Absent
from rulegen.score.frame import Frame
from rulegen.style.expression import Cell, Typed
from rulegen.style.facets import TIMED
from rulegen.style.model import OrnamentKind
from rulegen.theory.pitch import PitchClass

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
ByNote = tuple[Ints, Ints, Ints, Ints]  # of the note before, the ornament, the note after, and the next

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
class OrnamentPlaces:
    """All windows that kinds may have in a line, whatever its notes are: every pitch in every place. Arrays
    (windows,), or four of them; has_beyond: whether the phrase goes on to a next note. first, lasts: in steps
    of the grid.
    """

    surface: Surface
    line: SurfaceLine
    family: Ints
    cell: Ints
    steps: Ints
    pitch: Ints  # of the ornament
    cells: ByNote  # in which each note stands
    first: ByNote
    lasts: ByNote
    has_beyond: Bools

    @classmethod
    def of(cls, surface: Surface, line: SurfaceLine) -> OrnamentPlaces:
        """The windows of a line."""
        rows, count = _places(line), len(line.pitches)
        family, cell, steps = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        starts = np.array([each.first for each in line.cells])
        lengths = np.array([each.steps for each in line.cells])
        goes_on = np.array([each.goes_on for each in line.cells])
        ends = family == END
        before, after = np.where(ends, cell, cell - 1), np.where(ends, cell + 1, cell)
        after = np.where(
            (family == HELD) & (steps == lengths[cell]), np.minimum(cell + 1, len(lengths) - 1), after
        )
        begins = np.where(ends, starts[cell] + lengths[cell] - steps, starts[cell])
        resolves, stop = begins + steps, starts[cell] + lengths[cell]
        is_whole = resolves >= stop
        beyond = np.minimum(after + 1, len(starts) - 1)
        first = starts[before], begins, np.where(is_whole, starts[after], resolves), starts[beyond]
        lasts = (
            lengths[before] - np.where(ends, steps, 0),
            steps,
            np.where(is_whole, lengths[after], stop - resolves),
            lengths[beyond],
        )
        cells = before, cell, after, beyond
        found = cls(surface, line, family, cell, steps, cell, cells, first, lasts, goes_on[after])
        of_all = found._some(np.repeat(np.arange(len(rows)), count))
        return replace(of_all, pitch=np.tile(np.arange(count), len(rows)))

    def _some(self, rows: Ints) -> OrnamentPlaces:
        """Some of the windows."""
        return replace(
            self,
            family=self.family[rows],
            cell=self.cell[rows],
            steps=self.steps[rows],
            pitch=self.pitch[rows],
            cells=_each(self.cells, rows),
            first=_each(self.first, rows),
            lasts=_each(self.lasts, rows),
            has_beyond=self.has_beyond[rows],
        )

    def of_notes(self, own: Ints, sounded: Integers) -> OrnamentWindows:
        """The windows around the notes of a skeleton: what is held has the pitch before it, what is struck
        another than the note in whose time it stands.

        own: the pitch of each cell; sounded: (moments of the surface, components).
        """
        family, pitch, ends = self.family, self.pitch, self.family == END
        before, cell, after, _ = self.cells
        kept = np.where(family == HELD, pitch == own[before], pitch != own[np.where(ends, cell, before)])
        kept &= (family != FRONT) | (pitch != own[cell])
        kept &= self._in_key(sounded)[self.first[ORNAMENT], pitch] | (family == HELD)
        kept &= ~self._is_whole | (own[cell] == own[after])
        rows = np.flatnonzero(kept)
        return OrnamentWindows(self._some(rows), own, sounded)

    @cached_property
    def _is_whole(self) -> Bools:
        """(windows,): whether a note is held on through all the time of the next."""
        lengths = np.array([each.steps for each in self.line.cells])
        return np.asarray((self.family == HELD) & (self.steps == lengths[self.cell]))

    def _in_key(self, sounded: Integers) -> Bools:
        """(steps, pitches): which pitches belong to the chord that sounds, or to its key."""
        harmony = self.surface.plan.tables.harmony
        return self._in_keys if harmony is None else self._in_chords[sounded[:, harmony]]

    @cached_property
    def _in_chords(self) -> Bools:
        """(chords, pitches): which pitches belong to a chord, or to its key."""
        chords = self.surface.plan.tables.chords
        return np.array([_of(self.line, (*chord.tones, *chord.local_key.collection)) for chord in chords])

    @cached_property
    def _in_keys(self) -> Bools:
        """(steps, pitches): which pitches belong to the key of a step."""
        plan = self.surface.plan
        regions = plan.schedule.frame.moments.attributes["region"].tolist()
        keys = [plan.tables.regions[region] for region in regions]
        own = {key: _of(self.line, key.collection) for key in dict.fromkeys(keys)}
        return np.array([own[key] for key in keys])

    @cached_property
    def kinds(self) -> list[tuple[OrnamentKind, Typed | None]]:
        """The kinds of the line, and what each asks of a window: None where it fits none."""
        return [(each, self._asked(each)) for each in self.line.embellishment.ornaments]

    def _asked(self, ornament: OrnamentKind) -> Typed | None:
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
            return Scope(frame, tables, {"voice": voice}, rows, last=last).bind(asked)
        except Absent:
            return None


@dataclass(frozen=True, eq=False)
class OrnamentWindows:
    """The windows of kinds around the notes of a skeleton."""

    places: OrnamentPlaces
    own: Ints  # (cells,) the pitch of each
    sounded: Integers  # (moments of the surface, components)

    @cached_property
    def pitch(self) -> ByNote:
        """Of each of the four notes."""
        before, _, after, beyond = (self.own[cell] for cell in self.places.cells)
        return before, self.places.pitch, after, beyond

    @property
    def at(self) -> tuple[Ints, Ints, Ints, Ints]:
        """The family, cell, steps and pitch of each ornament."""
        return self.places.family, self.places.cell, self.places.steps, self.places.pitch

    def hold(self, ornament: OrnamentKind, asked: Typed | None) -> Bools:
        """(windows,): which are of a kind."""
        places = self.places
        if asked is None:
            return np.zeros(places.family.shape, dtype=bool)
        answers = Reading(places.surface.plan.tables, self._codes).evaluate(asked)
        found = np.broadcast_to(np.asarray(answers, dtype=bool), places.family.shape)
        binding = row_binding(ornament.rule)
        assert binding is not None
        if len(binding.variables) > BEYOND:
            found = found & places.has_beyond
        return found & self._figures(ornament) if ornament.figures else found

    @cached_property
    def _codes(self) -> _Codes:
        return _Codes(self)

    def _figures(self, ornament: OrnamentKind) -> Bools:
        """Which ornaments stand with their resolutions in these figures above the bass; those of the bass
        with theirs below another voice.
        """
        places = self.places
        skeleton, own = places.surface.skeleton.tables, places.line.voice
        steps = np.array([each.diatonic for each in places.line.pitches])
        ornaments, resolutions = steps[self.pitch[ORNAMENT]], steps[self.pitch[AFTER]]
        found = np.zeros(places.family.shape, dtype=bool)
        others = [voice for voice in range(len(skeleton.voices)) if voice != own]
        if not others:
            return found
        at = {
            voice: np.stack([
                skeleton.voices[voice].diatonic[self.sounded[places.first[element], skeleton.of_voice(voice)]]
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

    def __init__(self, windows: OrnamentWindows) -> None:
        super().__init__()
        self.windows = windows

    def __missing__(self, key: tuple[int, int]) -> Any:
        component, element = key
        windows, places = self.windows, self.windows.places
        tables = places.surface.plan.tables
        first, lasts = places.first[element], places.lasts[element]
        if (
            component == tables.harmony
        ):  # the chord over which a note is left, of what follows that which it enters
            at = first if element > ORNAMENT else first + lasts - 1
            found: Any = windows.sounded[at, component]
        elif component == tables.of_voice(places.line.voice):
            found = windows.pitch[element]
        else:
            name = _ATTRIBUTES[component - len(tables.components)]
            found = _timed(name, places.surface, first, lasts)
        self[key] = found
        return found


def _each(by_note: ByNote, rows: Ints) -> ByNote:
    before, ornament, after, beyond = (each[rows] for each in by_note)
    return before, ornament, after, beyond


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


def _places(line: SurfaceLine) -> list[tuple[int, int, int]]:
    """(family, cell, steps) of all places where an ornament may stand."""
    found = []
    for place, cell in enumerate(line.cells):
        parts = cell.parts
        if cell.goes_on:
            found += [(END, place, steps) for steps in parts]
        if cell.follows:
            found += [(family, place, steps) for family in (FRONT, HELD) for steps in parts]
            if cell.goes_on:
                found.append((HELD, place, cell.steps))
    return found


def _of(line: SurfaceLine, classes: Sequence[PitchClass]) -> Bools:
    return np.array([pitch.pitch_class in classes for pitch in line.pitches])
