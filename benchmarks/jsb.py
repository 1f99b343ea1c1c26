"""How well a model of four voices foresees the JSB chorales: nats per voice per sixteenth step.

    python benchmarks/jsb.py jsb16.npz [MODEL]

The file holds, for `valid` and `test`, `…_notes` (int8, steps × soprano, alto, tenor, bass; MIDI numbers, -1 for
silence), `…_offsets`, and `…_tune_disjoint` (the pieces whose tune is none of those trained on). Nothing else is
told to the model: key and place in the bar are summed out (see `blind_loss`). Pieces are in their original keys,
and every step of every voice counts.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np

from rulegen.models.measure import GridLoss, blind_loss
from rulegen.models.store import load
from rulegen.resources import model_path

MODEL = "bach-chorale.lstm"


def measure(path: Path, pieces: Sequence[np.ndarray]) -> list[GridLoss]:
    """The loss of each piece."""
    prior = load(path).quartet
    if prior is None:
        raise SystemExit(f"{path} is no model of four voices")
    return [blind_loss(prior, piece.astype(np.int32)) for piece in pieces]


def row(losses: Sequence[GridLoss]) -> str:
    """Nats a voice and step over all steps, and over those where the voice changes."""
    every = sum(loss.nats for loss in losses) / sum(loss.steps for loss in losses)
    changing = sum(loss.changing_nats for loss in losses) / sum(loss.changing for loss in losses)
    return f"{every:8.4f} {changing:9.3f} {len(losses):7}"


def main(arguments: Sequence[str]) -> None:
    """Prints the table."""
    data = np.load(arguments[0], allow_pickle=False)
    path = Path(arguments[1]) if len(arguments) > 1 else model_path(MODEL)
    print(f"{path.stem:28} {'all':>8} {'changing':>9} {'pieces':>7}")
    for split in ("valid", "test"):
        notes, offsets = data[f"{split}_notes"], data[f"{split}_offsets"]
        pieces = [notes[start:stop] for start, stop in pairwise(offsets.tolist())]
        halves = [pieces[0::2], pieces[1::2]]
        with ProcessPoolExecutor(2) as pool:
            first, second = pool.map(measure, [path, path], halves)
        losses = [(first, second)[place % 2][place // 2] for place in range(len(pieces))]
        print(f"{split:28} {row(losses)}")
        new = [losses[place] for place in data[f"{split}_tune_disjoint"].tolist()]
        print(f"{split + ', tunes not in train':28} {row(new)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
