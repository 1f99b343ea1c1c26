"""Which notes may be foreign to their chord: `foreign soprano { passing, suspension weight 1, anticipation on
weak beats }`, and the rules that this makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache, reduce

from rulegen.language.syntax import BlockStatement, Name, Setting, Span
from rulegen.style.expression import FITS, Apply, Binding, Literal, Typed, Variable, conjunction, negation
from rulegen.style.faults import Faults, suggestion
from rulegen.style.kinds import ITSELF, PACK, kind_of, kinds_in, reach_of, with_notes_around
from rulegen.style.library import load_pack
from rulegen.style.model import AllowedKind, Place, Rule, Use, VoicePlan
from rulegen.style.text import Text
from rulegen.style.vocabulary import CHORD, NOTE, TRUTH, VOICE
from rulegen.style.words import Words

FOREIGN = "foreign"  # the word of the block
FOREIGN_NOTE = "foreign_note"  # the rule that a foreign note is of one of the kinds
MOST_TOGETHER = 10  # common kinds that can be tabulated in one window
_SENTENCE = "A note foreign to its chord is of one of the kinds that the style lets its voice have."
_NOTE = Variable(NOTE, ITSELF)
IS_FOREIGN = Apply(TRUTH, "note.is_foreign", (_NOTE,))


def read_foreign(
    blocks: Iterable[BlockStatement], voices: tuple[str, ...] | None, has_harmony: bool, text: Text
) -> dict[str, tuple[AllowedKind, ...]]:
    """The kinds of foreign notes that blocks let each voice have; faults are reported."""
    found: dict[str, tuple[AllowedKind, ...]] = {}
    for block in blocks:
        if not has_harmony:
            help = "say which chords there are, as in `harmony { chords I IV V }`"
            message = "without harmony no note is foreign to a chord"
            text.report("no-harmony", message, (block.keyword.span, "here"), help=help)
            continue
        named = list(_voices(block, voices, list(found), text))
        kinds = _kinds(block, text)
        place = Place(text.source, block.span)
        found |= {name: tuple(replace(each, block=place) for each in kinds) for name in named}
    return found


def _voices(
    block: BlockStatement, voices: tuple[str, ...] | None, said: list[str], text: Text
) -> Iterator[str]:
    """The voices that a block names, or all of which no other block speaks."""
    for name in block.subjects:
        if voices is not None and name.text not in voices:
            message, help = f"there is no voice called `{name.text}`", suggestion(name.text, voices)
            text.report("unknown-voice", message, (name.span, "not known"), help=help)
        elif name.text in said:
            message = f"the foreign notes of `{name.text}` are said twice"
            text.report("said-twice", message, (name.span, "again here"))
        else:
            said.append(name.text)
            yield name.text
    if not block.subjects:
        yield from (name for name in voices or () if name not in said)


def _kinds(block: BlockStatement, text: Text) -> tuple[AllowedKind, ...]:
    found: dict[str, AllowedKind] = {}
    before = len(text.faults)
    for statement in block.statements:
        if not isinstance(statement, Setting):
            text.report("unknown-setting", "no kind is written so", (statement.span, "here"))
            continue
        whole = Setting(block.keyword, (statement.keyword, *statement.words), statement.span)
        words = Words(whole, text)
        words.separated(lambda words=words: _kind(words, found, text))  # type: ignore[misc]
        words.end()
    if not found and len(text.faults) == before:
        known = ", ".join(kinds_in(text.definitions)[:4])
        help = f"write which, as in `{FOREIGN} {{ {known} }}`" if known else f"the pack `{PACK}` has them"
        text.report(
            "no-kinds",
            "it is not said which kinds of foreign notes there may be",
            (block.span, "here"),
            help=help,
        )
    return tuple(found.values())


def _kind(words: Words, found: dict[str, AllowedKind], text: Text) -> None:
    word, start = (words.left[0] if words.left else None), words.span
    if not isinstance(word, Name):
        words.fault("bad-setting", f"`{FOREIGN}` wants a kind of foreign note here", "as in `passing`")
        return
    words.take()
    fits = kind_of(_NOTE, word, text.scope(in_rule=True))
    weight, strength = 0.0, None
    while words.is_next("weight") or words.is_next("on"):
        if words.is_next("weight"):
            weight = words.log_weight(start)
        else:
            strength = _strength(words)
    if fits is None:
        return
    if word.text in found:
        words.fault("said-twice", f"`{word.text}` is said twice", None, start)
    if not can_be_foreign(fits):
        message = f"what is `{word.text}` belongs to its chord, and needs no leave"
        words.fault("never-foreign", message, "leave it out: chord tones may be of any kind", start)
    if strength is not None:
        is_strong = Apply(TRUTH, "note.is_strong", (_NOTE,))
        fits = conjunction(fits, is_strong if strength == "strong" else negation(is_strong))
    found.setdefault(word.text, AllowedKind(word.text, weight, fits, Place(text.source, start)))


def _strength(words: Words) -> str | None:
    words.take()
    found = words.name("on which beats, `strong` or `weak`,", ("strong", "weak"))
    if found is not None and not (words.skip("beats") or words.skip("beat")):
        words.fault("bad-setting", f"`on {found}` what?", f"write `on {found} beats`")
    while found is None and words.left and not words.is_next(","):
        words.take()
    return found


def can_be_foreign(part: Typed) -> bool:
    """Whether a statement on a note may hold though it is foreign to its chord, whatever else is so."""
    return _where_foreign(part) is not False


def _where_foreign(part: Typed) -> bool | None:
    """What a statement comes to where its note is foreign; None where that depends on other things."""
    if isinstance(part, Literal):
        return bool(part.value)
    if not isinstance(part, Apply):
        return None
    if part.arguments == (_NOTE,):
        return {"note.is_foreign": True, "note.is_chord_tone": False}.get(part.operation)
    if part.operation not in ("and", "or", "not", "fits"):
        return None
    parts = [_where_foreign(each) for each in part.arguments]
    if part.operation == "not":
        return None if parts[0] is None else not parts[0]
    decided = part.operation == "or"
    if decided in parts and part.operation != "fits":
        return decided
    return None if None in parts else parts[0] if part.operation == "fits" else not decided


def uses_of(voice: VoicePlan) -> Iterator[Use]:
    """What is asked of a voice's foreign notes: that all are of its kinds, and what each kind weighs. A note
    that is of several is of the first.
    """
    allowed = [each.fits for each in voice.kinds]
    if not allowed:
        return
    any_kind = reduce(lambda one, other: Apply(TRUTH, "or", (one, other)), allowed)
    rule = _rule(FOREIGN_NOTE, voice.name, IS_FOREIGN, any_kind)
    yield Use(0, "require", True, 1.0, rule, place=voice.kinds[0].block)
    for number, each in enumerate(voice.kinds):
        if each.weight:
            of_none_before = conjunction(IS_FOREIGN, *map(negation, allowed[:number]))
            verb = "prefer" if each.weight > 0 else "avoid"
            rule = _rule(each.name, voice.name, of_none_before, each.fits)
            yield Use(0, verb, False, abs(each.weight), rule, place=each.place)


def use_of(voice: str, asked: Typed, weight: float = 1.0) -> Use:
    """The use that looks for what is asked of a note `n` in what a voice sounds over each chord."""
    return Use(0, "avoid", False, weight, _rule(FOREIGN_NOTE, voice, asked, None))


def is_of_kinds(use: Use) -> bool:
    """Whether a use is one that a block of foreign notes makes."""
    return use.rule.sentence == _SENTENCE


@lru_cache(maxsize=1)
def common_kinds() -> tuple[tuple[str, Typed], ...]:
    """The kinds of the pack of ornaments that may be foreign to a chord, in its order, each as what it asks
    of a note `n`.
    """
    pack = load_pack(PACK)
    text = Text(pack.source, pack.title, Faults(), pack.definitions)
    found = []
    for name in kinds_in(pack.definitions):
        fits = kind_of(_NOTE, Name(name, Span(0, 0)), text.scope(in_rule=True))
        if fits is not None and can_be_foreign(fits):
            found.append((name, fits))
    return tuple(found)


def plain_kinds() -> tuple[Typed, ...]:
    """What the kinds ask that look at the notes beside a note alone, but for those that narrow another."""
    found: list[tuple[Typed, frozenset[Typed]]] = []
    for _, fits in common_kinds():
        parts = frozenset(_conjuncts(fits))
        if reach_of(fits) <= 1 and not any(known <= parts for _, known in found):
            found.append((fits, parts))
    return tuple(fits for fits, _ in found[:MOST_TOGETHER])


def _conjuncts(part: Typed) -> Iterator[Typed]:
    if isinstance(part, Apply) and part.operation in ("and", FITS):
        for each in part.arguments:
            yield from _conjuncts(each)
    else:
        yield part


def _rule(name: str, voice: str, when: Typed, then: Typed | None) -> Rule:
    row = Binding(NOTE, None, (_NOTE,), Literal(VOICE, voice), tones=True)
    binding, parts = with_notes_around(row, (when, then))
    return Rule(
        name=name,
        pack=PACK,
        sentence=_SENTENCE,
        sources=(),
        manner="require",
        hard=True,
        weight=1.0,
        parameters=(),
        bindings=(binding,),
        when=parts[0],
        then=parts[1],
        unless=None,
        say=(
            _NOTE,
            " is foreign to ",
            Apply(CHORD, "note.chord", (_NOTE,)),
            f", and of no kind that {voice} may have",
        ),
    )
