"""How a voice moves: `rhythm soprano { every beat }`, `rhythm { values 1/8 weight 0.5, 1/4 }`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, lcm

from rulegen.language.syntax import BlockStatement, Setting
from rulegen.style.faults import suggestion
from rulegen.style.model import Place, Rhythm
from rulegen.style.settings import NOT_YET, report_not_yet
from rulegen.style.text import Text
from rulegen.style.words import Words, split
from rulegen.theory.duration import duration_name
from rulegen.theory.meter import Meter

KEYWORDS = ("every", "values", "grid", "close")
HEAVIEST = 50
FINEST = 192  # parts of a whole note on which a sampled note may begin: sixty-fourths and their triplets


def common_step(times: Iterable[Fraction]) -> Fraction:
    """The longest duration of which all of these are multiples; 0 where they are all 0."""
    ratios = [each.as_integer_ratio() for each in times]
    below = lcm(*(denominator for _, denominator in ratios))
    return Fraction(gcd(*(above * (below // denominator) for above, denominator in ratios)), below)


@dataclass(slots=True)
class _Reader:
    text: Text
    meter: Meter | None
    every: Fraction | None = None
    values: list[tuple[Fraction, float]] = field(default_factory=list)
    grid: Fraction | None = None
    close: Fraction | None = None
    seen: dict[str, Setting] = field(default_factory=dict)

    def read(self, setting: Setting) -> None:
        word = setting.keyword.text
        if word in NOT_YET:
            report_not_yet(word, setting.keyword.span, self.text)
            return
        if word not in KEYWORDS:
            help = suggestion(word, KEYWORDS)
            message = f"`{word}` is nothing that a rhythm says"
            self.text.report("unknown-setting", message, (setting.keyword.span, "here"), help=help)
            return
        if word in self.seen:
            self.text.report("said-twice", f"`{word}` is said twice", (setting.keyword.span, "again here"))
        self.seen.setdefault(word, setting)
        words = Words(setting, self.text)
        if word == "every":
            self.every = self._stretch(words)
        elif word == "values":
            words.separated(lambda: self._value(words))
            if not setting.words:
                words.fault("bad-setting", "`values` wants durations, as in `values 1/8, 1/4 weight 2`")
        elif word == "grid":
            self.grid = words.duration()
        else:
            self.close = words.duration()
        if len(words.left) < len(setting.words):
            words.end()

    def _stretch(self, words: Words) -> Fraction | None:
        start = words.span
        pulse = words.pulse(self.meter)
        if not isinstance(pulse, str):
            return pulse
        if self.meter is None:
            return None
        if pulse == "beat":
            lengths = {self.meter.beat_length_at(beat) for beat in self.meter.beats}
            if len(lengths) > 1:
                help = "write a duration, as in `every 1/8`"
                words.fault("uneven-beats", f"the beats of {self.meter} are not of one length", help, start)
                return None
            return lengths.pop()
        return self.meter.bar_length / (2 if pulse == "half bar" else 1)

    def _value(self, words: Words) -> None:
        start = words.span
        value = words.duration()
        weight = 0.0
        if value is not None and words.skip("weight"):
            sign = -1 if words.skip("-") else 1
            number = words.number("a weight, in nats")
            if number is not None and number > HEAVIEST:
                words.fault("bad-weight", f"a weight is at most {HEAVIEST}", None, start)
            weight = sign * float(min(number or Fraction(0), Fraction(HEAVIEST)))
        if value is None:
            return
        if any(value == known for known, _ in self.values):
            words.fault("said-twice", f"the value {value} is said twice", None, start)
            return
        self.values.append((value, weight))

    def rhythm(self, block: BlockStatement) -> Rhythm:
        self.text = self.text.about(block)  # what follows is about what is said and what is not
        place = Place(self.text.source, block.span)
        marks = [(each.keyword.span, each.keyword.text) for each in self.seen.values()]
        if "every" in self.seen and "values" in self.seen:
            message = "a voice moves evenly (`every`) or in different `values`, not both"
            self.text.report("every-and-values", message, *marks[:2])
        if self.grid is not None and "values" not in self.seen:
            message = "a `grid` says where `values` may begin: here are none"
            self.text.report("grid-alone", message, (self.seen["grid"].keyword.span, "here"))
        self._check_grid()
        return Rhythm(self.every, tuple(self.values), self.grid, self.close, place)

    def _check_grid(self) -> None:
        """Reports lengths that do not fit the grid, or that need one too fine."""
        lengths = [length for length, _ in self.values] + ([self.close] if self.close and self.values else [])
        off = next((each for each in lengths if self.grid and (each / self.grid).denominator != 1), None)
        if off is not None:
            message = (
                f"a note of {duration_name(off)} does not fit a grid of {duration_name(self.grid or off)}"
            )
            help = "give a grid of which every value is a multiple, or none: it is then found"
            self.text.report("off-the-grid", message, (self.seen["grid"].keyword.span, "here"), help=help)
        step = common_step([*lengths, *([self.grid] if self.grid else [])])
        if self.values and step.denominator > FINEST:
            message = (
                f"these lengths have no step in common but {step} of a whole note, "
                f"and the smallest is 1/{FINEST}"
            )
            help = "choose lengths of which all are multiples of one"
            span = self.seen["values"].keyword.span
            self.text.report("grid-too-fine", message, (span, "here"), help=help)


def read_rhythm(block: BlockStatement, meter: Meter | None, text: Text) -> Rhythm:
    """What a block says of how its voices move; faults are reported."""
    reader = _Reader(text, meter)
    for statement in block.statements:
        if isinstance(statement, Setting):
            for setting in split(statement, KEYWORDS):
                reader.read(setting)
        else:
            text.report("unknown-setting", "this is nothing that a rhythm says", (statement.span, "here"))
    return reader.rhythm(block)
