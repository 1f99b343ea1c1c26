"""The bars in which a score is printed: their lengths, numbers, bar lines and repeat signs."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from rulegen.score.events import ChordEvent, Note, Score

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
        offset = score.position_in_bar(start)
        continues = offset > 0 and bool(bars)
        if bars and not continues:
            number += 1
        is_last = end == end_of_piece or any(fold.end == end and fold.stop == end_of_piece for fold in folds)
        line = "final" if is_last else "double" if end in doubles else "regular"
        is_counted = offset == 0
        bars.append(Bar(number, start, end, offset, is_counted, start in opening, closing.get(end, 1), line))
    return tuple(bars)


def printed_end(score: Score) -> Fraction:
    """Where the last bar ends: with the music, where that fits the pickup, else with the full bar."""
    end = score.end or score.pickup or score.meter.bar_length
    left = score.position_in_bar(end)
    if left == 0 or (score.pickup and left + score.pickup == score.meter.bar_length):
        return end
    return end - left + score.meter.bar_length


def found_folds(score: Score) -> tuple[Fold, ...]:
    """The sections that a repeat sign can stand for, in order; none where repeats are written out."""
    if score.repeat_style != "signs":
        return ()
    folds: list[Fold] = []
    place = 0
    while place < len(score.sections):
        length, times = _run(score, place)
        start, end = score.sections[place].onset, score.sections[place + length - 1].end
        if times > 1 and end > start:
            folds.append(Fold(start, end, times))
        place += length * times
    return tuple(folds)


def _run(score: Score, place: int) -> tuple[int, int]:
    """The shortest run of sections from a place that comes again at once, and how often it comes."""
    for length in range(1, (len(score.sections) - place) // 2 + 1):
        times = 1
        while all(_restates(score, place + each, place + times * length + each) for each in range(length)):
            times += 1
        if times > 1:
            return length, times
    return 1, 1


def _restates(score: Score, place: int, other: int) -> bool:
    """Whether another statement follows on the first with nothing in between, and with the same music."""
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
    if score.position_in_bar(first.onset) != score.position_in_bar(again.onset):
        return False
    found = _music(score, first.onset, first.end)
    return found is not None and found == _music(score, again.onset, again.end)


def _music(score: Score, start: Fraction, end: Fraction) -> list[tuple[object, ...]] | None:
    """All that sounds in a span, with times from its start; None where something reaches over its ends."""
    found: list[tuple[object, ...]] = []
    events: tuple[Note | ChordEvent, ...] = (*score.notes, *score.chords)
    for event in events:
        if event.end <= start or event.onset >= end:
            continue
        if event.onset < start or event.end > end:
            return None
        found.append((event.onset - start, event.duration, *_marks(event)))
    return found


def _marks(event: Note | ChordEvent) -> tuple[object, ...]:
    if isinstance(event, ChordEvent):
        return (event.chord,)
    return (event.voice, event.pitch, event.ornament, event.fermata, event.lyric)


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
        full = clock - score.position_in_bar(clock) + score.meter.bar_length
        stop = min(full, end, *(cut for cut in cuts if cut > clock))
        yield clock, stop
        clock = stop
