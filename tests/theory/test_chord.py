"""Chords of a key: every tone spelled, from the root upward."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegen.theory.chord import Chord, parse_chord, parse_roman, parse_symbol
from rulegen.theory.pitch import PitchClass
from rulegen.theory.scale import Key

TONES: dict[str, dict[str, str]] = {
    "C major": {
        "I": "C E G",
        "Idom7": "C E G Bb",
        "IVdom65": "F A C Eb",
        "Imaj65": "C E G B",
        "bVIIdom9": "Bb D F Ab C",
        "i": "C Eb G",
        "ii": "D F A",
        "iio": "D F Ab",
        "ii65": "D F A C",
        "iiø65": "D F Ab C",
        "iih65": "D F Ab C",
        "iii": "E G B",
        "IV": "F A C",
        "iv": "F Ab C",
        "iv7": "F Ab C Eb",
        "V": "G B D",
        "V7": "G B D F",
        "vi": "A C E",
        "vi7": "A C E G",
        "viio6": "B D F",
        "viio7": "B D F Ab",
        "viiø7": "B D F A",
        "I7": "C E G B",
        "II7": "D F# A C",
        "IV7": "F A C E",
        "V9": "G B D F A",
        "V7/V": "D F# A C",
        "V7/IV": "C E G Bb",
        "V/ii": "A C# E",
        "V7/ii": "A C# E G",
        "viio6/ii": "C# E G",
        "viio7/ii": "C# E G Bb",
        "viio7/V": "F# A C Eb",
        "viiø7/V": "F# A C E",
        "V65/vi": "E G# B D",
        "V/V/V": "A C# E",
        "bVI": "Ab C Eb",
        "bIII": "Eb G Bb",
        "bVII": "Bb D F",
        "bVII7": "Bb D F Ab",
        "bII6": "Db F Ab",
        "N6": "Db F Ab",
        "It6": "F# Ab C",
        "Fr43": "D F# Ab C",
        "Ger65": "F# Ab C Eb",
        "Ger65/V": "C# Eb G Bb",
        "III+": "E G# B#",
        "#ivo7": "F# A C Eb",
        "Vsus4": "G C D",
        "V7sus4": "G C D F",
    },
    "A minor": {
        "i": "A C E",
        "I": "A C# E",
        "i7": "A C E G",
        "ii": "B D F#",
        "iio": "B D F",
        "iio6": "B D F",
        "iiø65": "B D F A",
        "ii7": "B D F# A",
        "III": "C E G",
        "III+": "C E G#",
        "III7": "C E G B",
        "iv": "D F A",
        "iv7": "D F A C",
        "IV": "D F# A",
        "IV7": "D F# A C",
        "v": "E G B",
        "V": "E G# B",
        "V7": "E G# B D",
        "V9": "E G# B D F",
        "VI": "F A C",
        "VI7": "F A C E",
        "vio": "F# A C",
        "viø7": "F# A C E",
        "VII": "G B D",
        "VII7": "G B D F",
        "viio": "G# B D",
        "viio7": "G# B D F",
        "viiø7": "G# B D F#",
        "bII6": "Bb D F",
        "N6": "Bb D F",
        "It6": "D# F A",
        "Fr43": "B D# F A",
        "Ger65": "D# F A C",
        "V7/III": "G B D F",
        "V7/iv": "A C# E G",
        "V7/V": "B D# F# A",
        "V7/VI": "C E G Bb",
        "V/VII": "D F# A",
        "viio7/V": "D# F# A C",
        "#vio7": "F# A C Eb",
    },
    "G major": {
        "I": "G B D",
        "ii65": "A C E G",
        "IV": "C E G",
        "V7": "D F# A C",
        "vi": "E G B",
        "viio6": "F# A C",
        "viio7": "F# A C Eb",
        "V7/V": "A C# E G",
        "V65/vi": "B D# F# A",
        "bVI": "Eb G Bb",
        "N6": "Ab C Eb",
        "Ger65": "C# Eb G Bb",
    },
    "F# minor": {
        "i": "F# A C#",
        "iio": "G# B D",
        "ii": "G# B D#",
        "iiø65": "G# B D F#",
        "III": "A C# E",
        "III+": "A C# E#",
        "iv": "B D F#",
        "IV": "B D# F#",
        "v": "C# E G#",
        "V7": "C# E# G# B",
        "VI": "D F# A",
        "VII": "E G# B",
        "viio7": "E# G# B D",
        "V7/V": "G# B# D# F#",
        "viio7/V": "B# D# F# A",
        "N6": "G B D",
        "It6": "B# D F#",
        "Fr43": "G# B# D F#",
        "Ger65": "B# D F# A",
    },
    "Eb major": {
        "I": "Eb G Bb",
        "ii": "F Ab C",
        "iiø7": "F Ab Cb Eb",
        "iii": "G Bb D",
        "IV": "Ab C Eb",
        "iv": "Ab Cb Eb",
        "V7": "Bb D F Ab",
        "vi": "C Eb G",
        "viio7": "D F Ab Cb",
        "V7/V": "F A C Eb",
        "V7/ii": "C E G Bb",
        "bVI": "Cb Eb Gb",
        "bVII": "Db F Ab",
        "N6": "Fb Ab Cb",
        "It6": "A Cb Eb",
        "Fr43": "F A Cb Eb",
        "Ger65": "A Cb Eb Gb",
    },
    "D dorian": {"i": "D F A", "IV": "G B D", "v": "A C E", "V": "A C# E", "VII": "C E G", "viio": "C# E G"},
    "G mixolydian": {"I": "G B D", "v": "D F A", "VII": "F A C", "viio": "F# A C", "iiio": "B D F"},
    "E phrygian": {"i": "E G B", "II": "F A C", "vii": "D F A", "N6": "F A C"},
}

QUALITIES = {
    "I": "major",
    "ii": "minor",
    "viio": "diminished",
    "III+": "augmented",
    "V7": "dominant seventh",
    "I7": "major seventh",
    "ii7": "minor seventh",
    "viiø7": "half-diminished seventh",
    "viio7": "diminished seventh",
    "imaj7": "minor-major seventh",
    "Idom7": "dominant seventh",
    "IVdom65": "dominant seventh",
    "IVmaj43": "major seventh",
    "Idom9": "dominant ninth",
    "IIdom7": "dominant seventh",
    "Vsus4": "suspended",
    "V9": "dominant ninth",
    "ii9": "minor ninth",
    "Ger65": "augmented sixth",
    "It6": "augmented sixth",
    "bII6": "major",
}

FUNCTIONS = {
    "T": "I I6 i vi VI iii III bVI bIII",
    "S": "ii iio ii65 iiø65 IV iv bII6 N6 It6 Fr43 Ger65 Ger65/V #ivo7",
    "D": "V V7 v vii viio viio7 VII bVII I64 i64 V7/V viio6/ii V65/vi IV/V",
}


def roman(label: str, key: str = "C major") -> Chord:
    return parse_roman(label, Key.parse(key))


def spelled(chord: Chord) -> str:
    return " ".join(tone.name for tone in chord.tones)


@pytest.mark.parametrize(
    ("key", "label", "tones"),
    [(key, label, tones) for key, table in TONES.items() for label, tones in table.items()],
)
def test_tones_are_spelled(key: str, label: str, tones: str) -> None:
    chord = roman(label, key)
    assert spelled(chord) == tones
    assert chord.label == str(chord) == label
    assert chord.root == chord.tones[0]
    assert parse_chord(label, Key.parse(key)) == chord


@pytest.mark.parametrize(
    ("label", "inversion", "bass"),
    [
        ("I", 0, "C"),
        ("I6", 1, "E"),
        ("I64", 2, "G"),
        ("V7", 0, "G"),
        ("V65", 1, "B"),
        ("V43", 2, "D"),
        ("V42", 3, "F"),
        ("V2", 3, "F"),
        ("viio6", 1, "D"),
        ("ii65", 1, "F"),
        ("iiø65", 1, "F"),
        ("N6", 1, "F"),
        ("It6", 1, "Ab"),
        ("Fr43", 2, "Ab"),
        ("Ger65", 1, "Ab"),
        ("V42/IV", 3, "Bb"),
    ],
)
def test_inversions(label: str, inversion: int, bass: str) -> None:
    assert roman(label).inversion == inversion
    assert roman(label).bass.name == bass


@pytest.mark.parametrize(("label", "quality"), QUALITIES.items())
def test_qualities(label: str, quality: str) -> None:
    assert roman(label).quality == quality


@pytest.mark.parametrize(
    ("function", "label"), [(name, label) for name, labels in FUNCTIONS.items() for label in labels.split()]
)
def test_functions(function: str, label: str) -> None:
    assert roman(label).function == function


def test_functions_in_minor() -> None:
    labels = ["i", "VI", "III", "iio", "iv", "IV", "V", "v", "viio", "VII", "i64"]
    assert "".join(roman(label, "A minor").function for label in labels) == "TTTSSSDDDDD"


def test_applied_chords_stand_in_the_key_of_their_target() -> None:
    assert roman("V/ii").local_key == Key.parse("D minor")
    assert roman("V/IV").local_key == Key.parse("F major")
    assert roman("V/III", "A minor").local_key == Key.parse("C major")
    assert roman("V/bVI").local_key == Key.parse("Ab major")
    chord = roman("viio7/V")
    assert (chord.key, chord.degree, chord.is_applied) == (Key.parse("C major"), 7, True)
    assert not roman("V").is_applied


def test_factors_are_spelled() -> None:
    chord = roman("V9")
    factors = [chord.factor_of(PitchClass.parse(name)) for name in ["G", "B", "D", "F", "A", "C", "E#"]]
    assert factors == [1, 3, 5, 7, 9, None, None]
    assert chord.tone_of(7) == PitchClass.parse("F")
    assert chord.tone_of(11) is None
    assert roman("V7sus4").factors == (1, 4, 5, 7)
    assert roman("V13").factors == (1, 3, 5, 7, 9, 11, 13)
    assert roman("Ger65").factor_of(PitchClass.parse("F#")) == 1


def test_sevenths_are_told_from_triads() -> None:
    assert [roman(label).is_seventh for label in ("V", "V7", "V9", "I64", "ii65", "Fr43", "It6")] == [
        False,
        True,
        True,
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("label", "tones", "quality", "bass", "degree"),
    [
        ("C", "C E G", "major", "C", 1),
        ("Cm", "C Eb G", "minor", "C", 1),
        ("C7", "C E G Bb", "dominant seventh", "C", 1),
        ("Cmaj7", "C E G B", "major seventh", "C", 1),
        ("Dm7", "D F A C", "minor seventh", "D", 2),
        ("Bdim", "B D F", "diminished", "B", 7),
        ("Bdim7", "B D F Ab", "diminished seventh", "B", 7),
        ("Bm7b5", "B D F A", "half-diminished seventh", "B", 7),
        ("Bø7", "B D F A", "half-diminished seventh", "B", 7),
        ("Caug", "C E G#", "augmented", "C", 1),
        ("Csus4", "C F G", "suspended", "C", 1),
        ("G7sus4", "G C D F", "suspended dominant seventh", "G", 5),
        ("Bbmaj7", "Bb D F A", "major seventh", "Bb", 7),
        ("F#m7b5", "F# A C E", "half-diminished seventh", "F#", 4),
        ("C/E", "C E G", "major", "E", 1),
        ("G7/F", "G B D F", "dominant seventh", "F", 5),
        ("F/G", "F A C G", "major", "G", 4),
        ("C6", "C E G A", "major sixth", "C", 1),
        ("G13", "G B D F A C E", "dominant thirteenth", "G", 5),
    ],
)
def test_chord_symbols(label: str, tones: str, quality: str, bass: str, degree: int) -> None:
    key = Key.parse("C major")
    chord = parse_symbol(label, key)
    assert (spelled(chord), chord.quality, chord.bass.name, chord.degree) == (tones, quality, bass, degree)
    assert parse_chord(label, key) == chord


def test_factors_of_chord_symbols() -> None:
    key = Key.parse("C major")
    assert parse_symbol("C6", key).factors == (1, 3, 5, 6)
    assert parse_symbol("Csus2", key).factors == (1, 2, 5)
    assert parse_symbol("Cadd9", key).factors == (1, 3, 5, 9)
    assert parse_symbol("F/G", key).factors == (1, 3, 5, 9)


def test_functions_of_chord_symbols() -> None:
    key = Key.parse("C major")
    labels = ["C", "Dm7", "G7", "A7", "F", "C7", "Am", "Bm7b5"]
    assert "".join(parse_symbol(label, key).function for label in labels) == "TSDDSTTD"


@pytest.mark.parametrize(
    ("label", "key", "why"),
    [
        ("idom7", "C major", "dom makes a dominant seventh of a major triad, as in Idom7"),
        ("viiomaj7", "C major", "a diminished chord takes neither maj, dom nor sus"),
        ("VIIo", "C major", "a diminished chord is written in lower case, as in viio"),
        ("iii+", "C major", "an augmented chord is written in upper case, as in III+"),
        ("viiø", "C major", "a half-diminished chord has a seventh, as in viiø7 or viiø65"),
        ("VIII", "C major", "'VIII' is not a Roman numeral"),
        ("Iv", "C major", "has no figures that name an inversion"),
        ("V8", "C major", "has no figures that name an inversion"),
        ("V/viio", "C major", "only a major or minor triad can be made a tonic, and viio is none"),
        ("V/V7", "C major", "only a major or minor triad can be made a tonic, and V7 is none"),
        ("V/X", "C major", "'X' is not a Roman numeral"),
        ("bVI", "A minor", "in A minor degree VI is low already, write VI"),
        ("#iv", "F lydian", "in F lydian degree IV is raised already, write iv"),
        ("Ger43", "C major", "no augmented sixth is called Ger43: they are It6, Fr43, Ger65"),
        ("#vii7", "C major", "which no chord on a minor triad takes"),
        ("", "C major", "'' is not a Roman numeral"),
    ],
)
def test_what_is_no_chord_of_the_key_is_refused(label: str, key: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_roman(label, Key.parse(key))
    assert why in str(caught.value)
    assert repr(label) in str(caught.value)


@pytest.mark.parametrize("label", ["Hm7", "Cfoo", "C/H", "", "c", "Dm7b5/"])
def test_what_is_no_chord_symbol_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match="is not a chord symbol"):
        parse_symbol(label, Key.parse("C major"))


@given(st.text(alphabet="IViv67542b#oø+/NABCDGermajdsu", max_size=8))
def test_any_label_is_a_chord_or_refused_with_a_message(label: str) -> None:
    try:
        chord = parse_chord(label, Key.parse("A minor"))
    except ValueError as error:
        assert "is not" in str(error) or repr(label) in str(error)
    else:
        assert chord.bass in chord.tones
        assert chord.factors[0] == 1


def test_roman_numerals_and_symbols_are_told_apart() -> None:
    key = Key.parse("C major")
    assert parse_chord("Fr43", key).quality == "augmented sixth"
    assert parse_chord("F", key).degree == 4
    with pytest.raises(ValueError, match="is not a chord symbol"):
        parse_chord("Gxyz", key)
    with pytest.raises(ValueError, match="is not a Roman numeral"):
        parse_chord("Hello", key)
