"""Four voices on a grid of sixteenths, as the model of four voices is trained on and measured with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.io.pieces import CorpusPiece, Sung
from rulegen.models.base import Ints, Tokens
from rulegen.models.quartet import LOWEST, NOTHING, PITCHES, SILENCE, VOICES, places_of
from rulegen.models.struck import HOLD

_STEP = 16  # steps in a whole note
_MIDDLE_C = 60


def grid_of(piece: CorpusPiece) -> Tokens | None:
    """The grid of a piece with soprano, alto, tenor and bass, or with just four voices; else None.

    None also where a voice goes beyond the pitches that the model knows.
    """
    voices = four_voices(piece)
    if voices is None:
        return None
    steps = -int(-piece.end * _STEP // 1)
    symbols = np.full((steps, 4), SILENCE, dtype=np.int32)
    keys = [piece.tonic_at(Fraction(step, _STEP)) for step in range(steps)]
    tonics = np.array([tonic for tonic, _ in keys], dtype=np.int32)
    for voice, notes in enumerate(voices):
        for note in notes:
            start, stop = (-int(-time * _STEP // 1) for time in (note.onset, note.onset + note.duration))
            symbols[start:stop, voice] = note.midi - _MIDDLE_C - tonics[start:stop] - LOWEST
    if symbols.min() < 0 or np.any(symbols > SILENCE):
        return None
    return Tokens(symbols, _places(piece, keys), piece.name)


def struck_grid_of(piece: CorpusPiece) -> Tokens | None:
    """The same in tokens that tell a note that is held from one that is struck again: see `struck`."""
    grid, voices = grid_of(piece), four_voices(piece)
    if grid is None or voices is None:
        return None
    struck = np.vstack([np.ones((1, 4), dtype=bool), np.diff(grid.symbols, axis=0) != 0])
    for voice, notes in enumerate(voices):
        struck[[-int(-note.onset * _STEP // 1) for note in notes], voice] = True
    return replace(grid, symbols=np.where(struck, grid.symbols, HOLD).astype(np.int32))


def symbols_of(midi: NDArray[np.integer[Any]], tonic: int) -> Ints | None:
    """(steps, 4) MIDI numbers, −1 for silence, as symbols above a tonic; None beyond the pitches known."""
    numbers = midi.astype(np.int32) - _MIDDLE_C - tonic - LOWEST
    inside = (midi < 0) | ((numbers >= 0) & (numbers < PITCHES))
    return np.where(midi < 0, SILENCE, numbers).astype(np.int32) if bool(inside.all()) else None


def four_voices(piece: CorpusPiece) -> list[tuple[Sung, ...]] | None:
    """Soprano, alto, tenor and bass of a piece, or its four voices; None where it has no such four."""
    named = {name.lower(): notes for name, notes in piece.voices}
    if set(VOICES) <= named.keys():
        found = [named[name] for name in VOICES]
    elif len(piece.voices) == 4:
        found = [notes for _, notes in piece.voices]
    else:
        return None
    return found if all(found) else None


def _places(piece: CorpusPiece, keys: Sequence[tuple[int, bool]]) -> Ints:
    ends = sorted(int(end * _STEP) for end in piece.phrase_ends)
    has_phrases = len(ends) > 1
    found = []
    for step, (tonic, minor) in enumerate(keys):
        close = next((end - step - 1 for end in ends if end > step), None) if has_phrases else None
        begun, meter, lead = piece.meter_at(Fraction(step, _STEP))
        place, bar = step + int((lead - begun) * _STEP), int(meter.bar_length * _STEP)
        found.append(places_of(place, bar, close, tonic + 12 * minor))
    return np.array(found, dtype=np.int32)


@dataclass(frozen=True, eq=False)
class Changes:
    """A grid as training reads it: int64 arrays, (steps, …) of each step and (events, …) of each step where
    some voice changed.

    before: (steps, 4) what each voice held; run: (steps, 4); state: (steps,) how many events came before the
    step; at: (events,) their steps; changes: (events,) which voices changed, in bits; gap: (events,).
    """

    symbols: NDArray[np.int64]
    places: NDArray[np.int64]
    before: NDArray[np.int64]
    run: NDArray[np.int64]
    state: NDArray[np.int64]
    at: NDArray[np.int64]
    changes: NDArray[np.int64]
    gap: NDArray[np.int64]


def changes_of(grid: Tokens, longest: int) -> Changes:
    """What changes in a grid; runs and gaps of more than `longest` sixteenths count as that long."""
    symbols = grid.symbols.astype(np.int64)
    before = np.vstack([np.full((1, 4), NOTHING), symbols[:-1]])
    changed = symbols != before
    run, clock = np.zeros_like(symbols), np.zeros(4, dtype=np.int64)
    for step in range(len(symbols)):
        run[step] = clock
        clock = np.where(changed[step], 1, clock + 1)
    at = np.flatnonzero(changed.any(axis=1))
    state = np.cumsum(changed.any(axis=1)) - changed.any(axis=1)
    gap = np.minimum(np.diff(at, prepend=0), longest)
    changes = changed[at] @ np.array([1, 2, 4, 8])
    return Changes(
        symbols, grid.places.astype(np.int64), before, np.minimum(run, longest), state, at, changes, gap
    )
