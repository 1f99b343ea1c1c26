"""How voices are embellished: `embellish alto, bass { passing often  suspension 4-3, 7-6 rarely }`."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from rulegen.language.syntax import (
    Argument,
    Binder,
    BlockStatement,
    Call,
    Name,
    Number,
    RuleStatement,
    Setting,
    Span,
)
from rulegen.style.faults import suggestion
from rulegen.style.model import Embellishment, OrnamentKind, Place, Rule
from rulegen.style.rules import read_rule
from rulegen.style.scope import Definition
from rulegen.style.text import Text
from rulegen.style.vacuous import speaks_of_harmony
from rulegen.style.vocabulary import NOTE
from rulegen.style.words import Words

FREQUENCIES = {"rarely": -2.0, "sometimes": -1.0, "often": 0.0, "usually": 1.0}
"""Words for how often an ornament stands where it may, as the log weight of each."""

USUAL_GRID = Fraction(1, 8)
ORNAMENT = "n"  # what a definition calls the note that is of the kind
_PACK = "`use ornaments` has the usual kinds"


def read_embellishments(
    blocks: Iterable[BlockStatement], voices: tuple[str, ...] | None, text: Text
) -> tuple[Embellishment, ...]:
    """What blocks say of ornaments, those of single voices first; faults are reported."""
    found: list[Embellishment] = []
    said: set[str] = set()
    for block in sorted(blocks, key=lambda each: not each.subjects):
        named = _voices(block, voices, said, text)
        grid, ornaments = _read(block, text)
        if named:
            found.append(Embellishment(named, grid, ornaments, Place(text.source, block.span)))
    return tuple(found)


def check_kinds(embellishments: Iterable[Embellishment], text: Text) -> None:
    """Reports kinds of ornament that speak of chords, of a style that has none: they would never stand."""
    for ornament in (each for embellishment in embellishments for each in embellishment.ornaments):
        rule, place = ornament.rule, ornament.place
        parts = tuple(part for part in (rule.when, rule.then, rule.unless) if part is not None)
        if place is not None and speaks_of_harmony(rule.bindings, parts):
            message = f"`{ornament.kind}` speaks of chords, and the style has no harmony"
            help = "say which chords there are, as in `harmony { chords I IV V }`"
            text.report("no-harmony", message, (place.span, "here"), help=help)


def _voices(
    block: BlockStatement, voices: tuple[str, ...] | None, said: set[str], text: Text
) -> tuple[str, ...]:
    """The voices that a block speaks of: those that it names, or all of which no other block speaks."""
    named = []
    for name in block.subjects:
        if voices is not None and name.text not in voices:
            message, help = f"there is no voice called `{name.text}`", suggestion(name.text, voices)
            text.report("unknown-voice", message, (name.span, "not known"), help=help)
        elif name.text in said:
            text.report("said-twice", f"`{name.text}` is embellished twice", (name.span, "again here"))
        else:
            named.append(name.text)
            said.add(name.text)
    if not block.subjects:
        named = [name for name in voices or () if name not in said]
        if voices and not named:
            text.report(
                "said-twice", "all voices are embellished already", (block.keyword.span, "again here")
            )
        said.update(named)
    return tuple(named)


def _read(block: BlockStatement, text: Text) -> tuple[Fraction, tuple[OrnamentKind, ...]]:
    """The grid of a block and the kinds of ornament that it allows, in their order."""
    grid, ornaments, before = USUAL_GRID, list[OrnamentKind](), len(text.faults)
    for statement in block.statements:
        if not isinstance(statement, Setting):
            text.report("unknown-setting", "no ornament is written so", (statement.span, "here"))
            continue
        words = Words(Setting(block.keyword, (statement.keyword, *statement.words), statement.span), text)
        while words.left and not words.is_faulty:
            if words.skip("grid"):
                grid = words.duration() or grid
            else:
                _read_ornament(words, ornaments, text)
            words.skip(",")
    if not ornaments and len(text.faults) == before:
        help = f"write which, as in `embellish {{ passing often }}`; {_PACK}"
        text.report(
            "no-ornaments", "`embellish` does not say which ornaments", (block.span, "here"), help=help
        )
    return grid, tuple(ornaments)


def _read_ornament(words: Words, found: list[OrnamentKind], text: Text) -> None:
    """One kind: its name, the figures that it is restricted to, and how often it stands."""
    name = words.left[0]
    kind = words.name("a kind of ornament")
    if kind is None or not isinstance(name, Name):
        return
    figures = _figures(words)
    weight = _weight(words, name.span)
    if any(each.kind == kind for each in found):
        words.fault("said-twice", f"`{kind}` is said twice", None, name.span)
        return
    rule = _kind_of(name, text)
    if rule is not None:
        found.append(OrnamentKind(kind, weight, rule, figures, Place(text.source, name.span)))


def _figures(words: Words) -> tuple[tuple[int, int], ...]:
    """`4-3, 7-6`: what the ornament and its resolution are above the bass."""
    found: list[tuple[int, int]] = []
    while words.left and isinstance(words.left[0], Number):
        start = words.span
        first = words.number("a figure, as in `4-3`")
        if not words.skip("-"):
            words.fault("bad-figures", "figures are written as in `4-3`", None, start)
            return tuple(found)
        second = words.number("a figure, as in `4-3`")
        if first is None or second is None:
            return tuple(found)
        if first.denominator != 1 or second.denominator != 1 or not (2 <= first <= 9 and 1 <= second <= 9):
            words.fault("bad-figures", "figures are intervals from 1 to 9, as in `4-3`", None, start)
        found.append((int(first), int(second)))
        if words.is_next(",") and len(words.left) > 1 and isinstance(words.left[1], Number):
            words.skip(",")
    return tuple(found)


def _weight(words: Words, start: Span) -> float:
    """How often: in a word, or in nats."""
    found = next((weight for word, weight in FREQUENCIES.items() if words.skip(word)), None)
    if found is not None:
        return found
    return words.log_weight(start)


def _kind_of(name: Name, text: Text) -> Rule | None:
    """What the kind asks of the notes before and after, as a rule that nothing uses; None where it is at
    fault, which is reported.
    """
    definition = text.definitions.get(name.text)
    names = () if definition is None else tuple(each.text for each in definition.syntax.parameters)
    if not _is_kind(names):
        _report_no_kind(name, definition, text)
        return None
    span = name.span
    notes = tuple(Name(each, span) for each in names)
    call = Call(name, tuple(Argument(each, None, span) for each in notes), span)
    binder = Binder(Name(NOTE, span), "consecutive", notes, (Name("voice", span),), span)
    said = RuleStatement(
        name, (), Name("forbidden", span), None, None, (), (binder,), None, call, (), None, (), span
    )
    return read_rule(said, text)


def _is_kind(parameters: tuple[str, ...]) -> bool:
    """Whether these are a note before, the ornament, and one note or two after it, or none."""
    return ORNAMENT in parameters[1:2] and len(parameters) <= 4


def _report_no_kind(name: Name, definition: Definition | None, text: Text) -> None:
    is_word = name.text in FREQUENCIES
    if definition is None and text.lacks_packs and not is_word:
        return
    kinds = [
        each
        for each, made in text.definitions.items()
        if _is_kind(tuple(parameter.text for parameter in made.syntax.parameters))
    ]
    near = text.advise("function", name.text) or suggestion(name.text, kinds)
    how = f"a kind is a statement about a note n and those around it, as in `define {name.text}(a, n, b) = …`"
    help = "name the kind first, as in `passing often`" if is_word else near or f"{how}; {_PACK}"
    message = f"no kind of ornament is called `{name.text}`"
    if definition is not None:
        message, help = f"`{name.text}` is defined, and is no kind of ornament", how
    text.report("unknown-ornament", message, (name.span, "here"), help=help)
