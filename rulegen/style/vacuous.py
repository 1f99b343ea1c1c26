"""Uses that can never meet anything, such as `at plagal cadences` where the form has none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, pairwise

from rulegen.errors import Diagnostic, Label
from rulegen.style.expression import Aggregated, Apply, Binding, Literal, Typed, walk
from rulegen.style.facets import BESIDE, FACETS, LATER, MARKS, TIME
from rulegen.style.layout import ANY_KEY, Base, timeline_of_form
from rulegen.style.model import Form, Narrow, Rule, Style, Use
from rulegen.style.narrowings import voice_count
from rulegen.style.vocabulary import CHORD, NOTE, VOICE

HARMONIC = ("note.chord", "note.factor", "note.is_chord_tone", "note.is_foreign", "moment.chord")

Place = tuple[
    str, int, int, str, bool
]  # section, phrase, bar, cadence, whether the section was stated before
_TIMED_KINDS = ("number", "duration", "truth", "cadence")  # of values that time decides
TIMED = ("sections", "phrases", "bars", "cadences")


def warnings_of(style: Style) -> tuple[Diagnostic, ...]:
    """A warning for each use of the style's own that can never meet anything, and for a form that ends within
    a bar.
    """
    found = []
    for use in style.uses:
        reason = _reason(use, style) if use.pack is None else None
        if reason is not None and use.place is not None:
            label = Label(use.place.span, "never", use.place.source)
            message = f"`{use.title}` never meets anything: {reason}"
            found.append(Diagnostic("vacuous", message, (label,), severity="warning"))
        elif use.pack is None and use.place is not None and _is_repeat_alone(use, style):
            label = Label(use.place.span, "a section comes again there", use.place.source)
            message = (
                f"`{use.title}` is asked at the seam alone: a section is judged where it is first stated"
            )
            help = "name the bars or phrases of its first statement"
            found.append(Diagnostic("repeat-alone", message, (label,), help=help, severity="warning"))
    return (*found, *_uneven(style.form))


def _reason(use: Use, style: Style) -> str | None:
    rule = use.rule
    parts = tuple(part for part in (rule.when, rule.then, rule.unless) if part is not None)
    if style.harmony is None and speaks_of_harmony(rule.bindings, parts):
        return f"`{rule.name}` speaks of chords, and the style has no harmony"
    absent = later_asked(rule) - {marking.facet for marking in style.markings}
    for facet in (*MARKS.values(), *BESIDE.values()):
        if facet.name in absent and facet.block is not None:
            said = f"{facet.block.keyword} {{ … {facet.block.setting}".rstrip()
            return f"`{rule.name}` speaks of {facet.name}, and the style draws none: say `{said} }}`"
    return _voices_missing(use, [voice.name for voice in style.voices]) or _nowhere(use, style)


@lru_cache(maxsize=4096)
def reads_time_alone(rule: Rule) -> bool:
    """Whether time decides all that a rule asks: when what begins and how long it lasts, no pitch, no chord
    and no mark.
    """
    parts = tuple(part for part in (rule.when, rule.then, rule.unless) if part is not None)
    return all(_is_timed(each) for part in parts for each in walk(part))


def _is_timed(node: Typed) -> bool:
    if isinstance(node, Literal):
        return node.kind in _TIMED_KINDS
    if not isinstance(node, Apply):
        return True  # what a variable says is decided where it is asked
    owner, dot, name = node.operation.partition(".")
    if dot:
        return owner == "meter" or name == "is_rest" or FACETS[owner, name].known == TIME
    if node.operation in ("at", "at_end", "begins"):
        return True
    return all(each.kind in _TIMED_KINDS for each in node.arguments)


def later_asked(rule: Rule) -> frozenset[str]:
    """The attributes of notes that a rule reads and that the stage `sound` decides."""
    return _later_asked(tuple(part for part in (rule.when, rule.then, rule.unless) if part is not None))


@lru_cache(maxsize=4096)
def _later_asked(parts: tuple[Typed, ...]) -> frozenset[str]:
    read = (each for part in parts for each in walk(part))
    asked = (each.operation.partition(".") for each in read if isinstance(each, Apply))
    return frozenset(name for owner, _, name in asked if owner == NOTE and name in LATER)


@lru_cache(maxsize=4096)
def speaks_of_harmony(bindings: tuple[Binding, ...], parts: tuple[Typed, ...]) -> bool:
    """Whether a rule that binds this and says these parts has no place where there are no chords."""
    return any(binding.kind == CHORD for binding in bindings) or any(
        _is_harmonic(each) for part in parts for each in walk(part)
    )


def _is_harmonic(node: Typed) -> bool:
    if isinstance(node, Aggregated):
        return any(binding.kind == CHORD for binding in node.bindings)
    if not isinstance(node, Apply):
        return False
    return node.operation in HARMONIC or node.operation.startswith("chord.")


def _voices_missing(use: Use, voices: list[str]) -> str | None:
    """Why no voices can be bound by the rule; None where some can."""
    rule = use.rule
    absent = [
        str(each.voice.value)
        for each in rule.bindings
        if each.kind == NOTE and isinstance(each.voice, Literal) and each.voice.value not in voices
    ]
    if absent:
        return f"the style has no voice called `{absent[0]}`"
    count = voice_count(rule)
    if count > len(voices):
        return f"`{rule.name}` speaks of {count} voices at once, and the style has {len(voices)}"
    bindings = [each for each in rule.bindings if each.kind == VOICE]
    if len(bindings) == 1 and not any(_fits(chosen, use) for chosen in _choices(bindings[0], voices)):
        if bindings[0].modifier == "adjacent":
            return f"`{rule.name}` speaks of voices that are neighbours, and these are none"
        return "no voice is left"
    return None


def _choices(binding: Binding, voices: list[str]) -> Iterable[tuple[str, ...]]:
    if binding.modifier == "adjacent":
        return pairwise(voices)
    return combinations(voices, len(binding.variables))


def _fits(chosen: tuple[str, ...], use: Use) -> bool:
    """Whether the narrowings by voice let these voices be bound together."""
    for narrow in use.narrowings:
        if narrow.kind == "voices":
            named = set(narrow.names)
            met = bool(named & set(chosen)) if narrow.excepted and not use.between else named >= set(chosen)
            if met == narrow.excepted:
                return False
    return True


def _nowhere(use: Use, style: Style) -> str | None:
    """Why the narrowings leave no place of the form; None where they leave some."""
    timed = [each for each in use.narrowings if each.kind in TIMED]
    if timed and style.form.sections and style.form.from_voice is None:
        places = list(_places(style))
        for each in timed:
            if not any(_holds(each, place) for place in places):
                named = " or ".join(each.names)
                what = f"{named} cadence".strip() if each.kind == "cadences" else "place for it"
                return f"the form has no {what}"
        if not any(all(_holds(each, place) for each in timed) for place in places):
            return "what it is narrowed to has no place in common"
    return _off_beat(use)


def _is_repeat_alone(use: Use, style: Style) -> bool:
    """Whether a use is narrowed to statements of sections that were stated before."""
    timed = [each for each in use.narrowings if each.kind in TIMED]
    if not timed or not style.form.sections or style.form.from_voice is not None:
        return False
    met = [place for place in _places(style) if all(_holds(each, place) for each in timed)]
    return bool(met) and all(was_stated for *_, was_stated in met)


def _off_beat(use: Use) -> str | None:
    beats = [each for each in use.narrowings if each.kind == "beats"]
    kinds = {
        (name, each.excepted) for each in use.narrowings if each.kind == "strength" for name in each.names
    }
    last = max((stop for each in beats for _, stop in each.ranges), default=0)
    is_met = not beats or any(
        all(_within(number, each) != each.excepted for each in beats) for number in range(1, last + 2)
    )
    both = {("strong", False), ("weak", False)}, {("strong", True), ("weak", True)}
    alone = {("strong", False), ("strong", True)}, {("weak", False), ("weak", True)}
    if not is_met or any(kinds >= each for each in (*both, *alone)):
        return "what it is narrowed to has no beat in common"
    return None


def _holds(narrow: Narrow, place: Place) -> bool:
    section, phrase, bar, cadence, _ = place
    if narrow.kind == "cadences":
        return narrow.excepted or (cadence in narrow.names if narrow.names else cadence != "none")
    if narrow.kind == "sections":
        return (section in narrow.names) != narrow.excepted
    return _within(phrase if narrow.kind == "phrases" else bar, narrow) != narrow.excepted


def _within(number: int, narrow: Narrow) -> bool:
    return any(first <= number <= last for first, last in narrow.ranges)


def _places(style: Style) -> Iterator[Place]:
    """Each bar of each phrase as it is stated; the bar of an upbeat belongs to the phrase that it opens."""
    timeline = timeline_of_form(style.form, Base(style.key or ANY_KEY, style.meter, style.tempo))
    bars = timeline.spans("bar")
    for number, phrase in enumerate(timeline.phrases, 1):
        was_stated = phrase.section in style.form.order[: phrase.statement - 1]
        for bar in bars:
            if bar.onset < phrase.end and phrase.onset < bar.end:
                yield phrase.section, number, bar.number, phrase.cadence or "none", was_stated


def _uneven(form: Form) -> Iterator[Diagnostic]:
    for section in form.sections:
        bars = sum((phrase.bars for phrase in section.phrases), Fraction(0))
        if bars.denominator != 1 and not form.pickup and section.place is not None:
            label = Label(section.place.span, f"{float(bars):g} bars", section.place.source)
            message = f"the section `{section.name}` ends within a bar"
            help = "a section that begins with an upbeat is said with `pickup`"
            yield Diagnostic("ends-within-a-bar", message, (label,), (), help, "warning")
