"""A score as it is played: its notes with their loudness, and the tempo at every moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from rulegen.perform.loudness import shape, sounding_length, velocity, within
from rulegen.perform.manner import Manner, manner_of
from rulegen.score.events import Note, Score

_RITARDANDO_STEP = Fraction(1, 16)  # the tempo falls in steps of this length
_QUARTERS = 4  # in a whole note
_SECONDS = 60  # in a minute


@dataclass(frozen=True, slots=True)
class Played:
    """A note that sounds from one moment to another, in whole notes; velocity: from 1 to 127; late: the
    milliseconds by which it comes after its moment.
    """

    voice: str
    onset: Fraction
    end: Fraction
    key: int
    velocity: int
    late: float = 0.0
    lyric: str | None = None


@dataclass(frozen=True, slots=True)
class Performance:
    """What sounds, and the tempi: from when, and how many quarters a minute. `end`: that of the music."""

    notes: tuple[Played, ...]
    tempi: tuple[tuple[Fraction, float], ...]
    end: Fraction

    def seconds(self, moment: Fraction) -> float:
        """The time from the beginning to a moment, in seconds."""
        ends = [*(onset for onset, _ in self.tempi[1:]), None]
        total = 0.0
        for (onset, quarters), end in zip(self.tempi, ends, strict=True):
            until = moment if end is None else min(end, moment)
            if until > onset:
                total += float(until - onset) * _QUARTERS * _SECONDS / quarters
        return total


def perform(score: Score, manner: Manner | None = None) -> Performance:
    """The performance of a score, in the manner that it keeps or in another; the same seed, the same.

    Notes that have no key among MIDI's, 0 to 127, are left to those who write them.
    """
    manner = manner_of(score.metadata) if manner is None else manner
    phrases = _Phrases(score)
    notes = [_played(score, note, manner, phrases) for note in score.notes if note.pitch is not None]
    if manner.humanise or manner.velocity:
        notes = list(_humanised(notes, manner, dict(score.metadata).get("seed", "")))
    return Performance(tuple(notes), tuple(_tempi(score, manner)), score.end)


class _Phrases:
    """The phrases of a score, and where in one a note stands."""

    def __init__(self, score: Score) -> None:
        self.starts = [each.onset for each in score.phrases]
        self.ends = [each.end for each in score.phrases]
        self.last: dict[tuple[int, str], Fraction] = {}
        for note in score.notes:
            which = self.of(note.onset)
            if which is not None and not note.is_rest:
                self.last[which, note.voice] = note.onset

    def of(self, onset: Fraction) -> int | None:
        """The number of the phrase that holds a moment, from 0."""
        which = bisect_right(self.starts, onset) - 1
        return which if which >= 0 and onset < self.ends[which] else None

    def place(self, which: int, note: Note) -> float:
        """How far a note is on the way from the start of a phrase to the last onset of its voice there."""
        course = self.last[which, note.voice] - self.starts[which]
        return float((note.onset - self.starts[which]) / course) if course else 1.0


def _played(score: Score, note: Note, manner: Manner, phrases: _Phrases) -> Played:
    assert note.pitch is not None
    length, loud = sounding_length(note, manner), velocity(score, note)
    which = phrases.of(note.onset) if manner.phrases or manner.breath else None
    if which is not None:
        loud *= shape(phrases.place(which, note), manner.phrases)
        if note.end >= phrases.ends[which] and note.end < score.end:
            length -= min(manner.breath, length / 2)
    onset = swung(score, note.onset, manner)
    end = swung(score, note.onset + length, manner)
    return Played(note.voice, onset, end, note.pitch.midi, round(within(loud)), lyric=note.lyric)


def swung(score: Score, moment: Fraction, manner: Manner) -> Fraction:
    """A moment where each pair of notes, counted from the downbeat, is divided unevenly."""
    if manner.swing == 1:
        return moment
    pair, first = 2 * manner.swing_of, 2 * manner.swing_of * manner.swing / (manner.swing + 1)
    position = score.timeline.position(moment)
    whole = position // pair * pair
    within_pair, half = position - whole, manner.swing_of
    if whole + pair > score.timeline.bar_length(moment):  # an odd note before a bar line is on its own
        return moment
    if within_pair <= half:
        return moment - within_pair + within_pair * first / half
    return moment - within_pair + first + (within_pair - half) * (pair - first) / half


def _tempi(score: Score, manner: Manner) -> Iterator[tuple[Fraction, float]]:
    """The tempi of the score, slower under fermatas and towards the end."""
    clock, end = score.timeline, score.end
    held = list(_held(score)) if manner.fermatas > 1 else []
    slowing = manner.over or clock.bar_length(max(Fraction(0), end - Fraction(1, 128)))
    begin = max(Fraction(0), end - slowing)
    moments = {
        Fraction(0),
        *(onset for onset, _ in clock.tempi),
        *(moment for span in held for moment in span),
    }
    if manner.ritardando:
        steps = max(1, int((end - begin) / _RITARDANDO_STEP))
        moments |= {begin + (end - begin) * step / steps for step in range(steps)}
    ordered = sorted(each for each in moments if each < end or not each)
    said = None
    for moment, following in pairwise([*ordered, max(end, ordered[-1])]):
        quarters = clock.tempo_at(moment).quarter_bpm
        if manner.ritardando and moment >= begin:
            gone = (moment + following - 2 * begin) / (2 * (end - begin))
            quarters *= 1 - float(manner.ritardando * gone)
        if any(first <= moment < last for first, last in held):
            quarters /= float(manner.fermatas)
        if quarters != said:
            yield moment, quarters
        said = quarters


def _held(score: Score) -> Iterator[tuple[Fraction, Fraction]]:
    """Where fermatas hold: from the last onset of any voice under one to where its note ends."""
    onsets = sorted({note.onset for note in score.notes if not note.is_rest})
    for note in score.notes:
        if note.fermata and not note.is_rest:
            yield max(onset for onset in onsets if onset < note.end), note.end


def _humanised(notes: list[Played], manner: Manner, seed: str) -> Iterator[Played]:
    """The notes a little early or late and softer or louder, at most thrice the standard deviation."""
    from zlib import crc32

    import numpy as np

    random = np.random.default_rng([crc32(seed.encode()), len(notes)])
    moves = np.clip(random.standard_normal((len(notes), 2)), -3.0, 3.0)
    for note, (late, louder) in zip(notes, moves, strict=True):
        loud = round(within(note.velocity + float(louder) * float(manner.velocity)))
        yield replace(note, late=float(late) * float(manner.humanise), velocity=loud)
