"""Words that are values by themselves: pitches, intervals, durations, chords, voices and the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from rulegen.language.syntax import Binary, Expression, Name, Number, Span, Unary, WordGroup
from rulegen.style.expression import Literal, Value
from rulegen.style.faults import suggestion
from rulegen.style.scope import Delayed, Scope
from rulegen.style.vocabulary import (
    CLASS,
    DURATION,
    INTERVAL,
    KIND_NAMES,
    LABEL,
    NUMBER,
    PITCH,
    SPANS,
    TRUTH,
    VOICE,
    WORDS,
)
from rulegen.theory.chord import parse_roman
from rulegen.theory.duration import parse_duration
from rulegen.theory.interval import Interval, looks_like_interval
from rulegen.theory.pitch import Pitch, PitchClass
from rulegen.theory.scale import Key
from rulegen.theory.symbol import read_symbol

_ORDER = (
    PITCH,
    INTERVAL,
    CLASS,
    VOICE,
    DURATION,
    TRUTH,
    *WORDS,
    LABEL,
)  # what a word is where nothing is expected
_BARE = ("key", "meter", "voice", "piece")
_STRETCHES = ("beat", "bar")
_DURATIONS = ("whole", "half", "quarter", "eighth", "sixteenth")
_READERS: dict[str, Callable[[str], Value]] = {
    PITCH: Pitch.parse,
    CLASS: PitchClass.parse,
    DURATION: parse_duration,
}
_KEYS = tuple(Key.parse(name) for name in ("C major", "A minor"))


NO_SYMBOLS = "chord symbols are not in this version of rulegen"
NUMERALS = "write the chord as a Roman numeral, as in `ii7` or `V65/V`"


def is_open(node: Expression, scope: Scope) -> bool:
    """Whether what a literal means depends on what is expected of it: an unbound word, `1/8`, `V65/V`."""
    if isinstance(node, Name):
        bound = scope.names.get(node.text)
        if isinstance(bound, Delayed):
            return is_open(bound.node, bound.scope)
        return bound is None and node.text not in _BARE
    if isinstance(node, Unary):
        return node.operator == "-" and is_open(node.operand, scope)
    return ratio(node) is not None or chord_text(node, scope) is not None


def kinds_of(node: Expression, scope: Scope) -> tuple[str, ...]:
    """The kinds that a literal can be of, where it may be more than one: a pitch or an interval, as `A4`."""
    if isinstance(node, Unary):
        return kinds_of(node.operand, scope) if node.operator == "-" else ()
    if isinstance(node, Name):
        voices = scope.context.voice_names
        return tuple(kind for kind in _ORDER if literal_value(node.text, kind, voices) is not None)
    return (NUMBER, DURATION) if ratio(node) is not None else ()


def ratio(node: Expression) -> Fraction | None:
    """The value of numbers alone with a division among them, as in `1/8` or `3 * 1/8`; None for all else."""
    return _constant(node) if _divides(node) else None


def _divides(node: Expression) -> bool:
    if not isinstance(node, Binary):
        return False
    return node.operator == "/" or _divides(node.left) or _divides(node.right)


def _constant(node: Expression) -> Fraction | None:
    if isinstance(node, Number):
        return node.value
    if not isinstance(node, Binary) or node.operator not in "+-*/":
        return None
    left, right = _constant(node.left), _constant(node.right)
    if left is None or right is None or (node.operator == "/" and not right):
        return None
    if node.operator == "/":
        return left / right
    if node.operator == "*":
        return left * right
    return left + right if node.operator == "+" else left - right


def chord_text(node: Expression, scope: Scope) -> str | None:
    """The label that unbound words with strokes between them may be, as in `V65/V`; None for all else."""
    if isinstance(node, Name):
        return None if node.text in scope.names or node.text in _BARE else node.text
    if isinstance(node, Binary) and node.operator == "/":
        left, right = chord_text(node.left, scope), chord_text(node.right, scope)
        return None if left is None or right is None else f"{left}/{right}"
    return None


def read_phrase(node: WordGroup, scope: Scope) -> Literal | None:
    """The duration that words make together, as in `dotted quarter`."""
    text = " ".join(word.text for word in node.words)
    if any(word.text.removesuffix("s") in _STRETCHES for word in node.words):
        advice = (
            "compare numbers, as in `n.beat == 1` or `b.number == 2`, and durations, as in `2 * b.length`"
        )
        message = f"`{text}` as a value is not in this version of rulegen"
        scope.fault("not-yet", message, (node.span, "not yet"), help=advice)
        return None
    try:
        return Literal(DURATION, parse_duration(text), node.span)
    except ValueError:
        help = suggestion(text, (f"{first} {last}" for first in ("dotted", "triplet") for last in _DURATIONS))
        scope.fault("unknown-name", f"`{text}` is no duration", (node.span, "no duration"), help=help)
        return None


def read_word(text: str, span: Span, scope: Scope, expected: str | None) -> Literal | None:
    """The value of a word by the kind that is expected, else by its shape; reports what has no meaning."""
    try:
        literal = _literal(text, span, scope, expected)
        if is_symbol(text) and (literal is None or (expected == LABEL and literal.kind != LABEL)):
            scope.fault("not-yet", NO_SYMBOLS, (span, "not yet"), help=NUMERALS)
            return None
    except ValueError as error:
        scope.fault("bad-literal", str(error), (span, "this"))
        return None
    if literal is None:
        _report_unknown(text, span, scope, expected)
    return literal


def _literal(text: str, span: Span, scope: Scope, expected: str | None) -> Literal | None:
    kinds = (expected, *_ORDER) if expected else _ORDER
    for kind in kinds:
        value = literal_value(text, kind, scope.context.voice_names)
        if value is not None:
            return Literal(kind, value, span)
    return None


def literal_value(text: str, kind: str, voices: Iterable[str] = ()) -> Value:
    """The value of a word as one kind, or None; ValueError for an interval that there is not, such as P3."""
    if kind in WORDS:
        return WORDS[kind].index(text) if text in WORDS[kind] else None
    if kind == INTERVAL:
        return Interval.parse(text) if looks_like_interval(text) else None
    if kind == VOICE:
        return text if text in voices else None
    if kind == LABEL:
        return text if is_chord_label(text) else None
    if kind == TRUTH:
        return {"true": True, "false": False}.get(text)
    if kind == DURATION and not text[:1].isalpha():
        return None
    try:
        return _READERS[kind](text) if kind in _READERS else None
    except ValueError:
        return None


def is_symbol(text: str) -> bool:
    """Whether a word is a chord symbol with its kind, as `Dm7b5`; a letter alone is a note."""
    try:
        return len(read_symbol(text).tones) > 0 and not _is_class(text)
    except ValueError:
        return False


def _is_class(text: str) -> bool:
    return literal_value(text, CLASS) is not None


def is_chord_label(text: str) -> bool:
    """Whether a word is a numeral that some key has a chord for."""
    return any(_reads(text, key) for key in _KEYS)


def _reads(text: str, key: Key) -> bool:
    try:
        parse_roman(text, key)
    except ValueError:
        return False
    return True


def _report_unknown(text: str, span: Span, scope: Scope, expected: str | None) -> None:
    bound = [name for name in scope.names if not name.startswith("_")]
    words = WORDS.get(expected or "", tuple(word for words in WORDS.values() for word in words))
    others = scope.context.voice_names if expected in (None, VOICE) else ()
    help = suggestion(text, (*bound, *words, *others, *(_BARE if expected is None else ())))
    if text in scope.context.definitions:
        parameters = scope.context.definitions[text].syntax.parameters
        help = f"a definition is called: write `{text}({', '.join(each.text for each in parameters)})`"
    if help is None:
        help = _what_would_do(expected)
    if text in SPANS:
        help = f"bind it first: `for {text} {text[0]}`"
    sought = KIND_NAMES.get(expected or "", "").split("(")[0].strip().removeprefix("a ").removeprefix("an ")
    named = sought if expected not in (None, TRUTH, NUMBER) else "variable, voice or value"
    scope.fault("unknown-name", f"there is no {named} called `{text}`", (span, "not known here"), help=help)


def _what_would_do(expected: str | None) -> str | None:
    if expected is not None and expected in WORDS:
        return f"it is one of {', '.join(WORDS[expected])}"
    return {
        PITCH: "a pitch is written as in `F#4`",
        CLASS: "a pitch class is written as in `F#`",
        INTERVAL: "an interval is written as in `P5`, `m3` or `aug4`",
        DURATION: "a duration is written as in `1/8` or `dotted quarter`",
        LABEL: "a chord is written as in `V65` or `V7/V`",
        NUMBER: "a number is written as in `2` or `0.5`",
    }.get(expected or "")
