"""A recurrent model of four voices, which says at each sixteenth what every voice does next.

Within a step the voices are placed in the order soprano, bass, alto, tenor, each knowing those before it. A
voice first goes on or changes, then a changing one chooses its note. Memory moves on only where some voice
changed, so it reaches far back. Pitches stand above the tonic, so that all keys share what is learned.

    asked = recall·memory + held[notes] + run[how long each voice holds] + position + close + key
            + placed[notes before it in this step] + moved[which of them changed]
    deep  = relu(asked);  deep += relu(middle·deep)
    change, note by pitch, note by interval = show·deep
    p(hold) = 1 − σ(change);  p(other note) = σ(change) · softmax(by pitch + by interval from the own note)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rulegen.models.base import Alphabet, Floats, Ints, normalised
from rulegen.models.cells import CellLaw, Weights, are_bounded
from rulegen.models.registry import FOUR_VOICES

VOICES = ("soprano", "alto", "tenor", "bass")
ORDER = FOUR_VOICES.order
LOWEST, PITCHES = -37, 63  # semitones above the tonic near middle C, and how many from there
SILENCE = PITCHES  # the symbol after the pitches
SYMBOLS = PITCHES + 1
NOTHING = SYMBOLS  # what a voice holds before the piece
REACH = 24  # semitones that an interval is told apart by
LONGEST = 16  # sixteenths: longer is as long
POSITIONS, CLOSES, KEYS = 32, 9, 26  # see `places_of`
ANY_KEY = 24  # the key is not the one that the pitches stand above; 25 in minor
FAR = CLOSES - 1  # it is not known where the phrase closes

ALPHABET = Alphabet("voicing", (*range(LOWEST, LOWEST + PITCHES), "silence"))


@dataclass(frozen=True, eq=False)
class Recall:
    """What walkers have heard. memory: float32 (count, memory); notes: int32 (count, 4), symbols or NOTHING;
    run: int32 (count, 4), sixteenths that each voice holds; since: int32 (count,), since some voice changed.
    """

    memory: Weights
    notes: Ints
    run: Ints
    since: Ints


@dataclass(frozen=True, eq=False)
class Quartet(CellLaw):
    """weights, float32, a leading 4 being the voice that is asked: for the memory notes_in (4, 65, input),
    changes_in (16, input), position_in, key_in, gap_in; the four of the cell; for each voice recall, held
    (4, 4·65, width), run (4, 4·17, width), position, close, key, placed, moved, middle, middle_bias, show
    (4, 1+64+49, width), show_bias.
    """

    halves = True  # there are many, and nothing is lost that is heard

    def begin(self, count: int) -> Recall:
        """The state of so many walkers that have heard nothing."""
        notes = np.full((count, 4), NOTHING, dtype=np.int32)
        return Recall(self.cell.begin(count), notes, np.zeros_like(notes), np.zeros(count, dtype=np.int32))

    def log_probs(self, state: Recall, places: Ints, placed: Ints) -> Floats:
        """float64 (count, 64), nats: what the next voice in ORDER sounds at this sixteenth.

        places: int32 (count, 3), from `places_of`; placed: int32 (count, k), symbols of the voices before it.
        """
        rank = placed.shape[1]
        voice = ORDER[rank]
        asked = self._asked(state, places, placed)
        own = self.weights
        shown = asked @ own["show"][rank].T + own["show_bias"][rank]
        change = shown[:, 0].astype(np.float64)
        before = state.notes[:, voice]
        note = shown[:, 1 : 1 + SYMBOLS].astype(np.float64) + _by_interval(shown[:, 1 + SYMBOLS :], before)
        rows = np.flatnonzero(before != NOTHING)
        note[rows, before[rows]] = -np.inf
        found = normalised(note)
        found[rows] -= np.logaddexp(0, -change[rows])[:, None]  # log σ
        found[rows, before[rows]] = -np.logaddexp(0, change[rows])  # log (1 − σ)
        return found

    def _asked(self, state: Recall, places: Ints, placed: Ints) -> Weights:
        own, rank = self.weights, placed.shape[1]
        asked = self.cell.output(state.memory) @ own["recall"][rank].T
        for voice in range(4):
            asked += own["held"][rank][voice * (SYMBOLS + 1) + state.notes[:, voice]]
            asked += own["run"][rank][voice * (LONGEST + 1) + np.minimum(state.run[:, voice], LONGEST)]
        for name, column in zip(("position", "close", "key"), places.T, strict=True):
            asked += own[name][rank][column]
        flags = np.zeros(len(places), dtype=np.int32)
        for place, voice in enumerate(ORDER[:rank]):
            asked += own["placed"][rank][voice * (SYMBOLS + 1) + placed[:, place]]
            flags |= (placed[:, place] != state.notes[:, voice]) << place
        deep = np.maximum(asked + own["moved"][rank][flags], 0)
        return np.asarray(deep + np.maximum(deep @ own["middle"][rank].T + own["middle_bias"][rank], 0))

    def advance(self, state: Recall, places: Ints, tokens: Ints, steps: int = 1) -> Recall:
        """The state after all voices, in the order of VOICES, were placed and held for so many sixteenths."""
        changed = tokens != state.notes
        run = np.where(changed, 1, state.run + 1) + (steps - 1)
        moved = changed.any(axis=1)
        own = self.weights
        gap = np.minimum(state.since, LONGEST)
        inputs = own["changes_in"][changed @ np.array([1, 2, 4, 8])] + own["gap_in"][gap]
        inputs = inputs + own["position_in"][places[:, 0]] + own["key_in"][places[:, 2]]
        for voice in range(4):
            inputs = inputs + own["notes_in"][voice][tokens[:, voice]]
        memory = np.where(moved[:, None], self.cell.step(state.memory, inputs), state.memory)
        since = np.where(moved, 0, state.since) + steps
        return Recall(memory, tokens.astype(np.int32), run.astype(np.int32), since.astype(np.int32))

    @property
    def is_sound(self) -> bool:
        """Whether its weights fit together and hold numbers alone."""
        own = self.weights
        if self.alphabet != ALPHABET or not self.cell.is_sound or own["recall"].ndim != 3:
            return False
        wanted = shapes(self.cell.from_input.shape[1], self.cell.hidden, own["recall"].shape[1])
        fits = all(own[name].shape == shape for name, shape in wanted.items())
        return fits and are_bounded(own.values())

    def rounded(self) -> Quartet:
        """The model as its file will hold it."""
        return Quartet.put_together(self.alphabet, *self.taken_apart())


def places_of(step: int, bar: int, to_close: int | None, key: int) -> tuple[int, int, int]:
    """The place of a sixteenth: `step` after the downbeat of a bar of so many sixteenths.

    to_close: how many of its phrase come after it, None where that is not known; key: tonic + 12 in minor.
    """
    position = step % bar if bar == 16 else 16 + step % bar if bar == 12 else 28 + step % 4
    return position, FAR if to_close is None else min(to_close // 4, FAR - 1), key


def _by_interval(shown: Weights, before: Ints) -> NDArray[np.float64]:
    """(count, symbols): what each pitch gets for its interval from the note before; silence gets nothing."""
    away = np.arange(SYMBOLS)[None, :] - before[:, None]
    known = (np.abs(away) <= REACH) & (before[:, None] < SILENCE)
    known[:, SILENCE] = False
    taken = np.take_along_axis(shown, np.clip(away, -REACH, REACH) + REACH, axis=1)
    return np.where(known, taken, 0.0).astype(np.float64)


def shapes(inputs: int, hidden: int, width: int) -> dict[str, tuple[int, ...]]:
    """The shape of each array but those of the cell."""
    return {
        "notes_in": (4, SYMBOLS + 1, inputs),
        "changes_in": (16, inputs),
        "position_in": (POSITIONS, inputs),
        "gap_in": (LONGEST + 1, inputs),
        "key_in": (KEYS, inputs),
        "recall": (4, width, hidden),
        "held": (4, 4 * (SYMBOLS + 1), width),
        "run": (4, 4 * (LONGEST + 1), width),
        "position": (4, POSITIONS, width),
        "close": (4, CLOSES, width),
        "key": (4, KEYS, width),
        "placed": (4, 4 * (SYMBOLS + 1), width),
        "moved": (4, 8, width),
        "middle": (4, width, width),
        "middle_bias": (4, width),
        "show": (4, 1 + SYMBOLS + 2 * REACH + 1, width),
        "show_bias": (4, 1 + SYMBOLS + 2 * REACH + 1),
    }
