"""Pitches and note names, spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegen.theory.pitch import Pitch, PitchClass

classes = st.builds(PitchClass, st.integers(0, 6), st.integers(-3, 3))
pitches = st.builds(Pitch, st.integers(0, 6), st.integers(-3, 3), st.integers(-1, 9))


@pytest.mark.parametrize(
    ("name", "chroma", "fifths"),
    [
        ("C", 0, 0),
        ("G", 7, 1),
        ("F", 5, -1),
        ("F#", 6, 6),
        ("Gb", 6, -6),
        ("Bb", 10, -2),
        ("B#", 0, 12),
        ("Cb", 11, -7),
        ("C##", 2, 14),
        ("Ebb", 2, -10),
    ],
)
def test_note_names_have_a_chroma_and_a_place_on_the_line_of_fifths(
    name: str, chroma: int, fifths: int
) -> None:
    note = PitchClass.parse(name)
    assert (note.name, note.chroma, note.fifths) == (name, chroma, fifths)
    assert PitchClass.from_fifths(fifths) == note


@pytest.mark.parametrize(
    ("name", "midi", "diatonic"),
    [
        ("C4", 60, 28),
        ("A4", 69, 33),
        ("B#4", 72, 34),
        ("Cb4", 59, 28),
        ("C5", 72, 35),
        ("F#4", 66, 31),
        ("Gb4", 66, 32),
        ("E2", 40, 16),
        ("C-1", 0, -7),
        ("Fx4", 67, 31),
    ],
)
def test_an_accidental_belongs_to_the_octave_of_its_letter(name: str, midi: int, diatonic: int) -> None:
    pitch = Pitch.parse(name)
    assert (pitch.midi, pitch.diatonic) == (midi, diatonic)
    assert pitch.name == name.replace("x", "##")
    assert Pitch.from_parts(diatonic, midi) == pitch


def test_pitches_are_ordered_by_sound_then_by_letter() -> None:
    names = ["C5", "B#4", "Gb4", "F#4", "Cb4", "B3"]
    assert [str(pitch) for pitch in sorted(map(Pitch.parse, names))] == [
        "B3",
        "Cb4",
        "F#4",
        "Gb4",
        "B#4",
        "C5",
    ]
    assert Pitch.parse("F#4") < Pitch.parse("Gb4") <= Pitch.parse("G4")
    assert Pitch.parse("F#4") != Pitch.parse("Gb4")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("f#4", "note letters are capitals, as in F#4"),
        ("H4", "H is written B, and the German B is Bb"),
        ("F#", "it needs its octave, as in F#4"),
        ("J4", "it takes a letter A to G"),
        ("", "it takes a letter A to G"),
        ("C#b4", "it takes a letter A to G"),
    ],
)
def test_what_is_no_pitch_is_refused_with_advice(text: str, advice: str) -> None:
    with pytest.raises(ValueError, match="is not a pitch: ") as caught:
        Pitch.parse(text)
    assert advice in str(caught.value)


@pytest.mark.parametrize("text", ["f", "H", "C4", "", "####", "Cbbbb"])
def test_what_is_no_note_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a note name"):
        PitchClass.parse(text)


@given(classes)
def test_note_names_read_back(note: PitchClass) -> None:
    assert PitchClass.parse(note.name) == note
    assert PitchClass.from_fifths(note.fifths) == note


@given(pitches)
def test_pitch_names_read_back(pitch: Pitch) -> None:
    assert Pitch.parse(pitch.name) == pitch
    assert Pitch.from_parts(pitch.diatonic, pitch.midi) == pitch
    assert pitch.pitch_class.in_octave(pitch.octave) == pitch
    assert pitch.midi % 12 == pitch.chroma == pitch.pitch_class.chroma


@given(pitches, pitches)
def test_the_order_is_total(one: Pitch, other: Pitch) -> None:
    assert (one < other) + (other < one) + (one == other) == 1
