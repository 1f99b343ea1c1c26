"""How well models foresee music that they were not learned from, in nats: less is better."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rulegen.models.base import Floats, Ints, StreamingPrior, losses
from rulegen.models.grids import Grid, symbols_of
from rulegen.models.places import Encoded
from rulegen.models.quartet import ORDER, Heard, Quartet, places_of

_BARS = (16, 12)  # sixteenths, of 4/4 and 3/4
_QUARTER = 4
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


def given_loss(prior: Quartet, grids: Sequence[Grid]) -> float:
    """Nats a voice and sixteenth, where key and place in the bar are known but not where phrases close."""
    total, count = 0.0, 0
    order = sorted((grid.without_closes() for grid in grids), key=lambda grid: -len(grid.symbols))
    state, alive = prior.begin(len(order)), len(order)
    for step in range(len(order[0].symbols)):
        going = sum(len(grid.symbols) > step for grid in order[:alive])
        if going < alive:
            state, alive = prior.select(state, np.arange(going)), going
        symbols = np.array([grid.symbols[step] for grid in order[:alive]], dtype=np.int32)
        places = np.array([grid.places[step] for grid in order[:alive]], dtype=np.int32)
        for rank in range(4):
            total -= float(_of_rank(prior, state, places, symbols, rank).sum())
        count += symbols.size
        state = prior.advance(state, places, symbols)
    return total / count


def _of_rank(prior: Quartet, state: Heard, places: Ints, symbols: Ints, rank: int) -> Floats:
    """(count,) the log probability of what the voice of a rank does."""
    placed = symbols[:, list(ORDER[:rank])]
    log_probs = prior.log_probs(state, places, placed)
    return np.asarray(log_probs[np.arange(len(symbols)), symbols[:, ORDER[rank]]])


@dataclass(frozen=True, slots=True)
class GridLoss:
    """The loss of one piece, nats in all; `changing`: of those voices and steps alone that change."""

    nats: float
    steps: int  # times four voices
    changing_nats: float
    changing: int


def blind_loss(prior: Quartet, midi: Ints, most_keys: int = 4) -> GridLoss:
    """The loss of a piece of which nothing is known but its notes: MIDI numbers (steps, 4), −1 for silence.

    Key and place in the bar are summed out: the piece's probability is the mean, over 24 keys and the seven
    quarters of 4/4 and 3/4 that it may begin on, of its probability there. Only the `most_keys` likeliest
    keys are worked out, the others counted as nothing, which makes the loss larger, never smaller.
    """
    keys = [key for key in _likely_keys(midi) if symbols_of(midi, key % 12) is not None][:most_keys]
    beginnings = [(bar, lead) for bar in _BARS for lead in range(0, bar, _QUARTER)]
    guesses = [(key, bar, lead) for key in keys for bar, lead in beginnings]
    pitched = {key: symbols_of(midi, key % 12) for key in keys}
    each = np.zeros((len(guesses), len(midi), 4))
    state = prior.begin(len(guesses))
    for step in range(len(midi)):
        places = np.array(
            [places_of(lead + step, bar, None, key) for key, bar, lead in guesses], dtype=np.int32
        )
        symbols = np.array([pitched[key][step] for key, _, _ in guesses], dtype=np.int32)  # type: ignore[index]
        for rank, voice in enumerate(ORDER):
            each[:, step, voice] = _of_rank(prior, state, places, symbols, rank)
        state = prior.advance(state, places, symbols)
    return _summed_out(each, midi, _KEYS * len(beginnings))


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
