"""Training of recurrent models with torch: of one voice, and of four voices together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rulegen.models.base import CONDITIONS, Alphabet, Ints, Tokens
from rulegen.models.cells import ARRAYS, Weights
from rulegen.models.harmony import HEARD, chord_in, features
from rulegen.models.learn.lesson import Lesson, Progress, Taught
from rulegen.models.learn.loop import taught
from rulegen.models.lstm import Recurrent
from rulegen.models.markov import counted
from rulegen.models.measure import untold

_TORCH_CELL = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
_CELLS: dict[str, Callable[..., nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
_SMALL = 0.1  # deviation of the first weights
_UNTOLD = 0.3  # share of the lines, each time, that a network learns from without being told the chords


@dataclass(frozen=True, slots=True)
class Size:
    """How large a network is, and how much of it is left out at random while it learns."""

    cell: str = "lstm"
    inputs: int = 64
    hidden: int = 128
    width: int = 128
    dropout: float = 0.3


def size_of(lesson: Lesson) -> Size:
    """The size that a lesson's options ask for."""
    own = lesson.options
    return Size(lesson.kind, own["hidden"], own["hidden"], own["width"], own["dropout"])


def learn(lesson: Lesson, progress: Progress) -> Taught:
    """The network of a lesson; a chain of one token, counted from the same lines, stands in for it."""
    judged, plain = [*lesson.validation], untold(lesson.training)
    if lesson.with_chords:
        judged += untold(lesson.validation)
    lines, count = [*lesson.training, *judged], len(lesson.training)
    task = partial(VoiceTask, lesson.alphabet, lines, count, size_of(lesson), lesson.with_chords)
    law, curves = taught(lesson, task, progress)
    return Taught(law, counted(plain, lesson.alphabet, order=1), curves)


def recurrent(size: Size) -> nn.RNNBase:
    """torch's layer for a cell."""
    return _CELLS[size.cell](size.inputs, size.hidden, batch_first=True)


def table(*shape: int) -> nn.Parameter:
    """Small random weights."""
    return nn.Parameter(torch.randn(*shape) * _SMALL)


def shown(layer: nn.RNNBase, inputs: Tensor) -> Tensor:
    """(pieces, steps + 1, hidden): what the layer shows before each input and after the last."""
    outputs = layer(inputs)[0]
    return torch.cat([torch.zeros_like(outputs[:, :1]), outputs], dim=1)


def weights_of(network: nn.Module, layer: nn.RNNBase) -> dict[str, Weights]:
    """All arrays of a network, those of its layer under the names of `cells`."""
    found = {
        name: value.detach().numpy().copy()
        for name, value in network.named_parameters()
        if "layer." not in name
    }
    for name, own in zip(ARRAYS, _TORCH_CELL, strict=True):
        found[name] = getattr(layer, own).detach().numpy().copy()
    return found


class VoiceNetwork(nn.Module):
    """The network of `lstm.Recurrent`, its weights under the same names."""

    heard_over: nn.Parameter
    asked_over: nn.Parameter

    def __init__(self, symbols: int, size: Size, hears_chords: bool = False) -> None:
        super().__init__()
        self.size = size
        self.embedding = table(symbols, size.inputs)
        self.heard_at = table(CONDITIONS, size.inputs)
        self.layer = recurrent(size)
        self.middle = table(size.width, size.hidden)
        self.asked_at = table(CONDITIONS, size.width)
        self.show = table(symbols, size.width)
        self.show_bias = nn.Parameter(torch.zeros(symbols))
        self.hears_chords = hears_chords
        if hears_chords:
            self.heard_over = table(HEARD, size.inputs)
            self.asked_over = table(HEARD, size.width)

    def forward(self, symbols: Tensor, conditions: Tensor) -> Tensor:
        """(pieces, steps, symbols) log probabilities of each symbol, from int64 (pieces, steps)."""
        places = conditions % CONDITIONS
        inputs = self.embedding[symbols] + self.heard_at[places]
        if self.hears_chords:
            chords = chord_in(conditions.reshape(-1).numpy())
            heard = torch.from_numpy(features(chords)).reshape(*conditions.shape, HEARD)
            inputs = inputs + heard @ self.heard_over
        memory = shown(self.layer, functional.dropout(inputs, self.size.dropout, self.training))[:, :-1]
        memory = functional.dropout(memory, self.size.dropout, self.training)
        asked = memory @ self.middle.T + self.asked_at[places]
        if self.hears_chords:
            asked = asked + heard @ self.asked_over
        asked = functional.dropout(torch.relu(asked), self.size.dropout, self.training)
        return functional.log_softmax(asked @ self.show.T + self.show_bias, dim=-1)


@dataclass
class VoiceTask:
    """Lines to learn from, and lines to judge by; with the network.

    One that hears chords is not told them, each time, in some of the lines that it learns from, so that it
    can do without; how it does is judged by the lines as they are.
    """

    alphabet: Alphabet
    lines: Sequence[Tokens]
    training: int
    size: Size
    hears_chords: bool = False
    network: nn.Module = field(init=False)

    def __post_init__(self) -> None:
        self.network = VoiceNetwork(len(self.alphabet), self.size, self.hears_chords)

    @property
    def validation(self) -> int:
        """How many lines there are to judge by."""
        return len(self.lines) - self.training

    def loss(self, network: nn.Module, pieces: Sequence[int], is_training: bool) -> tuple[Tensor, int]:
        """The summed loss over lines, each padded to the longest."""
        chosen = [self.lines[piece] for piece in pieces]
        symbols = padded([each.symbols[:, 0] for each in chosen])
        conditions = padded([each.places for each in chosen])
        if self.hears_chords and is_training:
            is_untold = torch.rand(len(chosen)) < _UNTOLD
            conditions[is_untold] %= CONDITIONS
        log_probs = network(symbols, conditions).gather(2, symbols[:, :, None])[:, :, 0]
        lengths = torch.tensor([len(each.symbols) for each in chosen])
        real = torch.arange(symbols.shape[1])[None, :] < lengths[:, None]
        return -log_probs[real].sum(), int(lengths.sum())

    def model(self, network: nn.Module) -> Recurrent:
        """The trained network as it runs without torch."""
        assert isinstance(network, VoiceNetwork)
        return Recurrent.of(self.alphabet, self.size.cell, weights_of(network, network.layer))


def padded(rows: Sequence[Ints]) -> Tensor:
    """int64 (rows, longest), with zeros after the shorter ones."""
    longest = max(len(row) for row in rows)
    found = np.zeros((len(rows), longest), dtype=np.int64)
    for place, row in enumerate(rows):
        found[place, : len(row)] = row
    return torch.from_numpy(found)
