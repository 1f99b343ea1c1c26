"""Which marks a style draws: `articulation soprano { staccato weight -1 }`, `dynamics { p, mf, f }`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rulegen.language.syntax import BlockStatement, Setting
from rulegen.score.marks import NONE  # which may always be drawn
from rulegen.style.facets import BESIDE, MARKS, Facet
from rulegen.style.faults import listing, suggestion
from rulegen.style.model import Marking, Place
from rulegen.style.text import Text
from rulegen.style.vocabulary import KIND_NAMES, WORDS
from rulegen.style.words import Words, split

Weighed = tuple[tuple[str, float], ...]  # marks, each with its nats
CHANGES = ("note", "bar", "phrase", "section", "piece")


def read_markings(
    blocks: Iterable[BlockStatement], voices: tuple[str, ...] | None, text: Text
) -> tuple[Marking, ...]:
    """What blocks say of marks, for each voice or for all that share them; faults are reported."""
    found: list[Marking] = []
    for block in blocks:
        facet = MARKS[block.keyword.text]
        named = list(_voices(block, voices, found, text))
        drawn, change = _read(block, facet, text)
        place = Place(text.source, block.span)
        assert facet.block is not None
        owners = [tuple(named)] if facet.block.is_shared else [(name,) for name in named]
        found += [
            Marking(each.name, each.kind, owner, marks, change, place)
            for owner in owners
            for each, marks in drawn
            if owner
        ]
    return tuple(found)


def _voices(
    block: BlockStatement, voices: tuple[str, ...] | None, found: Iterable[Marking], text: Text
) -> Iterator[str]:
    """The voices that a block speaks of: those that it names, or all of which no other block speaks."""
    word = block.keyword.text
    said = {name for each in found if each.facet == MARKS[word].name for name in each.voices}
    for name in block.subjects:
        if voices is not None and name.text not in voices:
            message, help = f"there is no voice called `{name.text}`", suggestion(name.text, voices)
            text.report("unknown-voice", message, (name.span, "not known"), help=help)
        elif name.text in said:
            text.report("said-twice", f"the {word} of `{name.text}` is said twice", (name.span, "again here"))
        else:
            said.add(name.text)
            yield name.text
    if not block.subjects:
        left = [name for name in voices or () if name not in said]
        if voices and not left:
            message = f"the {word} of all voices is said twice"
            text.report("said-twice", message, (block.keyword.span, "again here"))
        yield from left


def _read(block: BlockStatement, facet: Facet, text: Text) -> tuple[list[tuple[Facet, Weighed]], str]:
    """The marks with their weights, those that are drawn beside them, and with what they change."""
    assert facet.block is not None
    words, keyword = WORDS[facet.kind], block.keyword.text
    marks, before = {NONE: 0.0} if NONE in words else {}, len(text.faults)
    change, beside = facet.block.change, list[tuple[Facet, Weighed]]()
    settings = {setting: each for (of, setting), each in BESIDE.items() if of == keyword}
    for statement in block.statements:
        for setting in split(statement, ("change", *settings)) if isinstance(statement, Setting) else ():
            inside = Words(setting, text)
            if setting.keyword.text == "change":
                change = _change(inside) or change
            elif setting.keyword.text in settings:
                beside.append(_beside(settings[setting.keyword.text], inside))
            else:
                inside = Words(Setting(block.keyword, (setting.keyword, *setting.words), setting.span), text)
                inside.separated(lambda inside=inside: _mark(inside, facet.kind, marks))  # type: ignore[misc]
                inside.end()
        if not isinstance(statement, Setting):
            text.report("unknown-setting", "no mark is written so", (statement.span, "here"))
    if not set(marks) - {NONE} and len(text.faults) == before:
        example = next(word for word in words if word != NONE)
        help = f"write which, as in `{keyword} {{ {example} }}`: {listing(words, 'or')}"
        text.report("no-marks", f"`{keyword}` does not say which", (block.span, "here"), help=help)
    ordered = sorted(marks.items(), key=lambda item: words.index(item[0]))
    return [(facet, tuple(ordered)), *beside], change


def _beside(facet: Facet, words: Words) -> tuple[Facet, Weighed]:
    """All marks of a facet, each but none of one weight."""
    weight = words.log_weight(words.span)
    words.end()
    return facet, tuple((word, 0.0 if word == NONE else weight) for word in WORDS[facet.kind])


def _mark(words: Words, kind: str, marks: dict[str, float]) -> None:
    start = words.span
    word = words.name(KIND_NAMES[kind], WORDS[kind])
    if word is None:
        words.take()
        return
    weight = words.log_weight(start)
    if word in marks and word != NONE:
        words.fault("said-twice", f"`{word}` is said twice", None, start)
    marks[word] = weight


def _change(words: Words) -> str | None:
    words.skip("every")
    found = words.name("how long a mark stays", CHANGES)
    words.end()
    return found
