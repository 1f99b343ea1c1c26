"""Scores and MIDI files as sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rulegen.errors import OutputError, ScoreReadError
from rulegen.storage import shown

if TYPE_CHECKING:
    from rulegen.io.midi_file import MidiFile
    from rulegen.score.events import Score

LONGEST = 3_600  # seconds of sound
_TAIL = 8  # seconds in which what sounds after the end may die away
_USUAL_TEMPO = 500_000  # microseconds a quarter, where MIDI says none


def sound_of_score(score: Score, kind: str, font: Path | None = None) -> bytes:
    """A score as it is performed, as the bytes of a sound file. Raises OutputError."""
    from rulegen.io.midi import midi_bytes
    from rulegen.perform.performance import perform
    from rulegen.perform.timing import LOOP

    played = perform(score)
    loops = dict(score.metadata).get(LOOP) == "yes"
    return _encoded(midi_bytes(score), played.seconds(played.end), kind, font, loops)


def sound_of_midi(path: Path, kind: str, font: Path | None = None) -> bytes:
    """A MIDI file as it stands, as the bytes of a sound file. Raises ScoreReadError and OutputError."""
    from rulegen.io.files import read_whole
    from rulegen.io.midi_file import MidiError, read_midi_file

    content = read_whole(path)
    try:
        file = read_midi_file(content)
    except MidiError as error:
        raise ScoreReadError(f"{shown(path)} is no MIDI file that can be played: {error}") from None
    last = max((note.end for track in file.tracks for note in track.notes), default=0)
    if _seconds(file, file.end) > LONGEST + _TAIL:
        raise _too_long(_seconds(file, file.end))
    return _encoded(content, _seconds(file, last), kind, font)


def _seconds(file: MidiFile, tick: int) -> float:
    """When a tick of a MIDI file comes, in seconds from its beginning."""
    clock, before, microseconds = 0.0, 0, _USUAL_TEMPO
    for time, tempo in file.tempi:
        if time >= tick:
            break
        clock += (time - before) * microseconds
        before, microseconds = time, tempo
    return (clock + (tick - before) * microseconds) / 1e6 / file.ticks_a_quarter


def _encoded(midi: bytes, seconds: float, kind: str, font: Path | None, loops: bool = False) -> bytes:
    from rulegen.io.midi_file import read_midi_file
    from rulegen.sound.encoding import encoded
    from rulegen.sound.font import sound_font
    from rulegen.sound.mastering import mastered
    from rulegen.sound.synthesis import RATE, samples_of

    if seconds > LONGEST:
        raise _too_long(seconds)
    path, file = sound_font(font), read_midi_file(midi)
    slowest = file.tempi[-1][1] if file.tempi else _USUAL_TEMPO
    ticks = file.end + round(_TAIL * 1e6 / slowest * file.ticks_a_quarter)
    return encoded(mastered(samples_of(midi, ticks, path), round(seconds * RATE), loops), kind)


def _too_long(seconds: float) -> OutputError:
    minutes = round(seconds / 60)
    return OutputError(
        f"it lasts {minutes} minutes, and sound goes to {LONGEST // 60}: write it as MIDI, or part of it"
    )
