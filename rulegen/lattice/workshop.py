"""What constructions of one problem share: tables, the order of joining, joint moments and moves by kind.

Moments and moves are made for many layers side by side: what costs in small layers is not their size but how
often something is asked of them. Each is made when it is first asked for, and with it those of the layers to
come, as many as are not too much together.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

import numpy as np

from rulegen.lattice.join import LayerStep, Moves, join, opening
from rulegen.lattice.moments import (
    Limits,
    MomentKind,
    Moments,
    Overflow,
    TooMany,
    choose_order,
    joint_moments,
)
from rulegen.lattice.problem import IntArray, Layer, Problem
from rulegen.lattice.reading import Reader, Universe

_SIDE_BY_SIDE = 1 << 20  # pairs of moments of several steps that are joined together, allowed or not
_MOMENTS = 1 << 18  # joint moments of several layers that are made together


@dataclass(slots=True, eq=False)
class Workshop:
    """What constructions of one problem share: the universe, the order of joining, moments and moves by kind;
    where there are too many, that.
    """

    universe: Universe
    order: tuple[int, ...]
    moments: dict[Hashable, Moments | TooMany] = field(default_factory=dict)
    moves: dict[tuple[Hashable, Hashable, Hashable], Moves | TooMany] = field(default_factory=dict)
    limits: Limits = Limits()
    kinds: dict[Hashable, MomentKind] = field(default_factory=dict)
    together: int = 1 << 30  # how many layers' moments are made side by side

    @classmethod
    def of(cls, problem: Problem, limits: Limits | None = None, universe: Universe | None = None) -> Workshop:
        """A workshop for a problem and whatever is made of it by leaving factors out.

        `universe`: that of a problem with the same domains, whose tables are used again.
        """
        universe = universe or Universe.of(problem)
        layers = {tuple(f.key for f in layer.factors): layer for layer in problem.layers}
        widest = max(problem.layers, key=lambda layer: sum(d.size for d in layer.domains))
        readers = (universe.reader(layer.factors) for layer in layers.values())
        order = choose_order(universe, readers, positions(universe, widest))
        return cls(universe, order, limits=limits or Limits())

    def readers(self, problem: Problem) -> list[Reader]:
        """A reader for each layer, equal layers' once; nothing lies before the first."""
        return [
            self.universe.reader(layer.factors, nothing_before=number == 0)
            for number, layer in enumerate(problem.layers)
        ]

    def forget_but(self, problem: Problem) -> None:
        """Let the moves go that no layer of the problem makes: they are the most that is kept."""
        made = {reader.keys for reader in self.readers(problem)}
        self.moves = {key: moves for key, moves in self.moves.items() if key[2] in made}

    def kind(self, layer: Layer, reader: Reader, relevant: frozenset[int] | None = None) -> MomentKind:
        """What decides a layer's joint moments."""
        domains = tuple(d.tobytes() for d in layer.domains)
        key = domains, tuple(each.key for each in reader.of_moments), relevant
        if key not in self.kinds:
            self.kinds[key] = MomentKind(key, positions(self.universe, layer), reader, relevant)
        return self.kinds[key]

    def moments_of(self, kind: MomentKind, coming: Iterable[MomentKind] = ()) -> Moments:
        """The joint moments of a layer under its own filters, as far as they are relevant. Raises `TooMany`.

        coming: the kinds that will be asked for next.
        """
        if kind.key not in self.moments:
            fresh = {k.key: k for k in coming if k.key not in self.moments}
            self._make_moments([kind, *(k for key, k in fresh.items() if key != kind.key)])
        found = self.moments[kind.key]
        if isinstance(found, TooMany):
            raise found
        return found

    def _make_moments(self, kinds: list[MomentKind]) -> None:
        """The moments of the first of some kinds at least; of the others, as many as fit beside it."""
        while True:
            kinds = kinds[: self.together]
            most = self.limits.moments if len(kinds) == 1 else min(self.limits.moments, _MOMENTS)
            try:
                made = joint_moments(self.universe, kinds, self.order, most)
            except Overflow:
                self.together = max(1, len(kinds) // 2)
            except TooMany as many:
                self.moments[kinds[0].key] = many
                return
            else:
                for kind, columns in zip(kinds, made, strict=True):
                    self.moments[kind.key] = Moments(len(self.moments), columns, self.order)
                return

    def moves_of(self, step: LayerStep, coming: Iterable[LayerStep] = ()) -> Moves:
        """The moves of a step. Raises `TooMany`. coming: the steps that will be asked for next."""
        key = _key(step)
        if key not in self.moves and step.before is None:
            self.moves[key] = opening(self.universe, step.after, step.reader)
        elif key not in self.moves:
            batch, size = {key: step}, step.size
            for other in coming if size < _SIDE_BY_SIDE else ():
                if (
                    other.size <= _SIDE_BY_SIDE - size
                    and (own := _key(other)) not in batch.keys() | self.moves.keys()
                ):
                    batch[own] = other
                    size += other.size
            made = join(self.universe, list(batch.values()), self.limits.moves)
            for each, moves in zip(batch, made, strict=True):
                self.moves[each] = TooMany(self.limits.moves, "moves") if moves is None else moves
        found = self.moves[key]
        if isinstance(found, TooMany):
            raise found
        return found


def _key(step: LayerStep) -> tuple[Hashable, Hashable, Hashable]:
    return None if step.before is None else step.before.key, step.after.key, step.reader.keys


def positions(universe: Universe, layer: Layer) -> list[IntArray]:
    """A layer's domains as positions in the universe."""
    return [
        np.searchsorted(values, domain).astype(np.int32)
        for values, domain in zip(universe.values, layer.domains, strict=True)
    ]
