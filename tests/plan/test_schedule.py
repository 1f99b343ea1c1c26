"""A style in time: where it ends, when its sections are stated again, and what narrowing means of voices."""

from __future__ import annotations

import numpy as np

from rulegen.plan.given import tunes_of
from rulegen.plan.problem import compiled, plan_of
from rulegen.plan.realise import realise
from rulegen.score.frame import Frame
from tests.oracle.agreement import Engine
from tests.oracle.brute import style_of
from tests.oracle.styles import SAMPLED, repeating


def frame_of(text: str) -> Frame:
    """The frame of a style."""
    style = style_of(text)
    return plan_of(style, tunes_of(style, {})).schedule.frame


def test_what_ends_a_restated_section_ends_the_piece_in_each_statement() -> None:
    frame = frame_of(repeating("A B A"))
    row = frame.note_rows[0]
    assert np.flatnonzero(row.attributes["is_last"]).tolist() == [2, 8]
    assert [each.is_last for each in frame.stretches("section")] == [True, False, True]
    assert np.flatnonzero(row.attributes["is_first"]).tolist() == [0]


def test_a_piece_that_ends_with_something_new_has_one_end() -> None:
    frame = frame_of(repeating("A A B"))
    assert np.flatnonzero(frame.note_rows[0].attributes["is_last"]).tolist() == [8]


def test_a_restated_section_is_decided_once() -> None:
    plan = plan_of(style_of(repeating("A B A")), {})
    assert plan.draft.layer_of.tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2]
    assert compiled(plan).order == (0, 1, 0)


def test_the_grid_of_a_sampled_rhythm_is_its_finest_step() -> None:
    frame = frame_of(SAMPLED)
    assert len(frame.onsets) == 6


def test_a_draw_is_written_with_the_lengths_that_were_drawn() -> None:
    engine = Engine(style_of(SAMPLED))
    for key, _ in engine.ranked(30):
        ends = {onset + length for _, onset, length, _ in key[1:]}  # type: ignore[misc]
        onsets = {onset for _, onset, _, _ in key[1:]}  # type: ignore[misc]
        assert ends - {engine.plan.schedule.frame.end} == onsets - {0}


def test_what_is_drawn_in_a_restated_section_sounds_again() -> None:
    plan = plan_of(style_of(repeating("A B A")), {})
    score = realise(plan, np.array([[0], [1], [0], [1], [1], [1]]))
    pitches = [str(note.pitch) for note in score.notes]
    assert pitches[:3] == pitches[6:]
    assert score.sections[2].repeat_of == 0


def test_a_rhythm_that_a_style_writes_holds_beside_a_form_that_is_given() -> None:
    text = """style "T"  meter 4/4  key C major  voices { upper C4..G5  lower C3..E4 }
    form from upper  given upper = C5:1/2 E5 | G4:1/1  rhythm lower { every 1/4 }"""
    style = style_of(text)
    plan = plan_of(style, tunes_of(style, {}))
    assert [len(row) for row in plan.schedule.frame.notes] == [3, 8]
    free = style_of(text.replace("rhythm lower { every 1/4 }", ""))
    assert [len(row) for row in plan_of(free, tunes_of(free, {})).schedule.frame.notes] == [3, 3]


def test_a_note_of_several_bars_is_counted_from_the_first_whole_bar() -> None:
    text = """style "long"  meter 2/4  key C major  voices { v C4..E4 }  rhythm { every 1/1 }
    form { pickup 1/4  A = 4.5 bars, 3 bars }"""
    assert [str(event.onset) for event in frame_of(text).notes[0]] == ["0", "1/4", "5/4", "9/4", "13/4"]
