"""Which key a tune is in that tells a style its key: by its final and the notes that it dwells on.

Its signature alone does not say: old tunes are notated with one flat too few or too many, and that of C major
stands over tunes in the modes of D, E and G.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from rulegen.io.key_guess import LARGEST_SIGNATURE, standing
from rulegen.score.events import Note
from rulegen.theory.pitch import PitchClass
from rulegen.theory.scale import Key

_MINOR_THIRD, _MAJOR_THIRD = -3, 4  # in fifths above the final
_HALF_STEP, _WHOLE_STEP = -5, 2
_MOST_FOREIGN = 0.2  # of a tune, beyond what is foreign to its signature's key

Lasting = Mapping[PitchClass, Fraction]
"""How long each note of a tune sounds in all."""


def key_of_tune(signature: Key, notes: Sequence[Note]) -> tuple[Key, str]:
    """The key of a tune whose signature says one, and why, where it is another; else the same and no reason.

    Its final is its tonic, but for a phrygian tune, where a half step above the final makes it the fifth
    degree of minor, and for a final that is raised. A tune that ends on the third or the fifth of the
    signature's key stays in it if it dwells on that key's tonic triad more than on the other's, or if a fifth
    more of it is foreign to the other.
    """
    lasting: dict[PitchClass, Fraction] = {}
    final = signature.tonic
    for note in notes:
        if note.pitch is not None:
            final = note.pitch.pitch_class
            lasting[final] = lasting.get(final, Fraction(0)) + note.duration
    if final == signature.tonic:
        return signature, ""
    key, reason = _by_final(signature, final, lasting)
    if key == signature or abs(key.signature_fifths) > LARGEST_SIGNATURE:
        return signature, ""
    ends_on_triad = signature.degree_of(final) in (3, 5)
    is_strange = _foreign(lasting, key) > _foreign(lasting, signature) + _MOST_FOREIGN
    if ends_on_triad and (is_strange or _dwelling(lasting, signature) > _dwelling(lasting, key)):
        return signature, ""
    return key, f"the tune ends on {final.name}{reason}"


def _by_final(signature: Key, final: PitchClass, lasting: Lasting) -> tuple[Key, str]:
    """The key that a final makes, and what of the tune says so."""
    if final.fifths > max(note.fifths for note in signature.scale):
        return _by_raised(signature, final)

    def above(fifths: int) -> PitchClass:
        return PitchClass.from_fifths(final.fifths + fifths)

    if lasting.get(above(_HALF_STEP), 0) > lasting.get(above(_WHOLE_STEP), 0):
        minor = Key(above(-1), "minor")
        low = above(_HALF_STEP).name
        return minor, f" with {low} a half step above, as on the fifth degree of {minor.name} (phrygian)"
    major, minor_third = lasting.get(above(_MAJOR_THIRD), 0), lasting.get(above(_MINOR_THIRD), 0)
    if major == minor_third:
        is_major, reason = above(_MAJOR_THIRD) in signature.scale, ""
    else:
        is_major = major > minor_third
        reason = f" and has {above(_MAJOR_THIRD if is_major else _MINOR_THIRD).name} above it"
    return Key(final, "major" if is_major else "minor"), reason


def _by_raised(signature: Key, final: PitchClass) -> tuple[Key, str]:
    """The key of a final that is sharper than all notes of the signature: its raised third (Picardy) or its
    leading tone, or else that of another minor key.
    """
    if final in (PitchClass.from_fifths(signature.tonic.fifths + _MAJOR_THIRD), signature.leading_tone):
        return signature, ""
    minor = Key(PitchClass.from_fifths(final.fifths + _HALF_STEP), "minor")
    return minor, f", the leading tone of {minor.name}"


def _foreign(lasting: Lasting, key: Key) -> float:
    """The share of a tune, by time, that is foreign to a key."""
    outside = sum(time for pitch, time in lasting.items() if key.degree_of(pitch) is None)
    return float(outside / sum(lasting.values()))


def _dwelling(lasting: Lasting, key: Key) -> float:
    """How long a tune stands on the tonic of a key, on its fifth and its third."""
    return sum(float(time) * standing(pitch, key) for pitch, time in lasting.items())
