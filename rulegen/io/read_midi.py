"""A MIDI file as a score: rational time from its ticks, and pitches spelled by its key."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from rulegen.errors import ScoreReadError
from rulegen.io.lines import range_of, told_apart
from rulegen.io.midi_file import DRUMS, MidiError, MidiFile, MidiTrack, read_midi_file
from rulegen.score.events import Note, Score, Voice
from rulegen.score.timeline import Tempo, Timeline
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch, PitchClass
from rulegen.theory.scale import MODES, Key

_GRID = 192
_FINEST = 64
_ODD_PARTS = (1, 3, 5, 7, 15)
_LEGATO = Fraction(1, 32)

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
    drums = next((track for track in tracks if track.channel == DRUMS), None)
    if drums is not None:
        raise ScoreReadError(f"{file}: {drums.name or 'a track'} is for percussion, and a voice has pitches")
    names = told_apart([" ".join(track.name.split()).lower() or "voice" for track in tracks])
    whole = 4 * midi.ticks_a_quarter
    lines = {name: _line(track, whole) for name, track in zip(names, tracks, strict=True)}
    if not all(_is_even(time) for line in lines.values() for onset, end, _ in line for time in (onset, end)):
        lines = {name: [_snapped(entry) for entry in line] for name, line in lines.items()}
    pickup, meter = _meter(midi, file)
    key = _key(midi, list(lines.values()))
    notes = [note for name, line in lines.items() for note in _notes(file, name, _trimmed(line), key)]
    voices = tuple(Voice(name, *range_of([note for note in notes if note.voice == name])) for name in names)
    tempo = Tempo(round(60_000_000 / midi.tempi[0][1], 2) if midi.tempi else 120)
    metadata = (("left out", "; ".join(midi.ignored)),) if midi.ignored else ()
    timeline = Timeline.plain(key, meter, tempo, pickup)
    return Score("", voices, timeline, tuple(notes), metadata=metadata)


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


def _meter(midi: MidiFile, file: str) -> tuple[Fraction, Meter]:
    """The pickup and the meter; a first bar of another meter that lasts one bar is a pickup."""
    found: list[tuple[Fraction, Meter]] = []
    for ticks, numerator, denominator in midi.meters:
        onset = Fraction(ticks, 4 * midi.ticks_a_quarter)
        meter = Meter.parse(f"{numerator}/{denominator}")
        if not found or found[-1][1] != meter:
            found.append((onset, meter))
    if not found:
        return Fraction(0), Meter.parse("4/4")
    pickup = Fraction(0)
    if len(found) > 1 and found[1][0] == found[0][1].bar_length < found[1][1].bar_length:
        pickup = found[1][0]
        found = found[1:]
    meter = found[0][1]
    if len(found) > 1:
        bar = int((found[1][0] - pickup) // meter.bar_length) + 1
        raise ScoreReadError(
            f"{file}, bar {bar}: the meter changes from {meter} to {found[1][1]}, "
            "and rulegen reads pieces in one meter"
        )
    return pickup, meter


def _key(midi: MidiFile, lines: Sequence[Sequence[Timed]]) -> Key:
    """The key that the file states, else the one that most of the notes belong to."""
    for _, fifths, is_minor in midi.keys[:1]:
        mode = "minor" if is_minor else "major"
        return Key(PitchClass.from_fifths(fifths - MODES[mode]), mode)
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


def _notes(file: str, voice: str, line: Sequence[Timed], key: Key) -> list[Note]:
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
        found.append(Note(voice, onset, end - onset, spelled(pitch, key)))
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
