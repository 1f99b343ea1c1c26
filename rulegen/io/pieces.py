"""A piece as models learn from it: who sings what and when, in a key and a meter, and where phrases end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import Any

from rulegen.score.events import Note, Score, Voice
from rulegen.score.timeline import MeterChange, Phrase, Tempo, Timeline
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch, PitchClass
from rulegen.theory.scale import Key

_TEMPO = Tempo(120)  # a piece keeps none


@dataclass(frozen=True, slots=True)
class Sung:
    """A note that sounds; times in whole notes, `offset` how far it lies after its downbeat."""

    onset: Fraction
    duration: Fraction
    midi: int
    offset: Fraction


@dataclass(frozen=True, slots=True)
class CorpusPiece:
    """Voices from the top, each with its notes; `tonic` is that of the beginning, a semitone of the octave, 0
    for C, and `changes` are those of the key, (onset, tonic, minor), in order.

    `phrase_ends` are the times at which phrases end, the piece's end among them; `meter` is that of the
    beginning, and `lead` how far after a downbeat the piece begins; `meters` are the changes of both, (onset,
    meter, lead), in order; `chords` are what the score states, (onset, label) in order. Sections that are
    stated again stand here once.
    """

    name: str
    tonic: int
    minor: bool
    meter: Meter
    lead: Fraction
    voices: tuple[tuple[str, tuple[Sung, ...]], ...]
    phrase_ends: tuple[Fraction, ...]
    chords: tuple[tuple[Fraction, str], ...] = ()
    changes: tuple[tuple[Fraction, int, bool], ...] = ()
    meters: tuple[tuple[Fraction, Meter, Fraction], ...] = ()

    def meter_at(self, onset: Fraction) -> tuple[Fraction, Meter, Fraction]:
        """The meter that holds at a time, from when on, and how far after a downbeat it begins then."""
        held = [each for each in self.meters if each[0] <= onset]
        return held[-1] if held else (Fraction(0), self.meter, self.lead)

    def tonic_at(self, onset: Fraction) -> tuple[int, bool]:
        """The tonic that holds at a time, and whether it is minor."""
        for start, tonic, minor in reversed(self.changes):
            if start <= onset:
                return tonic, minor
        return self.tonic, self.minor

    @property
    def end(self) -> Fraction:
        """Where the last note stops."""
        return max(
            (note.onset + note.duration for _, notes in self.voices for note in notes[-1:]),
            default=Fraction(0),
        )

    def voice(self, name: str) -> tuple[Sung, ...] | None:
        """The notes of a voice by its name, whatever its capitals, or by its number from 1; or None."""
        for place, (own, notes) in enumerate(self.voices, 1):
            if name.lower() == own.lower() or name == str(place):
                return notes
        return None


def piece_of(score: Score, name: str) -> CorpusPiece:
    """The piece of a score, without what is only stated again."""
    cuts = [(part.onset, part.end) for part in score.sections if part.repeat_of is not None]

    def moved(time: Fraction) -> Fraction:
        return time - sum((min(time, end) - start for start, end in cuts if start < time), Fraction(0))

    def is_kept(onset: Fraction) -> bool:
        return not any(start <= onset < end for start, end in cuts)

    voices = []
    for voice in score.voices:
        notes = [
            note for note in score.notes_of(voice.name) if note.pitch is not None and is_kept(note.onset)
        ]
        sung = tuple(
            Sung(moved(note.onset), note.duration, note.pitch.midi, score.timeline.position(note.onset))
            for note in notes
            if note.pitch is not None
        )
        voices.append((voice.name, sung))
    clock, opens = score.timeline, {part.onset for part in score.sections}
    keys = [
        (moved(onset), clock.key_at(onset))
        for onset in sorted(opens | {onset for onset, _ in clock.keys})
        if is_kept(onset)
    ]
    meters = [
        (moved(onset), clock.meter_at(onset), clock.position(onset))
        for onset in sorted(opens | {change.onset for change in clock.meters})
        if is_kept(onset)
    ]
    changes = [after for before, after in pairwise(keys) if before[1] != after[1]]
    stops = [part.end for part in score.phrases] + [part.end for part in score.sections]
    ends = {moved(end) for end in (*stops, score.end)}
    return CorpusPiece(
        name,
        score.key.tonic.chroma,
        not score.key.has_major_third,
        score.meter,
        score.timeline.position(Fraction(0)),
        tuple(voices),
        tuple(sorted(ends - {Fraction(0)})),
        tuple((moved(event.onset), event.chord.label) for event in score.chords if is_kept(event.onset)),
        tuple((onset, key.tonic.chroma, not key.has_major_third) for onset, key in changes),
        tuple(after for before, after in pairwise(meters) if before[1] != after[1]),
    )


def key_of(piece: CorpusPiece, onset: Fraction = Fraction(0)) -> Key:
    """The key of a piece at a time, in major or minor, with the fewest accidentals."""
    chroma, minor = piece.tonic_at(onset)
    return next(
        Key(tonic, "minor" if minor else "major")
        for fifths in (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6)
        for tonic in [PitchClass.from_fifths(fifths + (3 if minor else 0))]
        if tonic.chroma == chroma
    )


def score_of(piece: CorpusPiece) -> Score:
    """A score of what a piece keeps: its notes are spelled as the key of their place does."""
    keys = tuple(
        (onset, key_of(piece, onset)) for onset in (Fraction(0), *(each[0] for each in piece.changes))
    )
    names = {key: _names(key) for _, key in keys}
    notes: list[Note] = []
    voices = []
    for name, sung in piece.voices:
        line = _with_rests(
            name, [(each, _spelled(each.midi, names[key_of(piece, each.onset)])) for each in sung]
        )
        sounding = sorted(note.pitch for note in line if note.pitch is not None)
        if sounding:
            voices.append(Voice(name, sounding[0], sounding[-1]))
            notes += line
    ends = [end for end in piece.phrase_ends if end < piece.end]
    spans = pairwise([Fraction(0), *ends, piece.end])
    phrases = tuple(Phrase(onset, end, "A", 1) for onset, end in spans) if ends else ()
    meters = ((Fraction(0), piece.meter, piece.lead), *piece.meters)
    timeline = Timeline(
        keys,
        tuple(MeterChange(onset, meter, -lead % meter.bar_length) for onset, meter, lead in meters),
        ((Fraction(0), _TEMPO),),
        keys[:1],
        phrases=phrases,
    )
    return Score(piece.name, tuple(voices), timeline, tuple(notes))


def _names(key: Key) -> dict[int, PitchClass]:
    """How the twelve notes are written in a key, by their semitones from C."""
    flattest = key.tonic.fifths - 5
    found = {tone.chroma: tone for tone in map(PitchClass.from_fifths, range(flattest, flattest + 12))}
    return found | {tone.chroma: tone for tone in reversed(key.collection)}


def _spelled(midi: int, names: Mapping[int, PitchClass]) -> Pitch:
    name = names[midi % 12]
    return min((name.in_octave(octave) for octave in range(-2, 11)), key=lambda each: abs(each.midi - midi))


def _with_rests(voice: str, sung: Sequence[tuple[Sung, Pitch]]) -> list[Note]:
    found: list[Note] = []
    now = Fraction(0)
    for each, pitch in sung:
        if each.onset > now:
            found.append(Note(voice, now, each.onset - now, None))
        found.append(Note(voice, each.onset, each.duration, pitch))
        now = each.onset + each.duration
    return found


def to_plain(piece: CorpusPiece) -> dict[str, Any]:
    """A piece in numbers, texts and lists alone, as JSON holds them; `from_plain` gives it back."""
    notes = [note for _, own in piece.voices for note in own]
    times = [time for note in notes for time in (note.onset, note.duration, note.offset)]
    times += [*piece.phrase_ends, piece.lead, *(onset for onset, _ in piece.chords)]
    times += [onset for onset, _, _ in piece.changes]
    times += [time for onset, _, lead in piece.meters for time in (onset, lead)]
    unit = lcm(1, *(time.denominator for time in times))
    return {
        "name": piece.name,
        "tonic": piece.tonic,
        "minor": piece.minor,
        "meter": piece.meter.name,
        "unit": unit,
        "lead": int(piece.lead * unit),
        "ends": [int(end * unit) for end in piece.phrase_ends],
        "chords": [[int(onset * unit), label] for onset, label in piece.chords],
        "changes": [[int(onset * unit), tonic, minor] for onset, tonic, minor in piece.changes],
        "meters": [[int(onset * unit), meter.name, int(lead * unit)] for onset, meter, lead in piece.meters],
        "voices": [
            [
                name,
                [
                    [int(note.onset * unit), int(note.duration * unit), note.midi, int(note.offset * unit)]
                    for note in own
                ],
            ]
            for name, own in piece.voices
        ],
    }


def from_plain(plain: Mapping[str, Any]) -> CorpusPiece:
    """The piece that `to_plain` made plain. Raises KeyError, TypeError or ValueError for anything else."""
    unit = int(plain["unit"])

    def times(numbers: Sequence[int]) -> list[Fraction]:
        return [Fraction(int(number), unit) for number in numbers]

    voices = tuple(
        (
            str(name),
            tuple(
                Sung(Fraction(onset, unit), Fraction(duration, unit), int(midi), Fraction(offset, unit))
                for onset, duration, midi, offset in notes
            ),
        )
        for name, notes in plain["voices"]
    )
    return CorpusPiece(
        str(plain["name"]),
        int(plain["tonic"]),
        bool(plain["minor"]),
        Meter.parse(str(plain["meter"])),
        Fraction(int(plain["lead"]), unit),
        voices,
        tuple(times(plain["ends"])),
        tuple((Fraction(int(onset), unit), str(label)) for onset, label in plain["chords"]),
        tuple((Fraction(int(at), unit), int(tonic), bool(minor)) for at, tonic, minor in plain["changes"]),
        tuple(
            (Fraction(int(at), unit), Meter.parse(str(meter)), Fraction(int(lead), unit))
            for at, meter, lead in plain["meters"]
        ),
    )
