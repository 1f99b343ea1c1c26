"""Grading scores that others wrote: sections that come again, as far as they do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rulegen.grading.grade import grade
from rulegen.score.events import Score
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


CLOSING = """style "T"  use harmony  meter 4/4  key C major  voices { v C4..C5 }  form { A = 1 bars, cadence authentic }
harmony { chords I IV V V6  change every beat }  require cadence_authentic
"""


@pytest.mark.parametrize(
    ("harmony", "places"),
    [("V I I I", []), ("IV V6 I I", [(1, 3)]), ("I V V6 I", [(1, 4)]), ("I I I I", [(1, 4)])],
)
def test_a_phrase_that_closes_otherwise_is_told_where_its_closing_chord_begins(
    harmony: str, places: list[tuple[int, int]]
) -> None:
    chords = harmony.replace(" ", ":1/4 ", 1)
    music = (
        SCORE.replace("C4..G4", "C4..C5").partition("v |")[0]
        + f"v | C4:1/4 C4 C4 C4 |\nharmony | {chords} |\n"
    )
    found = grade(parse_score(music), style_of(CLOSING))
    assert [(each.bar, each.beat) for each in found.findings if each.rule == "cadence_authentic"] == places


_HYMN = """style "Hymn"  use melody, harmony, ornaments
    meter 4/4  key C major  voices { soprano B3..A5  bass C3..C4 }  form { A = 1 bars }
    harmony { chords I V IV  change every half bar }  rhythm { every 1/4 }
    require chord_bass  """


def _hymn(soprano: str) -> Score:
    return parse_score(
        f"""title "hymn"\nkey C major\nmeter 4/4\nvoice soprano B3..A5\nvoice bass C3..C4\nsection A 0..1
phrase 0..1 section A\n\nsoprano | {soprano} |\nbass    | C3:1/4 C3 G3 G3 |\nharmony | I:1/2 V |\n"""
    )


def test_a_foreign_note_is_named_and_told_once() -> None:
    found = grade(_hymn("E4:1/4 F4 G4 D4"), style_of(_HYMN))
    assert [(each.kind, str(each.pitch), each.is_allowed) for each in found.ornaments] == [
        ("passing", "F4", False)
    ]
    assert [each.message for each in found.findings if each.hard] == [
        "F4 over I is a passing note, which this style does not use"
    ]
    assert found.findings[0].kinds == ("passing",)


def test_a_foreign_note_is_no_fault_where_the_style_lets_its_voice_have_it() -> None:
    style = style_of(f"{_HYMN} foreign soprano {{ passing, suspension on weak beats }}")
    found = grade(_hymn("E4:1/4 F4 G4 D4"), style)
    assert found.is_clean
    assert [(each.kind, each.is_allowed) for each in found.ornaments] == [("passing", True)]
    hung = grade(_hymn("G4:1/4 C4 C4 B3"), style)
    assert [each.message for each in hung.findings if each.hard] == [
        "C4 over V is a suspension, which soprano does not use here"
    ]


def test_chords_are_heard_beside_the_ornaments() -> None:
    unlabelled = replace(_hymn("C4:1/8 D4:1/8 E4:1/4 C5:1/4 B4:1/4"), chords=())
    found = grade(unlabelled, style_of(_HYMN))
    assert [event.chord.label for event in found.score.chords] == ["I", "V"]
    named = [(each.kind, str(each.pitch)) for each in found.ornaments]
    assert named == [("passing", "D4"), ("appoggiatura", "C5")]


def test_rules_are_read_without_the_ornaments_that_a_style_does_not_use() -> None:
    style = style_of(f"{_HYMN} require chord_tones_only forbid leap in soprano")
    found = grade(_hymn("E4:1/8 F4:1/8 E4:1/4 E4:1/4 D4:1/4"), style)
    assert [each.rule for each in found.findings if each.hard] == ["foreign_note", "foreign_note"]
    held = grade(_hymn("C4:1/4 C4:1/2 B3:1/4"), style)  # from I into V, and down by step
    assert [(each.rule, each.beat) for each in held.findings if each.hard] == [("foreign_note", 3)]


RESTING = """style "T"  meter 4/4  key C major  voices {{ v C4..C5 }}  rhythm {{ {rhythm} }}  form {{ A = 2 bars }}"""


def test_a_voice_that_is_silent_is_found_where_its_style_gives_it_no_rest() -> None:
    music = SCORE.replace("C4..G4", "C4..C5").partition("v |")[0]
    score = parse_score(music + "v | C4:1/4 r r D4 | r:1 |\n")
    found = grade(score, style_of(RESTING.format(rhythm="every beat")))
    assert [(each.bar, each.beat, each.rule, each.hard, each.message) for each in found.findings] == [
        (1, 2, "silence", True, "v is silent in bar 1"),
        (2, 1, "silence", True, "v is silent in bar 2"),
    ]
    for rhythm in ("values 1/4, rest 1/4", "values 1/4  begin after 1/4", "values 1/4  breath 1/4"):
        assert grade(score, style_of(RESTING.format(rhythm=rhythm))).is_clean
