"""When voices whose rhythm is laid down begin their notes, and where they are silent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from rulegen.errors import Diagnostic, StyleError
from rulegen.score.timeline import Event, Phrase, Section, Timeline
from rulegen.style.faults import labels, listing
from rulegen.style.model import LocalRhythm, Pattern, Place, Rhythm, VoicePlan, Wait
from rulegen.theory.meter import Meter

Span = tuple[Fraction, Fraction]  # from when to when


@dataclass(frozen=True)
class FixedVoice:
    """A voice on a timeline, its rhythm phrase by phrase. `meter`: that in which its pulses are counted."""

    plan: VoicePlan
    timeline: Timeline
    meter: Meter
    form: Place | None = None

    def rhythm_of(self, number: int) -> Rhythm:
        """The rhythm of a phrase, by its place in the piece; what is stated again has that of the first."""
        local = self._local(number)
        return self.plan.rhythm if local is None else local.rhythm

    def events(self, chords: Sequence[Event]) -> list[Event]:
        """Its notes and rests; `chords`: what it moves with where its rhythm says nothing else. Raises
        StyleError.
        """
        found: list[Event] = []
        for item in self.plan.rhythm.drawn:
            onset = found[-1].end if found else Fraction(0)
            found.append(Event(onset, onset + item.duration, item.kind != "rest"))
        if found:
            return found
        for number in range(len(self.timeline.phrases)):
            found += self.laid_down(number, chords)
        return list(self._with_rests_joined(found))

    def laid_down(self, number: int, chords: Sequence[Event]) -> Iterator[Event]:
        """The notes and rests of a phrase of which nothing is drawn. Raises StyleError."""
        rhythm = self.rhythm_of(number)
        return silenced(self._sounding(number, rhythm, chords), self._silences(number, rhythm))

    def entry(self, number: int) -> Fraction:
        """When the voice begins in a phrase, at its end where it is silent."""
        phrase = self.timeline.phrases[number]
        waits = (end for _, end in self._waits(number, self.rhythm_of(number)))
        return max(phrase.onset, *(min(end, phrase.end) for end in waits))

    def silent_from(self, number: int) -> Fraction:
        """From when on the voice is silent in a phrase up to its end, as far as that is laid down."""
        phrase, rhythm = self.timeline.phrases[number], self.rhythm_of(number)
        entry, breath = self.entry(number), phrase.end - rhythm.breath
        if rhythm.tacet or entry >= breath:
            return phrase.onset
        if not rhythm.patterns or self.plan.is_drawn:
            return breath
        return max((event.end for event in self.laid_down(number, ()) if event.sounds), default=phrase.onset)

    def check(self) -> None:
        """Raises StyleError for patterns that fill nothing, and a late entry within what is stated again."""
        for rhythm in self.plan.rhythms:
            numbers = [n for n in range(len(self.timeline.phrases)) if self.rhythm_of(n) is rhythm]
            lengths = {end - start for n in numbers for start, end in self.windows(n, rhythm.each)}
            for pattern, _ in rhythm.patterns:
                if lengths and pattern.length not in lengths:
                    raise StyleError((self._not_filled(rhythm, pattern, lengths),))
        self._check_late_entry()

    def _sounding(self, number: int, rhythm: Rhythm, chords: Sequence[Event]) -> list[Event]:
        """The notes and rests of a phrase, from its beginning to its end."""
        phrase = self.timeline.phrases[number]
        if rhythm.tacet:
            return [Event(phrase.onset, phrase.end, False)]
        if rhythm.pulse == "section":
            section = self._statement(number)
            return [Event(section.onset, section.end)] if section.onset == phrase.onset else []
        if rhythm.patterns:
            return self._in_patterns(number, rhythm)
        if rhythm.follows_harmony and chords:
            return [event for event in chords if phrase.onset <= event.onset < phrase.end]
        every = rhythm.every_in(self.timeline.meter_at(phrase.onset), self.meter) or "bar"
        close = rhythm.close_in(self.timeline, phrase)
        points = points_of(every, self.timeline, phrase, close)
        return [Event(onset, end) for onset, end in zip(points, [*points[1:], phrase.end], strict=True)]

    def _in_patterns(self, number: int, rhythm: Rhythm) -> list[Event]:
        """A phrase in patterns, of which the last note takes its length."""
        phrase = self.timeline.phrases[number]
        close = rhythm.close_in(self.timeline, phrase)
        stop = phrase.end - (close or 0)
        found: list[Event] = []
        for start, end in self.windows(number, rhythm.each):
            pattern, _ = self.patterns_for(rhythm, start, end)[0]
            for event, is_tied in events_of(pattern, start):
                inside = Event(max(event.onset, phrase.onset), min(event.end, stop), event.sounds)
                if inside.onset >= inside.end:
                    continue
                if is_tied and found and found[-1].sounds:
                    found[-1] = replace(found[-1], end=inside.end)
                else:
                    found.append(inside)
        return [*found, *([Event(stop, phrase.end)] if close else [])]

    def patterns_for(
        self, rhythm: Rhythm, start: Fraction, end: Fraction
    ) -> tuple[tuple[Pattern, float], ...]:
        """The patterns that fill a stretch, with their weights. Raises StyleError where there are none."""
        found = tuple(each for each in rhythm.patterns if each[0].length == end - start)
        if not found:
            raise StyleError((self._no_pattern(rhythm, start, end - start),))
        return found

    def windows(self, number: int, each: str | Fraction) -> Iterator[Span]:
        """What patterns fill in a phrase: its bars, say; the first and the last may reach out of it."""
        clock, phrase = self.timeline, self.timeline.phrases[number]
        first = phrase.onset if not clock.position(phrase.onset) else clock.bar_end(phrase.onset)
        if isinstance(each, Fraction) and each > clock.bar_length(phrase.onset):
            start = first if first == phrase.onset else first - each
            while start < phrase.end:
                yield start, start + each
                start += each
            return
        line = phrase.onset
        while line < phrase.end:
            downbeat, meter, stop = line - clock.position(line), clock.meter_at(line), clock.bar_end(line)
            places = [downbeat + offset for offset in meter.places(each)]
            for start, end in zip(places, [*places[1:], downbeat + meter.bar_length], strict=True):
                if start < min(stop, phrase.end) and end > line:
                    yield start, end
            line = stop

    def _silences(self, number: int, rhythm: Rhythm) -> Iterator[Span]:
        """When the voice is silent in a phrase, whatever it would do there."""
        stretch = self._statement(number) if rhythm.pulse == "section" else self.timeline.phrases[number]
        yield from self._waits(number, rhythm)
        yield stretch.end - rhythm.breath, stretch.end

    def _waits(self, number: int, rhythm: Rhythm) -> Iterator[Span]:
        """The silences of a phrase before the voice begins."""
        phrase, statement, local = self.timeline.phrases[number], self._statement(number), self._local(number)
        if local is None:
            shift = statement.onset - self._first(statement).onset
            yield shift, self._after(Fraction(0), rhythm.begin) + shift
        else:
            begun = phrase if local.where.kind == "phrases" else statement
            yield begun.onset, self._after(begun.onset, rhythm.begin)
        stretch = statement if rhythm.pulse == "section" else phrase
        yield stretch.onset, self._after(stretch.onset, rhythm.begin_phrases)

    def _after(self, onset: Fraction, wait: Wait) -> Fraction:
        """When a wait is over: an upbeat is no bar of it."""
        if wait.bars and self.timeline.position(onset):
            onset = self.timeline.bar_end(onset)
        for _ in range(wait.bars):
            onset = self.timeline.bar_end(onset)
        return onset + wait.length

    def _with_rests_joined(self, events: Iterable[Event]) -> Iterator[Event]:
        """Rests that touch are one, as far as their section goes."""
        starts = {section.onset for section in self.timeline.sections}
        last: Event | None = None
        for event in events:
            if last is not None and not event.sounds and not last.sounds and event.onset not in starts:
                last = replace(last, end=event.end)
                continue
            if last is not None:
                yield last
            last = event
        if last is not None:
            yield last

    @cached_property
    def _locals(self) -> tuple[LocalRhythm | None, ...]:
        phrases, sections = self.timeline.phrases, self.timeline.sections
        numbers = {phrase.onset: number for number, phrase in enumerate(phrases, start=1)}
        found = []
        for number, phrase in enumerate(phrases):
            statement = self._statement(number)
            first = self._first(statement)
            own = numbers.get(phrase.onset - statement.onset + first.onset, number + 1)
            found.append(self.plan.local_rhythm(statement.name if sections else "", own))
        return tuple(found)

    def _local(self, number: int) -> LocalRhythm | None:
        return self._locals[number]

    def _statement(self, number: int) -> Section:
        onset = self.timeline.phrases[number].onset
        return next(each for each in self.timeline.sections if each.onset <= onset < each.end)

    def _first(self, statement: Section) -> Section:
        """The statement that is stated again, or itself."""
        again = statement.repeat_of
        return statement if again is None else self.timeline.sections[again]

    def _check_late_entry(self) -> None:
        """A voice cannot enter within a statement that is the same notes as an earlier one."""
        entry = self._after(Fraction(0), self.plan.rhythm.begin)
        for statement in self.timeline.sections:
            if statement.repeat_of is not None and statement.onset < entry:
                message = f"{self.plan.name} begins after the first {statement.name}, which is stated again"
                places = [
                    (self.plan.rhythm.place, f"the rhythm of {self.plan.name}"),
                    (self.form, "the form"),
                ]
                help = "what is stated again is the same notes: give the second statement another name"
                raise StyleError((Diagnostic("late-entry", message, labels(places), help=help),))

    def _not_filled(self, rhythm: Rhythm, pattern: Pattern, lengths: Iterable[Fraction]) -> Diagnostic:
        filled = " or ".join(str(each) for each in sorted(lengths))
        message = f"the pattern `{pattern.name}` lasts {pattern.length}, and is to fill {filled}"
        places = [(pattern.place, "this pattern"), (rhythm.place, f"the rhythm of {self.plan.name}")]
        apart = min((each - pattern.length for each in lengths), key=abs)
        change = f"add {apart} to it" if apart > 0 else f"take {-apart} from it"
        fills = self._in_bars(pattern.length)
        help = f"{change}, or say what it fills, as in `patterns each {fills} {pattern.name}`"
        return Diagnostic("not-filled", message, labels(places), help=help)

    def _in_bars(self, length: Fraction) -> str:
        """A length as a rhythm says it: `half bar`, `2 bars`, or a duration."""
        bars = length / self.timeline.bar_length(Fraction(0))
        if bars.denominator == 1:
            return "bar" if bars == 1 else f"{bars} bars"
        return "half bar" if bars == Fraction(1, 2) else str(length)

    def _no_pattern(self, rhythm: Rhythm, onset: Fraction, length: Fraction) -> Diagnostic:
        where = self.timeline.place_name(onset)
        message = f"{where} wants a pattern that lasts {length}, and {self.plan.name} has none"
        places = [(rhythm.place, f"the rhythm of {self.plan.name}"), (self.form, "the form")]
        help = f"name another pattern beside {listing([each.name for each, _ in rhythm.patterns])}"
        return Diagnostic("not-filled", message, labels(places), help=help)


def events_of(pattern: Pattern, start: Fraction) -> Iterator[tuple[Event, bool]]:
    """The notes and rests of a pattern from when it begins, and whether each is tied to what was before."""
    for item in pattern.items:
        yield Event(start, start + item.duration, item.kind != "rest"), item.kind == "tied"
        start += item.duration


def silenced(events: Iterable[Event], silences: Iterable[Span]) -> Iterator[Event]:
    """The events, with rests where there is to be silence."""
    spans = sorted((start, end) for start, end in silences if start < end)
    for event in events:
        now = event.onset
        for start, end in spans:
            start, end = max(start, now), min(end, event.end)
            if start < end:
                if now < start:
                    yield Event(now, start, event.sounds)
                yield Event(start, end, False)
                now = end
        if now < event.end:
            yield Event(now, event.end, event.sounds)


def points_of(
    change: str | Fraction, timeline: Timeline, phrase: Phrase, close: Fraction | None
) -> list[Fraction]:
    """The onsets within a phrase that a change of this kind allows, up to where the last note begins."""
    stop = phrase.end if close is None else phrase.end - close
    inner = [] if change == "phrase" else timeline.points(phrase.onset, phrase.end, change)
    kept = [point for point in sorted({phrase.onset, *inner}) if point <= stop]
    return [*kept, stop] if close is not None and stop not in kept and stop > phrase.onset else kept
