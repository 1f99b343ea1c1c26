"""What each phrase of a voice whose rhythm is drawn may be: runs of its values, a course of its patterns, or
what is laid down there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from rulegen.errors import Diagnostic, StyleError
from rulegen.plan.fixed import FixedVoice, events_of
from rulegen.plan.lines import Course, DrawnLine, Filling, Item, Run
from rulegen.score.timeline import Event, Phrase, Timeline
from rulegen.style.faults import labels
from rulegen.style.model import Rhythm


def line_of(fixed: FixedVoice, voice: int, chords: Sequence[Event]) -> DrawnLine:
    """The stretches of a voice of which a rhythm is drawn, phrase by phrase. Raises StyleError."""
    found: list[Run | Course] = []
    for number, phrase in enumerate(fixed.timeline.phrases):
        rhythm = fixed.rhythm_of(number)
        if rhythm.values:
            found += _runs(fixed, number, phrase, rhythm)
        elif rhythm.is_drawn:
            found.append(Course(phrase.onset, phrase.end, tuple(_windows(fixed, number, phrase, rhythm))))
        else:
            if rhythm.pulse == "section":
                raise StyleError((_held_through(fixed, rhythm),))
            laid = fixed.laid_down(number, chords)
            items = tuple((each.end - each.onset, "note" if each.sounds else "rest") for each in laid)
            found.append(Course(phrase.onset, phrase.end, (((_with_rests_joined(items), 0.0),),)))
    return DrawnLine(voice, tuple(found))


def _runs(fixed: FixedVoice, number: int, phrase: Phrase, rhythm: Rhythm) -> Iterator[Run]:
    """The runs of a phrase: a rest where it begins late, the upbeat of its section, what follows it up to the
    last note, and that note where its length is fixed; a breath after all that. A last note of that length
    may begin in the upbeat. A rest that is drawn next to a silence is one with it.
    """
    breath, downbeat = rhythm.breath, _first_downbeat(fixed.timeline, phrase)
    onset, end = fixed.entry(number), phrase.end - breath
    close = rhythm.close_in(fixed.timeline, phrase)
    values, rests, place = rhythm.values, rhythm.rests, rhythm.place
    own, of_rests = dict(values), dict(rests)
    number += 1
    if onset >= end:
        length = phrase.end - phrase.onset
        alone = ((length, of_rests.get(length, 0.0)),)
        yield Run(f"phrase {number}, silent", phrase.onset, phrase.end, (), alone, place)
        return
    stop = max(onset, phrase.end - close) if close else end
    silence = (Fraction(0), 0.0) if close else (breath, of_rests.get(breath, 0.0))
    first = downbeat if onset < downbeat <= stop else stop
    if onset > phrase.onset:
        wait = onset - phrase.onset
        weight = of_rests.get(wait, 0.0)
        beside = Run("", onset, first, (), rests, silence=silence if first == end else (Fraction(0), 0.0))
        longer = tuple((wait + each.length, weight + each.weight) for each in beside.choices(onset, 0))
        alone = ((wait, weight),)
        yield Run(f"the rest before phrase {number}", phrase.onset, onset, (), alone, place, longer=longer)
    name = f"phrase {number}" + (" up to its last note" if close else "")
    lines = tuple(_bar_lines(fixed, onset, stop)) if rhythm.within_bars else ()
    if onset < downbeat <= stop:
        last = silence if downbeat == end else (Fraction(0), 0.0)
        yield Run(f"the pickup of phrase {number}", onset, downbeat, values, rests, place, silence=last)
        onset, name = downbeat, f"{name}, after the pickup"
    if onset < stop:
        yield Run(name, onset, stop, values, rests, place, lines, silence)
    if close:
        closing = ((end - stop, own.get(end - stop, 0.0)),)
        yield Run(f"the end of phrase {number}", stop, end, closing, (), place)
    if breath:
        alone = ((breath, of_rests.get(breath, 0.0)),)
        yield Run(f"the breath after phrase {number}", end, phrase.end, (), alone, place)


def _bar_lines(fixed: FixedVoice, onset: Fraction, end: Fraction) -> Iterator[Fraction]:
    """The bar lines between two times."""
    line = fixed.timeline.bar_end(onset)
    while line < end:
        yield line
        line = fixed.timeline.bar_end(line)


def _first_downbeat(timeline: Timeline, phrase: Phrase) -> Fraction:
    """Where the first full bar of a section begins, whose first phrase it is; else where the phrase does."""
    opens = any(section.onset == phrase.onset for section in timeline.sections)
    if not opens or timeline.position(phrase.onset) == 0:
        return phrase.onset
    return timeline.bar_end(phrase.onset)


def _windows(fixed: FixedVoice, number: int, phrase: Phrase, rhythm: Rhythm) -> Iterator[tuple[Filling, ...]]:
    """What may fill each bar, say, of a phrase in patterns, from where the voice begins up to its last note;
    before and after that are rests.
    """
    onset, end = fixed.entry(number), phrase.end - rhythm.breath
    close = rhythm.close_in(fixed.timeline, phrase)
    stop = min(end, phrase.end - (close or 0))
    if onset > phrase.onset:
        yield (_alone(min(onset, phrase.end) - phrase.onset, "rest"),)
    for start, after in fixed.windows(number, rhythm.each):
        low, high = max(start, onset), min(after, stop)
        if low < high:
            yield tuple(
                (_cut(events_of(pattern, start), low, high), weight)
                for pattern, weight in fixed.patterns_for(rhythm, start, after)
            )
    if close and max(stop, onset) < end:
        yield (_alone(end - max(stop, onset), "note"),)
    if rhythm.breath and max(end, onset) < phrase.end:
        yield (_alone(phrase.end - max(end, onset), "rest"),)


def _alone(length: Fraction, kind: str) -> Filling:
    return ((length, kind),), 0.0


def _cut(events: Iterable[tuple[Event, bool]], low: Fraction, high: Fraction) -> tuple[Item, ...]:
    """The notes and rests of a pattern between two times."""
    found = []
    for event, is_tied in events:
        length = min(event.end, high) - max(event.onset, low)
        if length > 0:
            found.append((length, "tied" if is_tied else "note" if event.sounds else "rest"))
    return tuple(found)


def _with_rests_joined(items: Iterable[Item]) -> tuple[Item, ...]:
    found: list[Item] = []
    for length, kind in items:
        if found and found[-1][1] == kind == "rest":
            length += found.pop()[0]
        found.append((length, kind))
    return tuple(found)


def _held_through(fixed: FixedVoice, rhythm: Rhythm) -> Diagnostic:
    name = fixed.plan.name
    message = f"{name} holds a note through a section, and has a rhythm that is drawn elsewhere"
    help = "hold it through each phrase, `every phrase`"
    return Diagnostic("not-yet", message, labels([(rhythm.place, f"the rhythm of {name}")]), help=help)
