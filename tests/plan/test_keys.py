"""Phrases that go from one key to another, and the domains of places in different keys."""

import pytest

from rulegen.compose import compose, prepare
from rulegen.errors import StyleError
from rulegen.grading.grade import grade
from rulegen.plan.problem import plan_of, problem_of
from rulegen.score.notation import format_score, parse_score
from tests.oracle.brute import style_of

MOVES = """style "T"  meter 2/4  key C major  voices { u C4..A5  l C3..A3 }
form { A = 3 bars home to V, cadence authentic  B = in vi, meter 3/4, 1 bars  piece = A B A }
harmony { chords major I ii IV V vi  chords minor i iv V  change every beat }"""


def test_the_key_changes_once_at_a_chord_of_both_keys() -> None:
    for piece in compose(prepare(style_of(MOVES), {}), range(8)):
        chords = [event.chord for event in piece.score.chords][:6]
        keys = [chord.key.name for chord in chords]
        change = keys.index("G major")
        assert keys == ["C major"] * change + ["G major"] * (6 - change)
        assert 1 <= change <= 4
        assert chords[change].label in ("I", "ii", "IV", "vi")  # D major is no chord of C major


def test_a_piece_in_several_keys_reads_back_from_text_and_grades_clean() -> None:
    style = style_of(MOVES)
    for piece in compose(prepare(style, {}), range(3)):
        again = parse_score(format_score(piece.score))
        assert again == piece.score
        assert grade(again, style).is_clean
        key = piece.score.timeline.key_at
        assert all(event.chord.key == key(event.onset) for event in piece.score.chords)


def test_notes_and_chords_are_those_of_the_key_of_the_place() -> None:
    plan = plan_of(style_of(MOVES.replace("harmony {", "melody l { notes scale }  harmony {")), {})
    layers = problem_of(plan).layers
    lower = plan.tables.voices[1].pitches
    names = [{str(lower[code])[:-1] for code in layer.domains[2]} for layer in layers]
    assert "F#" not in names[0]
    assert {"F", "F#"} <= names[2]
    assert {"F#"} <= names[5] and "F" not in names[5]
    chords = [{str(plan.tables.chords[code].key) for code in layer.domains[0]} for layer in layers]
    assert chords[-1] == {"A minor"}


def test_a_phrase_with_too_few_chords_cannot_change_its_key() -> None:
    with pytest.raises(StyleError, match="too few chords to go from C major to G major: 2"):
        prepare(style_of(MOVES.replace("3 bars home", "1 bars home")), {})
