"""Cadences that no chords of a style can make, by what its own rules ask of them.

What rules say of chords alone is read here without arrays, since `check` is to answer at once; a rule that
asks for more is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from itertools import product

from rulegen.errors import Diagnostic, Label
from rulegen.style.expression import (
    FALSE,
    TRUE,
    Aggregated,
    Apply,
    Binding,
    Literal,
    Typed,
    Variable,
    conjunction,
    negation,
    walk,
)
from rulegen.style.model import Form, Rule, SectionPlan, Style, key_of
from rulegen.style.vocabulary import CHORD, PHRASE, WORDS, quality_word
from rulegen.theory.chord import Chord, parse_chord
from rulegen.theory.scale import Key

_FUNCTIONS = {"T": "tonic", "S": "subdominant", "D": "dominant"}


_Asked = tuple[Binding, Typed | None, Typed | None, Typed | None]  # a row; when, then and unless


class _Unknown(Exception):
    """What is asked is more than the chords of a close tell."""


def cadence_warnings(style: Style) -> Iterator[Diagnostic]:
    """A warning for each kind of cadence of the form where chords of the style cannot keep a hard rule."""
    harmony = style.harmony
    if harmony is None:
        return
    rules = [use.rule for use in style.uses if use.verb == "require" and use.hard and not use.narrowings]
    for home in harmony.keys(style.key):
        for (cadence, key), section in _closes(style.form, home).items():
            labels = harmony.labels(key.mode)
            for rule in rules if any(_chords(labels, key)) else ():
                asked = rule.bindings[0], rule.when, rule.then, rule.unless
                if _asks_of_cadences(rule) and _cannot_close(asked, cadence, labels, key):
                    yield _warning(rule, cadence, key, section, style)


def _closes(form: Form, home: Key) -> dict[tuple[str, Key], SectionPlan]:
    """The kinds of cadence of a form, each with the key in which its phrase ends, and a section of it."""
    found: dict[tuple[str, Key], SectionPlan] = {}
    for section in form.sections:
        own = key_of(section.key or "home", home)
        for phrase in section.phrases:
            key = key_of(phrase.key_to or phrase.key or "home", own)
            if phrase.cadence is not None:
                found.setdefault((phrase.cadence, key), section)
    return found


def _warning(rule: Rule, cadence: str, key: Key, section: SectionPlan, style: Style) -> Diagnostic:
    alone = rule.bindings[0].kind == CHORD and len(rule.bindings[0].variables) == 1
    message = f"no {'chord' if alone else 'chords'} of the style can close a {cadence} cadence in {key.name}"
    assert style.harmony is not None
    places = [(section.place, f"a {cadence} cadence is asked for")]
    places += [(each, "its chords") for each in style.harmony.places]
    labels = tuple(Label(each.span, text, each.source) for each, text in places if each is not None)
    return Diagnostic("no-cadence", message, labels, (), f"`{rule.name}`: {rule.sentence}", "warning")


def _chords(labels: tuple[str, ...], key: Key) -> Iterator[Chord]:
    for label in labels:
        try:
            yield parse_chord(label, key)
        except ValueError:
            continue


def _asks_of_cadences(rule: Rule) -> bool:
    """Whether a rule binds chords or a phrase alone, and says at which cadence."""
    asked = (each.operation for each in walk(rule.when or TRUE) if isinstance(each, Apply))
    return [each.kind for each in rule.bindings] in ([CHORD], [PHRASE]) and any(
        operation in ("chord.cadence", "phrase.cadence") for operation in asked
    )


@lru_cache(256)
def _cannot_close(asked: _Asked, cadence: str, labels: tuple[str, ...], key: Key) -> bool:
    """Whether a rule is broken whatever chords of these close a phrase with this cadence."""
    row, when, then, unless = asked
    close = _Close(cadence, row.variables[-1].name, list(_chords(labels, key)))
    if close.truth(when) is False:
        return False  # it speaks of another cadence
    broken = conjunction(when, *(() if unless is None else (negation(unless),)), negation(then or FALSE))
    return not any(each.truth(broken) is not True for each in close.choices(row, negation(broken)))


@dataclass(frozen=True)
class _Close:
    """What is known at the end of a phrase: its cadence, and the chords that are bound there by name."""

    cadence: str
    last: str  # the variable that stands for the phrase, or for the chord that closes it
    chords: Sequence[Chord]  # all that the style has
    bound: Mapping[str, Chord] = field(default_factory=dict)

    def choices(self, row: Binding, asked: Typed) -> Iterator[_Close]:
        """The ways to bind chords; left out is what by itself has no part in what is asked."""
        names = [variable.name for variable in row.variables] if row.kind == CHORD else []
        likely = [
            [chord for chord in self.chords if self.with_chords({name: chord}).truth(asked) is not False]
            for name in names
        ]
        for chosen in product(*likely):
            yield self.with_chords(dict(zip(names, chosen, strict=True)))

    def with_chords(self, bound: Mapping[str, Chord]) -> _Close:
        """The same with these chords bound too."""
        return replace(self, bound={**self.bound, **bound})

    def truth(self, expression: Typed | None) -> bool | None:
        """The value of a statement, None where the chords do not tell it."""
        if isinstance(expression, Apply) and expression.operation in ("and", "or"):
            decisive = expression.operation == "or"
            known: bool | None = not decisive
            for each in expression.arguments:
                found = self.truth(each)
                if found is decisive:
                    return decisive
                known = None if found is None else known
            return known
        if isinstance(expression, Apply) and expression.operation == "not":
            opposite = self.truth(expression.arguments[0])
            return None if opposite is None else not opposite
        if isinstance(expression, Aggregated):
            return self._truth_of_some(expression)
        try:
            return bool(self.value(expression))
        except _Unknown:
            return None

    def _truth_of_some(self, aggregate: Aggregated) -> bool | None:
        """False where no chords are what `last` or `exists` asks for."""
        if aggregate.operation not in ("last", "exists") or len(aggregate.bindings) > 1:
            return None
        asked = conjunction(aggregate.where, aggregate.value)
        some = self.choices(aggregate.bindings[0], asked)
        return None if any(each.truth(asked) is not False for each in some) else False

    def value(self, expression: Typed | None) -> object:
        """The value of what is no statement of statements. Raises _Unknown."""
        if isinstance(expression, Literal):
            return expression.value
        if isinstance(expression, Variable) and expression.name in self.bound:
            return self.bound[expression.name]
        if not isinstance(expression, Apply):
            raise _Unknown
        owner, _, attribute = expression.operation.partition(".")
        of = expression.arguments[0]
        if attribute in ("closes_phrase", "cadence") and isinstance(of, Variable) and of.name == self.last:
            return True if attribute == "closes_phrase" else WORDS["cadence"].index(self.cadence)
        if expression.operation in ("==", "!=", "same_class"):
            one, other = (self.value(each) for each in expression.arguments)
            return (one == other) != (expression.operation == "!=")
        found = self.value(of)
        if isinstance(found, Chord) and owner == "chord":
            return _of_chord(found, attribute)
        if isinstance(found, Key) and owner == "key" and attribute in ("tonic", "leading_tone"):
            return getattr(found, attribute)
        if isinstance(found, Key) and expression.operation == "key.mode":
            return WORDS["mode"].index(found.mode)
        raise _Unknown


@cache
def _of_chord(chord: Chord, attribute: str) -> object:
    """An attribute of a chord, as literals hold it."""
    if attribute in ("third", "fifth", "seventh"):
        return chord.tone_of({"third": 3, "fifth": 5, "seventh": 7}[attribute])
    if attribute == "quality":
        return WORDS["quality"].index(quality_word(chord.quality))
    if attribute == "function":
        return WORDS["function"].index(_FUNCTIONS[chord.function])
    if attribute == "key":
        return chord.local_key
    if attribute in ("root", "bass", "degree", "inversion", "is_applied", "is_seventh"):
        return getattr(chord, attribute)
    raise _Unknown
