"""Music read on its beats alone, so that music with passing notes can be compared with music without them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import lcm

from rulegen.io.pieces import CorpusPiece, Sung
from rulegen.theory.meter import Meter


def on_beats(piece: CorpusPiece) -> CorpusPiece:
    """The piece with those notes that sound as a beat begins, each for all the beats that it sounds at.

    Beats are those of the meter. A note that begins between two of them and still sounds at the second begins
    there; one that ends before is left out, and the beat belongs to what began it.
    """
    spans = pairwise([Fraction(0), *(onset for onset, *_ in piece.meters), None])
    held = [(start, end, piece.meter_at(start)[1]) for start, end in spans if start is not None]

    def read(notes: tuple[Sung, ...]) -> tuple[Sung, ...]:
        own = (
            (tuple(n for n in notes if start <= n.onset and (end is None or n.onset < end)), meter)
            for start, end, meter in held
        )
        return tuple(each for some, meter in own for each in _read(some, meter))

    return replace(piece, voices=tuple((name, read(notes)) for name, notes in piece.voices))


def _read(notes: tuple[Sung, ...], meter: Meter) -> tuple[Sung, ...]:
    """The notes of a voice on the beats; reckoned in whole units that all its times share, for speed."""
    times = [time for note in notes for time in (note.onset, note.duration, note.offset)]
    unit = lcm(meter.denominator, *(time.denominator for time in times))
    beats = [int(beat * unit) for beat in (*meter.beats, meter.bar_length)]

    def to_beat(offset: int) -> int:
        """How long it is from a place in the bar to the first beat at or after it."""
        place = offset % beats[-1]
        return beats[bisect_left(beats, place)] - place

    found = []
    for note in notes:
        onset, duration, offset = (_units(time, unit) for time in (note.onset, note.duration, note.offset))
        late = to_beat(offset)
        if late < duration:
            lasts = duration - late + to_beat(offset + duration)
            start = Fraction((offset + late) % beats[-1], unit)
            found.append(Sung(Fraction(onset + late, unit), Fraction(lasts, unit), note.midi, start))
    return tuple(found)


def _units(time: Fraction, unit: int) -> int:
    return time.numerator * (unit // time.denominator)
