"""A chord of the score as a MusicXML harmony, and back."""

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from xml.etree.ElementTree import Element, SubElement

from rulegen.io.bars import Bar, bar_at
from rulegen.io.staves import parts_of
from rulegen.score.events import ChordEvent, Score
from rulegen.theory.chord import Chord, parse_chord, parse_roman
from rulegen.theory.pitch import LETTERS, PitchClass, accidental_name
from rulegen.theory.scale import MODES, Key
from rulegen.theory.symbol import read_symbol

KINDS = {
    "major": "major",
    "minor": "minor",
    "diminished": "diminished",
    "augmented": "augmented",
    "dominant seventh": "dominant",
    "major seventh": "major-seventh",
    "minor seventh": "minor-seventh",
    "minor-major seventh": "major-minor",
    "half-diminished seventh": "half-diminished",
    "diminished seventh": "diminished-seventh",
    "major sixth": "major-sixth",
    "minor sixth": "minor-sixth",
    "dominant ninth": "dominant-ninth",
    "major ninth": "major-ninth",
    "minor ninth": "minor-ninth",
    "dominant eleventh": "dominant-11th",
    "minor eleventh": "minor-11th",
    "dominant thirteenth": "dominant-13th",
    "open fifth": "power",
}
"""What MusicXML calls a quality of ours; every other is `other` there, with its text."""

_NAMED_KINDS = {
    "major": "", "minor": "m", "diminished": "dim", "augmented": "aug", "dominant": "7",
    "major-seventh": "maj7", "minor-seventh": "m7", "major-minor": "mmaj7", "half-diminished": "m7b5",
    "diminished-seventh": "dim7", "augmented-seventh": "aug7", "major-sixth": "6", "minor-sixth": "m6",
    "dominant-ninth": "9", "major-ninth": "maj9", "minor-ninth": "m9", "dominant-11th": "11",
    "minor-11th": "m11", "dominant-13th": "13", "suspended-fourth": "sus4", "suspended-second": "sus2",
    "power": "5",
}  # fmt: skip

_IN_KEY = re.compile(r"([A-Ga-g](?:#+|b+)?)( [a-z]+)?:\s*(\S+)")


def is_symbol(chord: Chord) -> bool:
    """Whether a chord was written as a chord symbol; else it is a Roman numeral."""
    return chord.label[:1] in LETTERS and not chord.label.startswith(("Fr", "Ger"))


def restated(score: Score) -> list[ChordEvent]:
    """The chords that say again, without a gap, the one before them."""
    return [
        event
        for before, event in pairwise(score.chords)
        if event.chord == before.chord and event.onset == before.end
    ]


def labelled_staff(score: Score) -> int:
    """The place of the staff with the chords: symbols stand above the top, numerals below the lowest."""
    staves = [staff for part in parts_of(score) for staff in part.staves]
    pitched = [place for place, staff in enumerate(staves) if not staff.strokes] or [0]
    return pitched[0 if all(is_symbol(event.chord) for event in score.chords) else -1]


def printed_chords(score: Score, bars: Sequence[Bar]) -> list[tuple[int, ChordEvent, str]]:
    """The chords that are shown, each with the place of its bar, and with its label.

    A chord that goes on, stated again, is shown once, save where a section begins. A numeral says its key,
    as in `D: V7`, where that is not the key of the numeral before it, or of the signature.
    """
    seams = {section.onset for section in score.sections}
    going_on = {event.onset for event in restated(score)} - seams
    found = []
    said = signature = None
    for event in score.chords:
        place = bar_at(bars, event.onset)
        if place is None or event.onset in going_on:
            continue
        if bars[place].key != signature:
            said = signature = bars[place].key
        chord = event.chord
        is_new = chord.key != said and not is_symbol(chord)
        found.append((place, event, f"{chord.key.short_name}: {chord.label}" if is_new else chord.label))
        said = chord.key if is_new else said
    return found


def harmony_of(chord: Chord, label: str) -> Element:
    """A chord as a harmony: a symbol has its root as such, a numeral is the text beside a hidden root.

    Programs that know no numerals then show it and know the chord; a `numeral` or a `function` without a
    root makes music21 10 recurse until it fails.
    """
    harmony = Element("harmony", placement="above" if is_symbol(chord) else "below")
    if is_symbol(chord):
        _fill_symbol(harmony, chord)
        return harmony
    _fill_note(harmony, "root", chord.root, is_hidden=True)
    SubElement(harmony, "kind", text=label).text = KINDS.get(chord.quality, "other")
    if chord.inversion and chord.quality in KINDS:  # of tones that it does not know music21 inverts none
        SubElement(harmony, "inversion").text = str(chord.inversion)
    return harmony


