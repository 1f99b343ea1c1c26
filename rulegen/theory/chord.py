"""Chords of a key, from Roman numerals or chord symbols, with every tone spelled."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from rulegen.theory.interval import Interval
from rulegen.theory.numeral import DEGREES, Figure, Numeral, read_numeral
from rulegen.theory.pitch import PitchClass
from rulegen.theory.scale import Key
from rulegen.theory.symbol import KINDS, read_symbol

TRIADS: Mapping[str, tuple[Interval, Interval]] = MappingProxyType(
    {
        quality: (Interval.parse(third), Interval.parse(fifth))
        for quality, third, fifth in (
            ("major", "M3", "P5"),
            ("minor", "m3", "P5"),
            ("diminished", "m3", "d5"),
            ("augmented", "M3", "A5"),
        )
    }
)
"""The third and the fifth of each kind of triad."""

SEVENTHS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("major", "m7"): "dominant seventh",
        ("major", "M7"): "major seventh",
        ("minor", "m7"): "minor seventh",
        ("minor", "M7"): "minor-major seventh",
        ("diminished", "m7"): "half-diminished seventh",
        ("diminished", "dim7"): "diminished seventh",
        ("augmented", "m7"): "augmented seventh",
        ("augmented", "M7"): "augmented major seventh",
    }
)
"""The name of each chord that a triad and a seventh make."""

_SIXTHS: Mapping[str, tuple[tuple[str, ...], int, int]] = MappingProxyType(
    {
        "It6": (("A4", "m6", "P1"), 1, 4),
        "Fr43": (("M2", "A4", "m6", "P1"), 2, 2),
        "Ger65": (("A4", "m6", "P1", "m3"), 1, 4),
    }
)
"""Each augmented sixth: its tones above the tonic, from the theoretical root, its inversion and degree."""

_SIXTH_NAMES = {"It": "It6", "Fr": "Fr43", "Fr6": "Fr43", "Ger": "Ger65", "Ger6": "Ger65"}
_NEAPOLITANS = ("N", "N6", "N64")
_FUNCTIONS = dict(zip(range(1, 8), "TSTSDTD", strict=True))
_UPPER_FACTORS = {9: "ninth", 11: "eleventh", 13: "thirteenth"}


QUALITIES: tuple[str, ...] = tuple(
    dict.fromkeys(
        [
            *TRIADS,
            *(
                name.replace("seventh", top)
                for top in ("seventh", *_UPPER_FACTORS.values())
                for name in SEVENTHS.values()
            ),
            "augmented sixth",
            "suspended",
            *(quality for quality, _ in KINDS.values()),
        ]
    )
)
"""Every quality that a chord can have; before that of a seventh and more, `suspended` may stand."""


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord as it was written, and all that it means in its key.

    `key` is the home key, `local_key` that of the target where the chord is applied (V/V), else home;
    `degree` is the root's in the local key, `function` T, S or D; `tones` go from the root upward.
    """

    label: str
    key: Key
    local_key: Key
    root: PitchClass
    tones: tuple[PitchClass, ...]
    quality: str
    inversion: int
    degree: int
    function: str

    @property
    def bass(self) -> PitchClass:
        """The tone that stands lowest."""
        return self.tones[self.inversion]

    @property
    def is_applied(self) -> bool:
        """Whether it belongs to a key other than home."""
        return self.local_key != self.key

    @property
    def is_seventh(self) -> bool:
        """Whether it has a seventh above its root; a German sixth has, above its theoretical root."""
        return 7 in self.factors

    @property
    def factors(self) -> tuple[int, ...]:
        """The factor of each tone: 1 for the root, 3, 5, 7, 9 and so on; 4 or 2 where suspended."""
        steps = [(tone.letter - self.root.letter) % 7 + 1 for tone in self.tones]
        stacked = set() if self.quality.startswith("suspended") else {2, 4}
        if 7 in steps:
            stacked.add(6)
        return tuple(step + 7 if step in stacked else step for step in steps)

    def factor_of(self, note: PitchClass) -> int | None:
        """The factor that a note is in this chord, as spelled, or None where it is no chord tone."""
        return self.factors[self.tones.index(note)] if note in self.tones else None

    def tone_of(self, factor: int) -> PitchClass | None:
        """The tone that is a factor of this chord, or None where it has no such factor."""
        return self.tones[self.factors.index(factor)] if factor in self.factors else None

    def __str__(self) -> str:
        return self.label


@lru_cache(maxsize=8192)
def parse_chord(label: str, key: Key) -> Chord:
    """Reads a chord written either as a Roman numeral or as a chord symbol.

    Raises ValueError, with the message that suits how the label begins.
    """
    is_symbol = label[:1] in "ABCDEFG" and not label.startswith(("Fr", "Ger"))
    return parse_symbol(label, key) if is_symbol else parse_roman(label, key)


@lru_cache(maxsize=8192)
def parse_roman(label: str, key: Key) -> Chord:
    """Reads a Roman numeral in a key, such as ii65, viio7/V, bVI, N6 or Ger65.

    Case and mark give the quality. In minor VI and VII stand on the natural degrees, and vi, vio, viio on
    the raised ones. Sevenths are the key's own, or the parallel minor's where a major key borrows the triad.
    Raises ValueError for what is no chord of the key.
    """
    head, *targets = label.split("/")
    local = key
    try:
        for target in reversed(targets):
            local = tonicised(target, local)
        if head.startswith(("It", "Fr", "Ger")):
            return _augmented_sixth(label, _SIXTH_NAMES.get(head, head), key, local)
        return _from_numeral(label, _numeral(head, local), key, local)
    except ValueError as error:
        shown = "" if str(error).startswith(repr(label)) else f"{label!r} is not a chord here: "
        raise ValueError(f"{shown}{error}") from None


