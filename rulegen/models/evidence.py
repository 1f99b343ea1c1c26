"""What was heard in contexts of many kinds: one sorted table of counts, and interpolated Witten-Bell over it.

A context is a row of numbers, told apart by 48 bits of a hash: one that is asked for is confused with one of
a million others with a chance of one in 280 million, which would blur one estimate and break nothing.

A file holds the 48 bits as six bytes, how many outcomes each context has as one, and counts as one, 255 in
place of those that are as large, which stand beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rulegen.errors import ModelError
from rulegen.models.base import Array, Floats, typed

Keys = NDArray[np.uint64]
Whole = NDArray[np.int64]
MOST_OUTCOMES = 128
_BYTES = 6  # of a context
_APART = np.uint64(64 - 8 * _BYTES)  # bits of a hash that do not tell contexts apart
_LARGE = 255
_MULTIPLIER, _OFFSET = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x9E3779B97F4A7C15)
_LEFT, _RIGHT, _FOLD = np.uint64(6), np.uint64(2), np.uint64(29)


@dataclass(frozen=True, eq=False)
class ContextCounts:
    """contexts: uint64 (contexts,), the upper bits of their hashes, ascending; first: int32 (contexts + 1,),
    where each one's entries begin; outcomes: uint8 (entries,), what was heard; counts: int32 (entries,), how
    often.
    """

    contexts: Keys
    first: NDArray[np.int32]
    outcomes: NDArray[np.uint8]
    counts: NDArray[np.int32]

    def heard(self, keys: Keys, size: int) -> Floats:
        """(n, size), how often each outcome was heard in each context, uint64 (n,).

        Raises ModelError where there is one past the size: a file does not say which contexts have which.
        """
        found = np.zeros((len(keys), size))
        own = keys >> _APART
        place = np.minimum(np.searchsorted(self.contexts, own), len(self.contexts) - 1)
        rows = np.flatnonzero(self.contexts[place] == own)
        begins, ends = self.first[place[rows]], self.first[place[rows] + 1]
        lengths = ends - begins
        entries = np.arange(lengths.sum()) + np.repeat(begins - np.cumsum(lengths) + lengths, lengths)
        outcomes = self.outcomes[entries]
        if len(outcomes) and outcomes.max() >= size:
            raise ModelError("the model of four voices is damaged: it has counted what cannot come")
        found[np.repeat(rows, lengths), outcomes] = self.counts[entries]
        return found

    def without_rare(self, least: int) -> ContextCounts:
        """Those contexts alone that heard something at least so many times."""
        lengths = np.diff(self.first)
        often = np.add.reduceat(self.counts, self.first[:-1]) >= least if len(lengths) else lengths > 0
        kept, starts = np.repeat(often, lengths), np.append(0, np.cumsum(lengths[often])).astype(np.int32)
        return ContextCounts(self.contexts[often], starts, self.outcomes[kept], self.counts[kept])

    def taken_apart(self) -> Mapping[str, Array]:
        """The arrays of a file."""
        large = self.counts >= _LARGE
        return {
            "contexts": self.contexts[:, None].astype(">u8").view(np.uint8)[:, -_BYTES:],
            "lengths": np.diff(self.first).astype(np.uint8),
            "outcomes": self.outcomes,
            "counts": np.where(large, _LARGE, self.counts).astype(np.uint8),
            "large": self.counts[large],
        }

    @classmethod
    def put_together(cls, arrays: Mapping[str, Array]) -> Self:
        """Of what was taken apart, sound or not: see `is_sound`. Raises as `Storable.put_together` does."""
        told, lengths = typed(arrays["contexts"], np.uint8), typed(arrays["lengths"], np.uint8)
        small, large = typed(arrays["counts"], np.uint8), typed(arrays["large"], np.int32)
        if told.ndim != 2 or told.shape[1] != _BYTES or small.ndim != 1 or lengths.ndim != 1:
            raise ValueError("contexts or counts of another shape")
        whole = np.hstack([np.zeros((len(told), 8 - _BYTES), dtype=np.uint8), told])
        counts = small.astype(np.int32)
        counts[small == _LARGE] = large
        return cls(
            np.ascontiguousarray(whole).view(">u8")[:, 0].astype(np.uint64),
            np.append(0, np.cumsum(lengths, dtype=np.int64)).astype(np.int32),
            typed(arrays["outcomes"], np.uint8),
            counts,
        )


def started(mark: int) -> Keys:
    """The context of a chain of this mark that knows nothing yet, (1, 1)."""
    return longer(np.zeros((1, 1), dtype=np.uint64), np.array([[mark]]))


def longer(keys: Keys, known: NDArray[np.integer[Any]]) -> Keys:
    """The contexts that know one number more; both are broadcast."""
    told = known.astype(np.int64).astype(np.uint64)
    with np.errstate(over="ignore"):  # hashes wrap round
        mixed = (keys ^ (told + _OFFSET + (keys << _LEFT) + (keys >> _RIGHT))) * _MULTIPLIER
    found: Keys = mixed ^ (mixed >> _FOLD)
    return found


def interpolated(evidence: ContextCounts, links: Sequence[Keys], size: int) -> Floats:
    """(…, size) the probability of each outcome, by contexts from the vaguest to the one that knows most.

    Links are broadcast to the shape of the last. With c(o) the count of an outcome at a link, n that of all
    and t the number of different ones, p(o) = (c(o) + t · p'(o)) / (n + t), p' being that of the link before,
    and equal chances before the first (Witten & Bell 1991, method C, interpolated). What heard nothing is
    passed over.
    """
    shape = links[-1].shape
    found = np.full((links[-1].size, size), 1.0 / size)
    for link in links:
        heard = evidence.heard(np.broadcast_to(link, shape).ravel(), size)
        different = np.count_nonzero(heard, axis=1)[:, None]
        total = heard.sum(axis=1, keepdims=True) + different
        known = total[:, 0] > 0
        found[known] = (heard[known] + different[known] * found[known]) / total[known]
    return found.reshape(*shape, size)


def gathered(heard: Iterable[tuple[Keys, Whole]]) -> ContextCounts:
    """The table of contexts and outcomes, (n,) each, of all links of all chains."""
    parts = [_counted(keys, outcomes) for keys, outcomes in heard if len(keys)]
    if not parts:
        return ContextCounts(*(np.zeros(n, kind) for n, kind in ((0, "u8"), (1, "i4"), (0, "u1"), (0, "i4"))))
    context, outcome, count = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((outcome, context))
    contexts, first = np.unique(context[order], return_index=True)
    starts = np.append(first, len(order)).astype(np.int32)
    return ContextCounts(contexts, starts, outcome[order].astype(np.uint8), count[order].astype(np.int32))


def _counted(keys: Keys, outcomes: Whole) -> tuple[Keys, Whole, Whole]:
    different, place = np.unique(keys >> _APART, return_inverse=True)
    pairs, counts = np.unique(place * MOST_OUTCOMES + outcomes, return_counts=True)
    return different[pairs // MOST_OUTCOMES], pairs % MOST_OUTCOMES, counts


def is_sound(evidence: ContextCounts, sizes: int = MOST_OUTCOMES) -> bool:
    """Whether its numbers fit together."""
    contexts, entries = len(evidence.contexts), len(evidence.outcomes)
    shapes = (evidence.contexts.shape, evidence.first.shape, evidence.outcomes.shape, evidence.counts.shape)
    if not contexts or shapes != ((contexts,), (contexts + 1,), (entries,), (entries,)):
        return False
    grows = bool(np.all(evidence.contexts[1:] > evidence.contexts[:-1]))
    spans = bool(np.all(np.diff(evidence.first) > 0)) and evidence.first[0] == 0
    whole = spans and int(evidence.first[-1]) == entries
    return grows and whole and bool(np.all(evidence.outcomes < sizes)) and bool(np.all(evidence.counts > 0))
