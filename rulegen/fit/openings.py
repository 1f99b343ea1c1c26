"""What of a phrase is left open, where a corpus does not keep all of a style's rules.

Where a phrase breaks a hard rule, the style has no say: the moments on both sides of the breach stay as they
are, and no rule binds there. Everywhere else the style could have sung otherwise, its rules binding, all that
stays being known. That is a law again, whose expectations a lattice gives.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.pairs import Nodes, Pairs, Universe
from rulegen.lattice.problem import Factor, IntArray, Layer, Problem, intern
from rulegen.lattice.reading import Reader
from rulegen.lattice.seams import read_pairs, weigh_pairs
from rulegen.lattice.states import step_memories

Flags = NDArray[np.bool_]


def breaches(problem: Problem, paths: IntArray) -> Flags:
    """(paths, layers): where a path breaks what is demanded, or has what no domain holds there. paths: int32
    (paths, layers, components).
    """
    known = Universe.of(problem).values
    universe = Universe(tuple(np.union1d(own, paths[..., c]).astype(np.int32) for c, own in enumerate(known)))
    columns = [np.searchsorted(own, paths[..., c]) for c, own in enumerate(universe.values)]
    places = np.stack(columns).astype(np.int32)  # (components, paths, layers)
    everyone = np.arange(len(paths))
    memory = {s: np.full(len(paths), slot.start, dtype=np.int32) for s, slot in enumerate(problem.slots)}
    found = np.zeros(paths.shape[:2], dtype=bool)
    before: Nodes | None = None
    for place, layer in enumerate(problem.layers):
        reader = Reader.of(layer.factors, nothing_before=place == 0)
        after = Nodes(np.ascontiguousarray(places[:, :, place]))
        pairs = Pairs(universe, before, after, everyone, everyone)
        stepped = step_memories(reader, memory, read_pairs(reader, pairs), len(paths))
        found[:, place] = np.isneginf(weigh_pairs(reader, pairs) + stepped.log_weight)
        for component, domain in enumerate(layer.domains):
            found[:, place] |= ~np.isin(paths[:, place, component], domain)
        memory, before = stepped.memory, after
    return found


def held(broken: Flags) -> Flags:
    """(layers,): the moments that stay: those on both sides of each breach, (layers,)."""
    found = broken.copy()
    found[:-1] |= broken[1:]
    return found


def opened(problem: Problem, path: IntArray, broken: Flags, stays: Flags) -> Problem:
    """The problem of one path, (layers, components): what stays has one value, no rule binds at a breach."""
    layers = []
    for layer, values, is_broken, is_held in zip(problem.layers, path, broken, stays, strict=True):
        factors = tuple(map(_let_go, layer.factors)) if is_broken else layer.factors
        only = tuple(np.array([value], dtype=np.int32) for value in values.tolist())
        layers.append(Layer(only if is_held else layer.domains, factors))
    return replace(problem, layers=tuple(layers))


def _let_go(factor: Factor) -> Factor:
    """The factor without what it forbids."""
    forbids = np.isneginf(factor.log_weight)
    if not forbids.any():
        return factor
    weights = np.where(forbids, 0.0, factor.log_weight)
    return replace(factor, key=intern(("let go", factor.key)), log_weight=weights)
