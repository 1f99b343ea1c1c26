"""Spelled pitches and pitch classes: F# is not Gb, though a piano plays them with one key."""

import re
from dataclasses import dataclass
from functools import total_ordering

LETTERS = "CDEFGAB"
LETTER_CHROMA = (0, 2, 4, 5, 7, 9, 11)
LETTER_FIFTHS = (0, 2, 4, -1, 1, 3, 5)

_NAME = re.compile(r"([A-G])(#{1,3}|b{1,3}|x)?")
_PITCH = re.compile(r"([A-G])(#{1,3}|b{1,3}|x)?(-?\d{1,2})")


@dataclass(frozen=True, slots=True)
class PitchClass:
    """A note name without its octave: a letter (0 = C to 6 = B) and an alteration in semitones."""

    letter: int
    alter: int = 0

    @property
    def name(self) -> str:
        """The name as musicians write it, such as F#, Bb or C##."""
        return LETTERS[self.letter] + accidental_name(self.alter)

    @property
    def chroma(self) -> int:
        """The semitone within the octave, 0 to 11, where C is 0."""
        return (LETTER_CHROMA[self.letter] + self.alter) % 12

    @property
    def fifths(self) -> int:
        """The place on the line of fifths, where C is 0, G is 1 and F is -1."""
        return LETTER_FIFTHS[self.letter] + 7 * self.alter

    @classmethod
    def from_fifths(cls, fifths: int) -> "PitchClass":
        """The pitch class that stands at a place on the line of fifths."""
        letter = 4 * fifths % 7
        return cls(letter, (fifths - LETTER_FIFTHS[letter]) // 7)

    @classmethod
    def parse(cls, text: str) -> "PitchClass":
        """Reads a name such as F#, Bb, C## or Cx; raises ValueError for anything else."""
        found = _NAME.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not a note name: {_advice(text)}")
        return cls(LETTERS.index(found[1]), _alter(found[2]))

    def in_octave(self, octave: int) -> "Pitch":
        """This note name in the octave given, where octave 4 begins at middle C."""
        return Pitch(self.letter, self.alter, octave)

    def __str__(self) -> str:
        return self.name


@total_ordering
@dataclass(frozen=True, slots=True)
class Pitch:
    """A spelled pitch; pitches are ordered by how high they sound, then by their letter.

    The alteration belongs to the octave of its letter: B#4 sounds as C5, Cb4 as B3.
    """

    letter: int
    alter: int
    octave: int

    @property
    def midi(self) -> int:
        """The MIDI number, where C4 is 60."""
        return 12 * (self.octave + 1) + LETTER_CHROMA[self.letter] + self.alter

    @property
    def diatonic(self) -> int:
        """The number of letter steps above C0, whatever the alteration."""
        return 7 * self.octave + self.letter

    @property
    def chroma(self) -> int:
        """The semitone within the octave, 0 to 11, where C is 0."""
        return self.midi % 12

    @property
    def pitch_class(self) -> PitchClass:
        """The note name without its octave."""
        return PitchClass(self.letter, self.alter)

    @property
    def name(self) -> str:
        """The name with its octave, such as F#4."""
        return f"{self.pitch_class.name}{self.octave}"

    @classmethod
    def parse(cls, text: str) -> "Pitch":
        """Reads a name such as F#4 or Bb3; raises ValueError for anything else."""
        found = _PITCH.fullmatch(text)
        if found is None:
            missing = _NAME.fullmatch(text) is not None
            why = f"it needs its octave, as in {text}4" if missing else _advice(text)
            raise ValueError(f"{text!r} is not a pitch: {why}")
        return cls(LETTERS.index(found[1]), _alter(found[2]), int(found[3]))

    @classmethod
    def from_parts(cls, diatonic: int, midi: int) -> "Pitch":
        """The pitch with a given letter step above C0 that sounds at a given MIDI number."""
        octave, letter = divmod(diatonic, 7)
        return cls(letter, midi - 12 * (octave + 1) - LETTER_CHROMA[letter], octave)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Pitch):
            return NotImplemented
        return (self.midi, self.diatonic) < (other.midi, other.diatonic)

    def __str__(self) -> str:
        return self.name


def accidental_name(alter: int) -> str:
    """The sharps or flats of an alteration in semitones, such as ## for 2; nothing for a natural."""
    return "#" * alter if alter > 0 else "b" * -alter


def _alter(accidental: str | None) -> int:
    if not accidental:
        return 0
    if accidental == "x":
        return 2
    return len(accidental) if accidental[0] == "#" else -len(accidental)


def _advice(text: str) -> str:
    capital = text[:1].upper() + text[1:]
    if capital != text and (_NAME.fullmatch(capital) or _PITCH.fullmatch(capital)):
        return f"note letters are capitals, as in {capital}"
    if text[:1] == "H":
        return "H is written B, and the German B is Bb"
    return "it takes a letter A to G, then sharps (#) or flats (b), as in F#, Bb or C4"
