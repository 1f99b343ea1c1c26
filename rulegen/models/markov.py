"""Markov models of variable order, smoothed by interpolated Witten-Bell.

The probability of a symbol s after a history h at a place (mode, phrase, strength) goes through a chain of
ever vaguer knowledge: for each suffix of h, from the longest that was heard to those of one symbol, what was
heard after it at (mode, phrase); then what was heard anywhere at (mode, phrase, strength), at (mode, phrase),
and at (mode). With c(s) the count of s at a link of the chain, n the count of all symbols there and t the
number of different ones,

    p(s) = (c(s) + 4 t · p'(s)) / (n + 4 t)

where p' is the next vaguer link, and the last one is followed by equal chances for all symbols. A link that
heard nothing is passed over. (Witten & Bell, "The zero-frequency problem", 1991, method C, interpolated as in
Chen & Goodman 1999; the 4 was chosen on validation pieces: links that share their evidence need more doubt.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np

from rulegen.models.base import CONDITIONS, Alphabet, Array, Facts, Floats, Ints, Tokens, typed
from rulegen.models.laws import FiniteLaw

MOST_ORDER = 64
LARGEST = 8_000_000  # contexts × symbols
_ESCAPE = 4
_MODE, _PHRASE, _STRENGTH = 16, 3, 12  # the bits of a condition
_EMPTY = (_MODE, _MODE | _PHRASE, _MODE | _PHRASE | _STRENGTH)  # links of the empty history, vaguest first
_LONGER = (_MODE | _PHRASE,)
_ARRAYS = ("suffix", "prefix", "newest", "counts")
History = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Markov(FiniteLaw):
    """A model that remembers up to `order` symbols. Context 0 is the empty history, where music starts.

    suffix and prefix: int32 (contexts,), the context without its oldest and without its newest symbol;
    newest: int32 (contexts,), that symbol; a context comes after its suffix and its prefix. counts: int32
    (seen, 4), rows of context, condition, symbol, count, the conditions of all contexts but the empty one
    without their strength.
    """

    alphabet: Alphabet
    order: int
    suffix: Ints
    prefix: Ints
    newest: Ints
    counts: Ints
    start: int = 0
    _known: dict[int, Floats] = field(default_factory=dict, init=False, repr=False)

    @property
    def contexts(self) -> int:
        """How many histories it tells apart."""
        return len(self.suffix)

    def shortened(self, order: int) -> Markov:
        """The model that remembers no more than so many symbols."""
        if order >= self.order:
            return self
        kept = int((self.length <= order).sum())  # contexts stand in the order of their lengths
        counts = self.counts[self.counts[:, 0] < kept]
        return Markov(
            self.alphabet, order, self.suffix[:kept], self.prefix[:kept], self.newest[:kept], counts
        )

    @cached_property
    def length(self) -> Ints:
        """int32 (contexts,): how many symbols each remembers."""
        found = np.zeros(self.contexts, dtype=np.int32)
        for context in range(1, self.contexts):
            found[context] = found[self.suffix[context]] + 1
        return found

    @cached_property
    def following(self) -> Ints:
        """int32 (contexts, symbols): the context after a symbol, the longest that is told apart."""
        found = np.zeros((self.contexts, len(self.alphabet)), dtype=np.int32)
        for length in range(self.order + 1):
            here = np.flatnonzero(self.length == length)
            found[here] = found[self.suffix[here]]
            if length < self.order:
                longer = np.flatnonzero(self.length == length + 1)
                found[self.prefix[longer], self.newest[longer]] = longer
        found.setflags(write=False)
        return found

    def table(self, condition: int) -> Floats:
        """float64 (contexts, symbols), nats; worked out once a condition."""
        if condition not in self._known:
            self._known[condition] = self._table(condition)
            self._known[condition].setflags(write=False)
        return self._known[condition]

    def _table(self, condition: int) -> Floats:
        size = len(self.alphabet)
        found = np.full((self.contexts, size), 1.0 / size)
        for length in range(self.order + 1):
            here = np.flatnonzero(self.length == length).astype(np.int32)
            if length:
                found[here] = found[self.suffix[here]]
            for known in _LONGER if length else _EMPTY:
                heard = self._heard(known, condition, here)
                different = _ESCAPE * np.count_nonzero(heard, axis=1)[:, None]
                total = heard.sum(axis=1, keepdims=True) + different
                with np.errstate(invalid="ignore", divide="ignore"):
                    mixed = (heard + different * found[here]) / total
                found[here] = np.where(total > 0, mixed, found[here])
        return np.asarray(np.log(found))

    def _heard(self, known: int, condition: int, contexts: Ints) -> Floats:
        """(contexts, symbols) how often each was heard where the condition agrees in the bits known."""
        context, where, symbol, count = self._columns
        agrees = (where & known) == (condition & known)
        place = np.full(self.contexts, -1)
        place[contexts] = np.arange(len(contexts))
        agrees &= place[context] >= 0
        heard = np.zeros((len(contexts), len(self.alphabet)))
        np.add.at(heard, (place[context[agrees]], symbol[agrees]), count[agrees])
        return heard

    def taken_apart(self) -> tuple[Facts, Mapping[str, Array]]:
        """Its order, and its arrays."""
        return {"order": self.order}, {name: getattr(self, name) for name in _ARRAYS}

    @classmethod
    def put_together(cls, alphabet: Alphabet, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """The model of its arrays; see `Storable`."""
        suffix, prefix, newest, counts = (typed(arrays[name], np.int32) for name in _ARRAYS)
        found = cls(alphabet, int(facts["order"]), suffix, prefix, newest, counts)
        if not _is_sound(found):
            raise ValueError("no contexts that lead to one another")
        return found

    @cached_property
    def _columns(self) -> tuple[Ints, Ints, Ints, Ints]:
        context, where, symbol, count = self.counts.T
        return context, where, symbol, count


def counted(sequences: Sequence[Tokens], alphabet: Alphabet, order: int, least: int = 1) -> Markov:
    """The model of sequences of one token a moment, all of the alphabet.

    A history that was heard fewer than `least` times is told apart from shorter ones no more.
    """
    seen: Counter[History] = Counter()
    heard: Counter[tuple[History, int, int]] = Counter()
    for sequence in sequences:
        symbols = sequence.symbols[:, 0].tolist()
        for place, (symbol, condition) in enumerate(zip(symbols, sequence.places.tolist(), strict=True)):
            for length in range(min(order, place) + 1):
                history = tuple(symbols[place - length : place])
                seen[history] += 1
                heard[history, condition & ~_STRENGTH if length else condition, symbol] += 1
    # What a history holds was heard at least as often, so what is kept is closed under suffixes and prefixes.
    kept = sorted((history for history, times in seen.items() if times >= least), key=lambda h: (len(h), h))
    number = {history: place for place, history in enumerate(kept)}
    number.setdefault((), 0)
    rows = sorted(
        (number[history], condition, symbol, count)
        for (history, condition, symbol), count in heard.items()
        if history in number
    )
    histories = [(), *list(number)[1:]]
    links = [[number[h[1:]], number[h[:-1]], h[-1] if h else 0] for h in histories]
    suffix, prefix, newest = np.array(links, dtype=np.int32).T
    return Markov(alphabet, order, suffix, prefix, newest, np.array(rows, dtype=np.int32).reshape(-1, 4))


def _is_sound(model: Markov) -> bool:
    """Whether its numbers fit together: what a file holds is asked before it is used."""
    contexts, size = model.contexts, len(model.alphabet)
    links = (model.suffix, model.prefix, model.newest)
    if contexts < 1 or any(link.shape != (contexts,) for link in links) or not 0 <= model.order <= MOST_ORDER:
        return False
    if contexts * size > LARGEST or model.counts.ndim != 2 or model.counts.shape[1] != 4:
        return False
    earlier = np.maximum(np.arange(contexts), 1)
    leads = all(bool(np.all((link >= 0) & (link < earlier))) for link in links[:2])
    named = bool(np.all((model.newest >= 0) & (model.newest < size)))
    bounds = np.array([contexts, CONDITIONS, size, np.iinfo(np.int32).max])
    heard = bool(np.all((model.counts >= 0) & (model.counts < bounds)))
    if not (leads and named and heard):
        return False
    shorter = np.maximum(model.length - 1, 0)
    fits = np.array_equal(model.length[model.prefix], shorter) and int(model.length.max()) <= model.order
    return fits and np.array_equal(model.length[1:] > 0, np.ones(contexts - 1, dtype=bool))
