"""A chord of the score as a MusicXML harmony, and back."""

from fractions import Fraction
from itertools import pairwise
from xml.etree.ElementTree import Element, SubElement

from rulegen.score.events import ChordEvent, Score
from rulegen.theory.chord import Chord, parse_chord
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


def fill_harmony(harmony: Element, event: ChordEvent, home: Key) -> None:
    """Puts a chord into a harmony element; its key is told where that is not the home key."""
    chord = event.chord
    if is_symbol(chord):
        _fill_symbol(harmony, chord)
        return
    numeral = SubElement(harmony, "numeral")
    root = SubElement(numeral, "numeral-root", text=chord.label)
    root.text = str((chord.root.letter - chord.key.tonic.letter) % 7 + 1)
    if chord.key != home:
        key = SubElement(numeral, "numeral-key")
        SubElement(key, "numeral-fifths").text = str(chord.key.signature_fifths)
        SubElement(key, "numeral-mode").text = chord.key.mode
    SubElement(harmony, "kind", text="").text = KINDS.get(chord.quality, "other")
    if chord.inversion:
        SubElement(harmony, "inversion").text = str(chord.inversion)


def _fill_symbol(harmony: Element, chord: Chord) -> None:
    symbol = read_symbol(chord.label)
    _fill_note(SubElement(harmony, "root"), "root", symbol.root)
    text = chord.label.split("/")[0].removeprefix(symbol.root.name)
    SubElement(harmony, "kind", text=text).text = KINDS.get(chord.quality, "other")
    if "/" in chord.label:
        _fill_note(SubElement(harmony, "bass"), "bass", symbol.bass)


def _fill_note(parent: Element, prefix: str, note: PitchClass) -> None:
    SubElement(parent, f"{prefix}-step").text = LETTERS[note.letter]
    if note.alter:
        SubElement(parent, f"{prefix}-alter").text = str(note.alter)


def harmony_chord(harmony: Element, home: Key) -> Chord | None:
    """The chord that a harmony element says, or None where it says none that we know."""
    label = harmony_label(harmony)
    if not label:
        return None
    try:
        return parse_chord(label, _key(harmony, home))
    except ValueError:
        return None


def harmony_label(harmony: Element) -> str:
    """The numeral or symbol in a harmony element; empty where it has none."""
    root = harmony.find("numeral/numeral-root")
    if root is not None:
        return root.get("text", "").strip()
    function = harmony.findtext("function")
    if function is not None:
        return function.strip()
    step = _note_name(harmony, "root")
    if not step:
        return ""
    kind = harmony.find("kind")
    text = "" if kind is None else kind.get("text", "").strip()
    if kind is not None and (kind.text or "").strip() in _NAMED_KINDS and not _is_kind(step + text):
        text = _NAMED_KINDS[(kind.text or "").strip()]
    if not text and kind is not None:
        text = _NAMED_KINDS.get((kind.text or "").strip(), "")
    bass = _note_name(harmony, "bass")
    return step + text + (f"/{bass}" if bass else "")


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


def _key(harmony: Element, home: Key) -> Key:
    mode = (harmony.findtext("numeral/numeral-key/numeral-mode") or "").strip()
    fifths = (harmony.findtext("numeral/numeral-key/numeral-fifths") or "").strip()
    if mode not in MODES or not fifths.lstrip("-").isdigit():
        return home
    return Key(PitchClass.from_fifths(int(fifths) - MODES[mode]), mode)
