"""Uses of rules: what each verb makes of a rule, with its arguments, and what a file's own uses overrule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rulegen.language import syntax
from rulegen.style.arguments import bound_arguments, with_arguments
from rulegen.style.faults import listing, suggestion
from rulegen.style.model import Place, Rule, Use
from rulegen.style.narrowings import FormExtent, read_narrowings
from rulegen.style.quoting import QUOTING, family_of, guard_rule, is_guard, is_quoting
from rulegen.style.text import Text
from rulegen.style.weights import read_weight

PER = ("phrase", "bar", "section", "piece")


@dataclass(frozen=True, slots=True)
class UseScope:
    """What the uses of a file can speak of: rules, what packs applied before, and where they may hold."""

    text: Text
    rules: Mapping[str, Rule | None]
    inherited: tuple[Use, ...] = ()
    pack: str | None = None  # the name of the pack that speaks; None: the style itself
    ground: FormExtent = field(default_factory=FormExtent)


@dataclass(frozen=True, slots=True)
class Force:
    """What a verb makes of a rule."""

    verb: str
    hard: bool
    weight: float


def read_uses(statements: Sequence[syntax.Statement], frame: UseScope) -> tuple[Use, ...]:
    """All uses that hold: those of packs for rules that the file does not speak of, then its own."""
    own: list[Use] = []
    spoken: set[str] = set()
    back: dict[str, syntax.Target] = {}
    for statement in statements:
        if not isinstance(statement, syntax.UseStatement):
            continue
        here = replace(frame, text=frame.text.about(statement))
        spoken.update(target.name.text for target in statement.targets)
        if statement.verb.text == "without":
            back.update((target.name.text, target) for target in statement.targets)
            _take_back(statement, here)
        else:
            own.extend(_uses(statement, here))
    _report_both(statements, back, frame)
    kept = [_with_own_rule(use, frame) for use in frame.inherited if family_of(use.rule.name) not in spoken]
    uses = _without_doubles([each for each in kept if each is not None] + own)
    return tuple(replace(use, index=index) for index, use in enumerate(uses))


def _report_both(
    statements: Sequence[syntax.Statement], back: Mapping[str, syntax.Target], frame: UseScope
) -> None:
    """Reports rules that one file takes back and uses: a use of its own replaces those of packs as it is."""
    for statement in statements:
        if not isinstance(statement, syntax.UseStatement) or statement.verb.text == "without":
            continue
        for target in statement.targets:
            other = back.get(target.name.text)
            if other is not None:
                name = target.name.text
                marks = (other.span, "taken back here"), (target.span, "used here")
                help = f"a use of one's own replaces what packs say of `{name}`: leave `without {name}` out"
                frame.text.report("both", f"`{name}` is taken back, and used all the same", *marks, help=help)


def _with_own_rule(use: Use, frame: UseScope) -> Use | None:
    """The pack's use, of the file's own rule where it has one of that name."""
    if is_guard(use.rule):
        return use
    rule = frame.rules.get(use.rule.name)
    if rule is None:
        return None  # the file's own rule is faulty, which was reported
    if rule.place is not None and use.rule.place is not None and rule.place == use.rule.place:
        return use
    given = {each.name: each.default for each in use.rule.parameters}
    fitting = {each.name: given[each.name] for each in rule.parameters if each.name in given}
    return replace(use, rule=with_arguments(rule, fitting))


def _without_doubles(uses: Iterable[Use]) -> list[Use]:
    """The uses without hard ones that say the same as one before, or again from another pack."""
    kept: list[Use] = []
    seen: set[object] = set()
    for use in uses:
        key = replace(use, index=0, pack=None, weight=1.0)
        if use.hard and key in seen:
            continue
        seen.add(key)
        kept.append(use)
    return kept


def _take_back(statement: syntax.UseStatement, frame: UseScope) -> None:
    applied = {family_of(use.rule.name) for use in frame.inherited}
    for target in statement.targets:
        name = target.name.text
        known = name == QUOTING or _rule(target, statement.verb, frame) is not None
        if known and name not in applied:
            message = f"no pack applies `{name}`: there is nothing to take back"
            frame.text.report("nothing-to-take-back", message, (target.span, "here"))
        if target.arguments:
            frame.text.report("bad-without", "`without` takes a rule back as a whole", (target.span, "here"))
    parts = (*statement.narrowings, statement.allowance, statement.weight)
    for part in parts:
        if part is not None:
            help = "write how it holds instead, as in `require … except in …`: that replaces the pack's use"
            message = "`without` takes a rule back as a whole"
            frame.text.report("bad-without", message, (part.span, "this has no meaning here"), help=help)


def _rule(target: syntax.Target, verb: syntax.Name, frame: UseScope) -> Rule | None:
    """The rule that is meant; None where there is none (reported) or it is faulty (reported before)."""
    name = target.name
    if is_quoting(target) and name.text not in frame.rules:
        return guard_rule(target, verb, frame.text)
    if name.text not in frame.rules and frame.text.lacks_packs:
        return None
    if name.text not in frame.rules:
        help = frame.text.advise("rule", name.text) or suggestion(name.text, frame.rules)
        if help is None and not frame.rules:
            help = "rules come from packs, as in `use common_practice`, or are written here"
        frame.text.report(
            "unknown-rule", f"there is no rule called `{name.text}`", (name.span, "not known"), help=help
        )
        return None
    return frame.rules[name.text]


def _uses(statement: syntax.UseStatement, frame: UseScope) -> list[Use]:
    weight = read_weight(statement.weight, frame.text.source, frame.text.faults)
    made: list[Use] = []
    for target in statement.targets:
        rule = _rule(target, statement.verb, frame)
        if rule is None:
            continue
        force = _force(statement, rule, weight, frame.text)
        values = {} if is_guard(rule) else bound_arguments(target, rule, frame.text)
        narrows, between, sound = read_narrowings(
            statement.narrowings, rule, target, frame.text, frame.ground
        )
        limit = _limit(statement, force, frame.text)
        if force is None or values is None or not sound:
            continue
        made.append(
            Use(
                index=0,
                verb=force.verb,
                hard=force.hard,
                weight=force.weight,
                rule=with_arguments(rule, values),
                narrowings=narrows,
                between=between,
                limit=limit,
                per=statement.allowance.per.text if statement.allowance else "piece",
                place=Place(
                    frame.text.source, statement.span if len(statement.targets) == 1 else target.span
                ),
                pack=frame.pack,
            )
        )
    return made


def _force(statement: syntax.UseStatement, rule: Rule, weight: float, text: Text) -> Force | None:
    """What the verb makes of the rule, or None (reported) where they do not go together."""
    verb = statement.verb.text
    span = statement.verb.span
    weighed = statement.weight is not None
    if verb == "apply":
        if weighed and rule.hard:
            other = "require" if rule.manner == "require" else "avoid"
            message = f"`{rule.name}` normally holds without exception: it has no weight"
            help = f"write `{other} {rule.name} weight …`"
            text.report("weight-of-hard", message, (span, "applied as it is meant"), help=help)
            return None
        return Force(rule.manner, rule.hard, weight if weighed else rule.weight)
    if verb == "forbid" and weighed and statement.weight is not None:
        help = f"write `avoid {rule.name} weight …`"
        text.report(
            "weight-of-forbidden",
            "what is forbidden has no weight",
            (statement.weight.span, "here"),
            help=help,
        )
        return None
    if verb == "require" and rule.then is None:
        message = f"`{rule.name}` has no `then`: there is nothing in it that could be required"
        text.report("no-then", message, (span, "here"), help=f"`forbid`, `avoid` or `prefer` {rule.name}")
        return None
    if verb == "prefer" and rule.manner == "require":
        message = f"`{rule.name}` says what must follow: to prefer it would breed places where it does"
        help = f"use `require {rule.name} weight …`"
        text.report("prefer-required", message, (span, "here"), help=help)
        return None
    return Force(verb, verb in ("require", "forbid") and not weighed, weight)


def _limit(statement: syntax.UseStatement, force: Force | None, text: Text) -> int | None:
    allowance = statement.allowance
    if allowance is None:
        return None
    if allowance.per.text not in PER:
        help = suggestion(allowance.per.text, PER) or f"one of {listing(PER, 'or')}"
        message = f"nothing is counted per `{allowance.per.text}`"
        text.report("bad-allowance", message, (allowance.per.span, "here"), help=help)
    if force is not None and not force.hard:
        message = (
            "`at most` allows for exceptions of what is required or forbidden; this has a weight instead"
        )
        text.report("bad-allowance", message, (allowance.span, "here"))
    return allowance.limit
