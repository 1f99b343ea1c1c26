"""What is given: how long it lasts, what sounds of it when, and where a style can take it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from rulegen.compose import compose, prepare
from rulegen.errors import StyleError
from rulegen.plan.given import tunes_of
from rulegen.plan.problem import plan_of, problem_of
from rulegen.plan.tune import Tune
from rulegen.score.notation import parse_score
from tests.oracle.brute import style_of

SONG = parse_score("""title "Song"
key G major
meter 3/4
pickup 1/4
voice tune D4..B4

tune | D4:1/4 | G4:1/8 A4 B4:1/4 r | A4:1/2! s:1/4 | r:1/8 B4 G4:1/2! |
""")


def text(given: str, form: str = "A = 2 bars") -> str:
    """A style of two voices of which one is given."""
    return f"""style "T"  meter 4/4  key C major  voices {{ soprano C4..G5 alto C4..G4 }}
    rhythm {{ every 1/4 }}  form {{ {form} }}  given soprano = {given}"""


def test_a_tune_rests_where_its_score_says_nothing() -> None:
    tune = Tune.of_score(SONG, "soprano", False)
    assert [str(note.pitch) for note in tune.notes if note.onset in (Fraction(3, 2), Fraction(7, 4))] == [
        "None"
    ] * 2
    assert [Fraction(0), *(note.end for note in tune.notes)] == [
        *(note.onset for note in tune.notes),
        tune.end,
    ]


@pytest.mark.parametrize("on_beats", [True, False])
def test_what_sounds_is_what_a_search_through_all_notes_finds(on_beats: bool) -> None:
    tune = Tune.of_score(SONG, "soprano", on_beats)
    for number in range(int(tune.end * 16)):
        place = Fraction(number, 16)
        held = [note for note in tune.skeleton if note.onset <= place < note.end]
        assert tune.pitch_at(place) == held[0].pitch


def test_the_close_of_a_phrase_is_its_last_note_to_its_end() -> None:
    tune = Tune.of_score(SONG, "soprano", True)
    assert [(onset, end) for onset, end, _ in tune.phrases] == [
        (0, Fraction(15, 8)),
        (Fraction(15, 8), Fraction(5, 2)),
    ]
    assert [tune.close_of(onset) for onset, _, _ in tune.phrases] == [Fraction(7, 8), Fraction(1, 2)]
    assert [note.ornament for note in tune.written()].count(True) == 1


def test_what_is_given_lasts_no_longer_than_the_form() -> None:
    style = style_of(text("C5:1/4 E5 G5 E5 | C5:3/2"))
    with pytest.raises(StyleError) as caught:
        tunes_of(style, {})
    (found,) = caught.value.diagnostics
    assert (
        found.message == "what is given for soprano lasts as long as 5/2 whole notes, the form as long as 2"
    )
    assert [each.text for each in found.labels] == ["given here", "the form"]
    assert found.help == "make the form longer, or give less"


def test_a_voice_is_composed_where_nothing_of_it_is_given() -> None:
    style = style_of(text("C5:1/4 r G5:3/8"))
    plan = plan_of(style, tunes_of(style, {}))
    onsets = [str(event.onset) for event in plan.schedule.frame.notes[0]]
    assert onsets == ["0", "1/4", "1/2", "7/8", "1", "5/4", "3/2", "7/4"]
    (piece,) = compose(prepare(style, plan.tunes), [1])
    sung = piece.score.notes_of("soprano")
    assert [str(note.pitch) for note in sung[:3]] == ["C5", "None", "G5"]
    assert all(note.pitch is not None for note in sung[3:])
    assert [note.end for note in sung[:-1]] == [note.onset for note in sung[1:]]


def test_a_voice_of_a_sampled_rhythm_is_given_as_a_whole() -> None:
    style = style_of(text("C5:1/4 D5").replace("rhythm {", "rhythm soprano { values 1/4, 1/2 }  rhythm {"))
    with pytest.raises(StyleError) as caught:
        tunes_of(style, {})
    assert caught.value.diagnostics[0].message.startswith("the rhythm of soprano is sampled")


def test_given_notes_and_chords_have_their_moments_alone() -> None:
    style = style_of(text("C5:3/8 r:1/8 G5:1/2 | E5:1/1") + " given harmony = | I:1/4 V I6:1/2 | I6:1/1 |")
    plan = plan_of(style, tunes_of(style, {}))
    chords = [chord.label for chord in plan.tables.chords]
    pitches = [str(pitch) for pitch in plan.tables.voices[0].pitches]
    found = [(chords[layer.domains[0][0]], pitches[layer.domains[1][0]]) for layer in problem_of(plan).layers]
    assert found == [("I", "C5"), ("V", "C5"), ("V", "None"), *[("I6", "G5")] * 2, *[("I6", "E5")] * 4]
