"""Grading scores that others wrote: sections that come again, as far as they do."""

from __future__ import annotations

import pytest

from rulegen.grade import grade
from rulegen.score.notation import parse_score
from tests.oracle.brute import style_of

STYLE = """style "T"  meter 4/4  key C major
voices { v C4..G4 }  rhythm { every beat }
form { A = 1 bars  piece = A A }
rule leaping is forbidden { for consecutive notes a, b in voice  then leap(a, b) }  forbid leaping
"""
SCORE = """title "T"
key C major
meter 4/4
tempo quarter = 96
voice v C4..G4

v | C4:1/4 D4 C4 D4 | {second} |
"""


@pytest.mark.parametrize(
    ("second", "places"),
    [("C4 D4 C4 D4", []), ("C4 G4 C4 D4", [(2, 2), (2, 3)]), ("C4 D4 C4 G4", [(2, 4)])],
)
def test_a_repeat_that_differs_is_graded_by_itself(second: str, places: list[tuple[int, int]]) -> None:
    found = grade(parse_score(SCORE.format(second=second)), style_of(STYLE))
    assert [(each.bar, each.beat) for each in found.findings] == places


EXCUSING = """style "T"  meter 4/4  key C major  voices { v C4..C5 }  rhythm { every beat }  form { A = 1 bars }
rule recovered is required { for consecutive notes a, b, c in voice
  when leap(a, b)  then step(b, c)  unless interval(a, c) is P8 }  apply recovered
"""


def test_what_an_exception_excused_is_listed_and_what_needed_none_is_not() -> None:
    music = SCORE.replace("C4..G4", "C4..C5").partition("v |")[0]
    style = style_of(EXCUSING)
    found = grade(parse_score(music + "v | C4:1/4 G4 C5 B4 |\n"), style)
    assert [(each.bar, each.beat, each.notes) for each in found.exceptions] == [(1, 3, ("v C5",))]
    assert found.is_clean
    kept = grade(parse_score(music + "v | C4:1/4 G4 A4 B4 |\n"), style)
    assert (kept.exceptions, kept.tallies[0].exceptions, kept.tallies[0].opportunities) == ((), 0, 1)
