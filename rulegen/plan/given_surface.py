"""What the ornaments of a given tune demand of the notes of its skeleton.

A style that embellishes nothing has one surface on each skeleton: what is given, over notes that are held. A
hard rule that two moments of it break then excludes the skeleton. What can be said so of two neighbouring
layers, without a memory, is demanded of the skeleton's own lattice; the rest is left to the surface, so that
the law is the same and few draws fail there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from rulegen.folds.compile import TooWide, compile_uses
from rulegen.folds.grid_elements import Unreadable
from rulegen.lattice.problem import LARGEST_TABLE, Factor, IntArray, Part, Problem
from rulegen.plan.problem import Plan
from rulegen.plan.surface import Surface, surface_of
from rulegen.rules.draft import Board
from rulegen.style.model import Use

Scope = tuple[tuple[int, ...], tuple[int, ...]]
"""The components that are read in the layer that is left, and in the one that is entered."""


def with_given_ornaments(plan: Plan, problem: Problem, uses: Sequence[Use] | None = None) -> Problem:
    """The problem of a plan's skeleton with what the ornaments of given tunes demand of it by all hard uses,
    or by some.
    """
    found = _demands(plan, plan.style.uses if uses is None else uses)
    if not found:
        return problem
    layers = [
        replace(layer, factors=(*layer.factors, *found.get(number, ())))
        for number, layer in enumerate(problem.layers)
    ]
    return replace(problem, layers=tuple(layers))


def _demands(plan: Plan, uses: Sequence[Use]) -> dict[int, list[Factor]]:
    """For each layer of a plan's skeleton what is demanded on entering it."""
    draft = plan.draft
    if plan.style.embellishments or plan.schedule.free or (draft.repeats >= 0).any():
        return {}
    surface = surface_of(plan)
    if surface is None:
        return {}
    board = Board()
    try:
        read = [use for use in surface.plan.uses if use.hard and use in uses]
        compile_uses(read, surface.plan.draft, board)
    except (TooWide, Unreadable):
        return {}  # the stage of the surface says what is wrong
    return _Demands(surface, board).found()


