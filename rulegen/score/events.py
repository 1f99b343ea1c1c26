"""Finished music as flat events with rational time, in whole notes from the first sound."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

from rulegen.score.timeline import Phrase, Section, Timeline
from rulegen.theory.chord import Chord
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch
from rulegen.theory.scale import Key
from rulegen.theory.stroke import BY_KEY, Stroke

REPEAT_STYLES = ("signs", "written")
ARTICULATIONS = ("staccato", "tenuto", "accent", "marcato")
DYNAMICS = ("ppp", "pp", "p", "mp", "mf", "f", "ff", "fff")
MOST_BARS = 20_000
FORM = "form"  # the metadata that says which form of its style a piece has
LEFT_OUT = "left out"  # the metadata that says what of a file made no sense
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
    """A voice and its range, both ends included; or one instrument of a `kit` of percussion, whose notes are
    all of one pitch, which stands for its stroke.
    """

    name: str
    low: Pitch
    high: Pitch
    kit: str | None = None

    @classmethod
    def of_stroke(cls, stroke: Stroke, kit: str) -> "Voice":
        """The voice of an instrument that is struck."""
        return cls(stroke.name, stroke.pitch, stroke.pitch, kit)

    @classmethod
    def silent(cls, name: str) -> "Voice":
        """A voice of which nothing is known but that it is there: its range is the middle C."""
        return cls(name, Pitch(0, 0, 4), Pitch(0, 0, 4))

    @property
    def stroke(self) -> Stroke | None:
        """What is struck; None for a voice with pitches."""
        return BY_KEY.get(self.low.midi) if self.kit is not None else None


@dataclass(frozen=True, slots=True)
class Score:
    """A whole piece; its notes are kept sorted by onset, then in the order of the voices.

    Repeats are written out here always; `repeat_style` says whether notation folds them into signs. printed:
    what the bars that begin at each time are called in the file, where that is not as they are counted.
    The timeline ends with the last note, chord or section. Raises ValueError for a note in a voice that the
    score has not, for an unknown repeat style, articulation, dynamic or hairpin, and for endless music.
    """

    title: str
    voices: tuple[Voice, ...]
    timeline: Timeline
    notes: tuple[Note, ...]
    chords: tuple[ChordEvent, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    repeat_style: str = "signs"
    dynamics: tuple[Dynamic, ...] = ()
    hairpins: tuple[Hairpin, ...] = ()
    printed: tuple[tuple[Fraction, str], ...] = field(default=(), compare=False)

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
        events = (self.notes, self.chords, self.sections, self.phrases)
        end = max((event.end for kind in events for event in kind), default=Fraction(0))
        object.__setattr__(self, "timeline", self.timeline.until(end))
        if self.timeline.bar_number(end) > MOST_BARS:
            raise ValueError(f"the music is longer than {MOST_BARS} bars")
        object.__setattr__(self, "notes", _in_order(self.notes, order))

    @property
    def end(self) -> Fraction:
        """Where the last note, chord or section stops."""
        return self.timeline.end

    @property
    def sections(self) -> tuple[Section, ...]:
        """The statements of its sections."""
        return self.timeline.sections

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        """Its phrases."""
        return self.timeline.phrases

    @property
    def key(self) -> Key:
        """The home key."""
        return self.timeline.key

    @property
    def meter(self) -> Meter:
        """The meter of the beginning."""
        return self.timeline.meter

    def bar_name(self, onset: Fraction) -> str:
        """What the bar at a moment is called: as it is printed, where that is known, else as counted."""
        place = bisect_right(self.printed, onset, key=lambda bar: bar[0])
        return self.printed[place - 1][1] if place else str(self.timeline.bar_number(onset))

    def notes_of(self, voice: str) -> tuple[Note, ...]:
        """The notes and rests of a voice, in order."""
        return tuple(note for note in self.notes if note.voice == voice)

    def dynamic_at(self, voice: str, onset: Fraction) -> Dynamic | None:
        """The dynamic that was written last for a voice, or for all."""
        written = (each for each in self.dynamics if each.voice in (None, voice) and each.onset <= onset)
        return max(written, key=_is_later, default=None)

    def level_at(self, voice: str, onset: Fraction) -> float | None:
        """How loud a voice is at a moment: a place in `DYNAMICS`, between two of them under a hairpin; None
        before the first dynamic. A hairpin to no marked level changes by one.
        """
        marks = [each for each in self.dynamics if each.voice in (None, voice)]
        before = self.dynamic_at(voice, onset)
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
