"""How well models foresee music that they were not learned from, in nats: less is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rulegen.models.base import CONDITIONS, Floats, Ints, Law, Tokens, Which
from rulegen.models.grids import symbols_of
from rulegen.models.quartet import FAR, ORDER, places_of

_QUARTER = 4
_BEGINNINGS = tuple((bar, lead) for bar in (16, 12) for lead in range(0, bar, _QUARTER))  # of 4/4 and of 3/4
_FAR_BEHIND = 30.0  # nats
_KEYS = 24
_PROFILES = (  # how much time each degree of the chromatic scale gets in major and in minor (Temperley 2001)
    (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0),
    (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0),
)


def untold(sequences: Sequence[Tokens]) -> list[Tokens]:
    """The same where least is told: of a voice no chords, of four voices not where their phrases close."""
    return [replace(each, places=_least_told(each.places)) for each in sequences]


def _least_told(places: Ints) -> Ints:
    if places.ndim == 1:
        return places % CONDITIONS
    found = places.copy()
    found[:, 1] = FAR
    return found


def mean_loss(law: Law, sequences: Sequence[Tokens]) -> float:
    """Nats a token."""
    return sum(law.losses(sequences)) / max(1, sum(each.symbols.size for each in sequences))


def unigram_loss(training: Sequence[Tokens], sequences: Sequence[Tokens], size: int) -> float:
    """Nats a token of counting alone, one imagined token spread over the alphabet: a floor."""
    counts = np.bincount(np.concatenate([each.symbols.ravel() for each in training]), minlength=size)
    heard = np.concatenate([each.symbols.ravel() for each in sequences])
    return float(-np.mean(np.log((counts[heard] + 1 / size) / (counts.sum() + 1))))


def figures_of(
    law: Law, training: Sequence[Tokens], parts: Mapping[str, Sequence[Tokens]]
) -> dict[str, float]:
    """The figures of a card: nats a token on each part; of one token a moment, where there is something to
    count, also what counting alone has on the test pieces.
    """
    view = law.alphabet.view
    found = {f"{name}, {view.unit}": mean_loss(law, own) for name, own in parts.items() if own}
    if training and parts.get("test") and len(view.order) == 1:
        floor = unigram_loss(training, parts["test"], len(law.alphabet))
        found[f"test by counting alone, {view.unit}"] = floor
    return found


@dataclass(frozen=True, slots=True)
class GridLoss:
    """The loss of one piece, nats in all; `changing`: of those voices and steps alone that change."""

    nats: float
    steps: int  # times four voices
    changing_nats: float
    changing: int


def blind_loss(law: Law, midi: Ints, most_keys: int = 4) -> GridLoss:
    """The loss of a piece of which nothing is known but its notes: see `blind_losses`."""
    return blind_losses(law, [midi], most_keys)[0]


def blind_losses(law: Law, pieces: Sequence[Ints], most_keys: int = 4) -> list[GridLoss]:
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
    state, alive = law.begin(len(guesses)), np.arange(len(guesses))
    for step in range(max(map(len, pieces))):
        which = _still_likely(guesses, sums, alive, step)
        if len(which) < len(alive):
            state, alive = law.select(state, which), alive[which]
        own = [guesses[guess] for guess in alive.tolist()]
        places = np.array(
            [places_of(each.lead + step, each.bar, None, each.key) for each in own], dtype=np.int32
        )
        symbols = np.array([each.symbols[step] for each in own], dtype=np.int32)
        for rank, voice in enumerate(ORDER):
            nats = law.told(state, places, symbols[:, ORDER[:rank]], symbols[:, voice])
            sums[alive] += nats
            for guess, value in zip(alive.tolist(), nats.tolist(), strict=True):
                found[guess][step, voice] = value
        state = law.advance(state, places, symbols)
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
