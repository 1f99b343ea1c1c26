"""The functions that a file defines, checked as far as can be without a call: no kinds are known then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass

from rulegen.language import syntax
from rulegen.style.calls import report_unknown_function, values_asked
from rulegen.style.facets import ATTRIBUTES
from rulegen.style.faults import suggestion
from rulegen.style.kinds import asks_kind
from rulegen.style.scope import Definition, Scope
from rulegen.style.text import Text
from rulegen.style.typing import check_side, type_expression
from rulegen.style.vocabulary import FUNCTIONS

EVERY_ATTRIBUTE = frozenset(name for names in ATTRIBUTES.values() for name in names)


def check_definitions(text: Text, definitions: Iterable[Definition]) -> None:
    """Reports words, functions and attributes that nobody knows; not where a call has told of a fault."""
    for definition in definitions:
        statement = definition.syntax
        if not text.is_damaged(statement) and not _is_told(text, statement):
            names = {name.text for name in statement.parameters}
            _check(statement.body, names, text.scope(in_rule=True))


def _is_told(text: Text, statement: syntax.Define) -> bool:
    """Whether a fault within the definition is reported already."""
    first = (each.labels[0] for each in text.faults.found if each.labels)
    within = statement.span
    return any(
        label.source == text.source and within.start <= label.span.start < within.end for label in first
    )


def _check(node: object, names: set[str], scope: Scope) -> None:
    if isinstance(node, syntax.Binary) and asks_kind(node) and isinstance(node.left, syntax.Attribute):
        _check(node.left.of, names, scope)
        return
    chord = _chord(node, names)
    if isinstance(node, syntax.Name):
        _check_name(node, names, scope)
    elif isinstance(node, syntax.Attribute):
        _check(node.of, names, scope)
        _check_attribute(node.name, scope)
    elif isinstance(node, syntax.Call):
        _check_call(node, scope)
        _check(tuple(argument.value for argument in node.arguments), names, scope)
    elif isinstance(node, syntax.At):
        _check((node.voice, node.moment), names, scope)
        if node.side is not None:
            check_side(node.side, scope)
    elif isinstance(node, syntax.Aggregate):
        bound = {name.text for binder in node.binders for name in binder.names}
        owners = tuple(owner for each in node.binders for owner in each.owners)
        _check((node.value, node.where, owners), names | bound, scope)
    elif isinstance(node, syntax.WordGroup):
        type_expression(node, scope)
    elif chord is not None:
        type_expression(chord, scope)
    else:
        for part in _parts(node):
            _check(part, names, scope)


def _chord(node: object, names: set[str]) -> syntax.Binary | syntax.Name | None:
    """Words with strokes between them, as in `V7/V`, which mean nothing one by one."""
    if isinstance(node, syntax.Binary) and node.operator == "/":
        parts = [_chord(each, names) for each in (node.left, node.right)]
        return None if None in parts else node
    return node if isinstance(node, syntax.Name) and node.text not in names else None


def _parts(node: object) -> Iterator[object]:
    if isinstance(node, tuple):
        yield from node
    elif is_dataclass(node) and not isinstance(node, (type, syntax.Span)):
        yield from (getattr(node, each.name) for each in fields(node))


def _check_name(node: syntax.Name, names: set[str], scope: Scope) -> None:
    """A word that is bound by nothing means something by itself."""
    if node.text not in names:
        type_expression(node, scope)


def _check_attribute(name: syntax.Name, scope: Scope) -> None:
    if name.text in EVERY_ATTRIBUTE:
        return
    help = suggestion(name.text, EVERY_ATTRIBUTE)
    scope.fault(
        "unknown-attribute", f"nothing has `{name.text}`", (name.span, "no such attribute"), help=help
    )


def _check_call(node: syntax.Call, scope: Scope) -> None:
    name = node.function.text
    definition = scope.context.definitions.get(name)
    if definition is None and name not in FUNCTIONS:
        report_unknown_function(node, scope)
        return
    counts = (
        {len(kinds) for kinds, _ in FUNCTIONS[name]}
        if definition is None
        else {len(definition.syntax.parameters)}
    )
    if len(node.arguments) not in counts:
        scope.fault("arguments", values_asked(counts, node), (node.span, "here"))
