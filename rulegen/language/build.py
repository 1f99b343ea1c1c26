"""From the tree of a file to its syntax tree, statement by statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rulegen.errors import Span
from rulegen.errors.nearest import nearest
from rulegen.language.build_expressions import ExpressionBuilder, name_of, number_of, span_of, text_of
from rulegen.language.build_lines import LineBuilder
from rulegen.language.faults import SyntaxFaults
from rulegen.language.syntax import (
    Allowance,
    Argument,
    BlockStatement,
    Define,
    Expression,
    File,
    FormLine,
    GivenStatement,
    Import,
    Kit,
    Name,
    Narrowing,
    Parameter,
    RuleStatement,
    Setting,
    Statement,
    Target,
    UseStatement,
    VoiceRange,
)
from rulegen.language.tree import Lexeme, Node, Tree

MANNERS = ("required", "forbidden", "preferred", "avoided")
HEADING = ("parameters", "manner", "for")  # what a rule is not read without
ONCE = ("when", "then", "say")


class FileBuilder:
    """Builds the statements of one file."""

    def __init__(
        self,
        faults: SyntaxFaults,
        words_of_blocks: frozenset[str],
        words_of_files: frozenset[str],
        words_of_voices: frozenset[str],
    ) -> None:
        self.faults = faults
        self.damage = tuple(fault.labels[0].span.start for fault in faults.found if fault.code != "range")
        self.expressions = ExpressionBuilder(faults)
        self.lines = LineBuilder(faults, words_of_blocks, words_of_files, words_of_voices)

    def file(self, tree: Tree) -> File:
        """The whole file; that it has one title, first of all, is seen to here."""
        trees = [child for child in tree.children if isinstance(child, Tree)]
        titles = [child for child in trees if child.data == "title"]
        kind, title = "style", None
        if titles:
            kind, title = str(titles[0].children[0]), text_of(titles[0].children[1])
        self._see_to_titles(trees, titles)
        statements = tuple(statement for child in trees for statement in self.statements(child))
        return File(kind, title, statements, Span(0, len(self.faults.source.text)))

    def statements(self, tree: Tree) -> Iterator[Statement]:
        """What a tree of the top level stands for: one statement, or one for each thing that is used."""
        match tree.data:
            case "title":
                return
            case "import":
                for child in tree.children:
                    what = (
                        text_of(child)
                        if isinstance(child, Lexeme) and child.type == "TEXT"
                        else name_of(child)
                    )
                    yield Import(what, span_of(child))
            case "setting":
                yield self.lines.setting(tree)
            case "voices" | "form" | "block":
                yield self._block(tree)
            case "given":
                yield self._given(tree)
            case "rule":
                yield self._rule(tree)
            case "define":
                yield self._define(tree)
            case "use":
                yield self._use(tree)

    def _see_to_titles(self, trees: Sequence[Tree], titles: Sequence[Tree]) -> None:
        if not titles:
            if not self.faults.on_line_of(0):
                advice = 'begin with: style "Title", or pack "Title" for a pack of rules'
                self.faults.add("no-title", "the file does not say what it is", Span(0, 0), help=advice)
            return
        if trees[0] is not titles[0]:
            span = span_of(titles[0])
            self.faults.add("late-title", "the title of a file comes first", span, help="move it to the top")
        for second in titles[1:]:
            self.faults.add(
                "second-title",
                "a file has one title",
                span_of(second),
                "a second one",
                None,
                (span_of(titles[0]), "the first"),
            )

    def _block(self, tree: Tree) -> BlockStatement:
        keyword = self._keyword(tree, "voices")
        tokens = [child for child in tree.children if isinstance(child, Lexeme)]
        if tree.data != "voices":
            tokens = tokens[1:]
        trees = [child for child in tree.children if isinstance(child, Tree)]
        where = next((self._narrowing(child) for child in trees if child.data in NARROWINGS), None)
        trees = [child for child in trees if child.data not in NARROWINGS]
        for child in trees:
            if child.data == "no_range":
                self.lines.without_range(child)
        lines = self._whole(trees, span_of(tree).end)
        statements = tuple(self._line(child) for child in lines if child.data != "no_range")
        return BlockStatement(keyword, tuple(map(name_of, tokens)), statements, where, span_of(tree))

    def _line(self, tree: Tree) -> Setting | VoiceRange | Kit | FormLine:
        if tree.data == "kit":
            name, *strokes = map(name_of, tree.children)
            return Kit(name, tuple(strokes), span_of(tree))
        if tree.data == "voice":
            return self.lines.voice(tree)
        return self.lines.form_line(tree) if tree.data == "form_line" else self.lines.setting(tree)

    def _keyword(self, tree: Tree, word: str) -> Name:
        """The word that a tree begins with; where the grammar drops the token it is `word`."""
        first = tree.children[0] if tree.children else None
        if isinstance(first, Lexeme) and first.start == span_of(tree).start:
            return name_of(first)
        start = span_of(tree).start
        return Name(word, Span(start, start + len(word)))

    def _given(self, tree: Tree) -> GivenStatement:
        subject, *rest = tree.children
        if isinstance(rest[0], Lexeme):
            return GivenStatement(name_of(subject), None, text_of(rest[0]), span=span_of(tree))
        section = None
        if isinstance(rest[0], Tree) and rest[0].data == "given_in":
            section, rest = name_of(rest[0].children[0]), rest[1:]
        return GivenStatement(name_of(subject), self.lines.notes(rest), None, section, span_of(tree))

    def _define(self, tree: Tree) -> Define:
        name, *rest = tree.children
        sentence = text_of(rest.pop()) if isinstance(rest[-1], Lexeme) else None
        body = self.expressions.expression(rest[-1])
        parameters = rest[0].children if len(rest) > 1 and isinstance(rest[0], Tree) else []
        return Define(name_of(name), tuple(map(name_of, parameters)), body, sentence, span_of(tree))

    def _rule(self, tree: Tree) -> RuleStatement:
        name, *parts = tree.children
        trees = [part for part in parts if isinstance(part, Tree)]
        whole = self._whole(trees, span_of(tree).end)
        clauses = _by_kind([part for part in trees if part in whole or part.data in HEADING])
        self._see_to_clauses(clauses)
        manner, weight = self._manner(clauses.get("manner", []))
        conditions = {
            kind: tuple(self.expressions.expression(clause.children[0]) for clause in clauses.get(kind, []))
            for kind in ("when", "then", "unless")
        }
        texts = {
            kind: tuple(text_of(clause.children[0]) for clause in clauses.get(kind, []))
            for kind in ("sentence", "source", "say")
        }
        return RuleStatement(
            name_of(name),
            self._parameters(clauses.get("parameters", [])),
            manner,
            weight,
            texts["sentence"][0] if texts["sentence"] else None,
            texts["source"],
            tuple(self.expressions.binder(_subtree(clause)) for clause in clauses.get("for", [])),
            conditions["when"][0] if conditions["when"] else None,
            conditions["then"][0] if conditions["then"] else None,
            conditions["unless"],
            texts["say"][0] if texts["say"] else None,
            tuple(self.lines.case(clause) for clause in clauses.get("case", [])),
            span_of(tree),
        )

    def _whole(self, trees: Sequence[Tree], end: int) -> list[Tree]:
        """Those lines or clauses with no fault of syntax in them, nor between them and the next."""
        starts = [span_of(tree).start for tree in trees]
        ends = [*starts, end][1:]
        return [
            tree
            for tree, after in zip(trees, ends, strict=True)
            if not any(
                span_of(tree).start < place <= after and not self._is_apart(place, tree)
                for place in self.damage
            )
        ]

    def _is_apart(self, place: int, tree: Tree) -> bool:
        """Whether a fault stands on a line of its own after a line or clause, no further in than that."""
        source, span = self.faults.source, span_of(tree)
        between = source.text[span.end : place] if place >= span.end else "…"
        return (
            not between.strip()
            and source.begins_line(place)
            and source.indent(place) <= source.indent(span.start)
        )

    def _see_to_clauses(self, clauses: dict[str, list[Tree]]) -> None:
        for kind in ONCE:
            for second in clauses.get(kind, [])[1:]:
                first = span_of(clauses[kind][0])
                advice = 'join the two with "and"' if kind != "say" else None
                message = f'a rule has one "{kind}"'
                self.faults.add(
                    "second-clause", message, span_of(second), "a second one", advice, (first, "the first")
                )

    def _parameters(self, trees: Sequence[Tree]) -> tuple[Parameter, ...]:
        found = [child for tree in trees for child in tree.children if isinstance(child, Tree)]
        return tuple(
            Parameter(
                name_of(child.children[0]),
                self.expressions.expression(child.children[1]) if len(child.children) > 1 else None,
                span_of(child),
            )
            for child in found
        )

    def _manner(self, trees: Sequence[Tree]) -> tuple[Name | None, Expression | None]:
        if not trees:
            return None, None
        word, *weight = trees[0].children
        if str(word) not in MANNERS:
            near = nearest(str(word), MANNERS)
            advice = (
                f'did you mean "{near}"?' if near else f"a rule is {', '.join(MANNERS[:-1])} or {MANNERS[-1]}"
            )
            self.faults.add("unknown-manner", f'a rule cannot be "{word}"', span_of(word), help=advice)
        return name_of(word), self._weight(_tree(weight[0])) if weight else None

    def _weight(self, tree: Tree) -> Expression:
        (value,) = tree.children
        return name_of(value) if isinstance(value, Lexeme) else self.expressions.expression(value)

    def _use(self, tree: Tree) -> UseStatement:
        verb, *parts = tree.children
        kinds = _by_kind(parts)
        for kind, word in (("allowance", "at most"), ("weight", "weight")):
            for second in kinds.get(kind, [])[1:]:
                self.faults.add("second-clause", f'a use has one "{word}"', span_of(second), "a second one")
        trees = [child for child in parts if isinstance(child, Tree)]
        targets = tuple(self._target(child) for child in trees if child.data in ("target", "quoting"))
        others = ("target", "quoting", "allowance", "weight")
        narrowings = tuple(self._narrowing(child) for child in trees if child.data not in others)
        allowance = self._allowance(kinds["allowance"][0]) if "allowance" in kinds else None
        weight = self._weight(kinds["weight"][0]) if "weight" in kinds else None
        return UseStatement(name_of(verb), targets, narrowings, allowance, weight, span_of(tree))

    def _target(self, tree: Tree) -> Target:
        name, *rest = tree.children
        if tree.data == "target":
            arguments = self.expressions.arguments(_tree(rest[0])) if rest else ()
            return Target(name_of(name), arguments, span_of(tree))
        quoted = Argument(text_of(rest[0]), None, span_of(rest[0]))
        if len(rest) == 1:
            return Target(name_of(name), (quoted,), span_of(tree))
        span = Span(span_of(rest[1]).start, span_of(rest[2]).end)
        return Target(
            name_of(name), (quoted, Argument(number_of(rest[2]), name_of(rest[1]), span)), span_of(tree)
        )

    def _narrowing(self, tree: Tree, excepted: bool = False) -> Narrowing:
        if tree.data == "except":
            inner = self._narrowing(_subtree(tree), excepted=True)
            return Narrowing(inner.word, inner.kind, True, inner.names, inner.ranges, span_of(tree))
        word, kind = NARROWINGS[str(tree.data)]
        names = tuple(name_of(child) for child in tree.children if isinstance(child, Lexeme))
        ranges = tuple(self._range(child) for child in tree.children if isinstance(child, Tree))
        return Narrowing(word, kind, excepted, names, ranges, span_of(tree))

    def _range(self, tree: Tree) -> tuple[int, int]:
        numbers = [self.lines.whole_number(child) for child in tree.children]
        first, last = numbers[0], numbers[-1]
        if last < first:
            advice = f"write: {last}..{first}"
            self.faults.add("backward-range", "a range runs from low to high", span_of(tree), help=advice)
        return first, last

    def _allowance(self, tree: Tree) -> Allowance:
        limit, per = tree.children
        return Allowance(self.lines.whole_number(limit), name_of(per), span_of(tree))


NARROWINGS = {
    "in_voices": ("in", "voices"),
    "in_sections": ("in", "sections"),
    "in_bars": ("in", "bars"),
    "in_phrases": ("in", "phrases"),
    "between": ("between", "voices"),
    "on_beats": ("on", "beats"),
    "on_kind_of_beats": ("on", "beats"),
    "on_stage": ("on", "stage"),
    "at_cadences": ("at", "cadences"),
}


def _by_kind(nodes: Sequence[Node]) -> dict[str, list[Tree]]:
    kinds: dict[str, list[Tree]] = {}
    for node in nodes:
        if isinstance(node, Tree):
            kinds.setdefault(str(node.data), []).append(node)
    return kinds


def _tree(node: Node) -> Tree:
    assert isinstance(node, Tree)
    return node


def _subtree(tree: Tree) -> Tree:
    return _tree(tree.children[0])
