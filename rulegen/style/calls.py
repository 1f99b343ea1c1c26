"""Calls: functions of the vocabulary, chosen by what they are given, and functions that users define."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rulegen.errors import Label
from rulegen.language.syntax import Argument, Call
from rulegen.style.expression import Apply, Typed
from rulegen.style.faults import Faults, listing, suggestion
from rulegen.style.literals import is_open
from rulegen.style.operators import coerced, name_kind
from rulegen.style.scope import Definition, Delayed, Scope
from rulegen.style.vocabulary import AGGREGATES, FUNCTIONS

Signature = tuple[tuple[str, ...], str]


def type_call(node: Call, scope: Scope, hint: str | None) -> Typed | None:
    """The call, or the body of the user's function in its place; None where it has a fault."""
    name = node.function.text
    definition = scope.context.definitions.get(name)
    if definition is not None:
        return _written_out(node, definition, scope, hint)
    if name not in FUNCTIONS:
        report_unknown_function(node, scope)
        return None
    if not _are_positional(node, scope):
        return None
    signatures = [each for each in FUNCTIONS[name] if len(each[0]) == len(node.arguments)]
    if not signatures:
        counts = {len(kinds) for kinds, _ in FUNCTIONS[name]}
        scope.fault("arguments", values_asked(counts, node), (node.span, "here"))
        return None
    return _overloaded(node, signatures, scope)


def _overloaded(node: Call, signatures: list[Signature], scope: Scope) -> Typed | None:
    """The call by the first signature that fits what is known of the arguments without it."""
    known: list[Typed | None] = []
    sound = True
    for argument in node.arguments:
        waits = is_open(argument.value, scope)
        known.append(None if waits else _typed(argument, scope, None))
        sound = sound and (waits or known[-1] is not None)
    if not sound:
        return None
    fitting = [each for each in signatures if _fits(each, known)] or signatures
    for signature in fitting[:-1]:
        if _reads_quietly(node, signature, known, scope):
            return _by_signature(node, signature, known, scope)
    return _by_signature(node, fitting[-1], known, scope)


def _typed(argument: Argument, scope: Scope, hint: str | None) -> Typed | None:
    return scope.typed(argument.value, hint)


def _fits(signature: Signature, known: list[Typed | None]) -> bool:
    return all(
        each is None or coerced(each, kind) is not None
        for each, kind in zip(known, signature[0], strict=True)
    )


def _reads_quietly(node: Call, signature: Signature, known: list[Typed | None], scope: Scope) -> bool:
    trial = replace(scope, context=replace(scope.context, faults=Faults(), taken=dict(scope.context.taken)))
    return _by_signature(node, signature, known, trial) is not None


def _by_signature(node: Call, signature: Signature, known: list[Typed | None], scope: Scope) -> Typed | None:
    kinds, result = signature
    arguments: list[Typed] = []
    for place, argument in enumerate(node.arguments):
        typed = known[place] or _typed(argument, scope, kinds[place])
        fitted = None if typed is None else coerced(typed, kinds[place])
        if typed is not None and fitted is None:
            _report_kind(typed, place, argument, node, scope)
        if fitted is not None:
            arguments.append(fitted)
    if len(arguments) < len(kinds):
        return None
    return Apply(result, node.function.text, tuple(arguments), node.span)


def _report_kind(typed: Typed, place: int, argument: Argument, node: Call, scope: Scope) -> None:
    name = node.function.text
    kinds = dict.fromkeys(each[0][place] for each in FUNCTIONS[name] if len(each[0]) > place)
    wanted = " or ".join(name_kind(each) for each in kinds)
    message = f"`{name}` wants {wanted} here, and this is {name_kind(typed.kind)}"
    scope.fault("kinds", message, (argument.value.span, name_kind(typed.kind)))


def _written_out(node: Call, definition: Definition, scope: Scope, hint: str | None) -> Typed | None:
    """The body of the user's function; its arguments are read where they stand in it."""
    name, parameters = node.function.text, definition.syntax.parameters
    if name in scope.calls:
        scope.fault(
            "recursion", f"`{name}` is defined by itself, without end", (node.function.span, "again here")
        )
        return None
    if not _are_positional(node, scope):
        return None
    if len(parameters) != len(node.arguments):
        scope.fault("arguments", values_asked({len(parameters)}, node), (node.span, "here"))
        return None
    values = {
        parameter.text: Delayed(argument.value, scope)
        for parameter, argument in zip(parameters, node.arguments, strict=True)
    }
    around = {
        f"_{key}": each for key, each in scope.names.items()
    }  # no name of the body, but not to be bound again
    caller = Label(node.span, "called here", scope.source)
    body = Scope(scope.context, definition.source, {**around, **values}, (*scope.calls, name), caller)
    typed = body.typed(definition.syntax.body, hint)
    return None if typed is None else replace(typed, span=node.span)  # messages point into the caller's text


def _are_positional(node: Call, scope: Scope) -> bool:
    named = [argument for argument in node.arguments if argument.name is not None]
    for argument in named:
        message = f"the values of `{node.function.text}` are given in order, without names"
        scope.fault("arguments", message, (argument.span, "named"))
    return not named


def values_asked(counts: Iterable[int], node: Call) -> str:
    """Says how many values a function takes, and how many it is given."""
    asked = " or ".join(map(str, sorted(counts)))
    values = "value" if asked == "1" else "values"
    are = "is" if len(node.arguments) == 1 else "are"
    return f"`{node.function.text}` takes {asked} {values}, and {len(node.arguments)} {are} given"


def report_unknown_function(node: Call, scope: Scope) -> None:
    """Says of a function that there is none, or that it goes over things."""
    function, name = node.function, node.function.text
    if name in AGGREGATES:
        written = ", ".join(scope.source.cut(argument.span) for argument in node.arguments)
        is_stated = AGGREGATES[name] is not None or not written
        example = "note n in voice where …" if is_stated else f"{written} for note n in voice"
        help = f"`{name}` goes over things: `{name}({example})`"
        scope.fault("arguments", f"`{name}` wants something to go over", (function.span, "here"), help=help)
        return
    if scope.context.lacks_packs:
        return
    known = (*FUNCTIONS, *scope.context.definitions, *AGGREGATES)
    advice = scope.context.advise("function", name)
    help = advice or suggestion(name, known) or f"there are {listing(FUNCTIONS)}"
    scope.fault(
        "unknown-function", f"there is no function called `{name}`", (function.span, "not known"), help=help
    )
