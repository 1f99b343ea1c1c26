"""MIDI out: a track a voice, with meter, key and tempo, in ticks that hold every length."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from rulegen.errors import OutputError
from rulegen.io.loudness import sounding_length, velocity
from rulegen.io.midi_file import DRUMS, MidiFile, MidiNote, MidiTrack, write_midi_file
from rulegen.io.staves import staves_of
from rulegen.score.events import Score
from rulegen.storage import write_whole

if TYPE_CHECKING:
    from pretty_midi import PrettyMIDI

TICKS_A_QUARTER = 480
_MOST_TICKS = 0x7FFF
_SLOWEST = 0xFFFFFF  # microseconds a quarter
_MICROSECONDS_A_MINUTE = 60_000_000


def write_midi(score: Score, path: str | os.PathLike[str]) -> None:
    """Writes a score as MIDI; raises OutputError for a place that cannot be written."""
    write_whole(path, midi_bytes(score))


def to_pretty_midi(score: Score) -> PrettyMIDI:
    """The score in pretty_midi: its MIDI file, read."""
    import io

    import pretty_midi

    return pretty_midi.PrettyMIDI(io.BytesIO(midi_bytes(score)))


def midi_bytes(score: Score) -> bytes:
    """The MIDI file of a score; the same score gives the same bytes.

    Raises OutputError for a note that MIDI has no number for.
    """
    ticks = _resolution(score)
    file = MidiFile(ticks, list(_tracks(score, 4 * ticks)))
    file.meters = [(round(4 * ticks * onset), *meter) for onset, meter in _meters(score)]
    file.keys = [(0, score.key.signature_fifths, not score.key.has_major_third)]
    file.tempi = [(0, min(_SLOWEST, round(_MICROSECONDS_A_MINUTE / score.tempo_quarter_bpm)))]
    return write_midi_file(file)


def _resolution(score: Score) -> int:
    """Ticks a quarter that hold every length, as far as MIDI can count."""
    times = {4 * time for note in score.notes for time in (note.onset, note.onset + sounding_length(note))}
    ticks = lcm(TICKS_A_QUARTER, *(time.denominator for time in times))
    return ticks if ticks <= _MOST_TICKS else TICKS_A_QUARTER


def _meters(score: Score) -> Iterator[tuple[Fraction, tuple[int, int]]]:
    """The meter; a pickup is a short bar of a meter of its own."""
    if score.pickup:
        numerator, denominator = score.pickup.numerator, score.pickup.denominator
        while denominator < score.meter.denominator:
            numerator, denominator = 2 * numerator, 2 * denominator
        yield Fraction(0), (numerator, denominator)
    yield score.pickup, (score.meter.numerator, score.meter.denominator)


def _tracks(score: Score, whole: int) -> Iterator[MidiTrack]:
    """A track for each voice; `whole` is the number of ticks in a whole note."""
    for place, (voice, staff) in enumerate(zip(score.voices, staves_of(score), strict=True)):
        channel = place % 15
        track = MidiTrack(voice.name, channel + (channel >= DRUMS), staff.program)
        for note in score.notes_of(voice.name):
            if note.pitch is None:
                continue
            if not 0 <= note.pitch.midi <= 127:
                raise OutputError(f"{voice.name}: MIDI has no number for {note.pitch}")
            start, end = round(whole * note.onset), round(whole * (note.onset + sounding_length(note)))
            track.notes.append(MidiNote(start, max(end, start + 1), note.pitch.midi, velocity(score, note)))
        yield track
