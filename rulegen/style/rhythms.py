"""How a voice moves: `rhythm soprano { every beat }`, `rhythm { values 1/8 weight 0.5, 1/4 }`."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import gcd, lcm

from rulegen.language.syntax import BlockStatement
from rulegen.style.model import Place, Rhythm
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


def read_rhythm(block: BlockStatement, meter: Meter | None, text: Text) -> Rhythm:
    """What a block says of how its voices move; faults are reported."""
    table = SettingTable(
        "a rhythm",
        {
            "every": lambda words: _stretch(words, meter),
            "values": _values,
            "grid": Words.duration,
            "close": lambda words: "bar" if words.skip("bar") else words.duration(),
        },
    )
    said, whole = table.read(block.statements, text), text.about(block)
    place = Place(text.source, block.span)
    values = said.last("values", ())
    every, pulse = said.last("every", (None, None))
    close, grid = said.last("close"), said.last("grid")
    with_bar = close == "bar"
    rhythm = Rhythm(every, values, grid, None if with_bar else close, pulse, with_bar, place)
    _check(rhythm, said, whole)
    return rhythm


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


def _values(words: Words) -> tuple[tuple[Fraction, float], ...]:
    """Durations with their log weights."""
    found: dict[Fraction, float] = {}

    def read() -> None:
        start = words.span
        value = words.duration()
        if value is None:
            return
        weight = words.log_weight(start)
        if value in found:
            words.fault("said-twice", f"the value {value} is said twice", None, start)
        found.setdefault(value, weight)

    if not words.left:
        words.fault("bad-setting", "`values` wants durations, as in `values 1/8, 1/4 weight 2`")
    words.separated(read)
    return tuple(found.items())


def _check(rhythm: Rhythm, said: Said, text: Text) -> None:
    """Reports what does not go together, and lengths that do not fit the grid or need one too fine."""
    grid = rhythm.grid
    if "every" in said and "values" in said:
        message = "a voice moves evenly (`every`) or in different `values`, not both"
        marks = [(said.span(word), word) for word in said.settings]
        text.report("every-and-values", message, *marks[:2])
    if grid is not None and "values" not in said:
        message = "a `grid` says where `values` may begin: here are none"
        text.report("grid-alone", message, (said.span("grid"), "here"))
    lengths = [length for length, _ in rhythm.values]
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
