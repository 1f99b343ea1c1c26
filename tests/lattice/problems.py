"""Small random problems, of every shape that the contract allows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rulegen.lattice.problem import Factor, Layer, LayerSpan, Output, Part, Problem, Seam, Slot

ORDERS = [
    "A",
    "AA",
    "AB",
    "AAB",
    "AABB",
    "ABA",
    "ABAC",
    "ABACA",
    "ABAB",
    "AABA",
    "ABCAB",
    "ABACB",
    "ABCAC",
    "AAAB",
]


def table_part(
    rng: np.random.Generator, before: tuple[int, ...], after: tuple[int, ...], size: int, span: int
) -> Part:
    """A part whose letter is a random function of what it reads; values lie in 0 .. span-1."""
    table = rng.integers(0, size, size=(span,) * (len(before) + len(after)), dtype=np.int32)

    def letter(left: tuple[np.ndarray, ...], right: tuple[np.ndarray, ...]) -> np.ndarray:
        return table[(*left, *right)]

    return Part(("part", int(rng.integers(1 << 60))), before, after, size, letter)


@dataclass
class Maker:
    """Makes factors of one problem."""

    rng: np.random.Generator
    components: int
    span: int = 5
    hard: float = 0.12
    slots: list[Slot] = field(default_factory=list)

    def weights(self, memory: int, letters: int) -> np.ndarray:
        table = self.rng.normal(0, 1, size=(memory, letters)) * self.rng.integers(0, 2)
        table[self.rng.random(table.shape) < self.hard] = -np.inf
        return table

    def part(self) -> Part:
        def scope(low: int) -> tuple[int, ...]:
            count = int(self.rng.integers(low, min(3, self.components + 1)))
            return tuple(sorted(self.rng.choice(self.components, size=count, replace=False).tolist()))

        before, after = scope(0), scope(0)
        if not before and not after:
            after = (0,)
        return table_part(self.rng, before, after, int(self.rng.integers(2, 4)), self.span)

    def factor(self, name: str, earlier: list[Factor]) -> Factor:
        reads: list[Part | Output] = [self.part() for _ in range(int(self.rng.integers(1, 3)))]
        giving = [f for f in earlier if f.output is not None]
        if giving and self.rng.random() < 0.6:
            chosen = giving[int(self.rng.integers(len(giving)))]
            reads.insert(0, Output(chosen.name, 3))
            reads = reads[:2]
        letters = int(np.prod([r.size for r in reads]))
        slot, memory, following = None, 1, None
        if self.rng.random() < 0.5:
            memory = int(self.rng.integers(2, 4))
            slot = len(self.slots)
            self.slots.append(Slot(memory, int(self.rng.integers(memory)), slot, f"slot {slot}"))
            following = self.rng.integers(0, memory, size=(memory, letters), dtype=np.int32)
        output = (
            self.rng.integers(0, 3, size=(memory, letters), dtype=np.int32)
            if self.rng.random() < 0.5
            else None
        )
        key = (name, int(self.rng.integers(1 << 60)))
        return Factor(
            key, name, len(self.slots), tuple(reads), self.weights(memory, letters), slot, following, output
        )

    def family(self, count: int) -> tuple[Factor, ...]:
        made: list[Factor] = []
        for i in range(count):
            made.append(self.factor(f"factor {i}", made))
        return tuple(made)


def random_problem(seed: int, order: str = "A", *, hard: float = 0.12, width: int | None = None) -> Problem:
    """A problem of 2 or 3 components and, by the order's letters, sections of 1 to 3 layers."""
    rng = np.random.default_rng(seed)
    components = int(rng.integers(2, 4))
    names = sorted(set(order))
    maker = Maker(rng, components, hard=hard)
    families = [maker.family(int(rng.integers(2, 5))) for _ in range(2)]
    most = {1: 5, 2: 3, 3: 2}[len(names)]
    domains = 3 if components == 2 and len(names) < 3 else 2
    layers, sections = [], []
    for _ in names:
        length = int(rng.integers(1, most + 1))
        if width is not None:
            length = max(length, min(width, most))
        sections.append(LayerSpan(len(layers), len(layers) + length))
        for _ in range(length):
            kinds = tuple(
                np.sort(rng.choice(5, size=int(rng.integers(1, domains + 1)), replace=False)).astype(np.int32)
                for _ in range(components)
            )
            layers.append(Layer(kinds, families[int(rng.integers(2))]))
    statements = tuple(names.index(letter) for letter in order)
    return Problem(
        tuple(f"component {c}" for c in range(components)),
        tuple(maker.slots),
        tuple(layers),
        tuple(sections),
        statements,
        _seams(rng, statements, sections, families, width),
    )


def _seams(
    rng: np.random.Generator,
    order: tuple[int, ...],
    sections: list[LayerSpan],
    families: list[tuple[Factor, ...]],
    width: int | None,
) -> tuple[Seam, ...]:
    seams = []
    for statement, section in enumerate(order):
        if section in order[:statement] and (width is not None or rng.random() < 0.85):
            length = sections[section].stop - sections[section].first
            wide = min(length, width if width is not None else int(rng.integers(1, 4)))
            seams.append(Seam(statement, tuple(families[int(rng.integers(2))] for _ in range(wide))))
    return tuple(seams)
