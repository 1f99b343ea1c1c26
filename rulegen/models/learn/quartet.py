"""Training of the model of four voices with torch; its equations stand in `models.quartet`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rulegen.models.base import Tokens
from rulegen.models.grids import Changes, changes_of
from rulegen.models.learn.lesson import Lesson, Progress, Taught
from rulegen.models.learn.loop import taught
from rulegen.models.learn.lstm import Size, recurrent, shown, size_of, weights_of
from rulegen.models.learn.stand_in import table_of
from rulegen.models.quartet import (
    ALPHABET,
    ANY_KEY,
    FAR,
    LONGEST,
    NOTHING,
    ORDER,
    PITCHES,
    REACH,
    SILENCE,
    SYMBOLS,
    Quartet,
    shapes,
)

_KNOWS_CLOSES = 0.5  # the share of pieces that are trained on with the phrases' closes known
_IN_KEY = 0.5  # the share that stands above its own tonic; the others are moved by some semitones
_FARTHEST = 6  # semitones
_NEVER = -1e9  # a logit


def learn(lesson: Lesson, progress: Progress) -> Taught:
    """The network of a lesson as its file will hold it, with a table that stands in for it."""
    grids, count = [*lesson.training, *lesson.validation], len(lesson.training)
    law, curves = taught(lesson, partial(QuartetTask, grids, count, size_of(lesson)), progress)
    assert isinstance(law, Quartet)
    progress("looking for what can stand in for it")
    kept = law.rounded()
    return Taught(kept, table_of(kept, lesson.training), curves)


class QuartetNetwork(nn.Module):
    """The network of `quartet.Quartet`, its weights under the same names."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        self.layer = recurrent(size)
        for name, shape in shapes(size.inputs, size.hidden, size.width).items():
            first = (
                torch.zeros(*shape)
                if name.endswith("bias")
                else torch.randn(*shape) * _deviation(name, shape)
            )
            self.register_parameter(name, nn.Parameter(first))

    def memory(self, moves: Sequence[Changes]) -> Tensor:
        """(steps of all pieces, hidden): what the cell shows before each step."""
        longest = max(len(own.at) for own in moves)
        inputs = torch.zeros(len(moves), longest, self.size.inputs)
        rows = []
        for place, own in enumerate(moves):
            notes, where = torch.from_numpy(own.symbols[own.at]), torch.from_numpy(own.places[own.at])
            heard = (
                self._of("changes_in")[torch.from_numpy(own.changes)]
                + self._of("gap_in")[torch.from_numpy(own.gap)]
            )
            heard = heard + self._of("position_in")[where[:, 0]] + self._of("key_in")[where[:, 2]]
            for voice in range(4):
                heard = heard + self._of("notes_in")[voice][notes[:, voice]]
            inputs[place, : len(own.at)] = heard
            rows.append(torch.from_numpy(own.state) + place * (longest + 1))
        memory = shown(self.layer, self._thinned(inputs))
        return self._thinned(memory.reshape(-1, self.size.hidden)[torch.cat(rows)])

    def losses(self, rank: int, memory: Tensor, steps: Steps) -> Tensor:
        """(steps,) nats: what the voice of a rank in ORDER does at each step."""
        voice = ORDER[rank]
        deep = torch.relu(self._asked(rank, memory, steps))
        deep = functional.dropout(deep, self.size.dropout, self.training)
        middle = torch.relu(functional.linear(deep, self._of("middle")[rank], self._of("middle_bias")[rank]))
        deep = deep + functional.dropout(middle, self.size.dropout, self.training)
        given = functional.linear(deep, self._of("show")[rank], self._of("show_bias")[rank])
        before, after = steps.before[:, voice], steps.symbols[:, voice]
        changed = before != after
        change = functional.binary_cross_entropy_with_logits(given[:, 0], changed.float(), reduction="none")
        note = given[:, 1 : 1 + SYMBOLS] + _by_interval(given[:, 1 + SYMBOLS :], before)
        note = note.masked_fill(torch.arange(SYMBOLS)[None, :] == before[:, None], _NEVER)
        chosen = functional.cross_entropy(note, after, reduction="none")
        zero = torch.zeros_like(chosen)
        return torch.where(before == NOTHING, zero, change) + torch.where(changed, chosen, zero)

    def _asked(self, rank: int, memory: Tensor, steps: Steps) -> Tensor:
        across = torch.arange(4)
        asked = functional.linear(memory, self._of("recall")[rank])
        asked = asked + functional.embedding_bag(
            steps.before + across * (SYMBOLS + 1), self._of("held")[rank], mode="sum"
        )
        asked = asked + functional.embedding_bag(
            steps.run + across * (LONGEST + 1), self._of("run")[rank], mode="sum"
        )
        for place, name in enumerate(("position", "close", "key")):
            asked = asked + self._of(name)[rank][steps.places[:, place]]
        flags = torch.zeros(len(asked), dtype=torch.int64)
        if rank:
            placed = torch.tensor(ORDER[:rank])
            rows = steps.symbols[:, placed] + placed * (SYMBOLS + 1)
            asked = asked + functional.embedding_bag(rows, self._of("placed")[rank], mode="sum")
            moved = steps.symbols[:, placed] != steps.before[:, placed]
            flags = (moved.long() * (2 ** torch.arange(rank))).sum(dim=1)
        return asked + self._of("moved")[rank][flags]

    def _of(self, name: str) -> Tensor:
        found = self.get_parameter(name)
        return found

    def _thinned(self, values: Tensor) -> Tensor:
        return functional.dropout(values, self.size.dropout, self.training)


