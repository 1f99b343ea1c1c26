"""Long windows remember a queue of what they compare, and no more; an allowance counts no further than it can."""

from __future__ import annotations

import pytest

from rulegen.compose import compose, prepare
from rulegen.folds.compile import compile_uses
from rulegen.grading.grade import grade
from rulegen.plan.problem import plan_of
from rulegen.rules.draft import Board
from tests.oracle.brute import style_of

CANON = """style "Canon"  meter 4/4  key C major  voices { dux C4..C5 comes C3..C4 }  form { A = 4 bars }
rhythm { every beat }
rule canon is required { for consecutive moments a, b, c, d, e  then interval(comes@e, dux@a) == P8 }
require canon
"""
ROUND = """style "Round"  meter 4/4  key C major  voices { a C4..C5 }  form { A = 4 bars }
rhythm a { values 1/8, 1/4, 3/8 }
rule goes_round is required { for consecutive notes x, p, q, r, y in voice  then y.duration == x.duration }
require goes_round
"""
TRIPLETS = """style "Triplets"  meter 4/4  key Bb major  voices { a Bb3..F5 }  form { A = 2 bars }
rhythm a { values 1/8, 1/4, triplet eighth weight 1  close 1/2 }
rule whole_triplets is required { for consecutive notes x, y, z in voice
  when x.duration == triplet eighth and x.strength >= 0.25
  then y.duration == triplet eighth and z.duration == triplet eighth }
rule straight is required { for consecutive notes x, y in voice
  when y.duration == triplet eighth and x.duration != triplet eighth  then y.strength >= 0.25 }
rule ends is required { for consecutive notes x, y in voice
  when x.duration == triplet eighth and y.duration != triplet eighth  then y.strength >= 0.25 }
require whole_triplets, straight, ends
"""


@pytest.mark.parametrize("text", [CANON, ROUND, TRIPLETS])
def test_what_a_long_window_asks_for_is_composed_exactly_and_graded_clean(text: str) -> None:
    style = style_of(text)
    prepared = prepare(style, {})
    assert prepared.is_exact
    for piece in compose(prepared, range(3)):
        assert grade(piece.score, style).is_clean


def memories(text: str) -> list[int]:
    """The sizes of the slots that a style's uses need."""
    style, board = style_of(text), Board()
    compile_uses(style.uses, plan_of(style, {}).draft, board)
    return [slot.size for slot in board.slots]


def test_a_canon_remembers_one_pitch_a_step() -> None:
    assert memories(CANON) == [9, 9, 9]  # the eight notes of the dux, and nothing


def test_a_rhythm_that_goes_round_remembers_lengths() -> None:
    assert memories(ROUND) == [4, 4, 4]  # three lengths, and nothing


def test_an_allowance_that_nothing_can_pass_counts_nothing() -> None:
    text = """style "b"  meter 4/4  key C major  use melody  voices { v C4..G4 }  form { A = 2 bars }
    rhythm { every beat }  forbid leap at most LIMIT per piece
    """
    assert memories(text.replace("LIMIT", "6")) == [7]
    assert memories(text.replace("LIMIT", "7")) == memories(text.replace("LIMIT", "1000000")) == []
