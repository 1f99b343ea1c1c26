"""Named rhythms: `pattern dactyl = 1/4 1/8 1/8`, `pattern clave = euclid(3, 8) of 1/8`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from rulegen.language.syntax import Name, Number, Setting
from rulegen.style.model import Pattern, PatternItem, Place
from rulegen.style.settings import SettingTable
from rulegen.style.text import Text
from rulegen.style.words import SHORTEST, Words

MOST_ITEMS = 512
MOST_STEPS = 64  # of a Euclidean pattern, and notes of a tuplet or of `n of 1/8`
_EXAMPLE = "a pattern is written as in `pattern dactyl = 1/4 1/8 1/8`"


def read_patterns(settings: Iterable[Setting], text: Text) -> Mapping[str, Pattern]:
    """The patterns of a file, by name; faults are reported."""
    found: dict[str, Pattern] = {}
    first: dict[str, Setting] = {}
    table = SettingTable("a style", {"pattern": _pattern}, apart=True)
    for setting in settings:
        own = text.about(setting)
        [pattern] = table.read([setting], own).values["pattern"]
        name = setting.words[0] if setting.words else None
        if isinstance(name, Name) and name.text in first:
            marks = (name.span, "again here"), (first[name.text].words[0].span, "first here")
            own.report("said-twice", f"two patterns are called `{name.text}`", *marks)
        elif isinstance(name, Name):
            first[name.text] = setting
            if pattern is not None:
                found[name.text] = pattern
    return found


def _pattern(words: Words) -> Pattern | None:
    name = words.name("the name of a pattern")
    if name is None:
        return None
    if not words.skip("="):
        words.fault("bad-setting", "`pattern` wants `=` and its notes here", _EXAMPLE)
        return None
    if not words.left:
        words.fault("bad-setting", f"the pattern `{name}` has no notes", _EXAMPLE, words.setting.span)
        return None
    items: list[PatternItem] = []

    def read() -> None:
        if not words.is_faulty:
            items.extend(_items(words))

    words.separated(read)
    if words.is_faulty or not words.end() or not items:
        return None
    if any(pair[0].kind == "rest" and pair[1].kind == "tied" for pair in pairwise(items)):
        message = f"a rest of the pattern `{name}` is tied to what follows"
        words.fault("tied-to-rest", message, "leave `tied` out: a note begins there", words.setting.span)
        return None
    joined = tuple(_joined(items))
    if len(joined) > MOST_ITEMS:
        words.fault("long-pattern", f"a pattern has {MOST_ITEMS} notes at most", None, words.setting.span)
        return None
    if all(item.kind == "rest" for item in joined):
        words.fault("silent-pattern", f"the pattern `{name}` has no notes", None, words.setting.span)
        return None
    return Pattern(name, joined, Place(words.text.source, words.setting.span))


def _items(words: Words) -> Iterator[PatternItem]:
    """The next item: a note, a rest, what is tied to the note before, or several notes at once."""
    for kind in ("rest", "tied"):
        if words.skip(kind):
            duration = words.duration()
            if duration is not None:
                yield PatternItem(duration, kind)
            return
    if words.is_next("euclid"):
        yield from _euclid(words)
        return
    count = words.left[0] if words.left else None
    then = words.left[1] if len(words.left) > 1 else None
    if isinstance(count, Number) and isinstance(then, Name) and then.text in ("of", "in"):
        yield from _several(words, count, then.text)
        return
    duration = words.duration(("rest", "tied", "euclid"))
    if duration is not None:
        yield PatternItem(duration)


def _several(words: Words, count: Number, word: str) -> Iterator[PatternItem]:
    """`4 of 1/16`: so many notes of a length; `3 in 1/4`: so many in the time of one."""
    words.take()
    words.take()
    span = count.span
    if count.value.denominator != 1 or not 1 <= count.value <= MOST_STEPS:
        words.fault("bad-setting", f"here stands a whole number from 1 to {MOST_STEPS}", None, span)
        return
    length = words.duration()
    if length is None:
        return
    each = length if word == "of" else length / count.value
    if each < SHORTEST:
        words.fault("bad-duration", f"a note lasts {SHORTEST} of a whole note at least", None, span)
        return
    yield from (PatternItem(each) for _ in range(int(count.value)))


def _euclid(words: Words) -> Iterator[PatternItem]:
    """`euclid(3, 8) of 1/8`, `euclid(3, 8, 2) of 1/8`: onsets spread as evenly as they can be over steps, the
    circle turned left by so many steps; a note lasts to the next onset, and before the first is a rest.
    """
    start = words.span
    words.take()
    numbers: list[int] = []
    sign = "("
    while len(numbers) < 3 and words.skip(sign):
        number = words.number("a whole number")
        if number is None or number.denominator != 1:
            words.fault("bad-setting", "`euclid` wants whole numbers", None, start)
            return
        numbers.append(int(number))
        sign = ","
    if len(numbers) < 2 or not words.skip(")") or not words.skip("of"):
        help = "write `euclid(3, 8) of 1/8`, or turned by two steps `euclid(3, 8, 2) of 1/8`"
        words.fault("bad-setting", "`euclid` wants onsets and steps, and what a step lasts", help, start)
        return
    onsets, steps, turn = (*numbers, 0)[:3]
    step = words.duration()
    if step is None:
        return
    if not 1 <= onsets <= steps <= MOST_STEPS:
        message = f"{onsets} onsets do not go into {steps} steps: there are 1 to {MOST_STEPS} steps"
        words.fault("bad-setting", f"{message}, and an onset at least", None, start)
        return
    spread = evenly_spread(onsets, steps)
    struck = [place for place in range(steps) if spread[(place + turn) % steps]]
    if struck[0]:
        yield PatternItem(struck[0] * step, "rest")
    yield from (PatternItem((after - place) * step) for place, after in pairwise([*struck, steps]))


def evenly_spread(onsets: int, steps: int) -> list[bool]:
    """Which steps are struck: rests are dealt out to the notes in turn, then what is left over to the groups
    so made, until one is left over at most (Bjorklund's algorithm, after Toussaint 2005).
    """
    heads, tails = [[True]] * onsets, [[False]] * (steps - onsets)
    while len(tails) > 1:
        pairs = min(len(heads), len(tails))
        left = heads[pairs:] or tails[pairs:]
        heads, tails = [head + tail for head, tail in zip(heads, tails, strict=False)], left
    return [each for group in (*heads, *tails) for each in group]


def _joined(items: Iterable[PatternItem]) -> list[PatternItem]:
    """The items with what is tied joined to its note, and rests that touch made one."""
    found: list[PatternItem] = []
    for item in items:
        last = found[-1] if found else None
        if last is not None and (item.kind == "tied" or item.kind == last.kind == "rest"):
            found[-1] = PatternItem(last.duration + item.duration, last.kind)
        else:
            found.append(item)
    return found
