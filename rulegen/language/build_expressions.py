"""From trees to the expressions of the syntax: names, calls, comparisons, aggregates, binders."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from rulegen.errors import Span
from rulegen.errors.nearest import nearest
from rulegen.language.faults import SyntaxFaults
from rulegen.language.syntax import (
    Aggregate,
    Argument,
    At,
    Attribute,
    Binary,
    Binder,
    Call,
    Expression,
    Name,
    Number,
    Quoted,
    Several,
    Unary,
    WordGroup,
)
from rulegen.language.tree import Lexeme, Node, Tree

DEEPEST = 100
LONGEST_QUOTE = 30
KINDS = ("note", "moment", "chord", "voice", "bar", "beat", "phrase", "section", "piece")
LATER = ("motif",)  # kinds that are read, and answered with `not-yet`
TRUTHS = ("true", "false")
REDUCING = ("sum", "max", "min", "last")


def span_of(node: Node) -> Span:
    """Where a tree or a token stands."""
    return Span(0, 0) if node.start < 0 else Span(node.start, node.end)


def name_of(token: Node) -> Name:
    """A word as a Name."""
    return Name(str(token), span_of(token))


def number_of(token: Node) -> Number:
    """A number as written."""
    return Number(Fraction(str(token)), span_of(token))


def text_of(token: Node) -> Quoted:
    r"""A quoted string without its quotes; `\"`, `\\` and `\n` are resolved, other backslashes stay."""
    inner = str(token)[1:-1]
    if "\\" in inner:
        pieces = inner.split("\\\\")
        inner = "\\".join(piece.replace('\\"', '"').replace("\\n", "\n") for piece in pieces)
    return Quoted(inner, span_of(token))


def singular(word: str) -> str:
    """`notes` to `note`."""
    return str(word.removesuffix("s"))


class ExpressionBuilder:
    """Builds expressions and binders, and reports what the grammar lets pass but the language does not."""

    def __init__(self, faults: SyntaxFaults) -> None:
        self.faults = faults
        self._depth = 0

    def expression(self, node: Node) -> Expression:
        """The expression that a tree stands for; one nested too deeply is reported and cut short."""
        assert isinstance(node, Tree)
        if self._depth >= DEEPEST:
            return self._too_deep(node)
        self._depth += 1
        try:
            built: Expression = getattr(self, f"_{node.data}")(node.children, span_of(node))
        finally:
            self._depth -= 1
        return built

    def binder(self, tree: Tree) -> Binder:
        """`consecutive notes a, b in voice`"""
        tokens = [child for child in tree.children if isinstance(child, Lexeme)]
        owners = tuple(name_of(child.children[0]) for child in tree.children if isinstance(child, Tree))
        modifier = str(tokens.pop(0)) if tokens[0].type == "MODIFIER" else None
        kind, *names = tokens
        built = Binder(self._kind(kind), modifier, tuple(map(name_of, names)), owners, span_of(tree))
        if not names and built.kind.text != "piece":
            advice = f"give it one: for {kind} {kind[0]}"
            self.faults.add("no-name", f'"for {kind}" binds no name', built.span, help=advice)
        return built

    def arguments(self, tree: Tree) -> tuple[Argument, ...]:
        """What stands in the brackets of a call or of a rule use."""
        return tuple(self._argument(child) for child in tree.children if isinstance(child, Tree))

    def _argument(self, tree: Tree) -> Argument:
        *named, value = tree.children
        return Argument(self.expression(value), name_of(named[0]) if named else None, span_of(tree))

    def _kind(self, token: Lexeme) -> Name:
        kind = singular(token)
        if kind not in (*KINDS, *LATER):
            near = nearest(kind, KINDS)
            advice = f'did you mean "{near}"?' if near else f"one of: {', '.join(KINDS)}"
            self.faults.add("unknown-kind", f'"for" cannot bind "{token}"', span_of(token), help=advice)
        return Name(kind, span_of(token))

    def _too_deep(self, node: Node) -> Expression:
        span = span_of(node)
        if not self.faults.on_line_of(span.start):
            self.faults.add(
                "too-deep",
                f"this expression goes more than {DEEPEST} steps deep",
                Span(span.start, min(span.end, span.start + 1)),
                help="give a part of it a name: define part(a) = …",
            )
        return Name("…", span)

    # One method for each name of a tree in the grammar.

    def _name(self, children: Sequence[Node], span: Span) -> Expression:
        return name_of(children[0])

    def _number(self, children: Sequence[Node], span: Span) -> Expression:
        return number_of(children[0])

    def _text(self, children: Sequence[Node], span: Span) -> Expression:
        return text_of(children[0])

    def _at(self, children: Sequence[Node], span: Span) -> Expression:
        return At(name_of(children[0]), name_of(children[1]), span=span)

    def _at_end(self, children: Sequence[Node], span: Span) -> Expression:
        voice, side, note = map(name_of, children)
        return At(voice, note, side, span)

    def _attribute(self, children: Sequence[Node], span: Span) -> Expression:
        return Attribute(self.expression(children[0]), name_of(children[1]), span)

    def _call(self, children: Sequence[Node], span: Span) -> Expression:
        function, arguments = children
        assert isinstance(arguments, Tree)
        return Call(name_of(function), self.arguments(arguments), span)

    def _phrase(self, children: Sequence[Node], span: Span) -> Expression:
        return WordGroup(tuple(map(name_of, children)), span)

    def _group(self, children: Sequence[Node], span: Span) -> Expression:
        return self.expression(children[0])

    def _several(self, children: Sequence[Node], span: Span) -> Expression:
        return Several(tuple(map(self.expression, children)), span)

    def _unary(self, children: Sequence[Node], span: Span) -> Expression:
        return Unary(str(children[0]), self.expression(children[1]), span)

    def _binary(self, children: Sequence[Node], span: Span) -> Expression:
        left, operator, right = children
        return Binary(str(operator), self.expression(left), self.expression(right), span)

    def _comparison(self, children: Sequence[Node], span: Span) -> Expression:
        left, comparator, right, *rest = children
        assert isinstance(comparator, Tree)
        operator = " ".join(map(str, comparator.children))
        if rest:
            self._chained(children)
        end = span_of(right).end
        return Binary(
            operator, self.expression(left), self._right_hand_side(operator, right), Span(span.start, end)
        )

    def _right_hand_side(self, operator: str, node: Node) -> Expression:
        alone = isinstance(node, Tree) and node.data == "group"
        if alone and operator in ("in", "not in"):
            return Several((self.expression(node),), span_of(node))
        return self.expression(node)

    def _chained(self, children: Sequence[Node]) -> None:
        left, first, middle, second, right = (self._cut(child) for child in children[:5])
        advice = f"write: {left} {first} {middle} and {middle} {second} {right}"
        if right in TRUTHS:
            positive = (right == "true") == (second in ("==", "is"))
            advice = (
                f"write: {left} {first} {middle}" if positive else f"write: not ({left} {first} {middle})"
            )
        self.faults.add(
            "chained-comparison",
            "comparisons do not follow one another",
            span_of(children[3]),
            "a second comparison",
            advice,
            (span_of(children[1]), "the first"),
        )

    def _cut(self, node: Node) -> str:
        text = " ".join(self.faults.source.cut(span_of(node)).split())
        return text if len(text) <= LONGEST_QUOTE else "…"

    def _aggregate(self, children: Sequence[Node], span: Span) -> Expression:
        function, *rest = children
        trees = [child for child in rest if isinstance(child, Tree)]
        value = self.expression(trees.pop(0)) if trees[0].data != "binder" else None
        binders = tuple(self.binder(tree) for tree in trees if tree.data == "binder")
        where = self.expression(trees[-1]) if trees[-1].data != "binder" else None
        if value is not None and str(function) not in REDUCING:
            self.faults.add(
                "not-an-aggregate",
                f'"{function}" does not gather values with "for"',
                span_of(function),
                help=f"what does: {', '.join(REDUCING)} of values, count, exists and all of places",
            )
        return Aggregate(name_of(function), value, binders, where, span)
