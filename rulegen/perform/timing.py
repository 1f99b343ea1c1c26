"""Music that lasts as long as it is to: tempi within their range bring end and cadences to their times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, islice, pairwise
from math import inf, log

from rulegen.perform.performance import Performance, perform
from rulegen.score.events import Score
from rulegen.score.timeline import Phrase, Tempo, Timeline

LOOP = "loop"  # the metadata that says that the end goes over into the beginning
NEAR = 0.001  # seconds by which a time may be missed
_ROUNDS = 5  # of setting tempi: a ritardando that goes over a cadence is not quite in proportion
_MOST_WAYS = 20_000  # of choosing the cadences
_SLACK = 1e-9
_FAR = 99.0  # of a time that no tempo meets


@dataclass(frozen=True, slots=True)
class WishedTimes:
    """What is wished of times. seconds: how long the piece lasts, without the tail of its last sound.
    cadences: when the last chord of a phrase with a cadence begins, of as many phrases, in order. slowest,
    fastest: by how much all tempi may be multiplied. loops: whether the end goes over into the beginning.
    """

    seconds: Fraction | None = None
    cadences: tuple[Fraction, ...] = ()
    slowest: float = 1.0
    fastest: float = 1.0
    loops: bool = False

    @property
    def times(self) -> tuple[float, ...]:
        """The times that are to be met."""
        return tuple(float(each) for each in (*self.cadences, *([self.seconds] if self.seconds else [])))


class NotInTime(ValueError):
    """No tempo within its range meets the times."""


def timed(score: Score, timing: WishedTimes) -> Score:
    """The score with tempi that meet the times. Raises NotInTime."""
    times = timing.times
    if not times:
        return score
    whole = {score.end} if timing.seconds else set()
    ways = [
        (*arrivals, *whole)
        for arrivals in islice(combinations(arrivals_of(score), len(timing.cadences)), _MOST_WAYS)
    ]
    played = perform(score)
    costs = [(_cost(_factors(played, way, times), timing), way) for way in ways]
    best = min((each for each in costs if each[0] is not None), default=None)
    if best is None:
        raise NotInTime(_why_not(score, played, timing, ways))
    moments = best[1]
    for _ in range(_ROUNDS):
        factors = _factors(perform(score), moments, times)
        score = replace(score, timeline=_paced(score.timeline, moments, factors))
        played = perform(score)
        if all(abs(played.seconds(at) - time) < NEAR for at, time in zip(moments, times, strict=True)):
            return score
    raise NotInTime("the tempi do not settle")


def arrivals_of(score: Score) -> list[Fraction]:
    """When the last chord of each phrase with a cadence begins; without chords, its lowest voice's last."""
    found = (_arrival(score, phrase) for phrase in score.phrases if phrase.cadence is not None)
    return sorted({each for each in found if each > 0})


def _arrival(score: Score, phrase: Phrase) -> Fraction:
    chords = [event.onset for event in score.chords if phrase.onset <= event.onset < phrase.end]
    if chords:
        return max(chords)
    notes = [note for note in score.notes if not note.is_rest and phrase.onset <= note.onset < phrase.end]
    lowest = notes[-1].voice if notes else None
    return max((note.onset for note in notes if note.voice == lowest), default=phrase.onset)


def _factors(played: Performance, moments: Sequence[Fraction], times: Sequence[float]) -> list[float]:
    """By how much the tempo of each stretch between moments is to be multiplied."""
    before = [0.0, *(played.seconds(moment) for moment in moments)]
    wanted = [0.0, *times]
    return [
        (now - last) / (goal - begun) if goal > begun else inf
        for (last, now), (begun, goal) in zip(pairwise(before), pairwise(wanted), strict=True)
    ]


def _cost(factors: Sequence[float], timing: WishedTimes) -> float | None:
    """How far tempi are from those that are written; None where one is beyond its range."""
    low, high = timing.slowest * (1 - _SLACK), timing.fastest * (1 + _SLACK)
    if not all(low <= each <= high for each in factors):
        return None
    return sum(log(each) ** 2 for each in factors)


