"""What a listener measures: where a note begins and what pitch it has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 48_000


def pitch_of(samples: NDArray[np.float64]) -> float:
    """The pitch of a stretch of sound as a MIDI number: McLeod's method, the first strong peak of the
    normalised autocorrelation.
    """
    mono = samples.mean(axis=1) if samples.ndim > 1 else samples
    mono = mono - mono.mean()
    size = len(mono)
    spectrum = np.fft.rfft(mono, 2 * size)
    likeness = np.fft.irfft(np.abs(spectrum) ** 2)[: size // 2]
    squares = np.concatenate([[0.0], np.cumsum(mono**2)])
    lags = np.arange(size // 2)
    power = squares[size - lags] + squares[size] - squares[lags]
    alike = 2 * likeness / np.maximum(power, 1e-12)
    start = int(np.argmax(alike < 0))  # after the peak at no lag at all
    peaks = [
        lag
        for lag in range(max(start, 10), len(alike) - 1)
        if alike[lag - 1] < alike[lag] >= alike[lag + 1] and alike[lag] > 0
    ]
    best = max(alike[lag] for lag in peaks)
    lag = next(lag for lag in peaks if alike[lag] > 0.93 * best)
    before, here, after = alike[lag - 1 : lag + 2]
    exact = lag + (before - after) / (2 * (before - 2 * here + after))
    return float(69 + 12 * np.log2(RATE / exact / 440))


def onsets_of(samples: NDArray[np.float64], threshold: float = 0.02) -> list[float]:
    """Where it becomes loud after silence, in seconds."""
    loud = np.abs(samples).max(axis=1)
    window = 480
    blocks = loud[: len(loud) // window * window].reshape(-1, window).max(axis=1) > threshold
    starts = np.flatnonzero(blocks[1:] & ~blocks[:-1]) + 1
    places = [0, *starts] if blocks[0] else list(starts)
    return [
        float((place * window + np.argmax(loud[place * window :] > threshold)) / RATE) for place in places
    ]
