"""From an expression as written to a typed one, with names resolved and kinds checked."""

from __future__ import annotations

from dataclasses import replace

from rulegen.language.syntax import (
    Aggregate,
    At,
    Attribute,
    Binary,
    Call,
    Expression,
    Name,
    Number,
    Quoted,
    Several,
    Span,
    Unary,
    WordGroup,
)
from rulegen.style.binders import type_aggregate
from rulegen.style.calls import type_call
from rulegen.style.expression import Apply, Literal, Typed, Variable
from rulegen.style.facets import ATTRIBUTES
from rulegen.style.faults import listing, suggestion
from rulegen.style.kinds import KIND, asks_kind, type_kind_asked
from rulegen.style.literals import chord_text, is_chord_label, is_open, ratio, read_phrase, read_word
from rulegen.style.operators import (
    NEGATED,
    ORDERS,
    arithmetic,
    compare,
    counterpart,
    name_kind,
    negative,
    type_as,
)
from rulegen.style.scope import DEEPEST, MOST_STEPS, Delayed, Scope
from rulegen.style.vocabulary import (
    DURATION,
    KEY,
    LABEL,
    METER,
    MOMENT,
    NOTE,
    NUMBER,
    PHRASE,
    PIECE,
    TRUTH,
    VOICE,
)


def type_expression(node: Expression, scope: Scope, hint: str | None = None) -> Typed | None:
    """The typed expression, None where it has a fault (reported); `hint` is the kind of literals in it."""
    context = scope.context
    context.steps += 1
    if context.steps > MOST_STEPS or context.depth > DEEPEST:
        what = "deeply nested" if context.depth > DEEPEST else "large"
        scope.fault("too-large", f"this expression is too {what}", (node.span, "here"))
        return None
    context.depth += 1
    try:
        return _dispatch(node, scope, hint)
    finally:
        context.depth -= 1


def _dispatch(node: Expression, scope: Scope, hint: str | None) -> Typed | None:
    if isinstance(node, Name):
        return _name(node, scope, hint)
    if isinstance(node, Number):
        return Literal(NUMBER, node.value, node.span)
    if isinstance(node, Attribute):
        return _attribute(node, scope)
    if isinstance(node, At):
        return _at(node, scope)
    if isinstance(node, Call):
        return type_call(node, scope, hint)
    if isinstance(node, Unary):
        return _unary(node, scope, hint)
    if isinstance(node, Binary):
        return _binary(node, scope, hint)
    if isinstance(node, WordGroup):
        return read_phrase(node, scope)
    if isinstance(node, Aggregate):
        return type_aggregate(node, scope)
    _misplaced(node, scope)
    return None


def _misplaced(node: Several | Quoted, scope: Scope) -> None:
    if isinstance(node, Several):
        scope.fault("misplaced", "a list in parentheses stands after `in` only", (node.span, "a list"))
    else:
        scope.fault("misplaced", "a quoted text is no value that rules know", (node.span, "a text"))


def _name(node: Name, scope: Scope, hint: str | None) -> Typed | None:
    bound = scope.names.get(node.text)
    if isinstance(bound, Delayed):
        typed = type_expression(bound.node, bound.scope, hint)
        return None if typed is None else replace(typed, span=node.span)
    if bound is not None:
        return replace(bound, span=node.span)
    if node.text == "voice":
        return scope.voice_in_turn(node.span)
    if node.text in (KEY, METER, PIECE):
        return Variable(node.text, node.text, node.span)
    return read_word(node.text, node.span, scope, hint)


def _attribute(node: Attribute, scope: Scope) -> Typed | None:
    if _is_place_in_phrase(node, scope):
        last = scope.context.last
        if last is not None:
            attribute = f"phrase_{node.name.text}"
            return Apply(ATTRIBUTES[last.kind][attribute], f"{last.kind}.{attribute}", (last,), node.span)
    owner = type_expression(node.of, scope)
    if owner is None:
        return None
    if owner.kind == NOTE and node.name.text == KIND:
        help = "compare it, as in `n.kind is passing` or `n.kind in (neighbour, suspension)`"
        scope.fault("misplaced", "of which kind a note is can only be asked", (node.span, "here"), help=help)
        return None
    kind, name = owner.kind, node.name.text
    known = ATTRIBUTES.get(kind, {})
    if name in known:
        return Apply(known[name], f"{kind}.{name}", (owner,), node.span)
    has = f"; it has {listing(known)}" if known else ""
    message = f"{name_kind(kind).split(' (')[0]} has no `{name}`{has}"
    marks = (node.name.span, "no such attribute"), (node.of.span, name_kind(kind))
    scope.fault("unknown-attribute", message, *marks, help=suggestion(name, known))
    return None


def _is_place_in_phrase(node: Attribute, scope: Scope) -> bool:
    """Whether this is `phrase.position` or `phrase.key` of the last element, no phrase being bound."""
    is_phrase = isinstance(node.of, Name) and node.of.text == PHRASE and PHRASE not in scope.names
    return is_phrase and node.name.text in ("position", "key")


