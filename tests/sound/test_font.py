"""A sound font is looked over before it is played, and what is wrong with one is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from rulegen.errors import OutputError
from rulegen.io.midi_file import MidiFile, MidiNote, MidiTrack, write_midi_file
from rulegen.resources import sound_font_path
from rulegen.sound.font import VARIABLE, sound_font
from rulegen.sound.synthesis import lasting, samples_of

FONT = sound_font_path().read_bytes()


def midi(program: int = 0, notes: int = 1) -> bytes:
    """Notes of a second each, from C4 up."""
    played = [MidiNote(960 * place, 960 * place + 900, 60 + place, 90) for place in range(notes)]
    return write_midi_file(MidiFile(480, [MidiTrack("it", 0, program, played)]))


def fault_of(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(OutputError) as caught:
        samples_of(midi(), 960, sound_font(path))
    return str(caught.value).removeprefix(f"the sound font {path} cannot be played: ")


def test_the_one_that_comes_with_rulegen_is_a_font_with_its_licence_beside_it() -> None:
    assert sound_font() == sound_font_path()
    licence = sound_font_path().with_name("LICENSE-Apache-2.0.txt").read_text(encoding="utf-8")
    assert "Apache License" in licence and "Version 2.0" in licence


def test_what_is_no_font_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "it.sf2"
    assert fault_of(path, b"") == "it does not begin as sound fonts do (.sf2)"
    assert fault_of(path, FONT[: len(FONT) // 2]) == "it is cut off"
    assert fault_of(path, FONT.replace(b"shdr", b"shdx")) == "it has no shdr, which every sound font has"
    assert "SF3" in fault_of(path, FONT.replace(b"ifil\x04\x00\x00\x00\x02", b"ifil\x04\x00\x00\x00\x03"))
    at = FONT.rindex(b"phdr") + 8
    assert fault_of(path, FONT[: at + 24] + b"\xff" * 400 + FONT[at + 424 :])  # presets that point nowhere


def test_a_damaged_font_makes_no_noise_on_standard_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    at = FONT.rindex(b"inst") + 8 + 22 + 20  # where the second instrument begins
    assert "it is damaged" in fault_of(tmp_path / "it.sf2", FONT[:at] + b"\xff\xff" + FONT[at + 2 :])
    assert capfd.readouterr().err == ""


def test_another_is_named_by_the_environment_or_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.sf2"
    own.write_bytes(FONT)
    monkeypatch.setenv(VARIABLE, str(own))
    assert sound_font() == own
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none.sf2"))
    with pytest.raises(
        OutputError, match=r"none.sf2, which RULEGEN_SOUNDFONT names, cannot be read: No such"
    ):
        sound_font()
    assert sound_font(own) == own
    with pytest.raises(OutputError, match="is a folder"):
        sound_font(tmp_path)


def test_sound_goes_on_as_long_as_it_is_asked_to() -> None:
    assert len(samples_of(midi(), 4800, sound_font())) == pytest.approx(5 * 48_000, abs=2)
    riff = b"RIFF\x00\x00\x00\x00RMIDdata\x00\x00\x00\x00" + midi()
    assert lasting(riff, 10, None) == lasting(midi(), 10, None)


def test_what_would_be_cut_off_at_the_loudest_is_softer_as_a_whole() -> None:
    tracks = [MidiTrack(str(key), key % 9, 19, [MidiNote(0, 480, 36 + key, 127)]) for key in range(48)]
    samples = samples_of(write_midi_file(MidiFile(480, tracks)), 960, sound_font())
    assert 8_000 < int(abs(samples.astype(int)).max()) < 32_767
