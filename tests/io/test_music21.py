"""The bridge to music21 says what the score says, and what music21 writes again is read back."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from rulegen.io.container import read_tree
from rulegen.io.music21_score import to_music21
from rulegen.io.musicxml import musicxml_text
from rulegen.io.read_musicxml import score_of
from rulegen.score.events import Score
from rulegen.score.notation import parse_score

NUMERALS = (
    "I V6 viio65/V V7 vi I64 bVII Ger65 Fr43 It6 N6 V/V Imaj7 V9 viio7/ii V42/IV I7 bII6 V+ iiø65 IV7 bVI "
    "bIII ii42 #ivo7 V7sus4 iv i"
)
SYMBOLS = "C Dm7 G7/B F#m7b5 Bbmaj7 Esus4 A7#9 Cadd9 D13 Bdim7 Caug Am6"
PROGRAM = """
import sys
from rulegen.cli import main
sys.argv = ["rulegen", {arguments}]
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop
print("loaded:", *sorted({{"music21", "matplotlib", "pretty_midi"}} & set(sys.modules)))
"""


def sounding(part: Any) -> list[tuple[str, Fraction, Fraction]]:
    """The notes of a music21 part, ties joined, in whole notes."""
    return [
        (
            note.nameWithOctave.replace("-", "b"),
            Fraction(note.offset).limit_denominator(960) / 4,
            Fraction(note.quarterLength).limit_denominator(960) / 4,
        )
        for note in part.stripTies().flatten().notes
    ]


def labelled(labels: str) -> Score:
    """A piece with a bar for each chord."""
    words = labels.split()
    bars = " | ".join(["C4:1/1"] * len(words))
    return parse_score(
        f"key G major\nvoice a C4..C6\nvoice b C3..C5\na | {bars} |\nb | {bars} |\n"
        f"harmony | {' | '.join(word + ':1/1' for word in words)} |"
    )


def written_again(text: str) -> str:
    """What music21 writes of what it read."""
    from music21 import converter
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    return str(GeneralObjectExporter(converter.parseData(text, format="musicxml")).parse().decode())


def test_the_bridge_has_the_notes_the_key_the_meter_the_tempo_and_the_labels(chorale: Score) -> None:
    found = to_music21(chorale)
    for voice, part in zip(chorale.voices, found.parts, strict=True):
        notes = [note for note in chorale.notes_of(voice.name) if note.pitch is not None]
        assert sounding(part) == [(str(note.pitch), note.onset, note.duration) for note in notes]
        assert part.partName.lower() == voice.name
    first = found.parts[0].recurse()
    assert first.getElementsByClass("KeySignature").first().name == "G major"
    assert first.getElementsByClass("TimeSignature").first().ratioString == "4/4"
    assert first.getElementsByClass("MetronomeMark").first().number == 72
    assert found.metadata.title == chorale.title
    texts = found.parts[-1].flatten().getElementsByClass("TextExpression")
    shown = "I IV V I V V I V/V D:_V7 I G:_IV64 viio65/V V/V".replace("_", " ")
    assert " ".join(text.content for text in texts) == shown
    onsets = [Fraction(float(text.offset)) / 4 for text in texts]
    assert onsets == [event.onset for event in chorale.chords if event.onset != Fraction(1, 4)]
    assert not to_music21(chorale, labels=False).recurse().getElementsByClass("TextExpression")


def test_the_bridge_has_the_repeats(repeated: Score) -> None:
    part = to_music21(repeated).parts[0]
    signs = [(sign.direction, sign.times) for sign in part.recurse().getElementsByClass("Repeat")]
    assert signs == [("end", None), ("start", None), ("end", 3)]


@pytest.mark.parametrize("labels", [NUMERALS, SYMBOLS])
def test_labels_that_music21_read_and_wrote_twice_are_read_back(labels: str) -> None:
    score = labelled(labels)
    once = written_again(musicxml_text(score))
    for text in (once, written_again(once)):
        read = score_of(read_tree(text.encode(), "it"), "it")
        assert [event.chord for event in read.chords] == [event.chord for event in score.chords]


CHANGING = """
title "Changing"
key G major
signature G major
meter 6/8
tempo dotted quarter = 60
pickup 1/8
at 13/8 signature D major
at 13/8 key D major
at 13/8 meter 2/4
at 13/8 tempo half = 40
voice fiddle G3..B5
voice cello C2..A4
section A 0..13/8
section B 13/8..21/8
dynamic 0 p
dynamic 13/8 ff voice cello
hairpin 1/8..7/8 crescendo
fiddle | D4:1/8' | G4:1/4~ A4:1/8 B4'> C5' B4' | A4:3/8=~ B4:3/8 | D5:1/8~ E5 F#5' E5' | D5:1/2! |
cello | r:1/8 | G2:3/4 | D3:3/4 | D3:1/4^ A2> | D2:1/2! |
harmony | I:1/8 | I:3/4 | [D major] IV:3/4 | I:1/4 V | I:1/2 |
"""


def test_a_whole_score_survives_music21(chorale: Score, repeated: Score) -> None:
    for score in (chorale, repeated, parse_score(CHANGING)):
        again = written_again(musicxml_text(score))
        assert score_of(read_tree(again.encode(), "it"), "it") == score


@pytest.mark.parametrize("name", ["it.musicxml", "it.mxl", "it.mid", "it.svg"])
def test_composing_and_pictures_start_no_heavy_library(tmp_path: Path, name: str) -> None:
    if name.endswith(".svg"):
        pytest.importorskip("verovio")
    words = ("compose", "first_species", "--seed", "1", "-o", str(tmp_path / name))
    program = PROGRAM.format(arguments=", ".join(map(repr, words)))
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "loaded:"
    assert (tmp_path / name).stat().st_size
