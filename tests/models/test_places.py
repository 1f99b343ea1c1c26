"""Where symbols stand, and what symbols there are."""

from fractions import Fraction

import pytest

from rulegen.io.pieces import from_plain, piece_of, score_of, to_plain
from rulegen.models.base import CONDITIONS
from rulegen.models.features import heard as compared
from rulegen.models.features import pitch_classes
from rulegen.models.grids import grid_of
from rulegen.models.harmony import number_of
from rulegen.models.places import (
    FIRST,
    INSIDE,
    LAST,
    LAST_BUT_ONE,
    SymbolLine,
    alphabet_of,
    condition_of,
    encoded,
    line_of,
    parts_of,
    phrase_classes,
    pitch_symbol,
    strength_class,
)
from rulegen.models.quartet import LOWEST
from rulegen.score.notation import parse_score
from rulegen.theory.chord import parse_chord
from rulegen.theory.meter import Meter
from rulegen.theory.scale import Key
from tests.models.music import chorale

TUNE = """title "Tune"
key E minor
meter 3/4
pickup 1/4
voice tune A3..C6

tune | B3:1/4 | E4:1/2 F#4:1/8 G4:1/8 | r:1/4 E4:1/2 |
"""


CHANGING = """title "Changing"
key C major
meter 4/4
at 1 meter 3/4
at 1 pickup 1/4
voice soprano C4..C6
voice alto C4..C5
voice tenor C3..C5
voice bass C2..C4

soprano | C5:1/4 D5 E5 F5 | G5 | G5 F5 E5 | D5 C5 C5 |
alto | C4:1/1 | C4:1/4 | C4:3/4 | C4:3/4 |
tenor | C4:1/1 | C4:1/4 | C4:3/4 | C4:3/4 |
bass | C3:1/1 | C3:1/4 | C3:3/4 | C3:3/4 |
"""


def test_a_piece_of_several_meters_has_each_note_in_the_meter_of_its_place() -> None:
    score = parse_score(CHANGING)
    piece = piece_of(score, "changing")
    assert piece.meters == ((Fraction(1), Meter.parse("3/4"), Fraction(1, 2)),)
    assert from_plain(to_plain(piece)) == piece
    assert score_of(piece).timeline.meters == score.timeline.meters
    line, grid = line_of(piece, "soprano"), grid_of(piece)
    assert line is not None and grid is not None
    strengths = [parts_of(each)[1] for each in line.conditions]
    assert strengths == [0, 2, 1, 2, 2, 0, 2, 2, 0, 2, 2]
    in_four, in_three = range(16), range(16, 28)
    assert grid.places[:, 0].tolist() == [*in_four, *[24, 25, 26, 27], *in_three, *in_three]


def test_a_condition_holds_its_parts_and_all_conditions_are_different() -> None:
    every = [(minor, s, p) for minor in (False, True) for s in range(4) for p in range(4)]
    assert sorted(condition_of(*each) for each in every) == list(range(CONDITIONS))
    assert all(parts_of(condition_of(*each)) == each for each in every)


@pytest.mark.parametrize(
    ("meter", "offsets", "classes"),
    [
        ("4/4", ("0", "1/4", "1/2", "3/4", "1/8"), [0, 2, 1, 2, 3]),
        ("3/4", ("0", "1/4", "1/2", "3/8"), [0, 2, 2, 3]),
        ("6/8", ("0", "3/8", "1/8"), [0, 1, 3]),
    ],
)
def test_strength_is_by_the_meter(meter: str, offsets: tuple[str, ...], classes: list[int]) -> None:
    assert [strength_class(Meter.parse(meter), Fraction(offset)) for offset in offsets] == classes


def test_phrases_have_a_first_and_two_last_notes() -> None:
    onsets = [Fraction(n) for n in range(9)]
    found = phrase_classes(onsets, [Fraction(5), Fraction(7), Fraction(8), Fraction(9)])
    assert found == [FIRST, INSIDE, INSIDE, LAST_BUT_ONE, LAST, FIRST, LAST, LAST, LAST]


