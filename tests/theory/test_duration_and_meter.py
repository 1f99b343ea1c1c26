"""Durations and meters."""

from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegen.theory.duration import duration_name, parse_duration
from rulegen.theory.meter import Meter


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("1/8", F(1, 8)),
        ("3 / 4", F(3, 4)),
        ("1", F(1)),
        ("whole", F(1)),
        ("half", F(1, 2)),
        ("quarter", F(1, 4)),
        ("dotted quarter", F(3, 8)),
        ("eighth", F(1, 8)),
        ("sixteenth", F(1, 16)),
        ("double dotted half", F(7, 8)),
        ("triplet eighth", F(1, 12)),
        ("breve", F(2)),
    ],
)
def test_durations_are_parts_of_a_whole_note(text: str, length: F) -> None:
    assert parse_duration(text) == length


def test_durations_have_names() -> None:
    lengths = [F(1, 4), F(3, 8), F(7, 8), F(1, 12), F(5, 8), F(3), F(11)]
    assert [duration_name(length) for length in lengths] == [
        "quarter",
        "dotted quarter",
        "double dotted half",
        "triplet eighth",
        "5/8",
        "dotted breve",
        "11",
    ]


@pytest.mark.parametrize("text", ["0", "1/0", "0/4", "crotchet", "-1/4", "1/4/2", ""])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@given(st.fractions(min_value=F(1, 960), max_value=64))
def test_duration_names_read_back(length: F) -> None:
    assert parse_duration(duration_name(length)) == length


@pytest.mark.parametrize(
    ("name", "beats"),
    [
        ("4/4", [F(0), F(1, 4), F(1, 2), F(3, 4)]),
        ("3/4", [F(0), F(1, 4), F(1, 2)]),
        ("2/2", [F(0), F(1, 2)]),
        ("3/8", [F(0), F(1, 8), F(1, 4)]),
        ("6/8", [F(0), F(3, 8)]),
        ("9/8", [F(0), F(3, 8), F(3, 4)]),
        ("12/8", [F(0), F(3, 8), F(3, 4), F(9, 8)]),
        ("6/4", [F(0), F(3, 4)]),
        ("7/8 = 2+2+3", [F(0), F(1, 4), F(1, 2)]),
        ("7/8 = 3+2+2", [F(0), F(3, 8), F(5, 8)]),
        ("8/8 = 3+3+2", [F(0), F(3, 8), F(3, 4)]),
        ("5/4", [F(0), F(1, 4), F(1, 2), F(3, 4), F(1)]),
        ("5/4 = 3+2", [F(0), F(1, 4), F(1, 2), F(3, 4), F(1)]),
    ],
)
def test_beats(name: str, beats: list[F]) -> None:
    assert list(Meter.parse(name).beats) == beats


@pytest.mark.parametrize(
    ("name", "unit", "strengths"),
    [
        ("4/4", F(1, 8), [1, 0.125, 0.25, 0.125, 0.5, 0.125, 0.25, 0.125]),
        ("4/4", F(1, 16), [1, 0.0625, 0.125, 0.0625, 0.25]),
        ("3/4", F(1, 8), [1, 0.125, 0.25, 0.125, 0.25, 0.125]),
        ("2/4", F(1, 4), [1, 0.25]),
        ("2/2", F(1, 4), [1, 0.125, 0.5, 0.125]),
        ("4/2", F(1, 2), [1, 0.25, 0.5, 0.25]),
        ("6/8", F(1, 8), [1, 0.125, 0.125, 0.5, 0.125, 0.125]),
        ("6/8", F(1, 16), [1, 0.0625, 0.125, 0.0625, 0.125, 0.0625, 0.5]),
        ("9/8", F(3, 8), [1, 0.25, 0.25]),
        ("12/8", F(3, 8), [1, 0.25, 0.5, 0.25]),
        ("7/8 = 2+2+3", F(1, 8), [1, 0.125, 0.25, 0.125, 0.25, 0.125, 0.125]),
        ("5/4 = 3+2", F(1, 4), [1, 0.25, 0.25, 0.5, 0.25]),
        ("5/4", F(1, 4), [1, 0.25, 0.25, 0.25, 0.25]),
    ],
)
def test_strengths(name: str, unit: F, strengths: list[float]) -> None:
    meter = Meter.parse(name)
    assert [meter.strength(unit * place) for place in range(len(strengths))] == strengths


def test_a_triplet_lies_below_half_a_beat() -> None:
    assert Meter.parse("4/4").strength(F(1, 12)) == 0.0625


def test_beats_are_counted_from_one() -> None:
    common, compound = Meter.parse("4/4"), Meter.parse("6/8")
    assert [common.beat_of(place) for place in (F(0), F(1, 4), F(3, 8), F(5, 4))] == [1, 2, F(5, 2), 2]
    assert [compound.beat_of(place) for place in (F(1, 8), F(3, 8), F(1, 2))] == [F(4, 3), 2, F(7, 3)]
    additive = Meter.parse("7/8 = 2+2+3")
    assert [additive.beat_length_at(place) for place in (F(1, 8), F(3, 8), F(3, 4))] == [
        F(1, 4),
        F(1, 4),
        F(3, 8),
    ]


def test_strong_places_carry_the_accent_of_a_half_bar_or_more() -> None:
    meter = Meter.parse("4/4")
    assert [meter.is_strong(F(beat, 4)) for beat in range(5)] == [True, False, True, False, True]
    assert not Meter.parse("3/4").is_strong(F(1, 4))


@pytest.mark.parametrize(
    ("text", "groups", "name", "length"),
    [
        ("4/4", (1, 1, 1, 1), "4/4", F(1)),
        ("6/8", (3, 3), "6/8", F(3, 4)),
        ("7/8", (2, 2, 3), "7/8", F(7, 8)),
        ("7/8=3+2+2", (3, 2, 2), "7/8 = 3+2+2", F(7, 8)),
        ("4/4 = 1+1+1+1", (1, 1, 1, 1), "4/4", F(1)),
    ],
)
def test_meters_are_read_and_named(text: str, groups: tuple[int, ...], name: str, length: F) -> None:
    meter = Meter.parse(text)
    assert (meter.groups, meter.name, meter.bar_length) == (groups, name, length)
    assert Meter.parse(meter.name) == meter
    assert meter.is_compound is (groups == (3, 3))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("common", "write 4/4, 6/8 or 7/8 = 2+2+3"),
        ("7/8 = 2+2", "2+2 does not fill a bar of 7/8"),
        ("7/8 = 7+0", "7+0 does not fill a bar of 7/8"),
        ("4/3", "its lower number is 1, 2, 4, 8, 16, 32 or 64"),
        ("0/4", "a bar has at least one beat"),
    ],
)
def test_what_is_no_meter_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        Meter.parse(text)
    assert why in str(caught.value)
