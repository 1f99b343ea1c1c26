"""How a problem's statements hang together: which section begins where, and what a later seam must still
know.

Sections that touch only through where one ends and the other begins are independent given that end, so they
form a tree: each hangs below the section stated just before its own first statement. A *register* is what
is kept as a column: the opening of a section until its last seam has closed, or (rarely) where a section
ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rulegen.lattice.problem import Factor, Problem


@dataclass(frozen=True, slots=True)
class Register:
    """What is kept of a section: its opening, as far as seams can tell openings apart, or its end state."""

    kind: Literal["opening", "end"]
    section: int


@dataclass(frozen=True, slots=True)
class Coupling:
    """One later statement's seam: out of the end of section `leaves` into the opening of section `enters`."""

    statement: int
    leaves: int
    enters: int
    factors: tuple[tuple[Factor, ...], ...]

    @property
    def closes_at(self) -> int:
        """The section at whose end both sides are known, if one of the two is above the other."""
        return max(self.leaves, self.enters)


@dataclass(frozen=True, slots=True)
class SectionTree:
    """The tree of sections with its couplings and registers."""

    entry: tuple[int, ...]  # section -> the section from whose end it begins; -1: from the start
    parent: tuple[int, ...]  # section -> the section after whose end it is decided; -1: first
    couplings: tuple[Coupling, ...]
    incoming: tuple[tuple[Register, ...], ...]  # section -> registers alive when it begins
    along: frozenset[int]  # statements whose seam leaves from where the section it enters begins anyway

    def children(self, section: int) -> list[int]:
        """The sections decided after this one, from its end."""
        return [c for c, parent in enumerate(self.parent) if parent == section]

    def closing(self, section: int) -> list[Coupling]:
        """The couplings both of whose sides are known at the end of this section, and not before."""
        return [c for c in self.couplings if c.closes_at == section]

    def weighed_at_end(self, section: int) -> list[Coupling]:
        """Of those closing, the ones that are not weighed along the section."""
        return [c for c in self.closing(section) if c.statement not in self.along]

    def weighed_along(self, section: int) -> list[Coupling]:
        """The couplings that are weighed along this section's first layers."""
        return [c for c in self.couplings if c.enters == section and c.statement in self.along]

    def opening_width(self, section: int) -> int:
        """How many layers of this section's opening later seams read; 0: none."""
        return max((len(c.factors) for c in self.remembered(section)), default=0)

    def remembered(self, section: int) -> list[Coupling]:
        """The couplings for which this section's opening must be remembered."""
        return [c for c in self.couplings if c.enters == section and c.statement not in self.along]


def form_of(problem: Problem, *, chain: bool = False) -> SectionTree:
    """The tree of a problem's sections: as wide as its seams allow, else, or where asked for, one chain."""
    order = problem.order
    entry = [-1] * len(problem.sections)
    for statement in range(len(order) - 1, 0, -1):
        entry[order[statement]] = order[statement - 1]
    entry[order[0]] = -1
    couplings = tuple(
        Coupling(seam.statement, order[seam.statement - 1], order[seam.statement], seam.factors)
        for seam in problem.seams
        if any(seam.factors)
    )
    parent = entry
    if chain or any(not _in_line(parent, c.leaves, c.enters) for c in couplings):
        parent = [section - 1 for section in range(len(entry))]
    along = frozenset(
        c.statement for c in couplings if not chain and c.leaves == entry[c.enters] == parent[c.enters]
    )
    apart = tuple(c for c in couplings if c.statement not in along)
    incoming = tuple(_incoming(section, entry, parent, apart) for section in range(len(entry)))
    return SectionTree(tuple(entry), tuple(parent), couplings, incoming, along)


def _above(parent: list[int], section: int) -> list[int]:
    """The section and all above it."""
    found = []
    while section >= 0:
        found.append(section)
        section = parent[section]
    return found


def _in_line(parent: list[int], one: int, other: int) -> bool:
    return one in _above(parent, other) or other in _above(parent, one)


def _incoming(
    section: int, entry: list[int], parent: list[int], couplings: tuple[Coupling, ...]
) -> tuple[Register, ...]:
    below = [s for s in range(len(parent)) if section in _above(parent, s)]
    above = _above(parent, section)[1:]
    needed: set[Register] = set()
    for coupling in couplings:
        if coupling.closes_at in below:
            needed.add(Register("opening", coupling.enters))
            if coupling.leaves != coupling.closes_at:
                needed.add(Register("end", coupling.leaves))
    needed.update(Register("end", entry[s]) for s in below if s != section and entry[s] != parent[s])
    return tuple(sorted((r for r in needed if r.section in above), key=lambda r: (r.section, r.kind)))
