"""Styles with marks, put together by chance: what the stages draw from is the law that is written out."""

from __future__ import annotations

import random

import pytest

from tests.oracle.brute import style_of
from tests.oracle.pieces import pieces
from tests.oracle.test_sound import DUO, law, law_of_the_stages, with_marks

SOLO = """style "solo"  meter 2/4  key C major
voices { soprano E4..G4  alto C4..D4 }  rhythm soprano { values 1/4, 1/2 weight 0.5 }  rhythm alto { every 1/2 }
melody soprano { notes E G }  melody alto { notes C D }
"""
FORMS = (
    ("A = 1 bars", "C4:1/2"),
    ("A = 1 bars, 1 bars", "C4:1/2 D4:1/2"),
    ("A = 1 bars  piece = A A", "C4:1/4 D4 C4 D4"),
    ("A = 1 bars  B = 1 bars  piece = A B A", "C4:1/2 D4:1/2 C4:1/2"),
    ("A = 1 bars", "r:1/4 D4"),
)
ARTICULATIONS = (
    "articulation soprano { accent weight WEIGHT }",
    "articulation { legato, staccato weight WEIGHT }",
    "articulation alto { tenuto }",
)
DYNAMICS = (
    "",
    "dynamics { p, f weight WEIGHT }",
    "dynamics { p, mf  hairpins weight WEIGHT  change every bar }",
    "dynamics soprano { p, f  change every note }",
    "dynamics { p, f  hairpins  change every section }",
    "dynamics soprano { p weight WEIGHT, f }  dynamics alto { mf, f  change every bar }",
)
RULES = (
    "for note n in voice  then n.articulation is MARK and n.midi > 62",
    "for consecutive notes a, b in soprano  then a.articulation is MARK and b.articulation is not MARK",
    "for moment m  then (soprano@m).articulation is MARK and not (alto@m).is_rest",
    "for consecutive notes a, b in voice  when a.dynamic < b.dynamic  then a.pitch == b.pitch",
    "for note n in voice  then n.dynamic >= mf and n.is_strong",
    "for moment m  then (soprano@m).dynamic < (alto@m).dynamic",
    "for bar b  then count(note n in soprano in b where n.articulation is MARK) >= 2",
    "for consecutive notes a, b, c in soprano  then a.articulation is b.articulation and c.articulation is not none",
    "for note n in soprano  then n.hairpin is crescendo and n.duration == 1/2",
    "for phrase p  then exists(note n in soprano in p where n.dynamic is f)",
    "for moment m  then m.lowest.articulation is MARK",
    "for consecutive moments s, t  then (soprano@s).articulation is MARK and moves(alto, s, t)",
    "for note n in soprano  then n is E4 and n.is_first",
    "for piece  then max(n.midi for note n in soprano where n.articulation is MARK) > 64",
)
USES = ("avoid RULE weight 0.7", "forbid RULE", "forbid RULE at most 1 per piece", "prefer RULE weight 0.6")
MOST_SCORES = 2000


def text_of(chance: random.Random) -> str:
    """The text of a style."""
    form, given = chance.choice(FORMS)
    lines = [chance.choice((DUO, SOLO)), f"given alto = {given}", f"form {{ {form} }}"]
    lines += chance.sample(ARTICULATIONS, chance.choice((0, 1, 1)))
    lines.append(chance.choice(DYNAMICS))
    for number in range(chance.randint(1, 3)):
        rule = chance.choice(RULES).replace(
            "MARK", chance.choice(("accent", "staccato", "tenuto", "legato", "none"))
        )
        use = chance.choice(USES)
        manner = "preferred" if use.startswith("prefer") else "avoided"
        lines.append(f"rule x{number} is {manner} {{ {rule} }}  {use.replace('RULE', f'x{number}')}")
    return "\n".join(lines).replace("WEIGHT", chance.choice(("-1", "0.5", "1")))


def test_styles_by_chance_keep_the_law() -> None:
    compared = 0
    for seed in range(60):
        style = style_of(text_of(random.Random(seed)))
        every = list(pieces(style))
        if not style.markings or len(every) * sum(1 for _ in with_marks(every[-1])) > MOST_SCORES:
            continue
        expected = law(style)
        if not expected:  # no score keeps it
            continue
        found = law_of_the_stages(style)
        assert found.keys() == expected.keys(), seed
        assert [found[key] for key in expected] == pytest.approx([*expected.values()], rel=0, abs=1e-9), seed
        compared += 1
    assert compared >= 20
