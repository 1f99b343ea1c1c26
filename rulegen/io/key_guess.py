"""Which of the two keys of a signature a piece is in, where its file does not say."""

from collections.abc import Sequence

from rulegen.score.events import Note
from rulegen.theory.pitch import Pitch, PitchClass
from rulegen.theory.scale import MODES, Key

LARGEST_SIGNATURE = 7
_MODE_OF = ("major", "dorian", "phrygian", "lydian", "mixolydian", "minor", "locrian")  # by the major degree


def stated_key(fifths: int, mode: str | None) -> Key | None:
    """The key of a signature and a mode, or None where the mode is not one of ours."""
    if mode is None or mode not in MODES:
        return None
    return Key(PitchClass.from_fifths(fifths - MODES[mode]), mode)


def guessed_key(fifths: int, voices: Sequence[Sequence[Note]]) -> Key:
    """The key of a signature, by where the lowest voice and the melody end.

    The final of the bass decides between the major and the minor key; where all voices end on one note that
    is the tonic of neither, it is the final of a mode. A melody alone ends on a degree 1, 3 or 5 of either
    key; then its raised leading tones decide, and where it begins.
    """
    major = Key(PitchClass.from_fifths(fifths), "major")
    minor = major.relative
    lines = [[note.pitch for note in voice if note.pitch is not None] for voice in voices]
    lines = [line for line in lines if line]
    if not lines:
        return major
    if len(lines) > 1:
        final = lines[-1][-1].pitch_class
        if final == major.tonic:
            return major
        if final == minor.tonic:
            return minor
        if all(line[-1].pitch_class == final for line in lines) and final in major.scale:
            return Key(final, _MODE_OF[major.scale.index(final)])
    return minor if _minor_evidence(lines[0], major, minor) > 0 else major


def _minor_evidence(line: Sequence[Pitch], major: Key, minor: Key) -> float:
    """How much a melody speaks for the minor key; below zero, for the major one."""
    classes = [pitch.pitch_class for pitch in line]
    raised = sum(note == minor.leading_tone for note in classes)
    low = sum(note == major.scale[4] for note in classes)
    final = standing(classes[-1], minor) - standing(classes[-1], major)
    first = standing(classes[0], minor) - standing(classes[0], major)
    weight = sum(standing(note, minor) - standing(note, major) for note in classes) / len(line)
    return 3.0 * final + 0.5 * first + 4.0 * weight + min(raised, 2) - 0.5 * (low > raised)


def standing(note: PitchClass, key: Key) -> float:
    """How much a note stands for its key: the tonic most, then the fifth and the third."""
    degree = key.degree_of(note)
    return {1: 1.0, 5: 0.5, 3: 0.4}.get(degree or 0, 0.0)
