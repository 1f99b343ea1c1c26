"""The chord under a note: one number in all keys, and what a network hears of it."""

from fractions import Fraction

import numpy as np
import pytest

from rulegen.io.pieces import CorpusPiece, Sung, from_plain, to_plain
from rulegen.models.base import CONDITIONS
from rulegen.models.harmony import HEARD, NO_CHORD, chord_in, features, number_of, sounding, with_chord
from rulegen.models.measure import untold
from rulegen.models.places import line_of
from rulegen.theory.chord import parse_chord
from rulegen.theory.meter import Meter
from rulegen.theory.scale import Key
from tests.models.music import line

QUARTER = Fraction(1, 4)


@pytest.mark.parametrize(
    ("label", "mode", "tones", "root", "bass"),
    [
        ("I", "major", {0, 4, 7}, 0, 0),
        ("V65", "major", {7, 11, 2, 5}, 7, 11),
        ("V7/V", "major", {2, 6, 9, 0}, 2, 2),
        ("iv6", "minor", {5, 8, 0}, 5, 8),
        ("viio6", "minor", {11, 2, 5}, 11, 2),
    ],
)
def test_a_chord_has_one_number_in_all_keys(
    label: str, mode: str, tones: set[int], root: int, bass: int
) -> None:
    numbers = {
        number_of(parse_chord(label, Key.parse(f"{tonic} {mode}"))) for tonic in ("C", "A", "F#", "Eb")
    }
    assert len(numbers) == 1
    heard = features(np.array(list(numbers), dtype=np.int32))[0]
    assert set(np.flatnonzero(heard[:12]).tolist()) == tones
    assert heard[12:24].tolist() == [float(place == root) for place in range(12)]
    assert heard[24:].tolist() == [float(place == bass) for place in range(12)]


def test_inversions_and_applied_chords_are_told_apart() -> None:
    key = Key.parse("G major")
    labels = ["I", "I6", "I64", "V", "V7", "V65", "V43", "V42", "V/V", "II", "vi", "viio6"]
    numbers = [number_of(parse_chord(label, key)) for label in labels]
    assert len(set(numbers)) == len(labels) - 1  # V/V is II by its tones
    assert min(numbers) > NO_CHORD


def test_a_condition_holds_its_place_and_its_chord() -> None:
    places = np.arange(CONDITIONS, dtype=np.int32)
    number = number_of(parse_chord("V42", Key.parse("C major")))
    held = with_chord(places, np.full(CONDITIONS, number, dtype=np.int32))
    assert held.dtype == np.int32 and (held % CONDITIONS == places).all() and (chord_in(held) == number).all()
    assert (chord_in(places) == NO_CHORD).all()
    assert features(chord_in(places)).shape == (CONDITIONS, HEARD) and not features(chord_in(places)).any()


def test_a_note_hears_the_chord_that_sounds_when_it_begins() -> None:
    chords = [(QUARTER, 5), (3 * QUARTER, 9)]
    onsets = [Fraction(0), QUARTER, Fraction(3, 8), 2 * QUARTER, 3 * QUARTER, Fraction(9)]
    assert sounding(onsets, chords) == [NO_CHORD, 5, 5, 5, 9, 9]
    assert sounding(onsets, []) == [NO_CHORD] * 6


def test_the_line_of_a_piece_knows_its_chords_where_that_is_asked() -> None:
    notes = tuple(Sung(QUARTER * place, QUARTER, 67 + place, QUARTER * place) for place in range(4))
    chords = ((Fraction(0), "I"), (Fraction(1, 2), "V7"), (Fraction(3, 4), "no chord"))
    piece = CorpusPiece(
        "a", 7, False, Meter.parse("4/4"), Fraction(0), (("v", notes),), (Fraction(1),), chords
    )
    assert from_plain(to_plain(piece)) == piece
    plain, told = line_of(piece, "v"), line_of(piece, "v", with_chords=True)
    assert plain is not None and told is not None and told.symbols == plain.symbols
    key = Key.parse("G major")
    expected = [number_of(parse_chord(label, key)) for label in ("I", "I", "V7")]
    assert [condition // CONDITIONS for condition in told.conditions] == [*expected, NO_CHORD]
    assert untold([line([0, 1, 2, 3], told.conditions)])[0].places.tolist() == list(plain.conditions)
