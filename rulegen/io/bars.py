"""The bars in which a score is printed: their lengths, numbers, bar lines and repeat signs."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, groupby

from rulegen.score.events import ChordEvent, Note, Score
from rulegen.score.timeline import Changes, holding
from rulegen.theory.meter import Meter
from rulegen.theory.scale import Key

_MARKS = ("ornament", "fermata", "lyric", "articulations", "slurred")


@dataclass(frozen=True, slots=True)
class Bar:
    """A printed bar; `start` and `end` are times of the score, `offset` is its first place within a full bar.

    `continues`: it completes the bar before it, whose number it has. `is_irregular`: no other bar completes
    it, though it is short. `repeats_to` is how often the music back to the repeat sign sounds in all, 1 where
    it has no sign. `key` is that of the signature.
    """

    number: int
    start: Fraction
    end: Fraction
    offset: Fraction
    meter: Meter
    key: Key
    continues: bool = False
    is_irregular: bool = False
    opens_repeat: bool = False
    repeats_to: int = 1
    line: str = "regular"

    @property
    def is_counted(self) -> bool:
        """Whether its number is shown: an upbeat's is not."""
        return self.offset == 0 and not self.is_irregular

    @property
    def is_short(self) -> bool:
        """Whether it lacks the end of a full bar."""
        return self.offset + self.end - self.start < self.meter.bar_length


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

    The last bar is full, save where it makes up for an upbeat or ends a repeat. A double line ends a section,
    save within a repeat: there sections are the phrases of one strain.
    """
    clock, folds = score.timeline, found_folds(score)
    end_of_piece, signatures = _printed_end(score, folds), printed_signatures(clock.signatures)
    opening = {fold.start for fold in folds if fold.start > 0}
    closing = {fold.end: fold.times for fold in folds}
    ends = {part.end for part in score.sections}
    doubles = {end for end in ends if not any(fold.start < end < fold.end for fold in folds)}
    doubles |= {onset for onset, _ in signatures[1:]}
    last = {end_of_piece, *(fold.end for fold in folds if fold.stop == end_of_piece)}
    bars: list[Bar] = []
    number = 0 if clock.pickup else 1
    for start, end in _spans(score, folds, end_of_piece):
        before = bars[-1] if bars else None
        offset, meter = clock.position(start), clock.meter_at(start)
        continues = before is not None and before.is_short and offset > 0
        if before is not None and not continues:
            bars[-1] = replace(before, is_irregular=before.is_short and before.offset == 0)
            number += 1
        line = "final" if end in last else "double" if end in doubles else "regular"
        bars.append(
            Bar(
                number, start, end, offset, meter, holding(signatures, start), continues,
                opens_repeat=start in opening, repeats_to=closing.get(end, 1), line=line,
            )
        )  # fmt: skip
    return tuple(bars)


def printed_signatures(signatures: Iterable[tuple[Fraction, Key]]) -> Changes[Key]:
    """The signatures that say something new on paper: that of a relative key is not printed again."""
    alike = groupby(signatures, key=lambda change: change[1].signature_fifths)
    return tuple(next(group) for _, group in alike)


def bar_at(bars: Sequence[Bar], onset: Fraction, is_end: bool = False) -> int | None:
    """The place of the bar in which a time is printed; None within what a repeat sign says again.

    What ends at a bar line belongs to the bar before it.
    """
    if is_end:
        place = bisect_left(bars, onset, key=lambda bar: bar.start) - 1
        return place if place >= 0 and onset <= bars[place].end else None
    place = bisect_right(bars, onset, key=lambda bar: bar.start) - 1
    return place if place >= 0 and onset < bars[place].end else None


def _printed_end(score: Score, folds: Sequence[Fold]) -> Fraction:
    """Where the last bar ends: with the music, where that fits an upbeat or is a repeat, else with the full
    bar.
    """
    clock = score.timeline
    end = score.end or clock.pickup or clock.meter.bar_length
    left, full = clock.position(end), clock.bar_length(end)
    makes_up = any(left + change.upbeat == full for change in clock.meters if change.upbeat)
    is_repeat = any(fold.stop == end for fold in folds)
    return end if left == 0 or makes_up or is_repeat else end - left + full


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
    clock = score.timeline
    if clock.from_onset(first.onset, first.end) != clock.from_onset(again.onset, again.end):
        return False
    found = music.between(first.onset, first.end)
    return found is not None and found == music.between(again.onset, again.end)


def _marks(event: Note | ChordEvent) -> tuple[object, ...]:
    if isinstance(event, ChordEvent):
        return (event.chord,)
    return (event.voice, event.pitch, *(getattr(event, name) for name in _MARKS))


def _spans(score: Score, folds: Sequence[Fold], end: Fraction) -> Iterator[tuple[Fraction, Fraction]]:
    """The time of each printed bar; what a fold says again is skipped.

    A repeat sign and a new signature cut a bar in two.
    """
    skips = {fold.end: fold.stop for fold in folds}
    cuts = {cut for fold in folds for cut in (fold.start, fold.end)}
    places = sorted({*cuts, *(onset for onset, _ in printed_signatures(score.timeline.signatures))})
    now = Fraction(0)
    while now < end:
        now = skips.get(now, now)
        if now >= end:
            return
        following = bisect_right(places, now)
        stop = min(score.timeline.bar_end(now), end, *places[following : following + 1])
        yield now, stop
        now = stop
