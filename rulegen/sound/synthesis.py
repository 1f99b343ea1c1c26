"""MIDI through a sound font: samples of sixteen bits, 48,000 a second, left and right."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from rulegen.errors import OutputError
from rulegen.storage import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 48_000
_PROGRAM = "fluidsynth"  # where there is no wheel of midirenderer, as for Linux on ARM
_HEADER = 44  # bytes before the samples of a WAV
_LONGEST_RUN = 1_800  # seconds that another program may take
_SATURATED = 32_767
_SOFTER = (None, 64, 32, 16)  # expression of all channels: each a quarter of the amplitude before it
_EXPRESSION = 11  # the number of the control


def is_there() -> bool:
    """Whether there is what makes sound of MIDI."""
    return find_spec("midirenderer") is not None or shutil.which(_PROGRAM) is not None


def samples_of(midi: bytes, ticks: int, font: Path) -> NDArray[np.int16]:
    """The sound of a MIDI file, which is well formed, as int16 (samples, 2); it lasts until `ticks` at least.
    Where the loudest would be cut off, all is softer. Raises OutputError.
    """
    for expression in _SOFTER:
        found = _rendered(lasting(midi, ticks, expression), font)
        if not found.size or max(int(found.max()), -int(found.min())) < _SATURATED:
            break
    return found


def lasting(midi: bytes, ticks: int, expression: int | None) -> bytes:
    """A MIDI file with one track more, which says how loud all channels are, and ends at `ticks`."""
    start = max(midi.find(b"MThd"), 0)
    head = 8 + int.from_bytes(midi[start + 4 : start + 8], "big")
    count = int.from_bytes(midi[start + 10 : start + 12], "big")
    end, tracks = start + head, 0
    while tracks < count:
        tracks += midi[end : end + 4] == b"MTrk"
        end += 8 + int.from_bytes(midi[end + 4 : end + 8], "big")
    louds = b"" if expression is None else b"".join(
        bytes((0, 0xB0 | channel, _EXPRESSION, expression)) for channel in range(16)
    )  # fmt: skip
    track = louds + _delta(ticks) + b"\xff\x2f\x00"
    division = midi[start + 12 : start + 14]
    header = b"MThd" + (6).to_bytes(4, "big") + b"\x00\x01" + (count + 1).to_bytes(2, "big") + division
    return header + midi[start + head : end] + b"MTrk" + len(track).to_bytes(4, "big") + track


def _delta(ticks: int) -> bytes:
    """A time as MIDI writes it, seven bits a byte; four bytes are the most."""
    ticks = min(ticks, 2**28 - 1)
    found = [ticks & 0x7F]
    while ticks := ticks >> 7:
        found.append(ticks & 0x7F | 0x80)
    return bytes(reversed(found))


def _rendered(midi: bytes, font: Path) -> NDArray[np.int16]:
    import numpy as np

    wave = _by_library(midi, font) if find_spec("midirenderer") is not None else _by_program(midi, font)
    return np.frombuffer(wave, "<i2", offset=_HEADER).reshape(-1, 2)


def _by_library(midi: bytes, font: Path) -> bytes:
    import midirenderer

    try:
        with _silence():
            return bytes(midirenderer.render_wave_from(font.read_bytes(), midi))
    except (RuntimeError, ValueError, OSError) as error:
        raise _refused(font, str(error)) from None
    except BaseException as error:  # what the library gives up with is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise _refused(font, f"it is damaged ({error})") from None


@contextmanager
def _silence() -> Iterator[None]:
    """Keeps what the library prints before it gives up from standard error."""
    try:
        before = os.dup(2)
    except OSError:  # standard error is closed
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(before, 2)
        os.close(before)


def _by_program(midi: bytes, font: Path) -> bytes:
    program = shutil.which(_PROGRAM)
    if program is None:
        raise OutputError(
            "sound needs midirenderer (pip install midirenderer), or where that is not to be had, a program "
            f"called {_PROGRAM}; .mid is played by others"
        )
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "it.mid", Path(folder) / "it.wav"
        source.write_bytes(midi)
        command = [program, "-ni", "-q", "-g", "0.4", "-r", str(RATE), "-O", "s16", "-T", "wav", "-F"]
        command += [str(target), str(font.resolve()), str(source)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_RUN, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _refused(font, str(error)) from None
        if done.returncode or not target.is_file():
            raise _refused(font, done.stderr.strip() or f"{_PROGRAM} ended with {done.returncode}")
        return target.read_bytes()


def _refused(font: Path, why: str) -> OutputError:
    reason = (
        why.strip().splitlines()[0].removeprefix("SoundFont error: ") if why.strip() else "no reason given"
    )
    return OutputError(f"the sound font {shown(font)} cannot be played: {reason}")
