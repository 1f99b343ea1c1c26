"""How near a set of pieces is to a corpus, and how near the corpus is to itself.

The distance is total variation: half the sum, over all symbols, of the differences between their shares of
the set and of the corpus. It is a share, 0 for equal histograms, 1 for those that have nothing in common.
Each stands beside the mean distance of ten samples of the corpus from the rest of it, each of as many pieces
as the set has (at most half of the corpus), drawn without replacement from a generator with a fixed seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rulegen.models.base import Floats
from rulegen.models.features import FEATURES, ComparedPiece, intervals
from rulegen.models.quotes import Ints, Lines, Some, distinct, lines_of, longest_shared, runs

SAMPLES, SEED = 10, 0
GRAM = 4  # intervals in a run whose diversity is measured: five notes
ENTROPY, DIVERSITY = "entropy of melodic intervals", f"distinct runs of {GRAM} intervals"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Share:
    """A symbol and its share of what was counted in the set and in the corpus."""

    symbol: str
    ours: float
    corpus: float


@dataclass(frozen=True, slots=True)
class Distance:
    """Total variation of one feature, a share; `samples`: of samples of the corpus from its rest."""

    feature: str
    distance: float
    samples: tuple[float, ...]
    counted: tuple[int, int]  # in the set, in the corpus
    bars: tuple[Share, ...]

    @property
    def itself(self) -> float | None:
        """The mean of the samples; None where the corpus has too little to be measured against itself."""
        return _mean(self.samples)


@dataclass(frozen=True, slots=True)
class Statistic:
    """A number of the set, of the whole corpus, and of samples as large as the set."""

    name: str
    unit: str
    ours: float
    corpus: float
    samples: tuple[float, ...]

    @property
    def itself(self) -> float | None:
        """The mean of the samples; None where there are none."""
        return _mean(self.samples)


@dataclass(frozen=True, slots=True)
class Copied:
    """The longest run that the set shares with the corpus, by intervals: how many notes, and where.

    `samples`: the notes of the longest run that each sample of the corpus shares with its rest.
    """

    notes: int
    piece: str
    corpus_piece: str
    samples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that is found; `sample`: the pieces of each sample, `missing`: what could not be compared."""

    pieces: int
    corpus_pieces: int
    sample: int
    distances: tuple[Distance, ...]
    figures: tuple[Statistic, ...]
    copied: Copied | None
    missing: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Histogram:
    """How often each symbol was counted in each piece, one entry a pair that was met."""

    symbols: tuple[Any, ...]
    piece: Ints
    symbol: Ints
    count: Floats

    def of(self, some: Some) -> Floats:
        """The counts of all symbols in some pieces together."""
        return np.bincount(self.symbol, self.count * some[self.piece], len(self.symbols)).astype(float)


