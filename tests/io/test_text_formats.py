"""RomanText, ABC and LilyPond: music21 and LilyPond read what is written."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from rulegen.errors import OutputError
from rulegen.io.abc import abc
from rulegen.io.lilypond import lilypond
from rulegen.io.midi import midi_bytes
from rulegen.io.midi_file import read_midi_file
from rulegen.io.romantext import romantext
from rulegen.score.events import Dynamic, Hairpin, Score
from rulegen.score.notation import parse_score
from rulegen.theory.chord import parse_roman
from rulegen.theory.scale import Key

TUPLETS = (
    "key D minor\nmeter 3/4\ntempo quarter = 90\nat 3/2 signature G major\nat 3/2 meter 6/8\n"
    "voice tune C4..C6\nvoice low C2..C4\n"
    "tune | D4:1/12 E4 F4 G4:1/4 C#5:1/4 | C5:1/4 C#5:1/8 D5~ C5:1/4! | Bb4:1/8' A4 G4> F4:3/8 |\n"
    "low  | D3:3/4 | _:3/4 | F2:1/8 r C3 Bb2:3/8 |\n"
)


def music21_score(text: str, kind: str) -> Any:
    from music21 import converter

    return converter.parse(text, format=kind)


def test_the_numerals_of_a_chorale_have_the_tones_that_music21_reads(chorale: Score) -> None:
    assert_same_chords(chorale)


def assert_same_chords(score: Score) -> None:
    """Each chord is at its place in RomanText, with its tones and its bass."""
    read = music21_score(romantext(score), "romantext")
    found = {
        Fraction(each.getOffsetInHierarchy(read)).limit_denominator(960) / 4: each
        for each in read.recurse().getElementsByClass("RomanNumeral")
    }
    shift = min(found) - score.chords[0].onset
    for event in score.chords:
        numeral = found[event.onset + shift]
        told = f"{event.chord.key.name}: {event.chord.label} is {numeral.figure}"
        assert {each.name for each in numeral.pitches} == {
            tone.name.replace("b", "-") for tone in event.chord.tones
        }, told
        assert numeral.bass().name == event.chord.bass.name.replace("b", "-"), told


@pytest.mark.parametrize(
    ("key", "labels"),
    [
        ("C major", "I ii6 iii IV V7 V65 V43 V42 vi viio6 viiø7 viio7 I64 bVI N6 V7/V viio65/ii It6 Fr43 Ger65 V+ iv"),
        ("A minor", "i iio6 III III+ iv V7 VI VII viio7 viio65 VI65 v6 N6 V/III V7/iv Ger65 I i64 IV"),
        ("D dorian", "i ii III IV v vio VII"),
        ("E phrygian", "i II III iv vo VI vii"),
        ("G mixolydian", "I ii iiio IV v vi VII"),
        ("F lydian", "I II iii ivo V vi vii"),
    ],
)  # fmt: skip
def test_every_numeral_means_the_same_to_music21(key: str, labels: str) -> None:
    home = Key.parse(key)
    chords = [parse_roman(label, home) for label in labels.split()]
    text = f"key {key}\nmeter 4/4\nvoice it C4..C5\nit | " + "C4:1/1 | " * len(chords)
    text += "\nharmony | " + " | ".join(f"{chord.label}:1/1" for chord in chords) + " |"
    assert_same_chords(parse_score(text))


def test_roman_text_wants_numerals() -> None:
    bare = "key C major\nmeter 4/4\nvoice it C4..C5\nit | C4:1/1 |"
    with pytest.raises(OutputError, match="has no chords"):
        romantext(parse_score(bare))
    with pytest.raises(OutputError, match="Cm7 is a chord symbol"):
        romantext(parse_score(f"{bare}\nharmony | Cm7:1/1 |"))


def test_roman_text_says_keys_meters_and_beats(chorale: Score) -> None:
    lines = romantext(chorale).splitlines()
    assert lines[:3] == ["Piece: Vier Zeilen", "Analyst: rulegen", ""]
    assert lines[3:6] == ["Time Signature: 4/4", "m0 b4 G: I", "m1 I b2 IV b3 V b4 I"]
    assert any(" D: V7" in line for line in lines) and any(" G: IV64" in line for line in lines)


def notes_in_abc(score: Score) -> list[list[tuple[int, Fraction]]]:
    from music21 import harmony

    read = music21_score(abc(score), "abc")
    return [
        [
            (note.pitch.midi, Fraction(note.quarterLength).limit_denominator(960) / 4)
            for note in part.stripTies().flatten().notes
            if not isinstance(note, harmony.ChordSymbol)
        ]
        for part in (read.parts or [read])
    ]


def notes_of(score: Score) -> list[list[tuple[int, Fraction]]]:
    return [
        [(note.pitch.midi, note.duration) for note in score.notes_of(voice.name) if note.pitch is not None]
        for voice in score.voices
    ]


def test_abc_is_read_again_with_the_same_notes(chorale: Score, repeated: Score) -> None:
    for score in (chorale, parse_score(TUPLETS), replace(repeated, repeat_style="written")):
        assert notes_in_abc(score) == notes_of(score)


def test_abc_has_repeats_keys_chords_and_words(repeated: Score) -> None:
    twice = replace(
        repeated,
        timeline=replace(repeated.timeline, sections=repeated.sections[:4]),
        notes=tuple(
            replace(note, lyric="la") if not note.onset else note for note in repeated.notes if note.onset < 6
        ),
    )
    text = abc(twice)
    assert text.splitlines()[:6] == ["X:1", "T:Jig", "M:6/8", "L:1/8", "Q:1/4=120", "K:D"]
    assert "|: |:" not in text and "|:a | B3- BzA | ^G3 =G2 :|" in text and "\nw: la | * * *" in text
    assert ":|" not in abc(repeated)  # a strain that comes three times is written out
    symbols = parse_score("key C major\nmeter 4/4\nvoice it C4..C5\nit | C4:1/1 |\nharmony | V65/V:1/2 I6 |")
    assert '"D7/F#"' in abc(symbols)
    with pytest.raises(OutputError, match="percussion"):
        abc(parse_score("key C major\nmeter 4/4\nvoice kick percussion kit\nkick | x:1/1 |"))


LOUD = parse_score(TUPLETS)
LOUD = replace(
    LOUD,
    dynamics=(Dynamic(Fraction(0), "p"), Dynamic(Fraction(3, 2), "f", "low")),
    hairpins=(Hairpin(Fraction(0), Fraction(3, 4), "crescendo"),),
    notes=tuple(replace(note, lyric='la "la"') if not note.onset else note for note in LOUD.notes),
)
DRUMS = parse_score(
    "key C major\nmeter 4/4\nsection A 0..1\nsection A 1..2 statement 2 repeats 0\n"
    "voice hat percussion kit\nvoice snare percussion kit\n"
    "hat | x:1/8 x x x x x x x | x:1/8 x x x x x x x |\nsnare | r:1/4 x r x | r:1/4 x r x |"
)


def test_lilypond_says_what_the_score_says() -> None:
    text = lilypond(LOUD)
    for said in (r"\key d \minor", r"\key g \major", r"\time 6/8", r"\tempo 4 = 90", r"\tuplet 3/2 {", "cs''4",
                 r"\fermata", r"\staccato", r"\accent", r"\p\<", r"\f", r'"la \"la\"" \skip 4', "d2.~"):  # fmt: skip
        assert said in text, said
    drums = lilypond(DRUMS)
    assert r"\repeat volta 2 {" in drums and r"\drummode" in drums and r"\key" not in drums


@pytest.mark.skipif(shutil.which("lilypond") is None, reason="no LilyPond here")
@pytest.mark.parametrize("which", ["chorale", "tuplets", "drums"])
def test_lilypond_compiles_it_without_a_word_and_plays_the_same_notes(
    which: str, chorale: Score, tmp_path: Path
) -> None:
    score = {"chorale": chorale, "tuplets": LOUD, "drums": DRUMS}[which]
    (tmp_path / "it.ly").write_text(lilypond(score), encoding="utf-8")
    command = ["lilypond", "--loglevel=WARNING", "--svg", "it.ly"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    made = (tmp_path / "it.midi").read_bytes()
    assert onsets(made) == onsets(midi_bytes(score))


def onsets(midi: bytes) -> list[tuple[Fraction, int]]:
    """The onset in quarters, and the key, of each note."""
    file = read_midi_file(midi)
    return sorted(
        (Fraction(note.start, file.ticks_a_quarter).limit_denominator(96), note.pitch)
        for track in file.tracks
        for note in track.notes
    )
