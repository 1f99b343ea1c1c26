"""The chords of a file: from its harmonies, else from Roman numerals that stand as lyrics or as words."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from rulegen.io.labels import read_harmony
from rulegen.io.parts import WrittenBar
from rulegen.score.events import ChordEvent, Note
from rulegen.theory.chord import Chord, parse_roman
from rulegen.theory.scale import Key

_MOST_STRANGERS = 0.2
_FEWEST_NUMERALS = 3

Labelled = list[tuple[Fraction, Chord]]


def chords_of(
    bars: Iterable[tuple[Fraction, WrittenBar]], notes: Sequence[Note], key: Key, end: Fraction
) -> tuple[list[ChordEvent], list[Note]]:
    """The chords, each until the next one, and the notes, without the lyrics that turned out to be chords."""
    harmonies: Labelled = []
    said = key
    words: list[tuple[Fraction, str]] = []
    for start, bar in bars:
        for offset, element in bar.texts:
            if element.tag == "harmony":
                found = read_harmony(element, said, key)
                if found is not None:
                    chord, said = found
                    harmonies.append((start + offset, chord))
            elif element.text:
                words.append((start + offset, element.text))
    if harmonies:
        return _events(harmonies, end), list(notes)
    for voice in reversed(list(dict.fromkeys(note.voice for note in notes))):
        lyrics = [(note.onset, note.lyric) for note in notes if note.voice == voice and note.lyric]
        numerals = _numerals(lyrics, key)
        if numerals:
            return _events(numerals, end), [
                replace(note, lyric=None) if note.voice == voice else note for note in notes
            ]
    return _events(_numerals(words, key), end), list(notes)


def _numerals(texts: Sequence[tuple[Fraction, str]], key: Key) -> Labelled:
    """The texts as chords; none where they are not nearly all Roman numerals."""
    found = [(onset, chord) for onset, text in texts if (chord := _numeral(text, key)) is not None]
    enough = len(found) >= min(_FEWEST_NUMERALS, max(1, len(texts)))
    return found if enough and len(found) >= (1 - _MOST_STRANGERS) * len(texts) else []


def _numeral(text: str, key: Key) -> Chord | None:
    try:
        return parse_roman("".join(text.split()), key)
    except ValueError:
        return None


def _events(labelled: Labelled, end: Fraction) -> list[ChordEvent]:
    by_onset: dict[Fraction, Chord] = {}
    for onset, chord in labelled:
        if 0 <= onset < end:
            by_onset.setdefault(onset, chord)
    places = [*sorted(by_onset), end]
    return [ChordEvent(onset, stop - onset, by_onset[onset]) for onset, stop in pairwise(places)]
