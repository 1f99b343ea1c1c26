"""How a style is played: `perform { ritardando 20% over 2 bars  swing 2:1 }`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from rulegen.language.syntax import BlockStatement
from rulegen.perform.manner import LIMITS, Manner
from rulegen.style.settings import SettingTable
from rulegen.style.text import Text
from rulegen.style.words import Words
from rulegen.theory.meter import Meter

PERFORM = "perform"
_LENGTHS = ("plain", "slurred", "staccato", "tenuto", "marcato")
_PERCENT = 100

Wishes = Mapping[str, Fraction]  # of the fields of a manner


def read_manner(blocks: Iterable[BlockStatement], meter: Meter | None, text: Text) -> Manner:
    """What blocks say of the playing; faults are reported."""
    table = SettingTable(
        f"`{PERFORM}`",
        {
            "ritardando": lambda words: _ritardando(words, meter),
            "phrases": lambda words: _share(words, "phrases"),
            "breath": _breath,
            "fermatas": lambda words: _number(words, "fermatas", "how many times as long fermatas are held"),
            "swing": _swing,
            "lengths": _lengths,
            "humanise": _humanise,
        },
        apart=True,
    )
    found: dict[str, Fraction] = {}
    seen: BlockStatement | None = None
    for block in blocks:
        if block.subjects:
            message = "a performance is that of all voices"
            text.report("unknown-setting", message, (block.subjects[0].span, "here"))
        if seen is not None:
            marks = (block.keyword.span, "again here"), (seen.keyword.span, "first here")
            text.report("said-twice", f"`{PERFORM}` is said twice", *marks)
        seen = block
        said = table.read(block.statements, text)
        for word in said.values:
            found |= said.last(word, {})
    return Manner(**found)


def _within(words: Words, name: str, value: Fraction | None, at: int) -> Wishes:
    """A value of a field, where it lies within its limits; reported at the word `at` where it does not."""
    if value is None:
        return {}
    low, high = LIMITS[name]
    if not low <= value <= high:
        span = words.setting.words[at].span
        shown = (f"{float(low * _PERCENT):g}% and {float(high * _PERCENT):g}%" if name in _SHARES
                 else f"{low} and {high}")  # fmt: skip
        words.fault("bad-setting", f"`{name}` lies between {shown}", None, span)
        return {}
    return {name: value}


_SHARES = ("ritardando", "phrases", *_LENGTHS)


def _share(words: Words, name: str) -> Wishes:
    """A share in percent: `20%`."""
    at, value = words.at, words.number("a share, as in `20%`")
    if value is not None and not words.skip("%"):
        words.fault("bad-setting", f"`{words.setting.keyword.text}` wants a share in percent, as in `20%`")
        return {}
    return _within(words, name, None if value is None else value / _PERCENT, at)


def _number(words: Words, name: str, what: str) -> Wishes:
    at = words.at
    return _within(words, name, words.number(what), at)


def _ritardando(words: Words, meter: Meter | None) -> Wishes:
    """`20%`, `20% over 2 bars`, `20% over 1/2`."""
    found = dict(_share(words, "ritardando"))
    if not found or not words.skip("over"):
        return found
    at = words.at
    following = words.left[1:2]
    if following and getattr(following[0], "text", None) in ("bar", "bars"):
        count = words.number("a number of bars")
        words.take()
        length = None if count is None else count * (meter.bar_length if meter else 1)
    else:
        length = words.duration(("2 bars",))
    return {**found, **_within(words, "over", length, at)}


def _breath(words: Words) -> Wishes:
    at = words.at
    return _within(words, "breath", words.duration(), at)


def _swing(words: Words) -> Wishes:
    """`2:1`, `3:2 of 1/16`: how long the first of two notes lasts beside the second."""
    at, long = words.at, words.number("two numbers, as in `2:1`")
    if long is None:
        return {}
    if not words.skip(":"):
        words.fault("bad-setting", "`swing` wants two numbers, as in `2:1`")
        return {}
    short = words.number("two numbers, as in `2:1`")
    if not short:
        return {}
    found = dict(_within(words, "swing", long / short, at))
    if words.skip("of"):
        at = words.at
        found |= _within(words, "swing_of", words.duration(), at)
    return found


def _lengths(words: Words) -> Wishes:
    """`plain 95%, staccato 40%`: how much of what is written sounds."""
    found: dict[str, Fraction] = {}

    def read() -> None:
        name = words.name("a kind of note", _LENGTHS)
        if name is not None:
            found.update(_share(words, name))

    words.separated(read)
    if not found and not words.is_faulty:
        words.fault("bad-setting", "`lengths` says how much of a note sounds", "as in `lengths plain 95%`")
    return found


def _humanise(words: Words) -> Wishes:
    """`10 ms`, `10 ms loudness 4`."""
    found = dict(_number(words, "humanise", "milliseconds, as in `10 ms`"))
    if found and not words.skip("ms"):
        words.fault("bad-setting", "`humanise` wants milliseconds, as in `10 ms`")
        return {}
    words.skip(",")
    if words.skip("loudness"):
        at = words.at
        found |= _within(words, "velocity", words.number("steps of loudness, of 127"), at)
    return found
