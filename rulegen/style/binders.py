"""What `for` binds, in a rule and inside `count`, `exists`, `all`, `sum`, `max` and `min`."""

from __future__ import annotations

from rulegen.language.syntax import Aggregate, Binder, Name
from rulegen.style.expression import (
    Aggregated,
    Apply,
    Binding,
    Literal,
    Typed,
    Variable,
    conjunction,
    negation,
)
from rulegen.style.faults import listing, suggestion
from rulegen.style.kinds import with_notes_around
from rulegen.style.operators import name_kind, type_as
from rulegen.style.scope import Scope
from rulegen.style.vocabulary import (
    AGGREGATES,
    CHORD,
    DURATION,
    INTERVAL,
    MOMENT,
    NOTE,
    NUMBER,
    PIECE,
    PITCH,
    ROWS,
    SPANS,
    TRUTH,
    VOICE,
)

KINDS = (NOTE, MOMENT, CHORD, VOICE, *SPANS)
NOT_YET = ("motif",)  # kinds that the language knows and this version does not
_STATED = ("count", "exists", "all")  # what goes over things without giving a value of each
_VALUES = {
    "sum": (NUMBER, DURATION),
    "max": (NUMBER, DURATION, INTERVAL),
    "min": (NUMBER, DURATION, INTERVAL),
    "last": (TRUTH,),
}


def bind_rule(binders: tuple[Binder, ...], scope: Scope) -> tuple[Scope, tuple[Binding, ...]]:
    """The scope of a rule's expressions, and its bindings; faults are reported, the rest is bound."""
    bindings: list[Binding] = []
    rows: list[Binder] = []
    for binder in sorted(binders, key=lambda each: each.kind.text != VOICE):  # a row may name its voice
        if binder.kind.text in (*ROWS, *SPANS):
            rows.append(binder)
        scope, made = bind(binder, scope, inside=False)
        bindings.extend(made)
        if binder.kind.text == VOICE:
            voices = tuple(each for one in bindings if one.kind == VOICE for each in one.variables)
            scope.context.row_voices = voices
        elif binder.kind.text in ROWS and made:
            scope.context.last = made[-1].variables[-1]
    for binder in rows[1:]:
        message = "a rule goes along one row of notes, moments or chords, or over one kind of stretch"
        marks = (binder.span, "a second one"), (rows[0].span, "the first")
        scope.fault("two-rows", message, *marks, help="speak of the others with `count`, `exists` or `all`")
    return scope, tuple(bindings)


def bind(binder: Binder, scope: Scope, inside: bool) -> tuple[Scope, tuple[Binding, ...]]:
    """The scope with what a binder binds; `inside` an aggregate, stretches and moments may own it."""
    kind = binder.kind.text
    if kind in NOT_YET:
        message = f"what is bound by `{kind}` is not in this version of rulegen"
        help = "speak of its notes, as in `for consecutive notes a, b, c in voice`"
        scope.fault("not-yet", message, (binder.kind.span, "not yet"), help=help)
        return scope, ()
    if kind not in KINDS:
        help = suggestion(kind, KINDS) or f"`for` binds {listing(KINDS)}"
        scope.fault(
            "unknown-binder",
            f"nothing of the kind `{kind}` can be bound",
            (binder.kind.span, "this"),
            help=help,
        )
        return scope, ()
    names = binder.names or ((Name(PIECE, binder.span),) if kind == PIECE else ())
    if not _is_well_formed(binder, names, scope):
        return scope, ()
    voice, stretch, sound = _owners(binder, scope, inside)
    if not sound:
        return scope, ()
    leading: tuple[Binding, ...] = ()
    if kind == NOTE and voice is None and (stretch is None or stretch.kind != MOMENT):
        voice, leading = _every_voice(binder, scope, inside)
    what = (kind, binder.modifier, len(names), voice, stretch)
    made: dict[str, Variable] = {}
    for place, name in enumerate(names):
        made[name.text] = Variable(kind, scope.binding(made).fresh(name.text, (what, place)), name.span)
    modifier = binder.modifier or ("consecutive" if kind in ROWS and len(names) > 1 else None)
    binding = Binding(kind, modifier, tuple(made.values()), voice, stretch, binder.span)
    return scope.binding(made), (*leading, binding)


