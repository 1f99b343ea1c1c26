"""How well models foresee music that they were not learned from, in nats: less is better."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rulegen.models.base import Floats, FourVoices, Ints, StreamingPrior, Which, losses
from rulegen.models.grids import Grid, symbols_of
from rulegen.models.places import Encoded
from rulegen.models.quartet import ORDER, places_of

_QUARTER = 4
_BEGINNINGS = tuple((bar, lead) for bar in (16, 12) for lead in range(0, bar, _QUARTER))  # of 4/4 and of 3/4
_FAR_BEHIND = 30.0  # nats
_KEYS = 24
_PROFILES = (  # how much time each degree of the chromatic scale gets in major and in minor (Temperley 2001)
    (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0),
    (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0),
)


def mean_loss(prior: StreamingPrior, sequences: Sequence[Encoded]) -> float:
    """Nats a symbol."""
    return sum(losses(prior, sequences)) / max(1, sum(len(symbols) for symbols, _ in sequences))


def unigram_loss(training: Sequence[Encoded], sequences: Sequence[Encoded], size: int) -> float:
    """Nats a symbol of counting alone, one imagined symbol spread over the alphabet: a floor."""
    counts = Counter(symbol for symbols, _ in training for symbol in symbols)
    total = sum(counts.values()) + 1
    heard = [symbol for symbols, _ in sequences for symbol in symbols]
    return float(-np.mean([np.log((counts[symbol] + 1 / size) / total) for symbol in heard]))


def figures_of(
    prior: StreamingPrior, training: Sequence[Encoded], parts: Mapping[str, Sequence[Encoded]]
) -> dict[str, float]:
    """The figures of a card: nats a symbol on each part, and what counting alone has on the test pieces."""
    found = {f"{name}, nats a symbol": mean_loss(prior, own) for name, own in parts.items() if own}
    if parts.get("test"):
        floor = unigram_loss(training, parts["test"], len(prior.alphabet))
        found["test by counting alone, nats a symbol"] = floor
    return found


def given_loss(prior: FourVoices, grids: Sequence[Grid]) -> float:
    """Nats a voice and sixteenth, where key and place in the bar are known but not where phrases close."""
    total, count = 0.0, 0
    for state, symbols, places in walked(prior, [grid.without_closes() for grid in grids]):
        for rank in range(4):
            total -= float(_of_rank(prior, state, places, symbols, rank).sum())
        count += symbols.size
    return total / count


def walked(prior: FourVoices, grids: Sequence[Grid]) -> Iterator[tuple[Any, Ints, Ints]]:
    """All grids side by side, a sixteenth at a time: what was heard before it, and the symbols (grids, 4) and
    places (grids, 3) of those that are not over.
    """
    order = sorted(grids, key=lambda grid: -len(grid.symbols))
    state, alive = prior.begin(len(order)), len(order)
    for step in range(len(order[0].symbols)):
        going = sum(len(grid.symbols) > step for grid in order[:alive])
        if going < alive:
            state, alive = prior.select(state, np.arange(going)), going
        symbols = np.array([grid.symbols[step] for grid in order[:alive]], dtype=np.int32)
        places = np.array([grid.places[step] for grid in order[:alive]], dtype=np.int32)
        yield state, symbols, places
        state = prior.advance(state, places, symbols)


def _of_rank(prior: FourVoices, state: Any, places: Ints, symbols: Ints, rank: int) -> Floats:
    """(count,) the log probability of what the voice of a rank does."""
    return prior.told(state, places, symbols[:, list(ORDER[:rank])], symbols[:, ORDER[rank]])


@dataclass(frozen=True, slots=True)
class GridLoss:
    """The loss of one piece, nats in all; `changing`: of those voices and steps alone that change."""

    nats: float
    steps: int  # times four voices
    changing_nats: float
    changing: int


def blind_loss(prior: FourVoices, midi: Ints, most_keys: int = 4) -> GridLoss:
    """The loss of a piece of which nothing is known but its notes: see `blind_losses`."""
    return blind_losses(prior, [midi], most_keys)[0]


def blind_losses(prior: FourVoices, pieces: Sequence[Ints], most_keys: int = 4) -> list[GridLoss]:
    """The losses of pieces of which nothing is known but their notes: MIDI numbers (steps, 4), −1 for
    silence.

    Key and place in the bar are summed out: a piece's probability is the mean, over 24 keys and the seven
    quarters of 4/4 and 3/4 that it may begin on, of its probability there. Only the `most_keys` likeliest
    keys are worked out, and no guess any further once another is e^30 times as likely: what is left out
    counts as nothing, which makes the loss larger, never smaller.
    """
    guesses = [each for number, midi in enumerate(pieces) for each in _guesses(number, midi, most_keys)]
    found = [np.full((len(midi), 4), -np.inf) for guess in guesses for midi in (pieces[guess.piece],)]
    sums = np.zeros(len(guesses))
    state, alive = prior.begin(len(guesses)), np.arange(len(guesses))
    for step in range(max(map(len, pieces))):
        which = _still_likely(guesses, sums, alive, step)
        if len(which) < len(alive):
            state, alive = prior.select(state, which), alive[which]
        own = [guesses[guess] for guess in alive.tolist()]
        places = np.array(
            [places_of(each.lead + step, each.bar, None, each.key) for each in own], dtype=np.int32
        )
        symbols = np.array([each.symbols[step] for each in own], dtype=np.int32)
        for rank, voice in enumerate(ORDER):
            nats = _of_rank(prior, state, places, symbols, rank)
            sums[alive] += nats
            for guess, value in zip(alive.tolist(), nats.tolist(), strict=True):
                found[guess][step, voice] = value
        state = prior.advance(state, places, symbols)
    by_piece = [[each for guess, each in zip(guesses, found, strict=True) if guess.piece == number]
                for number in range(len(pieces))]  # fmt: skip
    return [
        _summed_out(np.stack(each), midi, _KEYS * len(_BEGINNINGS))
        for each, midi in zip(by_piece, pieces, strict=True)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Guess:
    """A key, a bar and where in it a piece may begin; symbols: int32 (steps, 4), above the key's tonic."""

    piece: int
    key: int
    bar: int
    lead: int
    symbols: Ints