@lru_cache(maxsize=8192)
def parse_symbol(label: str, key: Key) -> Chord:
    """Reads a chord symbol, such as Dm7b5 or C/E; raises ValueError for what is none.

    A bass that is no tone of the chord joins it as its last tone.
    """
    symbol = read_symbol(label)
    tones = symbol.tones if symbol.bass in symbol.tones else (*symbol.tones, symbol.bass)
    degree = (symbol.root.letter - key.tonic.letter) % 7 + 1
    drives = symbol.quality.startswith("dominant") and degree not in (1, 4)
    function = "D" if drives else _FUNCTIONS[degree]
    inversion = tones.index(symbol.bass)
    return Chord(label, key, key, symbol.root, tones, symbol.quality, inversion, degree, function)


def tonicised(target: str, key: Key) -> Key:
    """The key of which an applied chord's target is the tonic."""
    numeral = _numeral(target, key)
    if numeral.mark or numeral.figure != Figure(5):
        raise ValueError(f"only a major or minor triad can be made a tonic, and {target} is none")
    return Key(_root(numeral, key), "major" if numeral.is_upper else "minor")


def _numeral(text: str, key: Key) -> Numeral:
    """A numeral, N being the chord on the low second degree, which Phrygian has of itself."""
    if text not in _NEAPOLITANS:
        return read_numeral(text)
    is_low = Interval.between_classes(key.tonic, key.scale[1]).name == "m2"
    return read_numeral(text.replace("N", "II" if is_low else "bII"))


def _from_numeral(label: str, numeral: Numeral, key: Key, local: Key) -> Chord:
    figure = numeral.figure
    root = _root(numeral, local)
    third, fifth = (interval.above_class(root) for interval in TRIADS[numeral.triad])
    source = _source(numeral, (root, third, fifth), local)
    quality = numeral.triad
    tones: tuple[PitchClass, ...] = (root, third, fifth)
    if figure.top >= 7:
        seventh = _seventh(numeral, root, source)
        quality = _seventh_quality(numeral.triad, root, seventh)
        upper = (_on_letter(source, root.letter + factor - 1) for factor in range(9, figure.top + 1, 2))
        tones = (*tones, seventh, *upper)
        quality = quality.replace("seventh", _UPPER_FACTORS.get(figure.top, "seventh"))
    if figure.suspends:
        held = Interval.parse("P4" if figure.suspends == 4 else "M2").above_class(root)
        tones = (root, held, *tones[2:])
        quality = "suspended" if figure.top < 7 else f"suspended {quality}"
    function = "D" if local != key or _is_cadential(numeral) else _FUNCTIONS[numeral.degree]
    return Chord(label, key, local, root, tones, quality, figure.inversion, numeral.degree, function)


def _is_cadential(numeral: Numeral) -> bool:
    return numeral.degree == 1 and numeral.figure == Figure(5, 2)


def _root(numeral: Numeral, key: Key) -> PitchClass:
    """The root that a numeral names in a key."""
    own = key.scale[numeral.degree - 1]
    major = Key(key.tonic, "major").scale[numeral.degree - 1]
    if numeral.accidental:
        if (own.alter - major.alter) * numeral.accidental > 0:
            word = "low" if numeral.accidental < 0 else "raised"
            raise ValueError(
                f"{numeral.text!r}: in {key.name} degree {DEGREES[numeral.degree - 1]} is {word} already, "
                f"write {numeral.text[1:]}"
            )
        return PitchClass(own.letter, own.alter + numeral.accidental)
    if key.mode == "minor" and numeral.degree >= 6 and not numeral.is_upper:
        return major
    if numeral.degree == 7 and numeral.triad == "diminished":
        return key.leading_tone
    return own


def _source(numeral: Numeral, triad: tuple[PitchClass, ...], local: Key) -> Key:
    """The key that gives a chord its seventh and what lies above: its own, or the minor it borrows from."""
    borrowed = local.has_major_third and not set(triad) <= set(local.collection)
    if borrowed and numeral.degree != 5 and set(triad) <= set(local.parallel.collection):
        return local.parallel
    if borrowed and numeral.degree == 2 and numeral.accidental < 0:
        return local.parallel
    return local


def _on_letter(key: Key, letter: int) -> PitchClass:
    return key.scale[(letter - key.tonic.letter) % 7]


def _seventh(numeral: Numeral, root: PitchClass, source: Key) -> PitchClass:
    fixed = numeral.figure.seventh or {"o": "d7", "ø": "m7"}.get(numeral.mark)
    if fixed is None and numeral.degree == 5 and numeral.is_upper:
        fixed = "m7"
    if fixed:
        return Interval.parse(fixed).above_class(root)
    return _on_letter(source, root.letter + 6)


def _seventh_quality(triad: str, root: PitchClass, seventh: PitchClass) -> str:
    interval = Interval.between_classes(root, seventh).name
    if (triad, interval) not in SEVENTHS:
        raise ValueError(f"the key's seventh on {root} is {seventh}, which no chord on a {triad} triad takes")
    return SEVENTHS[triad, interval]


def _augmented_sixth(label: str, name: str, key: Key, local: Key) -> Chord:
    if name not in _SIXTHS:
        raise ValueError(f"no augmented sixth is called {name}: they are {', '.join(_SIXTHS)}")
    intervals, inversion, degree = _SIXTHS[name]
    tones = tuple(Interval.parse(interval).above_class(local.tonic) for interval in intervals)
    return Chord(label, key, local, tones[0], tones, "augmented sixth", inversion, degree, "S")
