"""The weights that make the phrases of a corpus most likely, under a Gaussian prior about 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rulegen.fit.law import CorpusLaw
from rulegen.lattice.problem import FloatArray
from rulegen.style.model import Use
from rulegen.style.weights import LARGEST

_MOST_STEPS = 200
_CLOSE = 1e-11  # the share by which a step must still better the cost


def can_turn(use: Use) -> bool:
    """Whether a use of negative weight is one of the other verb: what is required cannot be preferred."""
    return use.verb in ("prefer", "avoid") and use.rule.manner != "require"


def undecided(law: CorpusLaw) -> NDArray[np.bool_]:
    """(uses,): those whose places the timelines decide, or that have none anywhere: no weight changes what
    they make likely.
    """
    found = np.ones(len(law.uses), dtype=bool)
    for term in law.terms:
        for tally in term.chain.tallies:
            found &= ~tally.amounts.varies()
    return found


def most_likely(
    law: CorpusLaw, start: FloatArray, sigma: float, progress: Callable[[str], None] = lambda _: None
) -> FloatArray:
    """The weights (uses,), nats, where likelihood × prior is greatest: the problem is convex, and the start
    of no account save where nothing depends on a weight, which then stays. sigma: nats.
    """
    from scipy.optimize import minimize

    free = np.flatnonzero(~undecided(law))
    if not free.size or not law.phrases:
        return start.copy()
    weights, steps = start.copy(), 0
    scale = _scale(law, start, sigma)[free]

    def cost(scaled: FloatArray) -> tuple[float, FloatArray]:
        nonlocal steps
        steps += 1
        progress(f"fitting: step {steps}")
        weights[free] = chosen = scaled * scale
        value, gradient = law.log_likelihood(weights)
        penalty = float(chosen @ chosen) / (2 * sigma**2)
        return penalty - value, (chosen / sigma**2 - gradient[free]) * scale

    lowest = np.array([-float(LARGEST) if can_turn(law.uses[place]) else 0.0 for place in free])
    bounds = list(zip(lowest / scale, LARGEST / scale, strict=True))
    options = {"maxiter": _MOST_STEPS, "gtol": 1e-4, "ftol": _CLOSE}
    found = minimize(cost, start[free] / scale, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    weights[free] = found.x * scale
    return weights


def _scale(law: CorpusLaw, weights: FloatArray, sigma: float) -> FloatArray:
    """(uses,): about how far each weight can be told from others: places come nearly as often by chance as
    in a Poisson law, whose variance is its mean.
    """
    mean = np.maximum(law.observed(), law.expected(weights))
    scale: FloatArray = 1 / np.sqrt(np.maximum(mean, 0.0) + 1 / sigma**2)
    return scale
