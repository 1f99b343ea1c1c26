"""A MIDI file as a score: rational time from its ticks, and pitches spelled by its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from typing import TypeVar

from rulegen.errors import ScoreReadError
from rulegen.io.lines import range_of, told_apart, with_rests
from rulegen.io.midi_file import DRUMS, MidiError, MidiFile, MidiTrack, read_midi_file
from rulegen.score.events import LEFT_OUT, Note, Score, Voice
from rulegen.score.timeline import Changes, MeterChange, Tempo, Timeline
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch, PitchClass
from rulegen.theory.scale import MODES, Key
from rulegen.theory.stroke import BY_KEY, Stroke

_USUAL_METER = Meter.parse("4/4")
_MICROSECONDS_A_MINUTE = 60_000_000
_GRID = 192
_FINEST = 64
_ODD_PARTS = (1, 3, 5, 7, 15)
_KIT = "drums"
_LEGATO = Fraction(1, 32)

Value = TypeVar("Value")
Timed = tuple[Fraction, Fraction, int]


def midi_score(content: bytes, file: str) -> Score:
    """The score of a MIDI file, a voice a track; raises ScoreReadError for what is none.

    What makes no sense in it, such as a key of nine sharps, is left out, and named in the metadata.
    """
    try:
        midi = read_midi_file(content)
    except MidiError as error:
        damage = "is no MIDI file" if not content.startswith((b"MThd", b"RIFF")) else "is damaged"
        raise ScoreReadError(f"{file} {damage}: {error}") from None
    tracks = [track for track in midi.tracks if track.notes]
    if not tracks:
        raise ScoreReadError(f"{file} has no notes")
    struck = [track for track in tracks if track.channel == DRUMS]
    tracks = [track for track in tracks if track.channel != DRUMS]
    names = told_apart([" ".join(track.name.split()).lower() or "voice" for track in tracks])
    whole = 4 * midi.ticks_a_quarter
    lines = {name: _line(track, whole) for name, track in zip(names, tracks, strict=True)}
    strokes = _strokes(struck, whole, file)
    lines |= {stroke.name: line for stroke, line in strokes.items()}
    if not all(_is_even(time) for line in lines.values() for onset, end, _ in line for time in (onset, end)):
        lines = {name: [_snapped(entry) for entry in line] for name, line in lines.items()}
    clock = _timeline(midi, [lines[name] for name in names])
    notes = [note for name in names for note in _notes(file, name, _trimmed(lines[name]), clock)]
    voices = [Voice(name, *range_of([note for note in notes if note.voice == name])) for name in names]
    end = max(end for line in lines.values() for _, end, _ in line)
    for stroke in strokes:
        line = _trimmed(lines[stroke.name])
        hits = [Note(stroke.name, onset, stop - onset, stroke.pitch) for onset, stop, _ in line]
        notes += with_rests(hits, end, stroke.name)
        voices.append(Voice.of_stroke(stroke, _KIT))
    metadata = ((LEFT_OUT, "; ".join(midi.ignored)),) if midi.ignored else ()
    return Score("", tuple(voices), clock, tuple(notes), metadata=metadata)


def _strokes(tracks: Sequence[MidiTrack], whole: int, file: str) -> dict[Stroke, list[Timed]]:
    """The notes of the tracks of percussion, by what is struck."""
    found: dict[Stroke, list[Timed]] = {}
    for track in tracks:
        for entry in _line(track, whole):
            if entry[2] not in BY_KEY:
                raise ScoreReadError(f"{file}: {entry[2]} is no key of percussion that rulegen knows")
            found.setdefault(BY_KEY[entry[2]], []).append(entry)
    return {stroke: sorted(line) for stroke, line in found.items()}


def _line(track: MidiTrack, whole: int) -> list[Timed]:
    """The notes of a track in whole notes and MIDI numbers, by onset; `whole` is a whole note in ticks."""
    return sorted(
        (Fraction(note.start, whole), Fraction(note.end, whole), note.pitch) for note in track.notes
    )


def _is_even(time: Fraction) -> bool:
    """Whether a time is one that notation writes, not one that somebody played."""
    power = time.denominator & -time.denominator
    return power <= _FINEST and time.denominator // power in _ODD_PARTS


def _snapped(entry: Timed) -> Timed:
    onset, end, pitch = entry
    start, stop = round(onset * _GRID), round(end * _GRID)
    return Fraction(start, _GRID), Fraction(max(stop, start + 1), _GRID), pitch


def _trimmed(line: Sequence[Timed]) -> list[Timed]:
    """The notes without the short overlaps of legato playing."""
    found = []
    for place, (onset, end, pitch) in enumerate(line):
        following = line[place + 1][0] if place + 1 < len(line) else end
        if onset < following < end <= following + _LEGATO:
            end = following
        found.append((onset, end, pitch))
    return found


def _timeline(midi: MidiFile, lines: Sequence[Sequence[Timed]]) -> Timeline:
    """The keys, meters and tempi that the file states; where it states no key, the one that is heard."""
    whole = 4 * midi.ticks_a_quarter
    stated = {Fraction(ticks, whole): Meter.parse(f"{upper}/{lower}") for ticks, upper, lower in midi.meters}
    meters = _meters(stated)
    keys = [(Fraction(ticks, whole), _key(fifths, is_minor)) for ticks, fifths, is_minor in midi.keys]
    tempi = [(Fraction(ticks, whole), _tempo(each, meters[0].meter)) for ticks, each in midi.tempi]
    named = _from_the_start(keys) or ((Fraction(0), _heard_key(lines)),)
    return Timeline(named, meters, _from_the_start(tempi) or Timeline.tempi, named)


def _from_the_start(changes: Sequence[tuple[Fraction, Value]]) -> Changes[Value]:
    """The changes, of which the first holds from the beginning."""
    return ((Fraction(0), changes[0][1]), *changes) if changes else ()


def _key(fifths: int, is_minor: bool) -> Key:
    mode = "minor" if is_minor else "major"
    return Key(PitchClass.from_fifths(fifths - MODES[mode]), mode)


def _meters(stated: Mapping[Fraction, Meter]) -> tuple[MeterChange, ...]:
    """The meters; a first bar of another meter that lasts one bar is a pickup."""
    found = [next(group) for _, group in groupby(stated.items(), key=lambda change: change[1])]
    if not found:
        return (MeterChange(Fraction(0), _USUAL_METER),)
    upbeat = Fraction(0)
    if len(found) > 1 and found[1][0] == found[0][1].bar_length < found[1][1].bar_length:
        upbeat, found = found[1][0], found[1:]
    (_, first), *later = found
    return (MeterChange(Fraction(0), first, upbeat), *(MeterChange(onset, meter) for onset, meter in later))


def _tempo(microseconds: int, meter: Meter) -> Tempo:
    """A tempo in quarters, in dotted quarters where the meter beats so and their number is whole."""
    quarters = round(_MICROSECONDS_A_MINUTE / microseconds, 2)
    dotted = round(quarters * 2 / 3, 2)
    if meter.is_compound and meter.denominator == 8 and dotted.is_integer():
        return Tempo(dotted, Fraction(3, 8))
    return Tempo(quarters)


def _heard_key(lines: Sequence[Sequence[Timed]]) -> Key:
    """The key that most of the notes belong to."""
    keys = [min(_keys(mode, chroma), key=lambda key: abs(key.signature_fifths)) for mode in ("major", "minor")
            for chroma in range(12)]  # fmt: skip
    return max(keys, key=lambda key: (_fit(key, lines), -abs(key.signature_fifths)))


def _keys(mode: str, chroma: int) -> list[Key]:
    """The keys of a mode whose tonic sounds as a semitone of the octave, however it is spelled."""
    signatures = (Key(PitchClass.from_fifths(fifths - MODES[mode]), mode) for fifths in range(-7, 8))
    return [key for key in signatures if key.tonic.chroma == chroma]


def _fit(key: Key, lines: Sequence[Sequence[Timed]]) -> float:
    """The share of time on notes of the key, and whether the lowest line ends on its tonic."""
    scale = {note.chroma for note in key.scale}
    inside = sum(float(end - onset) for line in lines for onset, end, pitch in line if pitch % 12 in scale)
    total = sum(float(end - onset) for line in lines for onset, end, _ in line)
    final = min((line[-1] for line in lines), key=lambda entry: entry[2])[2] % 12
    return inside / total + 0.3 * (final == key.tonic.chroma)


def _notes(file: str, voice: str, line: Sequence[Timed], timeline: Timeline) -> list[Note]:
    found = []
    clock = Fraction(0)
    for onset, end, pitch in line:
        if onset < clock:
            raise ScoreReadError(
                f"{file}: {voice}, {float(4 * onset):g} quarters from the start: two notes sound together, "
                "and a voice has one note at a time"
            )
        if onset > clock:
            found.append(Note(voice, clock, onset - clock, None))
        found.append(Note(voice, onset, end - onset, spelled(pitch, timeline.key_at(onset))))
        clock = end
    return found


def spelled(midi: int, key: Key) -> Pitch:
    """The pitch of a MIDI number as a key spells it: its own notes, and the usual chromatic ones."""
    lowest = key.tonic.fifths + (-3 if key.has_major_third else -5)
    note = next(
        found
        for fifths in range(lowest, lowest + 12)
        if (found := PitchClass.from_fifths(fifths)).chroma == midi % 12
    )
    octave = (midi - note.alter) // 12 - 1
    return note.in_octave(octave)
