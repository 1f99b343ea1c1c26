"""Hidden Markov models in the lattice: a component more, which no score has.

After each layer at which something begins that the model hears, a layer is put in between where the moment
stays and the hidden state moves. So moves of the music and moves of the hidden state are never multiplied.
The sum over all paths with the same music is what the model says of it, at weight 1 alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.problem import Columns, Factor, IntArray, Layer, LayerSpan, Part, Problem, intern
from rulegen.models.laws import HiddenLaw
from rulegen.plan.consulted import Consulted
from rulegen.plan.token_columns import Column, scope_of


@dataclass(frozen=True)
class Widened:
    """A problem with hidden components and layers. place: (layers,), where each layer of the music stands."""

    problem: Problem
    place: IntArray
    components: int

    def music_of(self, values: NDArray[np.integer]) -> NDArray[np.integer]:
        """Assignments (…, layers, components) without what is hidden."""
        return values[..., self.place, : self.components]

    def layer_of(self, layer: int) -> int:
        """The layer of the music that a layer of the problem is, or follows."""
        return int(np.searchsorted(self.place, layer, side="right")) - 1

    def spread(self, conditions: IntArray) -> IntArray:
        """What is said of each layer of the music, -1 in the layers between."""
        found = np.full((len(self.problem.layers), *conditions.shape[1:]), -1, dtype=np.int32)
        found[self.place] = conditions
        return found


def widened(problem: Problem, chains: Sequence[tuple[Consulted, HiddenLaw]]) -> Widened:
    """The problem with hidden models at weight 1."""
    steps = [_Chain(each, law, len(problem.components) + i) for i, (each, law) in enumerate(chains)]
    layers: list[Layer] = []
    place = np.zeros(len(problem.layers), dtype=np.int32)
    for number, layer in enumerate(problem.layers):
        place[number] = len(layers)
        layers.append(_heard(layer, number, steps))
        if any(step.moves_after(number) for step in steps):
            layers.append(_between(layer, number, steps, len(problem.components)))
    ends = [*place.tolist(), len(layers)]
    sections = tuple(LayerSpan(ends[each.first], ends[each.stop]) for each in problem.sections)
    seams = []
    for seam in problem.seams:
        first = problem.sections[problem.order[seam.statement]].first
        factors: list[tuple[Factor, ...]] = []
        for i, each in enumerate(seam.factors):
            factors += [()] * (ends[first + i] - ends[first] - len(factors)) + [each]
        seams.append(replace(seam, factors=tuple(factors)))
    names = (*problem.components, *(f"hidden of {step.consulted.use.title}" for step in steps))
    wide = replace(problem, components=names, layers=tuple(layers), sections=sections, seams=tuple(seams))
    return Widened(wide, place, len(problem.components))


@dataclass(frozen=True)
class _Chain:
    """One hidden model as a component."""

    consulted: Consulted
    law: HiddenLaw
    component: int

    @property
    def first(self) -> int:
        """The first layer at which something begins that it hears; past all where nothing does."""
        heard = self.consulted.layers
        return int(heard[0]) if len(heard) else len(self.consulted.entered)

    def moves_after(self, layer: int) -> bool:
        """Whether the hidden state moves between this layer and the next one."""
        places = self.consulted.heard.places[0]
        return bool(places[layer] >= 0 and (places[layer + 1 :] >= 0).any())

    def domain(self, layer: int) -> IntArray:
        """The hidden states that there are at a layer: one while nothing was heard."""
        return np.arange(self.law.hidden if layer >= self.first else 1, dtype=np.int32)

    def factors(self, layer: int) -> list[Factor]:
        """At a layer of the music: the state is that of before, and emits what is heard."""
        found = []
        if layer == self.first:
            found.append(self._start())
        elif layer > 0:
            found.append(self._same(self.component))
        if self.consulted.heard.places[0, layer] >= 0:
            found.append(self._emission(layer))
        return found

    def step(self, layer: int) -> Factor:
        """Between layers: the state moves where something began that is heard, or stays."""
        if not self.moves_after(layer):
            return self._same(self.component)
        hidden, line = self.law.hidden, self.consulted.line
        enters = self.consulted.heard.enters[0][0]  # whether something begins is the same in all keys
        stays = np.where(np.eye(hidden, dtype=bool), 0.0, -np.inf)
        weights = np.concatenate([stays, self.law.transition]).reshape(1, -1)

        def letter(before: Columns, after: Columns) -> IntArray:
            began = enters[after[0]] >= 0
            moved: IntArray = ((began * hidden + before[0]) * hidden + after[1]).astype(np.int32)
            return moved

        scope = (self.consulted.heard.components[0], self.component)
        part = Part(("moves", line), (self.component,), scope, weights.shape[1], letter)
        name = (line, "model", "moves")
        return Factor(intern((name, self.consulted.use)), name, line, (part,), weights)

    def _same(self, component: int) -> Factor:
        return same(component, self.consulted.line)

    def _emission(self, layer: int) -> Factor:
        each, hidden, size = self.consulted, self.law.hidden, len(self.law.alphabet) + 1
        key = int(each.entered[layer])
        now = Column.of(each, each.heard.enters[0], each.heard.components[0], key)
        places = [each.place(own, layer) for own in each.keys.possible(key)]
        silent = np.zeros((1, hidden))
        weights = np.vstack([part for place in places for part in (silent, self.law.emission(place).T)])
        scope = (*scope_of(now), self.component)

        def letter(_: Columns, after: Columns) -> IntArray:
            own = dict(zip(scope, after, strict=True))
            token = now.key(own) * size + now.tokens[now.number(own)] + 1
            return np.asarray(token * hidden + own[self.component], dtype=np.int32)

        part = Part(("emits", each.line, key), (), scope, weights.size, letter)
        name = (each.line, "model", "emits")
        told = intern((name, *places, key, each.use))
        return Factor(told, name, each.line, (part,), weights.reshape(1, -1))

    def _start(self) -> Factor:
        line = self.consulted.line
        part = Part(("starts", line), (), (self.component,), self.law.hidden, lambda _, after: after[0])
        name = (line, "model", "starts")
        return Factor(intern((name, self.consulted.use)), name, line, (part,), self.law.start[None, :])


def same(component: int, line: int) -> Factor:
    """Demands that a component stays as it is."""

    def letter(before: Columns, after: Columns) -> IntArray:
        alike: IntArray = (before[0] == after[0]).astype(np.int32)
        return alike

    part = Part(("stays", component), (component,), (component,), 2, letter)
    return Factor(intern(("stays", component, line)), ("stays", component), line, (part,), _MUST)


_MUST = np.array([[-np.inf, 0.0]])


def _heard(layer: Layer, number: int, steps: Sequence[_Chain]) -> Layer:
    factors = [factor for step in steps for factor in step.factors(number)]
    domains = tuple(step.domain(number) for step in steps)
    return Layer((*layer.domains, *domains), (*layer.factors, *factors))


def _between(layer: Layer, number: int, steps: Sequence[_Chain], components: int) -> Layer:
    """The same moment again, where only hidden states move. What bounds the moment bounds it here too."""
    held = [same(component, -1) for component in range(components)]
    bounds = [_as_bound(factor) for factor in layer.factors if _bounds_moment(factor)]
    domains = tuple(step.domain(number) for step in steps)
    return Layer((*layer.domains, *domains), (*bounds, *held, *(step.step(number) for step in steps)))


def _bounds_moment(factor: Factor) -> bool:
    alone = factor.slot is None and factor.output is None
    reads = all(isinstance(read, Part) and not read.before for read in factor.reads)
    return alone and reads and bool(np.isneginf(factor.log_weight).any())


def _as_bound(factor: Factor) -> Factor:
    weights = np.where(np.isneginf(factor.log_weight), -np.inf, 0.0)
    return replace(factor, key=("bound", factor.key), log_weight=weights)
