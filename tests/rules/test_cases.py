"""Cases that state marks: what notes bear, and how loud they are, is what rules are asked of."""

from __future__ import annotations

import pytest

from rulegen.folds.cases import breaches, failure, score_of
from rulegen.language.syntax import Case
from rulegen.score.events import Dynamic, Hairpin
from rulegen.style.model import Rule
from tests.oracle.brute import style_of

STYLE = """style "T"  meter 4/4  key C major  voices {{ soprano C4..A5 }}  form {{ A = 1 bars }}
articulation {{ staccato, legato }}  dynamics {{ p, f  hairpins }}
rule r is forbidden {{ for note n in voice  then {then}  {case} }}  forbid r
"""


def ruled(then: str, case: str) -> tuple[Rule, Case]:
    rule = style_of(STYLE.format(then=then, case=case)).uses[0].rule
    return rule, rule.cases[0]


@pytest.mark.parametrize(
    ("then", "music", "found"),
    [
        ("n.articulation is staccato", "voice: C4' D4 E4:1/8' F4'", [1, 3, 4]),
        ("n.articulation is tenuto", "voice: C4= D4:1/2= r E4", [1, 2]),
        ("n.articulation is accent", "voice: C4> _ D4:1/2>~", [1, 2]),
        ("n.articulation is marcato", "voice: C4^ | D4", [1]),
        ("n.articulation is legato", "voice: C4~ D4", [1]),
        ("n.articulation is none", "voice: C4~ D4", [2]),
        ("n.dynamic < mf", "voice: C4 D4 E4 F4  dynamics: mf:1/2 p:1/4 f", [3]),
        ("n.dynamic is mf", "voice: C4 D4", [1, 2]),
        ("n.hairpin is crescendo", "voice: C4 D4 E4  hairpins: none:1/4 crescendo _", [2, 3]),
        ("n.hairpin is none", "voice: C4 D4  hairpins: diminuendo:1/4", [2]),
        ("n.dynamic is p", "voice: C4 D4 E4  dynamics: f  voice.dynamics: f:1/4 p mf", [2]),
        ("n.hairpin is crescendo", "voice: C4 D4  voice.hairpins: none:1/4 crescendo", [2]),
    ],
)
def test_marks_of_a_case_are_judged(then: str, music: str, found: list[int]) -> None:
    rule, case = ruled(then, f"wrong {{ {music} }}")
    assert [each.number for each in breaches(rule, case)] == found
    assert failure(rule, case) is None


def test_a_case_that_states_too_little_of_its_marks_fails() -> None:
    rule, case = ruled("n.articulation is staccato", "wrong { voice: C4' D4' }  at note 1")
    assert failure(rule, case) == "the case states a place at note 1, and found is at note 1, at note 2"
    assert failure(*ruled("n.dynamic is p", "right { voice: C4  dynamics: p }")) is not None


def test_a_case_is_a_score_with_its_marks() -> None:
    music = "voice: C4:1/4'~ D4:1/2  dynamics: p:1/4 f:1/2  hairpins: crescendo:1/4 none:1/2"
    score = score_of(ruled("n.is_first", f"wrong {{ {music} }}")[1])
    assert [(note.articulations, note.slurred) for note in score.notes] == [
        (("staccato",), True),
        ((), False),
    ]
    assert score.dynamics == (Dynamic(score.notes[0].onset, "p"), Dynamic(score.notes[1].onset, "f"))
    assert score.hairpins == (Hairpin(score.notes[0].onset, score.notes[0].end, "crescendo"),)
