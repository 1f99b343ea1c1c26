"""Lays a style out in time, before any pitch: when each voice begins its notes, and when chords begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from rulegen.errors import Diagnostic, StyleError, Unsatisfiable
from rulegen.plan.fixed import FixedVoice, points_of
from rulegen.plan.given_harmony import given_chords
from rulegen.plan.grid import Beginnings, Grid, check_filled, grid_of
from rulegen.plan.phrases import line_of
from rulegen.plan.tune import Tune
from rulegen.score.timeline import Event, Phrase, Section, Timeline
from rulegen.style.faults import labels
from rulegen.style.layout import Base, timeline_of_form
from rulegen.style.model import Style, VoicePlan
from rulegen.style.open_forms import forms_that_cover

FEWEST_CHORDS = 3  # of a phrase that changes its key


@dataclass(frozen=True)
class LaidOut:
    """What voices and chords are laid out on."""

    style: Style
    timeline: Timeline
    leader: Tune | None

    def chords(self, tunes: Mapping[str, Tune]) -> list[Event]:
        """Where the harmony may change: wherever the style allows, the last chord of a phrase lasting to its
        end. None begins once all voices have stopped for a breath, say.
        """
        harmony = self.style.harmony
        if harmony is None:
            return []
        if harmony.laid:
            return [Event(onset, end) for onset, end in harmony.laid]
        given = {onset for onset, _, _ in given_chords(self.style, self.timeline)}
        voices = [self.fixed(voice) for voice in self.style.voices]
        found: list[Event] = []
        for number, span in enumerate(self.timeline.phrases):
            moving = (each for voice in voices if (each := voice.rhythm_of(number)).follows_harmony)
            closes = [close for each in moving if (close := each.close_in(self.timeline, span)) is not None]
            close = self.leader.close_of(span.onset) if self.leader is not None else max(closes, default=None)
            points = points_of(harmony.change, self.timeline, span, close)
            if not tunes:
                stop = max(
                    (voice.silent_from(number) for voice in voices if voice.plan.voice.kit is None),
                    default=span.end,
                )
                points = [point for point in points if point < stop or point in (span.onset, *given)]
            found += [Event(onset, end) for onset, end in zip(points, [*points[1:], span.end], strict=True)]
        return found

    def voice(self, voice: VoicePlan, chords: list[Event]) -> list[Event]:
        """When a voice whose rhythm is fixed begins its notes."""
        fixed = self.fixed(voice)
        fixed.check()
        accompanies = self.leader is not None and all(each.follows_harmony for each in voice.rhythms)
        return fixed.events(self.leader.accompaniment(chords) if self.leader and accompanies else chords)

    def fixed(self, voice: VoicePlan) -> FixedVoice:
        """A voice on this timeline."""
        return FixedVoice(voice, self.timeline, self.style.meter, self.style.form.place)

    def grid(self, sampled: Sequence[int], rows: Sequence[Sequence[Event]], chords: Sequence[Event]) -> Grid:
        """The grid of voices whose rhythms are sampled, among the rows of the others. Raises StyleError."""
        style = self.style
        lines = []
        for voice in sampled:
            fixed = self.fixed(style.voices[voice])
            fixed.check()
            lines.append(replace(line_of(fixed, voice, chords), together=self.moving_with(voice, sampled)))
        others: list[Beginnings] = [
            (f"the notes of {other.name}", other.rhythm.place or other.place, [event.onset for event in row])
            for voice, (other, row) in enumerate(zip(style.voices, rows, strict=True))
            if voice not in sampled
        ]
        if style.harmony is not None:
            places = (*style.harmony.places, None)
            others.append(("the chords", places[0], [event.onset for event in chords]))
        return grid_of(style, lines, others)

    def moving_with(self, voice: int, sampled: Sequence[int]) -> tuple[int, ...]:
        """The voices whose rhythm is one with that of a voice, itself among them; none where there are no
        others.
        """
        own = self.style.voices[voice].rhythm
        if not own.together:
            return ()
        rhythms = {each: self.style.voices[each].rhythm for each in sampled}
        found = tuple(each for each, rhythm in rhythms.items() if rhythm == own and rhythm.place == own.place)
        return found if len(found) > 1 else ()

    def check_closes(self, voice: VoicePlan) -> None:
        """Raises StyleError for a phrase that is shorter than the last note of the voice is to be."""
        fixed = self.fixed(voice)
        lengths = [span.end - span.onset for span in self.timeline.phrases]
        closes = [fixed.rhythm_of(place).close or Fraction(0) for place in range(len(lengths))]
        short = next((n for n, length in enumerate(lengths) if closes[n] > length), None)
        if short is not None:
            close = closes[short]
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

    def check_modulations(self, chords: Sequence[Event]) -> None:
        """Raises StyleError for a phrase that has too few chords to change its key."""
        for each in self.timeline.modulations:
            count = sum(each.onset <= event.onset < each.end for event in chords)
            if count < FEWEST_CHORDS:
                where = self.timeline.place_name(each.onset)
                change = f"from {each.key} to {each.key_to}"
                message = f"the phrase at {where} has too few chords to go {change}: {count}"
                help = f"it needs {FEWEST_CHORDS}: one in the earlier key, and two in the later for its close"
                places = [(self.style.form.place, "this form")]
                raise StyleError((Diagnostic("short-modulation", message, labels(places), help=help),))

    def sampled(self, tunes: Mapping[str, Tune]) -> tuple[int, ...]:
        """The voices whose rhythms are sampled. Raises StyleError where one is to move together with a voice
        that is given.
        """
        voices = enumerate(self.style.voices)
        found = tuple(n for n, voice in voices if voice.is_drawn and voice.name not in tunes)
        for place, voice in enumerate(self.style.voices):
            others = self.moving_with(place, (place, *found)) if voice.name in tunes else ()
            if len(others) > 1:
                other = self.style.voices[others[-1]].name
                message = f"{voice.name} is given, and {other} moves together with it in a drawn rhythm"
                help = f"leave {voice.name} out of that rhythm"
                marks = labels([(voice.rhythm.place, "together here")])
                raise StyleError((Diagnostic("not-together", message, marks, help=help),))
        return found

    def rows(
        self, tunes: Mapping[str, Tune], sampled: Sequence[int]
    ) -> tuple[list[list[Event]], list[Event]]:
        """When each voice begins its notes, and the chords; nothing yet of voices that are sampled."""
        for place, voice in enumerate(self.style.voices):
            if place in sampled or (self.leader is None and voice.name not in tunes):
                self.check_closes(voice)
        chords = self.chords(tunes)
        self.check_modulations(chords)
        rows: list[list[Event]] = []
        for place, voice in enumerate(self.style.voices):
            if place in sampled:
                rows.append([])
            elif voice.name in tunes:
                tune = tunes[voice.name]
                free = [] if tune is self.leader else tune.open_events(self.voice(voice, chords))
                rows.append(sorted([*_given_events(tune), *free], key=lambda event: event.onset))
            else:
                rows.append(self.voice(voice, chords))
        return rows, chords


def layout_of(style: Style, tunes: Mapping[str, Tune]) -> LaidOut:
    """What the voices of a style are laid out on; the form of a given tune where the style says so."""
    return LaidOut(style, timeline_of(style, tunes), tunes.get(style.form.from_voice or ""))


def faults_of_layout(style: Style) -> tuple[Diagnostic, ...]:
    """What hinders a style from being laid out in time, where nothing is given; of a style with alternatives
    of form, what hinders the first, where none can be laid out of those that cover them all.
    """
    hindered: tuple[Diagnostic, ...] = ()
    for form in forms_that_cover(style):
        faults = _faults_of_layout(form)
        if not faults:
            return ()
        hindered = hindered or faults
    return hindered


def _faults_of_layout(style: Style) -> tuple[Diagnostic, ...]:
    if not style.form.order or style.key is None or style.givens:
        return ()
    try:
        layout = layout_of(style, {})
        sampled = layout.sampled({})
        rows, chords = layout.rows({}, sampled)
        if sampled:
            check_filled(style, layout.grid(sampled, rows, chords))
    except StyleError as error:
        return error.diagnostics
    except Unsatisfiable as error:
        return (error.diagnostic,)
    return ()


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


def _given_events(tune: Tune) -> list[Event]:
    return [Event(note.onset, note.end, note.pitch is not None) for note in tune.skeleton]
