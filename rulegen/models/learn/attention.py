"""Training of the model of four voices that attends; its equations stand in `models.attention`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rulegen.models.attention import (
    ABOVE,
    NOTE,
    OWN,
    STRIKE,
    TIMES,
    Attention,
    others,
    shapes,
)
from rulegen.models.base import Alphabet, Ints, Tokens, Which
from rulegen.models.events import WINDOW
from rulegen.models.learn.lesson import Lesson, Progress, Taught
from rulegen.models.learn.loop import taught
from rulegen.models.learn.stand_in import table_of
from rulegen.models.quartet import ANY_KEY, FAR, NOTHING, ORDER, PITCHES, SILENCE, SYMBOLS
from rulegen.models.rows import Sixteenths, joined, rows_of
from rulegen.models.seen import Rows, asked_rows, event_rows, numbered_interval
from rulegen.models.struck import STRUCK

_KNOWS_CLOSES = 0.5  # the share of pieces that are trained on with the phrases' closes known
_IN_KEY = 0.5  # the share that stands above its own tonic; the others are moved by some semitones
_FARTHEST = 6  # semitones
_UNSEEN = 0.5  # of the dropout: the share of viewpoints that is left out
_NEVER = -1e9  # a logit


@dataclass(frozen=True, slots=True)
class AttentionSize:
    """How large a network is, and how much of it is left out at random while it learns."""

    hidden: int
    layers: int
    heads: int
    width: int
    dropout: float


def size_of(lesson: Lesson) -> AttentionSize:
    """The size that a lesson's options ask for."""
    return AttentionSize(
        *(lesson.options[name] for name in ("hidden", "layers", "heads", "width", "dropout"))
    )


def learn(lesson: Lesson, progress: Progress) -> Taught:
    """The network of a lesson as its file will hold it, with a table that stands in for it where it does not
    tell strikes."""
    grids, count = [*lesson.training, *lesson.validation], len(lesson.training)
    task = partial(AttentionTask, lesson.alphabet, grids, count, size_of(lesson))
    law, curves = taught(lesson, task, progress)
    assert isinstance(law, Attention)
    kept = law.rounded()
    if kept.tells_strikes:
        return Taught(kept, None, curves)
    progress("looking for what can stand in for it")
    return Taught(kept, table_of(kept, lesson.training), curves)


