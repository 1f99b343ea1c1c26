"""The lattice itself: blocks of layered arcs, arrays alone, so that it can be stored, loaded and walked
without its problem.

A *block* is a section, decided once. Its states are (state, column): the arcs move the state and leave the
column, which stands for what a later seam must still know of an earlier opening. Blocks form a tree: after
a block's end its children begin, each from where the block ended, independently of one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rulegen.lattice.arcs import AnyArcs
from rulegen.lattice.codes import IndexArray
from rulegen.lattice.problem import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """At an opening's end: state r of the arcs becomes state[r] in column k·columns + column[r]."""

    state: IntArray  # (states entered,)
    column: IntArray  # (states entered,)
    states: int
    columns: int


@dataclass(frozen=True, slots=True, eq=False)
class LayerArcs:
    """One layer: the arcs that enter it, and the joint moment of every state entered (before any spread)."""

    layer: int
    arcs: AnyArcs
    moment: IntArray  # (states entered,)
    moments: IntArray  # (moments, components): values
    spread: Spread | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Child:
    """Where a following block begins, for each (state, column) at the end, row by row:
    its own (state, column), flat."""

    block: int
    start: IndexArray | None  # (states × columns,); None: the same place


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A section's layers, how many (state, column) places it begins from, and what follows."""

    starts: int  # states
    columns: int  # at its beginning
    stages: tuple[LayerArcs, ...]
    seam: (
        FloatArray | None
    )  # (states, columns) nats of the seams that close at its end, -inf: forbidden; None: nothing
    children: tuple[Child, ...]


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A memory that left the lattice because a layer passed the budget."""

    slot: int
    name: str
    use: int
    layer: int  # where the budget was passed
    arcs: int  # arcs found there before giving up
    states: int  # states of the layer before
    without: int  # how many these would be without this memory


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Everything reachable, with weights.
    `blocks[0]` begins from one state; children come after their parents."""

    components: tuple[str, ...]
    layers: int
    blocks: tuple[Block, ...]
    relaxed: tuple[Relaxed, ...] = ()

    def written_out(self) -> Lattice:
        """The same lattice with all arcs written out."""
        known = {id(arcs): arcs.written_out for arcs in self.distinct_arcs()}
        return self.with_arcs(known)

    def with_arcs(self, known: Mapping[int, AnyArcs]) -> Lattice:
        """The lattice with others in place of its arcs, given by their ids."""
        return replace(
            self,
            blocks=tuple(
                replace(block, stages=tuple(replace(s, arcs=known[id(s.arcs)]) for s in block.stages))
                for block in self.blocks
            ),
        )

    def distinct_arcs(self) -> list[AnyArcs]:
        """Each arcs object once, in order of first use."""
        seen: dict[int, AnyArcs] = {}
        for block in self.blocks:
            for stage in block.stages:
                seen.setdefault(id(stage.arcs), stage.arcs)
        return list(seen.values())

    @property
    def stages(self) -> tuple[LayerArcs, ...]:
        """All stages, in order of their layers."""
        return tuple(sorted((s for b in self.blocks for s in b.stages), key=lambda stage: stage.layer))