def _guesses(piece: int, midi: Ints, most_keys: int) -> list[_Guess]:
    found: dict[int, Ints] = {}
    for key in _likely_keys(midi):
        symbols = symbols_of(midi, key % 12)
        if symbols is not None and len(found) < most_keys:
            found[key] = symbols
    return [
        _Guess(piece, key, bar, lead, symbols) for key, symbols in found.items() for bar, lead in _BEGINNINGS
    ]


def _still_likely(guesses: Sequence[_Guess], sums: Floats, alive: Which, step: int) -> Which:
    """The places in `alive` of guesses whose pieces go on and that none of their piece leaves far behind."""
    best: dict[int, float] = {}
    for guess in alive.tolist():
        piece = guesses[guess].piece
        best[piece] = max(best.get(piece, -np.inf), sums[guess])
    return np.array(
        [
            place
            for place, guess in enumerate(alive.tolist())
            if step < len(guesses[guess].symbols) and sums[guess] > best[guesses[guess].piece] - _FAR_BEHIND
        ],
        dtype=np.int64,
    )


def _summed_out(each: Floats, midi: Ints, guesses: int) -> GridLoss:
    """The mean over guesses, told step by step: what is known so far weighs the guesses for the next."""
    before = np.vstack([np.full((1, 4), -2), midi[:-1]])
    weights = np.full(len(each), -np.log(guesses))
    by_step = np.zeros(midi.shape)
    known = np.logaddexp.reduce(weights)
    total = -known  # the guesses that were left out
    for step in range(len(midi)):
        for voice in ORDER:
            weights = weights + each[:, step, voice]
            heard = np.logaddexp.reduce(weights)
            by_step[step, voice], known = known - heard, heard
    changes = midi != before
    return GridLoss(
        float(total + by_step.sum()), midi.size, float(by_step[changes].sum()), int(changes.sum())
    )


def _likely_keys(midi: Ints) -> list[int]:
    """Keys, tonic + 12 in minor, the likeliest first, by how long each note sounds."""
    lasting = np.bincount(midi[midi >= 0] % 12, minlength=12).astype(float)
    fits = {
        tonic + 12 * minor: float(np.corrcoef(np.roll(profile, tonic), lasting)[0, 1])
        for minor, profile in enumerate(_PROFILES)
        for tonic in range(12)
    }
    return sorted(fits, key=lambda key: -fits[key])
