"""What a network of four voices sees, as rows of its tables: viewpoints, numbered one after another.

Tables have a row for each value of each viewpoint; what is seen is the sum of its rows. Intervals and pitch
classes stand beside the notes themselves, so that what is learned of them holds in every key and octave.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.models.base import Ints
from rulegen.models.quartet import CLOSES, KEYS, NOTHING, POSITIONS
from rulegen.models.struck import Strikes
from rulegen.models.viewpoints import (
    BROAD,
    LONGEST,
    NAMES,
    NO_INTERVAL,
    PAST,
    WIDEST,
    Recalled,
    pitch_class,
    seen_by,
)
from rulegen.models.viewpoints import interval as interval_between

Rows = NDArray[np.int64]

INTERVALS = 2 * WIDEST + 2  # the last: no interval
_RUNS, _NOTES, _CLASSES, _ABOVE = LONGEST + 1, NOTHING + 1, 14, 13
_BITS = 13  # of a set of pitch classes, silence among them
SETS = ("placed classes", "other classes", "classes before")
BITS = _BITS * len(SETS)
_PAIRS = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))


def viewpoints_of(rank: int) -> dict[str, int]:
    """What the voice of a rank in ORDER sees, with how many values each viewpoint has."""
    found = {"run": _RUNS, "position": POSITIONS, "key": KEYS, "close": CLOSES, "moved": 1 << rank}
    found |= {"own class": _CLASSES} | {f"own {place}": _NOTES for place in range(PAST + 1)}
    found |= {f"interval {place + 1}": INTERVALS for place in range(PAST)}
    found |= {"lasted 1": _RUNS, "lasted 2": _RUNS}
    for place, name in enumerate(NAMES):
        if place != rank:
            found |= {f"{name} now": _NOTES, f"{name} class": _CLASSES, f"{name} run": BROAD + 1}
            found |= {f"above {name}": INTERVALS, f"class above {name}": _ABOVE}
        if place < rank:
            found[f"{name} step"] = INTERVALS
    return found


def asked_rows(
    rank: int, state: Recalled, places: Ints, now: Ints, struck: Strikes
) -> tuple[Rows, NDArray[np.float32]]:
    """(count, viewpoints) the rows of the voice of a rank, and float32 (count, BITS), pitch classes as 0 and
    1. now: what the voices placed before it sound, (count, rank), and struck: which of them struck.
    """
    seen = seen_by(rank, state, places, now, struck)
    seen |= {"key": places[:, 2:3], "close": places[:, 1:2]}
    bits = [(seen[name] >> np.arange(_BITS)) & 1 for name in SETS]
    return _numbered(seen, viewpoints_of(rank)), np.hstack(bits).astype(np.float32)


def _of_event() -> dict[str, int]:
    found = {"position": POSITIONS, "key": KEYS, "gap": _RUNS, "struck": 16}
    for voice in range(4):
        found |= {f"note {voice}": _NOTES, f"class {voice}": _CLASSES}
        found |= {f"step {voice}": INTERVALS, f"lasted {voice}": _RUNS}
    return found | {f"between {one} {other}": _ABOVE for one, other in _PAIRS}


_EVENT = _of_event()
EVENT = sum(_EVENT.values())


def rows_of_rank(rank: int) -> int:
    """How many rows the tables of a rank have."""
    return sum(viewpoints_of(rank).values())


def event_rows(state: Recalled, places: Ints, notes: Ints, struck: Strikes, gap: Ints) -> Rows:
    """(count, viewpoints) the rows of an event: `notes` sound after it, int32 (count, 4), and gap sixteenths,
    (count,), have gone by since the one before.
    """
    seen: dict[str, Ints] = {"position": places[:, 0], "key": places[:, 2], "gap": np.minimum(gap, LONGEST)}
    seen["struck"] = struck @ np.array([1, 2, 4, 8])
    for voice in range(4):
        own = notes[:, voice]
        seen |= {f"note {voice}": own, f"class {voice}": pitch_class(own)}
        seen[f"step {voice}"] = interval_between(own, state.notes[:, voice])
        seen[f"lasted {voice}"] = np.minimum(state.run[:, voice], LONGEST)
    for one, other in _PAIRS:
        apart = interval_between(notes[:, one], notes[:, other])
        seen[f"between {one} {other}"] = np.where(apart == NO_INTERVAL, apart, apart % 12)
    return _numbered({name: values[:, None] for name, values in seen.items()}, _EVENT)


def numbered_interval(to: Ints, origin: Ints) -> Ints:
    """The rows of a table by intervals, (…,)."""
    apart = interval_between(to, origin)
    return np.where(apart == NO_INTERVAL, INTERVALS - 1, apart + WIDEST).astype(np.int32)


def _numbered(seen: Mapping[str, NDArray[np.integer[Any]]], sizes: Mapping[str, int]) -> Rows:
    first, columns = 0, []
    for name, size in sizes.items():
        values = seen[name].astype(np.int64)
        if size == INTERVALS:
            values = np.where(values == NO_INTERVAL, INTERVALS - 1, values + WIDEST)
        elif size == _ABOVE:
            values = np.minimum(values, _ABOVE - 1)
        columns.append(values + first)
        first += size
    return np.hstack(columns)