class AttentionNetwork(nn.Module):
    """The network of `attention.Attention`, its weights under the same names."""

    def __init__(self, size: AttentionSize) -> None:
        super().__init__()
        self.size = size
        for name, shape in shapes(size.hidden, size.layers, size.heads, size.width).items():
            if name.endswith("bias"):
                first = torch.zeros(*shape)
            elif name in ("before", "after", "last"):
                first = torch.ones(*shape)
            else:
                first = torch.randn(*shape) * _deviation(name, shape)
            self.register_parameter(name, nn.Parameter(first))

    def of(self, name: str) -> Tensor:
        """The weights of a name."""
        return self.get_parameter(name)

    def events(self, pieces: Sequence[Sixteenths]) -> Tensor:
        """(steps of all pieces, size): what the last event before each step came to."""
        at = [np.flatnonzero(piece.struck.any(axis=1)) for piece in pieces]
        longest = max(map(len, at))
        rows = [_event_rows(piece, own) for piece, own in zip(pieces, at, strict=True)]
        table = self.of("heard")
        given = torch.zeros(len(pieces), longest, self.size.hidden)
        when = np.zeros((len(pieces), longest), dtype=np.int64)
        notes = np.full((len(pieces), longest, 4), NOTHING, dtype=np.int32)
        summed = _looked_up(table, np.concatenate(rows), self._unseen)
        first = 0
        for place, (piece, own) in enumerate(zip(pieces, at, strict=True)):
            count = len(own)
            given[place, :count] = summed[first : first + count]
            when[place, :count], notes[place, :count] = own, piece.symbols[own]
            first += count
        event = self._attended(self._thinned(given), when, notes)
        before = torch.cat([torch.zeros_like(event[:, :1]), event], dim=1)
        moved = [piece.struck.any(axis=1) for piece in pieces]
        places = [np.cumsum(own) - own + number * (longest + 1) for number, own in enumerate(moved)]
        return before.reshape(-1, self.size.hidden)[torch.from_numpy(np.concatenate(places)).long()]

    def _attended(self, event: Tensor, when: np.ndarray, notes: np.ndarray) -> Tensor:
        count, length, size = event.shape
        heads, each = self.size.heads, size // self.size.heads
        steps = np.arange(length)
        back = steps[:, None] - steps[None, :]
        hidden = torch.from_numpy((back < 0) | (back > WINDOW))
        times = torch.from_numpy(np.clip(when[:, :, None] - when[:, None, :], 0, TIMES - 1)).long()
        apart = [
            numbered_interval(notes[:, :, None, h % 4], notes[:, None, :, h % 4])
            for h in range(min(4, heads))
        ]
        pitches = torch.from_numpy(np.stack([apart[h % 4] for h in range(heads)], axis=1)).long()
        for layer in range(self.size.layers):
            calm = normal(event) * self.of("before")[layer]
            asks, known, told = (
                (calm @ self.of(name)[layer].T).reshape(count, length, heads, each).transpose(1, 2)
                for name in ("query", "key", "value")
            )
            scores = asks @ known.transpose(2, 3)
            timely = torch.einsum("nhqd,htd->nhqt", asks, self.of("by_time")[layer])
            scores = scores + timely.gather(3, times[:, None].expand(-1, heads, -1, -1))
            near = torch.einsum("nhqd,hid->nhqi", asks, self.of("by_interval")[layer])
            scores = (scores + near.gather(3, pitches)) * each**-0.5
            shares = self._thinned(torch.softmax(scores.masked_fill(hidden, _NEVER), dim=-1))
            found = (shares @ told).transpose(1, 2).reshape(count, length, size)
            event = event + self._thinned(found @ self.of("out")[layer].T)
            calm = normal(event) * self.of("after")[layer]
            grown = torch.relu(calm @ self.of("grow")[layer].T + self.of("grow_bias")[layer])
            event = event + self._thinned(self._thinned(grown) @ self.of("shrink")[layer].T)
        return normal(event) * self.of("last")

    def losses(self, rank: int, events: Tensor, rows: Sixteenths, tells_strikes: bool) -> Tensor:
        """() nats: all that the voice of a rank in ORDER does."""
        voice, struck = ORDER[rank], rows.struck
        placed = list(ORDER[:rank])
        now = rows.symbols[:, placed]
        seen, bits = asked_rows(rank, rows.recalled, rows.places, now, struck[:, placed])
        before, after, strikes = rows.recalled.notes[:, voice], rows.symbols[:, voice], struck[:, voice]
        some = np.flatnonzero(before != NOTHING)
        events = self._thinned(events)
        strike = self._shown(STRIKE, rank, events[some], seen[some], bits[some])[:, 0]
        wanted = torch.from_numpy(strikes[some].astype(np.float32))
        total = functional.binary_cross_entropy_with_logits(strike, wanted, reduction="sum")
        some = np.flatnonzero(strikes)
        shown = self._shown(NOTE, rank, events[some], seen[some], bits[some])
        note, first = shown[:, :SYMBOLS], SYMBOLS
        beside = others(rank, rows.recalled.notes, now)[some]
        for origin, reach in ((before[some], OWN), *((other, ABOVE) for other in beside.T)):
            note = note + _by_interval(shown[:, first : first + 2 * reach + 1], origin, reach)
            first += 2 * reach + 1
        if not tells_strikes:
            own = torch.from_numpy(before[some].astype(np.int64))
            note = note.masked_fill(torch.arange(SYMBOLS)[None, :] == own[:, None], _NEVER)
        chosen = torch.from_numpy(after[some].astype(np.int64))
        return total + functional.cross_entropy(note, chosen, reduction="sum")

    def _shown(self, what: str, rank: int, events: Tensor, rows: np.ndarray, bits: np.ndarray) -> Tensor:
        own = {name: self.of(f"{what}_{name}")[rank] for name in
               ("table", "recall", "classes", "middle", "middle_bias", "show", "show_bias")}  # fmt: skip
        asked = functional.linear(events, own["recall"]) + _looked_up(own["table"], rows, self._unseen)
        deep = self._thinned(torch.relu(asked + torch.from_numpy(bits) @ own["classes"]))
        deep = deep + self._thinned(torch.relu(functional.linear(deep, own["middle"], own["middle_bias"])))
        return functional.linear(deep, own["show"], own["show_bias"])

    @property
    def _unseen(self) -> float:
        return _UNSEEN * self.size.dropout if self.training else 0.0

    def _thinned(self, values: Tensor) -> Tensor:
        return functional.dropout(values, self.size.dropout, self.training)


