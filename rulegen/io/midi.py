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
from rulegen.io.staves import program_of_voice
from rulegen.score.events import Score
from rulegen.score.timeline import Tempo, Timeline, TimeSpan
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
    """The MIDI file of a score; the same score gives the same bytes. The keys of phrases are in it too: MIDI
    has no other place for them.

    Raises OutputError for a note that MIDI has no number for.
    """
    ticks = _resolution(score)
    file = MidiFile(ticks, list(_tracks(score, 4 * ticks)))
    clock = score.timeline

    def at(onset: Fraction) -> int:
        return round(4 * ticks * onset)

    file.meters = [(at(onset), *meter) for onset, meter in _meters(clock)]
    file.keys = [(at(onset), key.signature_fifths, not key.has_major_third) for onset, key in clock.keys]
    file.tempi = [(at(onset), _microseconds(tempo)) for onset, tempo in clock.tempi]
    return write_midi_file(file)


def _resolution(score: Score) -> int:
    """Ticks a quarter that hold every length, as far as MIDI can count."""
    times = {4 * time for note in score.notes for time in (note.onset, note.onset + sounding_length(note))}
    ticks = lcm(TICKS_A_QUARTER, *(time.denominator for time in times))
    return ticks if ticks <= _MOST_TICKS else TICKS_A_QUARTER


def _meters(clock: Timeline) -> Iterator[tuple[Fraction, tuple[int, int]]]:
    """The meters; a short bar, such as a pickup, is a bar of a meter of its own."""
    said = None
    for bar in clock.spans("bar") or (TimeSpan("bar", Fraction(0), clock.meter.bar_length, 1),):
        meter, length = clock.meter_at(bar.onset), bar.end - bar.onset
        shown = (meter.numerator, meter.denominator)
        if length != meter.bar_length and bar.end < clock.end:
            shown = (length.numerator, length.denominator)
            while shown[1] < meter.denominator:
                shown = (2 * shown[0], 2 * shown[1])
        if shown != said:
            yield bar.onset, shown
        said = shown


def _microseconds(tempo: Tempo) -> int:
    """How long a quarter lasts; MIDI knows none slower than four a minute."""
    return min(_SLOWEST, max(1, round(_MICROSECONDS_A_MINUTE / tempo.quarter_bpm)))


def _tracks(score: Score, whole: int) -> Iterator[MidiTrack]:
    """A track for each voice; `whole` is the number of ticks in a whole note."""
    for place, voice in enumerate(score.voices):
        channel = place % 15
        channel = channel + (channel >= DRUMS) if voice.kit is None else DRUMS
        program = program_of_voice(score, voice.name) if voice.kit is None else 0
        track = MidiTrack(voice.name, channel, program)
        for note in score.notes_of(voice.name):
            if note.pitch is None:
                continue
            if not 0 <= note.pitch.midi <= 127:
                raise OutputError(f"{voice.name}: MIDI has no number for {note.pitch}")
            start, end = round(whole * note.onset), round(whole * (note.onset + sounding_length(note)))
            track.notes.append(MidiNote(start, max(end, start + 1), note.pitch.midi, velocity(score, note)))
        yield track
