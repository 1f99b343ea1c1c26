"""The tree that the parser makes of a text, as the grammar says: tokens, and trees of named parts."""

from __future__ import annotations


class Lexeme(str):
    """A word or a sign of the text: which terminal of the grammar it is, and where it stands."""

    __slots__ = ("end", "start", "type")

    type: str
    start: int
    end: int

    def __new__(cls, type: str, text: str, start: int, end: int) -> Lexeme:
        made = super().__new__(cls, text)
        made.type = type
        made.start = start
        made.end = end
        return made


class Tree:
    """What a rule of the grammar made of the text: the rule's name, its parts, and where it stands."""

    __slots__ = ("children", "data", "end", "start")

    def __init__(self, data: str, children: list[Tree | Lexeme], start: int, end: int) -> None:
        self.data = data
        self.children = children
        self.start = start  # -1 where nothing of the text is in it
        self.end = end

    def __repr__(self) -> str:
        return f"Tree({self.data!r}, {self.children!r})"


Node = Tree | Lexeme
