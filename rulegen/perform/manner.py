"""How a piece is to be played: what `perform { … }` of a style says, and the metadata of a score keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from fractions import Fraction

FIELD = "perform"  # the metadata of a score
_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a piece is played; as it stands, it is played as it is written.

    ritardando: by how much the tempo has fallen where the piece ends, as a share; over: the whole notes
    before the end in which it falls, a bar where it is 0. phrases: by how much the loudness falls at the end
    of each phrase, as a share; breath: what the last note of a phrase gives of its length, in whole notes.
    fermatas: how many times as long a note is held. swing: how many times as long the first of two notes of
    the length `swing_of` lasts as the second. The lengths that sound, as shares of what is written:
    plain, slurred, staccato, tenuto and marcato notes. humanise: the standard deviation of onsets, in
    milliseconds, and of velocities, in steps.
    """

    ritardando: Fraction = Fraction(0)
    over: Fraction = Fraction(0)
    phrases: Fraction = Fraction(0)
    breath: Fraction = Fraction(0)
    fermatas: Fraction = _ONE
    swing: Fraction = _ONE
    swing_of: Fraction = Fraction(1, 8)
    plain: Fraction = _ONE
    slurred: Fraction = _ONE
    staccato: Fraction = Fraction(1, 2)
    tenuto: Fraction = _ONE
    marcato: Fraction = Fraction(3, 4)
    humanise: Fraction = Fraction(0)
    velocity: Fraction = Fraction(0)

    def __str__(self) -> str:
        """What is not as usual, as metadata keeps it: `ritardando 1/4, fermatas 2`."""
        usual = Manner()
        names = [each.name for each in fields(self) if getattr(self, each.name) != getattr(usual, each.name)]
        return ", ".join(f"{name} {getattr(self, name)}" for name in names)


def manner_of(metadata: Iterable[tuple[str, str]]) -> Manner:
    """The manner that metadata says; what makes no sense there is as usual."""
    said = dict(metadata).get(FIELD, "")
    known = {each.name for each in fields(Manner)}
    found: dict[str, Fraction] = {}
    for part in said.split(","):
        name, _, number = part.strip().partition(" ")
        if name in known:
            try:
                value = Fraction(number)
            except (ValueError, ZeroDivisionError):
                continue
            low, high = LIMITS[name]
            if low <= value <= high:
                found[name] = value
    return Manner(**found)


LIMITS: dict[str, tuple[Fraction, Fraction]] = {
    "ritardando": (Fraction(0), Fraction(9, 10)),
    "over": (Fraction(0), Fraction(64)),
    "phrases": (Fraction(0), Fraction(9, 10)),
    "breath": (Fraction(0), _ONE),
    "fermatas": (_ONE, Fraction(8)),
    "swing": (_ONE, Fraction(8)),
    "swing_of": (Fraction(1, 64), _ONE),
    **dict.fromkeys(("plain", "slurred", "staccato", "tenuto", "marcato"), (Fraction(1, 20), Fraction(3, 2))),
    "humanise": (Fraction(0), Fraction(100)),
    "velocity": (Fraction(0), Fraction(40)),
}
"""The least and the greatest that each may be."""
