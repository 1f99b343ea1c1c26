"""The key of a tune that tells a style its key: by its final and the notes it dwells on, beside its signature."""

from __future__ import annotations

from fractions import Fraction

import pytest
from music21 import corpus

from rulegen.compose import compose, prepare
from rulegen.plan.given import tunes_of
from rulegen.plan.tune import Tune
from rulegen.plan.tune_key import key_of_tune
from rulegen.score.events import Note, Score
from rulegen.score.notation import parse_score
from rulegen.theory.pitch import Pitch
from rulegen.theory.scale import Key
from tests.style.building import style_of

DORIAN = "D4 F4 G4 A4 A4 B4 A4 G4 F4 E4 F4 D4 E4 D4"
PHRYGIAN = "E4 A4 A4 G4 F4 G4 E4 A4 G4 A4 B4 C5 B4 A4 C5 B4 A4 F4 E4"
MIXOLYDIAN = "G4 G4 A4 B4 C5 D5 D5 C5 B4 G4 F4 G4 A4 G4"
TO_THE_THIRD = "C5 G4 E4 G4 C5 D5 E5 C5 G4 F4 G4 C5 G4 F4 E4"


def key_of(signature: str, notes: str) -> tuple[str, str]:
    """The key of a tune of quarters, and the reason."""
    quarter = Fraction(1, 4)
    tune = [Note("soprano", n * quarter, quarter, Pitch.parse(each)) for n, each in enumerate(notes.split())]
    key, reason = key_of_tune(Key.parse(signature), tune)
    return key.name, reason


@pytest.mark.parametrize(
    ("signature", "notes", "key", "reason"),
    [
        ("C major", DORIAN, "D minor", "the tune ends on D and has F above it"),
        ("A minor", DORIAN, "D minor", "the tune ends on D and has F above it"),
        ("D minor", DORIAN, "D minor", ""),
        ("C major", MIXOLYDIAN, "G major", "the tune ends on G and has B above it"),
        ("C major", PHRYGIAN, "A minor", "the tune ends on E with F a half step above, as on the fifth degree of A minor (phrygian)"),
        ("A minor", PHRYGIAN, "A minor", ""),
        ("C major", TO_THE_THIRD, "C major", ""),
        ("C major", "G4 A4 G4 E4 G4 C5 C5 E5 D5 C5 E5 G4", "C major", ""),
        ("F major", "G4 D5 C5 D5 G4 A4 G4", "G minor", "the tune ends on G"),
        ("C major", "G4 D5 C5 D5 G4 A4 G4", "G major", "the tune ends on G"),
        ("C# major", "G#4 B4 D#5 G#4 A#4 B4 A#4 G#4", "G# minor", "the tune ends on G# and has B above it"),
        ("G minor", "D4 G4 A4 Bb4 A4 G4 B4", "G minor", ""),
        ("A minor", "A4 C5 B4 A4 G#4", "A minor", ""),
        ("E minor", "B4 D5 C#5 B4 A#4", "B minor", "the tune ends on A#, the leading tone of B minor"),
        ("C# major", "A#4 B#4 C##5 A#4 B#4 D#4 A#4", "C# major", ""),  # A# major has ten sharps
    ],
)  # fmt: skip
def test_the_final_is_the_tonic_unless_the_tune_dwells_on_that_of_its_signature(
    signature: str, notes: str, key: str, reason: str
) -> None:
    assert key_of(signature, notes) == (key, reason)


@pytest.mark.parametrize(
    ("name", "signature", "key"),
    [
        ("bwv85.6", "G minor", "C minor"),
        ("bwv93.7", "G minor", "C minor"),
        ("bwv270", "B minor", "B minor"),  # phrygian, on the fifth degree
        ("bwv298", "C major", "G major"),
        ("bwv371", "C major", "A minor"),  # phrygian
        ("bwv266", "E minor", "E minor"),  # on the fifth degree, with the leading tone above it
        ("bwv245.37", "C minor", "Bb minor"),  # phrygian, with two flats too few
        ("bwv269", "G major", "G major"),
    ],
)
def test_tunes_of_bach_are_in_the_key_of_their_finals(name: str, signature: str, key: str) -> None:
    part = corpus.parse(f"bach/{name}").parts[0]
    pitches = [each.pitch.nameWithOctave.replace("-", "b") for each in part.recurse().notes]
    assert key_of(signature, " ".join(pitches))[0] == key


def song(keys: str, text: str) -> Score:
    return parse_score(f'title "Song"\n{keys}\nmeter 4/4\nvoice tune C4..G5\n\ntune | {text}\n')


STYLE = """style "T"  meter 4/4  key C major  key from soprano  form from soprano
voices { soprano C4..G5  bass C3..C4 }
harmony { chords major I V  chords minor i iv V V7  change every beat }
"""


def test_a_style_takes_the_key_that_the_tune_is_in() -> None:
    notes = "D4:1/4 F4 G4 A4 | A4 B4 A4 G4 | F4 E4 F4 E4 | D4:1/1! |"
    style = style_of(STYLE, "")
    tune = tunes_of(style, {"soprano": song("key C major", notes)})["soprano"]
    assert tune.timeline.key.name == "D minor"
    assert tune.key_reason == (
        "D minor and not C major, as its signature says: the tune ends on D and has F above it"
    )
    fixed = style_of(STYLE.replace("key from soprano", ""), "")
    assert tunes_of(fixed, {"soprano": song("key C major", notes)})["soprano"].timeline.key.name == "C major"


def test_a_tune_that_changes_its_key_is_in_those_that_it_says() -> None:
    notes = "D4:1/4 F4 G4 A4 | A4 G4 F4 D4 |"
    changing = song("key C major\nat 1 key G major", notes)
    style = style_of(STYLE, "")
    tune: Tune = tunes_of(style, {"soprano": changing})["soprano"]
    assert [str(key) for _, key in tune.timeline.keys] == ["C major", "G major"]
    assert tune.key_reason == ""


def test_a_phrygian_tune_closes_on_the_dominant() -> None:
    """Of the two chords that have its final, which is the fifth degree."""
    style = style_of(
        """style "T"  meter 4/4  key C major  key from soprano  form from soprano
        use chorale_writing
        voices { soprano C4..G5 alto F3..D5 tenor C3..A4 bass D2..D4 }
        harmony { chords major I V  chords minor i i6 iv iv6 V V6 VI iio6  change every beat }
        """,
        "",
    )
    tune = song("key C major", "A4:1/4 C5 B4 A4 | F4:1/4 F4 E4:1/2! |")
    prepared = prepare(style, tunes_of(style, {"soprano": tune}))
    ends = [piece.score.chords[-1].chord.label for piece in compose(prepared, range(20))]
    assert ends.count("V") >= 18