def _at(node: At, scope: Scope) -> Typed | None:
    voice = type_as(node.voice, scope, VOICE, "what stands before `@`")
    place = type_expression(node.moment, scope)
    if place is not None and (place.kind == NOTE or node.side is not None):
        return _under_note(node, voice, place, scope)
    if place is None or voice is None:
        return None
    if place.kind != MOMENT:
        message = f"what stands after `@` is a moment or a note, and this is {name_kind(place.kind)}"
        scope.fault("kinds", message, (node.moment.span, name_kind(place.kind)))
        return None
    return Apply(NOTE, "at", (voice, place), node.span)


def _under_note(node: At, voice: Typed | None, note: Typed, scope: Scope) -> Typed | None:
    """What a voice sounds where a note begins, or ends."""
    if node.side is not None and not check_side(node.side, scope):
        return None
    if not isinstance(note, Variable) or note.kind != NOTE or scope.is_of_moment(note):
        message = "what stands after `@` is a moment, or a note that follows others in its voice"
        scope.fault("kinds", message, (node.moment.span, "this is none"))
        return None
    operation = "at" if node.side is None else "at_end"
    return None if voice is None else Apply(NOTE, operation, (voice, note), node.span)


def check_side(side: Name, scope: Scope) -> bool:
    """Whether a word says where in a note others are heard; faults are reported."""
    if side.text == "end":
        return True
    message = f"`{side.text}` says nothing of a note here"
    help = "`voice@n` is what sounds where n begins, `voice@end(n)` where it ends"
    scope.fault("misplaced", message, (side.span, "this"), help=help)
    return False


def _unary(node: Unary, scope: Scope, hint: str | None) -> Typed | None:
    if node.operator == "not":
        operand = type_as(node.operand, scope, TRUTH, "what `not` turns round")
        return None if operand is None else Apply(TRUTH, "not", (operand,), node.span)
    operand = type_expression(node.operand, scope, hint)
    return None if operand is None else negative(operand, node.span, scope)


def _binary(node: Binary, scope: Scope, hint: str | None) -> Typed | None:
    if node.operator in ("and", "or"):
        left = type_as(node.left, scope, TRUTH, f"what `{node.operator}` joins")
        right = type_as(node.right, scope, TRUTH, f"what `{node.operator}` joins")
        if left is None or right is None:
            return None
        return Apply(TRUTH, node.operator, (left, right), node.span)
    if asks_kind(node):
        return type_kind_asked(node, scope)
    if node.operator in ("in", "not in"):
        return _membership(node, scope)
    if node.operator in NEGATED or node.operator in ("==", "is") or node.operator in ORDERS:
        left, right = _sides(node.left, node.right, scope)
        if left is None or right is None:
            return None
        return compare(node.operator, left, right, node.span, scope)
    return _arithmetic(node, scope, hint)


def _sides(left: Expression, right: Expression, scope: Scope) -> tuple[Typed | None, Typed | None]:
    """Both sides, each literal read as what stands on the other side."""
    if is_open(left, scope) and not is_open(right, scope):
        second = type_expression(right, scope)
        return (None if second is None else type_expression(left, scope, counterpart(second.kind))), second
    first = type_expression(left, scope)
    if first is None:
        return None, (None if is_open(right, scope) else type_expression(right, scope))
    return first, type_expression(right, scope, counterpart(first.kind))


def _membership(node: Binary, scope: Scope) -> Typed | None:
    items = node.right.items if isinstance(node.right, Several) else (node.right,)
    left = type_expression(node.left, scope)
    if left is None:
        return None
    result: Typed | None = None
    sound = True
    for item in items:
        right = type_expression(item, scope, counterpart(left.kind))
        alike = None if right is None else compare("is", left, right, node.span, scope)
        if alike is None:
            sound = False
        elif result is None:
            result = alike
        else:
            result = Apply(TRUTH, "or", (result, alike), node.span)
    if not sound or result is None:
        return None
    return Apply(TRUTH, "not", (result,), node.span) if node.operator == "not in" else result


def _arithmetic(node: Binary, scope: Scope, hint: str | None) -> Typed | None:
    part = ratio(node)
    if part is not None:
        return Literal(NUMBER if hint in (None, NUMBER) else DURATION, part, node.span)
    if node.operator == "/":
        label = chord_text(node, scope)
        if label is not None:
            return _label(label, node.span, scope)
    left, right = _terms(node, scope, hint)
    if left is None or right is None:
        return None
    if node.operator == "/" and isinstance(right, Literal) and right.value == 0:
        scope.fault("zero", "nothing can be divided by 0", (node.right.span, "0"))
        return None
    return arithmetic(node.operator, left, right, node.span, scope)


def _label(text: str, span: Span, scope: Scope) -> Typed | None:
    if is_chord_label(text):
        return Literal(LABEL, text, span)
    scope.fault("unknown-name", f"there is no chord called `{text}`", (span, "not known here"))
    return None


def _terms(node: Binary, scope: Scope, hint: str | None) -> tuple[Typed | None, Typed | None]:
    """Both terms; where one is a duration and they are added, the literal beside it is one too."""
    if node.operator in ("+", "-"):
        if hint == DURATION and is_open(node.left, scope) and is_open(node.right, scope):
            return type_expression(node.left, scope, hint), type_expression(node.right, scope, hint)
        return _sides(node.left, node.right, scope)
    left = type_expression(node.left, scope, hint)
    inner = hint if left is not None and left.kind == NUMBER else NUMBER
    return left, type_expression(node.right, scope, inner)