def compare(
    ours: Sequence[ComparedPiece], corpus: Sequence[ComparedPiece], progress: Progress = lambda _: None
) -> Comparison:
    """Compares a set with a corpus, neither of them empty."""
    everything = [*ours, *corpus]
    mine = np.arange(len(everything)) < len(ours)
    sample = min(len(ours), len(corpus) // 2)
    samples = _samples(mine, sample)
    distances, missing = [], []
    for feature, count in FEATURES.items():
        progress(f"comparing: {feature}")
        counts = _counted([Counter(count(music)) for music in everything])
        if counts.of(mine).sum() and counts.of(~mine).sum():
            distances.append(_distance(feature, counts, mine, samples))
        else:
            missing.append(feature)
    progress("comparing: runs of notes")
    lines, owners = _interval_lines(everything)
    return Comparison(
        len(ours),
        len(corpus),
        sample,
        tuple(distances),
        _figures(lines, owners, mine, samples),
        _copied(lines, owners, everything, (mine, samples)),
        tuple(missing),
    )


def variation(one: Floats, other: Floats) -> float:
    """Total variation between two histograms of counts, neither of them empty: 0 to 1."""
    return float(np.abs(one / one.sum() - other / other.sum()).sum() / 2)


def entropy(counts: Floats) -> float:
    """Entropy of a histogram in bits (Shannon 1948); 0 for an empty one."""
    shares = counts[counts > 0] / max(counts.sum(), 1)
    return float(abs(np.sum(shares * np.log2(shares))))


def _samples(mine: Some, size: int) -> list[Some]:
    """Ten times `size` pieces of the corpus; none where it is too small to be parted."""
    generator, corpus = np.random.default_rng(SEED), np.flatnonzero(~mine)
    found = []
    for _ in range(SAMPLES if size else 0):
        some = np.zeros(len(mine), dtype=bool)
        some[generator.choice(corpus, size, replace=False)] = True
        found.append(some)
    return found


def _counted(pieces: Sequence[Counter[Any]]) -> _Histogram:
    symbols = tuple(sorted({symbol for counter in pieces for symbol in counter}))
    number = {symbol: place for place, symbol in enumerate(symbols)}
    entries = [
        (place, number[symbol], count)
        for place, counter in enumerate(pieces)
        for symbol, count in counter.items()
    ]
    table = np.array(entries, dtype=np.int64).reshape(-1, 3)
    return _Histogram(symbols, table[:, 0], table[:, 1], table[:, 2].astype(float))


def _distance(feature: str, counts: _Histogram, mine: Some, samples: Iterable[Some]) -> Distance:
    ours, corpus = counts.of(mine), counts.of(~mine)
    parted = [(counts.of(some), counts.of(~mine & ~some)) for some in samples]
    itself = [variation(part, rest) for part, rest in parted if part.sum() and rest.sum()]
    shares = zip(counts.symbols, ours / ours.sum(), corpus / corpus.sum(), strict=True)
    bars = tuple(Share(_shown(symbol), float(one), float(other)) for symbol, one, other in shares)
    return Distance(
        feature, variation(ours, corpus), tuple(itself), (int(ours.sum()), int(corpus.sum())), bars
    )


def _shown(symbol: Any) -> str:
    return " ".join(map(str, symbol)) if isinstance(symbol, tuple) else str(symbol)


def _interval_lines(everything: Sequence[ComparedPiece]) -> tuple[Lines, Ints]:
    """The intervals of all voices, and the number of the piece that each belongs to."""
    lines = [intervals(line) for music in everything for line in music.lines]
    return lines_of(lines), np.repeat(np.arange(len(everything)), [len(music.lines) for music in everything])


def _figures(lines: Lines, owners: Ints, mine: Some, samples: Sequence[Some]) -> tuple[Statistic, ...]:
    owner = owners[lines.line]
    singles, grams = runs(lines, 1), runs(lines, GRAM)

    def spread(some: Some) -> float:
        return entropy(np.bincount(singles[some[owner]]).astype(float))

    def diversity(some: Some) -> float:
        return distinct(grams[some[owner]])

    return tuple(
        Statistic(name, unit, measure(mine), measure(~mine), tuple(measure(some) for some in samples))
        for name, unit, measure in ((ENTROPY, "bits", spread), (DIVERSITY, "share", diversity))
    )


def _copied(
    lines: Lines, owners: Ints, everything: Sequence[ComparedPiece], some: tuple[Some, Sequence[Some]]
) -> Copied | None:
    mine, samples = some
    shared = longest_shared(lines, mine[owners], ~mine[owners])
    if shared is None:
        return None
    one, other = (everything[owners[line]].piece.name for line in (shared.one, shared.other))
    found = [longest_shared(lines, part[owners], ~(mine | part)[owners]) for part in samples]
    own = tuple(run.length + 1 if run else 1 for run in found)
    return Copied(shared.length + 1, one, other, own)


def _mean(samples: Sequence[float]) -> float | None:
    return sum(samples) / len(samples) if samples else None
