"""Pieces with rests that are drawn, in every format."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import rulegen
from rulegen.score.events import Score

RESTING = """style "resting"  meter 4/4  key C major
voices { soprano C4..G5  bass C3..G3 }
rhythm soprano { values 1/8, 1/4, 1/2, rest 1/8, rest 1/2 }  rhythm bass { values 1/4, 1/2, rest 1/4, rest 1/2 weight 1 }
melody { notes scale }
form { pickup 1/4  A = 2 bars, cadence half  B = 2 bars, cadence authentic  piece = A A B }
harmony { chords I IV V  change every half bar }
rule chord_on_beat is required { for note n in voice  when n.is_strong  then n.is_chord_tone }  require chord_on_beat
rule steps is required { for consecutive notes a, b in voice  when not b.is_chord_tone  then step(a, b) }  require steps
rule some is required { for moment m  then m.sounding >= 1 }  require some
rule alone is avoided { for note n in voice  then n.after_rest and n.before_rest }  avoid alone weight 0.5
"""


def sounding(score: Score) -> list[tuple[str, Fraction, Fraction, int]]:
    """What sounds when, in every voice."""
    return [(each.voice, each.onset, each.end, each.pitch.midi) for each in score.notes if each.pitch]


@pytest.fixture(scope="module")
def resting() -> rulegen.Style:
    return rulegen.load(RESTING)


@pytest.fixture(scope="module")
def composed(resting: rulegen.Style) -> list[rulegen.Piece]:
    return list(resting.compose(1, count=2))


@pytest.mark.parametrize("ending", ["musicxml", "mid", "txt"])
def test_rests_are_written_and_read_and_graded_clean(
    ending: str, resting: rulegen.Style, composed: list[rulegen.Piece], tmp_path: Path
) -> None:
    rests = 0
    for piece in composed:
        path = tmp_path / f"piece.{ending}"
        piece.save(path)
        assert sounding(rulegen.read(path).score) == sounding(piece.score)
        if ending != "mid":  # it has no chords, and others may be heard
            grade = resting.grade(path)
            assert grade.is_clean
            assert len(grade.findings) == len(piece.grade().findings)
        rests += sum(note.is_rest for note in piece.score.notes)
    assert rests > 2
