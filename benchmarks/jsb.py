"""How well models of four voices foresee the JSB chorales: nats per voice per sixteenth step.

    python benchmarks/jsb.py jsb16.npz [MODEL.model …]

prints a table: four floors of plain counting, then the models of the files named, then `bach-chorale.lstm`. The first
file holds, for `train`, `valid` and `test`, `…_notes` (int8, steps × soprano, alto, tenor, bass; MIDI numbers, -1 for
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

from rulegen.models.measure import GridLoss, blind_losses
from rulegen.models.registry import FOUR_VOICES
from rulegen.models.store import load
from rulegen.resources import model_path

MODEL = "bach-chorale.lstm"
SPLITS = ("valid", "test")
HEAD = (
    "| model | valid | test | test, tunes not in train | test, only steps where the voice changes |",
    "| --- | --- | --- | --- | --- |",
)


def measure(path: Path, pieces: Sequence[np.ndarray]) -> list[GridLoss]:
    """The loss of each piece."""
    model = load(path)
    if model.view is not FOUR_VOICES:
        raise SystemExit(f"{path} is no model of four voices")
    return blind_losses(model.law, [piece.astype(np.int32) for piece in pieces])


def measured(path: Path, pieces: Sequence[np.ndarray]) -> list[GridLoss]:
    """The same, in two processes."""
    with ProcessPoolExecutor(2) as pool:
        halves = list(pool.map(measure, [path, path], [pieces[0::2], pieces[1::2]]))
    return [halves[place % 2][place // 2] for place in range(len(pieces))]


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
    for path in (*map(Path, arguments[1:]), model_path(MODEL)):
        losses = {split: measured(path, pieces[split]) for split in SPLITS}
        print(row(f"`{path.name.removesuffix('.model')}`", losses, new), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
