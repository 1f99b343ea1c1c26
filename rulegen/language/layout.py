"""Where the lines of a well laid out file begin, and what stands under what: read off its tree.

Columns that the author chose, with two spaces or more, are columns of the layout too.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from rulegen.errors import Source
from rulegen.language.build_expressions import span_of
from rulegen.language.tree import Node, Tree

LONGEST_WORD = 30  # of what is compared
STEP = 2  # spaces of indentation
BLOCKS = ("voices", "form", "block", "rule")
PLACES = ("except", "in_voices", "in_sections", "in_bars", "in_phrases", "between")
AMOUNTS = ("allowance", "weight")
TAILS = frozenset((*PLACES, "on_beats", "on_kind_of_beats", "on_stage", "at_cadences", *AMOUNTS))
FIRST, AUTHORS, LAST = (
    1,
    10,
    1000,
)  # columns: after the first word, the author's own by where they stand, at the end


@dataclass(frozen=True, slots=True)
class Head:
    """A token that begins a line, how far in it stands, and how far in what its line is continued with."""

    indent: int
    hanging: int


@dataclass(frozen=True, slots=True)
class AlignedToken:
    """A token that stands under its like in lines of a group, `gap` spaces after what is before at least.

    `stood` is how far right of the first token of its line it stands in the text, where that is so there too.
    """

    group: int
    column: int
    gap: int
    stood: int | None = None


@dataclass(slots=True)
class Layout:
    """The layout of a file, by offsets of tokens."""

    heads: dict[int, Head] = field(default_factory=dict)
    closing: dict[int, int] = field(default_factory=dict)  # braces on a line of their own, and how far in
    cells: dict[int, AlignedToken] = field(default_factory=dict)
    set_off: set[int] = field(default_factory=set)  # tokens with two spaces before them
    attached: set[int] = field(default_factory=set)  # and with none: the signs that a note bears
    groups: int = 0


def layout_of(tree: Tree, source: Source, starts: Sequence[int], apart: set[int]) -> Layout:
    """The layout of a tree.

    `starts` are the offsets of all tokens, `apart` those with an empty line or a comment before them.
    """
    return _Planner(source, starts, apart).plan(tree)


class _Planner:
    def __init__(self, source: Source, starts: Sequence[int], apart: set[int]) -> None:
        self.source = source
        self.starts = starts
        self.apart = apart
        self.layout = Layout()
        self.uses: list[list[tuple[Tree, int]]] = []  # of the group: their tails, each with its column

    def plan(self, tree: Tree) -> Layout:
        before = ""
        for child in _trees(tree.children):
            start, kind = span_of(child).start, str(child.data)
            self.layout.heads[start] = Head(0, STEP)
            if kind != before or start in self.apart or kind in BLOCKS:
                self._end_uses()
                self.layout.groups += 1
            before = kind
            if kind == "setting":
                self._cell(self._after(start), FIRST, 1)
                if child.children[0] == "pattern" and len(child.children) > 2 and child.children[2] == "=":
                    self._cell(self._after(self._after(start)), FIRST + 1, 1)
            elif kind == "use":
                self._use(child)
            elif kind in BLOCKS:
                self._block(child)
        self._end_uses()
        return self.layout

    def _block(self, tree: Tree) -> None:
        heading = ("parameters", "manner", *TAILS)
        parts = [child for child in _trees(tree.children) if child.data not in heading]
        if not parts:
            return
        self.layout.closing[span_of(tree).end - 1] = 0
        self.layout.groups += 1
        if tree.data == "rule":
            self._rule(parts)
            return
        marks = [part for part in parts if part.data == "plain_setting" and _lists_marks(part)]
        words = [part for part in parts if part.data in ("voice", "plain_setting") and part not in marks]
        values = STEP + max((len(str(part.children[0])) for part in words), default=0) + 2
        self.layout.heads |= {
            span_of(part).start: Head(STEP, STEP if part in marks else values) for part in parts
        }
        for part in parts:
            start = span_of(part).start
            if part in marks:
                self.layout.set_off |= {span_of(word).start for word in part.children if word == "hairpins"}
            elif part.data in ("voice", "plain_setting"):
                self._cell(self._after(start), FIRST, 2)
            settings = [child for child in _trees(part.children) if part.data == "voice"]
            if settings:
                self._cell(span_of(settings[0]).start, LAST, 2)
        self._authors_columns(parts)

    def _authors_columns(self, parts: list[Tree]) -> None:
        """Columns that lines of a block have in common: what two spaces set off, and words equal to it."""
        columns: dict[int, list[int]] = {}
        for part in parts:
            for offset in self._tokens_on_line(part):
                stood = self._stood(offset)
                if stood is not None and self._gap(offset) and offset not in self.layout.cells:
                    columns.setdefault(stood, []).append(offset)
        for stood, column in columns.items():
            set_off = {self._word(offset) for offset in column if self._gap(offset) > 1}
            alike = [offset for offset in column if self._word(offset) in set_off]
            for offset in alike if len(alike) > 1 else ():
                self._cell(offset, AUTHORS + stood, min(self._gap(offset), 2))

    def _word(self, offset: int) -> str:
        """What stands in the text from a token to the next space."""
        return self.source.text[offset : offset + LONGEST_WORD].split(maxsplit=1)[0]

    def _tokens_on_line(self, tree: Tree) -> Sequence[int]:
        """The tokens of a tree that stand on its first line, without the first."""
        span = span_of(tree)
        break_at = self.source.text.find("\n", span.start)
        end = span.end if break_at < 0 else min(span.end, break_at)
        return self.starts[bisect_right(self.starts, span.start) : bisect_left(self.starts, end)]

    def _rule(self, clauses: list[Tree]) -> None:
        words = [str(clause.children[0] if clause.data == "case" else clause.data) for clause in clauses]
        longest = max((len(word) for word in words if word != "sentence"), default=0)
        for clause in clauses:
            self.layout.heads[span_of(clause).start] = Head(STEP, STEP + longest + 1 + STEP)
        for clause in clauses:
            self._clause(clause)
        self._authors_columns([clause for clause in clauses if clause.data == "case"])

    def _clause(self, tree: Tree) -> None:
        if tree.data == "sentence":
            return
        self._cell(self._after(span_of(tree).start), FIRST, 1)
        if tree.data != "case":
            return
        inside = [child for child in _trees(tree.children) if child.data in ("case_line", "case_setting")]
        self.layout.set_off |= {span_of(line).start for line in inside[1:]}
        played = (word for line in inside for word in _trees(line.children) if word.data == "played")
        for word in played:
            self.layout.attached.update(range(span_of(word.children[1]).start, span_of(word).end))
        tail = [child for child in tree.children[1:] if child not in inside]
        if tail and self._on_one_line(tree, tail[0]):
            self._cell(span_of(tail[0]).start, LAST, 2)

    def _use(self, tree: Tree) -> None:
        """Its rules stand in a column, in further ones its first tail and those that are set off from it."""
        self._cell(self._after(span_of(tree).start), FIRST, 1)
        tails = [child for child in _trees(tree.children) if child.data in TAILS]
        tails = [tail for tail in tails if self._on_one_line(tree, tail)]
        placed: list[tuple[Tree, int]] = []
        for tail in tails:
            is_last_weight = tail is tails[-1] and tail.data == "weight"
            if not placed or is_last_weight or self._gap(span_of(tail).start) > 1:
                placed.append((tail, FIRST + 1 + len(placed)))
        self.uses.append(placed)

    def _end_uses(self) -> None:
        """An amount goes to a later column where the author put it under what stands there in other uses."""
        placed = [(span_of(tail).start, tail, column) for use in self.uses for tail, column in use]
        for start, tail, column in placed:
            stood = self._stood(start)
            under = {
                each
                for other, _, each in placed
                if other != start and self._stood(other) == stood is not None
            }
            later = tail.data in AMOUNTS and under and column not in under
            self._cell(start, max(column, *under) if later else column, 2)
        self.uses = []

    def _on_one_line(self, tree: Tree, part: Node) -> bool:
        """Whether a part of a tree begins on the line where the tree does."""
        return "\n" not in self.source.text[span_of(tree).start : span_of(part).start]

    def _after(self, start: int) -> int:
        """The offset of the next token."""
        return self.starts[min(bisect_right(self.starts, start), len(self.starts) - 1)]

    def _cell(self, offset: int, column: int, gap: int) -> None:
        stood = self._stood(offset) if self._gap(offset) >= gap else None
        self.layout.cells[offset] = AlignedToken(self.layout.groups, column, gap, stood)

    def _stood(self, offset: int) -> int | None:
        """How far right of the first token of its line a token stands, if that begins a line here too."""
        start = self.source.line_start(self.source.position(offset)[0]) + self.source.indent(offset)
        return offset - start if start in self.layout.heads else None

    def _gap(self, offset: int) -> int:
        """How many spaces stand before a token on its line."""
        start = offset
        while start > 0 and self.source.text[start - 1] == " ":
            start -= 1
        return offset - start


def _lists_marks(setting: Tree) -> bool:
    """Whether a setting of a block begins with a value and no keyword, as in `dynamics { p, mf, f }`."""
    return len(setting.children) > 1 and setting.children[1] in (",", "weight")


def _trees(nodes: Sequence[Node]) -> list[Tree]:
    return [node for node in nodes if isinstance(node, Tree)]
