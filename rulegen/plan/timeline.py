"""Lays a style's form out in time: statements, phrases, moments, and when each voice begins a note."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

from rulegen.errors import Diagnostic, StyleError
from rulegen.plan.grid import Beginnings, Grid, grid_of, labels, runs_of
from rulegen.plan.tune import Tune
from rulegen.score.events import Phrase, Score
from rulegen.score.frame import Event, Frame
from rulegen.style.model import Style, VoicePlan
from rulegen.theory.meter import Meter
from rulegen.theory.scale import Key

Span = tuple[Fraction, Fraction, int]  # onset, duration, the moment that begins there (-1 for a rest)


@dataclass(frozen=True)
class PhraseSpan:
    """A phrase of one statement: where it begins and ends, its cadence, and where its last note begins."""

    onset: Fraction
    end: Fraction
    cadence: str | None


@dataclass(frozen=True)
class Timeline:
    """What a piece is before any pitch: its key and meter, and its frame, whose moments are the steps of the
    grid where a voice's rhythm is sampled.
    """

    key: Key
    meter: Meter
    frame: Frame
    grid: Grid | None
    phrases: tuple[tuple[str, int], ...]  # section and statement of each phrase

    @property
    def free(self) -> int | None:
        """The voice whose rhythm is sampled."""
        return None if self.grid is None else self.grid.voice

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
    meter: Meter
    pickup: Fraction
    phrases: tuple[PhraseSpan, ...]
    leader: Tune | None

    def chords(self) -> list[Event]:
        """Where the harmony may change: wherever the style allows, the last chord of a phrase lasting to its
        end.
        """
        harmony = self.style.harmony
        if harmony is None:
            return []
        rhythms = [voice.rhythm for voice in self.style.voices]
        closes = [
            each.close
            for each in rhythms
            if each.every is None and not each.values and each.close is not None
        ]
        found: list[Event] = []
        for span in self.phrases:
            close = self.leader.close_of(span.onset) if self.leader is not None else max(closes, default=None)
            points = _points(harmony.change, self.meter, self.pickup, span, close)
            found += [Event(onset, end) for onset, end in zip(points, [*points[1:], span.end], strict=True)]
        return found

    def voice(self, voice: VoicePlan, chords: list[Event]) -> list[Event]:
        """When a voice whose rhythm is fixed begins its notes."""
        if self.leader is not None and voice.rhythm.every is None:
            return self.leader.accompaniment(chords)
        if voice.rhythm.every is None and chords:
            return chords
        every = voice.rhythm.every or self.meter.bar_length
        found = []
        for span in self.phrases:
            points = _points(every, self.meter, self.pickup, span, voice.rhythm.close)
            found += [Event(onset, end) for onset, end in zip(points, [*points[1:], span.end], strict=True)]
        return found

    def grid(self, place: int, rows: Sequence[Sequence[Event]], chords: Sequence[Event]) -> Grid:
        """The grid of a voice whose rhythm is sampled, among the rows of the others. Raises StyleError."""
        voice, style = self.style.voices[place], self.style
        runs = runs_of(voice.rhythm, [(span.onset, span.end) for span in self.phrases], self.pickup)
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
        lengths = [span.end - span.onset for span in self.phrases]
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
                rows.append(_given_events(tunes[voice.name]))
            else:
                rows.append(self.voice(voice, chords))
        return rows, chords


def timeline_of(style: Style, tunes: Mapping[str, Tune]) -> Timeline:
    """The timeline of a style; of the form of a given tune where the style says so."""
    leader = tunes.get(style.form.from_voice or "")
    teller = tunes.get(style.key_from or "")
    key = teller.key if teller is not None else style.key
    assert key is not None
    meter = leader.meter if leader is not None else style.meter
    pickup = leader.pickup if leader is not None else style.form.pickup
    statements, phrases, names = _form_of_tune(leader) if leader is not None else _form(style, meter)
    layout = _Layout(style, meter, pickup, tuple(phrases), leader)
    sampled = next(
        (n for n, voice in enumerate(style.voices) if voice.rhythm.values and voice.name not in tunes), None
    )
    rows, chords = layout.rows(tunes, sampled)
    end = statements[-1][1]
    onsets = {event.onset for row in [*rows, chords] for event in row}
    grid = None
    if sampled is not None:
        grid = layout.grid(sampled, rows, chords)
        onsets = set(grid.onsets)
        rows[sampled] = [Event(onset, onset + grid.step) for onset in grid.onsets]
    frame = Frame(
        meter,
        pickup,
        end,
        tuple(sorted(onsets)),
        tuple(voice.name for voice in style.voices),
        tuple(tuple(row) for row in rows),
        tuple(chords),
        tuple((span.onset, span.end, span.cadence) for span in phrases),
        tuple(statements),
    )
    return Timeline(key, meter, frame, grid, tuple(names))


def _form(
    style: Style, meter: Meter
) -> tuple[list[tuple[Fraction, Fraction, str, int]], list[PhraseSpan], list[tuple[str, int]]]:
    sections = {section.name: section for section in style.form.sections}
    statements: list[tuple[Fraction, Fraction, str, int]] = []
    phrases: list[PhraseSpan] = []
    names: list[tuple[str, int]] = []
    seen: dict[str, int] = {}
    now = Fraction(0)
    for name in style.form.order:
        onset = now
        for plan in sections[name].phrases:
            phrases.append(PhraseSpan(now, now + plan.bars * meter.bar_length, plan.cadence))
            names.append((name, len(statements)))
            now = phrases[-1].end
        statements.append((onset, now, name, seen.get(name, -1)))
        seen.setdefault(name, len(statements) - 1)
    return statements, phrases, names


def _form_of_tune(
    tune: Tune,
) -> tuple[list[tuple[Fraction, Fraction, str, int]], list[PhraseSpan], list[tuple[str, int]]]:
    phrases = [PhraseSpan(onset, end, cadence) for onset, end, cadence in tune.phrases]
    return [(Fraction(0), tune.end, "A", -1)], phrases, [("A", 0)] * len(phrases)


def chord_points(change: str | Fraction, score: Score) -> list[Fraction]:
    """Where the harmony of a finished score may change: as the style says, within its phrases, the last chord
    of each a single one where no voice moves on."""
    found: list[Fraction] = []
    phrases = score.phrases or (Phrase(Fraction(0), score.end, "A", 1),)
    onsets = [note.onset for note in score.notes if note.pitch is not None]
    for phrase in phrases:
        last = max(phrase.onset, *onsets[: bisect_left(onsets, phrase.end)][-1:])
        span = PhraseSpan(phrase.onset, phrase.end, phrase.cadence)
        found += [point for point in _points(change, score.meter, score.pickup, span, None) if point <= last]
    return found


@lru_cache(maxsize=1024)
def _points(
    change: str | Fraction, meter: Meter, pickup: Fraction, span: PhraseSpan, close: Fraction | None
) -> list[Fraction]:
    """The onsets within a phrase that a change of this kind allows, up to where the last note begins."""
    stop = span.end if close is None else span.end - close
    points = {span.onset}
    bar = span.onset - (span.onset - pickup) % meter.bar_length
    stride = meter.bar_length
    if isinstance(change, Fraction) and change > stride:  # several bars, counted from the first whole one
        bar, stride = bar + (meter.bar_length if bar < span.onset else 0), change
    while bar < span.end:
        points |= {bar + offset for offset in _offsets(change, meter) if span.onset < bar + offset < span.end}
        bar += stride
    kept = [point for point in sorted(points) if point <= stop]
    return [*kept, stop] if close is not None and stop not in kept and stop > span.onset else kept


def _offsets(change: str | Fraction, meter: Meter) -> list[Fraction]:
    if change == "beat":
        return list(meter.beats)
    if change == "half bar":
        return [beat for beat in meter.beats if meter.is_strong(beat)]
    if change == "bar":
        return [Fraction(0)]
    step = Fraction(change)
    return [step * number for number in range(int(meter.bar_length / step))] or [Fraction(0)]


def _given_events(tune: Tune) -> list[Event]:
    return [Event(note.onset, note.end, note.pitch is not None) for note in tune.skeleton]
