"""How well a model of the surface of four voices foresees Bach's chorales: nats per voice per sixteenth step.

    python benchmarks/surface.py [MODEL.model …]

prints a table beside `benchmarks/jsb.py`'s, of another alphabet: at each sixteenth a voice goes on, strikes a note (the
one that it holds, it may be), or begins a rest. Pieces are those of music21's corpus that `--split jsb` names, above
their tonics; key and place in the bar are given. First four floors of plain counting in the same alphabet.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jsb import HEAD, row
from jsb_floors import floors

from rulegen.models import splits
from rulegen.models.base import Law, Tokens, walked
from rulegen.models.corpus import gather
from rulegen.models.grids import struck_grid_of
from rulegen.models.measure import GridLoss, untold
from rulegen.models.quartet import ORDER, SILENCE
from rulegen.models.rows import rows_of
from rulegen.models.store import load
from rulegen.models.struck import HOLD, STRUCK


def losses_of(law: Law, pieces: Sequence[Tokens]) -> list[GridLoss]:
    """The loss of each piece; `changing`: of those voices and steps alone that strike."""
    sums = np.zeros((len(pieces), 4))  # nats, steps, nats where it strikes, and how often
    for which, state, tokens, places in walked(law, pieces):
        for rank, voice in enumerate(ORDER):
            nats = -law.told(state, places, tokens[:, ORDER[:rank]], tokens[:, voice])
            strikes = tokens[:, voice] != HOLD
            sums[which] += np.stack([nats, np.ones(len(nats)), nats * strikes, strikes], axis=1)
    return [GridLoss(float(nats), int(steps), float(own), int(count)) for nats, steps, own, count in sums]


def main(arguments: Sequence[str]) -> None:
    """Prints the table."""
    grids = {each.name: each for piece in gather("bach-chorales").pieces if (each := struck_grid_of(piece))}
    split, names = splits.laid_down("jsb"), list(grids)
    parts = {part: untold([grids[names[place]] for place in split.of(part, names)])
             for part in (splits.TRAINING, splits.VALIDATION, splits.TEST)}  # fmt: skip
    new = [place for place, piece in enumerate(parts[splits.TEST]) if piece.name in split.new]
    rows = {part: [rows_of([piece], tells_strikes=True) for piece in own] for part, own in parts.items()}
    notes = {
        part: [np.where(each.symbols < SILENCE, each.symbols, -1) for each in own]
        for part, own in rows.items()
    }
    struck = {part: [each.struck for each in own] for part, own in rows.items()}
    print("\n".join(HEAD).replace("changes", "strikes"))
    learned = notes[splits.TRAINING], struck[splits.TRAINING]
    judged = (splits.VALIDATION, splits.TEST)
    counted = {part: floors(learned[0], notes[part], (learned[1], struck[part])) for part in judged}
    for name in counted[splits.TEST]:
        print(row(name, {part: counted[part][name] for part in judged}, new), flush=True)
    for path in map(Path, arguments):
        model = load(path)
        if model.alphabet != STRUCK:
            raise SystemExit(f"{path} is no model of the surface of four voices")
        losses = {part: losses_of(model.law, parts[part]) for part in judged}
        print(row(f"`{path.name.removesuffix('.model')}`", losses, new), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
