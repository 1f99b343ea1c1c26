"""Rules that ask for aggregates over what lies elsewhere: what is said of their places, and what is refused."""

from __future__ import annotations

import pytest

from rulegen.compose import compose, prepare
from rulegen.errors import StyleError
from rulegen.grading.grade import grade
from rulegen.plan.problem import plan_of, problem_of
from rulegen.score.events import Score
from tests.oracle.brute import style_of

HEAD = """style "t"  meter 4/4  key C major  voices { v C4..G4 }  rhythm { every beat }  form { A = 2 bars }
"""
AGAIN = """rule again is required { for note n in voice  when n.bar == 2
  then exists(note m in voice in piece where m.bar == 1 and m.beat == n.beat and m == n)
  unless count(note k in voice in piece where k == n) > 6
  say "{n} stands {count(note k in voice in piece where k == n)} times, up to {max(k.midi for note k in voice)}" }
"""


def drawn(text: str, seed: int = 1) -> Score:
    """A score of a style."""
    return compose(prepare(style_of(text), {}), [seed])[0].score


def test_a_bar_that_repeats_a_bar_is_composed_and_graded_clean() -> None:
    style = style_of(HEAD + AGAIN + "require again")
    for piece in compose(prepare(style, {}), range(4)):
        assert grade(piece.score, style).is_clean


def test_what_is_said_of_a_place_counts_as_the_rule_does() -> None:
    score = drawn(HEAD)
    style = style_of(HEAD + AGAIN + "require again")
    sounding = [note.pitch for note in score.notes]
    highest = max(pitch.midi for pitch in sounding if pitch is not None)
    findings = grade(score, style).findings
    assert findings
    for finding in findings:
        pitch = finding.notes[0].removeprefix("v ")
        times = sum(str(each) == pitch for each in sounding)
        assert finding.message == f"{pitch} stands {times} times, up to {highest}"


def test_an_allowance_of_what_is_known_only_later_is_refused_at_its_use() -> None:
    later = """rule later is avoided { for note n in voice
      then exists(note m in voice in piece where m == n and m.onset > n.onset) }  forbid later at most 1 per piece"""
    with pytest.raises(StyleError) as caught:
        prepare(style_of(HEAD + later), {})
    assert "known only later cannot be counted against an allowance" in caught.value.diagnostics[0].message


def test_what_is_known_by_then_keeps_no_pending_windows() -> None:
    before = """rule before is avoided { for note n in voice
      then exists(note m in voice in piece where m == n and m.bar == 1) and n.bar == 2 }  forbid before"""
    problem = problem_of(plan_of(style_of(HEAD + before), {}))
    assert {slot.size for slot in problem.slots} == {2}  # whether each pitch was there
    assert len(problem.slots) == 5