def _every_voice(
    binder: Binder, scope: Scope, inside: bool
) -> tuple[Variable | Literal | None, tuple[Binding, ...]]:
    """The voice of notes that name none: the voice in turn in a rule, all voices inside an aggregate."""
    if not inside:
        voice = scope.voice_in_turn(binder.span)
        return (voice if isinstance(voice, Variable) else None), ()
    variable = Variable(VOICE, scope.fresh("each_voice", "every voice"), binder.span)
    return variable, (Binding(VOICE, None, (variable,), span=binder.span),)


def _is_well_formed(binder: Binder, names: tuple[Name, ...], scope: Scope) -> bool:
    kind, modifier = binder.kind.text, binder.modifier
    problem = None
    if not names:
        problem = f"give what is bound a name: `{kind} {kind[0]}`"
    elif modifier == "consecutive" and kind not in ROWS:
        problem = "only notes, moments and chords can be consecutive"
    elif modifier == "consecutive" and len(names) < 2:
        problem = "of consecutive ones there are two or more: `consecutive notes a, b in voice`"
    elif modifier == "adjacent" and kind != VOICE:
        problem = "only voices are adjacent; of notes, moments and chords say `consecutive`"
    elif modifier == "adjacent" and len(names) != 2:
        problem = "adjacent voices are two: `adjacent voices upper, lower`"
    elif kind in SPANS and len(names) > 1:
        problem = f"one {kind} is bound at a time"
    if problem is not None:
        scope.fault("bad-binder", problem, (binder.span, "here"))
    seen: set[str] = set()
    for name in names:
        if name.text in seen or name.text in scope.names:
            scope.fault("bound-twice", f"`{name.text}` is bound already", (name.span, "again here"))
            problem = "bound twice"
        seen.add(name.text)
    return problem is None


def _owners(
    binder: Binder, scope: Scope, inside: bool
) -> tuple[Variable | Literal | None, Variable | None, bool]:
    """The voice and the stretch that the words after `in` name, and whether they make sense."""
    voice: Variable | Literal | None = None
    stretch: Variable | None = None
    for owner in binder.owners:
        typed = _owner(owner, binder, scope)
        if typed is None:
            return None, None, False
        if typed.kind == VOICE and binder.kind.text == NOTE and voice is None:
            voice = typed
        elif (
            isinstance(typed, Variable)
            and inside
            and stretch is None
            and _may_lie_in(binder.kind.text, typed.kind)
        ):
            stretch = typed
        else:
            kind = binder.kind.text
            message = f"{name_kind(kind)} cannot be bound in {name_kind(typed.kind)} here"
            help = (
                None if inside else "a rule binds notes in a voice; stretches stand inside `count`, `all`, …"
            )
            scope.fault("bad-binder", message, (owner.span, name_kind(typed.kind)), help=help)
            return None, None, False
    if stretch is not None and stretch.kind == MOMENT and (voice is not None or len(binder.names) > 1):
        scope.fault("bad-binder", "the notes of a moment are bound one at a time", (binder.span, "here"))
        return None, None, False
    return voice, stretch, True


def _may_lie_in(kind: str, stretch: str) -> bool:
    return (stretch in SPANS and kind != VOICE) or (stretch == MOMENT and kind == NOTE)


def _owner(owner: Name, binder: Binder, scope: Scope) -> Variable | Literal | None:
    typed = scope.typed(owner, VOICE)
    if typed is None or isinstance(typed, (Variable, Literal)):
        return typed
    scope.fault("bad-binder", "name a voice or a stretch of time here", (owner.span, name_kind(typed.kind)))
    return None


