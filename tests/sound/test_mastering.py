"""Recording is as loud as other music, never cut off, keeps its tail, and loops without a step."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray

from rulegen.sound.encoding import KINDS, encoded
from rulegen.sound.mastering import CEILING, GOAL_LUFS, Recording, loudness, mastered, with_tail, wrapped

RATE = 48_000


def tone(seconds: float, amplitude: float = 0.1, hertz: float = 440.0) -> NDArray[np.int16]:
    wave = amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    return np.repeat((wave * 32_767).astype(np.int16)[:, None], 2, axis=1)


def heard(sound: Recording) -> NDArray[np.float32]:
    return np.concatenate(list(sound.pieces()))


def clicks(seconds: float) -> NDArray[np.int16]:
    """Short loud clicks over next to nothing: peaks far above what is heard."""
    found = tone(seconds, 0.005)
    for start in range(0, len(found), RATE // 2):
        found[start : start + 100] = 30_000
    return found


@pytest.mark.parametrize("amplitude", [0.003, 0.1, 0.9])
def test_it_is_as_loud_as_other_music_however_loud_it_was(amplitude: float) -> None:
    found = mastered(tone(2, amplitude), 2 * RATE)
    assert loudness(found) == pytest.approx(GOAL_LUFS, abs=0.1)
    assert np.abs(heard(found)).max() <= CEILING + 1e-6


def test_the_loudness_is_what_the_standard_says_of_its_test_tone() -> None:
    """EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS a channel has -23.0 LUFS."""
    assert loudness(Recording(tone(20, 10 ** (-23 / 20), 1000.0))) == pytest.approx(-23.0, abs=0.1)


def test_peaks_are_turned_down_around_them_and_never_cut_off() -> None:
    found = mastered(clicks(3), 3 * RATE)
    assert np.abs(heard(found)).max() <= CEILING + 1e-6
    assert loudness(found) == pytest.approx(GOAL_LUFS, abs=1.0)
    assert found.gain is not None and np.abs(np.diff(found.gain)).max() < 0.1 * found.gain.max()


def test_silence_stays_silence() -> None:
    found = mastered(np.zeros((RATE, 2), np.int16), RATE)
    assert len(found.samples) == RATE and not heard(found).any()


def test_what_is_shorter_than_a_block_of_the_gate_is_measured_too() -> None:
    assert -40 < loudness(mastered(tone(0.1), 4800)) < 0


def test_the_tail_is_kept_as_long_as_it_is_heard() -> None:
    dying = (tone(3).T * np.exp(-np.arange(3 * RATE) / (0.2 * RATE))).T.astype(np.int16)
    sound = np.concatenate([tone(1), dying, np.zeros((RATE, 2), np.int16)])
    found = with_tail(sound, RATE)
    assert len(found) / RATE == pytest.approx(1 + 0.2 * np.log(1000), abs=0.1)
    assert np.array_equal(found[:RATE], sound[:RATE]) and not found[-1].any()
    assert len(with_tail(sound[: RATE // 2], RATE)) == RATE  # what is too short is filled up


def test_a_loop_has_its_tail_at_its_start_and_no_step_at_its_seam() -> None:
    sound = tone(2.5, hertz=440.0)  # a second and a half after the music of one second
    looped = wrapped(sound, RATE)
    assert len(looped) == RATE
    expected = sound[:RATE].astype(int) + sound[RATE : 2 * RATE]
    expected[: RATE // 2] += sound[2 * RATE :]
    assert np.abs(looped - expected).max() <= 1
    found = heard(mastered(sound, RATE, loops=True))
    assert len(found) == RATE
    steps = np.abs(np.diff(np.concatenate([found, found[:1]]), axis=0)).max(axis=1)
    assert steps[-1] <= 1.1 * steps[:-1].max()


@pytest.mark.parametrize("kind", KINDS)
def test_each_format_is_decoded_to_what_was_encoded(kind: str) -> None:
    import soundfile

    sound = mastered(tone(1.5, hertz=330.0), RATE)
    content = encoded(sound, kind)
    assert content == encoded(sound, kind)
    back, rate = soundfile.read(io.BytesIO(content), dtype="float32")
    assert rate == RATE and back.shape == heard(sound).shape
    assert np.abs(back).max() < 1
    inside = slice(2400, -4800)
    away = np.sqrt(np.mean((back[inside] - heard(sound)[inside]) ** 2))
    assert away < (0.01 if kind in ("ogg", "mp3") else 1e-4)
