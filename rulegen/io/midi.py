"""MIDI out, through pretty_midi: a track a voice, with meter, key and tempo."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rulegen.io.loudness import sounding_length, velocity
from rulegen.io.staves import staves_of
from rulegen.score.events import Score
from rulegen.storage import write_whole

if TYPE_CHECKING:
    from pretty_midi import Instrument

TICKS_A_QUARTER = 480
_SEVENTHS = 7


def write_midi(score: Score, path: str | os.PathLike[str]) -> None:
    """Writes a score as MIDI; raises OutputError for a place that cannot be written."""
    write_whole(path, midi_bytes(score))


def midi_bytes(score: Score) -> bytes:
    """The MIDI file of a score; the same score gives the same bytes."""
    import pretty_midi

    midi = pretty_midi.PrettyMIDI(resolution=_resolution(score), initial_tempo=score.tempo_quarter_bpm)
    midi.time_signature_changes += list(_meters(score))
    midi.key_signature_changes.append(pretty_midi.KeySignature(_key_number(score), 0.0))
    midi.instruments += list(_tracks(score))
    buffer = io.BytesIO()
    midi.write(buffer)
    return buffer.getvalue()


def _resolution(score: Score) -> int:
    """Ticks a quarter that hold every length, sevenths included."""
    sevenths = any(
        time.denominator % _SEVENTHS == 0 for note in score.notes for time in (note.onset, note.end)
    )
    return TICKS_A_QUARTER * (_SEVENTHS if sevenths else 1)


def _meters(score: Score) -> Iterator[object]:
    """The meter; a pickup is a short bar of a meter of its own."""
    import pretty_midi

    if score.pickup:
        numerator, denominator = score.pickup.numerator, score.pickup.denominator
        while denominator < score.meter.denominator:
            numerator, denominator = 2 * numerator, 2 * denominator
        yield pretty_midi.TimeSignature(numerator, denominator, 0.0)
    start = _seconds(score, float(score.pickup))
    yield pretty_midi.TimeSignature(score.meter.numerator, score.meter.denominator, start)


def _key_number(score: Score) -> int:
    """The signature as pretty_midi numbers keys: major keys from C, then minor keys."""
    fifths = score.key.signature_fifths
    if score.key.has_major_third:
        return 7 * fifths % 12
    return (7 * fifths + 9) % 12 + 12


def _tracks(score: Score) -> Iterator[Instrument]:
    import pretty_midi

    for voice, staff in zip(score.voices, staves_of(score), strict=True):
        track = pretty_midi.Instrument(program=staff.program, name=voice.name)
        for note in score.notes_of(voice.name):
            if note.pitch is not None:
                start = _seconds(score, float(note.onset))
                end = _seconds(score, float(note.onset + sounding_length(note)))
                track.notes.append(pretty_midi.Note(velocity(score, note), note.pitch.midi, start, end))
        yield track


def _seconds(score: Score, wholes: float) -> float:
    return wholes * 4 * 60 / score.tempo_quarter_bpm
