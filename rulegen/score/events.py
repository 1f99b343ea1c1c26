"""Finished music as flat events with rational time, in whole notes from the first sound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, lcm

from rulegen.theory.chord import Chord
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch
from rulegen.theory.scale import Key

REPEAT_STYLES = ("signs", "written")
ARTICULATIONS = ("staccato", "tenuto", "accent", "marcato")
DYNAMICS = ("ppp", "pp", "p", "mp", "mf", "f", "ff", "fff")
HAIRPINS = ("crescendo", "diminuendo")


@dataclass(frozen=True, slots=True)
class Note:
    """A note of a voice, or a rest where it has no pitch.

    articulations: the marks that it bears, of `ARTICULATIONS`, in that order. slurred: whether a slur binds
    it to the next note of its voice; a slur goes from the first note so bound to the note after the last.
    """

    voice: str
    onset: Fraction
    duration: Fraction
    pitch: Pitch | None
    ornament: bool = False
    fermata: bool = False
    lyric: str | None = None
    articulations: tuple[str, ...] = ()
    slurred: bool = False

    @property
    def end(self) -> Fraction:
        """Where it stops sounding."""
        return self.onset + self.duration

    @property
    def is_rest(self) -> bool:
        """Whether it is silence."""
        return self.pitch is None


@dataclass(frozen=True, slots=True)
class ChordEvent:
    """A chord and the time for which it governs."""

    onset: Fraction
    duration: Fraction
    chord: Chord

    @property
    def end(self) -> Fraction:
        """Where the next chord may begin."""
        return self.onset + self.duration


@dataclass(frozen=True, slots=True)
class Dynamic:
    """How loud it is from a moment on: a level of `DYNAMICS`, in one voice or (None) in all."""

    onset: Fraction
    level: str
    voice: str | None = None


@dataclass(frozen=True, slots=True)
class Hairpin:
    """A stretch in which it grows louder or softer, one of `HAIRPINS`, in one voice or (None) in all."""

    onset: Fraction
    end: Fraction
    kind: str
    voice: str | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice and its range, both ends included."""

    name: str
    low: Pitch
    high: Pitch


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
    """One statement of a section; `repeat_of` is the place in `Score.sections` of the one it repeats."""

    name: str
    onset: Fraction
    end: Fraction
    statement: int = 1
    repeat_of: int | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """A whole piece; its notes are kept sorted by onset, then in the order of the voices.

    Repeats are written out here always; `repeat_style` says whether notation folds them into signs.
    Raises ValueError for a note in a voice that the score has not, an unknown repeat style, articulation,
    dynamic or hairpin, a tempo that is not positive, and a pickup of a bar or more.
    """

    title: str
    voices: tuple[Voice, ...]
    key: Key
    meter: Meter
    tempo_quarter_bpm: float
    pickup: Fraction
    notes: tuple[Note, ...]
    chords: tuple[ChordEvent, ...] = ()
    sections: tuple[Section, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    repeat_style: str = "signs"
    dynamics: tuple[Dynamic, ...] = ()
    hairpins: tuple[Hairpin, ...] = ()

    def __post_init__(self) -> None:
        order = {voice.name: place for place, voice in enumerate(self.voices)}
        strangers = sorted({note.voice for note in self.notes} - order.keys())
        if strangers:
            raise ValueError(f"the score has notes for {', '.join(strangers)}, but no such voice")
        if self.repeat_style not in REPEAT_STYLES:
            known = " or ".join(REPEAT_STYLES)
            raise ValueError(f"repeats are {known}, not {self.repeat_style!r}")
        _check_known({mark for note in self.notes for mark in note.articulations}, ARTICULATIONS)
        _check_known({each.level for each in self.dynamics}, DYNAMICS)
        _check_known({each.kind for each in self.hairpins}, HAIRPINS)
        if not 0 < self.tempo_quarter_bpm < inf:
            raise ValueError(f"a tempo of {self.tempo_quarter_bpm} quarters a minute cannot be played")
        if not 0 <= self.pickup < self.meter.bar_length:
            raise ValueError(f"a pickup of {self.pickup} is not shorter than a bar of {self.meter}")
        object.__setattr__(self, "notes", _in_order(self.notes, order))

    @property
    def end(self) -> Fraction:
        """Where the last note, chord or section stops."""
        events = (self.notes, self.chords, self.sections, self.phrases)
        return max((event.end for kind in events for event in kind), default=Fraction(0))

    def notes_of(self, voice: str) -> tuple[Note, ...]:
        """The notes and rests of a voice, in order."""
        return tuple(note for note in self.notes if note.voice == voice)

    def level_at(self, voice: str, onset: Fraction) -> float | None:
        """How loud a voice is at a moment: a place in `DYNAMICS`, between two of them under a hairpin; None
        before the first dynamic. A hairpin to no marked level changes by one.
        """
        marks = [each for each in self.dynamics if each.voice in (None, voice)]
        before = max((each for each in marks if each.onset <= onset), key=_is_later, default=None)
        if before is None:
            return None
        level = float(DYNAMICS.index(before.level))
        for hairpin in sorted(self.hairpins, key=lambda each: each.onset):
            if hairpin.voice not in (None, voice) or hairpin.end <= before.onset or hairpin.onset > onset:
                continue
            goal = max((each for each in marks if each.onset == hairpin.end), key=_is_later, default=None)
            step = 1 if hairpin.kind == "crescendo" else -1
            aim = float(DYNAMICS.index(goal.level)) if goal is not None else level + step
            gone = (min(onset, hairpin.end) - hairpin.onset) / (hairpin.end - hairpin.onset)
            level += (min(max(aim, 0.0), len(DYNAMICS) - 1.0) - level) * float(gone)
        return level

    def voice(self, name: str) -> Voice:
        """The voice of a name; raises KeyError where the score has none."""
        for voice in self.voices:
            if voice.name == name:
                return voice
        raise KeyError(name)

    def bar_of(self, onset: Fraction) -> int:
        """The number of the bar that holds a moment: 0 for a pickup, 1 for the first full bar."""
        return int((onset - self.pickup) // self.meter.bar_length) + 1

    def bar_start(self, number: int) -> Fraction:
        """Where a bar begins; bar 0 begins with the pickup, at 0."""
        return max(Fraction(0), self.pickup + (number - 1) * self.meter.bar_length)

    def position_in_bar(self, onset: Fraction) -> Fraction:
        """How far a moment lies after its downbeat, the pickup being the end of a full bar."""
        return (onset - self.pickup) % self.meter.bar_length


def _is_later(dynamic: Dynamic) -> tuple[Fraction, bool]:
    """By onset; of two at one moment, the one for a single voice rules it."""
    return dynamic.onset, dynamic.voice is not None


def _check_known(found: set[str], known: Sequence[str]) -> None:
    for strange in sorted(found.difference(known)):
        raise ValueError(f"{strange!r} is none of {', '.join(known)}")


def _in_order(notes: Sequence[Note], order: Mapping[str, int]) -> tuple[Note, ...]:
    """Notes by onset, then by voice. Onsets are compared in whole units that all of them share."""
    unit = lcm(*{note.onset.denominator for note in notes})

    def place(note: Note) -> tuple[int, int]:
        numerator, denominator = note.onset.as_integer_ratio()
        return numerator * (unit // denominator), order[note.voice]

    return tuple(sorted(notes, key=place))
