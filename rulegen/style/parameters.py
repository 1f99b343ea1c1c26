"""The parameters of a rule, and the kinds that their normal values can be of, as pitch or interval."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from rulegen.language import syntax
from rulegen.style.expression import Literal
from rulegen.style.literals import kinds_of
from rulegen.style.model import RuleParameter
from rulegen.style.text import Text
from rulegen.style.typing import type_expression

MOST_READINGS = 64  # of one rule: all that its parameters can mean together


def readings_of(parameters: tuple[syntax.Parameter, ...], text: Text) -> Iterator[tuple[RuleParameter, ...]]:
    """All that the parameters can mean together, the usual meaning of each first; faults are reported.

    What a rule's parameters do mean is told by the rule: the first of these with which it has no fault.
    """
    check_names(tuple(each.name for each in parameters), text)
    return product(*(choices for each in parameters if (choices := _choices(each, text))))


def check_names(names: tuple[syntax.Name, ...], text: Text) -> None:
    """Reports what is the name of two parameters."""
    seen: set[str] = set()
    for name in names:
        if name.text in seen:
            text.report("bound-twice", f"two parameters are called `{name.text}`", (name.span, "again here"))
        seen.add(name.text)


def _choices(parameter: syntax.Parameter, text: Text) -> list[RuleParameter]:
    name, node = parameter.name, parameter.default
    if node is None:
        message = f"`{name.text}` has no normal value: write `{name.text} = …`"
        text.report("no-default", message, (name.span, "this parameter"))
        return []
    usual = type_expression(node, text.scope())
    if usual is None:
        return []
    if not isinstance(usual, Literal):
        message = "the normal value of a parameter is a plain value, such as `P4`, `3` or `1/8`"
        text.report("not-plain", message, (node.span, "this is computed"))
        return []
    others = (type_expression(node, text.scope(), kind) for kind in kinds_of(node, text.scope()))
    found = {each.kind: each for each in (usual, *others) if isinstance(each, Literal)}
    return [RuleParameter(name.text, each) for each in found.values()]
