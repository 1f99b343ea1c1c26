"""Keys and modes: the notes of a key, their degrees, and how a note departs from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from rulegen.theory.pitch import LETTER_FIFTHS, LETTERS, PitchClass

MODES: Mapping[str, int] = MappingProxyType(
    {
        "major": 0,
        "minor": -3,
        "ionian": 0,
        "dorian": -2,
        "phrygian": -4,
        "lydian": 1,
        "mixolydian": -1,
        "aeolian": -3,
        "locrian": -5,
    }
)
"""Each mode with the fifths by which its signature differs from that of major on the same tonic."""

_MAJOR_THIRD = frozenset({"major", "ionian", "lydian", "mixolydian"})
_MOST_ACCIDENTALS = 7


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic and a mode; raises ValueError for a mode that is not in `MODES`."""

    tonic: PitchClass
    mode: str

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"{self.mode!r} is not a mode: the modes are {', '.join(MODES)}")

    @classmethod
    def parse(cls, text: str, mode: str | None = None) -> "Key":
        """Reads a key from "G major" or from ("G", "major").

        Raises ValueError for what is no key, and for one whose signature needs double accidentals.
        """
        words = text.split() if mode is None else [text, mode]
        if len(words) != 2:
            raise ValueError(f"{text!r} is not a key: write its tonic and its mode, as in G major")
        key = cls(PitchClass.parse(words[0]), words[1].lower())
        if abs(key.signature_fifths) > _MOST_ACCIDENTALS:
            raise ValueError(_enharmonic_advice(key))
        return key

    @property
    def name(self) -> str:
        """The name, such as Bb minor."""
        return f"{self.tonic.name} {self.mode}"

    @property
    def short_name(self) -> str:
        """As it stands before a numeral: D for D major, d for D minor, any other with its mode."""
        tonic = self.tonic.name
        return {"major": tonic, "minor": tonic[0].lower() + tonic[1:]}.get(self.mode, self.name)

    @property
    def signature_fifths(self) -> int:
        """The sharps of the key signature, or its flats as a negative number."""
        return self.tonic.fifths + MODES[self.mode]

    @property
    def has_major_third(self) -> bool:
        """Whether the mode's third degree is a major third above the tonic."""
        return self.mode in _MAJOR_THIRD

    @property
    def scale(self) -> tuple[PitchClass, ...]:
        """The seven notes of the mode from the tonic upward; in minor the natural ones."""
        return _scale(self)

    @property
    def leading_tone(self) -> PitchClass:
        """The note a semitone below the tonic, spelled on the seventh letter, natural or raised."""
        return PitchClass.from_fifths(self.tonic.fifths + 5)

    @property
    def raised_sixth(self) -> PitchClass:
        """The note a major sixth above the tonic, which minor takes on its way up."""
        return PitchClass.from_fifths(self.tonic.fifths + 3)

    @property
    def collection(self) -> tuple[PitchClass, ...]:
        """The notes that belong to the key: its scale, in minor with both sixths and both sevenths."""
        if self.mode != "minor":
            return self.scale
        *lower, sixth, seventh = self.scale
        return (*lower, sixth, self.raised_sixth, seventh, self.leading_tone)

    @property
    def chromatic(self) -> tuple[PitchClass, ...]:
        """The notes of its signature, and each raised or lowered to a key between two of them: C# and Db."""
        # on the line of fifths a scale is seven neighbours; five lie below it (its flats) and five above
        lowest = self.signature_fifths - 1
        return tuple(PitchClass.from_fifths(fifths) for fifths in range(lowest - 5, lowest + 12))

    @property
    def relative(self) -> "Key":
        """The key with the same signature: minor for a major key, major for every other."""
        if self.mode in ("major", "ionian"):
            return Key(self.scale[5], "minor")
        return Key(PitchClass.from_fifths(self.signature_fifths), "major")

    @property
    def parallel(self) -> "Key":
        """The key on the same tonic with the other third: minor for major, major for minor."""
        return Key(self.tonic, "minor" if self.has_major_third else "major")

    def degree_of(self, note: PitchClass) -> int | None:
        """The degree 1 to 7 of a note of the key's collection, and None for a note outside it."""
        if note not in self.collection:
            return None
        return (note.letter - self.tonic.letter) % 7 + 1

    def __str__(self) -> str:
        return self.name


@lru_cache(maxsize=1024)
def _scale(key: Key) -> tuple[PitchClass, ...]:
    """Each letter stands once in a signature's seven neighbouring fifths, F to B for no accidentals."""
    lowest = key.signature_fifths - 1
    letters = ((key.tonic.letter + step) % 7 for step in range(len(LETTERS)))
    return tuple(PitchClass.from_fifths(lowest + (LETTER_FIFTHS[letter] - lowest) % 7) for letter in letters)


def _enharmonic_advice(key: Key) -> str:
    count = abs(key.signature_fifths)
    kind, turn = ("sharps", -12) if key.signature_fifths > 0 else ("flats", 12)
    other = PitchClass.from_fifths(key.tonic.fifths + turn)
    return f"{key.name} would need {count} {kind}: write {other.name} {key.mode}"
