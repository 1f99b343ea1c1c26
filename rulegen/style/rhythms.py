"""How a voice moves: `rhythm soprano { every beat }`, `rhythm bass in section B { patterns oompah }`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd, lcm

from rulegen.language.syntax import BlockStatement, Name, Number
from rulegen.style.faults import suggestion
from rulegen.style.model import Pattern, Place, Rhythm, Wait
from rulegen.style.settings import Said, SettingTable
from rulegen.style.text import Text
from rulegen.style.words import Words
from rulegen.theory.duration import duration_name
from rulegen.theory.meter import Meter

FINEST = 192  # parts of a whole note on which a sampled note may begin: sixty-fourths and their triplets


def common_step(times: Iterable[Fraction]) -> Fraction:
    """The longest duration of which all of these are multiples; 0 where they are all 0."""
    ratios = [each.as_integer_ratio() for each in times]
    below = lcm(*(denominator for _, denominator in ratios))
    return Fraction(gcd(*(above * (below // denominator) for above, denominator in ratios)), below)


def read_rhythm(
    block: BlockStatement, meter: Meter | None, patterns: Mapping[str, Pattern], text: Text
) -> Rhythm:
    """What a block says of how its voices move; faults are reported."""
    table = SettingTable(
        "a rhythm",
        {
            "every": lambda words: _every(words, meter),
            "values": _values,
            "patterns": lambda words: _patterns(words, meter, patterns),
            "grid": Words.duration,
            "close": _close,
            "begin": _begin,
            "breath": Words.duration,
            "tacet": lambda words: True,
            "together": lambda words: True,
            "ties": _ties,
        },
        again=("begin",),
    )
    said, whole = table.read(block.statements, text), text.about(block)
    every, pulse = said.last("every", (None, None))
    close, (each, chosen) = said.last("close"), said.last("patterns", ("bar", ()))
    notes, rests = said.last("values", ({}, {}))
    waits = dict(each for each in said.values.get("begin", ()) if each is not None)
    rhythm = Rhythm(
        every=every,
        values=tuple(notes.items()),
        rests=tuple(rests.items()),
        grid=said.last("grid"),
        close=None if isinstance(close, str) else close,
        pulse=pulse,
        closes_with=close if isinstance(close, str) else None,
        patterns=chosen,
        each=each,
        begin=waits.get("piece", Wait()),
        begin_phrases=waits.get("phrases", Wait()),
        breath=said.last("breath", Fraction(0)),
        tacet="tacet" in said,
        within_bars=bool(said.last("ties")),
        together="together" in said,
        place=Place(text.source, block.span),
    )
    _check(rhythm, said, whole)
    return rhythm


def _close(words: Words) -> str | Fraction | None:
    """How long the last note of a phrase is, or with what it begins: `bar`, `half bar`."""
    if words.skip("bar"):
        return "bar"
    if [getattr(each, "text", "") for each in words.left] == ["half", "bar"]:
        words.rest()
        return "half bar"
    return words.duration()


def _ties(words: Words) -> bool:
    """`ties within bars`: whether no note crosses a bar line."""
    if [getattr(each, "text", "") for each in words.left] == ["within", "bars"]:
        words.rest()
        return True
    words.fault(
        "bad-setting", "`ties` are free, or `within bars`", "write `ties within bars`, or leave it out"
    )
    return False


def _every(words: Words, meter: Meter | None) -> tuple[Fraction | None, str | None]:
    """What comes again and again, a phrase or a section too."""
    for word in ("phrase", "section"):
        if words.skip(word):
            return None, word
    return _stretch(words, meter)


def _patterns(
    words: Words, meter: Meter | None, known: Mapping[str, Pattern]
) -> tuple[str | Fraction, tuple[tuple[Pattern, float], ...]]:
    """The patterns that a rhythm takes, and what each of them fills."""
    each: str | Fraction = "bar"
    if words.skip("each"):
        length, pulse = _each(words, meter)
        each = pulse or length or "bar"
    found: dict[str, tuple[Pattern, float]] = {}

    def read() -> None:
        start, word = words.span, words.left[0]
        if not isinstance(word, Name) or word.text not in known:
            help = suggestion(word.text, known) if isinstance(word, Name) else None
            written = word.text if isinstance(word, Name) else "name"
            help = help or f"patterns are written beside the blocks, as in `pattern {written} = 1/4 1/8 1/8`"
            words.fault("unknown-pattern", "no pattern of this name is written", help)
            return
        words.take()
        if word.text in found:
            words.fault("said-twice", f"the pattern `{word.text}` is said twice", None, start)
        found.setdefault(word.text, (known[word.text], words.log_weight(start)))

    if not words.left:
        words.fault("bad-setting", "`patterns` wants the names of patterns, as in `patterns dactyl, even`")
    words.separated(read)
    return each, tuple(found.values())


def _each(words: Words, meter: Meter | None) -> tuple[Fraction | None, str | None]:
    """What a pattern fills: `bar`, `half bar`, `2 bars`, `beat`, or a length."""
    count = words.left[0] if words.left else None
    after = words.left[1] if len(words.left) > 1 else None
    if isinstance(count, Number) and isinstance(after, Name) and after.text in ("bars", "bar"):
        words.take()
        words.take()
        if count.value == 1 or meter is None:
            return None, "bar"
        return count.value * meter.bar_length, None
    return _stretch(words, meter)


def _begin(words: Words) -> tuple[str, Wait] | None:
    """`begin after 2 bars`, `begin phrases after 1/8`: what begins late, and after what."""
    what = "phrases" if words.skip("phrases") else "piece"
    if not words.skip("after"):
        help = "write `begin after 1/2`, or `begin phrases after 1/8`"
        words.fault("bad-setting", "`begin` wants `after` and a rest here", help)
        return None
    count = words.left[0] if words.left else None
    after = words.left[1] if len(words.left) > 1 else None
    if isinstance(count, Number) and isinstance(after, Name) and after.text in ("bars", "bar"):
        words.take()
        words.take()
        if count.value.denominator != 1:
            words.fault("bad-setting", "bars are counted in whole numbers", None, count.span)
            return None
        return what, Wait(bars=int(count.value))
    length = words.duration()
    return None if length is None else (what, Wait(length=length))


def _stretch(words: Words, meter: Meter | None) -> tuple[Fraction | None, str | None]:
    """The length of what comes again and again, and the word for it where the meter decides it."""
    start = words.span
    pulse = words.pulse(meter)
    if not isinstance(pulse, str):
        return pulse, None
    if meter is None:
        return None, pulse
    if pulse == "beat":
        lengths = {meter.beat_length_at(beat) for beat in meter.beats}
        if len(lengths) > 1:
            help = "write a duration, as in `every 1/8`"
            words.fault("uneven-beats", f"the beats of {meter} are not of one length", help, start)
            return None, pulse
        return lengths.pop(), pulse
    return meter.bar_length / (2 if pulse == "half bar" else 1), pulse


def _values(words: Words) -> tuple[dict[Fraction, float], dict[Fraction, float]]:
    """Durations of notes and of rests with their log weights."""
    notes: dict[Fraction, float] = {}
    rests: dict[Fraction, float] = {}

    def read() -> None:
        start = words.span
        found, what = (rests, "rest") if words.skip("rest") else (notes, "value")
        value = words.duration()
        if value is None:
            return
        weight = words.log_weight(start)
        if value in found:
            words.fault("said-twice", f"the {what} {value} is said twice", None, start)
        found.setdefault(value, weight)

    if not words.left:
        words.fault("bad-setting", "`values` wants durations, as in `values 1/8, 1/4 weight 2`")
    start = words.span
    words.separated(read)
    if rests and not notes:
        words.fault("bad-setting", "a voice cannot rest alone: `values` wants a note beside", None, start)
    return notes, rests


def _check(rhythm: Rhythm, said: Said, text: Text) -> None:
    """Reports what does not go together, and lengths that do not fit the grid or need one too fine."""
    grid = rhythm.grid
    ways = [word for word in ("every", "values", "patterns", "tacet") if word in said]
    if len(ways) > 1:
        marks = [(said.span(word), f"`{word}`") for word in ways]
        message = (
            "a voice moves evenly (`every`), in different `values`, in `patterns`, or is silent (`tacet`): "
            "one of these"
        )
        text.report("two-rhythms", message, *marks[:2])
    if rhythm.close is not None and rhythm.breath >= rhythm.close:
        message = f"a breath of {rhythm.breath} leaves nothing of the last note of a phrase"
        marks = [(said.span("breath"), "here"), (said.span("close"), "the last note")]
        text.report("long-breath", message, *marks, help="shorten the breath, or lengthen the `close`")
    if rhythm.within_bars and "values" not in said:
        message = "`ties within bars` speaks of drawn `values`: here are none"
        text.report("ties-alone", message, (said.span("ties"), "here"))
    if grid is not None and "values" not in said:
        message = "a `grid` says where `values` may begin: here are none"
        text.report("grid-alone", message, (said.span("grid"), "here"))
    lengths = [length for length, _ in (*rhythm.values, *rhythm.rests)]
    if rhythm.close is not None and rhythm.values:
        lengths.append(rhythm.close)
    off = next((each for each in lengths if grid and (each / grid).denominator != 1), None)
    if off is not None and grid is not None:
        message = f"a note of {duration_name(off)} does not fit a grid of {duration_name(grid)}"
        help = "give a grid of which every value is a multiple, or none: it is then found"
        text.report("off-the-grid", message, (said.span("grid"), "here"), help=help)
    step = common_step([*lengths, *([grid] if grid else [])])
    if rhythm.values and step.denominator > FINEST:
        message = (
            f"these lengths have no step in common but {step} of a whole note, and the smallest is 1/{FINEST}"
        )
        help = "choose lengths of which all are multiples of one"
        text.report("grid-too-fine", message, (said.span("values"), "here"), help=help)
