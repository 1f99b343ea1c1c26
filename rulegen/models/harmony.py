"""The chord under a note, as a network of one voice knows it: one number, and what it hears of that number.

A chord is its tones, its root and its bass, in semitones above the tonic; how it is spelled or named is not
told. 0 stands for no chord: a network hears nothing then, as it does of a style without harmony.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from rulegen.models.base import CONDITIONS, Ints
from rulegen.models.cells import Weights
from rulegen.theory.chord import Chord

NO_CHORD = 0
HEARD = 36  # features: each semitone above the tonic as a tone, as the root, as the bass
_OCTAVE = 12


def number_of(chord: Chord) -> int:
    """A chord as one number above 0, the same in all keys."""
    tonic = chord.key.tonic.chroma
    tones = sum(1 << place for place in {(tone.chroma - tonic) % _OCTAVE for tone in chord.tones})
    root, bass = ((tone.chroma - tonic) % _OCTAVE for tone in (chord.root, chord.bass))
    return (tones << 8) | (root << 4) | bass


def features(numbers: Ints) -> Weights:
    """float32 (count, HEARD): 1 where a chord has the tone, the root, the bass; all 0 without a chord."""
    semitones = np.arange(_OCTAVE)
    tones = (numbers[:, None] >> (8 + semitones)) & 1
    root = (numbers[:, None] >> 4 & 15) == semitones
    bass = (numbers[:, None] & 15) == semitones
    is_chord = (numbers != NO_CHORD)[:, None]
    return np.hstack([tones, root & is_chord, bass & is_chord]).astype(np.float32)


def with_chord(conditions: Ints, numbers: Ints) -> Ints:
    """The conditions of places at which chords of these numbers sound."""
    return np.asarray(conditions + CONDITIONS * numbers, dtype=np.int32)


def chord_in(conditions: Ints) -> Ints:
    """The number of the chord in each condition; the rest, the place, is its remainder by CONDITIONS."""
    return conditions // CONDITIONS


def sounding(onsets: Sequence[Fraction], chords: Sequence[tuple[Fraction, int]]) -> list[int]:
    """The number of the chord that sounds at each onset; chords: (onset, number), ascending."""
    starts = [start for start, _ in chords]
    found = (bisect_right(starts, onset) for onset in onsets)
    return [chords[place - 1][1] if place else NO_CHORD for place in found]
