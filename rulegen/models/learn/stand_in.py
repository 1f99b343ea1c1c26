"""The finite table that stands for a model of four voices: fitted to what the model itself says.

At each moment of the training pieces where some voice changes, the table is to come as near as it can to the
network's own distribution of each voice (least cross-entropy), not to the one note that stands there. What no
piece has shown stays near what the interval alone says of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rulegen.models.attention import Attention
from rulegen.models.base import Floats, Tokens, Which, walked
from rulegen.models.quartet import NOTHING, ORDER, REACH, SILENCE, SYMBOLS, Quartet
from rulegen.models.stand_ins import PARTNERS, PLACES, VoicingTable, place_of

_STEPS = 240
_RATE = 0.05
_DOUBT = 2e-3  # how dear the square of each weight is, a moment


Network = Quartet | Attention


def table_of(prior: Network, grids: Sequence[Tokens]) -> VoicingTable:
    """The table that stands for a model, fitted on training pieces."""
    before, after, places, said = _asked(prior, grids)
    own, beside = [], []
    for rank, voice in enumerate(ORDER):
        partner = None if PARTNERS[rank] < 0 else torch.from_numpy(after[:, ORDER[PARTNERS[rank]]])
        fitted = _fit(
            torch.from_numpy(places),
            torch.from_numpy(before[:, voice]),
            partner,
            torch.from_numpy(said[rank]),
        )
        own.append(fitted[0])
        beside.append(fitted[1])
    halves = np.stack(own, axis=1).astype(np.float16), np.stack(beside).astype(np.float16)
    return VoicingTable(halves[0].astype(np.float32), halves[1].astype(np.float32))


def _asked(prior: Network, grids: Sequence[Tokens]) -> tuple[Which, Which, Which, list[Floats]]:
    """At each moment that changes something: what voices held, (moments, 4), and sound; the place; and of
    each rank the network's probabilities, float32 (moments, SYMBOLS)."""
    before, after, places = [], [], []
    said: list[list[Floats]] = [[], [], [], []]
    for _, state, symbols, where in walked(prior, grids):
        moves = np.flatnonzero((symbols != state.notes).any(axis=1))
        if len(moves):
            asked: Any = prior.select(state, moves)
            before.append(asked.notes)
            after.append(symbols[moves])
            places.append(place_of(where[moves]))
            for rank in range(4):
                placed = symbols[moves][:, list(ORDER[:rank])]
                said[rank].append(np.exp(prior.log_probs(asked, where[moves], placed)).astype(np.float32))
    whole = [np.concatenate(rows).astype(np.int64) for rows in (before, after, places)]
    return whole[0], whole[1], whole[2], [np.concatenate(rows) for rows in said]


def _fit(places: Tensor, before: Tensor, partner: Tensor | None, said: Tensor) -> tuple[Floats, Floats]:
    """own: (PLACES, NOTHING + 1, SYMBOLS); beside: (SYMBOLS, SYMBOLS)."""
    by_interval = nn.Parameter(torch.zeros(PLACES, 2 * REACH + 2))  # the last: no interval
    own = nn.Parameter(torch.zeros(PLACES, NOTHING + 1, SYMBOLS))
    beside = nn.Parameter(torch.zeros(SYMBOLS, SYMBOLS))
    away = torch.arange(SYMBOLS)[None, :] - torch.arange(NOTHING + 1)[:, None]
    known = (away.abs() <= REACH) & (torch.arange(NOTHING + 1) < SILENCE)[:, None]
    known &= (torch.arange(SYMBOLS) < SILENCE)[None, :]
    place = torch.where(known, away.clamp(-REACH, REACH) + REACH, 2 * REACH + 1)
    adam = torch.optim.Adam([by_interval, own, beside], lr=_RATE)
    for _ in range(_STEPS):
        adam.zero_grad()
        whole = own + by_interval[:, place]
        shown = whole[places, before]
        if partner is not None:
            shown = shown + beside[partner]
        surprise = -(said * functional.log_softmax(shown, dim=-1)).sum(dim=-1).mean()
        doubt = (own.square().sum() + beside.square().sum()) * (_DOUBT / len(said))
        (surprise + doubt).backward()  # type: ignore[no-untyped-call]
        adam.step()
    whole = (own + by_interval[:, place]).detach()
    centred = whole - whole.mean(dim=-1, keepdim=True)
    return centred.numpy().astype(np.float64), beside.detach().numpy().astype(np.float64)
