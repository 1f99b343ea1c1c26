"""What constructions of one problem share: tables, the order of joining, joint moments and moves by kind.

Moments and moves are made for many layers side by side: what costs in small layers is not their size but how
often something is asked of them. Each is made when it is first asked for, and with it those of the layers to
come, as many as are not too much together.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from rulegen.lattice.join import LayerStep, Moves, join, opening
from rulegen.lattice.layers import Arcs
from rulegen.lattice.moments import (
    Limits,
    MomentKind,
    Moments,
    Overflow,
    TooMany,
    choose_order,
    joint_moments,
    moment_filters,
)
from rulegen.lattice.problem import IntArray, Layer, Problem
from rulegen.lattice.reading import Reader, Universe
from rulegen.lattice.states import States

Made = TypeVar("Made")

_SIDE_BY_SIDE = 1 << 20  # pairs of moments of several steps that are joined together, allowed or not
_MOMENTS = 1 << 18  # joint moments of several layers that are made together


class HandedDown(dict[Hashable, Made]):
    """What was made, by what of; what was made for a former problem is taken over when it is asked for."""

    former: dict[Hashable, Made] | None = None

    def __contains__(self, key: object) -> bool:
        if dict.__contains__(self, key):
            return True
        if self.former is None or key not in self.former:
            return False
        self[key] = self.former[key]
        return True


@dataclass(slots=True, eq=False)
class Reached:
    """The states that constructions reached, and by which arcs."""

    advanced: HandedDown[tuple[Arcs, States]] = field(default_factory=HandedDown)  # by id of what was left
    states: HandedDown[States] = field(default_factory=HandedDown)

    def held(self, states: States) -> States:
        """The states that are held of those that are equal: no others get their id."""
        key = states.key()
        if key not in self.states:
            self.states[key] = states
        return self.states[key]


@dataclass(slots=True, eq=False)
class Workshop:
    """What constructions of one problem share: the universe, the order of joining, moments and moves by kind;
    where there are too many, that.
    """

    universe: Universe
    order: tuple[int, ...]
    moments: HandedDown[Moments | TooMany] = field(default_factory=HandedDown)
    moves: HandedDown[Moves | TooMany] = field(default_factory=HandedDown)
    reached: Reached = field(default_factory=Reached)  # by constructions that keep it here
    limits: Limits = Limits()
    known: dict[tuple[bool, tuple[Hashable, ...]], Reader] = field(default_factory=dict)  # by keys of factors
    kinds: dict[Hashable, MomentKind] = field(default_factory=dict)
    together: int = 1 << 30  # how many layers' moments are made side by side

    @classmethod
    def of(cls, problem: Problem, limits: Limits | None = None, universe: Universe | None = None) -> Workshop:
        """A workshop for a problem and whatever is made of it by leaving factors out.

        `universe`: that of a problem with the same domains, whose tables are used again.
        """
        universe, limits = universe or Universe.of(problem), limits or Limits()
        layers = {tuple(f.key for f in layer.factors): layer for layer in problem.layers}
        widest = max(problem.layers, key=lambda layer: sum(d.size for d in layer.domains))
        readers = {
            (False, keys): Reader.of(layer.factors, facts=universe.facts) for keys, layer in layers.items()
        }
        order = choose_order(universe, readers.values(), positions(universe, widest))
        return cls(universe, order, limits=limits, known=dict(readers))

    def following(self, problem: Problem, limits: Limits) -> Workshop:
        """A workshop for another problem whose equal keys mean the same: it takes over what it can use."""
        universe, own = Universe.of(problem), self.universe
        alike = all(map(np.array_equal, universe.values, own.values))
        found = Workshop.of(problem, limits, own if alike else universe)
        if alike and (found.order, limits) == (self.order, self.limits):
            for mine, former in zip(found._made, self._made, strict=True):
                mine.former = former
        return found

    @property
    def _made(self) -> tuple[HandedDown[Any], ...]:
        return self.moments, self.moves, self.reached.advanced, self.reached.states

    def let_go(self) -> None:
        """Forget what a former problem had made and this one did not ask for."""
        for each in self._made:
            each.former = None

    @property
    def size(self) -> int:
        """How many bytes its moves and arcs take, which are the most that is kept."""
        moves = (each for each in self.moves.values() if isinstance(each, Moves))
        held = sum(each.before.nbytes + each.after.nbytes + each.log_weight.nbytes for each in moves)
        arcs = (
            each.source.nbytes + each.target.nbytes + each.log_weight.nbytes
            for each, _ in self.reached.advanced.values()
        )
        return held + sum(arcs)

    def readers(self, problem: Problem) -> list[Reader]:
        """A reader for each layer, equal layers' once; nothing lies before the first."""
        known, readers = self.known, []
        for i, layer in enumerate(problem.layers):
            key = (i == 0, tuple(f.key for f in layer.factors))
            if key not in known:
                known[key] = Reader.of(layer.factors, nothing_before=i == 0, facts=self.universe.facts)
            readers.append(known[key])
        return readers

    def forget_but(self, problem: Problem) -> None:
        """Let the moves go that no layer of the problem makes: they are the most that is kept."""
        made = {reader.keys for reader in self.readers(problem)}
        for key in [key for key in self.moves if key[2] not in made]:  # type: ignore[index]
            del self.moves[key]

    def kind(self, layer: Layer, reader: Reader, relevant: frozenset[int] | None = None) -> MomentKind:
        """What decides a layer's joint moments."""
        domains = tuple(d.tobytes() for d in layer.domains)
        key = domains, tuple(reader.identity[f.name] for f in moment_filters(reader)), relevant
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
                own = _key(other)
                if other.size <= _SIDE_BY_SIDE - size and own not in batch and own not in self.moves:
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
