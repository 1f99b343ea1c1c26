"""Learned models that a style consults: `model markov "bach-soprano" order 3 on soprano weight 0.5`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from rulegen.language.syntax import BlockStatement, Name, Setting
from rulegen.models.registry import KINDS, kind_names
from rulegen.resources import model_names
from rulegen.style.facets import SURFACE
from rulegen.style.faults import listing, suggestion
from rulegen.style.givens import HARMONY
from rulegen.style.model import ModelPart, ModelUse, Place
from rulegen.style.text import Text
from rulegen.style.weights import LARGEST
from rulegen.style.words import Words

MIX, GEOMETRIC = "mix", "geometric"
ENDING = ".model"
ALL_VOICES = "voices"  # the subject of a model of all voices together
LONGEST_ORDER = 12


def read_model(setting: Setting, text: Text, subjects: Sequence[str]) -> list[ModelUse]:
    """What one statement consults, once for each of its subjects; faults are reported.

    `subjects`: of the block it stands in (the voices of a melody, or the harmony); empty where the statement
    itself has to say `on …`.
    """
    words, before = Words(setting, text), len(text.faults)
    is_mixed = words.skip(MIX)
    is_geometric = is_mixed and words.skip(GEOMETRIC)
    parts = _mixture(words) if is_mixed else _single(words)
    order = _order(words) if len(text.faults) == before else None
    named = _subjects(words)
    weight = _weight(words) if len(text.faults) == before else 1.0
    if len(text.faults) > before or not words.end():
        return []
    if bool(named) == bool(subjects):
        message, help = (
            (
                "the block says already what the model speaks of",
                "leave `on …` out, or write it outside of the block",
            )
            if named
            else (
                "the model does not say what it speaks of",
                "add `on` and a voice, as in `on soprano`, or `on harmony`",
            )
        )
        text.report("bad-model", message, (setting.span, "here"), help=help)
        return []
    bounded = {kind.name for kind in KINDS if kind.has("order")}
    if order is not None and any(part.kind not in bounded for part in parts):
        help = "leave `order` out"
        text.report("bad-model", "`order` is for Markov models alone", (setting.span, "here"), help=help)
    for part in parts:
        _check_named(part, setting, text)
    if len(text.faults) > before:
        return []
    place = Place(text.source, setting.span)
    return [ModelUse(parts, subject, weight, order, is_geometric, place) for subject in named or subjects]


def _single(words: Words) -> tuple[ModelPart, ...]:
    kind = words.name("a kind of model", (*kind_names(), MIX))
    name = words.quoted() if kind is not None else None
    return () if kind is None or name is None else (ModelPart(kind, name, 1.0),)


def _check_named(part: ModelPart, setting: Setting, text: Text) -> None:
    """Reports a model that is not there; what its file holds is read where it is needed."""
    if part.name.endswith(ENDING):
        if not _is_beside(part.name, text):
            text.report("no-such-file", f"there is no file {part.name}", (setting.span, "asked for here"))
        return
    names = [each.removesuffix(f".{part.kind}") for each in model_names() if each.endswith(f".{part.kind}")]
    if part.name not in names:
        message = f'no {part.kind} model called "{part.name}" comes with rulegen'
        own = f"a file of yours is named with its ending, {ENDING}"
        known = f"there are {listing(names)}; {own}" if names else own
        beside = f"{part.name}{ENDING}"
        help = suggestion(part.name, names) or known
        if _is_beside(beside, text):
            help = f'write "{beside}": that file is here'
        text.report("unknown-model", message, (setting.span, "asked for here"), help=help)


def _is_beside(name: str, text: Text) -> bool:
    """Whether there is a file of this name beside the style."""
    try:
        return (Path(text.source.name).parent / name).is_file()
    except (OSError, ValueError):
        return False


def _mixture(words: Words) -> tuple[ModelPart, ...]:
    """`mix { hmm "a" 0.3, lstm "b" 0.7 }`: shares that add up to 1."""
    parts: list[ModelPart] = []
    start = words.span
    words.skip("{")
    while words.left and not words.skip("}"):
        kind = words.name("a kind of model", kind_names())
        name = words.quoted() if kind is not None else None
        share = words.number("its share") if name is not None else None
        if kind is None or name is None or share is None:
            return ()
        parts.append(ModelPart(kind, name, float(share)))
        words.skip(",")
    shares = [Fraction(part.share).limit_denominator(1_000_000) for part in parts]
    if not parts or sum(shares) != 1 or min(shares) <= 0:
        help = 'write as in `model mix { hmm "a" 0.3, lstm "b" 0.7 }`'
        words.fault("bad-model", "the shares of a mixture are above 0 and add up to 1", help, start)
    return tuple(parts)


def _order(words: Words) -> int | None:
    if not words.skip("order"):
        return None
    start = words.span
    found = words.number("a number of notes")
    if found is not None and (found.denominator != 1 or not 0 <= found <= LONGEST_ORDER):
        words.fault("bad-model", f"an order is a whole number up to {LONGEST_ORDER}", None, start)
        return None
    return None if found is None else int(found)


def _subjects(words: Words) -> tuple[str, ...]:
    if not words.skip("on"):
        return ()
    found = []
    while words.left and isinstance(words.left[0], Name) and not words.is_next("weight"):
        name = words.name("a voice, or `harmony`")
        found += [] if name is None else [name]
        if not words.skip(","):
            break
    return tuple(found)


def _weight(words: Words) -> float:
    if not words.skip("weight"):
        return 1.0
    start = words.span
    negative = words.skip("-")
    found = words.number("a number")
    if found is not None and (negative or not 0 < found <= LARGEST):
        words.fault("bad-weight", f"a weight is a number above 0 and at most {LARGEST}", None, start)
    return 1.0 if found is None else float(found)


def check_subjects(
    uses: Sequence[ModelUse], voices: Sequence[str] | None, has_harmony: bool, has_surface: bool, text: Text
) -> None:
    """Reports models of voices that there are not, and of a harmony or a surface that there is not."""
    for use in uses:
        span = use.place.span if use.place is not None else None
        if use.subject == HARMONY:
            if not has_harmony and span is not None:
                help = "a style has a harmony where it says `harmony { chords … }`"
                text.report(
                    "bad-model", "the style has no harmony for a model to speak of", (span, "here"), help=help
                )
        elif use.subject == SURFACE:
            if not has_surface and span is not None:
                help = "a style has a surface where it embellishes voices, as in `embellish { passing }`"
                message = "the style has no surface for a model to speak of"
                text.report("bad-model", message, (span, "here"), help=help)
        elif voices is not None and use.subject not in (*voices, ALL_VOICES) and span is not None:
            help = suggestion(use.subject, voices) or f"there are {listing(voices)}"
            text.report(
                "unknown-voice", f"there is no voice called `{use.subject}`", (span, "here"), help=help
            )


def models_of(block: BlockStatement) -> Iterator[Setting]:
    """The models that a block consults."""
    for statement in block.statements:
        if isinstance(statement, Setting) and statement.keyword.text == "model":
            yield statement
