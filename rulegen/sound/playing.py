"""Plays a sound with what the machine has for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from rulegen.errors import OutputError

_PLAYERS = (
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("afplay",),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
)
_INSTEAD = "write a sound file, as in `rulegen render FILE -o it.wav`"


def player() -> tuple[str, ...]:
    """The program that plays, with its options; none on Windows, which needs none. Raises OutputError."""
    if sys.platform == "win32":
        return ()
    for program, *options in _PLAYERS:
        if found := shutil.which(program):
            return found, *options
    names = ", ".join(program for program, *_ in _PLAYERS)
    raise OutputError(f"this machine has no program that plays sound ({names}): {_INSTEAD}")


def play_wave(program: tuple[str, ...], wave: bytes) -> None:
    """Plays a WAV to its end. Raises OutputError where the device does not answer."""
    if not program:
        _on_windows(wave)
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "it.wav"
        place.write_bytes(wave)
        try:
            done = subprocess.run([*program, str(place)], capture_output=True, text=True, check=False)
        except OSError as error:
            raise _silent(program[0], error.strerror or str(error)) from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise _silent(program[0], lines[-1])


def _on_windows(wave: bytes) -> None:
    winsound: Any = import_module("winsound")  # which only Windows has
    try:
        winsound.PlaySound(wave, winsound.SND_MEMORY)
    except RuntimeError as error:
        raise _silent("Windows", str(error)) from None


def _silent(who: str, why: str) -> OutputError:
    return OutputError(f"the sound device cannot be played on ({Path(who).name}: {why}): {_INSTEAD}")
