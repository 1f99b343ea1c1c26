"""How a chord symbol is written: its root, its kind, and the bass after a slash, before any key."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rulegen.theory.interval import Interval
from rulegen.theory.pitch import PitchClass

_SHAPE = re.compile(r"([A-G](?:##|bb|#|b)?)([^/]*)(?:/([A-G](?:##|bb|#|b)?))?")

KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "": ("major", "M3 P5"),
        "m": ("minor", "m3 P5"),
        "dim": ("diminished", "m3 d5"),
        "aug": ("augmented", "M3 A5"),
        "sus4": ("suspended", "P4 P5"),
        "sus2": ("suspended", "M2 P5"),
        "7sus4": ("suspended dominant seventh", "P4 P5 m7"),
        "5": ("open fifth", "P5"),
        "6": ("major sixth", "M3 P5 M6"),
        "m6": ("minor sixth", "m3 P5 M6"),
        "add9": ("major", "M3 P5 M9"),
        "madd9": ("minor", "m3 P5 M9"),
        "7": ("dominant seventh", "M3 P5 m7"),
        "maj7": ("major seventh", "M3 P5 M7"),
        "m7": ("minor seventh", "m3 P5 m7"),
        "mmaj7": ("minor-major seventh", "m3 P5 M7"),
        "m7b5": ("half-diminished seventh", "m3 d5 m7"),
        "dim7": ("diminished seventh", "m3 d5 d7"),
        "aug7": ("augmented seventh", "M3 A5 m7"),
        "maj7#5": ("augmented major seventh", "M3 A5 M7"),
        "7b5": ("dominant seventh flat five", "M3 d5 m7"),
        "9": ("dominant ninth", "M3 P5 m7 M9"),
        "7b9": ("dominant ninth", "M3 P5 m7 m9"),
        "7#9": ("dominant ninth", "M3 P5 m7 A9"),
        "maj9": ("major ninth", "M3 P5 M7 M9"),
        "m9": ("minor ninth", "m3 P5 m7 M9"),
        "11": ("dominant eleventh", "M3 P5 m7 M9 P11"),
        "m11": ("minor eleventh", "m3 P5 m7 M9 P11"),
        "7#11": ("dominant eleventh", "M3 P5 m7 M9 A11"),
        "maj7#11": ("major eleventh", "M3 P5 M7 M9 A11"),
        "13": ("dominant thirteenth", "M3 P5 m7 M9 P11 M13"),
    }
)
"""Each kind of chord with its quality and the intervals above its root."""

_OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "maj": "",
        "M": "",
        "min": "m",
        "-": "m",
        "o": "dim",
        "°": "dim",
        "+": "aug",
        "sus": "sus4",
        "M7": "maj7",
        "Δ": "maj7",
        "Δ7": "maj7",
        "min7": "m7",
        "-7": "m7",
        "mM7": "mmaj7",
        "ø": "m7b5",
        "ø7": "m7b5",
        "h7": "m7b5",
        "min7b5": "m7b5",
        "o7": "dim7",
        "°7": "dim7",
        "+7": "aug7",
        "7#5": "aug7",
        "M9": "maj9",
        "min9": "m9",
        "-9": "m9",
    }
)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A chord symbol as written: root, quality, all its tones from the root, and the bass asked for."""

    root: PitchClass
    quality: str
    tones: tuple[PitchClass, ...]
    bass: PitchClass


def read_symbol(text: str) -> Symbol:
    """Reads a chord symbol such as Dm7b5, Csus4 or F/A; raises ValueError for what is none."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a chord symbol: write a root and its kind, as in Dm7 or G7/B")
    kind = _OTHER_NAMES.get(found[2], found[2])
    if kind not in KINDS:
        known = ", ".join(filter(None, KINDS))
        raise ValueError(f"{text!r} is not a chord symbol: no kind is called {kind!r}; the kinds are {known}")
    root = PitchClass.parse(found[1])
    quality, intervals = KINDS[kind]
    above = (Interval.parse(name).above_class(root) for name in intervals.split())
    return Symbol(root, quality, (root, *above), PitchClass.parse(found[3]) if found[3] else root)


def symbol_of(root: PitchClass, tones: Sequence[PitchClass], bass: PitchClass) -> str | None:
    """The chord symbol of tones, the root first; None where no kind has just these."""
    heights = frozenset((tone.letter - root.letter) % 7 for tone in tones), _chromas(root, tones)
    kind = _KIND_OF.get(heights)
    if kind is None:
        return None
    return root.name + kind + ("" if bass == root else f"/{bass.name}")


def _chromas(root: PitchClass, tones: Sequence[PitchClass]) -> frozenset[int]:
    return frozenset((tone.chroma - root.chroma) % 12 for tone in tones)


def _heights(intervals: str) -> tuple[frozenset[int], frozenset[int]]:
    """The letters and the semitones above a root, that of the root among them."""
    found = [Interval.parse(name) for name in intervals.split()]
    return frozenset({0, *(each.steps % 7 for each in found)}), frozenset(
        {0, *(each.semitones % 12 for each in found)}
    )


_KIND_OF = {_heights(intervals): kind for kind, (_, intervals) in reversed(list(KINDS.items()))}
