"""What is given has to fit the form."""

from __future__ import annotations

import pytest

from rulegen.errors import StyleError
from rulegen.plan.agreement import given_chords
from rulegen.plan.given import tunes_of
from rulegen.plan.problem import plan_of
from rulegen.plan.rows import timeline_of
from tests.oracle.brute import style_of

HEAD = 'style "T"  meter 4/4  key C major  voices { v C4..G4  w C3..D3 }  rhythm w { every beat }\n'
CHORDS = "harmony { chords I IV V  change every half bar }\n"


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (
            "form { A = 1 bars  B = 2 bars  piece = A B A } given v in A = C4:1/2 D4 E4",
            "given-length",
            "3/2 whole notes, the section A as long as 1",
        ),
        ("form { A = 1 bars } given v = C4:1/1 D4", "given-length", "2 whole notes, the form as long as 1"),
        (
            "form { A = 1 bars  B = 2 bars  piece = A B } given harmony in A = | I | V | " + CHORDS,
            "given-length",
            "2 whole notes, and it as long as 1",
        ),
        ("form { A = 1 bars } given harmony = | I | V | " + CHORDS, "given-length", "2 whole notes"),
        ("form { A = 1 bars } given harmony = | I:1/4 V:3/4 | " + CHORDS, "given-change", "bar 1, beat 2"),
        (
            "form { A = 1 bars  piece = A A } given v = C4:1/2 D4 | C4 E4",
            "given-repeat",
            "v differs at bar 2, beat 3",
        ),
        (
            "form { A = 1 bars  piece = A A } given v = C4:1/2 D4 | C4:1/4 D4 C4 D4",
            "given-repeat",
            "v differs at bar 2, beat 1",
        ),
        (
            "form { A = 1 bars  piece = A A } given harmony = | I V | IV V | " + CHORDS,
            "given-repeat",
            "harmony differs at bar 2, beat 1",
        ),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(text: str, code: str, said: str) -> None:
    style = style_of(HEAD + text)
    with pytest.raises(StyleError) as caught:
        plan_of(style, tunes_of(style, {}))
    (found,) = caught.value.diagnostics
    assert (found.code, said in found.message) == (code, True), found.message
    assert found.labels[0].span.start > 0


@pytest.mark.parametrize(
    "text",
    [
        "form { A = 1 bars  piece = A A } given v = C4:1/2 D4 | C4 D4",
        "form { A = 2 bars } given v = C4:1/2 D4 | r E4",
        "form { A = 2 bars } given harmony = | I V | IV:1/1 | " + CHORDS,
        "form { A = 2 bars } given v = C4:1/2 D4 E4",
        "form { A = 1 bars  piece = A A } given v = C4:1/2 D4",
        "form { A = 1 bars  piece = A A } given v in A = C4:1/2 D4",
        "form { A = 1 bars  piece = A A } given v in A = C4:1/2",
        "form { A = 2 bars } given harmony = | I | " + CHORDS,
        "form { A = 1 bars  piece = A A } given harmony = | I V | " + CHORDS,
        "form { A = 1 bars  piece = A A } given harmony in A = | V | " + CHORDS,
    ],
)
def test_what_fits_is_taken(text: str) -> None:
    style = style_of(HEAD + text)
    assert plan_of(style, tunes_of(style, {})).schedule.frame.end == (2)


def test_chords_of_a_section_and_of_what_stands_between_its_statements_are_all_kept() -> None:
    style = style_of(
        HEAD + "form { A = 1 bars  B = 1 bars  C = 1 bars  piece = A B C A }"
        " given harmony in A = | I V |  given harmony in B = | V I |  given harmony in C = | IV V | " + CHORDS
    )
    found = given_chords(style, timeline_of(style, {}))
    labels = [label for _, _, label in found]
    assert ([float(onset) for onset, _, _ in found], labels) == (
        [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5],
        ["I", "V", "V", "I", "IV", "V", "I", "V"],
    )
