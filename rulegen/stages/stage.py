"""What a stage is: it poses what may be decided given what stands, and draws from it.

P(piece) = Π over stages P(what the stage decides | what stands), each renormalised on the values that have a
legal completion. So a draw whose later stage is left without any value is drawn again at its own stage alone,
and a stage without any value excludes what it stands on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from rulegen.errors import Diagnostic, Unsatisfiable
from rulegen.lattice.best import best as best_of
from rulegen.lattice.codes import Integers
from rulegen.lattice.layers import Lattice
from rulegen.lattice.lookahead import Ahead
from rulegen.lattice.problem import IntArray, Problem
from rulegen.plan.companions import Follower
from rulegen.plan.hidden import Widened
from rulegen.plan.problem import Plan
from rulegen.sampling.exact import draw
from rulegen.sampling.particles import PopulationDied, Walked, walk

WALKS_FOR_BEST = 16  # populations that look for the best values where they cannot be proved
TRIES = 100  # draws of a stage whose later stages are left without any value, before it is given up


@dataclass(frozen=True, eq=False)
class Decided:
    """What stages have decided of a piece: values, int (layers, components), and how they came about.

    effective_size: the least that particles came to, where not exact. returns: how often all particles died
    and went back. again: how often a stage was drawn again, since a later one was left without any value.
    plan: that of the values, where it is not the one with which the piece began; bare: that of the skeleton.
    """

    values: Integers
    seed: int | None
    rng: np.random.Generator
    log_weight: float | None = None
    effective_size: float | None = None
    returns: int = 0
    again: int = 0
    form: int = 0  # its number, where the style has several
    skeleton: Integers | None = None  # the values of the first stage, where others stand in their place
    plan: Plan | None = None
    bare: Plan | None = None

    @classmethod
    def begun(cls, seed: int | None) -> Decided:
        """Nothing yet."""
        return cls(np.zeros((0, 0), dtype=np.int32), seed, np.random.default_rng(seed))


@dataclass(frozen=True)
class Posed:
    """What a stage may decide: a lattice with its look-ahead; where it is not all, `problem` has the rest for
    particles.

    companions: the models that particles consult. widened: where hidden states stand in the lattice.
    """

    plan: Plan
    lattice: Lattice
    ahead: Ahead
    problem: Problem | None
    companions: tuple[Follower, ...] = ()
    widened: Widened | None = None

    @property
    def is_exact(self) -> bool:
        """Whether draws come from exactly the distribution that was posed."""
        return not self.lattice.relaxed and not self.companions

    def music_of(self, values: Integers) -> Integers:
        """Assignments (…, layers, components) without what is hidden."""
        return values if self.widened is None else self.widened.music_of(values)

    def draw(self, drafts: Sequence[Decided], particles: int) -> list[Decided]:
        """A draw for each piece. Raises Unsatisfiable where no particle comes through."""
        if self.problem is not None:
            return [self._walked(draft, particles) for draft in drafts]
        uniforms = np.stack([draft.rng.random(self.lattice.layers) for draft in drafts])
        values = self.music_of(draw(self.lattice, uniforms, self.ahead))
        return [replace(draft, values=each) for draft, each in zip(drafts, values, strict=True)]

    def best(self, draft: Decided, particles: int) -> Decided:
        """The best values on what stands; where particles draw them, the best that these found."""
        if self.problem is None:
            found = [(each.assignment, each.log_weight) for each in best_of(self.lattice, 1)]
        else:
            found = self.found(1, particles)
        [(values, log_weight)] = found
        whole = (draft.log_weight or 0.0) + log_weight
        return replace(draft, values=self.music_of(values), log_weight=whole)

    def found(self, count: int, particles: int) -> list[tuple[IntArray, float]]:
        """The best values that several populations came to, each once, with their nats."""
        seen: dict[bytes, tuple[IntArray, float]] = {}
        for seed in range(max(WALKS_FOR_BEST, count)):
            walked = self.walk(np.random.default_rng(seed), particles)
            for values, log_weight in zip(walked.found, walked.log_weights.tolist(), strict=True):
                seen.setdefault(values.tobytes(), (values, log_weight))
        return sorted(seen.values(), key=lambda each: -each[1])[:count]

    def _walked(self, draft: Decided, particles: int) -> Decided:
        walked = self.walk(draft.rng, particles)
        sizes = [each for each in (draft.effective_size, walked.effective_size) if each is not None]
        values, returns = self.music_of(walked.assignment), draft.returns + walked.returns
        return replace(draft, values=values, effective_size=min(sizes, default=None), returns=returns)

    def walk(self, rng: np.random.Generator, particles: int) -> Walked:
        """A population of particles. Raises Unsatisfiable where none comes through."""
        assert self.problem is not None
        try:
            return walk(self.lattice, self.problem, rng, particles, self.ahead, self.companions)
        except PopulationDied as died:
            raise Unsatisfiable(self._died(died, particles)) from None

    def _died(self, died: PopulationDied, particles: int) -> Diagnostic:
        gone = ", ".join(dict.fromkeys(f"`{held.name}`" for held in self.lattice.relaxed))
        layer = died.layer if self.widened is None else self.widened.layer_of(died.layer)
        message = f"no piece was found: none of {particles} particles came past {self.plan.place_of(layer)}"
        notes = (f"{gone} left the lattice, which therefore does not see far enough ahead",)
        help = "raise the budget, take more particles, or narrow the rule; perhaps no score keeps it"
        return Diagnostic("particles-died", message, notes=notes, help=help)


@dataclass(frozen=True)
class Apart:
    """What a stage may decide where its components fall into parts that nothing ties: each is drawn alone.

    components: of each part, those that it decides; the others have a value in its lattice that says nothing.
    """

    parts: tuple[Posed, ...]
    components: tuple[tuple[int, ...], ...]

    @property
    def is_exact(self) -> bool:
        """Whether draws come from exactly the distribution that was posed."""
        return all(part.is_exact for part in self.parts)

    def draw(self, drafts: Sequence[Decided], particles: int) -> list[Decided]:
        """A draw for each piece, part after part."""
        for posed, own in zip(self.parts, self.components, strict=True):
            drawn = posed.draw(drafts, particles)
            drafts = [self._joined(*pair, own) for pair in zip(drafts, drawn, strict=True)]
        return list(drafts)

    def best(self, draft: Decided, particles: int) -> Decided:
        """The best values on what stands."""
        for posed, own in zip(self.parts, self.components, strict=True):
            draft = self._joined(draft, posed.best(draft, particles), own)
        return draft

    @staticmethod
    def _joined(before: Decided, drawn: Decided, own: tuple[int, ...]) -> Decided:
        values = drawn.values.copy()
        for component in range(before.values.shape[1]):
            if component not in own:
                values[:, component] = before.values[:, component]
        return replace(drawn, values=values)


class Drawable(Protocol):
    """What a stage may decide, to draw from."""

    def draw(self, drafts: Sequence[Decided], particles: int) -> list[Decided]:
        """A draw for each piece."""


class Stage(Protocol):
    """Decides some components of a piece, given those that earlier stages decided."""

    def pose(self, draft: Decided) -> Drawable | None:
        """What may be decided, given what stands; None where nothing may. Pieces that may decide the same
        are given one object, and drawn together.
        """

    def unsatisfiable(self, draft: Decided) -> Unsatisfiable:
        """Why a piece that stands so far cannot be completed."""


def completed(stages: Sequence[Stage], drafts: Sequence[Decided], particles: int) -> list[Decided | None]:
    """The pieces with all stages decided, one stage after another; None where the first has no value.

    Raises Unsatisfiable where no draw of a stage could be completed.
    """
    if not stages:
        return list(drafts)
    stage, later = stages[0], stages[1:]
    posed = [stage.pose(draft) for draft in drafts]
    found: list[Decided | None] = [None] * len(drafts)
    left = [place for place, each in enumerate(posed) if each is not None]
    standing = list(drafts)
    for _ in range(TRIES):
        drawn = _drawn([posed[place] for place in left], [standing[place] for place in left], particles)
        for place, each in zip(left, completed(later, drawn, particles), strict=True):
            found[place] = each
        failed = {place: each for place, each in zip(left, drawn, strict=True) if found[place] is None}
        left = list(failed)
        if not left:
            return found
        for place in left:
            standing[place] = replace(standing[place], again=standing[place].again + 1)
    raise later[0].unsatisfiable(failed[left[0]])


@dataclass(frozen=True)
class Pieces:
    """All pieces that stages decide, one after another, of which the first stands on nothing."""

    stages: Sequence[Stage]

    def draw(self, drafts: Sequence[Decided], particles: int) -> list[Decided]:
        """A piece for each draft. Raises Unsatisfiable where no draw of a stage could be completed."""
        return [each for each in completed(self.stages, drafts, particles) if each is not None]


def _drawn(posed: Sequence[Drawable | None], drafts: Sequence[Decided], particles: int) -> list[Decided]:
    """A draw for each piece, those that may decide the same together."""
    alike: dict[int, list[int]] = {}
    for place, each in enumerate(posed):
        alike.setdefault(id(each), []).append(place)
    found: dict[int, Decided] = {}
    for places in alike.values():
        first = posed[places[0]]
        assert first is not None
        found.update(zip(places, first.draw([drafts[place] for place in places], particles), strict=True))
    return [found[place] for place in range(len(drafts))]
