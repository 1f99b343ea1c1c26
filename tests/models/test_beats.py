"""Reading on the beats: cases worked out by hand, and what holds of any line."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from rulegen.io.pieces import CorpusPiece, Sung
from rulegen.models.beats import on_beats
from rulegen.theory.meter import Meter
from tests.models.music import chorale

if TYPE_CHECKING:
    from collections.abc import Sequence

REST = 0


def line(*lengths: tuple[int, str], meter: str = "4/4", lead: str = "0") -> CorpusPiece:
    """One voice of (MIDI number, length in whole notes), one after another; `lead`: where in a bar it begins."""
    own, before = Meter.parse(meter), Fraction(lead)
    onset, notes = Fraction(0), []
    for midi, length in lengths:
        if midi != REST:
            notes.append(Sung(onset, Fraction(length), midi, (before + onset) % own.bar_length))
        onset += Fraction(length)
    return CorpusPiece("a", 0, False, own, before, (("tune", tuple(notes)),), (onset,))


def read(piece: CorpusPiece) -> list[tuple[int, str, str, str]]:
    """MIDI number, onset, length and place in the bar of each note on the beats."""
    ((_, notes),) = on_beats(piece).voices
    return [(note.midi, str(note.onset), str(note.duration), str(note.offset)) for note in notes]


@pytest.mark.parametrize(
    ("piece", "found"),
    [
        # a passing note goes, and the one before it lasts through its beat
        (line((60, "1/8"), (62, "1/8"), (64, "1/4")), [(60, "0", "1/4", "0"), (64, "1/4", "1/4", "1/4")]),
        # a dotted note sounds at two beats, and what follows it at none
        (line((60, "3/8"), (62, "1/8"), (64, "1/4")), [(60, "0", "1/2", "0"), (64, "1/2", "1/4", "1/2")]),
        # a syncopation is heard from the beat that it is held over
        (
            line((60, "1/8"), (62, "1/4"), (64, "1/8")),
            [(60, "0", "1/4", "0"), (62, "1/4", "1/4", "1/4")],
        ),
        # held over the bar line it belongs to the next bar
        (
            line((60, "7/8"), (62, "5/8"), (64, "1/2")),
            [(60, "0", "1", "0"), (62, "1", "1/2", "0"), (64, "3/2", "1/2", "1/2")],
        ),
        # repeated notes stay two
        (line((60, "1/4"), (60, "1/4")), [(60, "0", "1/4", "0"), (60, "1/4", "1/4", "1/4")]),
        # a beat that a rest begins stays silent, whatever comes within it
        (
            line((REST, "1/8"), (60, "1/8"), (62, "1/8"), (REST, "1/8"), (64, "1/4")),
            [(62, "1/4", "1/4", "1/4"), (64, "1/2", "1/4", "1/2")],
        ),
        # a pickup of an eighth is no beat, one of a quarter is the last of its bar
        (line((55, "1/8"), (60, "1/4"), lead="7/8"), [(60, "1/8", "1/4", "0")]),
        (line((55, "1/4"), (60, "1/4"), lead="3/4"), [(55, "0", "1/4", "3/4"), (60, "1/4", "1/4", "0")]),
        # in 6/8 a beat is three eighths
        (
            line((60, "1/8"), (62, "1/8"), (64, "1/8"), (65, "1/4"), (67, "1/8"), meter="6/8"),
            [(60, "0", "3/8", "0"), (65, "3/8", "3/8", "3/8")],
        ),
        # 7/8 = 2+2+3: beats at 0, 2/8 and 4/8
        (
            line((60, "3/8"), (62, "1/4"), (64, "1/4"), (65, "1/8"), meter="7/8"),
            [(60, "0", "1/2", "0"), (62, "1/2", "3/8", "1/2"), (65, "7/8", "1/4", "0")],
        ),
        # triplets against quarters
        (
            line((60, "1/6"), (62, "1/6"), (64, "1/6")),
            [(60, "0", "1/4", "0"), (62, "1/4", "1/4", "1/4")],
        ),
        # a note within a beat, and a voice without one
        (line((REST, "1/8"), (60, "1/8")), []),
        (line(), []),
    ],
)
def test_a_voice_is_what_sounds_as_beats_begin(
    piece: CorpusPiece, found: Sequence[tuple[int, str, str, str]]
) -> None:
    assert read(piece) == list(found)


def test_music_that_moves_on_beats_alone_is_left_as_it_is() -> None:
    piece = chorale("c", 3)
    assert on_beats(piece) == piece


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8", "5/8", "5/4", "7/8 = 3+2+2", "2/2"])
@pytest.mark.parametrize("lead", ["0", "1/8", "3/16"])
def test_each_beat_has_what_sounds_as_it_begins(meter: str, lead: str) -> None:
    generator = np.random.default_rng(len(meter))
    pitches = generator.choice([REST, 60, 62], 40).tolist()
    lengths = generator.choice(["1/16", "1/12", "1/8", "3/16", "1/4", "5/8"], 40).tolist()
    piece = line(*zip(pitches, lengths, strict=True), meter=meter, lead=lead)
    ((_, before),), ((_, after),) = piece.voices, on_beats(piece).voices
    assert on_beats(on_beats(piece)) == on_beats(piece)
    bar = piece.meter.bar_length
    for number in range(-1, 16):
        for beat in piece.meter.beats:
            time = number * bar + beat - piece.lead
            assert _sounding(after, time) == _sounding(before, time)
    assert all(note.offset in piece.meter.beats for note in after)
    assert all((note.onset + piece.lead) % bar == note.offset for note in after)
    assert all(one.onset + one.duration <= other.onset for one, other in pairwise(after))


def _sounding(notes: Sequence[Sung], time: Fraction) -> int | None:
    return next((note.midi for note in notes if note.onset <= time < note.onset + note.duration), None)


def test_beats_are_those_of_the_meter_that_holds() -> None:
    plain = line((60, "3/8"), (62, "1/8"), (64, "1/8"), (65, "3/8"), (67, "1/8"))
    onsets = {midi: onset for midi, onset, *_ in read(plain)}
    assert onsets == {60: "0", 64: "1/2", 65: "3/4", 67: "1"}
    change = Fraction(1, 2)
    notes = tuple(
        replace(note, offset=(note.onset - change) % Fraction(3, 4)) if note.onset >= change else note
        for note in plain.voices[0][1]
    )
    meters = ((change, Meter.parse("6/8"), Fraction(0)),)
    onsets = {
        midi: onset for midi, onset, *_ in read(replace(plain, voices=(("tune", notes),), meters=meters))
    }
    assert onsets == {60: "0", 64: "1/2", 65: "7/8"}  # what begins at 1 is over before the next beat
