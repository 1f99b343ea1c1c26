"""The parser itself: shifts tokens onto a stack and makes trees of them, as the tables say (LALR(1))."""

from __future__ import annotations

from rulegen.language.tables import tables
from rulegen.language.tree import Lexeme, Node, Tree

END = "$END"


class Unexpected(Exception):
    """What stands at an offset of the text may not stand there."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class StateStack:
    """A stack of states, and of what was read in each but the first."""

    __slots__ = ("_reductions", "_rows", "states", "values")

    def __init__(self) -> None:
        known = tables()
        self._rows = known.states
        self._reductions = known.reductions
        self.states = [known.start]
        self.values: list[Node] = []

    def feed(self, token: Lexeme) -> None:
        """Takes in a token; raises Unexpected where it may not stand, with all reduced that was complete."""
        rows, states, kind = self._rows, self.states, token.type
        while True:
            action = rows[states[-1]].get(kind)
            if action is None:
                raise Unexpected(token.start)
            if action >= 0:
                states.append(action)
                self.values.append(token)
                return
            self._reduce(~action)

    def finish(self, at: int) -> Tree:
        """The tree of all that was taken in, the text ending at an offset; raises Unexpected."""
        while self.states[-1] != tables().end:
            action = self._rows[self.states[-1]].get(END)
            if action is None:
                raise Unexpected(at)
            self._reduce(~action)
        whole = self.values[-1]
        assert isinstance(whole, Tree)
        return whole

    def _reduce(self, number: int) -> None:
        origin, size, label, kept, single = self._reductions[number]
        states, values = self.states, self.values
        if size == 1 and single:  # hands its one part on: most steps of an expression
            states[-1] = self._rows[states[-2]][origin]
            return
        parts = values[-size:] if size else []
        if size:
            del states[-size:], values[-size:]
        states.append(self._rows[states[-1]][origin])
        children = parts if kept is None else _children(parts, kept)
        if single and len(children) == 1:
            values.append(children[0])
            return
        first, last = 0, size - 1
        while first < size and parts[first].start < 0:
            first += 1
        while last > first and parts[last].start < 0:
            last -= 1
        standing = first < size
        values.append(
            Tree(label, children, parts[first].start if standing else -1, parts[last].end if standing else -1)
        )


def _children(parts: list[Node], kept: list[tuple[int, bool]]) -> list[Node]:
    children: list[Node] = []
    for place, inlined in kept:
        part = parts[place]
        if not inlined:
            children.append(part)
        elif isinstance(part, Tree):
            if children:
                children += part.children
            else:
                children = part.children  # a list that grows on its left stays one list
    return children
