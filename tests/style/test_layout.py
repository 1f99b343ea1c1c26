"""Forms laid out in time: upbeats, meters, keys and tempi of sections and phrases."""

from fractions import Fraction as F

from rulegen.plan.given import tunes_of
from rulegen.plan.schedule import schedule_of
from rulegen.score.timeline import Timeline
from tests.oracle.brute import style_of


def laid(form: str, head: str = "") -> Timeline:
    text = f'style "T"  meter 4/4  key C major  voices {{ u C4..A5 }}  form {{ {form} }}  {head}'
    return schedule_of(style_of(text), {}).timeline


def test_the_bar_before_an_upbeat_is_short_by_it_and_the_last_makes_up_for_the_first() -> None:
    time = laid("A = pickup 1/4, 2 bars  B = pickup 1/8, meter 3/4, 2 bars  piece = A B")
    assert [(each.onset, each.end) for each in time.sections] == [(0, F(17, 8)), (F(17, 8), F(7, 2))]
    assert [bar.number for bar in time.spans("bar")] == [0, 1, 2, 3, 4]
    assert time.at(F(17, 8)).meter.name == "3/4"
    assert time.position(F(17, 8)) == F(5, 8)


def test_an_upbeat_of_the_form_holds_for_each_section_that_says_none() -> None:
    time = laid("pickup 1/4  A = 2 bars  B = pickup 0, 2 bars  piece = A B")
    assert [each.end for each in time.sections] == [F(9, 4), 4]


def test_a_phrase_has_what_its_section_has_unless_it_says_otherwise() -> None:
    time = laid(
        "A = in G minor, tempo half = 60, 1 bars in V, 1 bars home, 1 bars tempo quarter = 90  B = 1 bars  piece = A B"
    )
    assert [key.name for _, key in time.keys] == ["D major", "G minor", "C major"]
    assert [key.name for _, key in time.signatures] == ["G minor", "C major"]
    assert [str(tempo) for _, tempo in time.tempi] == ["half = 60", "quarter = 90", "quarter = 96"]


def test_even_notes_and_closes_follow_the_meter_of_the_place() -> None:
    style = style_of(
        """style "T"  meter 4/4  key C major  voices { u C4..A5  l C3..A3 }
        rhythm u { every half bar  close bar }  rhythm l { every bar }
        form { A = 2 bars, 2 bars meter 3/4 }"""
    )
    upper, lower = schedule_of(style, tunes_of(style, {})).frame.notes
    assert [event.onset for event in upper] == [0, F(1, 2), 1, 2, F(11, 4)]
    assert [event.onset for event in lower] == [0, 1, 2, F(11, 4)]
