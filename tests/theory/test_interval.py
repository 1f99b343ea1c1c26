"""Spelled intervals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegen.theory.interval import Interval, looks_like_interval
from rulegen.theory.pitch import Pitch, PitchClass

pitches = st.builds(Pitch, st.integers(0, 6), st.integers(-1, 1), st.integers(1, 6))


@pytest.mark.parametrize(
    ("name", "steps", "semitones"),
    [
        ("P1", 0, 0),
        ("aug1", 0, 1),
        ("m2", 1, 1),
        ("M2", 1, 2),
        ("aug2", 1, 3),
        ("dim3", 2, 2),
        ("m3", 2, 3),
        ("M3", 2, 4),
        ("dim4", 3, 4),
        ("P4", 3, 5),
        ("aug4", 3, 6),
        ("dim5", 4, 6),
        ("P5", 4, 7),
        ("aug5", 4, 8),
        ("m6", 5, 8),
        ("M6", 5, 9),
        ("aug6", 5, 10),
        ("dim7", 6, 9),
        ("m7", 6, 10),
        ("M7", 6, 11),
        ("dim8", 7, 11),
        ("P8", 7, 12),
        ("M9", 8, 14),
        ("M10", 9, 16),
        ("P12", 11, 19),
        ("P15", 14, 24),
        ("augaug4", 3, 7),
        ("dimdim5", 4, 5),
    ],
)
def test_names_and_sizes(name: str, steps: int, semitones: int) -> None:
    interval = Interval(steps, semitones)
    assert Interval.parse(name) == interval
    assert interval.name == (-interval).name == name
    assert interval.number == steps + 1


def test_one_letter_stands_for_augmented_and_diminished() -> None:
    assert Interval.parse("A4") == Interval.parse("aug4")
    assert Interval.parse("d5") == Interval.parse("dim5")
    assert Interval.parse("AA4") == Interval.parse("augaug4")


@pytest.mark.parametrize(
    ("start", "end", "name"),
    [
        ("C4", "G4", "P5"),
        ("G4", "C4", "P5"),
        ("F4", "B4", "aug4"),
        ("F4", "Cb5", "dim5"),
        ("B3", "F4", "dim5"),
        ("C4", "C#4", "aug1"),
        ("C#4", "C4", "aug1"),
        ("Ab3", "F#4", "aug6"),
        ("F4", "G#4", "aug2"),
        ("C4", "C4", "P1"),
        ("E5", "C4", "M10"),
    ],
)
def test_intervals_between_pitches_are_spelled(start: str, end: str, name: str) -> None:
    interval = Interval.between(Pitch.parse(start), Pitch.parse(end))
    assert interval.name == name
    assert interval.above(Pitch.parse(start)) == Pitch.parse(end)


def test_simple_takes_octaves_away_and_keeps_the_direction() -> None:
    assert Interval.parse("M10").simple == Interval.parse("M3")
    assert (-Interval.parse("M10")).simple == -Interval.parse("M3")
    assert Interval.parse("P8").simple == Interval.parse("P1")
    assert Interval.parse("P5").simple == Interval.parse("P5")


def test_matching_is_blind_to_octaves_and_direction_but_not_to_spelling() -> None:
    fifth = Interval.parse("P5")
    assert Interval.parse("P12").matches(fifth)
    assert (-Interval.parse("P19")).matches(fifth)
    assert Interval.parse("P8").matches(Interval.parse("P1"))
    assert not Interval.parse("A4").matches(Interval.parse("d5"))
    assert not Interval.parse("P4").matches(fifth)


def test_intervals_between_note_names_rise_less_than_an_octave() -> None:
    assert Interval.between_classes(PitchClass.parse("B"), PitchClass.parse("Ab")).name == "dim7"
    assert Interval.between_classes(PitchClass.parse("F#"), PitchClass.parse("Eb")).name == "dim7"
    assert Interval.between_classes(PitchClass.parse("Bb"), PitchClass.parse("D")).name == "M3"
    assert Interval.parse("A4").above_class(PitchClass.parse("Bb")) == PitchClass.parse("E")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("P3", "the third is major or minor, not perfect"),
        ("M5", "the fifth is perfect, not major or minor"),
        ("m8", "the octave is perfect, not major or minor"),
        ("m11", "the fourth is perfect, not major or minor"),
        ("d1", "a unison cannot be diminished"),
        ("5", "write P, M, m, aug or dim and a number"),
        ("P0", "write P, M, m, aug or dim and a number"),
        ("fifth", "write P, M, m, aug or dim and a number"),
    ],
)
def test_what_is_no_interval_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match="is not an interval: ") as caught:
        Interval.parse(text)
    assert why in str(caught.value)


def test_the_shape_of_an_interval_is_told_from_other_words() -> None:
    assert all(map(looks_like_interval, ["P5", "m3", "M10", "aug4", "dim5", "A4", "d5", "P3"]))
    assert not any(map(looks_like_interval, ["I", "V7", "C4", "Bb", "5", "P", "P0", "ii6", "major", "m"]))


@given(pitches, pitches)
def test_an_interval_leads_back_from_its_end(start: Pitch, end: Pitch) -> None:
    interval = Interval.between(start, end)
    assert interval.above(start) == end
    assert (-interval).above(end) == start
    assert interval + -interval == Interval(0, 0)
    assert interval.matches(-interval)
    assert abs(interval).name == interval.name


@given(pitches, pitches)
def test_interval_names_read_back(start: Pitch, end: Pitch) -> None:
    size = abs(Interval.between(start, end))
    if "dimdimdimdim" not in size.name and "augaugaugaug" not in size.name and size != Interval(0, -1):
        assert Interval.parse(size.name) == size
