"""How well models of four voices foresee the JSB chorales: nats per voice per sixteenth step.

    python benchmarks/jsb.py jsb16.npz [MODEL.model …] [mix:0.6*MODEL,0.4*MODEL …] [geometric:0.6*MODEL,0.4*MODEL …]

prints a table: four floors of plain counting, then the models and mixtures that are named, else those that ship. A model
is a file, or one that rulegen brings. The first file holds, for `train`, `valid` and `test`, `…_notes` (int8, steps × soprano, alto, tenor, bass; MIDI numbers, -1 for
silence), `…_offsets`, and for the last two `…_tune_disjoint` (the pieces whose tune is none of those trained on).
Nothing else is told to a model: key and place in the bar are summed out (see `blind_losses`). Pieces are in their
original keys, and every step of every voice counts.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jsb_floors import floors

from rulegen.models.base import Law
from rulegen.models.laws import Mixture
from rulegen.models.measure import GridLoss, blind_losses
from rulegen.models.quartet import ALPHABET
from rulegen.models.store import Model, load
from rulegen.resources import model_path

SHIPPED = (
    "bach-chorale.markov",
    "bach-chorale.attention",
    "geometric:0.6*bach-chorale.attention,0.4*bach-chorale.markov",
)
SPLITS = ("valid", "test")
PARTS = 2  # of the pieces: a process each
HEAD = (
    "| model | valid | test | test, tunes not in train | test, only steps where the voice changes |",
    "| --- | --- | --- | --- | --- |",
)


def law_of(name: str) -> Law:
    """The law of a model, or of a mixture."""
    how, _, parts = name.rpartition(":")
    shares = [part.rpartition("*") for part in parts.split(",")]
    laws = tuple(_known(own).law for _, _, own in shares)
    if how:
        return Mixture(laws, tuple(float(share) for share, _, _ in shares), how == "geometric")
    return laws[0]


def _known(name: str) -> Model:
    model = load(Path(name) if name.endswith(".model") else model_path(name))
    if model.alphabet != ALPHABET:
        raise SystemExit(f"{name} is no model of four voices in pitches alone")
    return model


def measure(name: str, pieces: Sequence[np.ndarray]) -> list[GridLoss]:
    """The loss of each piece."""
    return blind_losses(law_of(name), [piece.astype(np.int32) for piece in pieces])


def measured(name: str, pieces: Sequence[np.ndarray]) -> list[GridLoss]:
    """The same, in two processes, some pieces at a time."""
    parts = [pieces[first::PARTS] for first in range(PARTS)]
    with ProcessPoolExecutor(2) as pool:
        found = list(pool.map(measure, [name] * PARTS, parts))
    return [found[place % PARTS][place // PARTS] for place in range(len(pieces))]


def row(name: str, losses: dict[str, list[GridLoss]], new: Sequence[int]) -> str:
    """A line of the table; `new` are the test pieces whose tune is not trained on."""
    test = losses["test"]
    every = [_mean(losses["valid"]), _mean(test), _mean([test[place] for place in new])]
    changing = sum(loss.changing_nats for loss in test) / sum(loss.changing for loss in test)
    return f"| {name} | " + " | ".join(f"{value:.3f}" for value in (*every, changing)) + " |"


def _mean(losses: Sequence[GridLoss]) -> float:
    return sum(loss.nats for loss in losses) / sum(loss.steps for loss in losses)


def pieces_of(data: Any, split: str) -> list[np.ndarray]:
    """The pieces of a split, (steps, 4) each."""
    notes, offsets = data[f"{split}_notes"], data[f"{split}_offsets"]
    return [notes[start:stop] for start, stop in pairwise(offsets.tolist())]


def main(arguments: Sequence[str]) -> None:
    """Prints the table."""
    data = np.load(arguments[0], allow_pickle=False)
    pieces = {split: pieces_of(data, split) for split in ("train", *SPLITS)}
    new = data["test_tune_disjoint"].tolist()
    print("\n".join(HEAD))
    counted = {split: floors(pieces["train"], pieces[split]) for split in SPLITS}
    for name in counted["test"]:
        print(row(name, {split: counted[split][name] for split in SPLITS}, new), flush=True)
    for name in arguments[1:] or SHIPPED:
        losses = {split: measured(name, pieces[split]) for split in SPLITS}
        print(row(f"`{name}`", losses, new), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
