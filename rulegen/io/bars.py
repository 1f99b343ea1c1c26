"""The bars in which a score is printed: their lengths, numbers, bar lines and repeat signs."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from rulegen.score.events import ChordEvent, Note, Score
from rulegen.theory.meter import Meter
from rulegen.theory.scale import Key

_MARKS = ("ornament", "fermata", "lyric", "articulations", "slurred")
LEAST_DOUBLE = 4  # bars that a section has at least for a double line at its end


@dataclass(frozen=True, slots=True)
class Bar:
    """A printed bar; `start` and `end` are times of the score, `offset` is its first place within a full bar.

    `repeats_to` is how often the music back to the repeat sign sounds in all, 1 where it has no sign.
    """

    number: int
    start: Fraction
    end: Fraction
    offset: Fraction
    meter: Meter
    key: Key
    is_counted: bool = True
    opens_repeat: bool = False
    repeats_to: int = 1
    line: str = "regular"


@dataclass(frozen=True, slots=True)
class Fold:
    """Statements of a section, or of several in a row, that follow each other and are printed once."""

    start: Fraction
    end: Fraction
    times: int

    @property
    def stop(self) -> Fraction:
        """Where the last statement ends."""
        return self.start + self.times * (self.end - self.start)


def printed_bars(score: Score) -> tuple[Bar, ...]:
    """The bars of a score from first to last; what a repeat sign says again is printed once.

    The last bar is full, save where it makes up for a pickup.
    """
    folds = found_folds(score)
    bar_length = score.meter.bar_length
    cuts = {cut for fold in folds for cut in (fold.start, fold.end)}
    opening = {fold.start for fold in folds if fold.start > 0}
    closing = {fold.end: fold.times for fold in folds}
    doubles = {part.end for part in score.sections if part.end - part.onset >= LEAST_DOUBLE * bar_length}
    bars: list[Bar] = []
    number = 0 if score.pickup else 1
    end_of_piece = printed_end(score)
    for start, end in _spans(score, folds, cuts, end_of_piece):
        offset = score.timeline.position(start)
        continues = offset > 0 and bool(bars)
        if bars and not continues:
            number += 1
        is_last = end == end_of_piece or any(fold.end == end and fold.stop == end_of_piece for fold in folds)
        line = "final" if is_last else "double" if end in doubles else "regular"
        is_counted = offset == 0
        signs = (start in opening, closing.get(end, 1))
        bars.append(Bar(number, start, end, offset, score.meter, score.key, is_counted, *signs, line))
    return tuple(bars)


def bar_at(bars: Sequence[Bar], onset: Fraction, is_end: bool = False) -> int | None:
    """The place of the bar in which a time is printed; None within what a repeat sign says again.

    What ends at a bar line belongs to the bar before it.
    """
    if is_end:
        place = bisect_left(bars, onset, key=lambda bar: bar.start) - 1
        return place if place >= 0 and onset <= bars[place].end else None
    place = bisect_right(bars, onset, key=lambda bar: bar.start) - 1
    return place if place >= 0 and onset < bars[place].end else None


def printed_end(score: Score) -> Fraction:
    """Where the last bar ends: with the music, where that fits the pickup, else with the full bar."""
    end = score.end or score.pickup or score.meter.bar_length
    left = score.timeline.position(end)
    if left == 0 or (score.pickup and left + score.pickup == score.meter.bar_length):
        return end
    return end - left + score.meter.bar_length


def found_folds(score: Score) -> tuple[Fold, ...]:
    """The sections that a repeat sign can stand for, in order; none where repeats are written out."""
    if score.repeat_style != "signs" or len(score.sections) < 2:
        return ()
    music = _Music(score)
    folds: list[Fold] = []
    place = 0
    while place < len(score.sections):
        length, times = _run(music, place)
        start, end = score.sections[place].onset, score.sections[place + length - 1].end
        if times > 1 and end > start:
            folds.append(Fold(start, end, times))
        place += length * times
    return tuple(folds)


class _Music:
    """What a score says between two times, so that sections can be compared."""

    def __init__(self, score: Score) -> None:
        self.score = score
        events: list[Note | ChordEvent] = [*score.notes, *score.chords]
        self.events = sorted(events, key=lambda event: event.onset)
        self.onsets = [event.onset for event in self.events]
        self.reach = [Fraction(0), *accumulate((event.end for event in self.events), max)]

    def between(self, start: Fraction, end: Fraction) -> list[tuple[object, ...]] | None:
        """All that sounds, with times from the start; None where something reaches over an end."""
        first, stop = bisect_left(self.onsets, start), bisect_left(self.onsets, end)
        if self.reach[first] > start or self.reach[stop] > end:
            return None
        found = [(event.onset - start, event.duration, *_marks(event)) for event in self.events[first:stop]]
        return found + self._loudness(start, end)

    def _loudness(self, start: Fraction, end: Fraction) -> list[tuple[object, ...]]:
        """How loud each voice is at first, and the dynamics and hairpins after that."""
        score = self.score
        if not score.dynamics and not score.hairpins:
            return []
        found: list[tuple[object, ...]] = [(score.level_at(voice.name, start),) for voice in score.voices]
        for dynamic in score.dynamics:
            if start < dynamic.onset < end:
                found.append((dynamic.onset - start, dynamic.level, dynamic.voice))
        for hairpin in score.hairpins:
            if hairpin.onset < end and hairpin.end > start:
                span = (hairpin.onset - start, hairpin.end - start)
                reaches_over = hairpin.onset < start or hairpin.end > end
                found.append((*span, hairpin.kind, hairpin.voice, hairpin.onset if reaches_over else None))
        return found


def _run(music: _Music, place: int) -> tuple[int, int]:
    """The shortest run of sections from a place that comes again at once, and how often it comes."""
    for length in range(1, (len(music.score.sections) - place) // 2 + 1):
        times = 1
        while all(_restates(music, place + each, place + times * length + each) for each in range(length)):
            times += 1
        if times > 1:
            return length, times
    return 1, 1


def _restates(music: _Music, place: int, other: int) -> bool:
    """Whether another statement follows on the first with nothing in between, and with the same music."""
    score = music.score
    if other >= len(score.sections):
        return False
    first, again = score.sections[place], score.sections[other]
    before = score.sections[other - 1]
    if again.repeat_of is None or before.end != again.onset:
        return False
    if {again.repeat_of} - {place, first.repeat_of, other - 1}:
        return False
    if again.end - again.onset != first.end - first.onset:
        return False
    if score.timeline.position(first.onset) != score.timeline.position(again.onset):
        return False
    found = music.between(first.onset, first.end)
    return found is not None and found == music.between(again.onset, again.end)


def _marks(event: Note | ChordEvent) -> tuple[object, ...]:
    if isinstance(event, ChordEvent):
        return (event.chord,)
    return (event.voice, event.pitch, *(getattr(event, name) for name in _MARKS))


def _spans(
    score: Score, folds: tuple[Fold, ...], cuts: set[Fraction], end: Fraction
) -> Iterator[tuple[Fraction, Fraction]]:
    """The time of each printed bar; what a fold says again is skipped."""
    skips = {fold.end: fold.stop for fold in folds}
    clock = Fraction(0)
    while clock < end:
        clock = skips.get(clock, clock)
        if clock >= end:
            return
        full = clock - score.timeline.position(clock) + score.meter.bar_length
        stop = min(full, end, *(cut for cut in cuts if cut > clock))
        yield clock, stop
        clock = stop
