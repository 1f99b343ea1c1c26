"""Values of settings that are no plain words: a meter, a key, a tempo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from rulegen.language.syntax import Number, Span
from rulegen.score.timeline import Tempo
from rulegen.style.faults import suggestion
from rulegen.style.words import Word, Words, plain
from rulegen.theory.meter import Meter
from rulegen.theory.scale import MODES, Key

SLOWEST, FASTEST = 5, 600
LARGEST_METER = 64


def read_meter(words: Words) -> Meter | None:
    """The words left as a meter; reported where they are none."""
    span = words.span
    large = [each for each in words.left if isinstance(each, Number) and each.value > LARGEST_METER]
    if large:
        words.fault("bad-meter", f"no number of a meter is above {LARGEST_METER}", None, large[0].span)
        return None
    try:
        return Meter.parse(plain(words.left))
    except ValueError as error:
        words.fault("bad-meter", str(error), None, span)
        return None


def read_key(words: Words, named: Sequence[Word]) -> Key | None:
    """The key that some of the words name; reported where they name none."""
    try:
        return Key.parse(plain(named))
    except ValueError as error:
        near = suggestion(plain(named[-1:]), MODES) if named else None
        start = named[0].span.start if named else words.span.start
        end = named[-1].span.end if named else words.setting.span.end
        words.fault("bad-key", str(error), near, Span(start, end))
        return None


@dataclass(frozen=True, slots=True)
class TempoRange:
    """A tempo, and by how much it may be multiplied, least and most; the middle of `quarter = 66..84`."""

    tempo: Tempo
    slowest: float = 1.0
    fastest: float = 1.0


def read_tempo(words: Words) -> Tempo | None:
    """The words left as a tempo, `quarter = 72` or quarters alone; reported where they are none."""
    found = read_tempo_range(words)
    if found is not None and found.slowest != found.fastest:
        words.fault("bad-tempo", "a range of tempi is that of the style", None, words.setting.keyword.span)
        return None
    return None if found is None else found.tempo


def read_tempo_range(words: Words) -> TempoRange | None:
    """The words left as a tempo or a range of them, `quarter = 66..84`; reported where they are none."""
    start = words.span
    beat = Fraction(1, 4)
    if len(words.left) > 1 and getattr(words.left[1], "text", None) != "..":
        found = words.duration()
        if found is None:
            return None
        beat = found
        if not words.skip("="):
            words.fault("bad-setting", "a tempo is written as in `tempo quarter = 72`")
            return None
    count = words.number("the number of beats in a minute")
    most = count
    if count is not None and words.skip(".."):
        most = words.number("the greatest number of beats in a minute")
    if count is None or most is None or not words.end():
        return None
    quarters = [each * beat * 4 for each in (count, most)]
    if not SLOWEST <= min(quarters) <= max(quarters) <= FASTEST:
        words.fault(
            "bad-tempo", f"a tempo lies between {SLOWEST} and {FASTEST} quarters a minute", None, start
        )
        return None
    if most < count:
        words.fault("bad-tempo", f"the range goes down: {count} is not below {most}", None, start)
        return None
    middle = (count + most) / 2
    return TempoRange(Tempo(float(middle), beat), float(count / middle), float(most / middle))
