"""Lays a file out anew: one statement or clause a line, indented and aligned.

Words, comments and grouping stay. Where the author broke a line within a statement it stays broken, and what
was further in there stays further in. One empty line stays where one or more stood, two before a comment that
heads a part of the file. Columns that were straight stay where they stood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from rulegen.errors import Source, StyleError
from rulegen.language.grammar import pattern
from rulegen.language.layout import FIRST, STEP, AlignedToken, Head, Layout, layout_of
from rulegen.language.parser import parse_with_tree

WIDEST_ALIGNED = 88  # what is wider does not push the others to the right
SPACED = frozenset(("=", "==", "!=", "<", "<=", ">", ">=", "->", "{", "}"))
OPERATORS = frozenset(("and", "or", "not", "is", "in"))
TIGHT = frozenset((".", "..", "@"))


@dataclass(frozen=True, slots=True)
class SpacedToken:
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
    parts: list[tuple[AlignedToken | None, str]] = field(
        default_factory=list
    )  # text with the space before it
    comment: str = ""
    comment_stood: int | None = (
        None  # as in a cell: how far right of the first token, where they share a line
    )
    blanks_before: int = 0
    start: int = 0  # in the text
    continues_at: int | None = None  # how far in it stood, where it goes on with what the line before began

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
    layout = layout_of(tree, source, [token.start for token in tokens], apart)
    lines = _Writer(layout, source).write(pieces)
    _keep_depths(lines)
    _align_cells(lines)
    _align_comments(lines)
    written = "".join("\n" * line.blanks_before + line.text.rstrip() + "\n" for line in lines)
    return written.lstrip("\n")


def _pieces(text: str) -> Iterator[SpacedToken]:
    names = ("COMMENT", "TEXT", "NAME", "NUMBER")
    any_piece = re.compile("|".join([*(pattern(name).pattern for name in names), r"\.\.|->|[=!<>]=|\S"]))
    end = 0
    for found in any_piece.finditer(text):
        yield SpacedToken(
            found[0].rstrip(), found.start(), text[end : found.start()] or ("\n" if not end else "")
        )
        end = found.end()


class _Writer:
    """Puts pieces on lines."""

    def __init__(self, layout: Layout, source: Source) -> None:
        self.layout = layout
        self.source = source
        self.lines: list[Line] = []
        self.head = Head(0, STEP)
        self.depth = 0  # of braces within the line that is being made

    def write(self, pieces: list[SpacedToken]) -> list[Line]:
        tokens = [piece for piece in pieces if not piece.is_comment]
        before: SpacedToken | None = None
        seen = 0
        for piece in pieces:
            if piece.is_comment:
                self._comment(piece, tokens[seen] if seen < len(tokens) else None)
            else:
                seen += 1
                self._token(piece, before)
                before = piece
        return self.lines

    def _comment(self, piece: SpacedToken, following: SpacedToken | None) -> None:
        if self.lines and not piece.on_new_line and not self.lines[-1].comment:
            self.lines[-1].comment = piece.text
            if len(piece.gap) > 1:
                self.lines[-1].comment_stood = self._stood(piece.start, self.lines[-1].start)
            return
        if following is None:
            self._new_line(0, piece)
        elif following.start in self.layout.heads:
            self._new_line(self.layout.heads[following.start].indent, piece)
        elif following.start in self.layout.closing:
            self._new_line(self.layout.closing[following.start] + STEP, piece)
        else:
            self._continue(piece, following)
        self.lines[-1].comment = piece.text

    def _stood(self, offset: int, start: int) -> int | None:
        together = self.source.begins_line(start) and "\n" not in self.source.text[start:offset]
        return offset - start if together else None

    def _token(self, piece: SpacedToken, before: SpacedToken | None) -> None:
        head = self.layout.heads.get(piece.start)
        if head is not None:
            self.head, self.depth = head, 0
            self._new_line(head.indent, piece)
        elif piece.start in self.layout.closing:
            self._new_line(self.layout.closing[piece.start], piece)
        elif piece.on_new_line or not self.lines or self.lines[-1].comment:
            self._continue(piece, piece)
        else:
            self._append(piece, before)
        self.depth += (piece.text == "{") - (piece.text == "}")

    def _append(self, piece: SpacedToken, before: SpacedToken | None) -> None:
        line = self.lines[-1]
        cell = self.layout.cells.get(piece.start)
        space = _space(before, piece) if before is not None else ""
        if piece.start in self.layout.set_off:
            space = "  "
        elif piece.start in self.layout.attached:
            space = ""
        line.parts.append((cell, (" " if cell and not space else space) + piece.text))

    def _new_line(self, indent: int, piece: SpacedToken) -> None:
        opens = bool(self.lines) and self.lines[-1].text.endswith("{") and not self.lines[-1].comment
        most = (
            0 if opens or piece.start in self.layout.closing else 2 if piece.is_comment and not indent else 1
        )
        text = "" if piece.is_comment else piece.text
        blanks = min(piece.gap.count("\n") - 1, most)
        self.lines.append(
            Line(indent, [(None, text)] if text else [], blanks_before=blanks, start=piece.start)
        )

    def _continue(self, piece: SpacedToken, following: SpacedToken) -> None:
        """Begins a line within a statement; `following` is the piece, or what a comment is above."""
        if self.depth:
            inner = 0 if following.text == "}" else STEP * self.depth
            self._new_line(self.head.indent + inner, piece)
            return
        self._new_line(self.head.hanging, piece)
        self.lines[-1].continues_at = self.source.indent(piece.start)


def _space(before: SpacedToken, piece: SpacedToken) -> str:
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


def _keep_depths(lines: list[Line]) -> None:
    """Of lines that go on with one statement, those that stood further in than others do so still."""
    for continued, run in groupby(lines, key=lambda line: line.continues_at is not None):
        together = list(run) if continued else []
        least = min((line.continues_at or 0 for line in together), default=0)
        for line in together:
            line.indent += (line.continues_at or 0) - least


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
    cells = [cell for line, part in column if (cell := line.parts[part][0]) is not None]
    alone = len(cells) == 1 and cells[0].column == FIRST
    gaps = [1 if alone else cell.gap for cell in cells]
    places = [
        None if cell.stood is None else line.indent + cell.stood
        for cell, (line, _) in zip(cells, column, strict=True)
    ]
    needed = [width + gap for width, gap in zip(widths, gaps, strict=True)]
    target = _straight(places, needed)
    if target is None or (alone and target > widths[0] + cells[0].gap):
        fitting = zip(needed, widths, strict=True)
        target = max((need for need, width in fitting if width <= WIDEST_ALIGNED), default=0)
    for (line, part), cell, width, gap in zip(column, cells, widths, gaps, strict=True):
        text = line.parts[part][1].lstrip(" ")
        line.parts[part] = (cell, " " * (max(target, width + gap) - width) + text)


def _straight(places: list[int | None], least: list[int]) -> int | None:
    """Where all of these stood in one column with room before it, that column."""
    first = places[0]
    straight = first is not None and set(places) == {first} and first >= max(least)
    return first if straight else None


def _align_comments(lines: list[Line]) -> None:
    """Puts the comments at the ends of lines that follow one another in one column."""
    for at_end, run in groupby(lines, key=lambda line: bool(line.comment and line.parts)):
        together = list(run)
        widths = [len(line.text) + 2 for line in together]
        places = [
            None if line.comment_stood is None else line.indent + line.comment_stood for line in together
        ]
        column = (_straight(places, widths) or max(widths)) if at_end else 0
        for line in together:
            if line.comment:
                space = " " * (column - len(line.text)) if at_end else ""
                line.parts.append((None, space + line.comment))
