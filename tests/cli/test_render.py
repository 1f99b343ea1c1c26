"""`rulegen render` and `rulegen play`: scores and MIDI files as sound, and machines without it."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from rulegen.io.midi_file import MidiFile, MidiNote, MidiTrack, write_midi_file
from rulegen.sound import playing

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., Result]
TUNE = "key C major\nmeter 4/4\ntempo quarter = 120\nvoice harpsichord C4..C5\nharpsichord | C4:1/4 r E4 r | G4:1/4 r C5:1/4 r |\n"


@pytest.fixture
def tune(folder: Path) -> Path:
    """Four notes of half a second, a second apart; the piece lasts four seconds."""
    place = folder / "tune.txt"
    place.write_text(TUNE, encoding="utf-8")
    return place


def decoded(path: Path) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], int]:
    import soundfile

    return soundfile.read(io.BytesIO(path.read_bytes()))  # type: ignore[no-any-return]


def test_a_score_sounds_in_every_format_and_is_as_long_as_it_says(run: Run, tune: Path, folder: Path) -> None:
    from rulegen.sound.mastering import Recording, loudness
    from tests.sound.hearing import onsets_of, pitch_of

    names = ["it.wav", "it.flac", "it.ogg", "it.mp3", "it.mid"]
    done = run("render", "tune.txt", *(part for name in names for part in ("-o", name)))
    assert done.exit_code == 0, done.output
    assert done.stdout == "tune.txt -> it.wav, it.flac, it.ogg, it.mp3, it.mid\n"
    for name in names[:-1]:
        samples, rate = decoded(folder / name)
        assert rate == 48_000 and samples.shape[1] == 2
        assert 4.0 <= len(samples) / rate < 9.0  # with its tail
        assert 0.05 < np.abs(samples).max() < 1
        assert loudness(Recording((samples * 32_767).astype(np.int16))) == pytest.approx(-16, abs=0.3)
        assert np.abs(samples[-200:]).max() < 0.003
        starts = onsets_of(samples, 0.05)
        assert starts[0] == pytest.approx(0, abs=0.01)
    samples, rate = decoded(folder / "it.wav")
    heard = [pitch_of(samples[round((at + 0.1) * rate) : round((at + 0.4) * rate)]) for at in range(4)]
    assert heard == pytest.approx([60, 64, 67, 72], abs=0.3)
    run("render", "it.mid", "-o", "again.wav")
    assert (folder / "again.wav").read_bytes() == (folder / "it.wav").read_bytes()


def test_a_midi_file_is_played_as_it_stands_with_its_own_tempi(run: Run, folder: Path) -> None:
    notes = [MidiNote(100, 200, 60, 100), MidiNote(960, 1100, 72, 100)]
    tempi = [(0, 1_000_000), (480, 250_000)]
    (folder / "it.mid").write_bytes(
        write_midi_file(MidiFile(480, [MidiTrack("it", 0, 6, notes)], tempi=tempi))
    )
    assert run("render", "it.mid", "-o", "it.wav").exit_code == 0
    from tests.sound.hearing import onsets_of

    samples, _ = decoded(folder / "it.wav")
    onsets = onsets_of(samples, 0.03)
    assert onsets[0] == pytest.approx(100 / 480, abs=0.01)
    assert any(abs(each - 1.25) < 0.01 for each in onsets)


def test_a_damaged_midi_file_and_one_without_end_are_refused(run: Run, folder: Path) -> None:
    whole = write_midi_file(MidiFile(480, [MidiTrack("it", 0, 0, [MidiNote(0, 480, 60, 90)])]))
    (folder / "cut.mid").write_bytes(whole[:-9])
    done = run("render", "cut.mid", "-o", "it.wav")
    assert done.exit_code == 1 and "it is cut off" in done.stderr
    long = MidiFile(1, [MidiTrack("it", 0, 0, [MidiNote(0, 20_000, 60, 90)])])
    (folder / "long.mid").write_bytes(write_midi_file(long))
    done = run("render", "long.mid", "-o", "it.wav")
    assert done.exit_code == 1 and "it lasts 167 minutes, and sound goes to 60" in done.stderr
    assert not (folder / "it.wav").exists()


def test_a_score_is_rendered_as_notation_too_and_not_over_itself(run: Run, tune: Path, folder: Path) -> None:
    assert run("render", "tune.txt", "-o", "tune.musicxml").exit_code == 0
    assert b"score-partwise" in (folder / "tune.musicxml").read_bytes()
    done = run("render", "tune.txt", "-o", "tune.txt")
    assert done.exit_code == 1 and "tune.txt is not written over" in done.stderr
    assert tune.read_text(encoding="utf-8") == TUNE
    assert "does not exist" in run("render", "none.mid", "-o", "it.wav").stderr
    assert run("render", "tune.txt").exit_code == 2


def test_a_sound_font_that_is_not_there_is_an_error_and_leaves_no_file(
    run: Run, small: Path, folder: Path
) -> None:
    done = run("compose", "small.rules", "--seed", "1", "-o", "a.wav", "--soundfont", "none.sf2")
    assert done.exit_code == 1
    assert "the sound font none.sf2 cannot be read: No such file or directory" in done.stderr
    assert "--seed" not in done.stderr
    assert not (folder / "a.wav").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_in_the_middle_of_a_wav_leaves_what_was_there(tune: Path, folder: Path) -> None:
    def on_a_small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    command = [sys.executable, "-m", "rulegen", "render", "tune.txt"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    (folder / "it.wav").write_bytes(b"old")
    done = subprocess.run([*command, "-o", "it.wav"], cwd=folder, env=environment, capture_output=True, text=True,
                          check=False, timeout=60, preexec_fn=on_a_small_disk)  # fmt: skip
    assert (
        done.returncode == 1
        and done.stderr == "error[not-written]: it.wav cannot be written: File too large\n"
    )
    assert sorted(each.name for each in folder.iterdir() if each.suffix != ".txt") == ["it.wav"]
    assert (folder / "it.wav").read_bytes() == b"old"
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*command, "--format", "wav", "-o", "-"], cwd=folder, env=environment, stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False, timeout=60)  # fmt: skip
    assert done.returncode == 1 and "No space left on device" in done.stderr


def player(folder: Path, name: str, does: str) -> None:
    program = folder / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    program.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows plays by itself")
def test_it_is_played_with_the_program_that_is_there(
    run: Run, tune: Path, small: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{folder / 'bin'}")
    assert "this machine has no program that plays sound" in run("play", "tune.txt").stderr
    player(folder, "aplay", f'/bin/cp "$2" "{folder}/played.wav"')
    assert run("play", "tune.txt").exit_code == 0
    assert (folder / "played.wav").read_bytes()[:4] == b"RIFF"
    assert "seed 3" in run("play", "small.rules", "--seed", "3").stdout
    assert run("play", "tune.txt", "--seed", "3").exit_code == 2
    player(folder, "aplay", 'echo "cannot open audio device default" >&2; exit 1')
    done = run("play", "tune.txt")
    assert done.exit_code == 1
    assert "the sound device cannot be played on (aplay: cannot open audio device default)" in done.stderr


def test_windows_plays_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing.sys, "platform", "win32")
    assert playing.player() == ()


def test_where_no_wheel_is_another_program_makes_the_sound_or_is_asked_for(
    run: Run, tune: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rulegen.sound import synthesis

    monkeypatch.setattr(synthesis, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(folder / "bin"))
    done = run("render", "tune.txt", "-o", "it.wav")
    assert done.exit_code == 1 and "sound as WAV needs midirenderer: pip install midirenderer" in done.stderr
    wave = "x" * 44 + "\\1\\0\\1\\0" * 60_000
    player(folder, "fluidsynth", f'while [ "$1" != -F ]; do shift; done; printf "{wave}" > "$2"')
    assert run("render", "tune.txt", "-o", "it.wav").exit_code == 0
    player(folder, "fluidsynth", "echo it is broken >&2; exit 3")
    assert "cannot be played: it is broken" in run("render", "tune.txt", "-o", "it.wav").stderr
