"""What look-ahead holds in place of models that no lattice can: tables of what follows what.

They steer where a walker goes, and are divided out again where the model itself is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from rulegen.lattice.problem import Columns, Factor, IntArray, Part
from rulegen.models.base import FinitePrior, Floats, HiddenPrior, normalised
from rulegen.models.quartet import NOTHING, ORDER
from rulegen.models.stand_ins import PARTNERS, VoicingTable, place_of
from rulegen.models.store import Model
from rulegen.plan.companions import Together
from rulegen.plan.priors import Consulted
from rulegen.rules.draft import Board
from rulegen.rules.leaves import intern

Table = Callable[[int], Floats]  # condition -> (symbols + 1, symbols), nats; row 0: nothing before


def stand_in_of(each: Consulted) -> Table | None:
    """What models make of a symbol after another, those that can say; None where none can."""
    tables = [(_table(model), part.share) for model, part in zip(each.models, each.use.parts, strict=True)]
    known = [(table, share) for table, share in tables if table is not None]
    if not known:
        return None
    total = sum(share for _, share in known)

    @lru_cache
    def mixed(condition: int) -> Floats:
        heard = [np.log(share / total) + table(condition) for table, share in known]
        return np.asarray(np.logaddexp.reduce(heard))

    return mixed


def _table(model: Model) -> Table | None:
    if model.hidden is not None:
        return _table_of_hidden(model.hidden)
    finite = model.finite or model.chain
    return None if finite is None else _table_of_finite(finite)


def _table_of_finite(finite: FinitePrior) -> Table:
    rows = np.array([finite.start, *finite.following[finite.start].tolist()])
    return lambda condition: np.asarray(finite.log_probs(condition)[rows])


def _table_of_hidden(prior: HiddenPrior) -> Table:
    """A hidden model as if it forgot all but the last symbol, and had been where it usually is before."""
    usual = prior.start
    for _ in range(64):
        usual = normalised(np.log(np.exp(usual) @ np.exp(prior.transition)))

    def table(condition: int) -> Floats:
        emission = prior.emission(condition)
        heard = normalised((usual[:, None] + emission).T)  # (symbols, hidden)
        states = np.vstack([prior.start, np.log(np.exp(heard) @ np.exp(prior.transition))])
        return normalised(np.log(np.exp(states) @ np.exp(emission)))

    return table


def lay_voicings(each: Together, table: VoicingTable, line: int, board: Board) -> None:
    """Puts what a table makes of four voices on the board, voice by voice."""
    voices: dict[tuple[int, int, bool], Factor] = {}
    for layer, places in enumerate(each.places):
        if places[0] < 0:
            continue
        for rank in range(len(ORDER)):
            which = int(place_of(places)), rank, layer == 0
            if which not in voices:
                voices[which] = _voice(each, table, line, which)
            board.put((-1, layer), voices[which])


def _voice(each: Together, table: VoicingTable, line: int, which: tuple[int, int, bool]) -> Factor:
    """What the voice of a rank is likely to sound. which: its place and rank, whether nothing lies before."""
    place, rank, is_first = which
    codes, component = each.codes[ORDER[rank]], each.components[ORDER[rank]]
    partner = None if PARTNERS[rank] < 0 else ORDER[PARTNERS[rank]]
    weights = _weights(each, table, which)
    _, others, notes = weights.shape
    own = np.unique(codes, return_inverse=True)[1]
    other = None if partner is None else np.unique(each.codes[partner], return_inverse=True)[1]

    def letter(before: Columns, after: Columns) -> IntArray:
        left = 0 if is_first else own[before[0]]
        beside = 0 if other is None else other[after[0]]
        found: IntArray = ((left * others + beside) * notes + own[after[-1]]).astype(np.int32)
        return found

    after = (component,) if partner is None else (each.components[partner], component)
    key = ("voicing", line, rank, is_first)
    part = Part(key, () if is_first else (component,), after, weights.size, letter)
    name = (line, "model", f"voice {rank}")
    return Factor(intern((name, place, is_first, each.use)), name, line, (part,), weights.reshape(1, -1))


def _weights(each: Together, table: VoicingTable, which: tuple[int, int, bool]) -> Floats:
    """(notes before, notes of the partner, notes), nats, of the notes that the voices of the style have."""
    place, rank, is_first = which
    own = np.unique(each.codes[ORDER[rank]])
    before = np.array([NOTHING]) if is_first else own
    beside = np.unique(each.codes[ORDER[PARTNERS[rank]]]) if PARTNERS[rank] >= 0 else np.array([0])
    return np.asarray(each.use.weight * table.log_probs(place, rank)[np.ix_(before, beside, own)])
