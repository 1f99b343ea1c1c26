"""What clashes with what is given: only what is needed is named, and what is said of it is true."""

from __future__ import annotations

import pytest

from rulegen.compose import prepare
from rulegen.errors import Diagnostic, Source, Unsatisfiable
from rulegen.language.parser import parse
from rulegen.plan.given import tunes_of
from rulegen.style.check import check
from rulegen.style.model import Style

HEAD = """style "Over a cantus"
meter 4/4
voices { upper C4..A5  inner C4..D4  cantus D3..G4 }
melody { notes scale }
"""
OWN = "key G major\nform { A = 3 bars }\nrhythm { every bar }\n"
LED = "key G major\nform from cantus\n"
CANTUS = "given cantus = G3:1/1 A3:1/1 G3:1/1\n"
UPPER = "given upper = G4:1/1 F#4:1/1 G4:1/1\n"
LOW = "rule low is avoided { for note n in upper then n.midi > 70 }\n"
SOUNDS = (
    "(inner@m).midi > 0"  # what is composed takes part: what lies wholly in what is given forbids nothing
)
BASE = f"rule base is avoided {{ for moment m then cantus@m is G3 and {SOUNDS} }}\n"
ABOVE = f"rule octave is avoided {{ for moment m then interval(cantus@m, upper@m) == P8 and {SOUNDS} }}\n"


def style_of(text: str) -> Style:
    source = Source("clash.rules", text)
    style, faults = check(parse(source), source)
    assert style is not None, faults
    return style


def told(text: str) -> Diagnostic | None:
    """What is said of a style that cannot be kept; None of one that can be."""
    style = style_of(text)
    try:
        prepare(style, tunes_of(style, {}))
    except Unsatisfiable as caught:
        return caught.diagnostic
    return None


def named(diagnostic: Diagnostic | None) -> list[str]:
    """All that is said to clash."""
    assert diagnostic is not None
    return diagnostic.message.removeprefix("no score keeps all of this: ").partition(";")[0].split(" and ")


NOTES = "the notes of cantus that are given"


@pytest.mark.parametrize("form", [OWN, LED], ids=["its own form", "the form of the cantus"])
def test_a_tune_that_does_not_take_part_is_not_named(form: str) -> None:
    found = told(f"{HEAD}{form}{CANTUS}{LOW}require low\nforbid low\n")
    assert named(found) == ["require low", "forbid low"]
    assert found is not None
    assert found.notes == ("leave any one of these 2 lines out, and the others can be kept",)


@pytest.mark.parametrize("form", [OWN, LED], ids=["its own form", "the form of the cantus"])
def test_notes_that_take_part_are_named_and_may_be_others(form: str) -> None:
    text = f"{HEAD}{form}{CANTUS}{BASE}"
    found = told(f"{text}forbid base\n")
    assert named(found) == ["forbid base", NOTES]
    assert found is not None
    assert found.notes == (
        "leave `forbid base` out, or give cantus other notes in its rhythm, and the others can be kept",
    )
    assert [label.text for label in found.labels] == ["`forbid base`", NOTES]
    assert told(text) is None
    assert told(f"{text}forbid base\n".replace("G3:1/1", "F#3:1/1")) is None  # other notes, the same rhythm


def test_of_two_tunes_the_one_that_is_needed_is_named() -> None:
    text = f"{HEAD}{OWN}{CANTUS}{UPPER}{BASE}"
    assert named(told(f"{text}forbid base\n")) == ["forbid base", NOTES]


def test_tunes_that_clash_together_are_both_named() -> None:
    text = f"{HEAD}{OWN}{CANTUS}{UPPER}{ABOVE}forbid octave\n"
    assert named(told(text)) == ["forbid octave", NOTES, "the notes of upper that are given"]
    assert told(text.replace(CANTUS, "")) is None
    assert told(text.replace(UPPER, "")) is None


def test_of_tunes_that_clash_each_by_itself_one_is_named() -> None:
    tonic = "((upper@m).class is G or (cantus@m).class is G)"
    rule = f"rule tonic is avoided {{ for moment m then {tonic} and {SOUNDS} }}\n"
    text = f"{HEAD}{OWN}{CANTUS}{UPPER}{rule}forbid tonic\n"
    [use, notes] = named(told(text))
    assert use == "forbid tonic"
    assert notes in (NOTES, "the notes of upper that are given")
    assert told(text.replace(CANTUS, "").replace(UPPER, "")) is None


def test_chords_that_are_given_are_named_where_they_take_part() -> None:
    harmony = "harmony { chords I IV V  change every bar }\ngiven harmony = I IV I\n"
    rule = f"rule plagal is avoided {{ for moment m then m.chord is IV and {SOUNDS} }}\n"
    text = f"{HEAD}{OWN}{harmony}{rule}"
    assert named(told(f"{text}forbid plagal\n")) == ["forbid plagal", "the chords that are given"]
    assert told(f"{text}forbid plagal\n".replace("I IV I\n", "I V I\n")) is None
    assert named(told(f"{text}{LOW}require low\nforbid low\n")) == ["require low", "forbid low"]


@pytest.mark.parametrize("form", [OWN, LED], ids=["its own form", "the form of the cantus"])
def test_what_lies_wholly_in_what_is_given_does_not_clash(form: str) -> None:
    rule = "rule tonic is avoided { for note n in cantus then n.class is G }\n"
    assert told(f"{HEAD}{form}{CANTUS}{rule}forbid tonic\n") is None
