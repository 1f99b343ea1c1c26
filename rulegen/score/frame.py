"""The frame of a piece: its moments, and the rows of notes, moments and chords with all that time alone
decides of them.

A finished score has a frame, and so has a draft whose pitches are still open; rules are bound to frames
alone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.score.timeline import Event, Timeline
from rulegen.theory.scale import Key

Array = np.ndarray[Any, np.dtype[Any]]

CADENCES = ("none", "authentic", "half", "plagal", "deceptive", "phrygian")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A bar, beat, phrase, section statement or the piece, as moments first .. stop-1."""

    kind: str
    first: int
    stop: int
    number: int
    length: Fraction
    cadence: str | None
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class Row:
    """Elements that follow one another: the moments, the chords, or the notes of a voice.

    layers: int64 (n,), the moment where each begins; ends: int64 (n,), the last moment through which it
    sounds; run: int64 (n,), equal for elements with no rest between; attributes: name → (n,) array.
    """

    layers: NDArray[np.int64]
    ends: NDArray[np.int64]
    run: NDArray[np.int64]
    attributes: Mapping[str, Array]

    def __len__(self) -> int:
        return len(self.layers)

    @property
    def begins_run(self) -> NDArray[np.bool_]:
        """(n,): whether a rest or nothing stands before each."""
        return np.append(True, self.run[1:] != self.run[:-1])[: len(self)]

    @property
    def ends_run(self) -> NDArray[np.bool_]:
        """(n,): whether a rest or nothing stands behind each."""
        return np.append(self.run[1:] != self.run[:-1], True)[: len(self)]


