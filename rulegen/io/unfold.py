"""The order in which bars sound, once repeat signs and endings are followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from rulegen.io.parts import WrittenBar
from rulegen.score.events import MOST_BARS
from rulegen.score.timeline import Section


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs at one bar: a repeat begins, the music sounds `times` in all, the endings that it is for."""

    opens: bool
    times: int
    endings: frozenset[int]


def signs_of(bars: Sequence[WrittenBar]) -> list[Signs]:
    """The signs of the bars of a part; a bar between the ends of an ending belongs to it."""
    found = []
    inside: frozenset[int] = frozenset()
    for bar in bars:
        inside = bar.endings or inside
        found.append(Signs(bar.opens_repeat, bar.closes_repeat, inside))
        if bar.ends_ending or bar.closes_repeat:
            inside = frozenset()
    return found


def playing_order(signs: Sequence[Signs]) -> list[int]:
    """The places of the bars as they sound; raises ValueError where repeats multiply beyond reason."""
    order: list[int] = []
    start, turn, place = 0, 1, 0
    while place < len(signs):
        here = signs[place]
        if here.opens and place != start:
            start, turn = place, 1
        if here.endings and turn not in here.endings:
            place += 1
            continue
        order.append(place)
        if len(order) > MOST_BARS:
            raise ValueError(f"its repeats make more than {MOST_BARS} bars")
        times = max(here.endings, default=0) + 1 if here.endings else here.times
        if here.times and turn < times:
            place, turn = start, turn + 1
            continue
        leaves_ending = bool(here.endings) and not (place + 1 < len(signs) and signs[place + 1].endings)
        if here.times or leaves_ending:
            start, turn = place + 1, 1
        place += 1
    return order


def sections_of(
    order: Sequence[int], signs: Sequence[Signs], starts: Sequence[Fraction], end: Fraction
) -> list[Section]:
    """The sections that repeats cut a piece into, lettered; `starts` has the onset of each bar in order."""
    cuts = [
        at
        for at, place in enumerate(order)
        if at == 0 or place != order[at - 1] + 1 or signs[place].opens or _closed(signs, order, at)
    ]
    letters: dict[int, str] = {}
    statements: dict[int, int] = {}
    first: dict[tuple[int, ...], int] = {}
    found: list[Section] = []
    for number, at in enumerate(cuts):
        stop = cuts[number + 1] if number + 1 < len(cuts) else len(order)
        bars = tuple(order[at:stop])
        name = letters.setdefault(bars[0], _letter(len(letters)))
        statements[bars[0]] = statements.get(bars[0], 0) + 1
        section_end = starts[stop] if stop < len(order) else end
        found.append(Section(name, starts[at], section_end, statements[bars[0]], first.get(bars)))
        first.setdefault(bars, number)
    return found


def _closed(signs: Sequence[Signs], order: Sequence[int], at: int) -> bool:
    return signs[order[at - 1]].times > 0


def _letter(number: int) -> str:
    """A to Z, then A1, B1 and so on."""
    return chr(ord("A") + number % 26) + (str(number // 26) if number >= 26 else "")
