"""Arguments of a rule: bound to its parameters by place or name, and written into its expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rulegen.language import syntax
from rulegen.style.expression import Aggregated, Binding, Literal, Typed, substitute
from rulegen.style.faults import listing, suggestion
from rulegen.style.model import Rule, RuleParameter
from rulegen.style.operators import coerced, name_kind
from rulegen.style.text import Text
from rulegen.style.typing import type_expression
from rulegen.style.vocabulary import TRUTH


def bound_arguments(target: syntax.Target, rule: Rule, text: Text) -> dict[str, Literal] | None:
    """The value of each parameter that is given; None (reported) where one does not fit."""
    values: dict[str, Literal] = {}
    sound = True
    for place, argument in enumerate(target.arguments):
        parameter = _parameter(argument, place, rule, text)
        if parameter is None:
            sound = False
            continue
        if parameter.name in values:
            message = f"`{parameter.name}` is given twice"
            text.report("arguments", message, (argument.span, "again here"))
            sound = False
        value = _value(argument, parameter, rule, text)
        if value is None:
            sound = False
        else:
            values[parameter.name] = value
    return values if sound else None


def _parameter(argument: syntax.Argument, place: int, rule: Rule, text: Text) -> RuleParameter | None:
    names = [each.name for each in rule.parameters]
    if argument.name is None:
        if place < len(names):
            return rule.parameters[place]
        count = f"{len(names)} value{'s' if len(names) != 1 else ''}" if names else "no values"
        text.report("arguments", f"`{rule.name}` takes {count}", (argument.span, "too many"))
        return None
    if argument.name.text in names:
        return rule.parameters[names.index(argument.name.text)]
    has = f"it has {listing(names)}" if names else "it has none"
    message = f"`{rule.name}` has no parameter `{argument.name.text}`; {has}"
    help = suggestion(argument.name.text, names)
    text.report("arguments", message, (argument.name.span, "no such parameter"), help=help)
    return None


def _value(argument: syntax.Argument, parameter: RuleParameter, rule: Rule, text: Text) -> Literal | None:
    kind = parameter.default.kind
    typed = type_expression(argument.value, text.scope(), kind)
    fitted = None if typed is None else coerced(typed, kind)
    if typed is not None and fitted is None:
        message = (
            f"`{parameter.name}` of `{rule.name}` is {name_kind(kind)}, and this is {name_kind(typed.kind)}"
        )
        text.report("kinds", message, (argument.value.span, name_kind(typed.kind)))
    elif typed is not None and not isinstance(fitted, Literal):
        text.report(
            "not-plain",
            "a rule is given plain values, such as `P4`, `3` or `1/8`",
            (argument.span, "this is none"),
        )
    return fitted if isinstance(fitted, Literal) else None


def with_arguments(rule: Rule, values: Mapping[str, Literal]) -> Rule:
    """The rule with its parameters written out: the values given, the normal ones for the rest."""
    if not rule.parameters:
        return rule
    parameters = tuple(
        RuleParameter(each.name, values.get(each.name, each.default)) for each in rule.parameters
    )
    written: dict[str, Typed] = {each.name: each.default for each in parameters}
    return replace(
        rule,
        parameters=parameters,
        bindings=_substituted(rule.bindings, written),
        when=None if rule.when is None else substitute(rule.when, written),
        then=None if rule.then is None else substitute(rule.then, written),
        unless=None if rule.unless is None else substitute(rule.unless, written),
        say=tuple(each if isinstance(each, str) else substitute(each, written) for each in rule.say),
    )


def _substituted(bindings: tuple[Binding, ...], values: Mapping[str, Typed]) -> tuple[Binding, ...]:
    whole = substitute(Aggregated(TRUTH, "all", bindings, None, None), values)
    return whole.bindings if isinstance(whole, Aggregated) else bindings
