"""Lays a file out anew: one statement or clause a line, indented and aligned.

Words, comments and grouping stay. Where the author broke a line within a statement it stays broken, and one
empty line stays where one or more stood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from rulegen.errors import Source, StyleError
from rulegen.language.grammar import pattern
from rulegen.language.layout import STEP, Cell, Head, Layout, layout_of
from rulegen.language.parser import parse_with_tree

WIDEST_ALIGNED = 60  # what is wider does not push the others to the right
SPACED = frozenset(("=", "==", "!=", "<", "<=", ">", ">=", "->", "{", "}"))
OPERATORS = frozenset(("and", "or", "not", "is", "in"))
TIGHT = frozenset((".", "..", "@"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A token or comment of the text, and the white space before it."""

    text: str
    start: int
    gap: str

    @property
    def is_comment(self) -> bool:
        return self.text.startswith("#") and re.match(r"#+(?!\S)", self.text) is not None

    @property
    def on_new_line(self) -> bool:
        return "\n" in self.gap


@dataclass(slots=True)
class Line:
    """A line that is being made."""

    indent: int
    parts: list[tuple[Cell | None, str]] = field(default_factory=list)  # text with the space before it
    comment: str = ""
    blank_before: bool = False

    def width_before(self, part: int) -> int:
        return self.indent + sum(len(text) for _, text in self.parts[:part])

    @property
    def text(self) -> str:
        return " " * self.indent + "".join(text for _, text in self.parts)


def format_source(source: Source) -> str:
    """The text laid out anew; it means the same. Raises StyleError where the text has faults."""
    tree, result = parse_with_tree(source)
    if result.diagnostics:
        raise StyleError(result.diagnostics)
    pieces = list(_pieces(source.text))
    tokens = [piece for piece in pieces if not piece.is_comment]
    apart = {
        piece.start
        for before, piece in zip([None, *pieces], pieces, strict=False)
        if piece.gap.count("\n") > 1 or (before is not None and before.is_comment and before.on_new_line)
    }
    lines = _Writer(layout_of(tree, [token.start for token in tokens], apart)).write(pieces)
    _align_cells(lines)
    _align_comments(lines)
    written = "".join(("\n" if line.blank_before else "") + line.text.rstrip() + "\n" for line in lines)
    return written.lstrip("\n")


def _pieces(text: str) -> Iterator[Piece]:
    names = ("COMMENT", "TEXT", "NAME", "NUMBER")
    any_piece = re.compile("|".join([*(pattern(name).pattern for name in names), r"\.\.|->|[=!<>]=|\S"]))
    end = 0
    for found in any_piece.finditer(text):
        yield Piece(found[0].rstrip(), found.start(), text[end : found.start()] or ("\n" if not end else ""))
        end = found.end()


class _Writer:
    """Puts pieces on lines."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.lines: list[Line] = []
        self.head = Head(0, STEP)
        self.depth = 0  # of braces within the line that is being made

    def write(self, pieces: list[Piece]) -> list[Line]:
        tokens = [piece for piece in pieces if not piece.is_comment]
        before: Piece | None = None
        seen = 0
        for piece in pieces:
            if piece.is_comment:
                self._comment(piece, tokens[seen] if seen < len(tokens) else None)
            else:
                seen += 1
                self._token(piece, before)
                before = piece
        return self.lines

    def _comment(self, piece: Piece, following: Piece | None) -> None:
        if self.lines and not piece.on_new_line and not self.lines[-1].comment:
            self.lines[-1].comment = piece.text
            return
        self._new_line(self._indent_before(following), piece)
        self.lines[-1].comment = piece.text

    def _indent_before(self, piece: Piece | None) -> int:
        if piece is None:
            return 0
        if piece.start in self.layout.heads:
            return self.layout.heads[piece.start].indent
        if piece.start in self.layout.closing:
            return self.layout.closing[piece.start] + STEP
        return self._continued(piece)

    def _token(self, piece: Piece, before: Piece | None) -> None:
        head = self.layout.heads.get(piece.start)
        if head is not None:
            self.head, self.depth = head, 0
            self._new_line(head.indent, piece)
        elif piece.start in self.layout.closing:
            self._new_line(self.layout.closing[piece.start], piece)
        elif piece.on_new_line or not self.lines or self.lines[-1].comment:
            self._new_line(self._continued(piece), piece)
        else:
            self._append(piece, before)
        self.depth += (piece.text == "{") - (piece.text == "}")

    def _append(self, piece: Piece, before: Piece | None) -> None:
        line = self.lines[-1]
        cell = self.layout.cells.get(piece.start)
        space = _space(before, piece) if before is not None else ""
        if piece.start in self.layout.labels:
            space = "  "
        line.parts.append((cell, (" " if cell and not space else space) + piece.text))

    def _new_line(self, indent: int, piece: Piece) -> None:
        opens = bool(self.lines) and self.lines[-1].text.endswith("{") and not self.lines[-1].comment
        blank = piece.gap.count("\n") > 1 and not opens and piece.start not in self.layout.closing
        text = "" if piece.is_comment else piece.text
        self.lines.append(Line(indent, [(None, text)] if text else [], "", blank))

    def _continued(self, piece: Piece) -> int:
        if self.depth:
            return self.head.indent + (0 if piece.text == "}" else STEP * self.depth)
        return self.head.hanging


def _space(before: Piece, piece: Piece) -> str:
    first, second = before.text, piece.text
    if second in (",", ")") or first == "(" or first in TIGHT or second in TIGHT:
        return ""
    if first == "," or first in SPACED or second in SPACED:
        return " "
    if (first == ")" and (second[0].isalnum() or second[0] == '"')) or (first in OPERATORS and second == "("):
        return " "
    if first == ":" and not second[0].isdigit():
        return " "
    return " " if piece.gap else ""


def _align_cells(lines: list[Line]) -> None:
    """Brings the cells of each group under one another, column by column."""
    places = [
        (cell.group, cell.column, line, part)
        for line in lines
        for part, (cell, _) in enumerate(line.parts)
        if cell is not None
    ]
    places.sort(key=lambda place: place[:2])
    for _, column in groupby(places, key=lambda place: place[:2]):
        _align([(line, part) for _, _, line, part in column])


def _align(column: list[tuple[Line, int]]) -> None:
    widths = [line.width_before(part) for line, part in column]
    target = max((width for width in widths if width <= WIDEST_ALIGNED), default=0)
    for (line, part), width in zip(column, widths, strict=True):
        cell, text = line.parts[part]
        assert cell is not None
        gap = max(target - width, 0) + (cell.gap if len(column) > 1 or cell.column > 1 else 1)
        line.parts[part] = (cell, " " * gap + text.lstrip(" "))


def _align_comments(lines: list[Line]) -> None:
    """Puts the comments at the ends of lines that follow one another in one column."""
    for at_end, run in groupby(lines, key=lambda line: bool(line.comment and line.parts)):
        together = list(run)
        column = max(len(line.text) for line in together) + 2 if at_end else 0
        for line in together:
            if line.comment:
                space = " " * (column - len(line.text)) if at_end else ""
                line.parts.append((None, space + line.comment))
