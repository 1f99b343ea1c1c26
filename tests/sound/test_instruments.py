"""A scale that is played has the pitches that are written, in every family of instruments."""

from __future__ import annotations

import pytest

from rulegen.io.midi_file import MidiFile, MidiNote, MidiTrack, write_midi_file
from rulegen.sound.font import sound_font
from rulegen.sound.synthesis import RATE, samples_of
from rulegen.theory.instruments import Instrument, instrument_names
from tests.sound.hearing import pitch_of

# One of each family of General MIDI that has pitches.
FAMILIES = ("harpsichord", "vibraphone", "organ", "guitar", "electric bass", "violin", "cello", "choir", "trumpet",
            "horn", "oboe", "bassoon", "clarinet", "flute", "square lead", "warm pad", "crystal", "banjo")  # fmt: skip
SCALE = (-5, -3, -1, 0, 2, 4, 5, 7)


def heard(instrument: Instrument) -> list[tuple[int, float]]:
    """Each key of a scale in the middle of what the instrument plays, and the pitch that sounds."""
    middle = (instrument.low.midi + instrument.high.midi) // 2
    keys = [middle + step for step in SCALE]
    notes = [MidiNote(480 * place, 480 * place + 460, key, 90) for place, key in enumerate(keys)]
    file = MidiFile(480, [MidiTrack("it", 0, instrument.program, notes)], tempi=[(0, 500_000)])
    samples = samples_of(write_midi_file(file), 480 * len(keys), sound_font()) / 32_768
    starts = [round((place / 2 + 0.12) * RATE) for place in range(len(keys))]
    return [(key, pitch_of(samples[start : start + 14_400])) for key, start in zip(keys, starts, strict=True)]


@pytest.mark.parametrize("name", FAMILIES)
def test_what_sounds_is_what_is_written(name: str) -> None:
    for key, pitch in heard(instrument_names()[name]):
        assert pitch == pytest.approx(key, abs=0.3)
