"""Where the lines of a well laid out file begin, and what stands under what: read off its tree."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from rulegen.language.build_expressions import span_of
from rulegen.language.tree import Node, Tree

STEP = 2  # spaces of indentation
BLOCKS = ("voices", "form", "block", "rule")
TAILS = ("narrowing", "except", "allowance", "in_voices", "in_sections", "in_bars", "in_phrases", "between")
USE_TAILS = frozenset((*TAILS, "on_beats", "on_kind_of_beats", "at_cadences"))


@dataclass(frozen=True, slots=True)
class Head:
    """A token that begins a line, how far in it stands, and how far in what its line is continued with."""

    indent: int
    hanging: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A token that stands under its like in lines of a group, `gap` spaces after what is before at least."""

    group: int
    column: int
    gap: int


@dataclass(slots=True)
class Layout:
    """The layout of a file, by offsets of tokens."""

    heads: dict[int, Head] = field(default_factory=dict)
    closing: dict[int, int] = field(default_factory=dict)  # braces on a line of their own, and how far in
    cells: dict[int, Cell] = field(default_factory=dict)
    labels: set[int] = field(default_factory=set)  # of lines of notes
    groups: int = 0


def layout_of(tree: Tree, starts: Sequence[int], apart: set[int]) -> Layout:
    """The layout of a tree.

    `starts` are the offsets of all tokens, `apart` those with an empty line or a comment before them.
    """
    return _Planner(starts, apart).plan(tree)


class _Planner:
    def __init__(self, starts: Sequence[int], apart: set[int]) -> None:
        self.starts = starts
        self.apart = apart
        self.layout = Layout()

    def plan(self, tree: Tree) -> Layout:
        before = ""
        for child in _trees(tree.children):
            start, kind = span_of(child).start, str(child.data)
            self.layout.heads[start] = Head(0, STEP)
            if kind != before or start in self.apart or kind in BLOCKS:
                self.layout.groups += 1
            before = kind
            group = self.layout.groups
            if kind == "setting":
                self._cell(self._after(start), Cell(group, 1, 1))
            elif kind == "use":
                self._use(child, group)
            elif kind in BLOCKS:
                self._block(child)
        return self.layout

    def _block(self, tree: Tree) -> None:
        parts = [child for child in _trees(tree.children) if child.data not in ("parameters", "manner")]
        if not parts:
            return
        self.layout.closing[span_of(tree).end - 1] = 0
        self.layout.groups += 1
        if tree.data == "rule":
            self._rule(parts)
            return
        words = [part for part in parts if part.data in ("voice", "plain_setting")]
        values = STEP + max((len(str(part.children[0])) for part in words), default=0) + 2
        for part in parts:
            start = span_of(part).start
            self.layout.heads[start] = Head(STEP, values)
            if part.data in ("voice", "plain_setting"):
                self._cell(self._after(start), Cell(self.layout.groups, 1, 2))
            settings = [child for child in _trees(part.children) if part.data == "voice"]
            if settings:
                self._cell(span_of(settings[0]).start, Cell(self.layout.groups, 2, 2))

    def _rule(self, clauses: list[Tree]) -> None:
        words = [str(clause.children[0] if clause.data == "case" else clause.data) for clause in clauses]
        longest = max((len(word) for word in words if word != "sentence"), default=0)
        for clause in clauses:
            self.layout.heads[span_of(clause).start] = Head(STEP, STEP + longest + 1 + STEP)
            self._clause(clause)

    def _clause(self, tree: Tree) -> None:
        if tree.data == "sentence":
            return
        group = self.layout.groups
        self._cell(self._after(span_of(tree).start), Cell(group, 1, 1))
        if tree.data != "case":
            return
        inside = [child for child in _trees(tree.children) if child.data in ("case_line", "case_setting")]
        for line in inside[1:]:
            if line.data == "case_line":
                self.layout.labels.add(span_of(line).start)
        tail = [child for child in tree.children[1:] if child not in inside]
        if tail:
            self._cell(span_of(tail[0]).start, Cell(group, 2, 2))

    def _use(self, tree: Tree, group: int) -> None:
        self._cell(self._after(span_of(tree).start), Cell(group, 1, 1))
        tails = [child for child in _trees(tree.children) if child.data in USE_TAILS | {"weight"}]
        if tails:
            self._cell(span_of(tails[0]).start, Cell(group, 2, 2))
        if len(tails) > 1 and tails[-1].data == "weight":
            self._cell(span_of(tails[-1]).start, Cell(group, 3, 2))

    def _after(self, start: int) -> int:
        """The offset of the next token."""
        return self.starts[min(bisect_right(self.starts, start), len(self.starts) - 1)]

    def _cell(self, offset: int, cell: Cell) -> None:
        self.layout.cells[offset] = cell


def _trees(nodes: Sequence[Node]) -> list[Tree]:
    return [node for node in nodes if isinstance(node, Tree)]
