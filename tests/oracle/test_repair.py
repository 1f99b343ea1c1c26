"""The fewest changes that make a score keep all hard rules: as all scores written out say it."""

from __future__ import annotations

import math
import random

import pytest

from rulegen.errors import ScoreReadError
from rulegen.grading.repair import repairs
from rulegen.score.events import Score
from tests.oracle.brute import log_weight, style_of
from tests.oracle.pieces import pieces

PAIR = """style "T"  meter 3/4  key C major  voices { upper C4..F4  lower C4..E4 }  form { A = 1 bars }
rhythm { every 1/4 }
rule alike is forbidden { for voices a, b  for consecutive moments m, n  then interval(b@m, a@m) is P1 or a@m == a@n and b@m == b@n }
rule stepwise is preferred weight 0.7 { for consecutive notes a, b in voice  then step(a, b) }
rule narrow is forbidden { for note n in upper  then n.pitch < lower@n }
forbid alike, narrow  prefer stepwise
"""
AGAIN = """style "T"  meter 2/4  key C major  voices { v C4..F4 }  form { A = 1 bars  B = 1 bars  piece = A B A }
rhythm { every 1/4 }
rule stepwise is preferred weight 0.7 { for consecutive notes a, b in voice  then step(a, b) }
rule leap is forbidden { for consecutive notes a, b in voice  then leap(a, b) }
prefer stepwise  forbid leap
"""
CHORDS = """style "T"  meter 3/4  key A minor  voices { upper A3..E4  lower A3..C4 }  form { A = 1 bars }
harmony { chords i iv V  change every bar }  rhythm { every beat }
rule tones is required { for note n in voice  then n.is_chord_tone }
rule apart is preferred weight 1.1 { for moment m  then upper@m > lower@m }
rule same is forbidden { for consecutive notes a, b in voice  then a.pitch == b.pitch }
require tones  prefer apart  forbid same in upper
"""


def distance(one: Score, other: Score) -> int:
    """How many notes differ, where labels do not."""
    if one.chords != other.chords:
        return 1000
    return sum(a.pitch != b.pitch for a, b in zip(one.notes, other.notes, strict=True))


@pytest.mark.parametrize("text", [PAIR, AGAIN, CHORDS])
def test_no_fewer_changes_would_do_and_the_best_of_these_comes_first(text: str) -> None:
    style = style_of(text)
    weighed = [(piece.score(), log_weight(piece)) for piece in pieces(style)]
    kept = [(score, weight) for score, weight in weighed if weight > -math.inf]
    seen = set()
    for score, _ in random.Random(5).sample(weighed, 8):
        least = min(distance(score, other) for other, _ in kept)
        found = repairs(score, style, count=2)
        if least >= 1000:
            assert not found
            continue
        nearest = sorted((weight for other, weight in kept if distance(score, other) == least), reverse=True)
        assert [len(each.changes) for each in found] == [least] * min(2, len(nearest))
        assert [each.log_weight for each in found] == pytest.approx(nearest[:2])
        assert all(each.is_proved for each in found)
        seen.add(least)
    assert len(seen) > 1


def test_what_is_kept_is_never_touched() -> None:
    style = style_of(PAIR)
    broken = next(piece.score() for piece in pieces(style) if log_weight(piece) == -math.inf)
    [found] = repairs(broken, style, keep=["lower"])
    assert found.changes and {each.before.voice for each in found.changes} == {"upper"}
    with pytest.raises(ScoreReadError, match="the style has no voice 'tenor'"):
        repairs(broken, style, keep=["tenor"])
