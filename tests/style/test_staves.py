"""Which voices share a staff, and what is wrong with what is said of it."""

from __future__ import annotations

import pytest

from tests.style.building import faults, style_of

HEAD = """
style "Staves"
meter 4/4
key C major
voices { right C4..C6  upper C3..C5  bass C2..C4 }
form { A = 1 bar }
"""


def test_staves_come_before_braces_whatever_their_order() -> None:
    style = style_of("brace piano { right, left }\nstaff left { upper, bass }", HEAD)
    assert [(each.kind, each.name, each.members) for each in style.staves] == [
        ("staff", "left", ("upper", "bass")),
        ("brace", "piano", ("right", "left")),
    ]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("staff left { uper, bass }", "unknown-voice", "there is no voice called `uper`"),
        ("staff { upper, bass }", "no-name", "a staff has one name"),
        ("staff left { }", "no-members", "does not say which voices"),
        ("staff left { upper, upper }", "said-twice", "stands here already"),
        ("staff a { upper }\nstaff b { upper }", "said-twice", "stands in staff `a` already"),
        ("staff a { upper }\nstaff a { bass }", "said-twice", "the staff `a` is said twice"),
        ("staff a { upper, bass }\nbrace p { right, bass }", "shared-staff", "`bass` is on the staff `a`"),
        ("brace p { right, nobody }", "unknown-voice", "there is no staff or voice called `nobody`"),
    ],
)
def test_a_fault_is_told_at_its_place(text: str, code: str, said: str) -> None:
    assert [(fault.code, said in fault.message) for fault in faults(text, HEAD)] == [(code, True)]
