"""Schedules a style's form: its timeline, its moments, and when each voice and chord begins."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from rulegen.errors import Diagnostic, StyleError
from rulegen.plan.grid import Beginnings, Grid, grid_of, labels, runs_of
from rulegen.plan.tune import Tune
from rulegen.score.events import Score
from rulegen.score.frame import Event, Frame
from rulegen.score.timeline import Phrase, Section, Timeline
from rulegen.style.layout import Base, timeline_of_form
from rulegen.style.model import Style, VoicePlan
from rulegen.theory.scale import Key

Span = tuple[Fraction, Fraction, int]  # onset, duration, the moment that begins there (-1 for a rest)


@dataclass(frozen=True)
class Schedule:
    """What a piece is before any pitch: its timeline, and its frame, whose moments are the steps of the grid
    where a voice's rhythm is sampled.
    """

    timeline: Timeline
    frame: Frame
    grid: Grid | None

    @property
    def free(self) -> int | None:
        """The voice whose rhythm is sampled."""
        return None if self.grid is None else self.grid.voice

    @cached_property
    def keys(self) -> tuple[tuple[Key, ...], ...]:
        """The keys in which each moment may lie: one, but on the way of a phrase from one to another.

        The first chord of such a phrase is in the earlier key, its last two are in the later.
        """
        keys: list[tuple[Key, ...]] = [(self.timeline.key_at(onset),) for onset in self.frame.onsets]
        for each in self.timeline.modulations:
            chords = [event.onset for event in self.frame.chords if each.onset <= event.onset < each.end]
            for moment, onset in enumerate(self.frame.onsets):
                if each.onset <= onset < each.end and len(chords) > 1:
                    is_late = onset >= chords[max(len(chords) - 2, 1)]
                    both = (each.key, each.key_to)
                    keys[moment] = both[:1] if onset < chords[1] else both[1:] if is_late else both
        return tuple(keys)

    @cached_property
    def spans(self) -> tuple[tuple[Span, ...], ...]:
        """The notes and rests of each voice."""
        return tuple(self._spans(events) for events in self.frame.notes)

    @cached_property
    def chord_spans(self) -> tuple[Span, ...]:
        """The chords."""
        return self._spans(self.frame.chords)

    def _spans(self, events: Sequence[Event]) -> tuple[Span, ...]:
        index = self.frame.index
        return tuple(
            (each.onset, each.end - each.onset, index[each.onset] if each.sounds else -1) for each in events
        )


@dataclass(frozen=True)
class _Layout:
    """What voices and chords are laid out on."""

    style: Style
    timeline: Timeline
    leader: Tune | None

    def chords(self) -> list[Event]:
        """Where the harmony may change: wherever the style allows, the last chord of a phrase lasting to its
        end.
        """
        harmony = self.style.harmony
        if harmony is None:
            return []
        rhythms = [voice.rhythm for voice in self.style.voices]
        moving = [each for each in rhythms if each.every is None and not each.values]
        found: list[Event] = []
        for span in self.timeline.phrases:
            closes = [close for each in moving if (close := each.close_in(self.timeline, span)) is not None]
            close = self.leader.close_of(span.onset) if self.leader is not None else max(closes, default=None)
            points = _points(harmony.change, self.timeline, span, close)
            found += [Event(onset, end) for onset, end in zip(points, [*points[1:], span.end], strict=True)]
        return found

    def voice(self, voice: VoicePlan, chords: list[Event]) -> list[Event]:
        """When a voice whose rhythm is fixed begins its notes."""
        if self.leader is not None and voice.rhythm.every is None:
            return self.leader.accompaniment(chords)
        if voice.rhythm.every is None and chords:
            return chords
        found = []
        for span in self.timeline.phrases:
            every = voice.rhythm.every_in(self.timeline.meter_at(span.onset), self.style.meter) or "bar"
            points = _points(every, self.timeline, span, voice.rhythm.close_in(self.timeline, span))
            found += [Event(onset, end) for onset, end in zip(points, [*points[1:], span.end], strict=True)]
        return found

    def grid(self, place: int, rows: Sequence[Sequence[Event]], chords: Sequence[Event]) -> Grid:
        """The grid of a voice whose rhythm is sampled, among the rows of the others. Raises StyleError."""
        voice, style = self.style.voices[place], self.style
        runs = runs_of(voice.rhythm, self.timeline)
        others: list[Beginnings] = [
            (f"the notes of {other.name}", other.rhythm.place or other.place, [event.onset for event in row])
            for other, row in zip(style.voices, rows, strict=True)
        ]
        if style.harmony is not None:
            places = (*style.harmony.places, None)
            others.append(("the chords", places[0], [event.onset for event in chords]))
        return grid_of(place, voice, runs, others, style.form.place)

    def check_closes(self, voice: VoicePlan) -> None:
        """Raises StyleError for a phrase that is shorter than the last note of the voice is to be."""
        close = voice.rhythm.close or Fraction(0)
        lengths = [span.end - span.onset for span in self.timeline.phrases]
        short = next((place for place, length in enumerate(lengths) if close > length), None)
        if short is not None:
            message = (
                f"the last note of a phrase lasts {close} in {voice.name}, "
                f"but phrase {short + 1} lasts {lengths[short]}"
            )
            places = [
                (voice.rhythm.place, f"the rhythm of {voice.name}"),
                (self.style.form.place, "the form"),
            ]
            help = "shorten the `close`, or lengthen the phrase"
            raise StyleError((Diagnostic("long-close", message, labels(places), help=help),))

    def rows(self, tunes: Mapping[str, Tune], sampled: int | None) -> tuple[list[list[Event]], list[Event]]:
        """When each voice begins its notes, and the chords; nothing yet of the voice that is sampled."""
        for place, voice in enumerate(self.style.voices):
            if place == sampled or (self.leader is None and voice.name not in tunes):
                self.check_closes(voice)
        chords = self.chords()
        rows: list[list[Event]] = []
        for place, voice in enumerate(self.style.voices):
            if place == sampled:
                rows.append([])
            elif voice.name in tunes:
                tune = tunes[voice.name]
                free = [] if tune is self.leader else tune.open_events(self.voice(voice, chords))
                rows.append(sorted([*_given_events(tune), *free], key=lambda event: event.onset))
            else:
                rows.append(self.voice(voice, chords))
        return rows, chords


def schedule_of(style: Style, tunes: Mapping[str, Tune]) -> Schedule:
    """The schedule of a style; of the form of a given tune where the style says so."""
    leader = tunes.get(style.form.from_voice or "")
    timeline = timeline_of(style, tunes)
    layout = _Layout(style, timeline, leader)
    sampled = next(
        (n for n, voice in enumerate(style.voices) if voice.rhythm.values and voice.name not in tunes), None
    )
    rows, chords = layout.rows(tunes, sampled)
    onsets = {event.onset for row in [*rows, chords] for event in row}
    grid = None
    if sampled is not None:
        grid = layout.grid(sampled, rows, chords)
        onsets = set(grid.onsets)
        rows[sampled] = [Event(onset, onset + grid.step) for onset in grid.onsets]
    names = tuple(voice.name for voice in style.voices)
    events = tuple(tuple(row) for row in rows)
    frame = Frame(timeline.as_judged(), tuple(sorted(onsets)), names, events, tuple(chords))
    return Schedule(timeline, frame, grid)


def timeline_of(style: Style, tunes: Mapping[str, Tune]) -> Timeline:
    """The timeline that a style lays down, or that of the tune from which it takes its form or key."""
    leader, teller = tunes.get(style.form.from_voice or ""), tunes.get(style.key_from or "")
    key = teller.timeline.key if teller is not None else style.key
    assert key is not None
    if leader is None:
        return timeline_of_form(style.form, Base(key, style.meter, style.tempo))
    sections = (Section("A", Fraction(0), leader.end),)
    phrases = tuple(Phrase(onset, end, "A", 1, cadence) for onset, end, cadence in leader.phrases)
    found = replace(leader.timeline, sections=sections, phrases=phrases, end=leader.end)
    found = found if leader is teller else found.in_key(key)
    return replace(found, tempi=((Fraction(0), style.tempo),))


def chord_points(change: str | Fraction, score: Score) -> list[Fraction]:
    """Where the harmony of a finished score may change: as the style says, within its phrases, the last chord
    of each a single one where no voice moves on."""
    found: list[Fraction] = []
    phrases = score.phrases or (Phrase(Fraction(0), score.end, "A", 1),)
    onsets = [note.onset for note in score.notes if note.pitch is not None]
    for phrase in phrases:
        last = max(phrase.onset, *onsets[: bisect_left(onsets, phrase.end)][-1:])
        found += [point for point in _points(change, score.timeline, phrase, None) if point <= last]
    return found


def _points(
    change: str | Fraction, timeline: Timeline, phrase: Phrase, close: Fraction | None
) -> list[Fraction]:
    """The onsets within a phrase that a change of this kind allows, up to where the last note begins."""
    stop = phrase.end if close is None else phrase.end - close
    points = {phrase.onset, *timeline.points(phrase.onset, phrase.end, change)}
    kept = [point for point in sorted(points) if point <= stop]
    return [*kept, stop] if close is not None and stop not in kept and stop > phrase.onset else kept


def _given_events(tune: Tune) -> list[Event]:
    return [Event(note.onset, note.end, note.pitch is not None) for note in tune.skeleton]
