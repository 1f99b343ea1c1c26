"""Bars, beats and what holds when, where keys, meters, tempi and upbeats change."""

from dataclasses import replace
from fractions import Fraction as F

import pytest

from rulegen.score.timeline import MeterChange, Phrase, Section, Tempo, Timeline
from rulegen.theory.meter import Meter
from rulegen.theory.scale import Key

G, D = Key.parse("G major"), Key.parse("D major")
COMMON, WALTZ = Meter.parse("4/4"), Meter.parse("3/4")


def clock(*meters: MeterChange, end: F) -> Timeline:
    return Timeline(((F(0), G),), meters, end=end)


def test_an_upbeat_at_a_change_of_meter_fills_the_short_bar_before_it_and_counts_in_the_new_meter() -> None:
    time = clock(MeterChange(F(0), COMMON), MeterChange(F(7, 4), WALTZ, F(1, 4)), end=F(7, 2))
    assert [(bar.onset, bar.end, bar.number) for bar in time.spans("bar")] == [
        (0, 1, 1),
        (1, 2, 2),
        (2, F(11, 4), 3),
        (F(11, 4), F(7, 2), 4),
    ]
    assert (time.at(F(7, 4)).bar, time.at(F(7, 4)).beat, time.at(F(7, 4)).meter) == (2, 3, WALTZ)
    assert (time.at(F(3, 2)).beat, time.position(F(2))) == (3, 0)
    assert time.bar_end(F(3, 2)) == F(7, 4)


def test_bars_go_on_being_counted_over_a_change_of_meter() -> None:
    time = clock(MeterChange(F(0), WALTZ, F(1, 4)), MeterChange(F(7, 4), COMMON), end=F(15, 4))
    assert [bar.number for bar in time.spans("bar")] == [0, 1, 2, 3, 4]
    assert [beat.onset for beat in time.spans("beat")][:4] == [0, F(1, 4), F(1, 2), F(3, 4)]
    assert len(time.spans("beat")) == 1 + 3 + 3 + 4 + 4
    assert time.points(F(1), F(9, 4), "bar") == [F(1), F(7, 4)]


def test_an_upbeat_after_a_full_bar_has_a_number_of_its_own() -> None:
    time = clock(MeterChange(F(0), COMMON), MeterChange(F(1), COMMON, F(1, 4)), end=F(9, 4))
    assert [(bar.onset, bar.number) for bar in time.spans("bar")] == [(0, 1), (1, 2), (F(5, 4), 3)]


def test_changes_that_change_nothing_are_left_out() -> None:
    once = clock(MeterChange(F(0), WALTZ, F(1, 4)), end=F(3))
    again = clock(MeterChange(F(0), WALTZ, F(1, 4)), MeterChange(F(3, 2), WALTZ, F(1, 4)), end=F(3))
    assert once == again
    assert replace(once, keys=((F(0), G), (F(1), G))) == once


def test_a_key_holds_until_the_next_and_prints_the_signature_of_its_section() -> None:
    time = replace(clock(MeterChange(F(0), COMMON), end=F(4)), keys=((F(0), G), (F(2), D), (F(3), G)))
    assert [time.key_at(F(each)) for each in range(4)] == [G, G, D, G]
    assert [span.onset for span in time.spans("key")] == [0, 2, 3]
    assert time.signatures == ((F(0), G),)
    assert time.from_onset(F(1), F(3)).keys == ((0, G), (1, D))


def test_a_stretch_keeps_its_places_in_the_bar() -> None:
    time = clock(MeterChange(F(0), WALTZ, F(1, 4)), MeterChange(F(7, 4), COMMON), end=F(15, 4))
    part = time.from_onset(F(1, 2), F(3))
    assert [part.position(F(n, 4)) for n in range(8)] == [time.position(F(n + 2, 4)) for n in range(8)]
    assert part.meter_at(F(5, 4)) == COMMON


def test_a_place_knows_its_phrase_and_section() -> None:
    phrase, section = Phrase(F(1), F(2), "A", 1, "half"), Section("A", F(0), F(2))
    time = replace(clock(MeterChange(F(0), COMMON), end=F(2)), phrases=(phrase,), sections=(section,))
    assert (time.at(F(1)).phrase, time.at(F(0)).phrase, time.at(F(1)).section) == (phrase, None, section)
    assert time.as_judged() == time
    assert time.place_name(F(5, 4)) == "bar 2, beat 2"


def test_a_tempo_is_kept_in_its_own_beats() -> None:
    assert (str(Tempo(84, F(1, 2))), Tempo(84, F(1, 2)).quarter_bpm) == ("half = 84", 168)
    assert str(Tempo(92.5, F(3, 8))) == "dotted quarter = 92.5"
    with pytest.raises(ValueError, match="cannot be played"):
        Tempo(0)


def test_an_upbeat_is_shorter_than_a_bar() -> None:
    with pytest.raises(ValueError, match="is not shorter than a bar of 3/4"):
        Timeline.plain(G, WALTZ, pickup=F(3, 4))
