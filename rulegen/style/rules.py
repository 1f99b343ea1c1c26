"""From a rule as written to a checked one: parameters, what it binds, its three conditions, its message."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from rulegen.language import syntax
from rulegen.style.binders import bind_rule
from rulegen.style.expression import Apply, Binding, Typed, Variable
from rulegen.style.faults import Faults
from rulegen.style.kinds import with_notes_around
from rulegen.style.model import Place, Rule, RuleParameter
from rulegen.style.operators import type_as
from rulegen.style.parameters import MOST_READINGS, check_names, readings_of
from rulegen.style.say import read_message
from rulegen.style.scope import Definition, Scope
from rulegen.style.text import Text
from rulegen.style.vocabulary import AGGREGATES, FUNCTIONS, TRUTH, VOICE
from rulegen.style.weights import read_weight

MANNERS = {"required": "require", "forbidden": "forbid", "preferred": "prefer", "avoided": "avoid"}
"""How a rule is normally meant, and the verb that says so in a style."""

OF_BINDERS = (
    "binds-nothing",
    "bad-binder",
    "unknown-binder",
    "two-rows",
    "unknown-name",
    "which-voice",
    "no-voice",
)
"""Faults that may come of a binder that could not be read."""


def read_rules(text: Text, statements: tuple[syntax.Statement, ...]) -> dict[str, Rule | None]:
    """The rules of a file by name; None for one that has a fault, so that its uses are not reported too."""
    rules: dict[str, Rule | None] = {}
    first: dict[str, syntax.RuleStatement] = {}
    for statement in statements:
        if not isinstance(statement, syntax.RuleStatement):
            continue
        name = statement.name.text
        if name in first:
            marks = (statement.name.span, "again here"), (first[name].name.span, "first here")
            text.report("two-rules", f"two rules are called `{name}`", *marks)
            continue
        first[name] = statement
        rules[name] = read_rule(statement, text)
    return rules


def read_definitions(text: Text, statements: tuple[syntax.Statement, ...]) -> dict[str, Definition]:
    """The functions that a file defines, by name."""
    found: dict[str, Definition] = {}
    for statement in statements:
        if not isinstance(statement, syntax.Define):
            continue
        name = statement.name.text
        if name in FUNCTIONS or name in AGGREGATES:
            text.report(
                "taken-name", f"`{name}` is a function of the language", (statement.name.span, "taken")
            )
        elif name in found:
            marks = (statement.name.span, "again here"), (found[name].syntax.name.span, "first here")
            text.report("two-functions", f"two functions are called `{name}`", *marks)
        else:
            check_names(statement.parameters, text)
            found[name] = Definition(statement, text.source)
    return found


def read_rule(rule: syntax.RuleStatement, text: Text) -> Rule | None:
    """The checked rule, or None where it has a fault (all are reported that are certain)."""
    before = len(text.faults)
    whole = text.about(rule)
    _check_page(rule, whole)
    trials: list[tuple[Faults, Rule | None]] = []
    for parameters in islice(readings_of(rule.parameters, whole), MOST_READINGS):
        trial = replace(text, faults=Faults())
        trials.append((trial.faults, _with_parameters(rule, parameters, trial)))
        if not trial.faults:
            break
    faults, found = min(trials, key=lambda each: len(each[0]))
    is_damaged = text.is_damaged(rule)
    text.faults.extend(each for each in faults.found if not is_damaged or each.code not in OF_BINDERS)
    return found if len(text.faults) == before and not is_damaged else None


def _with_parameters(
    rule: syntax.RuleStatement, parameters: tuple[RuleParameter, ...], text: Text
) -> Rule | None:
    """The rule whose parameters are of these kinds, or None where it then has a fault."""
    scope = _with_names(rule, parameters, text.scope(in_rule=True))
    scope, bindings = bind_rule(rule.binders, scope)
    if not rule.binders:
        text.report(
            "binds-nothing", f"`{rule.name.text}` binds nothing: add `for …`", (rule.name.span, "here")
        )
    if not _binds_all(rule, scope):
        return None  # names are missing: what uses them would be reported for nothing
    when = _condition(rule.when, "`when`", scope)
    then = _condition(rule.then, "`then`", scope)
    unless = _exceptions(rule.unless, scope)
    say = read_message(rule.say, scope)
    verb = MANNERS.get(rule.manner.text if rule.manner else "", "require")
    weight = read_weight(rule.weight, text.source, text.faults)
    if text.faults:
        return None
    bindings, (when, then, unless) = widened(_with_voice(bindings, scope), (when, then, unless))
    return Rule(
        name=rule.name.text,
        pack=text.title,
        sentence=rule.sentence.value if rule.sentence else "",
        sources=tuple(each.value for each in rule.sources),
        manner=verb,
        hard=verb in ("require", "forbid") and rule.weight is None,
        weight=weight,
        parameters=parameters,
        bindings=bindings,
        when=when,
        then=then,
        unless=unless,
        say=say,
        cases=rule.cases,
        place=Place(text.source, rule.name.span),
    )


def _check_page(rule: syntax.RuleStatement, text: Text) -> None:
    name, span = rule.name.text, rule.name.span
    manner = rule.manner.text if rule.manner else None
    if manner is None:
        help = f"write `rule {name} is required`, or `forbidden`, `preferred`, `avoided`"
        text.report("no-manner", f"it is not said how `{name}` is meant", (span, "this rule"), help=help)
    if manner == "forbidden" and rule.weight is not None:
        help = "what is merely rare `is avoided weight …`"
        text.report(
            "weight-of-forbidden", "what is forbidden has no weight", (rule.weight.span, "here"), help=help
        )
    if rule.when is None and rule.then is None:
        text.report("says-nothing", f"`{name}` says nothing: add `when` or `then`", (span, "this rule"))
    elif rule.then is None and manner == "required":
        help = "say with `then` what must hold"
        text.report(
            "no-then",
            f"`{name}` is required, but nothing follows from its `when`",
            (span, "this rule"),
            help=help,
        )
    if text.is_pack and rule.sentence is None:
        text.report("no-sentence", f"`{name}` has no sentence that says what it asks", (span, "this rule"))
    if text.is_pack and not rule.sources:
        text.report("no-source", f"`{name}` names no source", (span, "this rule"), help='add `source "…"`')


def _with_names(rule: syntax.RuleStatement, parameters: tuple[RuleParameter, ...], scope: Scope) -> Scope:
    spans = {each.name.text: each.name.span for each in rule.parameters}
    names: dict[str, Typed] = {}
    for each in parameters:
        names[each.name] = Variable(each.default.kind, each.name, spans[each.name])
        scope.context.taken[each.name] = "parameter"
    return scope.binding(names)


def _binds_all(rule: syntax.RuleStatement, scope: Scope) -> bool:
    bound = [name.text for binder in rule.binders for name in binder.names]
    wanted = (*bound, *(parameter.name.text for parameter in rule.parameters))
    return all(name in scope.names for name in wanted)


def _condition(node: syntax.Expression | None, what: str, scope: Scope) -> Typed | None:
    return None if node is None else type_as(node, scope, TRUTH, what)


def _exceptions(nodes: tuple[syntax.Expression, ...], scope: Scope) -> Typed | None:
    """Any of the exceptions."""
    result: Typed | None = None
    for node in nodes:
        typed = _condition(node, "`unless`", scope)
        if typed is not None:
            result = typed if result is None else Apply(TRUTH, "or", (result, typed), node.span)
    return result


def _with_voice(bindings: tuple[Binding, ...], scope: Scope) -> tuple[Binding, ...]:
    if not scope.context.implied_voice:
        return bindings
    return (Binding(VOICE, None, (Variable(VOICE, "voice"),)), *bindings)


def widened(
    bindings: tuple[Binding, ...], parts: tuple[Typed | None, ...]
) -> tuple[tuple[Binding, ...], tuple[Typed | None, ...]]:
    """The bindings with the notes around theirs of which kinds speak, and the parts that speak of them."""
    found = []
    for binding in bindings:
        binding, parts = with_notes_around(binding, parts)
        found.append(binding)
    return tuple(found), parts
