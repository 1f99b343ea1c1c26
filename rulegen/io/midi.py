"""MIDI out: a track a voice, with meter, key and tempo, in ticks that hold every length."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from rulegen.errors import OutputError
from rulegen.io.midi_file import DRUMS, MidiFile, MidiNote, MidiTrack, write_midi_file
from rulegen.io.staves import program_of_voice
from rulegen.perform.performance import Performance, Played, perform
from rulegen.score.events import Score
from rulegen.score.timeline import Timeline, TimeSpan
from rulegen.storage import write_whole

if TYPE_CHECKING:
    from pretty_midi import PrettyMIDI

TICKS_A_QUARTER = 480
_MOST_TICKS = 0x7FFF
_SLOWEST = 0xFFFFFF  # microseconds a quarter
_MICROSECONDS_A_MINUTE = 60_000_000
_MIDDLE, _WIDTH = 64, 36  # of the stereo places


def write_midi(score: Score, path: str | os.PathLike[str]) -> None:
    """Writes a score as MIDI; raises OutputError for a place that cannot be written."""
    write_whole(path, midi_bytes(score))


def to_pretty_midi(score: Score) -> PrettyMIDI:
    """The score in pretty_midi: its MIDI file, read."""
    import io

    import pretty_midi

    return pretty_midi.PrettyMIDI(io.BytesIO(midi_bytes(score)))


def midi_bytes(score: Score) -> bytes:
    """The MIDI file of a score as it is performed; the same score gives the same bytes. The keys of phrases
    are in it too, for MIDI has no other place for them, and sections are markers.

    Raises OutputError for a note that MIDI has no number for.
    """
    played = perform(score)
    ticks = _resolution(played)
    file = MidiFile(ticks, list(_tracks(score, played, 4 * ticks)))
    clock = score.timeline

    def at(onset: Fraction) -> int:
        return round(4 * ticks * onset)

    file.meters = [(at(onset), *meter) for onset, meter in _meters(clock)]
    file.keys = [(at(onset), key.signature_fifths, not key.has_major_third) for onset, key in clock.keys]
    file.tempi = [(at(onset), microseconds(quarters)) for onset, quarters in played.tempi]
    file.markers = [(at(each.onset), each.name) for each in score.sections]
    file.title, file.end = score.title, at(score.end)
    return write_midi_file(file)


def _resolution(played: Performance) -> int:
    """Ticks a quarter that hold every length, as far as MIDI can count."""
    times = {4 * time for note in played.notes for time in (note.onset, note.end)}
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


def microseconds(quarters_a_minute: float) -> int:
    """How long a quarter lasts; MIDI knows none slower than four a minute."""
    return min(_SLOWEST, max(1, round(_MICROSECONDS_A_MINUTE / quarters_a_minute)))


def _tracks(score: Score, played: Performance, whole: int) -> Iterator[MidiTrack]:
    """A track for each voice; `whole` is the number of ticks in a whole note."""
    pitched = sum(voice.kit is None for voice in score.voices)
    order = 0
    for place, voice in enumerate(score.voices):
        channel = place % 15
        channel = channel + (channel >= DRUMS) if voice.kit is None else DRUMS
        program = program_of_voice(score, voice.name) if voice.kit is None else 0
        track = MidiTrack(voice.name, channel, program)
        if voice.kit is None:
            track.pan, order = _pan(order, pitched), order + 1
        for note in played.notes:
            if note.voice != voice.name:
                continue
            if not 0 <= note.key <= 127:
                pitch = next(each.pitch for each in score.notes_of(voice.name)
                             if each.pitch is not None and each.pitch.midi == note.key)  # fmt: skip
                raise OutputError(f"{voice.name}: MIDI has no number for {pitch}")
            start, end = (
                round(whole * each) + _ticks(note, played, whole) for each in (note.onset, note.end)
            )
            start = max(0, start)
            track.notes.append(MidiNote(start, max(end, start + 1), note.key, note.velocity))
            if note.lyric:
                track.lyrics.append((start, note.lyric))
        yield track


def _ticks(note: Played, played: Performance, whole: int) -> int:
    """By how many ticks a note is late, at the tempo of its onset."""
    if not note.late:
        return 0
    quarters = next(quarters for onset, quarters in reversed(played.tempi) if onset <= note.onset)
    return round(note.late / 1000 * quarters / 60 * whole / 4)


def _pan(order: int, count: int) -> int:
    """Where a voice stands between left (0) and right (127): the first left, the last right, not far out."""
    return _MIDDLE if count < 2 else round(_MIDDLE + _WIDTH * (2 * order / (count - 1) - 1))
