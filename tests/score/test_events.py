"""Finished music: where its bars lie and how its notes are ordered."""

from dataclasses import replace
from fractions import Fraction as F

import pytest

from rulegen.score.events import ChordEvent, Dynamic, Hairpin, Note, Score, Voice
from rulegen.score.timeline import Section, Timeline
from rulegen.theory.chord import parse_roman
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch
from rulegen.theory.scale import Key

KEY = Key.parse("G major")
VOICES = (
    Voice("soprano", Pitch.parse("C4"), Pitch.parse("A5")),
    Voice("bass", Pitch.parse("E2"), Pitch.parse("D4")),
)


def note(voice: str, onset: F, pitch: str | None, duration: F = F(1, 4)) -> Note:
    return Note(voice, onset, duration, Pitch.parse(pitch) if pitch else None)


def score(*notes: Note, meter: str = "3/4", pickup: F = F(0), repeat_style: str = "signs") -> Score:
    chords = (
        ChordEvent(F(0), F(1, 2), parse_roman("I", KEY)),
        ChordEvent(F(1, 2), F(1, 4), parse_roman("V", KEY)),
    )
    timeline = Timeline.plain(KEY, Meter.parse(meter), pickup=pickup)
    return Score("A song", VOICES, timeline, notes, chords, repeat_style=repeat_style)


def test_notes_are_sorted_by_onset_then_by_voice() -> None:
    later = note("soprano", F(1, 4), "A4")
    low, high = note("bass", F(0), "G3"), note("soprano", F(0), "G4")
    music = score(later, low, high)
    assert music.notes == (high, low, later)
    assert music.notes_of("soprano") == (high, later)
    assert music.notes_of("bass") == (low,)


def test_bars_are_counted_from_the_first_full_one() -> None:
    music = score(pickup=F(1, 4))
    onsets = [F(0), F(1, 8), F(1, 4), F(3, 4), F(1), F(7, 4)]
    assert [music.timeline.bar_number(onset) for onset in onsets] == [0, 0, 1, 1, 2, 3]
    assert [music.timeline.position(onset) for onset in onsets] == [F(1, 2), F(5, 8), 0, F(1, 2), 0, 0]
    assert [music.timeline.bar_end(onset) for onset in onsets] == [F(1, 4)] * 2 + [1, 1, F(7, 4), F(5, 2)]


def test_without_a_pickup_the_first_bar_begins_at_once() -> None:
    music = score()
    assert [music.timeline.bar_number(F(beat, 4)) for beat in range(7)] == [1, 1, 1, 2, 2, 2, 3]
    assert music.timeline.bar_end(F(0)) == F(3, 4)


def test_a_score_ends_with_what_lasts_longest() -> None:
    assert score(note("bass", F(1), "G3", F(1, 2))).end == F(3, 2)
    assert score().end == F(3, 4)
    assert note("bass", F(1), None).end == F(5, 4)
    plain = Timeline.plain(KEY, Meter.parse("4/4"))
    assert Score("", VOICES, plain, ()).end == 0
    assert Score("", VOICES, replace(plain, sections=(Section("A", F(0), F(4)),)), ()).end == 4


def test_voices_are_found_by_name() -> None:
    assert score().voice("bass") == VOICES[1]
    with pytest.raises(KeyError):
        score().voice("alto")


def test_a_rest_has_no_pitch() -> None:
    assert note("bass", F(0), None).is_rest
    assert not note("bass", F(0), "G3").is_rest


def test_notes_of_an_unknown_voice_are_refused() -> None:
    with pytest.raises(ValueError, match="the score has notes for alto, but no such voice"):
        score(note("alto", F(0), "G4"))


def test_unknown_repeat_styles_and_long_pickups_are_refused() -> None:
    with pytest.raises(ValueError, match="repeats are signs or written, not 'folded'"):
        score(repeat_style="folded")
    with pytest.raises(ValueError, match="a pickup of 3/4 is not shorter than a bar of 3/4"):
        score(pickup=F(3, 4))


def test_scores_with_equal_events_are_equal_and_can_be_hashed() -> None:
    one = score(note("soprano", F(0), "G4"), note("bass", F(0), "G3"))
    other = score(note("bass", F(0), "G3"), note("soprano", F(0), "G4"))
    assert one == other
    assert hash(one) == hash(other)


def test_the_latest_dynamic_rules_a_voice_and_its_own_before_that_of_all() -> None:
    dynamics = (Dynamic(F(0), "p"), Dynamic(F(1, 2), "f"), Dynamic(F(1, 2), "mp", "bass"))
    music = replace(score(note("bass", F(0), "G3")), dynamics=dynamics)
    assert [music.level_at("soprano", F(each, 4)) for each in (0, 1, 2, 3)] == [2, 2, 5, 5]
    assert music.level_at("bass", F(3, 4)) == 3
    assert score().level_at("bass", F(0)) is None


def test_under_a_hairpin_the_level_moves_to_the_next_dynamic_or_by_one() -> None:
    hairpin = Hairpin(F(0), F(1), "crescendo")
    to_forte = replace(score(), dynamics=(Dynamic(F(0), "p"), Dynamic(F(1), "f")), hairpins=(hairpin,))
    assert [to_forte.level_at("bass", F(each, 3)) for each in range(4)] == pytest.approx([2, 3, 4, 5])
    by_one = replace(score(), dynamics=(Dynamic(F(0), "p"),), hairpins=(hairpin,))
    assert [by_one.level_at("bass", F(each, 2)) for each in range(4)] == [2, 2.5, 3, 3]


def test_unknown_marks_are_refused() -> None:
    for strange in (
        {"notes": (replace(note("bass", F(0), "G3"), articulations=("loud",)),)},
        {"dynamics": (Dynamic(F(0), "ffff"),)},
        {"hairpins": (Hairpin(F(0), F(1), "wedge"),)},
    ):
        with pytest.raises(ValueError, match="is none of"):
            replace(score(), **strange)  # type: ignore[arg-type]
