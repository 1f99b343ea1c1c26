"""The strokes of percussion: their General MIDI keys, and how they stand on a staff."""

from collections.abc import Mapping
from dataclasses import dataclass

from rulegen.theory.pitch import Pitch


@dataclass(frozen=True, slots=True)
class Stroke:
    """An instrument that is struck. key: that of the General MIDI kit. place: where a treble clef would have
    it; head: its note head, as MusicXML calls it.
    """

    name: str
    key: int
    place: str
    head: str = "normal"

    @property
    def pitch(self) -> Pitch:
        """What stands for it among pitches: its key, spelled as the scale of C with sharps has it."""
        return pitch_of_key(self.key)

    @property
    def is_low(self) -> bool:
        """Whether its stems point down: it is played by the feet."""
        return self.name in ("kick", "low_kick", "pedal_hat")


_SHARP = (0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 5, 6)
_NATURAL = (0, 2, 4, 5, 7, 9, 11)


def pitch_of_key(key: int) -> Pitch:
    """The pitch that stands for a key of the kit."""
    octave, chroma = divmod(key, 12)
    letter = _SHARP[chroma]
    return Pitch(letter, chroma - _NATURAL[letter], octave - 1)


_TABLE = (
    Stroke("low_kick", 35, "F4"),
    Stroke("kick", 36, "F4"),
    Stroke("rim", 37, "C5", "x"),
    Stroke("snare", 38, "C5"),
    Stroke("clap", 39, "C5", "triangle"),
    Stroke("electric_snare", 40, "C5"),
    Stroke("low_floor_tom", 41, "G4"),
    Stroke("hat", 42, "G5", "x"),
    Stroke("floor_tom", 43, "A4"),
    Stroke("pedal_hat", 44, "D4", "x"),
    Stroke("low_tom", 45, "B4"),
    Stroke("open_hat", 46, "G5", "circle-x"),
    Stroke("low_mid_tom", 47, "D5"),
    Stroke("mid_tom", 48, "D5"),
    Stroke("crash", 49, "A5", "x"),
    Stroke("high_tom", 50, "E5"),
    Stroke("ride", 51, "F5", "x"),
    Stroke("china", 52, "B5", "x"),
    Stroke("ride_bell", 53, "F5", "diamond"),
    Stroke("tambourine", 54, "E5", "triangle"),
    Stroke("splash", 55, "B5", "x"),
    Stroke("cowbell", 56, "E5", "triangle"),
    Stroke("second_crash", 57, "A5", "x"),
    Stroke("vibraslap", 58, "E5", "diamond"),
    Stroke("second_ride", 59, "F5", "x"),
    Stroke("high_bongo", 60, "E5"),
    Stroke("low_bongo", 61, "D5"),
    Stroke("muted_conga", 62, "D5", "x"),
    Stroke("high_conga", 63, "D5"),
    Stroke("low_conga", 64, "B4"),
    Stroke("high_timbale", 65, "E5"),
    Stroke("low_timbale", 66, "C5"),
    Stroke("high_agogo", 67, "E5", "triangle"),
    Stroke("low_agogo", 68, "D5", "triangle"),
    Stroke("cabasa", 69, "E5", "x"),
    Stroke("maracas", 70, "E5", "x"),
    Stroke("short_whistle", 71, "G5", "diamond"),
    Stroke("long_whistle", 72, "G5", "diamond"),
    Stroke("short_guiro", 73, "E5", "x"),
    Stroke("long_guiro", 74, "E5", "x"),
    Stroke("claves", 75, "E5", "x"),
    Stroke("high_woodblock", 76, "E5", "triangle"),
    Stroke("low_woodblock", 77, "D5", "triangle"),
    Stroke("muted_cuica", 78, "D5", "x"),
    Stroke("open_cuica", 79, "D5"),
    Stroke("muted_triangle", 80, "A5", "x"),
    Stroke("triangle", 81, "A5", "triangle"),
)
STROKES: Mapping[str, Stroke] = {each.name: each for each in _TABLE}
"""Name → the stroke, in the order of the General MIDI kit."""

BY_KEY: Mapping[int, Stroke] = {each.key: each for each in _TABLE}
"""Key of the General MIDI kit → the stroke."""
