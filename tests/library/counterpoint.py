"""Counterpoint judged without the engine: notes as names, onsets and durations, and what is surely wrong among them.

Nothing of rulegen is imported here. Each kind of breach is one that no teacher excuses; what is open to taste is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise, permutations

CHROMA = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
CONSONANCES = {(0, 0), (2, 3), (2, 4), (4, 7), (5, 8), (5, 9)}  # (steps, semitones) within the octave
LEAPS = {0: (0, 1), 1: (1, 2), 2: (3, 4), 3: (5,), 4: (7,), 5: (8,), 7: (12,)}  # steps → semitones of lines
BAR = 4.0


@dataclass(frozen=True)
class Tone:
    """A note: its name, as `C#4` or `B-3`, and when it sounds, in quarters."""

    name: str
    onset: float
    length: float

    @property
    def end(self) -> float:
        """When it stops."""
        return self.onset + self.length

    @cached_property
    def step(self) -> int:
        """Its place among the white keys."""
        return "CDEFGAB".index(self.name[0]) + 7 * int(self.name[-1])

    @cached_property
    def key(self) -> int:
        """Its place among all keys."""
        return (
            CHROMA[self.name[0]] + self.name.count("#") - self.name.count("-") + 12 * (int(self.name[-1]) + 1)
        )

    @property
    def beat(self) -> float:
        """Its place in the bar, from 0."""
        return self.onset % BAR

    @property
    def crosses(self) -> bool:
        """Whether it goes on over a bar line."""
        return self.onset // BAR != (self.end - 0.001) // BAR and self.beat != 0


Line = Sequence[Tone]
Breach = tuple[str, float, int]  # kind, when, voice


def folded(one: Tone, other: Tone) -> tuple[int, int]:
    """The interval of two notes, the lower first, within the octave."""
    low, high = sorted((one, other), key=lambda tone: (tone.key, tone.step))
    steps, keys = high.step - low.step, high.key - low.key
    return steps % 7, keys - 12 * (steps // 7)


def consonant(one: Tone, other: Tone) -> bool:
    """Whether two notes are consonant, a fourth not."""
    return folded(one, other) in CONSONANCES


def perfect(one: Tone, other: Tone) -> bool:
    """Whether two notes are a fifth, an octave or a unison apart."""
    return folded(one, other) in ((0, 0), (4, 7))


def falls(one: Tone, other: Tone) -> bool:
    """Whether a line steps down."""
    return one.step - other.step == 1 and one.key - other.key in (1, 2)


def steps(one: Tone, other: Tone) -> bool:
    """Whether a line steps."""
    return abs(one.step - other.step) == 1


def way(one: Tone, other: Tone) -> int:
    """1 for up, -1 for down, 0."""
    return (other.key > one.key) - (other.key < one.key)


@dataclass(frozen=True)
class Exercise:
    """Lines from the top, the species (the highest of several), and the final."""

    lines: tuple[tuple[Tone, ...], ...]
    species: int
    final: str

    @cached_property
    def known(self) -> dict[float, list[tuple[int, Tone]]]:
        """What sounds wherever a note begins or a bar does."""
        times = {*self.times, *(place * BAR for place in range(int(max(self.times) // BAR) + 1))}
        return {time: list(self._found(time)) for time in times}

    def _found(self, time: float) -> Iterator[tuple[int, Tone]]:
        for voice, line in enumerate(self.lines):
            for tone in line:
                if tone.onset <= time < tone.end:
                    yield voice, tone
                    break

    def at(self, voice: int, time: float) -> Tone | None:
        """What sounds in a voice."""
        return next((tone for other, tone in self.sounding(time) if other == voice), None)

    def sounding(self, time: float) -> list[tuple[int, Tone]]:
        """What sounds, with its voice."""
        return self.known.get(time, [])

    def lowest(self, time: float) -> tuple[int, Tone]:
        """The lowest note that sounds, with its voice."""
        return min(self.sounding(time), key=lambda each: each[1].key)

    @property
    def is_duet(self) -> bool:
        """Whether there are two voices."""
        return len(self.lines) == 2

    @cached_property
    def times(self) -> list[float]:
        """When notes begin."""
        return sorted({tone.onset for line in self.lines for tone in line})

    def clashes(self, voice: int, time: float) -> list[Tone]:
        """The notes against which a voice is surely dissonant: the lowest, if it is not that itself, and in seconds or
        sevenths any.
        """
        own, (bottom, _) = self.at(voice, time), self.lowest(time)
        assert own is not None
        return [
            tone
            for other, tone in self.sounding(time)
            if other != voice
            and not consonant(own, tone)
            and (bottom in (voice, other) or folded(own, tone)[0] in (1, 6))
        ]


def breaches(exercise: Exercise) -> frozenset[Breach]:
    """All that is surely wrong."""
    kinds = (struck, leapt, suspended, parallels, melodic, ends, unisons, direct, rhythm)
    return frozenset(each for kind in kinds for each in kind(exercise))


def struck(exercise: Exercise) -> Iterator[Breach]:
    """Dissonances struck together on a downbeat; the first notes of lines."""
    for time in exercise.times:
        if time % BAR == 0:
            for voice, tone in exercise.sounding(time):
                if tone.onset == time and any(each.onset == time for each in exercise.clashes(voice, time)):
                    yield "a dissonance is struck on the downbeat", time, voice
    for voice, line in enumerate(exercise.lines):
        others = [tone for other, tone in exercise.sounding(line[0].onset) if other != voice]
        if exercise.is_duet and others and not perfect(line[0], others[0]):
            yield "the beginning is not perfect", line[0].onset, voice


def leapt(exercise: Exercise) -> Iterator[Breach]:
    """Dissonances off the downbeat that are leapt to, or left by a leap; ligatures that begin with one."""
    for voice, line in enumerate(exercise.lines):
        for before, tone, after in zip(line, line[1:], line[2:], strict=False):
            against = [each for each in exercise.clashes(voice, tone.onset) if each.onset < tone.onset]
            against = [each for each in against if each.onset // BAR == tone.onset // BAR]
            if tone.beat == 0 or not against or before.crosses:
                continue
            passes = steps(before, tone) and steps(tone, after) and way(before, tone) == way(tone, after)
            if tone.crosses:
                yield "a ligature begins dissonant", tone.onset, voice
            elif exercise.species in (2, 4) and not passes:
                yield "a dissonance does not pass", tone.onset, voice
            elif exercise.species in (3, 5) and not steps(before, tone):
                yield "a dissonance is leapt to", tone.onset, voice
            elif exercise.species in (3, 5) and not steps(tone, after) and tone.step - after.step != 2:
                yield "a dissonance is left by a leap", tone.onset, voice


def suspended(exercise: Exercise) -> Iterator[Breach]:
    """Suspensions that do not fall by step, or fall to a dissonance."""
    for voice, line in enumerate(exercise.lines):
        for place, (tone, after) in enumerate(pairwise(line)):
            bar = (tone.onset // BAR + 1) * BAR
            if not tone.crosses or after.onset != tone.end or after.onset - bar > BAR / 2:
                continue
            against = [
                each for each in exercise.clashes(voice, bar) if each.onset == bar and each.end >= after.end
            ]
            if not against:
                continue
            later = line[place + 2] if place + 2 < len(line) else None
            adorned = exercise.species == 5 and after.beat < 2 and later is not None and falls(tone, later)
            if not falls(tone, after) and not adorned:
                yield "a suspension does not fall", tone.onset, voice
            elif falls(tone, after):
                left = [each for each in exercise.clashes(voice, after.onset) if each in against]
                if [each for each in left if exercise.is_duet or folded(after, each) not in ((4, 6), (3, 6))]:
                    yield "a suspension falls to a dissonance", tone.onset, voice


def parallels(exercise: Exercise) -> Iterator[Breach]:
    """Fifths and octaves one after the other; in the second species from downbeat to downbeat too."""
    for one, other in combinations(range(len(exercise.lines)), 2):
        for before, time in pairwise(exercise.times):
            notes = [exercise.at(voice, when) for when in (before, time) for voice in (one, other)]
            if any(each is None for each in notes):
                continue
            a, b, c, d = (each for each in notes if each is not None)
            moved = way(a, c) == way(b, d) != 0
            if moved and perfect(a, b) and folded(a, b) == folded(c, d):
                yield ("parallel fifths" if folded(a, b)[0] else "parallel octaves"), time, one
    if exercise.species == 2 and exercise.is_duet:
        for voice, other in permutations(range(2)):
            for a, b, c in zip(*(exercise.lines[voice][place:] for place in range(3)), strict=False):
                under, over = exercise.at(other, a.onset), exercise.at(other, c.onset)
                if (a.beat, b.beat, c.beat) == (0, 2, 0) and under and over and abs(b.step - a.step) <= 2:
                    moved = way(a, c) == way(under, over) != 0
                    if moved and perfect(a, under) and folded(a, under) == folded(c, over):
                        yield "parallels on the downbeats", c.onset, voice


def melodic(exercise: Exercise) -> Iterator[Breach]:
    """Intervals that no line sings, and notes struck again."""
    for voice, line in enumerate(exercise.lines):
        for one, other in pairwise(line):
            if one.end != other.onset:
                continue
            size = abs(other.key - one.key)
            if size not in LEAPS.get(abs(other.step - one.step), ()):
                yield "a line leaps what it may not", other.onset, voice
            if exercise.is_duet and other.step == one.step and size == 1:
                yield "a line moves by chromatic semitone", other.onset, voice
            anticipates = exercise.species == 5 and one.beat == 1 and other.beat == 2
            if exercise.species > 1 and one.length < BAR and one.name == other.name and not anticipates:
                yield "a note is struck again", other.onset, voice


def ends(exercise: Exercise) -> Iterator[Breach]:
    """The last notes, and how two voices come to them."""
    last = max(exercise.times)
    bottom, low = exercise.lowest(last)
    if low.name[:-1] != exercise.final:
        yield "the lowest voice does not end on the final", last, bottom
    for voice, tone in exercise.sounding(last):
        if exercise.is_duet and folded(tone, low) != (0, 0):
            yield "the end is no unison or octave", last, voice
        if not exercise.is_duet and folded(tone, low) not in ((0, 0), (4, 7), (2, 4)):
            yield "the last chord holds what it may not", last, voice
    if exercise.is_duet:
        before = exercise.times[-2]
        a, b, c, d = (exercise.at(voice, when) for when in (before, last) for voice in (0, 1))
        assert a and b and c and d
        if not (folded(a, b) in ((2, 3), (5, 9)) and folded(c, d) == (0, 0) and steps(a, c) and steps(b, d)):
            yield "the close is no clausula", last, 0


def unisons(exercise: Exercise) -> Iterator[Breach]:
    """Two voices on one note on a downbeat inside."""
    if exercise.is_duet:
        for time in exercise.times[1:-1]:
            notes = [tone for _, tone in exercise.sounding(time)]
            if time % BAR == 0 and time and len(notes) == 2 and notes[0].key == notes[1].key:
                yield "two voices meet on a downbeat", time, 0


def direct(exercise: Exercise) -> Iterator[Breach]:
    """Two voices that go the same way into a perfect consonance."""
    if exercise.is_duet:
        for before, time in pairwise(exercise.times):
            notes = [exercise.at(voice, when) for when in (before, time) for voice in (0, 1)]
            if all(notes):
                a, b, c, d = (each for each in notes if each is not None)
                if way(a, c) == way(b, d) != 0 and perfect(c, d):
                    yield "two voices go the same way into a perfect consonance", time, 0


def rhythm(exercise: Exercise) -> Iterator[Breach]:
    """Notes that are too short for their species, and eighths on strong beats."""
    shortest = {1: 4.0, 2: 2.0, 3: 1.0, 4: 2.0, 5: 0.5}[exercise.species]
    for voice, line in enumerate(exercise.lines):
        for tone in line:
            if tone.length < shortest:
                yield "a note is too short for its species", tone.onset, voice
            if exercise.species == 5 and tone.length < 1 and tone.beat % 2 == 0:
                yield "an eighth stands on a strong beat", tone.onset, voice
