"""What a message says in place of its expressions."""

from __future__ import annotations

import pytest

from rulegen.errors import Source
from rulegen.grading.grade import grade
from rulegen.language.parser import parse
from rulegen.score.notation import parse_score
from rulegen.style.check import check

STYLE = """style "Spoken"
meter 4/4
key C major
voices { soprano C4..G4  bass C3..G3 }
rhythm { every 1/4 }
melody { notes scale }
form { A = 2 bars }
"""
PIECE = """key C major
meter 4/4
voice soprano C4..G4
voice bass C3..G3
phrase 0..2 section A
section A 0..2

soprano | C4:1/4 E4 G4 E4 | D4 C4 r C4 |
bass    | E3:1/4 C3 E3 G3 | G3 E3 C3 E3 |
"""


def said(rule: str) -> list[str]:
    """The messages of a rule about the piece."""
    source = Source("spoken.rules", f"{STYLE}rule spoken is avoided {{ {rule} }}\navoid spoken weight 1")
    style, faults = check(parse(source), source)
    assert style is not None, faults
    found = grade(parse_score(PIECE), style).findings
    return [finding.message for finding in found if finding.rule != "silence"]


@pytest.mark.parametrize(
    ("rule", "messages"),
    [
        ('for moment m then bass@m is C3 say "{bass} at {m}"', ["bass at bar 1, beat 2", "bass at bar 2, beat 3"]),
        ('for moment m then bass@m is C3 say "{soprano}: {soprano@m}"', ["soprano: E4", "soprano: nothing"]),
        (
            'for moments m, n then bass@m is G3 and bass@n is G3 say "{m} to {n}"',
            ["bar 1, beat 4 to bar 2, beat 1"],
        ),
        ('for note n in voice then n is C3 say "{voice} has {n}"', ["bass has C3"] * 2),
        ('for note n in bass then n is C3 say "{bass} has {n}"', ["bass has C3"] * 2),
        (
            'for voices v, w for moment m then v@m is D4 and w@m is G3 say "{v} over {w}"',
            ["soprano over bass"],
        ),
        ('for bar b then exists(note n in soprano in b where n is D4) say "{soprano} in {b}"', ["soprano in bar 2"]),
        ('for beat b then exists(note n in soprano in b where n is D4) say "{b}"', ["bar 2, beat 1"]),
        (
            'for voice v for phrase p then exists(note n in v in p where n is C3) say "{v} in {p}, {p.number}"',
            ["bass in phrase 1, 1"],
        ),
        ('for section s then s.is_first say "{s} of {piece}"', ["section 1 of the piece"]),
        ('for note n in bass then n is C3 and n.bar == 1 say "{meter}, {key}, {n.bar}"', ["4/4, C major, 1"]),
    ],
)  # fmt: skip
def test_a_message_names_voices_moments_and_stretches(rule: str, messages: list[str]) -> None:
    assert said(rule) == messages
