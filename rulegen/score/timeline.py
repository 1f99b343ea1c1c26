"""Time in a piece: its bars and beats, and the keys, meters, tempi, phrases and sections that hold there.

All times are whole notes from the first sound. What stands in a timeline is laid down: from when a key, a
meter or a tempo holds, and where phrases and sections lie; bars and beats follow from it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import ceil, inf
from typing import Any, NamedTuple, TypeVar

from rulegen.theory.duration import duration_name
from rulegen.theory.meter import Meter
from rulegen.theory.scale import Key

Value = TypeVar("Value")
Changes = tuple[tuple[Fraction, Value], ...]  # from when each value holds, in the order of time

_QUARTER = Fraction(1, 4)


@dataclass(frozen=True, slots=True)
class Tempo:
    """So many beats of a length a minute, as in half = 84. Raises ValueError for what cannot be played."""

    beats_a_minute: float
    beat: Fraction = _QUARTER

    def __post_init__(self) -> None:
        quarters = float(self.beats_a_minute) * float(self.beat) * 4
        if not 0 < quarters < inf:
            raise ValueError(f"a tempo of {quarters} quarters a minute cannot be played")

    @property
    def quarter_bpm(self) -> float:
        """The quarters a minute."""
        return float(Fraction(self.beats_a_minute) * self.beat * 4)

    def __str__(self) -> str:
        count = self.beats_a_minute
        return f"{duration_name(self.beat)} = {int(count) if count == int(count) else repr(float(count))}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of one statement of a section, with the name of the cadence that ends it."""

    onset: Fraction
    end: Fraction
    section: str
    statement: int
    cadence: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One statement of a section; `repeat_of` is the place in `Timeline.sections` of the one it repeats."""

    name: str
    onset: Fraction
    end: Fraction
    statement: int = 1
    repeat_of: int | None = None


class MeterChange(NamedTuple):
    """From when a meter holds. Its first bar begins after the upbeat, which belongs to the new meter."""

    onset: Fraction
    meter: Meter
    upbeat: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Modulation:
    """A stretch that moves from one key to another, at a moment that is still open."""

    onset: Fraction
    end: Fraction
    key: Key
    key_to: Key


@dataclass(frozen=True, slots=True)
class Event:
    """Where something begins and ends; `sounds` is False for a rest."""

    onset: Fraction
    end: Fraction
    sounds: bool = True


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """What lies or holds from one time to another; `value` is the key, meter, tempo, phrase or section."""

    kind: str
    onset: Fraction
    end: Fraction
    number: int
    value: Any = None


class TimelinePlace(NamedTuple):
    """All that is known of a moment. Beat 5/2 is halfway through the second; there may be no phrase."""

    bar: int
    beat: Fraction
    strength: float
    meter: Meter
    key: Key
    tempo: Tempo
    phrase: Phrase | None
    section: Section | None


class _Bars(NamedTuple):
    """Bars of one meter that follow one another, as far as the next change."""

    onset: Fraction
    meter: Meter
    downbeat: Fraction  # of the bar of that number; bars before and after it lie a bar's length apart
    number: int


@dataclass(frozen=True)
class Timeline:
    """From when each key, meter and tempo holds, the first from 0 on, and where phrases and sections lie.

    `signatures` are the keys that are printed: those of sections (usual: the first key for all).
    `modulations` are open while a piece is planned, and changes of key in a score. What changes nothing is
    left out, so that equal timelines compare equal. Raises ValueError for an upbeat of a bar or more.
    """

    keys: Changes[Key]
    meters: tuple[MeterChange, ...]
    tempi: Changes[Tempo] = ((Fraction(0), Tempo(120)),)
    signatures: Changes[Key] = ()
    sections: tuple[Section, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    modulations: tuple[Modulation, ...] = ()
    end: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        for _, meter, upbeat in self.meters:
            if not 0 <= upbeat < meter.bar_length:
                raise ValueError(f"a pickup of {upbeat} is not shorter than a bar of {meter}")
        object.__setattr__(self, "keys", _changes(self.keys))
        object.__setattr__(self, "tempi", _changes(self.tempi))
        object.__setattr__(self, "signatures", _changes(self.signatures or self.keys[:1]))
        object.__setattr__(self, "meters", _meter_changes(self.meters))

    @classmethod
    def plain(
        cls, key: Key, meter: Meter, tempo: Tempo = Tempo(120), pickup: Fraction = Fraction(0)
    ) -> Timeline:
        """The timeline of a piece in one key, meter and tempo."""
        start = Fraction(0)
        return cls(((start, key),), (MeterChange(start, meter, pickup),), ((start, tempo),))

    @property
    def key(self) -> Key:
        """The home key: that whose signature stands at the beginning."""
        return self.signatures[0][1]

    @cached_property
    def regions(self) -> tuple[Key, ...]:
        """The keys that occur, home first."""
        moved = (each.key_to for each in self.modulations)
        return tuple(dict.fromkeys((self.key, *(key for _, key in self.keys), *moved)))

    @property
    def meter(self) -> Meter:
        """The meter of the beginning."""
        return self.meters[0].meter

    @property
    def tempo(self) -> Tempo:
        """The tempo of the beginning."""
        return self.tempi[0][1]

    @property
    def pickup(self) -> Fraction:
        """How much of a bar stands before the first full one."""
        return self.meters[0].upbeat

    def until(self, end: Fraction) -> Timeline:
        """The same up to another end."""
        return self if end == self.end else replace(self, end=end)

    def in_key(self, key: Key) -> Timeline:
        """The same, all in one key."""
        return replace(self, keys=((Fraction(0), key),), signatures=())

    def with_mode_of(self, key: Key) -> Timeline:
        """The same with the home key for another of the same signature, wherever it holds."""
        return self.at_home_in(key) if key.signature_fifths == self.key.signature_fifths else self

    def at_home_in(self, key: Key) -> Timeline:
        """The same with another home key, wherever the home key holds."""

        def named(changes: Changes[Key]) -> Changes[Key]:
            return tuple((onset, key if each == self.key else each) for onset, each in changes)

        return replace(self, keys=named(self.keys), signatures=named(self.signatures))

    def as_judged(self) -> Timeline:
        """The same as rules hear it: without its tempi, with a phrase and a section where it has none."""
        phrases = self.phrases or (Phrase(Fraction(0), self.end, "A", 1),)
        sections = self.sections or (Section("A", Fraction(0), self.end),)
        return replace(self, tempi=Timeline.tempi, phrases=phrases, sections=sections)

    def from_onset(self, start: Fraction, end: Fraction) -> Timeline:
        """What holds from one time to another, in time from there; without phrases and sections."""
        upbeat = -self.position(start) % self.bar_length(start)
        first = MeterChange(Fraction(0), self.meter_at(start), upbeat)
        later = (change._replace(onset=change.onset - start) for change in self.meters)
        return Timeline(
            _cut(self.keys, start, end),
            (first, *(change for change in later if 0 < change.onset < end - start)),
            _cut(self.tempi, start, end),
            _cut(self.signatures, start, end),
            end=end - start,
        )

    def key_at(self, onset: Fraction) -> Key:
        """The key that holds at a moment."""
        return holding(self.keys, onset)

    def tempo_at(self, onset: Fraction) -> Tempo:
        """The tempo that holds at a moment."""
        return holding(self.tempi, onset)

    def meter_at(self, onset: Fraction) -> Meter:
        """The meter that holds at a moment."""
        return self._bars_at(onset).meter

    def position(self, onset: Fraction) -> Fraction:
        """How far a moment lies after its downbeat, an upbeat being the end of a full bar."""
        bars = self._bars_at(onset)
        return (onset - bars.downbeat) % bars.meter.bar_length

    def bar_number(self, onset: Fraction) -> int:
        """The number of the bar that holds a moment: 0 for a pickup, 1 for the first full bar."""
        bars = self._bars_at(onset)
        return int((onset - bars.downbeat) // bars.meter.bar_length) + bars.number

    def bar_end(self, onset: Fraction) -> Fraction:
        """Where the next bar line after a moment stands: with a downbeat, or where the meter changes."""
        end = onset - self.position(onset) + self.meter_at(onset).bar_length
        later = bisect_right(self._starts, onset)
        return min(end, self._starts[later]) if later < len(self._starts) else end

    def bar_length(self, onset: Fraction) -> Fraction:
        """How long a full bar is at a moment."""
        return self.meter_at(onset).bar_length

    def beat(self, onset: Fraction) -> Fraction:
        """The beat, counted from 1, at a moment."""
        return self.meter_at(onset).beat_of(self.position(onset))

    def strength(self, onset: Fraction) -> float:
        """The metric accent of a moment."""
        return self.meter_at(onset).strength(self.position(onset))

    def held_over(self, onset: Fraction, end: Fraction) -> float:
        """The strength of the strongest place within a stretch, its ends left out: bar lines, beats, and the
        halves of beats; 0 where there is none.
        """
        meter, position = self.meter_at(onset), self.position(onset)
        if self.bar_end(onset) < end:
            return 1.0
        return meter.strongest_between(position, position + end - onset)

    def place_name(self, onset: Fraction) -> str:
        """How one names a moment: `bar 3, beat 2`."""
        return f"bar {self.bar_number(onset)}, beat {self.beat(onset)}"

    def at(self, onset: Fraction) -> TimelinePlace:
        """All that is known of a moment."""
        return TimelinePlace(
            self.bar_number(onset),
            self.beat(onset),
            self.strength(onset),
            self.meter_at(onset),
            self.key_at(onset),
            self.tempo_at(onset),
            next((each for each in self.phrases if each.onset <= onset < each.end), None),
            next((each for each in self.sections if each.onset <= onset < each.end), None),
        )

    def points(self, start: Fraction, end: Fraction, change: str | Fraction) -> list[Fraction]:
        """The moments within a stretch that lie on every `beat`, `half bar` or `bar`, or a length apart from
        each downbeat; what lasts several bars, from the first downbeat on."""
        found: list[Fraction] = []
        if isinstance(change, Fraction) and change > self.bar_length(start):
            first = start if self.position(start) == 0 else self.bar_end(start)
            return [first + change * count for count in range(max(0, ceil((end - first) / change)))]
        line = start
        while line < end:
            downbeat, meter, stop = line - self.position(line), self.meter_at(line), self.bar_end(line)
            places = (downbeat + offset for offset in meter.places(change))
            found += [place for place in places if line <= place < min(stop, end)]
            line = stop
        return found

    def spans(self, kind: str) -> tuple[TimeSpan, ...]:
        """All bars, beats, phrases, sections or statements, keys, signatures, meters, tempi, or the piece."""
        if kind not in self._spans:
            self._spans[kind] = tuple(self._laid(kind))
        return self._spans[kind]

    @cached_property
    def _spans(self) -> dict[str, tuple[TimeSpan, ...]]:
        return {}

    def _laid(self, kind: str) -> Iterator[TimeSpan]:
        if kind == "piece":
            yield TimeSpan(kind, Fraction(0), self.end, 1)
        elif kind in ("bar", "beat"):
            yield from self._bar_spans() if kind == "bar" else self._beat_spans()
        elif kind in ("phrase", "section", "statement"):
            laid: Sequence[Phrase | Section] = self.phrases if kind == "phrase" else self.sections
            for number, each in enumerate(laid, start=1):
                yield TimeSpan(
                    kind, each.onset, each.end, each.statement if kind == "statement" else number, each
                )
        else:
            changes: dict[str, Sequence[tuple[Fraction, Any]]] = {
                "key": self.keys,
                "signature": self.signatures,
                "meter": [(onset, meter) for onset, meter, _ in self.meters],
                "tempo": self.tempi,
            }
            ends = [*(onset for onset, _ in changes[kind][1:]), self.end]
            for number, ((onset, value), end) in enumerate(zip(changes[kind], ends, strict=True), start=1):
                yield TimeSpan(kind, onset, end, number, value)

    def _bar_spans(self) -> Iterator[TimeSpan]:
        """A short bar and the upbeat after it are one bar, wherever the line between them stands."""
        start = line = Fraction(0)
        while line < self.end:
            number, line = self.bar_number(line), self.bar_end(line)
            if line >= self.end or self.bar_number(line) != number:
                yield TimeSpan("bar", start, min(line, self.end), number)
                start = line

    def _beat_spans(self) -> Iterator[TimeSpan]:
        start, number = Fraction(0), 1
        while start < self.end:
            meter, position = self.meter_at(start), self.position(start)
            begun = max(beat for beat in meter.beats if beat <= position)
            end = min(start - position + begun + meter.beat_length_at(position), self.bar_end(start))
            yield TimeSpan("beat", start, min(end, self.end), number)
            start, number = end, number + 1

    @cached_property
    def _bars(self) -> tuple[_Bars, ...]:
        found: list[_Bars] = []
        for onset, meter, upbeat in self.meters:
            number = 1
            if found:
                before = found[-1]
                bars, rest = divmod(onset - before.downbeat, before.meter.bar_length)
                number = (
                    before.number + int(bars) + (1 if rest or upbeat else 0)
                )  # an upbeat fills a short bar
            found.append(_Bars(onset, meter, onset + upbeat, number))
        return tuple(found)

    @cached_property
    def _starts(self) -> list[Fraction]:
        return [bars.onset for bars in self._bars]

    def _bars_at(self, onset: Fraction) -> _Bars:
        bars = self._bars
        return bars[0] if len(bars) == 1 else bars[max(bisect_right(self._starts, onset) - 1, 0)]


def _changes(changes: Changes[Value]) -> Changes[Value]:
    """The changes that change something; of several at one time the last."""
    latest = dict(sorted(changes, key=lambda change: change[0]))
    kept = [*latest.items()][:1]
    kept += [after for before, after in pairwise(latest.items()) if before[1] != after[1]]
    return tuple(kept)


def _meter_changes(changes: Sequence[MeterChange]) -> tuple[MeterChange, ...]:
    """The changes after which bar lines stand elsewhere than before."""
    kept: list[MeterChange] = []
    for each in sorted(changes, key=lambda change: change.onset):
        if kept and kept[-1].onset == each.onset:
            kept.pop()
        last = kept[-1] if kept else None
        if last is not None and last.meter == each.meter:
            apart = each.onset + each.upbeat - last.onset - last.upbeat
            if apart % each.meter.bar_length == 0:
                continue
        kept.append(each)
    return tuple(kept)


def holding(changes: Changes[Value], onset: Fraction) -> Value:
    """What holds at a moment."""
    found = changes[0][1]
    for start, value in changes[1:]:
        if start > onset:
            break
        found = value
    return found


def _cut(changes: Changes[Value], start: Fraction, end: Fraction) -> Changes[Value]:
    later = ((onset - start, value) for onset, value in changes if start < onset < end)
    return ((Fraction(0), holding(changes, start)), *later)