def type_aggregate(node: Aggregate, scope: Scope) -> Typed | None:
    """`count`, `exists`, `all`, `sum`, `max` or `min` over what is bound; None where it has a fault."""
    name = node.function.text
    if name not in AGGREGATES:
        help = suggestion(name, AGGREGATES) or f"these do: {listing(AGGREGATES)}"
        scope.fault(
            "unknown-function", f"`{name}` does not go over things", (node.function.span, "this"), help=help
        )
        return None
    inner, sound = scope, True
    bindings: list[Binding] = []
    for binder in node.binders:
        inner, made = bind(binder, inner, inside=True)
        bindings.extend(made)
        sound = sound and bool(made)
    if not sound:
        return None  # what stands inside would only be reported for lack of names
    value, where, sound = _inside(node, inner)
    if not sound:
        return None
    for place, binding in enumerate(bindings):
        bindings[place], (value, where) = with_notes_around(binding, (value, where))
    if name in _STATED:
        where = _stated(name, value, where)
        if name == "all" and where is None:
            scope.fault("no-statement", "`all` needs what holds of all: add `where …`", (node.span, "here"))
            return None
        return Aggregated(AGGREGATES[name] or TRUTH, name, tuple(bindings), None, where, node.span)
    if value is None:
        message = f"`{name}` needs a value to take: `{name}(n.midi for note n in voice)`"
        scope.fault("no-value", message, (node.span, "here"))
        return None
    if name == "last" and not _are_in_time(bindings):
        message = "`last` goes over notes, moments or chords that follow one another"
        scope.fault("bad-binder", message, (node.span, "these come together"))
        return None
    return Aggregated(value.kind, name, tuple(bindings), value, where, node.span)


def _are_in_time(bindings: list[Binding]) -> bool:
    """Whether one comes after the other: not voices, nor the notes of a moment or of all voices."""
    kinds = [each.kind for each in bindings]
    row = bindings[-1]
    within_moment = row.scope is not None and row.scope.kind == MOMENT
    return (
        len(kinds) == 1
        and kinds[0] in ROWS
        and not within_moment
        and (kinds[0] != NOTE or row.voice is not None)
    )


def _stated(name: str, value: Typed | None, where: Typed | None) -> Typed | None:
    """One statement of `count(x for … where y)`: x and y; in `all`, y only where x."""
    if value is None or where is None:
        return value or where
    if name == "all":
        return Apply(TRUTH, "or", (negation(where), value), value.span)
    return conjunction(where, value)


def _inside(node: Aggregate, inner: Scope) -> tuple[Typed | None, Typed | None, bool]:
    """The value and the condition, and whether both are sound."""
    name = node.function.text
    value = where = None
    sound = True
    if node.where is not None:
        where = type_as(node.where, inner, TRUTH, "what stands after `where`")
        sound = where is not None
    if node.value is not None:
        if name in _STATED:
            value = type_as(node.value, inner, TRUTH, f"what `{name}` asks of each")
        else:
            value = _amount(inner.typed(node.value), name, node, inner)
        sound = sound and value is not None
    return value, where, sound


def _amount(typed: Typed | None, name: str, node: Aggregate, inner: Scope) -> Typed | None:
    """What `sum`, `max` or `min` takes of each: a pitch counts by its height."""
    if typed is None:
        return None
    if typed.kind in (NOTE, PITCH) and name != "sum":
        return Apply(NUMBER, f"{typed.kind}.midi", (typed,), typed.span)
    if typed.kind in _VALUES[name]:
        return typed
    wanted = " or ".join(name_kind(kind) for kind in _VALUES[name])
    message = f"`{name}` takes {wanted} of each, and this is {name_kind(typed.kind)}"
    inner.fault("kinds", message, (typed.span, name_kind(typed.kind)))
    return None
