"""Instruments are known by their names in three languages, with what they play."""

from __future__ import annotations

import pytest

from rulegen.theory.instruments import instrument_in, instrument_names, instrument_of, instruments


def test_every_program_that_plays_pitches_has_an_instrument() -> None:
    assert {each.program for each in instruments()} == set(range(120))  # the last eight are noises


def test_a_name_is_that_of_one_instrument() -> None:
    owners: dict[str, set[str]] = {}
    for each in instruments():
        for name in each.names:
            found = instrument_of(name)
            assert found is not None
            owners.setdefault(name.lower(), set()).add(each.name)
            assert found.name == each.name
    assert {name: found for name, found in owners.items() if len(found) > 1} == {}


@pytest.mark.parametrize("instrument", instruments(), ids=lambda each: str(each.name))
def test_what_is_said_of_an_instrument_makes_sense(instrument: object) -> None:
    from rulegen.theory.instruments import Instrument

    assert isinstance(instrument, Instrument)
    assert 12 <= instrument.low.midi < instrument.high.midi <= 120
    assert instrument.clef in ("treble", "treble8vb", "alto", "bass", "bass8vb", "grand")
    assert -24 <= instrument.transposition.semitones <= 24


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("Flöte", "flute"),
        ("floete", "flute"),
        ("corno_inglese", "English horn"),
        ("ENGLISH-HORN", "English horn"),
        ("Bratsche", "viola"),
        ("fagotto", "bassoon"),
        ("B-Klarinette", "clarinet"),
        ("alto sax", "alto saxophone"),
    ],
)
def test_a_name_is_known_in_each_language_however_it_is_written(name: str, english: str) -> None:
    found = instrument_of(name)
    assert found is not None and found.name == english


@pytest.mark.parametrize(
    ("part", "english"),
    [
        ("first_violin", "violin"),
        ("Flute 2", "flute"),
        ("alto flute", "alto flute"),
        ("2nd bass clarinet in B flat", "bass clarinet"),
        ("soprano", None),
        ("bass", None),
        ("", None),
    ],
)
def test_a_part_says_its_instrument_in_its_name(part: str, english: str | None) -> None:
    found = instrument_in(part)
    assert (found.name if found else None) == english


def test_transposing_instruments_sound_where_orchestration_says() -> None:
    sounds = {
        "horn": -7,
        "clarinet": -2,
        "A clarinet": -3,
        "alto saxophone": -9,
        "piccolo": 12,
        "double bass": -12,
    }
    names = instrument_names()
    assert {name: names[name].transposition.semitones for name in sounds} == sounds
