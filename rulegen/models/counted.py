"""A model of four voices that counts: chains of contexts, joined by weights; with hidden states, or without.

Whether a voice changes, and to which note, are foreseen by several chains of contexts each (`viewpoints`),
every one interpolated Witten-Bell over what was heard in training. Chains are joined as experts are:

    p(changes) = σ(bias + Σ w · log odds of each chain)
    p(other note) ∝ Π p(note by each chain)^w        over all notes but the own one

(multiple viewpoints: Conklin & Witten, "Multiple viewpoint systems for music prediction", 1995; joined by
products: Hinton 2002). Without hidden states that is a Markov model of variable order: it remembers four
notes a voice and how long the last three lasted. With them it is a hidden Markov model whose emissions know
that past as well: a hidden state holds from beat to beat, every estimate may know it, and it is summed out by
the forward filter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from rulegen.models.base import Alphabet, Array, Facts, Floats, Ints, StorableLaw, Tokens, normalised, typed
from rulegen.models.evidence import ContextCounts, Whole, interpolated
from rulegen.models.evidence import is_sound as are_sound_counts
from rulegen.models.quartet import ALPHABET, NOTHING, ORDER, SILENCE, SYMBOLS
from rulegen.models.rows import Sixteenths, rows_of
from rulegen.models.viewpoints import (
    HIDDEN,
    Recalled,
    Seen,
    change_chains,
    links,
    note_chains,
    nothing_recalled,
    seen_by,
)

INTERVALS = 2 * SYMBOLS  # outcomes of chains that foresee intervals
NO_INTERVAL = 0  # from or to silence
MOST_HIDDEN = 64
BEAT = 4  # sixteenths that a hidden state holds
_NOTE, _INTERVAL, _RANK = 100, 200, 1000  # marks of chains
_BLOCK = 4096  # rows that are worked out at once
_ARRAYS = ("changes", "notes", "start", "transition")

Chain = tuple[str, ...]
Marked = tuple[int, Chain]


@dataclass(frozen=True, eq=False)
class Filtered:
    """What walkers have heard; hidden: float64 (count, hidden), nats of each hidden state at the next
    step.
    """

    recalled: Recalled
    hidden: Floats


@dataclass(frozen=True, eq=False)
class Counted(StorableLaw):
    """changes: float64 (4, chains + 1), by rank in ORDER, the weights of chains and then the bias; notes:
    float64 (4, chains); start: float64 (hidden,) and transition: float64 (hidden, hidden), nats.
    """

    alphabet: Alphabet
    evidence: ContextCounts
    changes: Floats
    notes: Floats
    start: Floats
    transition: Floats

    @property
    def hidden(self) -> int:
        """How many hidden states it has; 1 where nothing is hidden."""
        return len(self.start)

    def begin(self, count: int) -> Filtered:
        """The state of so many walkers that have heard nothing."""
        return Filtered(nothing_recalled(count), np.tile(self.start, (count, 1)))

    def log_probs(self, state: Filtered, places: Ints, placed: Ints) -> Floats:
        """float64 (count, 64), nats: what the next voice in ORDER sounds; see `Quartet.log_probs`."""
        rank = placed.shape[1]
        seen = self._seen(state, places, placed)
        before = state.recalled.notes[:, ORDER[rank]]
        odds = self._odds(seen, rank)
        found = self._noted(seen, rank, before)
        rows = np.flatnonzero(before != NOTHING)
        found[rows] -= np.logaddexp(0, -odds[rows])[:, :, None]  # log σ
        found[rows, :, before[rows]] = -np.logaddexp(0, odds[rows])  # log (1 − σ)
        known = normalised(self._known(state, places, placed))
        return normalised(np.logaddexp.reduce(known[:, :, None] + found, axis=1))

    def told(self, state: Filtered, places: Ints, placed: Ints, token: Ints) -> Floats:
        """float64 (count,), nats: that the next voice in ORDER sounds just this; what else it may is left."""
        known = normalised(self._known(state, places, placed))
        own = self._each(state, places, placed, token)
        return np.asarray(np.logaddexp.reduce(known + own, axis=1))

    def advance(self, state: Filtered, places: Ints, tokens: Ints, steps: int = 1) -> Filtered:
        """The state after all voices were placed and held for so many sixteenths; see `Quartet.advance`."""
        recalled = state.recalled.moved(tokens, steps)
        if self.hidden == 1:
            return Filtered(recalled, state.hidden)
        hidden = normalised(self._known(state, places, tokens[:, list(ORDER)]))
        beats = (places[:, 0] % BEAT + steps) // BEAT
        moves = np.exp(self.transition)
        for beat in range(int(beats.max(initial=0))):
            further = np.log(np.exp(hidden) @ moves)
            hidden = np.where((beats > beat)[:, None], further, hidden)
        return Filtered(recalled, normalised(hidden))

    def losses(self, sequences: Sequence[Tokens]) -> list[float]:
        """Minus the log probability of each sequence, nats: all moments at once, then the forward filter."""
        rows = rows_of(sequences)
        heard = self._heard(rows)
        begins, beats, found = rows.begins, rows.places[:, 0] % BEAT == 0, np.zeros(len(sequences))
        moves, hidden = np.exp(self.transition), self.start
        for row, piece in enumerate(rows.piece.tolist()):
            if begins[row]:
                hidden = self.start
            elif beats[row]:
                hidden = np.log(np.exp(hidden) @ moves)
            hidden = hidden + heard[row]
            known = np.logaddexp.reduce(hidden)
            found[piece], hidden = found[piece] - known, hidden - known
        return [float(loss) for loss in found]

    def _heard(self, rows: Sixteenths) -> Floats:
        """float64 (rows, hidden), nats: what all four voices sound, by each hidden state."""
        parts = []
        for start in range(0, len(rows.piece), _BLOCK):
            own = slice(start, start + _BLOCK)
            recalled = rows.recalled.select(np.arange(start, min(start + _BLOCK, len(rows.piece))))
            parts.append(self.emitted(recalled, rows.places[own], rows.symbols[own]))
        return np.concatenate(parts)

    def taken_apart(self) -> tuple[Facts, Mapping[str, Array]]:
        """What was heard in contexts, and the weights."""
        return {}, {**self.evidence.taken_apart()} | {name: getattr(self, name) for name in _ARRAYS}

    @classmethod
    def put_together(cls, alphabet: Alphabet, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """The model of its arrays; see `Storable`."""
        known = ContextCounts.put_together(arrays)
        found = cls(alphabet, known, *(typed(arrays[name], np.float64) for name in _ARRAYS))
        if not _is_sound(found):
            raise ValueError("numbers that do not fit together")
        return found

    def emitted(self, recalled: Recalled, places: Ints, symbols: Ints) -> Floats:
        """float64 (count, hidden), nats: what all four voices sound, symbols int32 (count, 4) by voice."""
        state = Filtered(recalled, np.zeros((len(symbols), self.hidden)))
        placed = symbols[:, list(ORDER)]
        each = [self._each(state, places, placed[:, :rank], placed[:, rank]) for rank in range(4)]
        return np.asarray(sum(each))

    def _known(self, state: Filtered, places: Ints, placed: Ints) -> Floats:
        """(count, hidden): each hidden state together with what the voices placed so far do, nats."""
        found = state.hidden
        for rank in range(placed.shape[1]) if self.hidden > 1 else ():
            found = found + self._each(state, places, placed[:, :rank], placed[:, rank])
        return found

    def _each(self, state: Filtered, places: Ints, placed: Ints, sounds: Ints) -> Floats:
        """(count, hidden), nats: that the next voice sounds just this. Notes are worked out where it
        changes.
        """
        rank = placed.shape[1]
        before = state.recalled.notes[:, ORDER[rank]]
        changes = sounds != before
        signs = np.where(changes, 1.0, -1.0)[:, None]
        found = -np.logaddexp(0, -signs * self._odds(self._seen(state, places, placed), rank))
        found[before == NOTHING] = 0  # the first note always comes
        rows = np.flatnonzero(changes)
        if len(rows):
            moved = replace(state, recalled=state.recalled.select(rows))
            notes = self._noted(self._seen(moved, places[rows], placed[rows]), rank, before[rows])
            found[rows] += notes[np.arange(len(rows)), :, sounds[rows]]
        return found

    def _seen(self, state: Filtered, places: Ints, placed: Ints) -> Seen:
        own = seen_by(placed.shape[1], state.recalled, places, placed)
        return own | {HIDDEN: np.arange(self.hidden)[None, :]}

    def _odds(self, seen: Seen, rank: int) -> Floats:
        """(count, hidden): log odds of a change."""
        shape = (len(seen["run"]), self.hidden)
        found = np.full(shape, self.changes[rank, -1])
        for weight, own in zip(
            self.changes[rank], odds_of(self.evidence, rank, seen, self.hidden > 1), strict=False
        ):
            found += weight * own
        return found

    def _noted(self, seen: Seen, rank: int, before: Ints) -> Floats:
        """(count, hidden, symbols), nats, of another note than the one before, int32 (count,)."""
        found = np.zeros((len(before), self.hidden, SYMBOLS))
        experts = notes_of(self.evidence, rank, seen, before, self.hidden > 1)
        for weight, own in zip(self.notes[rank], experts, strict=False):
            found += weight * own
        rows = np.flatnonzero(before != NOTHING)
        found[rows, :, before[rows]] = -np.inf
        return normalised(found)


def chains_of(rank: int, has_hidden: bool) -> tuple[list[Marked], list[Marked], list[Marked]]:
    """The chains of a rank with their marks: of changes, of notes, and of intervals."""
    changes = change_chains(rank, has_hidden)
    notes, intervals = note_chains(rank, has_hidden)
    begun = _RANK * (rank + 1)
    return (
        [(begun + place, chain) for place, chain in enumerate(changes)],
        [(begun + _NOTE + place, chain) for place, chain in enumerate(notes)],
        [(begun + _INTERVAL + place, chain) for place, chain in enumerate(intervals)],
    )


def widths(has_hidden: bool) -> tuple[int, int]:
    """How many weights a rank has at most: of changes, the bias among them, and of notes."""
    counts = [tuple(map(len, chains_of(rank, has_hidden))) for rank in range(4)]
    return max(changes for changes, _, _ in counts) + 1, max(notes + own for _, notes, own in counts)


def odds_of(evidence: ContextCounts, rank: int, seen: Seen, has_hidden: bool) -> Iterator[Floats]:
    """The log odds of a change by each chain, (count, 1) or (count, hidden)."""
    for mark, chain in chains_of(rank, has_hidden)[0]:
        shares = np.log(interpolated(evidence, links(chain, seen, mark), 2))
        yield shares[..., 1] - shares[..., 0]


def notes_of(
    evidence: ContextCounts, rank: int, seen: Seen, before: Ints, has_hidden: bool
) -> Iterator[Floats]:
    """The nats of each note by each chain, (count, 1 or hidden, symbols); of intervals not normalised."""
    _, notes, intervals = chains_of(rank, has_hidden)
    for mark, chain in notes:
        yield np.log(interpolated(evidence, links(chain, seen, mark), SYMBOLS))
    away = np.stack([interval_of(before, np.full_like(before, note)) for note in range(SYMBOLS)], axis=-1)
    for mark, chain in intervals:
        heard = np.log(interpolated(evidence, links(chain, seen, mark), INTERVALS))
        yield np.take_along_axis(heard, away[:, None, :], axis=2)


def interval_of(before: Ints, after: Ints) -> Whole:
    """The interval from a note to another as an outcome."""
    known = (before < SILENCE) & (after < SILENCE)
    return np.where(known, after - before + SYMBOLS, NO_INTERVAL).astype(np.int64)


def _is_sound(model: Counted) -> bool:
    """Whether its numbers fit together."""
    hidden = model.hidden
    if model.alphabet != ALPHABET or not 1 <= hidden <= MOST_HIDDEN or not are_sound_counts(model.evidence):
        return False
    changes, notes = widths(hidden > 1)
    tables = (model.changes, model.notes, model.start, model.transition)
    shapes = ((4, changes), (4, notes), (hidden,), (hidden, hidden))
    if any(table.shape != shape for table, shape in zip(tables, shapes, strict=True)):
        return False
    bounded = all(bool(np.all(np.abs(table) < 1e3)) for table in tables)
    rows = (model.start, model.transition)
    return bounded and all(np.allclose(np.logaddexp.reduce(own, axis=-1), 0, atol=1e-6) for own in rows)
