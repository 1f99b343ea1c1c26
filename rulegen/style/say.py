"""The message of a rule: text with expressions in braces."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from rulegen.errors import Diagnostic, Label, Source, Span
from rulegen.language.parser import parse
from rulegen.language.syntax import Expression, Name, Quoted, RuleStatement
from rulegen.style.expression import Typed
from rulegen.style.scope import Scope
from rulegen.style.typing import type_expression

T = TypeVar("T")

_NAME = re.compile(r"[^\W\d]\w*")
_BEFORE = 'pack "" rule x is required { then '


def read_message(say: Quoted | None, scope: Scope) -> tuple[str | Typed, ...]:
    """The parts of the message: texts and typed expressions in turn; faults are reported at their place."""
    if say is None:
        return ()
    raw, start = scope.source.cut(say.span)[1:-1], say.span.start + 1  # as written: offsets hold
    parts: list[str | Typed] = []
    at = 0
    while at < len(raw):
        opening = raw.find("{", at)
        closing = raw.find("}", at if opening < 0 else opening)
        stray = closing if opening < 0 else raw.find("}", at, opening)
        if opening >= 0 and (closing < 0 or raw.find("{", opening + 1, closing) >= 0):
            closing = -1
        if stray >= 0 or (opening >= 0 and closing < 0):
            wrong = start + (stray if stray >= 0 else opening)
            message = "a brace of the message has no partner"
            scope.fault("bad-message", message, (Span(wrong, wrong + 1), "here"))
            return ()
        text = raw[at : opening if opening >= 0 else len(raw)]
        if text:
            parts.append(_unescaped(text))
        if opening < 0:
            break
        typed = _expression(Span(start + opening + 1, start + closing), scope)
        if typed is not None:
            parts.append(typed)
        at = closing + 1
    return tuple(parts)


def _expression(span: Span, scope: Scope) -> Typed | None:
    node, faults = parse_expression(scope.source, span)
    scope.context.faults.extend(faults)
    return None if node is None or faults else type_expression(node, scope)


def parse_expression(source: Source, span: Span) -> tuple[Expression | None, tuple[Diagnostic, ...]]:
    """The expression that a stretch of a source holds, and its faults, with places in that source."""
    text = source.cut(span)
    if _NAME.fullmatch(text):
        return Name(text, span), ()
    result = parse(Source(source.name, f"{_BEFORE}{text} }}"))
    by = span.start - len(_BEFORE)
    faults = tuple(
        replace(each, labels=tuple(_relabelled(label, source, span, by) for label in each.labels))
        for each in result.diagnostics
    )
    rules = [each for each in result.file.statements if isinstance(each, RuleStatement)]
    if not faults and (len(result.file.statements) != 1 or len(rules) != 1 or _holds_more(rules[0])):
        message = "braces in a message hold one expression"
        faults = (Diagnostic("bad-message", message, (Label(span, "this is none", source),)),)
    node = rules[0].then if rules and not faults else None
    return (None if node is None else _moved(node, by)), faults


def _holds_more(rule: RuleStatement) -> bool:
    others = (rule.binders, rule.when, rule.unless, rule.say, rule.cases, rule.sources)
    return rule.then is None or any(others)


def _relabelled(label: Label, source: Source, within: Span, by: int) -> Label:
    start = min(max(label.span.start + by, within.start), within.end)
    return Label(Span(start, min(max(label.span.end + by, start), within.end)), label.text, source)


def _moved(node: T, by: int) -> T:
    """A node, or a tuple of nodes, with all its spans moved."""
    if isinstance(node, Span):
        return Span(node.start + by, node.end + by)  # type: ignore[return-value]
    if isinstance(node, tuple):
        return tuple(_moved(each, by) for each in node)  # type: ignore[return-value]
    if not is_dataclass(node) or isinstance(node, type):
        return node
    return replace(node, **{each.name: _moved(getattr(node, each.name), by) for each in fields(node)})


def _unescaped(text: str) -> str:
    return "\\".join(piece.replace('\\"', '"').replace("\\n", "\n") for piece in text.split("\\\\"))
