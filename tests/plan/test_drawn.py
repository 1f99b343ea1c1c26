"""Voices whose rhythms are drawn: what their symbols hold, and what is said where they cannot be drawn."""

from __future__ import annotations

import tracemalloc

import pytest

from rulegen.compose import prepare
from rulegen.errors import RulegenError, StyleError, Unsatisfiable
from rulegen.plan.problem import plan_of
from tests.oracle.brute import style_of

TUNE = """style "tune"  meter 4/4  key C major
voices { v C4..G4 }  rhythm v { values 1/8, 1/4, 1/2 }  melody { notes scale }  form { A = 2 bars }
"""
PITCHES, LONGEST = 5, 4  # of its symbols: C4 to G4, and half notes in eighths


def symbols(text: str) -> int:
    """How many symbols the voice has."""
    return len(plan_of(style_of(text), {}).tables.voices[0])


@pytest.mark.parametrize(
    ("rule", "steps"),
    [
        ("for note n in v  then n.duration == 1/8 and n.is_strong", 4),
        ("for consecutive notes a, b in v  then b.duration == 1/8 and b.is_strong", 4),
        ("for consecutive notes a, b in v  then a.duration >= 1/4", 1 + 4),
        ("for consecutive notes a, b in v  then a.duration >= 1/4 and a.is_strong", 4 + 4),
        ("for consecutive notes a, b in v  then a.duration > b.duration", 1 + 2 + 4),
        ("for consecutive notes a, b, c in v  then a == c", 4),
        ("for consecutive notes a, b, c in v  then a == c and b.is_strong", 4 + 4),
        ("for note n in v  then n.after_rest", 4 + 4),
    ],
)
def test_a_symbol_remembers_what_is_asked_later_and_no_more(rule: str, steps: int) -> None:
    text = f"{TUNE} rule r is avoided {{ {rule} }}  avoid r weight 1"
    assert symbols(text) == PITCHES * steps


def test_rests_are_symbols_too() -> None:
    assert symbols(TUNE.replace("1/2 }", "1/2, rest 1/4 }")) == PITCHES * LONGEST + 2


def test_sixteen_voices_are_refused_early_with_advice() -> None:
    voices = "  ".join(f"v{number} C4..C5" for number in range(16))
    style = style_of(TUNE.replace("v C4..G4", voices).replace("rhythm v", "rhythm"))
    tracemalloc.start()
    try:
        with pytest.raises(StyleError) as caught:
            prepare(style, {})
        assert tracemalloc.get_traced_memory()[1] < 500_000_000
    finally:
        tracemalloc.stop()
    help = caught.value.diagnostics[0].help
    assert help is not None and "the rhythms of 16 voices are drawn together" in help


def test_values_that_cannot_reach_the_end_of_a_phrase_are_told() -> None:
    text = TUNE.replace("values 1/8, 1/4, 1/2", "values 3/2, rest 1/8").replace("2 bars", "1 bars")
    with pytest.raises(Unsatisfiable) as caught:
        plan_of(style_of(text), {})
    said = "lasts 1, and notes of `3/2` and rests of `1/8`, as v has them, do not add up to that"
    assert said in caught.value.diagnostic.message


def test_rests_help_to_reach_it() -> None:
    text = TUNE.replace("values 1/8, 1/4, 1/2", "values 1/2, rest 1/4").replace("2 bars", "1.25 bars")
    assert prepare(style_of(text), {}).plan.schedule.free == (0,)


def test_a_rhythm_that_leaves_no_pitches_is_told_by_its_rule_and_bar() -> None:
    rule = "rule r is required { for note n in v  when n.bar == 2  then n.duration == 1/16 }  require r"
    with pytest.raises(RulegenError) as caught:
        prepare(style_of(f"{TUNE} {rule}"), {})
    assert "`require r`" in str(caught.value) and "bar 2" in str(caught.value)