def test_pitches_are_counted_from_the_tonic_above_middle_c() -> None:
    assert pitch_symbol(71, 7) == 4  # B4 in G
    assert pitch_symbol(60, 11) == -11  # C4 in B


def test_a_line_knows_its_pitches_lengths_and_places() -> None:
    piece = piece_of(parse_score(TUNE), "tune")
    line = line_of(piece, "TUNE")
    assert line is not None
    assert line.symbols == (-5, 0, 2, 3, 0)
    assert [parts_of(condition) for condition in line.conditions] == [
        (True, 2, FIRST),
        (True, 0, INSIDE),
        (True, 2, INSIDE),
        (True, 3, LAST_BUT_ONE),
        (True, 2, LAST),
    ]
    with_lengths = line_of(piece, "1", with_lengths=True)
    assert with_lengths is not None
    assert with_lengths.symbols[0] == (-5, Fraction(1, 4))
    assert line_of(piece, "soprano") is None


def test_a_piece_comes_back_from_plain_data() -> None:
    for piece in (piece_of(parse_score(TUNE), "tune"), chorale("one", 1)):
        assert from_plain(to_plain(piece)) == piece


def test_alphabets_reach_a_little_beyond_what_was_heard() -> None:
    lines = [SymbolLine("a", (0, 4), (0, 0)), SymbolLine("b", (-3,), (0,))]
    assert alphabet_of(lines, "pitch").symbols == tuple(range(-8, 10))
    chords = alphabet_of([SymbolLine("a", ("V", "I"), (0, 0))], "chord")
    assert chords.symbols == ("I", "V")
    pairs = alphabet_of([SymbolLine("a", ((0, Fraction(1, 2)), (1, Fraction(1, 4))), (0, 0))], "pitch+length")
    assert len(pairs) == 12 * 2 and pairs.symbols[0] == (-5, Fraction(1, 4))
    with pytest.raises(ValueError, match="no symbols"):
        alphabet_of([], "pitch")
    found = encoded(lines[0], alphabet_of(lines, "pitch"))
    assert (found.symbols.tolist(), found.places.tolist(), found.name) == ([[8], [12]], [0, 0], "a")
    with pytest.raises(ValueError, match="not of the alphabet"):
        encoded(SymbolLine("c", (40,), (0,)), alphabet_of(lines, "pitch"))


MODULATING = """title "Tune"
key C major
meter 4/4
voice soprano A3..C6
voice alto A3..C6
voice tenor A3..C6
voice bass A3..C6
at 1/1 key E minor

soprano | C5:1/4 D5 E5 F5 | G5:1/2 E5:1/4 B4 |
alto    | C4:1/4 D4 E4 F4 | G4:1/2 E4:1/4 B3 |
tenor   | C4:1/4 D4 E4 F4 | G4:1/2 E4:1/4 B3 |
bass    | C4:1/4 D4 E4 F4 | G4:1/2 E4:1/4 B3 |
harmony | I:1/2 V         | i:1/2 V |
"""


def test_each_note_is_heard_in_the_key_of_its_place() -> None:
    piece = piece_of(parse_score(MODULATING), "a")
    assert from_plain(to_plain(piece)) == piece
    assert piece.tonic_at(Fraction(3, 4)) == (0, False) and piece.tonic_at(Fraction(1)) == (4, True)
    line = line_of(piece, "soprano", with_chords=True)
    assert line is not None and line.symbols == (12, 14, 16, 17, 15, 12, 7)
    assert [parts_of(condition % CONDITIONS)[0] for condition in line.conditions] == [False] * 4 + [True] * 3
    key = Key.parse("E minor")
    assert line.conditions[4] // CONDITIONS == number_of(parse_chord("i", key))
    grid = grid_of(piece)
    assert grid is not None and grid.symbols[[0, 16], 0].tolist() == [12 - LOWEST, 15 - LOWEST]
    assert grid.places[[15, 16], 2].tolist() == [0, 4 + 12]
    heard = compared(piece, "soprano")
    assert heard is not None and list(pitch_classes(heard)) == [0, 2, 4, 5, 3, 0, 7]
    assert score_of(piece).timeline.keys[1][1] == key