@dataclass(frozen=True)
class Frame:
    """Moments with the rows on them, on a timeline that has a section and a phrase at least."""

    timeline: Timeline
    onsets: tuple[Fraction, ...]
    voices: tuple[str, ...]
    notes: tuple[tuple[Event, ...], ...]  # of each voice
    chords: tuple[Event, ...]

    @property
    def end(self) -> Fraction:
        """Where the last moment ends."""
        return self.timeline.end

    @cached_property
    def phrases(self) -> tuple[tuple[Fraction, Fraction, str | None], ...]:
        """(onset, end, cadence) of each phrase."""
        return tuple((each.onset, each.end, each.cadence) for each in self.timeline.phrases)

    @cached_property
    def statements(self) -> tuple[tuple[Fraction, Fraction, str, int], ...]:
        """(onset, end, the section's name, the index of the statement it repeats or -1) of each statement."""
        return tuple(
            (each.onset, each.end, each.name, -1 if each.repeat_of is None else each.repeat_of)
            for each in self.timeline.sections
        )

    @cached_property
    def index(self) -> dict[Fraction, int]:
        """The moment that begins at an onset."""
        return {onset: place for place, onset in enumerate(self.onsets)}

    @cached_property
    def moments(self) -> Row:
        """The row of all moments."""
        ends = (*self.onsets[1:], self.end)
        found = self._row([Event(onset, end) for onset, end in zip(self.onsets, ends, strict=True)])
        return replace(found, attributes={**found.attributes, **self._closes_of_moments()})

    @cached_property
    def chord_row(self) -> Row:
        """The row of chords, one at each point of change."""
        return self._row(self.chords)

    @cached_property
    def note_rows(self) -> tuple[Row, ...]:
        """The row of notes of each voice, rests left out."""
        return tuple(self._row(events) for events in self.notes)

    @cached_property
    def tone_rows(self) -> tuple[Row, ...]:
        """The row of tones of each voice: a note counts once over each chord that it sounds over."""
        points = [event.onset for event in self.chords]
        return tuple(
            self._row([tone for event in row for tone in _parted(event, points)]) for row in self.notes
        )

    @cached_property
    def sounding(self) -> NDArray[np.bool_]:
        """(voices, moments): whether the voice sounds there."""
        found = np.zeros((len(self.voices), len(self.onsets)), dtype=bool)
        for voice, row in enumerate(self.note_rows):
            for layer, end in zip(row.layers, row.ends, strict=True):
                found[voice, layer : end + 1] = True
        return found

    @cached_property
    def begun(self) -> NDArray[np.bool_]:
        """(voices, moments): whether the voice begins a note there."""
        found = np.zeros((len(self.voices), len(self.onsets)), dtype=bool)
        for voice, row in enumerate(self.note_rows):
            found[voice, row.layers] = True
        return found

    @cached_property
    def phrase_of(self) -> NDArray[np.int64]:
        """(moments,): the phrase each belongs to, or -1."""
        return self._owners([(onset, end) for onset, end, _ in self.phrases])

    @cached_property
    def statement_of(self) -> NDArray[np.int64]:
        """(moments,): the statement each belongs to, or -1."""
        return self._owners([(onset, end) for onset, end, _, _ in self.statements])

    @cached_property
    def in_cadence(self) -> NDArray[np.bool_]:
        """(moments,): whether it belongs to the last two chords of a phrase with a cadence (or moments,
        without harmony).
        """
        row = self.chord_row if len(self.chords) else self.moments
        found = np.zeros(len(self.onsets), dtype=bool)
        for closing in np.flatnonzero(
            row.attributes["closes_phrase"] & (row.attributes["cadence"] != 0)
        ).tolist():
            found[row.layers[max(closing - 1, 0)] : row.ends[closing] + 1] = True
        return found

    @cached_property
    def last_restated(self) -> Fraction:
        """How long before its end the piece ends for the first time: it ends in a restated section at each
        statement alike; 0 else.
        """
        onset, _, _, repeated = self.statements[-1]
        return onset - self.statements[repeated][0] if repeated >= 0 else Fraction(0)

    @cached_property
    def regions(self) -> tuple[Key, ...]:
        """The keys that occur, home first."""
        return self.timeline.regions

    def only_repeats(self, first: int, last: int) -> bool:
        """Whether all from one moment to another lies within one statement of a section stated before."""
        statement = self.statement_of[last]
        return bool(self.statements[statement][3] >= 0 and self.statement_of[first] == statement)

    def is_end(self, end: Fraction) -> bool:
        """Whether the piece ends there, or would if this were the last statement of its section."""
        return end in (self.end, self.end - self.last_restated)

    def ends_at(self, moment: int) -> Fraction:
        """When a moment ends."""
        return (*self.onsets[1:], self.end)[moment]

    def bar_number(self, onset: Fraction) -> int:
        """0 for the pickup, 1 for the first full bar."""
        return self.timeline.bar_number(onset)

    def stretches(self, kind: str) -> tuple[Stretch, ...]:
        """All bars, beats, phrases, sections, or the piece."""
        if kind not in self._stretches:
            self._stretches[kind] = self._found(kind)
        return self._stretches[kind]

    @cached_property
    def _stretches(self) -> dict[str, tuple[Stretch, ...]]:
        return {}

    def _found(self, kind: str) -> tuple[Stretch, ...]:
        spans = self.timeline.spans(kind)
        found = []
        for place, span in enumerate(spans):
            first, stop = bisect_left(self.onsets, span.onset), bisect_left(self.onsets, span.end)
            if stop > first:
                number = self.bar_number(span.onset) if kind == "bar" else span.number
                cadence = span.value.cadence if kind == "phrase" else None
                last = place == len(spans) - 1 or self.is_end(span.end)
                length = span.end - span.onset
                found.append(Stretch(kind, first, stop, number, length, cadence, place == 0, last))
        return tuple(found)

    def _owners(self, spans: Sequence[tuple[Fraction, Fraction]]) -> NDArray[np.int64]:
        found = np.full(len(self.onsets), -1)
        for place, (onset, end) in enumerate(spans):
            found[bisect_left(self.onsets, onset) : bisect_left(self.onsets, end)] = place
        return found

    @cached_property
    def _rows(self) -> dict[tuple[Event, ...], Row]:
        return {}

    def _row(self, events: Sequence[Event]) -> Row:
        """What time says of some events; voices that move together have one row."""
        key = tuple(events)
        if key not in self._rows:
            self._rows[key] = self._made_row(key)
        return self._rows[key]

    def _made_row(self, events: Sequence[Event]) -> Row:
        sounding = [event for event in events if event.sounds]
        layers = np.array([self.index[event.onset] for event in sounding], dtype=np.int64)
        starts = np.array([float(onset) for onset in self.onsets])
        ends = np.searchsorted(starts, [float(event.end) for event in sounding], side="left") - 1
        run = self._runs(events)
        ends = ends.astype(np.int64)
        attributes = self._attributes(sounding, layers)
        attributes |= self._beside_rests(sounding)
        attributes["since_rest"] = self._since_rests(sounding, run)
        attributes["region"] = self._regions([event.onset for event in sounding])
        attributes["region_at_end"] = self._regions([self.onsets[end] for end in ends.tolist()])
        return Row(layers, ends, run, attributes)

    def _beside_rests(self, events: Sequence[Event]) -> dict[str, Array]:
        """Whether a voice is silent before each event, and after it, in its phrase."""
        begins, ends = {onset for onset, _, _ in self.phrases}, {end for _, end, _ in self.phrases}
        stops = [None, *(event.end for event in events)]
        starts = [*(event.onset for event in events[1:]), None]
        before = [event.onset not in (stop, *begins) for event, stop in zip(events, stops, strict=False)]
        after = [event.end not in (start, *ends) for event, start in zip(events, starts, strict=False)]
        return {"after_rest": np.array(before, dtype=bool), "before_rest": np.array(after, dtype=bool)}

    @staticmethod
    def _since_rests(events: Sequence[Event], run: NDArray[np.int64]) -> Array:
        """(n,): how long there has been no rest where each event begins."""
        runs = run.tolist()
        begun = {each: event.onset for each, event in zip(runs[::-1], events[::-1], strict=True)}
        return np.array([float(event.onset - begun[each]) for each, event in zip(runs, events, strict=True)])

    def _regions(self, onsets: Sequence[Fraction]) -> NDArray[np.int64]:
        """(n,): which of the keys holds at each onset."""
        if len(self.regions) == 1:
            return np.zeros(len(onsets), dtype=np.int64)
        return np.array([self.regions.index(self.timeline.key_at(onset)) for onset in onsets], dtype=np.int64)

    @staticmethod
    def _runs(events: Sequence[Event]) -> NDArray[np.int64]:
        runs, run, previous = [], 0, None
        for event in events:
            if not event.sounds or (previous is not None and event.onset != previous.end):
                run += 1
            if event.sounds:
                runs.append(run)
            previous = event
        return np.array(runs, dtype=np.int64)

    @cached_property
    def places(self) -> dict[Fraction, tuple[int, Fraction, float, bool]]:
        """Onset → the bar and the beat of each moment, its strength, and whether it is a strong beat."""
        found = {}
        for onset in self.onsets:
            meter, offset = self.timeline.meter_at(onset), self.timeline.position(onset)
            place = (meter.beat_of(offset), meter.strength(offset), meter.is_strong(offset))
            found[onset] = (self.bar_number(onset), *place)
        return found

    def _attributes(self, events: Sequence[Event], layers: NDArray[np.int64]) -> dict[str, Array]:
        found = [self.places[event.onset] for event in events]
        meters = [self.timeline.meter_at(event.onset) for event in events]
        phrase = self.phrase_of[layers] if len(layers) else np.zeros(0, dtype=np.int64)
        opening = np.ones(len(events), dtype=bool)
        opening[1:] = phrase[1:] != phrase[:-1]
        closing = self._closing(events)
        cadences = [CADENCES.index(cadence or "none") for _, _, cadence in self.phrases] + [0]
        places = np.arange(len(events))
        final = events[-1].onset if events else Fraction(0)
        finals = (final, final - self.last_restated) if final >= self.statements[-1][0] else (final,)
        return {
            "onset": np.array([float(event.onset) for event in events]),
            "duration": np.array([float(event.end - event.onset) for event in events]),
            "beat": np.array([float(beat) for _, beat, _, _ in found]),
            "strength": np.array([strength for _, _, strength, _ in found]),
            "is_strong": np.array([is_strong for _, _, _, is_strong in found], dtype=bool),
            "held_over": np.array([self.timeline.held_over(event.onset, event.end) for event in events]),
            "meter.bar_length": np.array([float(meter.bar_length) for meter in meters]),
            "meter.beats": np.array([len(meter.beats) for meter in meters], dtype=np.int64),
            "bar": np.array([bar for bar, _, _, _ in found], dtype=np.int64),
            "opens_phrase": opening & (phrase >= 0),
            "closes_phrase": closing,
            "before_close": _before(closing, phrase),
            "cadence": np.array(cadences, dtype=np.int64)[phrase],
            "phrase_position": self._shares(events, phrase),
            "is_first": places == 0,
            "is_last": np.array([event.onset in finals for event in events], dtype=bool),
        }

    def _closing(self, events: Sequence[Event]) -> NDArray[np.bool_]:
        """(n,): whether nothing of their row follows each in the phrase in which it ends."""
        ends = [end for _, end, _ in self.phrases]
        starts: list[Fraction | None] = [*(event.onset for event in events[1:]), None]
        found = np.zeros(len(events), dtype=bool)
        for place, (event, following) in enumerate(zip(events, starts, strict=False)):
            owner = bisect_left(ends, event.end)
            found[place] = owner < len(ends) and (following is None or following >= ends[owner])
        return found

    def _closes_of_moments(self) -> dict[str, Array]:
        """The last moment of each phrase at which anything sounds, and that before it; of a phrase that is
        silent, its last.
        """
        phrase, sounds = self.phrase_of, np.asarray(self.sounding.any(axis=0))
        found = np.zeros(len(self.onsets), dtype=bool)
        for number in range(len(self.phrases)):
            own = np.flatnonzero(phrase == number)
            heard = own[sounds[own]]
            found[(heard if len(heard) else own)[-1:]] = True
        return {"closes_phrase": found, "before_close": _before(found, phrase)}

    def _shares(self, events: Sequence[Event], phrase: NDArray[np.int64]) -> Array:
        """(n,): the share of its phrase that is gone by where each begins; 0 outside of phrases."""
        found = np.zeros(len(events))
        for place, (event, number) in enumerate(zip(events, phrase.tolist(), strict=True)):
            if number >= 0:
                onset, end, _ = self.phrases[number]
                found[place] = float((event.onset - onset) / (end - onset))
        return found


def _before(closing: NDArray[np.bool_], phrase: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(n,): which stand just before one that closes their phrase."""
    found = np.zeros(len(closing), dtype=bool)
    found[:-1] = closing[1:] & (phrase[1:] == phrase[:-1])
    return found


def _parted(event: Event, points: Sequence[Fraction]) -> Iterator[Event]:
    """An event, parted at the points that lie within it."""
    inside = points[bisect_right(points, event.onset) : bisect_left(points, event.end)]
    for onset, end in pairwise((event.onset, *inside, event.end)):
        yield replace(event, onset=onset, end=end)
