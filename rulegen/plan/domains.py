"""The symbols of each voice and the chords of a piece, from what a style says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from rulegen.plan.timeline import Timeline
from rulegen.plan.tune import Tune
from rulegen.rules.tables import Symbols, Tables
from rulegen.style.model import Style, VoicePlan
from rulegen.theory.chord import Chord, parse_chord
from rulegen.theory.pitch import Pitch, PitchClass
from rulegen.theory.scale import Key


def tables_of(style: Style, timeline: Timeline, tunes: Mapping[str, Tune]) -> Tables:
    """The codes of a piece. Chords are in the order of the text, pitches from low to high, a rest first where
    there is one.
    """
    chords = chords_of(style, timeline.key)
    symbols = []
    for place, voice in enumerate(style.voices):
        if place == timeline.free:
            symbols.append(_sampled(voice, pitches_of(voice, timeline.key, chords), timeline.frame.onsets))
            continue
        pitches: list[Pitch | None] = list(pitches_of(voice, timeline.key, chords))
        if voice.name in tunes:
            given = {note.pitch for note in tunes[voice.name].skeleton if note.pitch is not None}
            pitches = list(sorted(given))
        if not timeline.frame.sounding[place].all():
            pitches.insert(0, None)
        symbols.append(Symbols.of_pitches(pitches))
    return Tables(timeline.key, tuple(symbols), chords)


def chords_of(style: Style, key: Key) -> tuple[Chord, ...]:
    """The chords that the style allows in a key."""
    if style.harmony is None:
        return ()
    given = [label for each in style.givens if each.subject == "harmony" for label, _ in each.labels]
    labels = dict.fromkeys([*style.harmony.labels(key.mode), *given])
    return tuple(parse_chord(label, key) for label in labels)


def pitches_of(voice: VoicePlan, key: Key, chords: Sequence[Chord]) -> list[Pitch]:
    """The pitches in a voice's range that the style lets it sound, from low to high."""
    classes = _classes(voice, key, chords)
    low, high = voice.voice.low, voice.voice.high
    found = {name.in_octave(octave) for name in classes for octave in range(low.octave - 1, high.octave + 2)}
    return sorted(pitch for pitch in found if low.midi <= pitch.midi <= high.midi)


def _classes(voice: VoicePlan, key: Key, chords: Sequence[Chord]) -> list[PitchClass]:
    notes = voice.notes
    named = list(notes.classes) + ([key.leading_tone] if notes.leading_tone else [])
    if notes.kind == "chord":
        return list(dict.fromkeys([tone for chord in chords for tone in chord.tones] + named))
    if notes.kind == "scale":
        return list(dict.fromkeys([*key.collection, *named]))
    if notes.kind == "chromatic":
        return list(
            dict.fromkeys(
                [*(PitchClass.from_fifths(key.tonic.fifths + step) for step in range(-5, 7)), *named]
            )
        )
    return named


def _sampled(voice: VoicePlan, pitches: Sequence[Pitch], onsets: Sequence[Fraction]) -> Symbols:
    """A symbol for each pitch, length and number of steps still to sound; the length fixed for a close among
    them.
    """
    step = onsets[1] - onsets[0]
    lengths = sorted(
        {value for value, _ in voice.rhythm.values} | ({voice.rhythm.close} if voice.rhythm.close else set())
    )
    rows = [
        (pitch.diatonic, pitch.midi, float(length), remaining == int(length / step), remaining)
        for pitch in pitches
        for length in lengths
        for remaining in range(int(length / step), 0, -1)
    ]
    diatonic, midi, length, begins, remaining = (np.array(column) for column in zip(*rows, strict=True))
    return Symbols(diatonic.astype(np.int16), midi.astype(np.int16), length, begins, remaining)
