"""A synthetic problem as large as a chorale:
a chord and four voices, rules of voice leading, leaps to be recovered."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np

from rulegen.lattice.problem import Columns, Factor, IntArray, Layer, LayerSpan, Part, Problem, Seam, Slot

ROOTS = np.array([0, 2, 4, 5, 7, 9, 11, 7, 2, 9, 4, 0])
THIRDS = np.array([4, 3, 3, 4, 4, 3, 3, 4, 4, 4, 4, 4])
FIFTHS = np.array([7, 7, 7, 7, 7, 7, 6, 7, 7, 7, 7, 7])
RANGES = [(60, 79), (55, 74), (48, 67), (41, 60)]  # soprano first; components 1 .. 4
FOLLOWS = (np.subtract.outer(ROOTS, ROOTS) % 12 != 1) & (
    np.subtract.outer(np.arange(12), np.arange(12)) % 5 != 3
)


def sounds(chord: IntArray, pitch: IntArray) -> IntArray:
    """Which member of the chord a pitch is: 0 root, 1 third, 2 fifth, 3 none."""
    above = (pitch - ROOTS[chord]) % 12
    return np.where(
        above == 0, 0, np.where(above == THIRDS[chord], 1, np.where(above == FIFTHS[chord], 2, 3))
    )


def hard(
    name: str, before: tuple[int, ...], after: tuple[int, ...], good: Callable[[Columns, Columns], object]
) -> Factor:
    """A rule: what it does not allow is forbidden."""
    part = Part(name, before, after, 2, lambda b, a: np.asarray(good(b, a)).astype(np.int32))
    return Factor(name, name, 0, (part,), np.array([[-np.inf, 0.0]]))


def moment_rules() -> list[Factor]:
    rules = [hard(f"member {v}", (), (0, v), lambda b, a: sounds(a[0], a[1]) < 3) for v in range(1, 5)]
    for v, reach in ((1, 12), (2, 12), (3, 19)):
        rules.append(
            hard(
                f"spacing {v}",
                (),
                (v, v + 1),
                lambda b, a, reach=reach: (a[0] > a[1]) & (a[0] - a[1] <= reach),
            )
        )
    rules.append(hard("complete", (), (0, 1, 2, 3, 4), _complete))
    return rules


def _complete(before: Columns, after: Columns) -> object:
    members = np.stack([sounds(after[0], after[v]) for v in range(1, 5)])
    count = [(members == m).sum(axis=0) for m in range(3)]
    return (count[0] >= 1) & (count[1] >= 1) & (count[2] >= 1)


def move_rules() -> list[Factor]:
    rules = [hard("succession", (0,), (0,), lambda b, a: FOLLOWS[b[0], a[0]])]
    for v, most in ((1, 7), (2, 5), (3, 5), (4, 12)):
        rules.append(hard(f"leap {v}", (v,), (v,), lambda b, a, most=most: abs(a[0] - b[0]) <= most))
    for v, w in combinations(range(1, 5), 2):
        for interval in (0, 7):
            rules.append(
                hard(
                    f"parallel {v} {w} {interval}",
                    (v, w),
                    (v, w),
                    lambda b, a, i=interval: _no_parallel(b, a, i),
                )
            )
    rules.append(hard("hidden", (1, 4), (1, 4), _no_hidden))
    rules += [
        hard(f"overlap {v}", (v, v + 1), (v, v + 1), lambda b, a: (a[1] <= b[0]) & (a[0] >= b[1]))
        for v in (1, 2, 3)
    ]
    for v in range(1, 5):
        part = Part(
            f"steps {v}", (v,), (v,), 20, lambda b, a: np.minimum(abs(a[0] - b[0]), 19).astype(np.int32)
        )
        weights = -0.2 * np.arange(20)[None, :]
        rules.append(Factor(f"smooth {v}", f"smooth {v}", 1, (part,), weights))
    return rules


def _no_parallel(b: Columns, a: Columns, interval: int) -> object:
    moved = (b[0] != a[0]) & (b[1] != a[1])
    return ~(moved & ((b[0] - b[1]) % 12 == interval) & ((a[0] - a[1]) % 12 == interval))


def _no_hidden(b: Columns, a: Columns) -> object:
    similar = (a[0] - b[0]) * (a[1] - b[1]) > 0
    return ~(similar & (abs(a[0] - b[0]) > 2) & np.isin((a[0] - a[1]) % 12, (0, 7)))


def recover(v: int, slot: int) -> Factor:
    """After a leap of more than a third, a step or a third back."""
    part = Part(f"motion {v}", (v,), (v,), 5, _motion)
    forward = np.array([[1, 0, 0, 0, 2]] * 3, dtype=np.int32)
    weights = np.zeros((3, 5))
    weights[1, [0, 1, 2, 4]] = -np.inf
    weights[2, [0, 2, 3, 4]] = -np.inf
    return Factor(f"recover {v}", f"recover {v}", 10 + v, (part,), weights, slot, forward)


def _motion(b: Columns, a: Columns) -> IntArray:
    step = a[0] - b[0]
    kinds = [step < -4, step < 0, step == 0, step <= 4]
    return np.select(kinds, [0, 1, 2, 3], 4).astype(np.int32)


def chorale(layers: int, *, memories: int = 0, repeats: bool = False, voices: int = 4) -> Problem:
    """A chorale of so many layers, with so many voices recovering leaps;
    with `repeats`, its two halves as A A B B."""
    chords = np.arange(12, dtype=np.int32)
    domains = (chords, *(np.arange(low, high + 1, dtype=np.int32) for low, high in RANGES))
    slots = tuple(Slot(3, 0, 10 + v, f"recover {v}") for v in range(1, memories + 1))
    rules = (*moment_rules(), *move_rules(), *(recover(v, v - 1) for v in range(1, memories + 1)))
    begin = hard("begin", (), (0,), lambda b, a: a[0] == 0)
    begin_high = hard("begin high", (), (1,), lambda b, a: np.isin(a[0], (64, 67, 72)))
    ordinary, first = Layer(domains, rules), Layer(domains, (*rules, begin, begin_high))
    half = layers // 2
    cuts = [0, half] if repeats else [0]
    made = tuple(first if i in cuts else ordinary for i in range(layers))
    names = ("chord", "soprano", "alto", "tenor", "bass")
    if not repeats:
        return Problem(names, slots, made, (LayerSpan(0, layers),), (0,))
    seams = tuple(Seam(statement, (rules,)) for statement in (1, 3))
    return Problem(names, slots, made, (LayerSpan(0, half), LayerSpan(half, layers)), (0, 0, 1, 1), seams)
