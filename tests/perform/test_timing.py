"""A piece lasts as long as its style says, cadences come when it says, or it says what would do."""

from __future__ import annotations

import io
import re

import pytest

import rulegen
from rulegen.io.midi_file import read_midi_file
from rulegen.perform.performance import perform
from rulegen.perform.timing import arrivals_of
from tests.style.building import faults

CUE = """style "Cue"  meter 4/4  key C major  tempo quarter = {tempo}
{times}
voices {{ flute C4..C6  bass C3..C4 }}
form {{ {form}  piece = A }}
harmony {{ chords I IV V vi  change every half bar }}  rhythm {{ every 1/4 }}
{more}
"""
TWO = "A = 5 bars, cadence half, 7 bars, cadence authentic"


def cue(times: str, tempo: str = "80..110", form: str = TWO, more: str = "") -> str:
    return CUE.format(times=times, tempo=tempo, form=form, more=more)


def times_of(piece: rulegen.Piece) -> tuple[float, list[float]]:
    """How long a piece lasts, and when its cadences arrive, in seconds."""
    played = perform(piece.score)
    return played.seconds(piece.score.end), [played.seconds(each) for each in arrivals_of(piece.score)]


@pytest.mark.parametrize(
    "more", ["", "perform { ritardando 30% over 4 bars }", "perform { fermatas 1.2 swing 2:1 }"]
)
def test_it_lasts_as_long_as_it_is_to_with_all_that_is_played(more: str) -> None:
    form = f"{TWO}  hold phrases" if "fermatas" in more else TWO
    for seed in (1, 2):
        piece = rulegen.load(cue("duration 31 s", form=form, more=more)).compose(seed)
        assert times_of(piece)[0] == pytest.approx(31, abs=0.01)
        midi = read_midi_file(piece.pages("midi")[0])
        ends = [*(time for time, _ in midi.tempi[1:]), midi.end]
        lasts = sum((end - time) * tempo for (time, tempo), end in zip(midi.tempi, ends, strict=True))
        assert lasts / 1e6 / midi.ticks_a_quarter == pytest.approx(31, abs=0.01)


def test_a_cadence_comes_when_it_is_to_and_the_tempi_stay_in_their_range() -> None:
    piece = rulegen.load(cue("duration 30 s  cadence at 12.5 s")).compose(1)
    whole, arrivals = times_of(piece)
    assert whole == pytest.approx(30, abs=0.01)
    assert arrivals[0] == pytest.approx(12.5, abs=0.01)
    assert all(80 <= tempo.beats_a_minute <= 110 for _, tempo in piece.score.timeline.tempi)
    alone = rulegen.load(cue("cadence at 11 s")).compose(1)
    assert times_of(alone)[1][0] == pytest.approx(11, abs=0.01)


def test_times_choose_tempi_and_no_notes() -> None:
    plain, timed = (rulegen.load(cue(times)).compose(4).score for times in ("", "duration 30 s"))
    assert plain.notes == timed.notes and plain.chords == timed.chords
    assert plain.timeline.tempo.beats_a_minute == 95  # the middle of the range


def test_alternatives_of_form_are_drawn_among_those_that_reach_the_time() -> None:
    form = "A = 4 bars | 8 bars | 9 bars | 10 bars | 20 bars, cadence authentic"
    style = rulegen.load(cue("duration 24 s", form=form))
    bars = {piece.score.timeline.spans("bar")[-1].number for piece in style.compose(1, count=12)}
    assert bars == {8, 9, 10}  # 32 to 44 quarters in 24 s


@pytest.mark.parametrize(
    ("times", "tempo", "said"),
    [
        ("duration 60 s", "80..110",
         "it lasts between 26.18 s and 36.00 s at its tempi; quarter = 48.00 would make it 60 s"),
        ("duration 30 s", "90", "it lasts 32.00 s at its tempi; quarter = 96.00 would make it 30 s"),
        ("cadence at 2 s", "80..110", "and is beyond its tempi"),
        ("cadence at 5 s cadence at 10 s cadence at 15 s", "80..110",
         "it has 2 cadences, and 3 times are set for them"),
    ],
)  # fmt: skip
def test_times_that_no_tempo_meets_are_told_with_what_would(times: str, tempo: str, said: str) -> None:
    (found,) = faults("", cue(times, tempo))
    assert found.code == "not-in-time" and said in found.message


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ("duration 30", "`duration` wants seconds, as in `30 s`"),
        ("duration 0 s", "a time lies between 0 and 3600 seconds"),
        ("duration 9999 s", "a time lies between 0 and 3600 seconds"),
        ("cadence 12 s", "`cadence` says when one comes, as in `cadence at 12.5 s`"),
        ("duration 30 s cadence at 31 s", "a cadence comes after the end"),
        ("cadence at 12 s cadence at 8 s", "the times of cadences go up"),
        ("loop maybe", "`loop` wants `yes` or `no` here"),
    ],
)
def test_what_is_no_time_is_told(times: str, said: str) -> None:
    assert said in [each.message for each in faults("", cue(times))]


def test_a_range_of_tempi_goes_up_and_is_that_of_the_style() -> None:
    assert "the range goes down: 110 is not below 80" in faults("", cue("", "110..80"))[0].message
    form = "A = 4 bars tempo 60..70, cadence authentic"
    assert faults("", cue("", form=form))[0].message == "a range of tempi is that of the style"


def test_the_sound_of_a_loop_is_as_long_as_the_music_and_has_no_step_at_its_seam() -> None:
    import numpy as np
    import soundfile

    piece = rulegen.load(cue("duration 5 s  loop yes", "96", "A = 2 bars, cadence authentic")).compose(1)
    samples, rate = soundfile.read(io.BytesIO(piece.pages("wav")[0]))
    assert len(samples) == 5 * rate
    steps = np.abs(np.diff(np.concatenate([samples, samples[:1]]), axis=0)).max(axis=1)
    assert steps[-1] <= steps[:-1].max()
    assert np.abs(samples[:480]).max() > 0.001  # what sounds at the end goes on
    assert re.search(r"meta loop \"yes\"", str(piece))
