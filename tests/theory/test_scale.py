"""Keys and modes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegen.theory.pitch import PitchClass
from rulegen.theory.scale import MODES, Key

keys = st.builds(
    Key, st.builds(PitchClass, st.integers(0, 6), st.integers(-1, 1)), st.sampled_from(sorted(MODES))
)


def spelled(notes: tuple[PitchClass, ...]) -> str:
    return " ".join(note.name for note in notes)


@pytest.mark.parametrize(
    ("name", "scale", "signature"),
    [
        ("C major", "C D E F G A B", 0),
        ("G major", "G A B C D E F#", 1),
        ("Eb major", "Eb F G Ab Bb C D", -3),
        ("F# major", "F# G# A# B C# D# E#", 6),
        ("Cb major", "Cb Db Eb Fb Gb Ab Bb", -7),
        ("A minor", "A B C D E F G", 0),
        ("F# minor", "F# G# A B C# D E", 3),
        ("Bb minor", "Bb C Db Eb F Gb Ab", -5),
        ("D dorian", "D E F G A B C", 0),
        ("E phrygian", "E F G A B C D", 0),
        ("F lydian", "F G A B C D E", 0),
        ("G mixolydian", "G A B C D E F", 0),
        ("A aeolian", "A B C D E F G", 0),
        ("B locrian", "B C D E F G A", 0),
        ("G dorian", "G A Bb C D E F", -1),
        ("C ionian", "C D E F G A B", 0),
    ],
)
def test_scales_and_signatures(name: str, scale: str, signature: int) -> None:
    key = Key.parse(name)
    assert spelled(key.scale) == scale
    assert key.signature_fifths == signature
    assert key.name == name


def test_a_key_is_read_from_one_text_or_two() -> None:
    assert Key.parse("Bb", "minor") == Key.parse("Bb minor") == Key(PitchClass(6, -1), "minor")


def test_minor_has_two_sixths_and_two_sevenths() -> None:
    key = Key.parse("A minor")
    assert spelled(key.collection) == "A B C D E F F# G G#"
    names = ["A", "B", "C", "D", "E", "F", "F#", "G", "G#", "Bb", "C#"]
    degrees = [key.degree_of(PitchClass.parse(name)) for name in names]
    assert degrees == [1, 2, 3, 4, 5, 6, 6, 7, 7, None, None]


def test_degrees_are_spelled() -> None:
    key = Key.parse("Eb major")
    assert key.degree_of(PitchClass.parse("Ab")) == 4
    assert key.degree_of(PitchClass.parse("G#")) is None


@pytest.mark.parametrize(
    ("name", "leading_tone", "natural"),
    [
        ("G major", "F#", True),
        ("A minor", "G#", False),
        ("D dorian", "C#", False),
        ("G mixolydian", "F#", False),
        ("E phrygian", "D#", False),
        ("F lydian", "E", True),
        ("G# minor", "F##", False),
        ("Eb minor", "D", False),
    ],
)
def test_leading_tones(name: str, leading_tone: str, natural: bool) -> None:
    key = Key.parse(name)
    assert key.leading_tone.name == leading_tone
    assert (key.leading_tone in key.scale) is natural


def test_a_mode_keeps_to_its_own_notes() -> None:
    assert spelled(Key.parse("D dorian").collection) == "D E F G A B C"


@pytest.mark.parametrize(
    ("name", "relative", "parallel"),
    [
        ("C major", "A minor", "C minor"),
        ("F# minor", "A major", "F# major"),
        ("Eb major", "C minor", "Eb minor"),
        ("D dorian", "C major", "D major"),
        ("G mixolydian", "C major", "G minor"),
    ],
)
def test_relative_and_parallel_keys(name: str, relative: str, parallel: str) -> None:
    assert Key.parse(name).relative.name == relative
    assert Key.parse(name).parallel.name == parallel


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("G", "write its tonic and its mode"),
        ("G funky", "'funky' is not a mode: the modes are major, minor"),
        ("g major", "note letters are capitals, as in G"),
        ("G# major", "G# major would need 8 sharps: write Ab major"),
        ("Fb major", "Fb major would need 8 flats: write E major"),
    ],
)
def test_what_is_no_key_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        Key.parse(text)
    assert why in str(caught.value)


@given(keys)
def test_a_scale_has_every_letter_once_and_no_step_but_half_and_whole(key: Key) -> None:
    notes = (*key.scale, key.tonic)
    assert key.scale[0] == key.tonic
    assert sorted(note.letter for note in key.scale) == list(range(7))
    steps = [(after.chroma - before.chroma) % 12 for before, after in pairwise(notes)]
    assert sorted(steps) == [1, 1, 2, 2, 2, 2, 2]
    assert (key.tonic.chroma - key.leading_tone.chroma) % 12 == 1


@pytest.mark.parametrize(
    ("name", "between"),
    [
        ("C major", "Gb Db Ab Eb Bb F# C# G# D# A#"),
        ("A minor", "Gb Db Ab Eb Bb F# C# G# D# A#"),
        ("E dorian", "Ab Eb Bb F C G# D# A# E# B#"),
    ],
)
def test_the_chromatic_scale_spells_each_note_between_in_both_ways(name: str, between: str) -> None:
    key = Key.parse(name)
    assert {note.name for note in key.chromatic} - {note.name for note in key.scale} == set(between.split())
    assert {note.chroma for note in key.chromatic} == set(range(12))
    assert set(key.collection) <= set(key.chromatic)
