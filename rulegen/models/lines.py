"""The lines that a model was trained on: what a guard against quotation compares with.

A line is one voice of one piece by its melodic intervals, as `features.intervals` hears them: repeated notes
count, rests are passed over, and what is only stated again stands there once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.io.pieces import CorpusPiece, Sung
from rulegen.models.features import intervals
from rulegen.models.quotes import Lines, lines_of

KEY = "lines"  # of the array in a model's file, and of what the file's header tells of it
_END = -128  # no interval: it stands after each line
_MOST_PIECES = 100_000


@dataclass(frozen=True, eq=False)
class TrainingLines:
    """Lines end to end. intervals: int8 (n,), semitones, −128 after each line; pieces: their names, each with
    `voices` lines.
    """

    intervals: NDArray[np.int8]
    pieces: tuple[str, ...]
    voices: int

    @cached_property
    def lines(self) -> Lines:
        """The lines as runs are sought in them."""
        ends = np.flatnonzero(self.intervals == _END)
        starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
        return lines_of([self.intervals[a:b].tolist() for a, b in zip(starts, ends, strict=True)])

    def piece_of(self, line: int) -> str:
        """The name of the piece that a line belongs to."""
        return self.pieces[line // self.voices]

    @cached_property
    def digest(self) -> str:
        """What tells these lines from others."""
        told = repr((self.pieces, self.voices)).encode()
        return hashlib.sha256(told + self.intervals.tobytes()).hexdigest()


def lines_for(pieces: Sequence[CorpusPiece], voices: Sequence[Sequence[Sequence[Sung]]]) -> TrainingLines:
    """The lines of pieces, of each as many voices."""
    found: list[int] = []
    for own in voices:
        for line in own:
            found += [*intervals(line), _END]
    names = tuple(piece.name for piece in pieces)
    return TrainingLines(np.array(found, dtype=np.int8), names, len(voices[0]) if voices else 1)


def told_of(lines: TrainingLines) -> dict[str, Any]:
    """What a file's header says of lines, beside their array."""
    return {"pieces": list(lines.pieces), "voices": lines.voices}


def sound_lines(array: np.ndarray[Any, np.dtype[Any]], told: Mapping[str, Any]) -> TrainingLines:
    """The lines of a file. Raises ValueError, KeyError or TypeError where they do not fit together."""
    pieces, voices = told["pieces"], told["voices"]
    if not isinstance(pieces, list) or len(pieces) > _MOST_PIECES:
        raise ValueError("no list of pieces, or too long a one")
    if not all(isinstance(name, str) for name in pieces) or not isinstance(voices, int) or voices < 1:
        raise ValueError("a piece has no name, or it is not said how many voices")
    if array.dtype != np.int8 or array.ndim != 1:
        raise TypeError("an array of another kind")
    ends = int((array == _END).sum())
    if ends != len(pieces) * voices or (len(array) > 0) != (ends > 0) or (ends and array[-1] != _END):
        raise ValueError("the lines are not as many as their names")
    return TrainingLines(array, tuple(pieces), voices)