@dataclass(frozen=True)
class _Demands:
    """The factors of a surface, read on the codes of its skeleton."""

    surface: Surface
    board: Board
    _tables: dict[object, tuple[Scope, NDArray[np.bool_]]] = field(default_factory=dict)

    def found(self) -> dict[int, list[Factor]]:
        """By layer of the skeleton; what a use forbids of the same components is one factor."""
        forbidden: dict[tuple[int, int, Scope], NDArray[np.bool_]] = {}
        own, skeleton = self.surface.plan.draft, self.surface.skeleton.draft
        layers = skeleton.layer_of[self.surface.moments]
        given = [self._given(moment) for moment in range(len(own.frame.onsets))]
        plain = [self._is_plain(moment) for moment in range(len(own.frame.onsets))]
        for moment, layer in enumerate(layers.tolist()):
            before = max(moment - 1, 0)
            if plain[moment] and plain[before]:
                continue
            stays = bool(moment) and layers[before] == layer
            for factor in self.board.factors((-1, int(own.layer_of[moment]))):
                for scope, table in self._read(factor, moment, stays, given[before], given[moment]):
                    key = layer, factor.use, scope
                    forbidden[key] = forbidden[key] | table if key in forbidden else table
        result: dict[int, list[Factor]] = {}
        for (layer, use, scope), table in forbidden.items():
            part = Part.table(*scope, 2, table.astype(np.uint8))
            weights = np.array([[0.0, -np.inf]])
            result.setdefault(layer, []).append(Factor.of((use, "given", scope), use, (part,), weights))
        return result

    def _given(self, moment: int) -> dict[int, int]:
        """The codes of the voices that are given at a moment of the surface, by component."""
        plan, found = self.surface.plan, {}
        onset = plan.schedule.frame.onsets[moment]
        for voice, named in enumerate(plan.style.voices):
            tune = plan.tunes.get(named.name)
            if tune is not None and tune.gives(onset):
                place = plan.tables.of_voice(voice)
                found[place] = int(plan.tables.voices[voice].code[tune.sounding(onset)])
        return found

    def _is_plain(self, moment: int) -> bool:
        """Whether what is given at a moment is what the skeleton has there, so that it is judged already."""
        plan, frame = self.surface.plan, self.surface.skeleton.schedule.frame
        onset = plan.schedule.frame.onsets[moment]
        return onset in frame.onsets and all(
            tune.sounding(onset) == tune.pitch_at(onset) for tune in plan.tunes.values() if tune.gives(onset)
        )

    @cached_property
    def _codes(self) -> dict[int, IntArray]:
        """(codes of the skeleton,): those of the surface, of voices that are given in part."""
        before, after = self.surface.skeleton, self.surface.plan
        found = {}
        for voice, named in enumerate(before.style.voices):
            if named.name in before.tunes:
                code, pitches = after.tables.voices[voice].code, before.tables.voices[voice].pitches
                own = np.array([code[pitch] for pitch in pitches], dtype=np.int32)
                found[before.tables.of_voice(voice)] = own
        return found

    def _read(
        self, factor: Factor, moment: int, stays: bool, before: Mapping[int, int], after: Mapping[int, int]
    ) -> Iterator[tuple[Scope, NDArray[np.bool_]]]:
        """What a factor forbids, on the components that are open; nothing where that cannot be said."""
        parts = [each for each in factor.reads if isinstance(each, Part)]
        if (
            factor.slot is not None
            or len(parts) < len(factor.reads)
            or not np.isneginf(factor.log_weight).any()
        ):
            return
        left = tuple(dict.fromkeys(each for part in parts for each in part.before))
        if left and not moment:
            return
        entered = tuple(dict.fromkeys(each for part in parts for each in part.after))
        known = [{each: codes[each] for each in side if each in codes}
                 for side, codes in ((left, before), (entered, after))]  # fmt: skip
        key = factor.key, stays, *(tuple(each.items()) for each in known)
        if key not in self._tables:
            open_left = tuple(each for each in left if each not in known[0])
            open_entered = tuple(each for each in entered if each not in known[1])
            if stays:
                scope: Scope = (), tuple(dict.fromkeys((*open_left, *open_entered)))
            else:
                scope = open_left, open_entered
            self._tables[key] = scope, self._forbidden(factor, parts, scope, stays, known)
        scope, table = self._tables[key]
        if table.any() and any(scope):
            yield scope, table

    def _forbidden(
        self, factor: Factor, parts: list[Part], scope: Scope, stays: bool, known: list[dict[int, int]]
    ) -> NDArray[np.bool_]:
        """(codes of each open component): what is forbidden; nothing where the cases are too many."""
        tables = self.surface.skeleton.tables
        counts = tables.counts(scope)
        if prod(counts) > LARGEST_TABLE:
            return np.zeros((), dtype=bool)
        cases = np.indices(counts, dtype=np.int32).reshape(len(counts), -1)
        size = cases.shape[1]
        columns = dict(
            zip([*((0, each) for each in scope[0]), *((1, each) for each in scope[1])], cases, strict=True)
        )

        def column(side: int, component: int) -> IntArray:
            if component in known[side]:
                return np.full(size, known[side][component], dtype=np.int32)
            codes = columns[1 if stays else side, component]
            return self._codes[component][codes] if component in self._codes else codes

        letters = np.zeros(size, dtype=np.int64)
        for part in parts:
            read = tuple(tuple(column(side, each) for each in components)
                         for side, components in enumerate((part.before, part.after)))  # fmt: skip
            letters = letters * part.size + part.letter(*read)
        return np.asarray(np.isneginf(factor.log_weight[0])[letters].reshape(counts))