def _deviation(name: str, shape: tuple[int, ...]) -> float:
    """Of first weights: tables are small, matrices as small as their rows are long."""
    return float(shape[-1] ** -0.5) * 0.6 if name in ("recall", "middle", "show") else 0.1


def _by_interval(given: Tensor, before: Tensor) -> Tensor:
    away = torch.arange(SYMBOLS)[None, :] - before[:, None]
    known = (away.abs() <= REACH) & (before[:, None] < SILENCE) & (torch.arange(SYMBOLS) < SILENCE)[None, :]
    taken = given.gather(1, away.clamp(-REACH, REACH) + REACH)
    return torch.where(known, taken, torch.zeros(()))


@dataclass(frozen=True)
class Steps:
    """The steps of several pieces, one after another, int64."""

    symbols: Tensor
    places: Tensor
    before: Tensor
    run: Tensor


@dataclass
class QuartetTask:
    """Grids to learn from, then grids to judge by; with the network."""

    grids: Sequence[Tokens]
    training: int
    size: Size
    network: nn.Module = field(init=False)

    def __post_init__(self) -> None:
        self.network = QuartetNetwork(self.size)

    @property
    def validation(self) -> int:
        """How many grids there are to judge by."""
        return len(self.grids) - self.training

    @cached_property
    def _moves(self) -> list[Changes]:
        return [changes_of(grid, LONGEST) for grid in self.grids]

    def loss(self, network: nn.Module, pieces: Sequence[int], is_training: bool) -> tuple[Tensor, int]:
        """The summed loss over all voices and steps; pieces are judged as if no phrase's close were known."""
        assert isinstance(network, QuartetNetwork)
        moves = [self._moves[piece] for piece in pieces]
        moves = [_varied(own) if is_training else _without_closes(own) for own in moves]
        steps = Steps(
            torch.from_numpy(np.concatenate([own.symbols for own in moves])),
            torch.from_numpy(np.concatenate([own.places for own in moves])),
            torch.from_numpy(np.concatenate([own.before for own in moves])),
            torch.from_numpy(np.concatenate([own.run for own in moves])),
        )
        memory = network.memory(moves)
        total = torch.stack([network.losses(rank, memory, steps).sum() for rank in range(4)]).sum()
        return total, 4 * len(steps.symbols)

    def model(self, network: nn.Module) -> Quartet:
        """The trained network as it runs without torch."""
        assert isinstance(network, QuartetNetwork)
        return Quartet.of(ALPHABET, self.size.cell, weights_of(network, network.layer))


def _without_closes(moves: Changes) -> Changes:
    hidden = moves.places.copy()
    hidden[:, 1] = FAR
    return replace(moves, places=hidden)


def _varied(moves: Changes) -> Changes:
    """A piece as it is trained on: often without its phrases' closes, often moved away from its key."""
    closes, in_key, shift = torch.rand(3).tolist()
    found = moves if closes < _KNOWS_CLOSES else _without_closes(moves)
    semitones = round((2 * shift - 1) * _FARTHEST)
    pitches = found.symbols[found.symbols < SILENCE]
    if in_key < _IN_KEY or pitches.min() + semitones < 0 or pitches.max() + semitones >= PITCHES:
        return found
    places = found.places.copy()
    places[:, 2] = ANY_KEY + (places[:, 2] >= 12)
    return replace(
        found,
        symbols=np.where(found.symbols < SILENCE, found.symbols + semitones, found.symbols),
        before=np.where(found.before < SILENCE, found.before + semitones, found.before),
        places=places,
    )
