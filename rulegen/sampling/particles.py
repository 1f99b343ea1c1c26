"""Particles: walkers that keep in full what the lattice relaxed, each weighed by what its look-ahead did
not foresee.

Every walker weighs all its arcs by arc weight × look-ahead × the relaxed rules themselves and picks one in
proportion; its weight grows by the sum (the fully adapted auxiliary particle filter of Pitt and Shephard,
1999). The estimate of the mass is unbiased where no population died; one drawn of N particles is off by
O(1/N), and by more where the population had to go back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from rulegen.lattice.codes import IndexArray, Integers
from rulegen.lattice.layers import Lattice, LayerArcs
from rulegen.lattice.lookahead import Ahead, look_ahead
from rulegen.lattice.mixed import at
from rulegen.lattice.pairs import Nodes, Pairs
from rulegen.lattice.problem import FloatArray, IntArray, Problem
from rulegen.lattice.reading import Reader
from rulegen.sampling.companions import Companion, Hearing, begin
from rulegen.sampling.tracked import Tracked
from rulegen.sampling.voicing import choose_by_voices

MOST_RETURNS = 32  # how often a population that died may go back before that is reported


class PopulationDied(Exception):
    """No particle could go on at `layer`, after `returns` attempts from further back."""

    def __init__(self, layer: int, returns: int) -> None:
        super().__init__(f"no particle could pass layer {layer}, after going back {returns} times")
        self.layer = layer
        self.returns = returns


@dataclass(frozen=True, slots=True, eq=False)
class Walked:
    """One assignment drawn of a population."""

    assignment: IntArray  # (layers, components)
    effective_size: float  # the least on the way, each time before resampling; 1 .. particles
    log_mass: float  # nats, estimated; unbiased (the mass, not its log) where `returns` is 0
    returns: int  # how often the population died and went back; above 0 the draw is biased
    found: IntArray  # (alive, layers, components): where all particles came to, the greatest weight first
    log_weights: FloatArray  # (alive,), nats of these by the law


@dataclass(slots=True, eq=False)
class _Population:
    """Particles side by side; every array's first axis is the particle."""

    place: IndexArray  # (state, column) before the next stage, flat
    memory: IntArray  # (particles, tracked slots)
    log_weight: FloatArray  # (particles,)
    score: FloatArray  # (particles,), nats of the paths by the law
    path: IntArray  # (particles, layers, components), positions in the universe
    begins: dict[int, IndexArray]  # block -> place, for blocks not begun
    ends: dict[int, IntArray]  # block -> memory at its end
    heard: tuple[Hearing, ...] = ()
    heard_ends: dict[int, tuple[Hearing, ...]] = field(
        default_factory=dict
    )  # block -> what was heard by its end
    log_mass: float = 0.0  # gathered when resampling

    def copied(self) -> _Population:
        """The same, to be moved on: its paths anew, all else is never written to."""
        return replace(
            self,
            path=self.path.copy(),
            begins=dict(self.begins),
            ends=dict(self.ends),
            heard_ends=dict(self.heard_ends),
        )

    def chosen(self, which: IndexArray, log_weight: FloatArray, log_mass: float) -> _Population:
        """The particles `which`, in new arrays."""
        return _Population(
            self.place[which],
            self.memory[which],
            log_weight,
            self.score[which],
            self.path[which],
            {b: p[which] for b, p in self.begins.items()},
            {b: m[which] for b, m in self.ends.items()},
            tuple(each.select(which) for each in self.heard),
            {b: tuple(each.select(which) for each in h) for b, h in self.heard_ends.items()},
            log_mass,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Cases:
    """What walkers may enter at a layer: walker `owner`, ascending, the values (cases, components). left:
    (walkers, components), the values that they leave, None at the start.
    """

    layer: int
    left: IntArray | None
    owner: IndexArray
    entered: IntArray


def walk(
    lattice: Lattice,
    problem: Problem,
    generator: np.random.Generator,
    particles: int = 64,
    ahead: Ahead | None = None,
    companions: Sequence[Companion] = (),
) -> Walked:
    """One assignment of `problem`, its relaxed rules kept exactly, weighed by what its companions say too.

    Raises `PopulationDied`, and ValueError where even the relaxed lattice has no legal assignment. `ahead` is
    from `look_ahead`.
    """
    ahead = look_ahead(lattice) if ahead is None else ahead
    if np.isneginf(ahead.total):
        raise ValueError("the lattice has no legal assignment")
    return _Walk(lattice, problem, generator, particles, ahead, tuple(companions)).run()


@dataclass(slots=True, eq=False)
class _Walk:
    lattice: Lattice
    problem: Problem
    generator: np.random.Generator
    particles: int
    ahead: Ahead
    companions: tuple[Companion, ...]
    tracked: Tracked = field(init=False)
    plan: list[tuple[int, int]] = field(init=False)
    moments: dict[int, Nodes] = field(default_factory=dict)  # by id of a stage's moments

    def __post_init__(self) -> None:
        self.tracked = Tracked.of(self.lattice, self.problem)
        self.plan = [(b, s) for b, block in enumerate(self.lattice.blocks) for s in range(len(block.stages))]

    def run(self) -> Walked:
        history = [self._start()]
        returns, deepest, deaths = 0, -1, 0
        least = float(self.particles)
        while len(history) <= len(self.plan):
            depth = len(history) - 1
            following = self._advance(history[-1], *self.plan[depth])
            if following is None:
                deaths = deaths + 1 if depth <= deepest else 1
                deepest, returns = max(deepest, depth), returns + 1
                if returns > MOST_RETURNS:
                    raise PopulationDied(self._layer(depth), returns - 1)
                del history[max(1, len(history) - 2**deaths) :]
                continue
            size = effective_size(following.log_weight)
            least = min(least, size)
            history.append(self._resample(following) if size < self.particles / 2 else following)
        return self._finish(history[-1], least, returns)

    def _layer(self, depth: int) -> int:
        block, stage = self.plan[depth]
        return self.lattice.blocks[block].stages[stage].layer

    def _start(self) -> _Population:
        count = self.particles
        return _Population(
            np.zeros(count, dtype=np.int64),
            np.tile(self.tracked.starts, (count, 1)),
            np.zeros(count),
            np.zeros(count),
            np.zeros((count, self.lattice.layers, len(self.lattice.components)), dtype=np.int32),
            {},
            {},
            begin(self.companions, count),
        )

    def _advance(self, population: _Population, b: int, s: int) -> _Population | None:
        """The population one layer on, over the block's end where that is reached; None where all died."""
        block = self.lattice.blocks[b]
        now = population.copied()
        if s == 0 and b > 0:
            now.place = now.begins.pop(b)
            now.memory = now.ends[self.tracked.form.entry[b]]
            now.heard = now.heard_ends[self.tracked.form.entry[b]]
        with np.errstate(invalid="ignore"):
            self._move(now, b, s)
        if s + 1 == len(block.stages):
            self._end(now, b)
        return None if np.isneginf(now.log_weight).all() else now

    def _move(self, now: _Population, b: int, s: int) -> None:
        stage = self.lattice.blocks[b].stages[s]
        left, entered = self.ahead.values[b][s], self.ahead.entered(b, s, stage)
        state, column = np.divmod(now.place, left.shape[1])
        owner, target, weight = stage.arcs.out_of(state)
        log = weight + at(entered, target, column[owner]) - at(left, state, column)[owner]
        before = self._before(now, b, s, stage.layer)
        extra, after = self._weigh(now, before, stage, owner, stage.moment[target])
        cases = self._cases(before, stage, owner, stage.moment[target])
        extra = extra + self._consult(now, cases)
        log = np.where(np.isnan(log + extra), -np.inf, log + extra)
        log, placed, heard = self._place_tokens(now, log, cases)
        chosen, total = choose(log, owner, self.generator.random(self.particles))
        now.log_weight = now.log_weight + (total if placed is None else placed)
        now.score = now.score + (weight + extra)[chosen] + heard
        now.memory = after[chosen]
        target = target[chosen]
        now.path[:, stage.layer] = self._nodes(stage).columns[:, stage.moment[target]].T
        values = stage.moments[stage.moment[target]]
        now.heard = tuple(each.advance(stage.layer, values) for each in now.heard)
        now.place = _spread(stage, target.astype(np.int64), column, left.shape[1])

    def _before(self, now: _Population, b: int, s: int, layer: int) -> IntArray | None:
        """What each particle leaves, positions (particles, components); None at the start."""
        if layer == 0:
            return None
        last = layer - 1 if s else self.problem.sections[self.tracked.form.entry[b]].stop - 1
        return now.path[:, last]

    def _weigh(
        self, now: _Population, before: IntArray | None, stage: LayerArcs, owner: IndexArray, moment: Integers
    ) -> tuple[FloatArray, IntArray]:
        left = None if before is None else Nodes(np.ascontiguousarray(before.T))
        pairs = Pairs(self.tracked.universe, left, self._nodes(stage), owner, moment)
        return self.tracked.step(self.tracked.readers[stage.layer], now.memory, pairs, owner)

    def _cases(
        self, before: IntArray | None, stage: LayerArcs, owner: IndexArray, moment: Integers
    ) -> _Cases | None:
        """What companions are asked about; None without any."""
        if not self.companions:
            return None
        left = None if before is None else self._values(before)
        return _Cases(stage.layer, left, owner, stage.moments[moment])

    def _consult(self, now: _Population, cases: _Cases | None) -> FloatArray | float:
        """What the companions of one token a moment say of each case, nats."""
        if cases is None:
            return 0.0
        total = np.zeros(len(cases.owner))
        for each in now.heard:
            if each.companion.width == 1:
                said = each.companion.weigh(each.state, cases.layer, cases.left, cases.owner, cases.entered)
                total = total if said is None else total + said
        return total

    def _place_tokens(
        self, now: _Population, log: FloatArray, cases: _Cases | None
    ) -> tuple[FloatArray, FloatArray | None, FloatArray | float]:
        """The cases that agree with the tokens that a companion of several a moment drew, its draws' sums,
        and what it says of them; all cases without one.
        """
        wide = [each for each in now.heard if each.companion.width > 1]
        if cases is None or not wide:
            return log, None, 0.0
        companion, state = wide[0].companion, wide[0].state
        tokens = companion.tokens(cases.layer, cases.entered)
        uniforms = self.generator.random((self.particles, tokens.shape[1]))

        def ask(placed: IntArray) -> FloatArray:
            return companion.ask(state, cases.layer, cases.left, placed)

        return choose_by_voices(log, cases.owner, tokens, ask, uniforms)

    def _values(self, path: IntArray) -> IntArray:
        """Values of positions (…, components)."""
        columns = [values[path[..., c]] for c, values in enumerate(self.tracked.universe.values)]
        return np.stack(columns, axis=-1).astype(np.int32)

    def _nodes(self, stage: LayerArcs) -> Nodes:
        if id(stage.moments) not in self.moments:
            values = self.tracked.universe.values
            columns = [np.searchsorted(v, c) for v, c in zip(values, stage.moments.T, strict=True)]
            self.moments[id(stage.moments)] = Nodes(np.stack(columns).astype(np.int32))
        return self.moments[id(stage.moments)]

    def _end(self, now: _Population, b: int) -> None:
        now.ends[b] = now.memory
        now.heard_ends[b] = now.heard
        block = self.lattice.blocks[b]
        if block.seam is not None:
            now.score = now.score + block.seam.reshape(-1)[now.place]
        for child in block.children:
            now.begins[child.block] = now.place if child.start is None else child.start[now.place]
        for coupling in self.tracked.form.closing(b):
            readers = self.tracked.seams[coupling.statement]
            weight = self._seam(now, coupling.leaves, coupling.enters, readers)
            now.log_weight, now.score = now.log_weight + weight, now.score + weight

    def _seam(self, now: _Population, leaves: int, enters: int, readers: Sequence[Reader]) -> FloatArray:
        everyone = np.arange(self.particles)
        memory, total = now.ends[leaves], np.zeros(self.particles)
        before = self.problem.sections[leaves].stop - 1
        for i, reader in enumerate(readers):
            layer = self.problem.sections[enters].first + i
            sides = [Nodes(np.ascontiguousarray(now.path[:, at].T)) for at in (before, layer)]
            pairs = Pairs(self.tracked.universe, sides[0], sides[1], everyone, everyone)
            log_weight, memory = self.tracked.step(reader, memory, pairs, everyone)
            total, before = total + log_weight, layer
        return total

    def _resample(self, population: _Population) -> _Population:
        """Systematic resampling: equal weights, and the mean weight gathered."""
        weights, greatest = _normal(population.log_weight)
        mean = greatest + float(np.log(weights.sum() / self.particles))
        points = (self.generator.random() + np.arange(self.particles)) / self.particles
        sums = np.cumsum(weights)
        which = np.searchsorted(sums, points * sums[-1], side="right")
        which = np.minimum(which, int(np.flatnonzero(weights)[-1]))
        return population.chosen(which, np.zeros(self.particles), population.log_mass + mean)

    def _finish(self, population: _Population, least: float, returns: int) -> Walked:
        weights, greatest = _normal(population.log_weight)
        sums = np.cumsum(weights)
        which = int(np.searchsorted(sums, self.generator.random() * sums[-1], side="right"))
        which = min(which, int(np.flatnonzero(weights)[-1]))
        assignment = self._values(population.path[which])
        mean = greatest + float(np.log(weights.sum() / self.particles))
        log_mass = self.ahead.total + population.log_mass + mean
        alive = np.flatnonzero(weights)
        ranked = alive[np.argsort(-population.score[alive], kind="stable")]
        found = self._values(population.path[ranked])
        return Walked(assignment, least, log_mass, returns, found, population.score[ranked])


def _spread(stage: LayerArcs, state: IndexArray, column: IndexArray, columns: int) -> IndexArray:
    spread = stage.spread
    if spread is None:
        return state * columns + column
    return spread.state[state] * (columns * spread.columns) + column * spread.columns + spread.column[state]


def choose(log: FloatArray, owner: IndexArray, uniform: FloatArray) -> tuple[IndexArray, FloatArray]:
    """For each owner one of its elements in proportion to exp(log), and the log of the sum; `owner` ascends.

    Where nothing is possible the first element is named, and the sum is -inf.
    """
    count = np.bincount(owner, minlength=uniform.size)
    begin = np.cumsum(count) - count
    across = np.arange(max(1, int(count.max())))[None, :]
    inside = across < count[:, None]
    index = np.where(inside, begin[:, None] + across, np.minimum(begin, max(0, log.size - 1))[:, None])
    rows = np.where(inside, log[index], -np.inf)
    greatest = rows.max(axis=1)
    safe = np.where(np.isneginf(greatest), 0.0, greatest)
    sums = np.cumsum(np.exp(rows - safe[:, None]), axis=1)
    threshold = (uniform * sums[:, -1])[:, None]
    chosen = np.minimum((sums <= threshold).sum(axis=1), (sums < sums[:, -1:]).sum(axis=1))
    with np.errstate(divide="ignore"):
        return index[np.arange(uniform.size), chosen], np.log(sums[:, -1]) + safe


def _normal(log_weight: FloatArray) -> tuple[FloatArray, float]:
    greatest = float(log_weight.max())
    return np.exp(log_weight - greatest), greatest


def effective_size(log_weight: FloatArray) -> float:
    """The effective sample size of weighted particles (Kong 1992): (Σ w)² / Σ w²; 0 where all are dead."""
    if np.isneginf(log_weight).all():
        return 0.0
    weights, _ = _normal(log_weight)
    return float(weights.sum() ** 2 / (weights**2).sum())
