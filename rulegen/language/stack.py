"""The parser's stack as recovery sees it: which brackets are open, and how much of it to keep."""

from __future__ import annotations

from collections.abc import Collection

from rulegen.language.automaton import StateStack
from rulegen.language.grammar import (
    CLAUSES,
    DEEPEST_LOOK,
    STATEMENTS,
    accepted,
    accepts,
    pattern,
)
from rulegen.language.tree import Lexeme, Node, Tree

DEEPEST_BRACKETS = 64
TALLEST = 2000  # states: what a long run of signs piles up
CLOSED_BY = {"CLOSE": "OPEN", "RPAR": "LPAR"}


class TooDeep(Exception):
    """Brackets or signs are piled up beyond what the parser is ready to hold."""

    def __init__(self, token: Lexeme) -> None:
        super().__init__(token)
        self.offset = token.start


class Stack:
    """The states and values of a parser, with the brackets among them that are open."""

    def __init__(self, parser: StateStack) -> None:
        self.parser = parser
        self.states: list[int] = parser.states
        self.values: list[Node] = parser.values
        self.brackets: list[tuple[Lexeme, int]] = []  # with how tall the stack was before each

    @property
    def top(self) -> list[int]:
        """As much of its upper end as one looks at."""
        return self.states[-DEEPEST_LOOK:]

    def feed(self, token: Lexeme) -> None:
        """Takes in a token. Raises Unexpected where it may not stand, and TooDeep."""
        self.parser.feed(token)
        if token.type in CLOSED_BY.values():
            self.brackets.append((token, len(self.states) - 1))
            if len(self.brackets) > DEEPEST_BRACKETS:
                raise TooDeep(token)
        elif token.type in CLOSED_BY and self.brackets and self.brackets[-1][0].type == CLOSED_BY[token.type]:
            self.brackets.pop()
        elif len(self.states) > TALLEST:
            raise TooDeep(token)

    def height_for(self, terminals: Collection[str], floor: int = 1) -> int | None:
        """How much of the stack can be kept if one of the terminals is to come next."""
        for height in range(len(self.states), floor - 1, -1) if terminals else ():
            if accepted(self.states[max(0, height - DEEPEST_LOOK) : height], terminals):
                return height
        return None

    def drop_to(self, height: int) -> None:
        """Forgets what is above a height."""
        del self.states[height:]
        del self.values[height - 1 :]
        while self.brackets and self.brackets[-1][1] >= height:
            self.brackets.pop()

    def innermost(self) -> int:
        """The height just after the last brace, open or closed."""
        for place in range(len(self.values) - 1, -1, -1):
            value = self.values[place]
            if isinstance(value, Lexeme) and value.type in ("OPEN", "CLOSE"):
                return place + 2
        return 1

    def open_bracket(self) -> Lexeme | None:
        """The innermost bracket or brace that is open."""
        return self.brackets[-1][0] if self.brackets else None

    def open_brace(self) -> tuple[Lexeme, int] | None:
        """The innermost brace that is open, and how tall the stack was before it."""
        return next((found for found in reversed(self.brackets) if found[0].type == "OPEN"), None)

    def forget_from(self, offset: int, height: int) -> None:
        """Drops what was read since an offset of the text, above a height."""
        for place, value in enumerate(self.values[height - 1 :], height):
            if _start(value) >= offset:
                self.drop_to(place)
                return
            if isinstance(value, Tree):
                value.children[:] = [child for child in value.children if _start(child) < offset]

    def close_braces(self, height: int, place: int) -> None:
        """Closes the open braces above a height, as if the text had done so at `place`."""
        while any(token.type == "OPEN" and low >= height for token, low in self.brackets):
            found = self.height_for(("CLOSE",))
            if found is None:
                return
            self.drop_to(found)
            self.feed(Lexeme("CLOSE", "}", place, place))

    def begins_below(self, text: str, offset: int, height: int) -> bool:
        """Whether what stands at an offset begins a statement or a clause outside of a height."""
        kinds = [kind for kind in STATEMENTS + CLAUSES if pattern(kind).match(text, offset)]
        return any(accepts(self.states[:low], kind) for low in range(height, 0, -1) for kind in kinds)


def _start(node: Node) -> int:
    return max(node.start, 0)
