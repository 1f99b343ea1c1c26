"""Narrowings of a use (voices, sections, bars, phrases, beats, cadences, the stage at which it is read), and
whether they can be met.
"""

from __future__ import annotations

from dataclasses import dataclass

from rulegen.language import syntax
from rulegen.style.faults import listing, suggestion
from rulegen.style.model import Narrow, Rule
from rulegen.style.text import Text
from rulegen.style.vocabulary import VOICE, WORDS

CROWD = 16  # voices, of which all pairs are many

STRENGTHS = ("strong", "weak")
STAGES = ("skeleton", "surface")
CADENCES = tuple(word for word in WORDS["cadence"] if word != "none")


@dataclass(frozen=True, slots=True)
class FormExtent:
    """Where the uses of a style may hold; None where that is not known (in packs, or after a fault)."""

    voices: tuple[str, ...] | None = None
    sections: tuple[str, ...] | None = None
    bars: int | None = None
    phrases: int | None = None
    beats: int | None = None
    has_pickup: bool = False


Narrowed = tuple[tuple[Narrow, ...], bool, bool]


def read_narrowings(
    narrowings: tuple[syntax.Narrowing, ...],
    rule: Rule,
    target: syntax.Target,
    text: Text,
    ground: FormExtent,
) -> Narrowed:
    """The narrowings, whether they say `between`, and whether all is sound (else it is reported)."""
    before = len(text.faults)
    made = [_read(each, rule, target, text, ground) for each in narrowings]
    between = [each for each in narrowings if each.word == "between"]
    voices = [each for each in narrowings if each.kind == "voices"]
    if between and len(voices) > 1:
        other = next(each for each in voices if each is not between[0])
        marks = (other.span, "and these"), (between[0].span, "between these")
        text.report("two-narrowings", "`between` says already which voices are meant", *marks)
    return tuple(each for each in made if each is not None), bool(between), len(text.faults) == before


def _read(
    narrowing: syntax.Narrowing, rule: Rule, target: syntax.Target, text: Text, ground: FormExtent
) -> Narrow | None:
    if narrowing.kind == "voices":
        _check_voices(narrowing, rule, target, text, ground)
    elif narrowing.kind == "sections":
        _check_names(narrowing, ground.sections, "section", text)
    elif narrowing.kind == "stage":
        _check_names(narrowing, STAGES, "stage", text)
        if narrowing.excepted:
            help = f"write `on {STAGES[narrowing.names[0].text == STAGES[0]]}`"
            text.report(
                "bad-stage", "a rule is read at one stage, or at both", (narrowing.span, "here"), help=help
            )
    elif narrowing.kind == "cadences":
        _check_names(narrowing, CADENCES, "kind of cadence", text)
    elif narrowing.kind == "beats" and narrowing.names:
        _check_names(narrowing, STRENGTHS, "kind of beat", text)
    else:
        _check_ranges(narrowing, text, ground)
    return narrow_of(narrowing)


def narrow_of(narrowing: syntax.Narrowing) -> Narrow:
    """The narrowing as it stands."""
    kind = "strength" if narrowing.kind == "beats" and narrowing.names else narrowing.kind
    return Narrow(kind, narrowing.excepted, tuple(each.text for each in narrowing.names), narrowing.ranges)


def check_place(narrowing: syntax.Narrowing, text: Text, ground: FormExtent) -> None:
    """Reports sections and phrases that the form has not."""
    if narrowing.kind == "sections":
        _check_names(narrowing, ground.sections, "section", text)
    else:
        _check_ranges(narrowing, text, ground)


def voice_count(rule: Rule) -> int:
    """How many voices a rule speaks of at once."""
    return sum(len(binding.variables) for binding in rule.bindings if binding.kind == VOICE)


def _check_voices(
    narrowing: syntax.Narrowing, rule: Rule, target: syntax.Target, text: Text, ground: FormExtent
) -> None:
    _check_names(narrowing, ground.voices, "voice", text)
    count = voice_count(rule)
    named = ", ".join(each.text for each in narrowing.names)
    marks = (narrowing.span, "these voices"), (target.span, "this rule")
    if count == 0:
        message = f"`{rule.name}` does not go from voice to voice: it cannot be narrowed by voice"
        text.report("no-voices", message, *marks)
    elif narrowing.word == "between" and count == 1:
        message = f"`{rule.name}` speaks of one voice at a time: nothing lies between voices"
        text.report("one-voice", message, *marks, help=f"write `in {named}`")
    elif narrowing.word == "between" and len(narrowing.names) < count:
        message = (
            f"`{rule.name}` speaks of {count} voices at once, and {len(narrowing.names)} can be chosen from"
        )
        text.report("too-few-voices", message, *marks)
    elif narrowing.word == "in" and count > 1:
        message = f"`{rule.name}` speaks of {count} voices at once: say which with `between`"
        pair = named if len(narrowing.names) > 1 else f"{named}, …"
        but = "except " if narrowing.excepted else ""
        text.report("several-voices", message, *marks, help=f"write `{but}between {pair}`")


def _check_names(narrowing: syntax.Narrowing, known: tuple[str, ...] | None, what: str, text: Text) -> None:
    if known is None:
        return
    for name in narrowing.names:
        if name.text not in known:
            near = suggestion(name.text, known)
            help = near or (f"there {'are' if len(known) > 1 else 'is'} {listing(known)}" if known else None)
            text.report(
                "unknown-place",
                f"there is no {what} called `{name.text}`",
                (name.span, "not known"),
                help=help,
            )


def _check_ranges(narrowing: syntax.Narrowing, text: Text, ground: FormExtent) -> None:
    kind = narrowing.kind
    most = {"bars": ground.bars, "phrases": ground.phrases, "beats": ground.beats}.get(kind)
    lowest = 0 if kind == "bars" and ground.has_pickup else 1
    for first, last in narrowing.ranges:
        if last < first:
            message = f"{kind} {first}..{last} run backward"
            text.report("bad-range", message, (narrowing.span, "here"), help=f"write {last}..{first}")
        elif first < lowest:
            text.report(
                "bad-range", f"{kind} are counted from {lowest}", (narrowing.span, f"{first} is none")
            )
        elif most is not None and last > most:
            where = "a bar" if kind == "beats" else "the piece"
            one = kind[:-1] if most == 1 else kind
            text.report(
                "bad-range", f"{where} has {most} {one}", (narrowing.span, f"there is no {kind[:-1]} {last}")
            )
