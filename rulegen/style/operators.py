"""Arithmetic and comparison: which kinds go together, and what each operator means for them."""

from __future__ import annotations

from fractions import Fraction

from rulegen.language.syntax import Expression, Span
from rulegen.style.expression import Apply, Literal, Typed, negation
from rulegen.style.scope import Scope
from rulegen.style.vocabulary import (
    CHORD,
    CLASS,
    DURATION,
    INTERVAL,
    KIND_NAMES,
    LABEL,
    NOTE,
    NUMBER,
    PITCH,
    RANKED,
    TRUTH,
    VOICE,
    WORDS,
)
from rulegen.theory.interval import Interval

NEGATED = {"!=": "==", "is not": "is", "not in": "in"}
ORDERS = ("<", "<=", ">", ">=")

_EQUAL = {PITCH: "same_pitch", CLASS: "same_class", INTERVAL: "same_interval", CHORD: "same_chord"}
_ALIKE = {**_EQUAL, INTERVAL: "alike_interval", CHORD: "alike_chord"}
_PLAIN = (NUMBER, DURATION, TRUTH, VOICE, *WORDS)  # compared by value
_SUMS = {
    ("+", NUMBER, NUMBER): NUMBER,
    ("-", NUMBER, NUMBER): NUMBER,
    ("*", NUMBER, NUMBER): NUMBER,
    ("/", NUMBER, NUMBER): NUMBER,
    ("+", DURATION, DURATION): DURATION,
    ("-", DURATION, DURATION): DURATION,
    ("*", DURATION, NUMBER): DURATION,
    ("*", NUMBER, DURATION): DURATION,
    ("/", DURATION, NUMBER): DURATION,
    ("/", DURATION, DURATION): NUMBER,
}
_ACTS = {"+": "added to", "-": "taken from", "*": "multiplied by", "/": "divided by"}


def name_kind(kind: str) -> str:
    """A kind as a sentence says it: `an interval`."""
    return KIND_NAMES.get(kind, f"a {kind}")


def counterpart(kind: str) -> str:
    """The kind that a literal has when it is compared with this one."""
    return {NOTE: PITCH, CHORD: LABEL}.get(kind, kind)


def coerced(expression: Typed, kind: str) -> Typed | None:
    """The expression as one of a kind, a note giving its pitch; None where it can't be had."""
    if expression.kind == kind:
        return expression
    if expression.kind == NOTE and kind == PITCH:
        return Apply(PITCH, "note.pitch", (expression,), expression.span)
    return None


def compare(operator: str, left: Typed, right: Typed, span: Span, scope: Scope) -> Typed | None:
    """The comparison, or None (reported) where the kinds cannot be compared."""
    if operator in NEGATED:
        result = compare(NEGATED[operator], left, right, span, scope)
        return None if result is None else negation(result)
    left, right = _as_pitches(left, right)
    kind, other = _family(left), _family(right)
    if kind != other:
        _report_mismatch(left, right, scope)
        return None
    if operator in ORDERS:
        return _order(operator, left, right, span, scope)
    if kind in _PLAIN:
        return Apply(TRUTH, "==", (left, right), span)
    operations = _EQUAL if operator == "==" else _ALIKE
    if kind == CHORD:
        left, right = _chord_first(left, right)
        if isinstance(left, Literal):
            scope.fault("constant", "both chords are written out: this says nothing", (span, "here"))
            return None
    if kind not in operations:
        scope.fault("cannot-compare", f"{name_kind(kind)} cannot be compared", (span, "here"))
        return None
    return Apply(TRUTH, operations[kind], (left, right), span)


def arithmetic(operator: str, left: Typed, right: Typed, span: Span, scope: Scope) -> Typed | None:
    """The sum, difference, product or quotient, or None (reported) where the kinds do not allow it."""
    kind = _SUMS.get((operator, left.kind, right.kind))
    if kind is None:
        first, second = (right, left) if operator == "-" else (left, right)
        message = f"{name_kind(first.kind)} cannot be {_ACTS[operator]} {name_kind(second.kind)}"
        help = _advise(left.kind, right.kind) if INTERVAL in (left.kind, right.kind) else None
        scope.fault("kinds", message, *_both(left, right), help=help)
        return None
    return Apply(kind, operator, (left, right), span)


