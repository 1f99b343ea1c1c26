"""A made-up kind of model, in this file alone: a token is likely where it was common, and more so where it stays.

p(token) ∝ (how often it was heard + 1) · e^(stubbornness where it is what its voice had before)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from rulegen.models.base import Alphabet, Array, Facts, Floats, Ints, StorableLaw, normalised, typed
from rulegen.models.learn.lesson import Lesson, Progress, Taught


@dataclass(frozen=True, eq=False)
class Habit(StorableLaw):
    """common: float64 (width, symbols), nats; of one voice as of four. A state is the tokens before."""

    alphabet: Alphabet
    stubbornness: float
    common: Floats

    def begin(self, count: int) -> Ints:
        return np.full((count, len(self.common)), -1, dtype=np.int32)

    def log_probs(self, state: Ints, places: Ints, placed: Ints) -> Floats:
        own = self.alphabet.view.order[placed.shape[1]]
        stays = state[:, own, None] == np.arange(len(self.alphabet))
        return normalised(self.common[own] + self.stubbornness * stays)

    def advance(self, state: Ints, places: Ints, tokens: Ints, steps: int = 1) -> Ints:
        return tokens

    def taken_apart(self) -> tuple[Facts, Mapping[str, Array]]:
        return {"stubbornness": self.stubbornness}, {"common": self.common}

    @classmethod
    def put_together(cls, alphabet: Alphabet, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        common = typed(arrays["common"], np.float64)
        if common.shape != (len(alphabet.view.order), len(alphabet)):
            raise ValueError("habits of other voices")
        return cls(alphabet, float(facts["stubbornness"]), common)


def learn(lesson: Lesson, progress: Progress) -> Taught:
    """Counts the tokens of each voice."""
    progress("counting habits")
    heard = np.concatenate([piece.symbols for piece in lesson.training])
    counts = [np.bincount(voice, minlength=len(lesson.alphabet)) + 1.0 for voice in heard.T]
    return Taught(Habit(lesson.alphabet, lesson.options["stubbornness"], np.log(np.stack(counts))))
