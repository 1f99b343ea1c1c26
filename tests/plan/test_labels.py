"""The chords that are heard in a score: of all labellings the one that costs least, told apart by its grade."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest

from rulegen.errors import Source
from rulegen.grading.grade import grade
from rulegen.language.parser import parse
from rulegen.plan.composable import uncomposable
from rulegen.plan.labels import COST, labelled
from rulegen.plan.matching import fit
from rulegen.score.events import ChordEvent, Score
from rulegen.score.notation import parse_score
from rulegen.style.check import check
from rulegen.style.foreign import common_kinds, plain_kinds
from rulegen.style.model import Style
from rulegen.theory.chord import parse_chord

HEAD = """style "Heard"
meter 3/4
key C major
voices { s C4..B4 }
rhythm { every 1/4 }
melody { notes scale }
form { A = 1 bars }
harmony { chords I IV V  change every beat }
"""
RULES = {
    "a soft rule that weighs more than a hard one": """
rule dominant is avoided { for chord c then c is V }
avoid dominant weight 20
rule plain is avoided { for chord c then c is I or c is IV }
avoid plain weight 1
""",
    "a hard rule of a stretch, broken long before its end": """
rule no_root is required { for piece then count(note n in s where n.factor is root) <= 0 }
require no_root
""",
    "a hard rule of neighbours": """
rule still is avoided { for consecutive chords c, d then c == d }
forbid still
""",
    "an allowance": """
rule dominant is avoided { for chord c then c is V }
forbid dominant at most 1 per piece
rule tonic is preferred { for chord c then c is I }
prefer tonic weight 3
""",
}
TUNES = ["C4 B4 D4", "E4 C4 G4", "F4 F4 A4"]


def style_of(rules: str) -> Style:
    source = Source("heard.rules", HEAD + rules)
    style, faults = check(parse(source), source)
    assert style is not None, faults
    return style


def labellings(score: Score) -> Iterator[Score]:
    for labels in product(("I", "IV", "V"), repeat=len(score.notes)):
        chords = (parse_chord(label, score.key) for label in labels)
        yield replace(
            score, chords=tuple(ChordEvent(Fraction(i, 4), Fraction(1, 4), c) for i, c in enumerate(chords))
        )


def cost(score: Score, style: Style) -> float:
    """What the grade finds, and each note that is foreign to its chord."""
    found = grade(score, style).findings
    foreign = sum(
        note.pitch is not None and event.chord.factor_of(note.pitch.pitch_class) is None
        for note, event in zip(score.notes, score.chords, strict=True)
    )
    return COST * foreign + sum(COST if each.weight is None else each.weight for each in found)


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_no_labelling_costs_less_than_the_one_that_is_heard(rules: str) -> None:
    style = style_of(rules)
    for tune in TUNES:
        first, *others = tune.split()
        text = f"key C major\nmeter 3/4\nvoice s C4..B4\ns | {first}:1/4 {' '.join(others)} |\n"
        score = fit(parse_score(text), style)
        heard = cost(labelled(score, style), style)
        assert heard == pytest.approx(min(cost(each, style) for each in labellings(score))), tune


def test_all_kinds_that_are_heard_together_can_be_tabulated() -> None:
    kinds = ", ".join(name for name, fits in common_kinds() if fits in plain_kinds())
    assert uncomposable(style_of(f"use ornaments  foreign {{ {kinds} }}")) == ()
