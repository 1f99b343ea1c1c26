"""From raw samples to what a listener gets: as loud as other music, never cut off, with its tail.

Loudness is that of ITU-R BS.1770-4 (EBU R 128), integrated and gated, -16 LUFS. Where a plain gain would take
peaks above the ceiling, a limiter that looks ahead turns the gain down around them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GOAL_LUFS = -16.0
CEILING = 10 ** (-1.5 / 20)  # of the loudest sample; what is compressed with losses is a little louder
_SILENT = 10 ** (-60 / 20)  # of the loudest: where the tail ends
_STEP = 48  # samples between two values of the gain
_LOOK = 30  # such steps: a thirtieth of a second
_FADE = 960  # samples over which the end of the tail fades
_FULL = 32_768.0
_PIECE = 48_000 * 60  # samples that are taken at once
_GATE_LUFS, _BELOW_MEAN = -70.0, 10.0
_OFFSET_LUFS = 0.691
_BLOCK, _HOP = 19_200, 4_800  # samples of the gate's blocks, and from one to the next
_NEAR, _MOST_ROUNDS = 0.05, 6


@dataclass(frozen=True, slots=True)
class Recording:
    """Samples, int16 (count, 2), and the gain with which they are played: one value at each `_STEP` samples,
    in between on a line, or None where it is 1 throughout. loops: whether the end goes over into the start.
    """

    samples: NDArray[np.int16]
    gain: NDArray[np.float64] | None = None
    loops: bool = False

    def pieces(self, length: int = _PIECE, overlap: int = 0) -> Iterator[NDArray[np.float32]]:
        """The samples as they are played, float32 (count, 2), a piece at a time; each but the last goes on
        for `overlap` samples, with which the next begins.
        """
        import numpy as np

        start, count = 0, len(self.samples)
        while start < count:
            end = min(count, start + length + overlap)
            piece = self.samples[start:end].astype(np.float32) / np.float32(_FULL)
            if self.gain is not None:
                steps = np.arange(start, end) / _STEP
                piece *= np.interp(steps, np.arange(len(self.gain)), self.gain).astype(np.float32)[:, None]
            yield piece
            if end == count:
                return
            start += length


def mastered(samples: NDArray[np.int16], music: int, loops: bool = False) -> Recording:
    """A sound of `music` samples and its tail, or in a loop of just so many, with the tail at its start."""
    found = Recording(wrapped(samples, music) if loops else with_tail(samples, music), loops=loops)
    loud = loudness(found)
    wanted, reached = GOAL_LUFS - loud, found
    for _ in range(_MOST_ROUNDS if loud > _GATE_LUFS else 0):
        reached = replace(found, gain=_limited(found, 10 ** (wanted / 20)))
        assert reached.gain is not None
        if reached.gain.min() == reached.gain.max():
            break
        missing = GOAL_LUFS - loudness(reached)
        if abs(missing) <= _NEAR:
            break
        wanted += missing
    return reached


def with_tail(samples: NDArray[np.int16], music: int) -> NDArray[np.int16]:
    """The music, and what sounds after it until nothing is heard; the last of that fades."""
    import numpy as np

    if len(samples) < music:
        return np.concatenate([samples, np.zeros((music - len(samples), 2), np.int16)])
    loudest = max(int(samples.max(initial=0)), -int(samples.min(initial=0)))
    tail = np.abs(samples[music:].astype(np.int32)).max(axis=1)
    heard = np.flatnonzero(tail > loudest * _SILENT)
    end = music + (min(len(tail), int(heard[-1]) + _FADE) if len(heard) else 0)
    found = samples[:end].copy()
    fade = min(_FADE, end - music)
    if fade:
        found[end - fade :] = (found[end - fade :] * np.linspace(1, 0, fade)[:, None]).astype(np.int16)
    return found


def wrapped(samples: NDArray[np.int16], music: int) -> NDArray[np.int16]:
    """The music alone, with what sounds after it laid over its beginning, as often as it takes: what one
    hears when it is played again and again.
    """
    import numpy as np

    rounds = max(1, ceil(len(samples) / music))
    filled = np.zeros((rounds * music, 2), np.int32)
    filled[: len(samples)] = samples
    total = filled.reshape(rounds, music, 2).sum(axis=0)
    over = max(1.0, np.abs(total).max(initial=0) / (_FULL - 1))
    found: NDArray[np.int16] = (total / over).astype(np.int16)
    return found


def loudness(sound: Recording) -> float:
    """The integrated loudness in LUFS; -inf where nothing is heard."""
    import numpy as np

    blocks = np.concatenate(
        [_blocks(piece) for piece in sound.pieces(_PIECE, _BLOCK - _HOP)] or [np.zeros(0)]
    )
    power = 10 ** ((blocks + _OFFSET_LUFS) / 10)
    heard = power[blocks > _GATE_LUFS]
    if not len(heard):
        return float("-inf")
    gate = max(_GATE_LUFS, _lufs(heard.mean()) - _BELOW_MEAN)
    return _lufs(power[blocks > gate].mean())


def _lufs(power: float) -> float:
    return 10 * log10(power) - _OFFSET_LUFS


def _blocks(piece: NDArray[np.float32]) -> NDArray[np.float64]:
    """The loudness of each block of 0.4 s; what is shorter is one, filled up with silence."""
    import numpy as np
    from pyloudnorm import Meter

    from rulegen.sound.synthesis import RATE

    if len(piece) < _BLOCK:
        piece = np.concatenate([piece, np.zeros((_BLOCK - len(piece), 2), np.float32)])
    meter = Meter(RATE)
    meter.integrated_loudness(piece)
    return np.array(meter.blockwise_loudness)


def _limited(sound: Recording, gain: float) -> NDArray[np.float64]:
    """The gain at each step: as it is, and less around the peaks that would go beyond the ceiling.

    The least gain that any step within reach needs, averaged over half that reach, is nowhere more than what
    the step itself needs.
    """
    import numpy as np
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    count = ceil(len(sound.samples) / _STEP)
    filled = np.zeros(count * _STEP, np.int32)
    filled[: len(sound.samples)] = np.abs(sound.samples.astype(np.int32)).max(axis=1)
    peaks = filled.reshape(count, _STEP).max(axis=1) / _FULL
    needed = np.minimum(gain, CEILING / np.maximum(peaks, 1e-9))
    if needed.min() == gain:
        return np.full(count + 1, gain)
    mode = "wrap" if sound.loops else "nearest"
    least = minimum_filter1d(needed, 2 * _LOOK + 3, mode=mode)
    smooth = uniform_filter1d(least, 2 * _LOOK + 1, mode=mode)
    last = smooth[0] if sound.loops else smooth[-1]
    return np.append(np.minimum(smooth, gain), last)
