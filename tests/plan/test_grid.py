"""Where a sampled rhythm may begin its notes, and what is said where it cannot fill the time."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from rulegen.compose import compose, prepare
from rulegen.errors import RulegenError, StyleError, Unsatisfiable
from rulegen.grading.grade import grade
from rulegen.grading.proofreader import Proofreader
from rulegen.grading.reader import ScoreReader
from rulegen.io.musicxml import write_musicxml
from rulegen.io.read import read_score
from rulegen.plan.given import tunes_of
from rulegen.plan.grid import Grid
from rulegen.plan.problem import plan_of
from rulegen.score.events import Score
from tests.oracle.brute import style_of


def text(values: str, form: str = "A = 2 bars", more: str = "", meter: str = "4/4") -> str:
    """A style of one voice with a sampled rhythm, and of more where more is said."""
    alto = " alto C4..G4" if "alto" in more else ""
    return f"""style "T"  meter {meter}  key C major  voices {{ soprano C4..G4{alto} }}
    rhythm soprano {{ values {values} }}  melody {{ notes C E G }}  form {{ {form} }}  {more}"""


def scores(style_text: str, count: int = 20) -> list[Score]:
    """Some scores of a style."""
    style = style_of(style_text)
    return [each.score for each in compose(prepare(style, tunes_of(style, {})), range(count))]


def grid(style_text: str) -> Grid:
    """The grid of a style."""
    found = plan_of(style_of(style_text), {}).schedule.grid
    assert found is not None
    return found


def fault(style_text: str) -> RulegenError:
    """What is wrong with a style."""
    style = style_of(style_text)
    with pytest.raises(RulegenError) as caught:
        prepare(style, tunes_of(style, {}))
    return caught.value


@pytest.mark.parametrize(
    ("said", "step"),
    [
        (text("1/4, 1/2"), "1/4"),
        (text("1/4, 1/2 close 3/8", "A = 1 bars", meter="7/8"), "1/8"),
        (text("1/4, 1/8", "pickup 1/8  A = 2 bars"), "1/8"),
        (text("1/4, 1/2", more="rhythm alto { every 1/6 }"), "1/12"),
        (text("1/4, 1/2", "A = 3 bars", "rhythm alto { every 3/8 }", "3/4"), "1/8"),
        (text("1/4, 1/2", more="harmony { chords I  change every 3/16 }", meter="3/4"), "1/16"),
        (text("1/4, 1/2 grid 1/16"), "1/16"),
        (text("1/4, 3/16", "A = 0.75 bars, 1.25 bars", meter="2/4"), "1/16"),
    ],
)
def test_the_step_is_shared_by_all_that_begins(said: str, step: str) -> None:
    found = grid(said)
    assert found.step == Fraction(step)
    onsets = plan_of(style_of(said), {}).schedule.frame.onsets
    assert {after - before for before, after in pairwise(onsets)} == {found.step}


@pytest.mark.parametrize(
    "said",
    [
        text("1/4, 1/2 close 3/8", "A = 1 bars", meter="7/8"),
        text("1/4, 1/2", more="rhythm alto { every 1/6 }"),
        text("1/4, 1/2", more="rhythm alto { every 3/8 close 1/16 }", meter="3/4"),
        text("1/8, 1/4, 1/2", "pickup 1/8  A = 2 bars"),
        text("1/8, 1/4", "pickup 1/8  A = 2 bars", "rhythm alto { every 1/4 }"),
        text("1/4, 1/2", more="rhythm alto { every 1/4 }  given alto = C4:1/3 E4 G4 r:1/2 C4"),
        text("1/4", "A = 2 bars", meter="3/8"),
    ],
)
def test_every_voice_fills_its_time(said: str) -> None:
    for score in scores(said):
        for voice in score.voices:
            notes = score.notes_of(voice.name)
            assert [Fraction(0), *(note.end for note in notes)] == [
                *(note.onset for note in notes),
                score.end,
            ]


def test_a_hole_an_overlap_and_an_early_end_are_found_by_proofreading() -> None:
    said = text("1/4", "A = 1 bars")
    (score,) = scores(said, 1)
    first, second, *rest = score.notes
    wrong = [
        (first, *rest),
        (second, *rest),
        (first, replace(second, onset=Fraction(1, 8), duration=Fraction(3, 8)), *rest),
        (first, second, *rest[:-1]),
    ]
    found = Proofreader(ScoreReader(style_of(said))).clean(
        [score, *(replace(score, notes=notes) for notes in wrong)]
    )
    assert found == [True, False, False, False, False]


def test_a_note_begins_with_the_first_full_bar() -> None:
    for score in scores(text("1/8, 1/4, 1/2", "pickup 3/8  A = 2 bars")):
        assert Fraction(3, 8) in {note.onset for note in score.notes}


def test_a_last_note_of_fixed_length_may_begin_in_the_pickup() -> None:
    (score,) = scores(text("1/8 close 7/8", "pickup 1/4  A = 1 bars"), 1)
    assert [note.duration for note in score.notes] == [Fraction(1, 8), Fraction(7, 8)]


def test_a_voice_that_is_given_is_not_sampled() -> None:
    said = text("1/4, 1/2", more="given soprano = C4:1/4 E4 G4 E4 | C4:1/1")
    assert [str(note.pitch) for note in scores(said, 1)[0].notes] == ["C4", "E4", "G4", "E4", "C4"]


def test_patterns_that_are_drawn_are_read_back_and_graded_as_they_were_composed(tmp_path: Path) -> None:
    patterns = """pattern ends = 1/4 1/2, rest 1/4   pattern over = tied 1/2, 1/2   pattern begins = rest 1/4, 3/4
    rhythm alto { patterns ends, over weight 0.5, begins weight -0.2  begin phrases after 1/4 }
    rule met is avoided { for consecutive moments s, t  then alto@t is C4 or moves(alto, s, t) }  avoid met weight 0.5
    rule late is forbidden { for note n in alto  then n.after_rest and n is G4 }  forbid late"""
    style = style_of(text("1/4, 1/2, rest 1/4", "A = 2 bars, 2 bars", patterns))
    lengths = set()
    for piece in compose(prepare(style, {}), range(12)):
        write_musicxml(piece.score, tmp_path / "piece.musicxml")
        again = grade(read_score(tmp_path / "piece.musicxml"), style)
        assert again.is_clean and len(again.findings) == len(piece.grade.findings)
        assert again.cost == pytest.approx(piece.grade.cost)
        lengths |= {note.duration for note in piece.score.notes_of("alto") if note.pitch is not None}
    assert {Fraction(1), Fraction(1, 2), Fraction(5, 4)} <= lengths


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            text("1/4, 1/2", "pickup 1/8  A = 2 bars"),
            "the pickup of phrase 1 lasts 1/8, and notes of `1/4` and `1/2`, as soprano has them, do not add up to that",
        ),
        (
            text("1/2", "pickup 1/2  A = 1 bars, 1 bars", meter="3/4"),
            "phrase 1, after the pickup lasts 1/4, and notes of `1/2`, as soprano has them, do not add up to that",
        ),
        (
            text("1/4, 1/2 close 3/8"),
            "phrase 1 up to its last note lasts 13/8, and notes of `1/4` and `1/2`, as soprano has them, "
            "do not add up to that",
        ),
        (
            text("1/4", "A = 2 bars, 1 bars", meter="3/8"),
            "phrase 2 lasts 3/8, and notes of `1/4`, as soprano has them, do not add up to that",
        ),
        (
            text("1/4", "A = 1 bars  B = 1 bars  piece = A B", "rhythm soprano in section B { values 3/8 }"),
            "phrase 2 lasts 1, and notes of `3/8`, as soprano has them, do not add up to that",
        ),
        (
            text("1/2 begin phrases after 1/4", "A = 1 bars", meter="2/4"),
            "phrase 1 lasts 1/4, and notes of `1/2`, as soprano has them, do not add up to that",
        ),
        (
            text("3/8 ties within bars", "A = 1.5 bars"),
            "phrase 1 lasts 3/2, and notes of `3/8`, as soprano has them within bars, do not add up to that",
        ),
    ],
)
def test_time_that_the_values_cannot_fill_is_said(said: str, message: str) -> None:
    found = fault(said)
    assert isinstance(found, Unsatisfiable)
    assert (found.diagnostic.code, found.diagnostic.message) == ("not-filled", message)
    assert [each.text for each in found.diagnostic.labels] == ["the rhythm of soprano", "the form"]
    assert "add the value 1/" in (found.diagnostic.help or "")


@pytest.mark.parametrize(
    ("said", "code", "message"),
    [
        (
            text("1/4, 1/64", more="rhythm alto { every 1/11 }"),
            "grid-too-fine",
            "the notes of alto and the notes of soprano have no step in common but 1/704 of a whole note, "
            "and the smallest is 1/192",
        ),
        (
            text("1/4, 1/2 grid 1/4", more="harmony { chords I  change every 1/8 }"),
            "off-the-grid",
            "the chords do not all begin on the grid of 1/4 that soprano has",
        ),
        (
            text("1/4, 1/2 grid 1/4", "pickup 1/8  A = 2 bars"),
            "off-the-grid",
            "the phrases and the pickup do not all begin on the grid of 1/4 that soprano has",
        ),
        (
            text("1/4 close 2/1", "A = 3 bars, 1 bars"),
            "long-close",
            "the last note of a phrase lasts 2 in soprano, but phrase 2 lasts 1",
        ),
        (
            text("1/4", more="rhythm alto { every 1/4 close 3/1 }"),
            "long-close",
            "the last note of a phrase lasts 3 in alto, but phrase 1 lasts 2",
        ),
        (
            text("1/4", "A = 1 bars  B = 1 bars  piece = A B", "rhythm in section B { every section }"),
            "not-yet",
            "soprano holds a note through a section, and has a rhythm that is drawn elsewhere",
        ),
        (
            text("1/4 begin after 2 bars", "A = 1 bars  piece = A A"),
            "late-entry",
            "soprano begins after the first A, which is stated again",
        ),
        (
            text("1/4", "A = 1 bars", "rhythm alto { every 1/4 }  given soprano = C4:1/1")
            .replace("rhythm soprano {", "rhythm soprano, alto { together ")
            .replace("rhythm alto { every 1/4 }", ""),
            "not-together",
            "soprano is given, and alto moves together with it in a drawn rhythm",
        ),
        (
            text(
                "1/4",
                "A = 1 bars  B = 1 bars  piece = A B",
                "rhythm soprano in section B { values 1/4 grid 1/4 close 1/4 }  rhythm alto { every 1/8 }",
            ),
            "off-the-grid",
            "the notes of alto do not all begin on the grid of 1/4 that soprano has",
        ),
    ],
)
def test_what_has_no_place_on_a_grid_is_said(said: str, code: str, message: str) -> None:
    found = fault(said)
    assert isinstance(found, StyleError)
    (diagnostic,) = found.diagnostics
    assert (diagnostic.code, diagnostic.message) == (code, message)
    assert diagnostic.labels and diagnostic.help
