"""How many assignments are legal: exactly, and as a power of two."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.arcs import Arcs
from rulegen.lattice.layers import Lattice
from rulegen.lattice.lookahead import before_spread, end_shape, log_mass, use_sparse

_TOGETHER = 8  # primes that are counted at once

Counts = NDArray[np.int64]


def count_log2(lattice: Lattice) -> float:
    """The base-two logarithm of the number of legal assignments; -inf where there is none."""
    return log_mass(unweighted(lattice)) / math.log(2)


def count(lattice: Lattice) -> int:
    """The exact number of assignments of positive weight:
    counted modulo primes below 2³¹, then put together."""
    bits = count_log2(lattice)
    if bits == -math.inf:
        return 0
    lattice = lattice.written_out()
    primes = [p for p, _ in zip(_primes(), range(int(bits * (1 + 1e-9) + 2) // 30 + 1), strict=False)]
    total, modulus = 0, 1
    adding = _Adding(use_sparse(lattice))
    for begin in range(0, len(primes), _TOGETHER):
        some = primes[begin : begin + _TOGETHER]
        for prime, residue in zip(some, _residues(lattice, np.array(some), adding), strict=True):
            total += modulus * ((int(residue) - total) * pow(modulus, -1, prime) % prime)
            modulus *= prime
    return total


def unweighted(lattice: Lattice) -> Lattice:
    """The same lattice with every legal arc and seam of weight 0."""
    lattice = lattice.with_arcs({id(arcs): arcs.unweighted() for arcs in lattice.distinct_arcs()})
    blocks = []
    for block in lattice.blocks:
        seam = None if block.seam is None else np.where(np.isneginf(block.seam), -np.inf, 0.0)
        blocks.append(replace(block, seam=seam))
    return replace(lattice, blocks=tuple(blocks))


def _residues(lattice: Lattice, primes: Counts, adding: _Adding) -> Counts:
    """The number of assignments modulo each prime, int64 (primes,)."""
    starts: list[Counts] = [np.zeros((0, 0, 0), dtype=np.int64)] * len(lattice.blocks)
    for i in range(len(lattice.blocks) - 1, -1, -1):
        block = lattice.blocks[i]
        shape = (*end_shape(block), primes.size)
        value = np.ones(shape, dtype=np.int64)
        if block.seam is not None:
            value[np.isneginf(block.seam)] = 0
        for child in block.children:
            ahead = starts[child.block].reshape(-1, primes.size)
            value = value * (ahead if child.start is None else ahead[child.start]).reshape(shape) % primes
        for stage in reversed(block.stages):
            value = adding(stage.arcs.written_out, before_spread(stage, value)) % primes
        starts[i] = value
    total: Counts = starts[0][0, 0]
    return total


class _Adding:
    """Sums over the arcs out of every state; fewer than 2³² terms below 2³¹ each, so nothing overflows."""

    def __init__(self, sparse: bool) -> None:
        self.sparse = sparse
        self.matrices: dict[int, Callable[[Counts], Counts]] = {}

    def __call__(self, arcs: Arcs, after: Counts) -> Counts:
        """Sums (states left, …) of `after` (states entered, …)."""
        flat = np.ascontiguousarray(after).reshape(after.shape[0], -1)
        if id(arcs) not in self.matrices:
            self.matrices[id(arcs)] = _product(arcs) if self.sparse else lambda value: _reduce(arcs, value)
        return self.matrices[id(arcs)](flat).reshape(arcs.left, *after.shape[1:])


def _product(arcs: Arcs) -> Callable[[Counts], Counts]:
    from scipy.sparse import csr_matrix

    ones = np.ones(arcs.source.size, dtype=np.int64)
    matrix = csr_matrix((ones, arcs.target, arcs.first), shape=(arcs.left, arcs.entered))
    return lambda value: np.asarray(matrix @ value)


def _reduce(arcs: Arcs, after: Counts) -> Counts:
    result = np.zeros((arcs.left, after.shape[1]), dtype=np.int64)
    rows = np.flatnonzero(np.diff(arcs.first))
    if rows.size:
        for k, column in enumerate(np.ascontiguousarray(after.T)):
            result[rows, k] = np.add.reduceat(column[arcs.target], arcs.first[rows])
    return result


def _primes() -> Iterator[int]:
    """The primes below 2³¹, the greatest first."""
    candidate = (1 << 31) - 1
    while True:
        if _is_prime(candidate):
            yield candidate
        candidate -= 2


def _is_prime(number: int) -> bool:
    """Miller–Rabin with bases 2, 3, 5 and 7, which decides every number below 3.2 · 10⁹ (Jaeschke 1993)."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7):
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        if all((power := power * power % number) != number - 1 for _ in range(twos - 1)):
            return False
    return True
