"""The chords of a file: from its harmonies, else from Roman numerals that stand as lyrics or as words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from xml.etree.ElementTree import Element

from rulegen.io.labels import read_harmony
from rulegen.io.parts import WrittenBar
from rulegen.score.events import ChordEvent, Note
from rulegen.score.timeline import Changes, Timeline
from rulegen.theory.chord import Chord, parse_roman
from rulegen.theory.scale import Key

_MOST_STRANGERS = 0.2
_FEWEST_NUMERALS = 3

Labelled = list[tuple[Fraction, Chord]]


@dataclass(frozen=True, slots=True)
class Labels:
    """The chords, each until the next one, the keys that they are read in, and the notes without those lyrics
    that turned out to be chords.
    """

    chords: tuple[ChordEvent, ...]
    keys: Changes[Key]
    notes: tuple[Note, ...]


def chords_of(
    bars: Iterable[tuple[Fraction, WrittenBar]], notes: Sequence[Note], timeline: Timeline
) -> Labels:
    """The chords that a file labels. A label that names its key, as in `D: V7`, changes the key of the music,
    until another label or a signature does.
    """
    harmonies: list[tuple[Fraction, Element]] = []
    words: list[tuple[Fraction, str]] = []
    for start, bar in bars:
        for offset, element in bar.texts:
            if element.tag == "harmony":
                harmonies.append((start + offset, element))
            elif element.text:
                words.append((start + offset, element.text))
    labelled, keys = _read_harmonies(harmonies, timeline)
    if labelled:
        return Labels(_events(labelled, timeline.end), keys, tuple(notes))
    for voice in reversed(list(dict.fromkeys(note.voice for note in notes))):
        lyrics = [(note.onset, note.lyric) for note in notes if note.voice == voice and note.lyric]
        labelled = _numerals(lyrics, timeline)
        if labelled:
            bare = (replace(note, lyric=None) if note.voice == voice else note for note in notes)
            return Labels(_events(labelled, timeline.end), timeline.keys, tuple(bare))
    return Labels(_events(_numerals(words, timeline), timeline.end), timeline.keys, tuple(notes))


def _read_harmonies(
    harmonies: Sequence[tuple[Fraction, Element]], timeline: Timeline
) -> tuple[Labelled, Changes[Key]]:
    """The chords that harmony elements say, and the keys with those that the labels name."""
    found: Labelled = []
    named: dict[Fraction, Key] = {}
    said = signature = timeline.key
    key_before: dict[int, Key] = {}  # each label: what a repeat says again is in the key of the first time
    for onset, element in sorted(harmonies, key=lambda entry: entry[0]):
        home = timeline.key_at(onset)
        if home != signature:
            said = signature = home
        first = key_before.setdefault(id(element), said)
        if first != said:
            named[onset] = said = first
        chord_and_key = read_harmony(element, said, home)
        if chord_and_key is not None:
            chord, key = chord_and_key
            found.append((onset, chord))
            if key != said:
                named[onset] = said = key
    changes = sorted({**dict(timeline.keys), **named}.items(), key=lambda change: change[0])
    return found, tuple(changes)


def _numerals(texts: Sequence[tuple[Fraction, str]], timeline: Timeline) -> Labelled:
    """The texts as chords; none where they are not nearly all Roman numerals."""
    read = ((onset, _numeral(text, timeline.key_at(onset))) for onset, text in texts)
    found = [(onset, chord) for onset, chord in read if chord is not None]
    enough = len(found) >= min(_FEWEST_NUMERALS, max(1, len(texts)))
    return found if enough and len(found) >= (1 - _MOST_STRANGERS) * len(texts) else []


def _numeral(text: str, key: Key) -> Chord | None:
    try:
        return parse_roman("".join(text.split()), key)
    except ValueError:
        return None


def _events(labelled: Labelled, end: Fraction) -> tuple[ChordEvent, ...]:
    by_onset: dict[Fraction, Chord] = {}
    for onset, chord in labelled:
        if 0 <= onset < end:
            by_onset.setdefault(onset, chord)
    places = [*sorted(by_onset), end]
    return tuple(ChordEvent(onset, stop - onset, by_onset[onset]) for onset, stop in pairwise(places))