def _fill_symbol(harmony: Element, chord: Chord) -> None:
    symbol = read_symbol(chord.label)
    _fill_note(harmony, "root", symbol.root)
    text = chord.label.split("/")[0].removeprefix(symbol.root.name)
    SubElement(harmony, "kind", text=text).text = KINDS.get(chord.quality, "other")
    if "/" in chord.label:
        _fill_note(harmony, "bass", symbol.bass)


def _fill_note(harmony: Element, prefix: str, note: PitchClass, is_hidden: bool = False) -> None:
    parent = SubElement(harmony, prefix)
    shown = {"text": ""} if is_hidden else {}
    SubElement(parent, f"{prefix}-step", shown).text = LETTERS[note.letter]
    if note.alter:
        shown = {"print-object": "no"} if is_hidden else {}
        SubElement(parent, f"{prefix}-alter", shown).text = str(note.alter)


def read_harmony(harmony: Element, said: Key, home: Key) -> tuple[Chord, Key] | None:
    """The chord of a harmony element, and the key of the numerals after it; None where we know no such chord.

    `said` is the key of the numerals before it, `home` the key of the place, which symbols are read in.
    """
    label = _label(harmony, said)
    named = _IN_KEY.fullmatch(label)
    try:
        if named is not None:
            key = _named_key(named[1], named[2])
            return parse_chord(named[3], key), key
        if not label:
            return None
        own = _stated_key(harmony)
        chord = parse_chord(label, own or said)
        return (parse_chord(label, home) if is_symbol(chord) else chord), said
    except ValueError:
        return None


def _label(harmony: Element, key: Key) -> str:
    """The numeral or symbol in a harmony element; empty where it has none."""
    root = harmony.find("numeral/numeral-root")
    if root is not None:
        return root.get("text", "").strip()
    function = harmony.findtext("function")
    if function is not None:
        return function.strip()
    step = _note_name(harmony, "root")
    kind = harmony.find("kind")
    if not step or kind is None:
        return step
    text, quality = kind.get("text", "").strip(), (kind.text or "").strip()
    shown = harmony.find("root/root-step")
    if shown is not None and shown.get("text") == "" and text:
        return text
    if not _is_kind(step + text):
        if _is_numeral(text, key):  # a numeral of ours that music21 wrote again: its root is shown
            return text
        text = _NAMED_KINDS.get(quality, text)
    bass = _note_name(harmony, "bass")
    return step + (text or _NAMED_KINDS.get(quality, "")) + (f"/{bass}" if bass else "")


def _is_numeral(text: str, key: Key) -> bool:
    named = _IN_KEY.fullmatch(text)
    try:
        parse_roman(named[3], _named_key(named[1], named[2])) if named else parse_roman(text, key)
    except ValueError:
        return False
    return True


def _named_key(tonic: str, mode: str | None) -> Key:
    usual = "major" if tonic[0].isupper() else "minor"
    return Key(PitchClass.parse(tonic[0].upper() + tonic[1:]), (mode or usual).strip())


def _is_kind(text: str) -> bool:
    try:
        read_symbol(text)
    except ValueError:
        return False
    return True


def _note_name(harmony: Element, prefix: str) -> str:
    step = (harmony.findtext(f"{prefix}/{prefix}-step") or "").strip()
    try:
        alter = int(Fraction(harmony.findtext(f"{prefix}/{prefix}-alter") or "0"))
    except (ValueError, ZeroDivisionError):
        return ""
    return step + accidental_name(alter) if len(step) == 1 and step in LETTERS else ""


def _stated_key(harmony: Element) -> Key | None:
    """The key that a numeral is said to be in."""
    mode = (harmony.findtext("numeral/numeral-key/numeral-mode") or "").strip()
    fifths = (harmony.findtext("numeral/numeral-key/numeral-fifths") or "").strip()
    if mode not in MODES or not re.fullmatch(r"-?\d{1,2}", fifths):
        return None
    return Key(PitchClass.from_fifths(int(fifths) - MODES[mode]), mode)
