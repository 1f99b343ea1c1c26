"""Cadences that no chords of a style can make, by what its own rules ask of them.

What rules say of chords alone is read here without arrays, since `check` is to answer at once; a rule that
asks for more is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

from rulegen.errors import Diagnostic, Label
from rulegen.style.expression import Apply, Literal, Typed, Variable, walk
from rulegen.style.model import Rule, SectionPlan, Style
from rulegen.style.vocabulary import CHORD, WORDS, quality_word
from rulegen.theory.chord import Chord, parse_chord
from rulegen.theory.scale import Key

_FUNCTIONS = {"T": "tonic", "S": "subdominant", "D": "dominant"}


class _Unknown(Exception):
    """What is asked is more than the chords of a close tell."""


def cadence_warnings(style: Style) -> Iterator[Diagnostic]:
    """A warning for each kind of cadence of the form where chords of the style cannot keep a hard rule."""
    harmony = style.harmony
    if harmony is None:
        return
    phrases = ((phrase, section) for section in style.form.sections for phrase in section.phrases)
    closes = {phrase.cadence: section for phrase, section in phrases if phrase.cadence is not None}
    rules = [use.rule for use in style.uses if use.verb == "require" and use.hard and not use.narrowings]
    for key in harmony.keys(style.key):
        chords = list(_chords(harmony.labels(key.mode), key))
        for cadence, section in closes.items():
            for rule in rules if chords else ():
                if _asks_of_cadences(rule) and _cannot_close(rule, cadence, chords):
                    yield _warning(rule, cadence, key, section, style)


def _warning(rule: Rule, cadence: str, key: Key, section: SectionPlan, style: Style) -> Diagnostic:
    many = len(rule.bindings[0].variables) > 1
    message = f"no {'chords' if many else 'chord'} of the style can close a {cadence} cadence in {key.name}"
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
    """Whether a rule binds chords alone, and says at which cadence."""
    (first, *others) = rule.bindings
    is_asked = rule.when is not None and any(
        isinstance(each, Apply) and each.operation == "chord.cadence" for each in walk(rule.when)
    )
    return first.kind == CHORD and not others and is_asked


def _cannot_close(rule: Rule, cadence: str, chords: list[Chord]) -> bool:
    """Whether the rule is broken whatever chords close a phrase with this cadence."""
    names = [variable.name for variable in rule.bindings[0].variables]
    if _Close(cadence, names[-1], {}).truth(rule.when) is False:
        return False  # it speaks of another cadence
    likely = [  # what each chord alone does not rule out: few, where all pairs would be many
        [chord for chord in chords if not _is_broken(rule, _Close(cadence, names[-1], {name: chord}))]
        for name in names
    ]
    return all(
        _is_broken(rule, _Close(cadence, names[-1], dict(zip(names, each, strict=True))))
        for each in product(*likely)
    )


def _is_broken(rule: Rule, close: _Close) -> bool:
    return (
        close.truth(rule.when) is True
        and close.truth(rule.then) is False
        and (rule.unless is None or close.truth(rule.unless) is False)
    )


@dataclass(frozen=True)
class _Close:
    """The chords at the end of a phrase, by the names of variables; where none is bound it is any."""

    cadence: str
    last: str
    chords: Mapping[str, Chord]

    def truth(self, expression: Typed | None) -> bool | None:
        """The value of a statement, None where the chords do not tell it."""
        if isinstance(expression, Apply) and expression.operation in ("and", "or"):
            found = {self.truth(each) for each in expression.arguments}
            decisive = expression.operation == "or"
            return decisive if decisive in found else None if None in found else not decisive
        if isinstance(expression, Apply) and expression.operation == "not":
            opposite = self.truth(expression.arguments[0])
            return None if opposite is None else not opposite
        try:
            return bool(self.value(expression))
        except _Unknown:
            return None

    def value(self, expression: Typed | None) -> object:
        """The value of what is no statement of statements. Raises _Unknown."""
        if isinstance(expression, Literal):
            return expression.value
        if isinstance(expression, Variable) and expression.name in self.chords:
            return self.chords[expression.name]
        if not isinstance(expression, Apply):
            raise _Unknown
        owner, _, attribute = expression.operation.partition(".")
        of = expression.arguments[0]
        if (
            owner == "chord"
            and attribute in ("closes_phrase", "cadence")
            and of == Variable(CHORD, self.last)
        ):
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
