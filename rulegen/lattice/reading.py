"""How the factors of a layer read: by what they need, the moment entered, the pair, or memories too."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from rulegen.lattice.classed import Classed
from rulegen.lattice.codes import BoolArray
from rulegen.lattice.facts import Fact, Facts
from rulegen.lattice.problem import Factor, FloatArray, IntArray, Output, Part


class Cases(Protocol):
    """What factors are evaluated on."""

    def __len__(self) -> int:
        """How many cases there are."""

    def letters(self, part: Part) -> IntArray:
        """A part's letters, int32 (cases,)."""


@dataclass(frozen=True, slots=True)
class ReadComponents:
    """The components that a factor reads, itself or through the outputs it reads."""

    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scoped:
    """Factors of a reader that read the same components; equal keys mean equal factors."""

    scope: ReadComponents
    factors: tuple[Factor, ...]
    key: tuple[Hashable, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """A layer's factors sorted by what they need: the moment entered, the pair, or memories too."""

    keys: tuple[Hashable, ...]
    factors: tuple[Factor, ...]  # those that are evaluated, in their order
    by_name: dict[Hashable, Factor]
    scopes: dict[Hashable, ReadComponents]  # by factor name
    identity: dict[Hashable, Hashable]  # by factor name: equal for equal factors that read equal outputs
    remembering: frozenset[Hashable]  # names of factors that depend on a memory
    filters: tuple[Factor, ...]  # those that forbid a letter whatever the memory, letters known from the pair
    weighing: tuple[Factor, ...]  # those without memory that weigh more than to forbid
    of_moments: tuple[Scoped, ...]  # the filters that read nothing before
    of_pairs: tuple[Scoped, ...]  # those that read what lies before
    weights: tuple[Scoped, ...]  # what weighs
    facts: Facts
    _classed: dict[Hashable, Classed] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        factors: Iterable[Factor],
        *,
        nothing_before: bool = False,
        facts: Facts | None = None,
    ) -> Reader:
        """Sort `factors`; where nothing lies before, those that read it, themselves or by outputs, are left
        out. `facts`: of the factors, shared by the readers of a problem.
        """
        facts = Facts() if facts is None else facts
        kept: list[Factor] = []
        scopes: dict[Hashable, ReadComponents] = {}
        identity: dict[Hashable, Hashable] = {}
        remembering: set[Hashable] = set()
        hearing: set[Hashable] = set()  # names of factors that read what remembers
        for factor in factors:
            fact = facts[factor]
            inner = fact.inner
            if inner and any(name not in scopes for name in inner):
                if nothing_before:
                    continue
                raise ValueError(f"factor {factor.name!r} reads an output that no earlier factor hands on")
            scope = _scope(fact, [scopes[name] for name in inner])
            if nothing_before and scope.before:
                continue
            kept.append(factor)
            scopes[factor.name] = scope
            identity[factor.name] = (factor.key, *(identity[name] for name in inner)) if inner else factor.key
            if inner and any(name in remembering for name in inner):
                hearing.add(factor.name)
            if factor.slot is not None or factor.name in hearing:
                remembering.add(factor.name)
        filters = tuple(f for f in kept if facts[f].filters and f.name not in hearing)
        weighing = tuple(f for f in kept if facts[f].weighs and f.name not in remembering)
        by_scope = [scoped(some, scopes, identity) for some in (filters, weighing)]
        return cls(
            tuple(f.key for f in kept),
            tuple(kept),
            {f.name: f for f in kept},
            scopes,
            identity,
            frozenset(remembering),
            filters,
            weighing,
            tuple(each for each in by_scope[0] if not each.scope.before),
            tuple(each for each in by_scope[0] if each.scope.before),
            by_scope[1],
            facts,
        )

    def classed(self) -> dict[Hashable, Classed]:
        """The factors that depend on a memory by name, in their order, with their letters classed."""
        found = self._classed
        for factor in () if found else self.factors:
            if factor.name in self.remembering:
                heard = tuple(isinstance(r, Output) and r.factor in self.remembering for r in factor.reads)
                found[factor.name] = self.facts.classed(factor, heard)
        return found

    def letters(self, factor: Factor, pairs: Cases) -> IntArray:
        """Letters of a factor that reads parts and outputs of factors without memory, (pairs,)."""
        code = np.zeros(len(pairs), dtype=np.int32)
        for read in factor.reads:
            code = code * np.int32(read.size) + self.column(read, pairs)
        return code

    def column(self, read: Part | Output, pairs: Cases) -> IntArray:
        """What one read gives on the pairs, int32 (pairs,)."""
        if isinstance(read, Part):
            return pairs.letters(read)
        factor = self.by_name[read.factor]
        if factor.output is None:
            raise ValueError(f"factor {factor.name!r} hands no output on")
        return np.take(factor.output[0].astype(np.int32, copy=False), self.letters(factor, pairs))

    def forbidden(self, factor: Factor, pairs: Cases) -> BoolArray:
        """Which pairs a filter forbids, bool (pairs,)."""
        dead = factor.log_weight.max(axis=0) == -np.inf
        return np.take(dead, self.letters(factor, pairs))

    def weight(self, factor: Factor, pairs: Cases) -> FloatArray:
        """Nats of a factor without memory, (pairs,); what it forbids as a filter counts nothing here."""
        finite = np.where(np.isneginf(factor.log_weight[0]), 0.0, factor.log_weight[0])
        return np.take(finite, self.letters(factor, pairs))


def scoped(
    factors: Iterable[Factor],
    scopes: Mapping[Hashable, ReadComponents],
    identity: Mapping[Hashable, Hashable],
) -> tuple[Scoped, ...]:
    """Some factors by what they read, in order of appearance."""
    found: dict[ReadComponents, list[Factor]] = {}
    for factor in factors:
        found.setdefault(scopes[factor.name], []).append(factor)
    return tuple(
        Scoped(scope, tuple(own), tuple(identity[factor.name] for factor in own))
        for scope, own in found.items()
    )


def _scope(fact: Fact, inner: list[ReadComponents]) -> ReadComponents:
    before, after = fact.before, fact.after
    if inner:
        before = before.union(*(scope.before for scope in inner))
        after = after.union(*(scope.after for scope in inner))
    return ReadComponents(tuple(sorted(before)), tuple(sorted(after)))
