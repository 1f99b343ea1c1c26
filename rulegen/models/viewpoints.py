"""What a voice of four looks back at: features of the music so far, and the chains of contexts made of them.

A chain names features from the one that tells most; its contexts know none of them, the first, the first two,
and so on. Within a step the voices are placed in the order soprano, bass, alto, tenor: `now` is what a voice
placed before sounds at this sixteenth, and what one still to come sounded at the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegen.models.base import Ints, Which
from rulegen.models.evidence import Keys, longer, started
from rulegen.models.quartet import ANY_KEY, LOWEST, NOTHING, ORDER, SILENCE

PAST = 3  # notes of its own that a voice remembers beside the one it holds
LONGEST = 16  # sixteenths: longer is as long
HIDDEN = "hidden"  # the hidden state, where there are several
BROAD = 9  # sixteenths that the runs of all voices together are told apart by
WIDEST = 30  # semitones
NO_INTERVAL = 99
NAMES = ("soprano", "bass", "alto", "tenor")  # in ORDER
_UPPER, _BASS = NAMES[0], NAMES[1]

Seen = Mapping[str, NDArray[np.integer[Any]]]


@dataclass(frozen=True, eq=False)
class Recalled:
    """What walkers remember. notes: int32 (count, 4), symbols or NOTHING; run: int32 (count, 4), sixteenths
    that each voice holds; past: int32 (count, 4, PAST), its notes before that, the newest first; lasted:
    int32 (count, 4, 2), the sixteenths of the first two of them.
    """

    notes: Ints
    run: Ints
    past: Ints
    lasted: Ints

    def moved(self, symbols: Ints, steps: int, struck: NDArray[np.bool_] | None = None) -> Recalled:
        """What is remembered after all voices were placed and held for so many sixteenths; struck: which of
        them struck, those that changed where it is not told.
        """
        changed = symbols != self.notes if struck is None else struck
        older = np.concatenate([self.notes[:, :, None], self.past[:, :, :-1]], axis=2)
        longer_ago = np.stack([self.run, self.lasted[:, :, 0]], axis=2)
        return Recalled(
            symbols.astype(np.int32),
            (np.where(changed, 1, self.run + 1) + (steps - 1)).astype(np.int32),
            np.where(changed[:, :, None], older, self.past),
            np.where(changed[:, :, None], longer_ago, self.lasted),
        )

    def select(self, which: Which) -> Recalled:
        """What the walkers `which` remember."""
        return Recalled(self.notes[which], self.run[which], self.past[which], self.lasted[which])


def nothing_recalled(count: int) -> Recalled:
    """What so many walkers remember that have heard nothing."""
    notes = np.full((count, 4), NOTHING, dtype=np.int32)
    past = np.full((count, 4, PAST), NOTHING, dtype=np.int32)
    return Recalled(notes, np.zeros_like(notes), past, np.zeros((count, 4, 2), dtype=np.int32))


def change_chains(rank: int, has_hidden: bool) -> list[tuple[str, ...]]:
    """By which it is foreseen whether the voice of a rank in ORDER goes on or changes."""
    before = NAMES[:rank]
    by_state: list[tuple[str, ...]] = [
        (HIDDEN, "moved", "beat", "run", "own class"),
        (HIDDEN, "moved", "position", "run"),
        (HIDDEN, "own class", "run", "moved"),
    ]
    return [
        *(by_state if has_hidden else []),
        ("moved", "position", "run", "lasted 1", "own class"),
        ("moved", "beat", "run", "lasted 1", "lasted 2", "position"),
        ("moved", "beat", *(f"{name} run" for name in NAMES), "position"),
        ("moved", "beat", "run", "own class", "placed classes"),
        ("moved", "run", "beat", "interval 1", "interval 2", "interval 3"),
        ("moved", "run", "beat", *(f"class above {name}" for name in before), "interval 1"),
        ("moved", "run", "position", "own class", "other classes", "minor"),
        ("moved", "beat", "run", "classes before", "own class", "position"),
        ("moved", "run", "beat", *(f"{name} step" for name in before), "interval 1"),
    ]


def note_chains(rank: int, has_hidden: bool) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """By which a note is foreseen where the voice changes: chains that foresee the note itself, and chains
    that foresee the interval to it and so hold in every key.
    """
    before = NAMES[:rank]
    notes: list[tuple[str, ...]] = [
        ("own 0", "own 1", "own 2", "own 3"),
        ("minor", "own 0", "position", "own 1", "run"),
        ("own class", "bass class before", "soprano class before", "classes before"),
        ("own 0", "classes before", "minor", "moved"),
    ]
    others = [name for name in (_BASS, _UPPER, "tenor", "alto") if name != NAMES[rank]]
    intervals: list[tuple[str, ...]] = [
        ("interval 1", "interval 2", "run", "interval 3"),
        ("run", "beat", "interval 1", "lasted 1", "position"),
        (*(f"above {name} before" for name in others), "interval 1"),
    ]
    if rank:
        notes += [
            (*(f"{name} class" for name in before), "own 0", "moved"),
            ("placed classes", "minor", "own 0", "own 1"),
            (*(f"{name} now" for name in reversed(before)), "own 0"),
            ("bass class", "own 0", "soprano class", "moved"),
            ("other classes", "own 0", "minor"),
        ]
        intervals += [
            (*(f"above {name}" for name in before), "moved"),
            (*(f"class above {name}" for name in before), *(f"{name} step" for name in before)),
            (*(f"{name} step" for name in before), *(f"class above {name}" for name in before)),
            ("moved", "bass step", "above bass", "interval 1"),
        ]
    if has_hidden:
        notes += [(HIDDEN, "own 0", "own 1"), (HIDDEN, "own class", "moved")]
        notes += [(HIDDEN, "bass class", "own 0"), (HIDDEN, "placed classes", "own 0")] if rank else []
        intervals.append((HIDDEN, "own class", "interval 1"))
    return notes, intervals


def links(chain: Sequence[str], seen: Seen, mark: int) -> list[Keys]:
    """The contexts of a chain, from the one that knows nothing, (1, 1), on; `mark` tells chains apart."""
    found = [started(mark)]
    for name in chain:
        found.append(longer(found[-1], seen[name]))
    return found


def seen_by(
    rank: int, state: Recalled, places: Ints, placed: Ints, struck: NDArray[np.bool_] | None = None
) -> dict[str, NDArray[np.integer[Any]]]:
    """All features of the voice of a rank, (count, 1) each. placed: int32 (count, rank), as in quartet;
    struck: which of them struck, those that changed where it is not told.
    """
    voice = ORDER[rank]
    now = state.notes.copy()
    now[:, list(ORDER[:rank])] = placed
    key = places[:, 2]
    found = {
        "run": np.minimum(state.run[:, voice], LONGEST),
        "position": places[:, 0],
        "beat": places[:, 0] % 4,
        "minor": ((key >= 12) & (key != ANY_KEY)).astype(np.int32),
        "moved": _flags(placed != state.notes[:, list(ORDER[:rank])] if struck is None else struck),
        "own class": pitch_class(state.notes[:, voice]),
        "placed classes": _classes(now[:, list(ORDER[:rank])]),
        "other classes": _classes(now[:, [each for each in range(4) if each != voice]]),
        "classes before": _classes(state.notes),
    }
    own = np.concatenate([state.notes[:, voice, None], state.past[:, voice]], axis=1)
    found |= {f"own {place}": own[:, place] for place in range(PAST + 1)}
    moved = interval(own[:, :-1], own[:, 1:])
    found |= {f"interval {place + 1}": moved[:, place] for place in range(PAST)}
    lasted = np.minimum(state.lasted[:, voice], LONGEST)
    found |= {"lasted 1": lasted[:, 0], "lasted 2": lasted[:, 1]}
    beside = _beside(own[:, :1], state.notes[:, list(ORDER)], now[:, list(ORDER)])
    beside["{} run"] = np.minimum(state.run[:, list(ORDER)], BROAD)
    for place, name in enumerate(NAMES):
        found |= {what.format(name): values[:, place] for what, values in beside.items()}
    return {name: values[:, None] for name, values in found.items()}


def _beside(own: Ints, before: Ints, now: Ints) -> dict[str, Ints]:
    """What is seen of each voice in NAMES, and of the own one, (count, 1), against it: (count, 4) each."""
    above = interval(own, now)
    return {
        "{} now": now,
        "{} class": pitch_class(now),
        "{} class before": pitch_class(before),
        "above {}": above,
        "above {} before": interval(own, before),
        "class above {}": np.where(above == NO_INTERVAL, above, above % 12),
        "{} step": interval(now, before),
    }


def _flags(true: NDArray[np.bool_]) -> Ints:
    weights = np.array([1 << place for place in range(true.shape[1])], dtype=np.int32)
    return np.asarray(true @ weights, dtype=np.int32)


def pitch_class(symbols: Ints) -> Ints:
    """Semitones above the tonic without octaves; 12 for silence, 13 for nothing."""
    return np.where(symbols < SILENCE, (symbols + LOWEST) % 12, 12 + symbols - SILENCE).astype(np.int32)


def _classes(symbols: Ints) -> Ints:
    """(count,) the set of pitch classes of (count, n) symbols, in bits."""
    bits = 1 << np.minimum(pitch_class(symbols), 12)
    return np.asarray(np.bitwise_or.reduce(bits, axis=1), dtype=np.int32)


def interval(to: Ints, origin: Ints) -> Ints:
    known = (to < SILENCE) & (origin < SILENCE)
    return np.where(known, np.clip(to - origin, -WIDEST, WIDEST), NO_INTERVAL).astype(np.int32)
