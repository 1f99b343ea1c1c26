"""What plain counting has of the JSB chorales: interpolated Witten-Bell on the public split's own training pieces.

In MIDI numbers and original keys, silence a symbol; every step counts, and nothing is summed out. The first two floors
foresee what a voice sounds; the others first whether it changes, then to which note. Where it is told which notes are
struck, a voice changes where it strikes, and to go on is a symbol too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from rulegen.models.base import Floats
from rulegen.models.evidence import Keys, Whole, gathered, interpolated, longer, started
from rulegen.models.measure import GridLoss

SYMBOLS = 128  # a MIDI number, or the last for silence
GOES_ON = SYMBOLS - 2  # the symbol of a voice that does not strike, where that is told
NOTHING = 200  # before the piece
ORDER = (0, 3, 1, 2)  # in which the voices are placed
LONGEST = 16  # sixteenths
FLOORS = (
    "voice unigram",
    "previous note",
    "own previous 3 changes, run length and beat",
    "previous note, voices already placed, run length and beat",
)


Strikes = Sequence[NDArray[np.bool_]]


def floors(
    training: Sequence[Whole], pieces: Sequence[Whole], struck: tuple[Strikes, Strikes] | None = None
) -> dict[str, list[GridLoss]]:
    """The loss of each piece by each floor. Pieces are (steps, 4), MIDI numbers, −1 for silence; struck: of the
    training and of the pieces, which voices strike.
    """
    learned, asked = _Steps(training, struck and struck[0]), _Steps(pieces, struck and struck[1])
    found = {}
    for number, name in enumerate(FLOORS):
        nats = np.stack([_nats(learned, asked, number, voice) for voice in range(4)], axis=1)
        found[name] = asked.by_piece(nats)
    return found


def _nats(learned: _Steps, asked: _Steps, floor: int, voice: int) -> Floats:
    """(steps,): of what a voice does at each step."""
    everywhere = np.ones(len(learned.notes), dtype=bool), np.ones(len(asked.notes), dtype=bool)
    if floor < 2:
        return _foreseen(learned, asked, [learned.symbols[:, voice], asked.symbols[:, voice]], everywhere,
                         lambda steps: [steps.past[:, voice, 0]][:floor])  # fmt: skip
    placed = ORDER[: ORDER.index(voice)] if floor == 3 else ()

    def rhythm(steps: _Steps) -> list[Whole]:
        moved = [steps.changed[:, other].astype(np.int64) for other in placed]
        return [*moved, steps.beat, steps.run[:, voice]]

    def note(steps: _Steps) -> list[Whole]:
        own = steps.past[:, voice]
        return [own[:, 0], own[:, 1], own[:, 2]] if floor == 2 else [own[:, 0], *steps.notes[:, placed].T]

    changes = learned.changed[:, voice], asked.changed[:, voice]
    found = _foreseen(learned, asked, [each.astype(np.int64) for each in changes], everywhere, rhythm)
    notes = [learned.notes[:, voice], asked.notes[:, voice]]
    found[changes[1]] += _foreseen(learned, asked, notes, changes, note)
    return found


def _foreseen(learned: _Steps, asked: _Steps, outcomes: Sequence[Whole], some: Sequence[Whole],
              known: Callable[[_Steps], list[Whole]]) -> Floats:  # fmt: skip
    """(steps asked about,) nats of outcomes, by contexts that know more and more of `known`."""
    size = SYMBOLS if outcomes[0].max() > 1 else 2
    evidence = gathered((link[some[0]], outcomes[0][some[0]]) for link in _links(learned, known))
    shares = interpolated(evidence, [link[some[1]] for link in _links(asked, known)], size)
    return -np.log(shares[np.arange(len(shares)), outcomes[1][some[1]]])


class _Steps:
    """All sixteenths of some pieces: what sounds, what sounded before, how long, what changed before that."""

    def __init__(self, pieces: Sequence[Whole], struck: Strikes | None) -> None:
        whole = [np.where(piece < 0, SYMBOLS - 1, piece).astype(np.int64) for piece in pieces]
        self.lengths = [len(piece) for piece in whole]
        self.notes = np.concatenate(whole)
        self.beat = np.concatenate([np.arange(length) % 4 for length in self.lengths])
        moves = (
            [np.diff(piece, axis=0, prepend=NOTHING) != 0 for piece in whole] if struck is None else struck
        )
        past = [_past(piece, own) for piece, own in zip(whole, moves, strict=True)]
        self.past = np.concatenate([own for own, _ in past])  # (steps, 4, 3), the newest first
        self.run = np.concatenate([own for _, own in past])  # (steps, 4), sixteenths
        self.changed = np.concatenate(moves)
        self.symbols = self.notes if struck is None else np.where(self.changed, self.notes, GOES_ON)

    def by_piece(self, nats: Floats) -> list[GridLoss]:
        """The loss of each piece of nats, (steps, 4)."""
        changes, ends = self.changed, np.cumsum(self.lengths)
        parts = [slice(end - length, end) for end, length in zip(ends, self.lengths, strict=True)]
        return [
            GridLoss(
                float(nats[own].sum()),
                nats[own].size,
                float(nats[own][changes[own]].sum()),
                int(changes[own].sum()),
            )
            for own in parts
        ]


def _past(piece: Whole, struck: NDArray[np.bool_]) -> tuple[Whole, Whole]:
    held, run = np.full((4, 3), NOTHING), np.zeros(4, dtype=np.int64)
    past, runs = np.zeros((*piece.shape, 3), dtype=np.int64), np.zeros(piece.shape, dtype=np.int64)
    for step, (sounds, changed) in enumerate(zip(piece, struck, strict=True)):
        past[step], runs[step] = held, np.minimum(run, LONGEST)
        held = np.where(changed[:, None], np.column_stack([sounds, held[:, :2]]), held)
        run = np.where(changed, 1, run + 1)
    return past, runs


def _links(steps: _Steps, known: Callable[[_Steps], list[Whole]]) -> list[Keys]:
    """Contexts from the one that knows nothing on, (steps,) each."""
    links = [started(0)]
    for each in known(steps):
        links.append(longer(links[-1], each[:, None]))
    return [np.broadcast_to(link[:, 0], (len(steps.notes),)) for link in links]
