"""Note values, ties, beams and keys as a musician writes them."""

from fractions import Fraction
from pathlib import Path

import pytest

from rulegen.io.beams import beams_of
from rulegen.io.note_values import split
from rulegen.theory.meter import Meter

Quick = tuple[str, str, str, list[str]]


@pytest.mark.parametrize(
    ("meter", "onset", "duration", "values"),
    [
        ("4/4", "0", "5/8", ["half", "eighth"]),
        ("4/4", "1/8", "1/4", ["quarter"]),
        ("4/4", "3/8", "1/4", ["eighth", "eighth"]),
        ("4/4", "1/4", "1/2", ["half"]),
        ("4/4", "1/4", "3/4", ["half."]),
        ("2/2", "1/4", "1/2", ["half"]),
        ("6/8", "0", "1/2", ["quarter.", "eighth"]),
        ("6/8", "0", "3/4", ["half."]),
        ("9/8", "0", "9/8", ["half.", "quarter."]),
        ("7/8", "0", "7/8", ["half", "quarter."]),
        ("5/4 = 3+2", "0", "5/4", ["half.", "half"]),
        ("4/4", "1/6", "1/3", ["eighth", "quarter"]),
    ],
)
def test_lengths_are_written_so_that_beats_show(
    meter: str, onset: str, duration: str, values: list[str]
) -> None:
    pieces = split(Meter.parse(meter), Fraction(onset), Fraction(duration))
    assert [piece.value.type + "." * piece.value.dots for piece in pieces] == values
    assert sum(piece.duration for piece in pieces) == Fraction(duration)


@pytest.mark.parametrize(
    ("meter", "onset", "duration", "values"),
    [
        ("4/4", "1/4", "3/4", ["quarter", "half"]),
        ("6/8", "1/8", "5/8", ["eighth", "eighth", "quarter."]),
        ("3/4", "0", "1/2", ["half"]),
        ("4/4", "1/8", "3/8", ["eighth", "quarter"]),
    ],
)
def test_rests_show_every_beat(meter: str, onset: str, duration: str, values: list[str]) -> None:
    pieces = split(Meter.parse(meter), Fraction(onset), Fraction(duration), is_rest=True)
    assert [piece.value.type + "." * piece.value.dots for piece in pieces] == values


@pytest.mark.parametrize("length", ["1/17", "1/1024", "1/9"])
def test_a_length_without_notation_is_refused(length: str) -> None:
    if length == "1/9":
        assert split(Meter.parse("4/4"), Fraction(0), Fraction(length))
        return
    with pytest.raises(ValueError, match="no notation"):
        split(Meter.parse("4/4"), Fraction(0), Fraction(length))


def test_beams_join_the_notes_of_a_beat_and_the_eighths_of_half_a_bar() -> None:
    eighth = [(Fraction(place, 8), Fraction(1, 8), 1) for place in range(8)]
    words = [word for (word,) in beams_of(Meter.parse("4/4"), eighth)]
    assert words == ["start", "continue", "continue", "stop"] * 2
    quarter = (Fraction(3, 4), Fraction(1, 4), 0)
    words = [
        word for word, *_ in (each or ("",) for each in beams_of(Meter.parse("4/4"), [*eighth[:6], quarter]))
    ]
    assert words == ["start", "continue", "continue", "stop", "start", "stop", ""]
    words = [word for (word,) in beams_of(Meter.parse("2/4"), eighth[:4])]
    assert words == ["start", "stop"] * 2
    words = [word for (word,) in beams_of(Meter.parse("6/8"), eighth[:6])]
    assert words == ["start", "continue", "stop"] * 2


def test_a_dotted_rhythm_has_a_broken_beam() -> None:
    notes = [(Fraction(0), Fraction(3, 16), 1), (Fraction(3, 16), Fraction(1, 16), 2)]
    assert beams_of(Meter.parse("4/4"), notes) == [("start",), ("stop", "partial-left")]
    notes = [(Fraction(0), Fraction(1, 16), 2), (Fraction(1, 16), Fraction(3, 16), 1)]
    assert beams_of(Meter.parse("4/4"), notes) == [("start", "partial-right"), ("stop",)]


@pytest.mark.parametrize("name", ["bwv66.6", "bwv1.6", "bwv269", "bwv253", "bwv104.6"])
def test_the_mode_of_a_chorale_is_heard_in_its_soprano(name: str) -> None:
    import importlib.util

    from rulegen.io.key_guess import guessed_key
    from rulegen.io.read import read_score

    found = importlib.util.find_spec("music21")
    assert found is not None and found.origin is not None
    score = read_score(Path(found.origin).parent / "corpus" / "bach" / f"{name}.mxl")
    lines = [score.notes_of(voice.name) for voice in score.voices]
    final = [note.pitch for note in lines[-1] if note.pitch][-1].pitch_class
    assert guessed_key(score.key.signature_fifths, [lines[0]]).tonic == final
