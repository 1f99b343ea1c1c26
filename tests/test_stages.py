"""Marks are drawn on the notes: what a piece of several stages is, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import rulegen
from rulegen.errors import StyleError, Unsatisfiable

NOTES = """style "Marked"  meter 3/4  key C major
voices { soprano C4..G4  alto G3..C4 }
rhythm soprano { values 1/4, 1/2 }  rhythm alto { every 3/4 }
form { A = 2 bars, cadence half, 2 bars  B = 2 bars  piece = A A B A }
"""
MARKS = """
articulation soprano { staccato weight -1, tenuto }
dynamics { p, mf weight 1, f }
rule louder_by_step is required { for consecutive notes a, b in soprano  when b.dynamic > a.dynamic  then not leap(a, b) }
rule soft_end is required { for note n in voice  when n.is_last  then n.dynamic <= p }
require louder_by_step
require soft_end
rule dry is preferred { for note n in soprano  then n.duration == 1/4 and n.articulation is staccato }
prefer dry weight 2
"""
NO_MARKS = """
articulation soprano { accent }
rule all is required { for note n in soprano  then n.articulation is accent }
rule pair is avoided { for consecutive notes a, b in soprano  then a.articulation is accent and b.articulation is accent }
require all
forbid pair
"""


def test_marks_change_no_note_of_a_seed() -> None:
    plain, marked = rulegen.load(NOTES), rulegen.load(NOTES + MARKS)
    soft = MARKS.replace("require louder_by_step\nrequire soft_end\n", "")
    for seed in range(3):
        one, other = plain.compose(seed=seed).score, rulegen.load(NOTES + soft).compose(seed=seed).score
        assert [(n.voice, n.onset, n.pitch) for n in one.notes] == [
            (n.voice, n.onset, n.pitch) for n in other.notes
        ]
        assert not one.dynamics and other.dynamics
    assert marked.compose(seed=1).grade().is_clean


def test_a_piece_keeps_its_marks_in_a_file_and_is_graded_by_them(tmp_path: Path) -> None:
    style = rulegen.load(NOTES + MARKS)
    piece = style.compose(seed=4)
    piece.save(tmp_path / "marked.musicxml")
    read = rulegen.read(tmp_path / "marked.musicxml")
    assert {note.articulations for note in piece.score.notes} > {()}
    assert [n.articulations for n in read.score.notes] == [n.articulations for n in piece.score.notes]
    levels = [piece.score.level_at(note.voice, note.onset) for note in piece.score.notes]
    assert [read.score.level_at(note.voice, note.onset) for note in read.score.notes] == levels
    assert style.grade(read).findings == piece.grade().findings


def test_the_level_is_written_again_where_a_section_is_stated_again() -> None:
    piece = rulegen.load(NOTES + "dynamics { mf }").compose(seed=1)
    assert [(each.onset, each.level, each.voice) for each in piece.score.dynamics] == [
        (section.onset, "mf", None) for section in piece.score.timeline.sections
    ]


def test_what_no_notes_fit_is_told_with_the_lines_that_clash() -> None:
    with pytest.raises(Unsatisfiable) as caught:
        rulegen.load(NOTES + NO_MARKS).compose(seed=1)
    found = caught.value.diagnostic
    assert found.message.startswith(
        "no marks on the notes that were drawn keep all of this: require all and forbid pair"
    )
    assert "that they fit others is not ruled out" in found.notes[-1]


STEADY = (
    NOTES.replace("values 1/4, 1/2", "every 1/4")
    + """
articulation soprano { none, staccato }
rule dry is required { for note n in soprano  when n.pitch > E4  then n.articulation is staccato }
rule plain is forbidden { for note n in soprano  then n.articulation is staccato and not n.is_first }
require dry
forbid plain
rule high is required { for note n in soprano  when n.is_last  then n.pitch >= F4 }
"""
)


def test_notes_that_no_marks_fit_are_told_with_the_rules_of_both_stages_where_it_is_proved() -> None:
    with pytest.raises(Unsatisfiable) as caught:
        rulegen.load(STEADY + "require high").compose(seed=1)
    found = caught.value.diagnostic
    assert found.message.startswith("no score keeps all of this: ")
    assert "require dry and forbid plain and require high" in found.message
    assert not any("were drawn" in note for note in found.notes)
    with pytest.raises(Unsatisfiable) as caught:
        rulegen.load(STEADY).compose(seed=1)
    assert "there are others that they fit" in caught.value.diagnostic.notes[-1]


RHYTHM_FIRST = """style "T"  meter 2/4  key C major  rhythm first
voices { soprano C4..G4 }  rhythm soprano { values 1/8, 1/4 }  melody { notes C E G }  form { A = 1 bars }
rule short is required { for note n in voice  when n.duration == 1/8  then n == E4 }
rule long is required { for note n in voice  when n.duration == 1/4  then n == <long> }
rule first is required { for note n in voice  when n.is_first  then n == G4 }
require short, long, first
"""


def test_a_rhythm_that_no_notes_fit_is_told_with_the_rules_of_both_stages_where_it_is_proved() -> None:
    with pytest.raises(Unsatisfiable) as caught:
        rulegen.load(RHYTHM_FIRST.replace("<long>", "C4")).compose(seed=1)
    assert caught.value.diagnostic.message.startswith(
        "no score keeps all of this: require short and require long and require first"
    )
    piece = rulegen.load(RHYTHM_FIRST.replace("<long>", "G4")).compose(seed=1)
    assert str(piece.score.notes[0].duration) == "1/4"


def test_the_best_has_the_best_marks_on_the_best_notes() -> None:
    [best] = rulegen.load(NOTES + MARKS).best(1)
    assert "the best marks on the best notes" in best.report.exactness
    short = [note for note in best.score.notes_of("soprano") if note.duration == 1 / 4]
    assert all(note.articulations == ("staccato",) for note in short)
    assert best.grade().is_clean


def test_inspect_says_what_is_drawn_on_the_notes() -> None:
    said = str(rulegen.load(NOTES + MARKS).explain())
    assert "  articulation of soprano\n  dynamic of soprano, alto\n  by require louder_by_step" in said


def test_a_rule_about_marks_has_no_place_where_a_style_draws_none() -> None:
    style = rulegen.load(NOTES + NO_MARKS.replace("articulation soprano { accent }", ""))
    assert [each.code for each in style.warnings] == ["vacuous", "vacuous"]
    assert "the style draws none: say `articulation { … }`" in style.warnings[0].message
    assert style.compose(seed=1).grade().is_clean


def test_particles_draw_marks_too() -> None:
    style = rulegen.load(
        NOTES + MARKS + "forbid repeated_note at most 3 per piece\nuse melody\n", budget=2000
    )
    piece = style.compose(seed=1)
    assert piece.report.effective_size is not None and piece.score.dynamics
    with pytest.raises(StyleError):
        style.best(1)
