"""Rhythms that are laid down: when voices begin their notes, and where they rest."""

from fractions import Fraction

import pytest

from rulegen.errors import StyleError
from rulegen.plan.schedule import schedule_of
from rulegen.style.patterns import evenly_spread
from tests.style.building import style_of

HEAD = """style "T"  meter 3/4  key C major
voices { soprano C4..A5  bass C3..C4 }
pattern oompah = rest 1/4, 1/4, 1/4
pattern over = tied 1/8, 1/8 1/2
pattern clave = euclid(4, 6, 1) of 1/8
pattern run = 4 of 1/16, 3 in 1/4, dotted eighth 1/16
"""
FORM = "form { A = 2 bars, 2 bars  B = 2 bars  piece = A B A }\n"


def row_of(text: str, form: str = FORM, head: str = HEAD) -> str:
    """The notes of the soprano, `r` for rests, each with its length; a bar line ends a phrase."""
    schedule = schedule_of(style_of(text, head + form), {})
    ends = {phrase.end for phrase in schedule.timeline.phrases}
    return " ".join(
        f"{'r' if not event.sounds else ''}{event.end - event.onset}" + (" |" if event.end in ends else "")
        for event in schedule.frame.notes[0]
    )


ONE = "form { A = 2 bars }\n"


@pytest.mark.parametrize(
    ("rhythm", "expected"),
    [
        ("patterns oompah", "r1/4 1/4 1/4 r1/4 1/4 1/4 |"),
        ("patterns over", "1/8 1/8 5/8 1/8 1/2 |"),
        ("patterns clave", "r1/8 1/8 1/4 1/8 1/8 r1/8 1/8 1/4 1/8 1/8 |"),
        ("patterns run  close bar", "1/16 1/16 1/16 1/16 1/12 1/12 1/12 3/16 1/16 3/4 |"),
        ("patterns oompah  close 3/8", "r1/4 1/4 1/4 r1/4 1/8 3/8 |"),
        ("every 1/4  breath 1/8  begin after 1 bars", "r3/4 1/4 1/4 1/8 r1/8 |"),
        ("every phrase", "3/2 |"),
        ("tacet", "r3/2 |"),
    ],
)
def test_a_voice_moves_as_its_rhythm_says(rhythm: str, expected: str) -> None:
    assert row_of(f"rhythm {{ {rhythm} }}", ONE) == expected


def test_an_upbeat_has_the_end_of_its_bar() -> None:
    form = "form { pickup 1/4  A = 2 bars }\n"
    assert row_of("rhythm { patterns oompah  begin after 1 bars }", form) == "r5/4 1/4 |"
    assert row_of("rhythm { patterns oompah }", form) == "1/4 r1/4 1/4 1/4 r1/4 1/4 |"


def test_a_rhythm_of_a_section_holds_at_each_of_its_statements() -> None:
    text = "rhythm { every bar }  rhythm soprano in section B { patterns oompah }"
    assert row_of(text) == "3/4 3/4 | 3/4 3/4 | r1/4 1/4 1/4 r1/4 1/4 1/4 | 3/4 3/4 | 3/4 3/4 |"
    text = "rhythm { every bar }  rhythm soprano in section A { every section  begin after 1/4 }"
    assert row_of(text) == "r1/4 11/4 | 3/4 3/4 | r1/4 11/4 |"


def test_a_rhythm_of_a_phrase_comes_again_with_its_section() -> None:
    text = "rhythm soprano in section A { every bar }  rhythm soprano in phrases 2..3 { tacet }"
    assert row_of(text) == "3/4 3/4 | r3/2 | r3/2 | 3/4 3/4 | r3/2 |"


def test_a_pattern_is_chosen_by_the_length_of_its_bar() -> None:
    form = "form { A = 1 bars, 1 bars meter 2/4 }\n"
    head = HEAD + "pattern two = 1/4 1/4\n"
    assert row_of("rhythm soprano { patterns oompah, two }", form, head) == "r1/4 1/4 1/4 | 1/4 1/4 |"
    with pytest.raises(StyleError) as caught:
        row_of("rhythm soprano { patterns oompah }", form, head)
    assert (
        caught.value.diagnostics[0].message
        == "bar 2, beat 1 wants a pattern that lasts 1/2, and soprano has none"
    )


def test_a_pattern_that_fills_nothing_is_told() -> None:
    with pytest.raises(StyleError) as caught:
        row_of("pattern dactyl = 1/4 1/8 1/8  rhythm soprano { patterns dactyl }")
    [fault] = caught.value.diagnostics
    assert fault.message == "the pattern `dactyl` lasts 1/2, and is to fill 3/4"
    assert fault.help == "add 1/4 to it, or say what it fills, as in `patterns each 1/2 dactyl`"
    assert [label.text for label in fault.labels] == ["this pattern", "the rhythm of soprano"]


def test_a_voice_cannot_enter_within_what_is_stated_again() -> None:
    with pytest.raises(StyleError) as caught:
        row_of("rhythm soprano { every bar  begin after 5 bars }", "form { A = 4 bars  piece = A A }\n")
    assert caught.value.diagnostics[0].code == "late-entry"


@pytest.mark.parametrize(
    ("onsets", "steps", "shown"),
    [(3, 8, "x..x..x."), (5, 8, "x.xx.xx."), (2, 5, "x.x.."), (4, 16, "x...x...x...x..."), (1, 4, "x..."), (4, 4, "xxxx"),
     (5, 12, "x..x.x..x.x."), (7, 16, "x..x.x.x..x.x.x.")],
)  # fmt: skip
def test_a_euclidean_rhythm_is_that_of_the_books(onsets: int, steps: int, shown: str) -> None:
    assert "".join("x" if struck else "." for struck in evenly_spread(onsets, steps)) == shown


def test_rests_that_touch_are_one() -> None:
    schedule = schedule_of(style_of("rhythm { tacet }", HEAD + ONE), {})
    assert [event.end - event.onset for event in schedule.frame.notes[0]] == [Fraction(3, 2)]