def _deviation(name: str, shape: tuple[int, ...]) -> float:
    """Of first weights: tables are small, matrices as small as their rows are long."""
    if name.endswith(("table", "heard", "classes")):
        return 0.1
    return float(shape[-1] ** -0.5) * (0.3 if name in ("out", "shrink") or name.endswith("show") else 0.6)


def _looked_up(table: Tensor, rows: np.ndarray, unseen: float) -> Tensor:
    """The sum of rows, some left out at random and the others the heavier."""
    which = torch.from_numpy(rows)
    if not unseen:
        return functional.embedding_bag(which, table, mode="sum")
    kept = (torch.rand(which.shape) >= unseen).float() / (1 - unseen)
    return functional.embedding_bag(which, table, mode="sum", per_sample_weights=kept)


def normal(values: Tensor) -> Tensor:
    """As `attention.normal`."""
    return values / torch.sqrt(values.square().mean(dim=-1, keepdim=True) + 1e-6)


def _by_interval(shown: Tensor, origin: Ints, reach: int) -> Tensor:
    away = np.arange(SYMBOLS)[None, :] - origin.astype(np.int64)[:, None]
    known = (np.abs(away) <= reach) & (origin[:, None] < SILENCE) & (np.arange(SYMBOLS) < SILENCE)[None, :]
    taken = shown.gather(1, torch.from_numpy(np.clip(away, -reach, reach) + reach))
    return torch.where(torch.from_numpy(known), taken, torch.zeros(()))


def _event_rows(piece: Sixteenths, at: Which) -> Rows:
    gap = np.diff(at, prepend=0)
    return event_rows(piece.recalled.select(at), piece.places[at], piece.symbols[at], piece.struck[at], gap)


@dataclass
class AttentionTask:
    """Grids to learn from, then grids to judge by; with the network."""

    alphabet: Alphabet
    grids: Sequence[Tokens]
    training: int
    size: AttentionSize
    network: nn.Module = field(init=False)

    def __post_init__(self) -> None:
        self.network = AttentionNetwork(self.size)

    @property
    def validation(self) -> int:
        """How many grids there are to judge by."""
        return len(self.grids) - self.training

    @property
    def tells_strikes(self) -> bool:
        """As of the law."""
        return self.alphabet == STRUCK

    @cached_property
    def _heard(self) -> list[Sixteenths]:
        return [rows_of([grid], self.tells_strikes) for grid in self.grids]

    def loss(self, network: nn.Module, pieces: Sequence[int], is_training: bool) -> tuple[Tensor, int]:
        """The summed loss over all voices and steps; pieces are judged as if no phrase's close were known."""
        assert isinstance(network, AttentionNetwork)
        chosen = [self._heard[piece] for piece in pieces]
        chosen = [_varied(own) if is_training else _without_closes(own) for own in chosen]
        events, rows = network.events(chosen), joined(chosen)
        each = [network.losses(rank, events, rows, self.tells_strikes) for rank in range(4)]
        return torch.stack(each).sum(), rows.symbols.size

    def model(self, network: nn.Module) -> Attention:
        """The trained network as it runs without torch."""
        weights = {name: value.detach().numpy().copy() for name, value in network.named_parameters()}
        return Attention(self.alphabet, self.size.heads, weights)


def _without_closes(piece: Sixteenths) -> Sixteenths:
    places = piece.places.copy()
    places[:, 1] = FAR
    return replace(piece, places=places)


def _varied(piece: Sixteenths) -> Sixteenths:
    """A piece as it is trained on: often without its phrases' closes, often moved away from its key."""
    closes, in_key, shift = torch.rand(3).tolist()
    found = piece if closes < _KNOWS_CLOSES else _without_closes(piece)
    semitones = round((2 * shift - 1) * _FARTHEST)
    pitches = found.symbols[found.symbols < SILENCE]
    if in_key < _IN_KEY or pitches.min() + semitones < 0 or pitches.max() + semitones >= PITCHES:
        return found
    places = found.places.copy()
    places[:, 2] = ANY_KEY + (places[:, 2] >= 12)

    def moved(notes: Ints) -> Ints:
        return np.where(notes < SILENCE, notes + semitones, notes).astype(np.int32)

    recalled = replace(found.recalled, notes=moved(found.recalled.notes), past=moved(found.recalled.past))
    return replace(found, recalled=recalled, places=places, symbols=moved(found.symbols))
