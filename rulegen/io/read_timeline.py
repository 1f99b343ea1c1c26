"""When the bars of a MusicXML file sound, and the keys, meters, upbeats and tempi that they bring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import TypeVar

from rulegen.errors import ScoreReadError
from rulegen.io.key_guess import LARGEST_SIGNATURE, guessed_key, stated_key
from rulegen.io.parts import WrittenBar
from rulegen.io.unfold import playing_order, signs_of
from rulegen.score.events import Note
from rulegen.score.timeline import Changes, MeterChange, Tempo, Timeline
from rulegen.theory.meter import Meter
from rulegen.theory.scale import Key

USUAL_TEMPO = Tempo(120)
_USUAL_METER = Meter.parse("4/4")

_TIMES = {2: "second", 3: "third"}

Value = TypeVar("Value")
Parts = Mapping[str, Sequence[WrittenBar]]
Signature = tuple[int, str | None]
"""Sharps, or minus flats, and the mode where the file says it."""


@dataclass(frozen=True, slots=True)
class PlayedBars:
    """The bars as they sound: their places in the file, when each begins, and what is written there.

    `meters`, `signatures` and `tempi` say from when each holds, as bars are printed: what a bar is in does
    not depend on the way to it.
    """

    order: tuple[int, ...]
    starts: tuple[Fraction, ...]
    end: Fraction
    meters: tuple[MeterChange, ...]
    signatures: Changes[Signature]
    tempi: Changes[Tempo]

    def of(self, bars: Sequence[WrittenBar]) -> list[tuple[Fraction, WrittenBar]]:
        """The bars of a part as they sound, each with its onset."""
        played = zip(self.order, self.starts, strict=True)
        return [(start, bars[place]) for place, start in played if place < len(bars)]

    def names(self, bars: Sequence[WrittenBar], timeline: Timeline) -> tuple[tuple[Fraction, str], ...]:
        """From when each bar is called what it is called in the file, and the how many time it is played;
        none where that is just how bars are counted.
        """
        times: Counter[int] = Counter()
        found = []
        for start, place in zip(self.starts, self.order, strict=True):
            times[place] += 1
            number = bars[place].number if place < len(bars) else ""
            again = f", {_TIMES.get(times[place], f'{times[place]}th')} time" if times[place] > 1 else ""
            found.append((start, (number or str(timeline.bar_number(start))) + again))
        counted = [str(timeline.bar_number(start)) for start in self.starts]
        return () if [name for _, name in found] == counted else tuple(found)

    def keys(self, voices: Sequence[Sequence[Note]]) -> Changes[Key]:
        """The key of each signature; where no mode is said it is heard in the notes."""
        found = []
        ends = [*(onset for onset, _ in self.signatures[1:]), self.end]
        for (onset, (fifths, mode)), end in zip(self.signatures, ends, strict=True):
            key = stated_key(fifths, mode)
            if key is None:
                inside = [[note for note in voice if onset <= note.onset < end] for voice in voices]
                key = guessed_key(fifths, inside)
            found.append((onset, key))
        return tuple(found)


def played_bars(parts: Parts, file: str) -> PlayedBars:
    """The bars of the parts as they sound. Raises ScoreReadError where parts do not go together."""
    columns = list(_columns(parts))
    if not columns:
        raise ScoreReadError(f"{file} has no bars")
    meters = list(_meters(columns, file))
    lengths = list(_lengths(columns, meters, file))
    for column, length in zip(columns, lengths, strict=True):
        for bar in column:
            bar.cut_rest(length)
    try:
        order = playing_order(signs_of(next(iter(parts.values()))))
    except ValueError as error:
        raise ScoreReadError(f"{file}: {error}") from None
    starts, clock = [], Fraction(0)
    for place in order:
        starts.append(clock)
        clock += lengths[place]
    played = list(zip(order, starts, strict=True))
    return PlayedBars(
        tuple(order),
        tuple(starts),
        clock,
        tuple(_meter_changes(played, columns, meters, lengths)),
        _signatures(played, columns, file),
        _tempi(played, columns),
    )


def _columns(parts: Parts) -> Iterator[list[WrittenBar]]:
    """The bars that stand above each other, from the first to the last."""
    for place in range(max(len(bars) for bars in parts.values())):
        yield [bars[place] for bars in parts.values() if place < len(bars)]


def _meters(columns: Sequence[Sequence[WrittenBar]], file: str) -> Iterator[Meter]:
    """The meter of every bar."""
    meter = _USUAL_METER
    for column in columns:
        said = list(dict.fromkeys(bar.meter for bar in column if bar.meter is not None))
        if len(said) > 1:
            raise ScoreReadError(
                f"{file}, bar {column[0].number}: one part is in {said[0]}, another in {said[1]}, "
                "and rulegen reads parts that share their bars"
            )
        meter = said[0] if said else meter
        yield meter


def _lengths(
    columns: Sequence[Sequence[WrittenBar]], meters: Sequence[Meter], file: str
) -> Iterator[Fraction]:
    """The length of every bar: a full one, save for upbeats, the end, and bars that are cut in two.

    A bar may hold several full ones, as a last breve does.
    """
    said = [_content(column) for column in columns]
    for place, (column, meter) in enumerate(zip(columns, meters, strict=True)):
        full = meter.bar_length
        if said[place] > full:
            if said[place] % full:
                raise ScoreReadError(f"{file}, bar {column[0].number}: it is longer than a bar of {meter}")
            yield said[place]
            continue
        following = columns[place + 1][0] if place + 1 < len(columns) else None
        neighbours = [*said[max(0, place - 1) : place], *said[place + 1 : place + 2]]
        makes_up = any(said[place] + other == full for other in neighbours)
        marked = column[0].is_implicit or (following is not None and following.is_implicit)
        is_edge = len(columns) > 1 and place in (0, len(columns) - 1)
        at_sign = column[0].closes_repeat > 0 or (following is not None and following.opens_repeat)
        fits_upbeat = at_sign and said[place] + said[0] == full
        yield said[place] if said[place] and (marked or makes_up or is_edge or fits_upbeat) else full


def _content(column: Sequence[WrittenBar]) -> Fraction:
    """How long what stands in a bar lasts; a rest alone lasts as long as the notes of others."""
    return max((bar.length for bar in column if not bar.is_rest), default=max(bar.length for bar in column))


def _meter_changes(
    played: Sequence[tuple[int, Fraction]],
    columns: Sequence[Sequence[WrittenBar]],
    meters: Sequence[Meter],
    lengths: Sequence[Fraction],
) -> Iterator[MeterChange]:
    """The meter and the upbeat of each bar as it sounds. A short bar is an upbeat at the start, after a bar
    that it completes, and where it is marked as one; else it is the beginning of a bar.
    """
    filled = Fraction(0)  # how much of the bar before is there, where it is not whole
    before: Meter | None = None
    for number, (place, start) in enumerate(played):
        meter, length = meters[place], lengths[place]
        full = meter.bar_length
        offset = Fraction(0)
        if length < full:
            completed = lengths[place + 1 : place + 2] == [full - length]
            is_start = number == 0 and len(columns) > 1 and not completed
            is_upbeat = columns[place][0].is_implicit or is_start
            goes_on = filled and meter == before and filled + length <= full
            offset = filled if goes_on else full - length if is_upbeat else offset
        before = meter
        yield MeterChange(start, meter, -offset % full)
        filled = offset + length if offset + length < full else Fraction(0)


def _signatures(
    played: Sequence[tuple[int, Fraction]], columns: Sequence[Sequence[WrittenBar]], file: str
) -> Changes[Signature]:
    """The signatures as they sound, each once; the first part that has one in a bar says it."""
    written: list[list[tuple[Fraction, Signature]]] = []
    said: Signature = (0, None)
    for column in columns:
        keys = next((bar.keys for bar in column if bar.keys), [])
        strange = next((fifths for _, (fifths, _) in keys if abs(fifths) > LARGEST_SIGNATURE), None)
        if strange is not None:
            raise ScoreReadError(
                f"{file}: a key signature of {abs(strange)} accidentals is none that rulegen knows"
            )
        written.append([(Fraction(0), said), *keys])
        said = written[-1][-1][1]
    sounding = [(start + offset, key) for place, start in played for offset, key in written[place]]
    return _merged(sounding)


def _tempi(played: Sequence[tuple[int, Fraction]], columns: Sequence[Sequence[WrittenBar]]) -> Changes[Tempo]:
    """The tempi as they sound; the first that is said holds from the beginning."""
    written: list[list[tuple[Fraction, Tempo]]] = []
    said = next((tempo for column in columns for bar in column for _, tempo in bar.tempi), USUAL_TEMPO)
    for column in columns:
        by_offset = {offset: tempo for bar in reversed(column) for offset, tempo in bar.tempi}
        written.append([(Fraction(0), said), *sorted(by_offset.items(), key=lambda entry: entry[0])])
        said = written[-1][-1][1]
    return _merged([(start + offset, tempo) for place, start in played for offset, tempo in written[place]])


def _merged(changes: Sequence[tuple[Fraction, Value]]) -> Changes[Value]:
    """The changes that change something; of several at one time the last."""
    latest = sorted(dict(changes).items(), key=lambda change: change[0])
    return tuple(next(group) for _, group in groupby(latest, key=lambda change: change[1]))