def _paced(clock: Timeline, moments: Sequence[Fraction], factors: Sequence[float]) -> Timeline:
    """The timeline with the tempi of each stretch multiplied; what follows the last goes on like it."""
    starts = [Fraction(0), *moments[:-1]]
    onsets = sorted({*(onset for onset, _ in clock.tempi), *starts})
    tempi: list[tuple[Fraction, Tempo]] = []
    for onset in onsets:
        stretch = max(place for place, start in enumerate(starts) if start <= onset)
        tempo = clock.tempo_at(onset)
        tempi.append((onset, replace(tempo, beats_a_minute=tempo.beats_a_minute * factors[stretch])))
    return replace(clock, tempi=tuple(tempi))


def _why_not(
    score: Score, played: Performance, timing: WishedTimes, ways: Sequence[tuple[Fraction, ...]]
) -> str:
    """What is in the way of the times, and what would do."""
    whole = played.seconds(score.end)
    if not ways:
        return (
            f"there are {len(arrivals_of(score))} cadences, and {len(timing.cadences)} times are set for them"
        )
    if not timing.cadences and timing.seconds is not None:
        least, most = whole / timing.fastest, whole / timing.slowest
        wanted = float(timing.seconds)
        quarters = score.timeline.tempo.quarter_bpm * whole / wanted
        span = f"{least:.2f} s" if most - least < NEAR else f"between {least:.2f} s and {most:.2f} s"
        return f"it lasts {span} at its tempi; quarter = {quarters:.2f} would make it {wanted:g} s"
    nearest = min(ways, key=lambda way: _excess(_factors(played, way, timing.times), timing))
    factors = _factors(played, nearest, timing.times)
    said = ", ".join(f"{score.timeline.tempo.quarter_bpm * each:.2f}" for each in factors)
    return f"quarter = {said}, one after another, would meet the times, and is beyond its tempi"


def _excess(factors: Sequence[float], timing: WishedTimes) -> float:
    """How far tempi are beyond their range."""
    return sum(
        max(0.0, log(timing.slowest / each), log(each / timing.fastest)) if 0 < each < inf else _FAR
        for each in factors
    )


def within_reach(
    timeline: Timeline, metadata: tuple[tuple[str, str], ...], timing: WishedTimes, held: float
) -> str:
    """Why no music on a timeline meets the times, whatever its notes; empty where some may.

    held: by how much fermatas may lengthen it. A cadence may begin anywhere in the last bar of its phrase.
    """
    score = Score("", (), timeline, (), metadata=metadata)
    played, times = perform(score), timing.times
    ends = [phrase.end for phrase in score.phrases if phrase.cadence is not None]
    ways = list(islice(combinations(ends, len(timing.cadences)), _MOST_WAYS))
    for way in ways:
        if all(_may(low, high, goal, timing, held) for low, high, goal in _spans(played, score, way, times)):
            return ""
    if not ways:
        return f"it has {len(ends)} cadences, and {len(timing.cadences)} times are set for them"
    points = [(*way, *([score.end] if timing.seconds else [])) for way in ways]
    return _why_not(score, played, timing, points)


def _spans(
    played: Performance, score: Score, way: Sequence[Fraction], times: Sequence[float]
) -> Iterator[tuple[float, float, float]]:
    """The least and the greatest length of each stretch at the written tempo, and what it is to last."""
    least, most = [0.0], [0.0]
    for end in way:
        inside = max(Fraction(0), end - Fraction(1, 128))  # in the last bar of the phrase
        least.append(played.seconds(max(Fraction(0), end - score.timeline.bar_length(inside))))
        most.append(played.seconds(end))
    if len(times) > len(way):
        least.append(played.seconds(score.end))
        most.append(played.seconds(score.end))
    goals = [0.0, *times]
    for place in range(1, len(goals)):
        low, high = least[place] - most[place - 1], most[place] - least[place - 1]
        yield max(0.0, low), high, goals[place] - goals[place - 1]


def _may(low: float, high: float, goal: float, timing: WishedTimes, held: float) -> bool:
    return goal > 0 and low / timing.fastest <= goal + NEAR and goal <= high * held / timing.slowest + NEAR
