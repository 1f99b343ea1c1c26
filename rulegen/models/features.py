"""What is counted of a piece when music is compared: symbols, each a class of something that is heard.

Keys share what is counted: pitches stand above the tonic, intervals are semitones. Rests are passed over:
a note follows the one before it in its voice, whatever lies between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise
from math import lcm

import numpy as np

from rulegen.io.pieces import CorpusPiece, Sung

ALL = "all"
_OCTAVE = 12
_DIRECTIONS = ("same", "up", "down")  # by the sign of an interval
_SILENCE = 1 << 16  # above every pitch


@dataclass(frozen=True, slots=True)
class ComparedPiece:
    """A piece and those of its voices that are compared."""

    piece: CorpusPiece
    lines: tuple[tuple[Sung, ...], ...]


def heard(piece: CorpusPiece, part: str) -> ComparedPiece | None:
    """A piece by one of its voices (a name, or a number from 1) or by `all` that sing; None without."""
    voices = [notes for _, notes in piece.voices] if part == ALL else [piece.voice(part)]
    lines = tuple(notes for notes in voices if notes)
    return ComparedPiece(piece, lines) if lines else None


def intervals(line: Sequence[Sung]) -> list[int]:
    """Semitones from each note to the next, upward positive."""
    return [after.midi - before.midi for before, after in pairwise(line)]


def pitch_classes(music: ComparedPiece) -> Iterator[int]:
    """Semitones above the tonic, 0 to 11, of each note, however long."""
    return (_above(music.piece, note) for line in music.lines for note in line)


def _above(piece: CorpusPiece, note: Sung) -> int:
    """Semitones above the tonic that holds where a note begins, 0 to 11."""
    return (note.midi - piece.tonic_at(note.onset)[0]) % _OCTAVE


def melodic_intervals(music: ComparedPiece) -> Iterator[int]:
    """Semitones from a note to the next of its voice."""
    return (interval for line in music.lines for interval in intervals(line))


def durations(music: ComparedPiece) -> Iterator[Fraction]:
    """Lengths of notes, in whole notes."""
    return (note.duration for line in music.lines for note in line)


def contours(music: ComparedPiece) -> Iterator[tuple[str, str]]:
    """Where a voice moves after where it moved: up, down or to the same pitch."""
    for line in music.lines:
        yield from pairwise(_DIRECTIONS[(step > 0) - (step < 0)] for step in intervals(line))


def bars(music: ComparedPiece) -> Iterator[str]:
    """`repeated` for each bar that equals an earlier one of its voice in pitches and rhythm, else `new`.

    A bar is the notes that begin in it; one in which none begins is not counted.
    """
    for line in music.lines:
        met: set[tuple[tuple[Fraction, Fraction, int], ...]] = set()
        for _, notes in groupby(line, key=lambda note: note.onset - note.offset):
            bar = tuple((note.offset, note.duration, note.midi) for note in notes)
            yield "repeated" if bar in met else "new"
            met.add(bar)


def endings(music: ComparedPiece) -> Iterator[tuple[int, int]]:
    """The last two pitches of each phrase of a voice, semitones above the tonic, 0 to 11."""
    stops = np.array([float(end) for end in sorted(music.piece.phrase_ends)])
    for line in music.lines:
        phrases = np.searchsorted(stops, [float(note.onset) for note in line], side="right")
        for place, note in enumerate(line):
            closes = place + 1 == len(line) or phrases[place + 1] != phrases[place]
            if closes and place and phrases[place - 1] == phrases[place]:
                yield _above(music.piece, line[place - 1]), _above(music.piece, note)


def harmonic_intervals(music: ComparedPiece) -> Iterator[int]:
    """Semitones of a voice above the lowest note that sounds, octaves taken off, 0 to 11.

    Counted where one of the two begins; the lowest note is that of all voices, whichever are compared.
    """
    voices = [notes for _, notes in music.piece.voices if notes]
    compared = np.array([any(notes is line for line in music.lines) for notes in voices])
    times = [time for notes in voices for note in notes for time in (note.onset, note.duration)]
    unit = lcm(1, *(time.denominator for time in times))
    onsets = [np.array([int(note.onset * unit) for note in notes]) for notes in voices]
    moments = np.unique(np.concatenate(onsets))
    pitches = np.full((len(voices), len(moments)), _SILENCE)
    begins = np.zeros(pitches.shape, dtype=bool)
    for row, (notes, starts) in enumerate(zip(voices, onsets, strict=True)):
        place = np.searchsorted(starts, moments, side="right") - 1
        ends = np.array([int((note.onset + note.duration) * unit) for note in notes])
        sounds = (place >= 0) & (moments < ends[place])
        pitches[row] = np.where(sounds, np.array([note.midi for note in notes])[place], _SILENCE)
        begins[row] = sounds & (starts[place] == moments)
    lowest, column = pitches.argmin(axis=0), np.arange(len(moments))
    counts = (pitches != _SILENCE) & (begins | begins[lowest, column]) & compared[:, None]
    counts[lowest, column] = False
    yield from ((pitches - pitches[lowest, column])[counts] % _OCTAVE).tolist()


def chords(music: ComparedPiece) -> Iterator[str]:
    """The labels of chords; one that is stated again at once counts once."""
    return (label for label, _ in groupby(label for _, label in music.piece.chords))


def successions(music: ComparedPiece) -> Iterator[tuple[str, str]]:
    """Each chord with the one that it goes to."""
    return pairwise(chords(music))


Symbols = Iterator[int] | Iterator[str] | Iterator[Fraction] | Iterator[tuple[int, int] | tuple[str, str]]

FEATURES: dict[str, Callable[[ComparedPiece], Symbols]] = {
    "pitch class": pitch_classes,
    "melodic interval": melodic_intervals,
    "duration": durations,
    "harmonic interval": harmonic_intervals,
    "chord": chords,
    "chord succession": successions,
    "contour": contours,
    "self-similarity": bars,
    "phrase ending": endings,
}
