"""MIDI goes out and comes back by pitch and time."""

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegen.errors import ScoreReadError
from rulegen.io.midi import midi_bytes, write_midi
from rulegen.io.midi_file import read_midi_file
from rulegen.io.read import read_score
from rulegen.io.read_midi import midi_score, spelled
from rulegen.score.events import Note, Score
from rulegen.score.notation import parse_score
from rulegen.score.timeline import Tempo
from rulegen.theory.pitch import Pitch
from rulegen.theory.scale import Key

LENGTHS = [Fraction(text) for text in ("1/16", "1/8", "1/12", "1/4", "3/8", "1/2", "1")]


def sounds(score: Score) -> list[tuple[str, Fraction, Fraction, int]]:
    return [(note.voice, note.onset, note.duration, note.pitch.midi) for note in score.notes if note.pitch]


def test_a_chorale_comes_back(chorale: Score, tmp_path: Path) -> None:
    write_midi(chorale, tmp_path / "it.mid")
    read = read_score(tmp_path / "it.mid")
    assert sounds(read) == sounds(chorale)
    assert [note.pitch for note in read.notes] == [note.pitch for note in chorale.notes]
    assert (read.key, read.meter, read.timeline.pickup, read.timeline.tempo) == (
        chorale.key,
        chorale.meter,
        chorale.timeline.pickup,
        chorale.timeline.tempo,
    )


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(LENGTHS), st.integers(0, 87)), min_size=1),
    st.sampled_from([60.0, 97.0]),
)
def test_notes_come_back(line: list[tuple[Fraction, int]], tempo: float) -> None:
    notes, clock = [], Fraction(0)
    for length, number in line:
        pitch = None if number == 0 and notes else spelled(21 + number, Key.parse("C major"))
        notes.append(Note("v", clock, length, pitch))
        clock += length
    base = parse_score("key C major\nmeter 4/4\nvoice v C4..C5\nv | r:1/1 |")
    timeline = replace(base.timeline, tempi=((Fraction(0), Tempo(tempo)),))
    score = replace(base, notes=tuple(notes), timeline=timeline)
    assert sounds(midi_score(midi_bytes(score), "it")) == sounds(score)


def test_the_same_score_gives_the_same_bytes(chorale: Score) -> None:
    assert midi_bytes(chorale) == midi_bytes(chorale)


@pytest.mark.parametrize(
    "name", ["C major", "F# minor", "Eb minor", "D dorian", "B major", "Db major", "A phrygian"]
)
def test_the_signature_of_a_key_comes_back(chorale: Score, name: str) -> None:
    key = Key.parse(name)
    read = midi_score(
        midi_bytes(replace(chorale, timeline=chorale.timeline.in_key(key), chords=())), "it"
    ).key
    assert read.signature_fifths == key.signature_fifths


def test_strong_beats_are_louder(chorale: Score) -> None:
    import io

    import pretty_midi

    notes = pretty_midi.PrettyMIDI(io.BytesIO(midi_bytes(chorale))).instruments[0].notes
    assert notes[1].velocity > notes[4].velocity > notes[3].velocity


@pytest.mark.parametrize(
    ("text", "midi", "name"),
    [
        ("C major", 66, "F#4"), ("C major", 70, "Bb4"), ("A minor", 68, "G#4"), ("Eb major", 68, "Ab4"),
        ("B major", 70, "A#4"), ("Db major", 59, "Cb4"), ("F# major", 65, "E#4"), ("C minor", 59, "B3"),
    ],
)  # fmt: skip
def test_pitches_are_spelled_by_the_key(text: str, midi: int, name: str) -> None:
    assert spelled(midi, Key.parse(text)) == Pitch.parse(name)
    assert all(spelled(number, Key.parse(text)).midi == number for number in range(128))


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"MThd", b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0MTrk\x00"]
)
def test_what_is_no_midi_is_refused(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "it.mid"
    place.write_bytes(content)
    with pytest.raises(ScoreReadError, match=r"it\.mid"):
        read_score(place)


def test_chords_in_a_track_are_refused(chorale: Score) -> None:
    extra = replace(chorale.notes[0], pitch=Pitch.parse("F5"), duration=Fraction(1, 2))
    with pytest.raises(ScoreReadError, match="two notes sound together"):
        midi_score(midi_bytes(replace(chorale, notes=(*chorale.notes, extra))), "it")


CHANGING = """
key G major
signature G major
meter 4/4
tempo half = 60
pickup 1/4
at 9/4 key A minor
at 9/4 signature A minor
at 9/4 meter 3/4
at 9/4 tempo quarter = 90
voice v A3..C5
v | G4:1/4 | A4:1/4 B4 C5 F#4 | G4:1/1 | A4:1/4 G#4 A4 | B4:3/4 |
"""


def test_keys_meters_and_tempi_come_back_by_place() -> None:
    score = parse_score(CHANGING)
    read = midi_score(midi_bytes(score), "it").timeline
    assert read.keys == read.signatures == score.timeline.keys
    assert read.meters == score.timeline.meters
    assert [(onset, tempo.quarter_bpm) for onset, tempo in read.tempi] == [(0, 120), (Fraction(9, 4), 90)]
    assert sounds(midi_score(midi_bytes(score), "it")) == sounds(score)


def test_a_tempo_of_a_compound_meter_is_read_in_its_beats(repeated: Score) -> None:
    read = midi_score(midi_bytes(repeated), "it").timeline
    assert read.tempi == ((0, Tempo(80, Fraction(3, 8))),)


def test_the_upbeat_of_a_section_is_taken_from_the_bar_before_it() -> None:
    text = """
key C major
meter 4/4
at 7/4 pickup 1/4
at 7/4 meter 3/4
voice v C4..C5
v | C4:1/1 | D4:3/4 | E4:1/4 | F4:3/4 | G4:3/4 |
"""
    file = read_midi_file(midi_bytes(parse_score(text)))
    assert [(ticks // 480, f"{upper}/{lower}") for ticks, upper, lower in file.meters] == [
        (0, "4/4"),
        (8, "3/4"),
    ]


def test_sections_are_markers_and_words_are_lyrics_and_voices_have_their_places(repeated: Score) -> None:
    notes = (replace(repeated.notes[0], lyric="Früh"), *repeated.notes[1:])
    midi = mido.MidiFile(file=io.BytesIO(midi_bytes(replace(repeated, notes=notes))), charset="utf-8")
    first, second = midi.tracks
    assert first.name == "Jig"
    clock, markers = 0, []
    for message in first:
        clock += message.time
        if message.type == "marker":
            markers.append((message.text, clock / midi.ticks_per_beat))
    assert markers == [("A", 0.0), ("A", 6.0), ("B", 12.0), ("B", 18.0), ("B", 24.0)]
    assert [message.text for message in second if message.type == "lyrics"] == ["Früh"]
    assert second.name == "melody"


def test_the_first_voice_stands_left_and_the_last_right(chorale: Score) -> None:
    midi = mido.MidiFile(file=io.BytesIO(midi_bytes(chorale)))
    found = [each.value for track in midi.tracks for each in track if each.type == "control_change"]
    assert found == [28, 52, 76, 100]
    assert sum(each.time for each in midi.tracks[0]) == round(chorale.end * 4 * midi.ticks_per_beat)
