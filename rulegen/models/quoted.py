"""What is quoted of training lines: whether runs of notes stand in them, and in which piece."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.errors import ModelError
from rulegen.models.base import Ints
from rulegen.models.guard import Guard, guard_of
from rulegen.models.lines import TrainingLines
from rulegen.models.registry import HARMONY
from rulegen.models.store import load

_ABOVE = 128  # makes of an interval a byte that is not 0: texts of bytes end in no 0
_KEPT = 16  # models, guards, lengths of runs

Texts = NDArray[np.bytes_]


def quotable(path: str, digest: str | None = None) -> TrainingLines:
    """The training lines of a model's file. Raises ModelError where it has none, or none with this digest."""
    try:
        status = Path(path).stat()
        state: tuple[int, int] | None = (status.st_size, status.st_mtime_ns)
    except (OSError, ValueError):
        state = None
    found = _read(path, state)
    if digest is not None and found.digest != digest:
        raise ModelError(f"{Path(path).name} was changed since the style was read")
    return found


@lru_cache(_KEPT)
def _read(path: str, _: tuple[int, int] | None) -> TrainingLines:
    model, name = load(Path(path)), Path(path).name
    if model.lines is not None:
        return model.lines
    if model.view is HARMONY:
        raise ModelError(f"{name} is a model of chords: it has no notes that could be quoted")
    raise ModelError(f"{name} does not hold the lines that it was learned from: learn it again")


@lru_cache(_KEPT)
def guard_against(training: TrainingLines, most: int, pitches: tuple[int, ...]) -> Guard:
    """The automaton for runs of `most` notes at most, of a voice that can sing these MIDI numbers. Raises
    TooMuchToKnow.
    """
    return guard_of(training.lines, most, np.array(pitches, dtype=np.int64))


def pieces_with(training: TrainingLines, notes: NDArray[np.integer[Any]]) -> Ints:
    """(…,): the number of the first piece that has a run of notes (…, n), MIDI numbers; −1 where none has."""
    steps = np.diff(notes.astype(np.int64), axis=-1)
    texts, pieces = _runs(training, steps.shape[-1])
    if not len(texts):
        return np.full(steps.shape[:-1], -1, dtype=np.int32)
    known = np.asarray((np.abs(steps) < _ABOVE).all(axis=-1))
    asked = _texts(np.where(known[..., None], steps, 0))
    place = np.minimum(np.searchsorted(texts, asked), len(texts) - 1)
    return np.where(known & (texts[place] == asked), pieces[place], -1).astype(np.int32)


@lru_cache(_KEPT)
def _runs(training: TrainingLines, length: int) -> tuple[Texts, Ints]:
    """The different runs of so many intervals in order, and the number of the first piece that has each."""
    lines = training.lines
    begins = np.flatnonzero(lines.left >= length)
    texts, first = np.unique(
        _texts(lines.symbols[begins[:, None] + np.arange(length)[None, :]]), return_index=True
    )
    return texts, (lines.line[begins[first]] // training.voices).astype(np.int32)


def _texts(runs: NDArray[np.integer[Any]]) -> Texts:
    """(…, n) intervals as (…,) texts of n bytes."""
    content = np.ascontiguousarray((runs + _ABOVE).astype(np.uint8))
    found: Texts = content.view(f"S{runs.shape[-1]}")[..., 0]
    return found
