"""Whether anything is legal at all, and if not how far one gets: reachability alone, no arcs kept.

Where joint moments and moves are few, layer by layer, equal layers once; otherwise depth first.
"""

from __future__ import annotations

import numpy as np

from rulegen.lattice.build import Construction, Overfull
from rulegen.lattice.depth_first import ReachReport, reach_depth_first
from rulegen.lattice.layers import Lattice
from rulegen.lattice.lookahead import look_ahead_max
from rulegen.lattice.moments import Limits, TooLarge
from rulegen.lattice.pairs import Universe
from rulegen.lattice.problem import Problem
from rulegen.lattice.workshop import Workshop

_BUDGET = 2_000_000  # arcs of a layer, beyond which the search goes depth first
_LIMITS = Limits(moments=300_000, moves=2_000_000)


def reach(problem: Problem, universe: Universe | None = None) -> ReachReport:
    """How far a problem can be gone through; its weights count only as far as they forbid.

    `universe`: that of a problem with the same domains, whose tables are used again.
    """
    try:
        construction = Construction(problem, Workshop.of(problem, _LIMITS, universe), _BUDGET)
        if construction.form.couplings:
            return _by_lattice(construction)
        dead = construction.dead_layer()
        return ReachReport(dead is None, dead)
    except (TooLarge, Overfull):
        return reach_depth_first(problem, universe)


def is_feasible(problem: Problem) -> bool | None:
    """Whether a problem can be gone through; None where it is too large to be looked at layer by layer."""
    try:
        construction = Construction(problem, Workshop.of(problem, _LIMITS, None), _BUDGET)
        if construction.form.couplings:
            return _by_lattice(construction).feasible
        return construction.dead_layer() is None
    except (TooLarge, Overfull):
        return None


def _by_lattice(construction: Construction) -> ReachReport:
    dead = construction.dead_layer()
    if dead is not None:
        return ReachReport(False, dead)
    lattice = construction.lattice()
    ahead = look_ahead_max(lattice)
    if not np.isneginf(ahead.total):
        return ReachReport(True, None)
    return ReachReport(False, _dead_seam(lattice))


def _dead_seam(lattice: Lattice) -> int:
    """The last layer of the first block whose own seam nothing closes, else of the last block with a seam."""
    seamed = [block for block in lattice.blocks if block.seam is not None]
    closed = [b for b in seamed if b.seam is not None and bool(np.isneginf(b.seam).all())]
    return (closed or seamed[-1:])[0].stages[-1].layer
