"""What belongs together since rules tie it, directly or through others."""

from __future__ import annotations


class Ties:
    """Nodes in the least parts within which they are tied."""

    def __init__(self) -> None:
        self._owner: dict[object, object] = {}

    def tie(self, one: object, other: object) -> None:
        """Joins the parts of two nodes."""
        self._owner[self.part(one)] = self.part(other)

    def part(self, node: object) -> object:
        """The node that stands for the part of a node; of one that nothing ties, itself."""
        while self._owner.setdefault(node, node) != node:
            node = self._owner[node]
        return node