def negative(operand: Typed, span: Span, scope: Scope) -> Typed | None:
    """The number, duration or interval with the other sign, or None (reported)."""
    if operand.kind not in (NUMBER, DURATION, INTERVAL):
        message = f"only numbers, durations and intervals have a sign, and this is {name_kind(operand.kind)}"
        scope.fault("kinds", message, (operand.span, name_kind(operand.kind)))
        return None
    if isinstance(operand, Literal) and isinstance(operand.value, (Fraction, Interval)):
        return Literal(operand.kind, -operand.value, span)
    return Apply(operand.kind, "negate", (operand,), span)


def _as_pitches(left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """Notes as their pitches, where notes or pitches are compared."""
    if {left.kind, right.kind} <= {NOTE, PITCH}:
        return coerced(left, PITCH) or left, coerced(right, PITCH) or right
    return left, right


def _family(expression: Typed) -> str:
    return CHORD if expression.kind == LABEL else expression.kind


def _chord_first(left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """A chord and what it is compared with: `V7 is c` as `c is V7`, and a chord's label as the chord."""
    one, other = (
        each.arguments[0] if isinstance(each, Apply) and each.operation == "chord.label" else each
        for each in (left, right)
    )
    return (other, one) if isinstance(one, Literal) else (one, other)


def _order(operator: str, left: Typed, right: Typed, span: Span, scope: Scope) -> Typed | None:
    operation = {PITCH: "pitch.midi", INTERVAL: "semitones"}.get(left.kind)
    if operation is not None:
        left = Apply(NUMBER, operation, (left,), left.span)
        right = Apply(NUMBER, operation, (right,), right.span)
    if left.kind not in (NUMBER, DURATION, *RANKED):
        named = name_kind(left.kind).split(" (")[0]
        message = f"{named} is neither more nor less than another"
        scope.fault("no-order", message, *_both(left, right), help="compare with `is` or `==`")
        return None
    return Apply(TRUTH, operator, (left, right), span)


def _report_mismatch(left: Typed, right: Typed, scope: Scope) -> None:
    message = f"{_short(left.kind)} cannot be compared with {_short(right.kind)}"
    scope.fault("kinds", message, *_both(left, right), help=_advise(left.kind, right.kind))


def _short(kind: str) -> str:
    return name_kind(kind).split(" (")[0]


def _both(left: Typed, right: Typed) -> tuple[tuple[Span, str], tuple[Span, str]]:
    return (left.span, _short(left.kind)), (right.span, _short(right.kind))


def _advise(left: str, right: str) -> str | None:
    kinds = {left, right}
    if kinds == {INTERVAL, NUMBER}:
        return "`semitones(…)` gives an interval's semitones, `number(…)` its number (3 for a third)"
    if kinds == {DURATION, NUMBER}:
        return "a duration is written as a part of a whole note, as in `1/4`"
    if kinds in ({NOTE, CLASS}, {NOTE, NUMBER}, {NOTE, "factor"}):
        wanted = {CLASS: "class", NUMBER: "midi", "factor": "factor"}
        return f"take the note's `.{wanted[(kinds - {NOTE}).pop()]}`"
    if kinds == {PITCH, NUMBER}:
        return "a note's `.midi` is a number; pitches are compared with pitches, as in `n.pitch > C4`"
    if kinds == {PITCH, CLASS}:
        return "a pitch class has no octave: take the pitch's `.class`"
    if kinds == {INTERVAL}:
        return "intervals are not added: compare `semitones(…)`"
    return None


def type_as(node: Expression, scope: Scope, kind: str, what: str) -> Typed | None:
    """The expression as one of a kind; `what` says in the message who asks for it: "`when`"."""
    typed = scope.typed(node, kind)
    if typed is None:
        return None
    result = coerced(typed, kind)
    if result is None:
        found = name_kind(typed.kind)
        message = f"{what} must be {name_kind(kind)}, and this is {found}"
        scope.fault("kinds", message, (node.span, found))
    return result
