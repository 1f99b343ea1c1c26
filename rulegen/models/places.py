"""Places in time as models know them, and the lines and chord sequences that stand on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from rulegen.io.pieces import CorpusPiece, key_of
from rulegen.models.base import CONDITIONS, Alphabet, Symbol, Tokens
from rulegen.models.harmony import NO_CHORD, number_of, sounding
from rulegen.theory.chord import parse_chord
from rulegen.theory.meter import BEAT, DOWNBEAT, HALF_BAR, Meter

FIRST, INSIDE, LAST_BUT_ONE, LAST = range(4)  # where in its phrase a note or chord stands
MARGIN = 5  # semitones that an alphabet of pitches reaches beyond what was heard
_MIDDLE_C = 60


@dataclass(frozen=True, slots=True)
class SymbolLine:
    """Symbols one after another, each at a place of a condition."""

    name: str
    symbols: tuple[Symbol, ...]
    conditions: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.symbols)


def condition_of(minor: bool, strength: int, phrase: int) -> int:
    """A place as one number below `CONDITIONS`: mode × 16 + strength × 4 + phrase."""
    return 16 * minor + 4 * strength + phrase


def parts_of(condition: int) -> tuple[bool, int, int]:
    """What `condition_of` joined: minor, strength, phrase."""
    return condition >= 16, condition // 4 % 4, condition % 4


def strength_class(meter: Meter, offset: Fraction) -> int:
    """0 on the downbeat, 1 on another strong beat, 2 on a weak one, 3 off the beat."""
    strength = meter.strength(offset)
    return 0 if strength == DOWNBEAT else 1 if strength == HALF_BAR else 2 if strength == BEAT else 3


def phrase_classes(onsets: Sequence[Fraction], ends: Iterable[Fraction]) -> list[int]:
    """Where in its phrase each element stands; `ends` are the phrases' ends, an only element being last."""
    stops = sorted(ends)
    phrases = [sum(end <= onset for end in stops) for onset in onsets]
    found = []
    for place, phrase in enumerate(phrases):
        ahead = [place + step < len(phrases) and phrases[place + step] == phrase for step in (1, 2)]
        if not ahead[0]:
            found.append(LAST)
        elif place == 0 or phrases[place - 1] != phrase:
            found.append(FIRST)
        else:
            found.append(INSIDE if ahead[1] else LAST_BUT_ONE)
    return found


def as_they_come(onsets: Sequence[Fraction], starts: Iterable[Fraction]) -> list[int]:
    """Where in its phrase each element stands, as far as that is known before its length is."""
    opening = set(starts)
    return [FIRST if onset in opening else INSIDE for onset in onsets]


def pitch_symbol(midi: int, tonic: int) -> int:
    """Semitones above the tonic (0 to 11, C to B) in the octave from middle C."""
    return midi - _MIDDLE_C - tonic


def line_of(
    piece: CorpusPiece, voice: str, with_lengths: bool = False, with_chords: bool = False
) -> SymbolLine | None:
    """A voice of a piece, rests left out, with its pitches or its pitches and lengths; None without one.

    with_chords: whether conditions tell what chord of the piece sounds where a note begins.
    """
    notes = piece.voice(voice)
    if not notes:
        return None
    onsets = [note.onset for note in notes]
    phrases = (
        as_they_come(onsets, (Fraction(0), *piece.phrase_ends))
        if with_lengths
        else phrase_classes(onsets, piece.phrase_ends)
    )
    over = _chords_over(piece, onsets) if with_chords else [NO_CHORD] * len(notes)
    keys = [piece.tonic_at(onset) for onset in onsets]
    conditions = tuple(
        condition_of(minor, strength_class(piece.meter_at(note.onset)[1], note.offset), phrase)
        + CONDITIONS * chord
        for note, (_, minor), phrase, chord in zip(notes, keys, phrases, over, strict=True)
    )
    pitches = tuple(pitch_symbol(note.midi, tonic) for note, (tonic, _) in zip(notes, keys, strict=True))
    symbols: tuple[Symbol, ...] = pitches
    if with_lengths:
        symbols = tuple((pitch, note.duration) for pitch, note in zip(pitches, notes, strict=True))
    return SymbolLine(piece.name, symbols, conditions)


def _chords_over(piece: CorpusPiece, onsets: Sequence[Fraction]) -> list[int]:
    """The number of the chord that sounds at each onset; of one that is no chord in the piece's key, none."""
    numbers = []
    for onset, label in piece.chords:
        try:
            numbers.append((onset, number_of(parse_chord(label, key_of(piece, onset)))))
        except ValueError:
            numbers.append((onset, NO_CHORD))
    return sounding(onsets, numbers)


def alphabet_of(lines: Sequence[SymbolLine], kind: str) -> Alphabet:
    """The alphabet of what was heard: pitches with a margin on both sides, chords in alphabetical order.

    Raises ValueError where nothing was.
    """
    heard = {symbol for line in lines for symbol in line.symbols}
    if not heard:
        raise ValueError("there are no symbols to make an alphabet of")
    if kind == "chord":
        return Alphabet(kind, tuple(sorted(str(symbol) for symbol in heard)))
    if kind == "pitch+length":
        pairs = [symbol for symbol in heard if isinstance(symbol, tuple)]
        span = _span([pitch for pitch, _ in pairs])
        lengths = sorted({length for _, length in pairs})
        return Alphabet(kind, tuple((pitch, length) for pitch in span for length in lengths))
    return Alphabet(kind, tuple(_span([symbol for symbol in heard if isinstance(symbol, int)])))


def encoded(line: SymbolLine, alphabet: Alphabet) -> Tokens:
    """A line in tokens of the alphabet. Raises ValueError for a symbol that the alphabet has not."""
    symbols = []
    for symbol in line.symbols:
        place = alphabet.index(symbol)
        if place is None:
            raise ValueError(f"{line.name}: {symbol} is not of the alphabet")
        symbols.append(place)
    return Tokens(
        np.array(symbols, dtype=np.int32)[:, None], np.array(line.conditions, dtype=np.int32), line.name
    )


def _span(pitches: Sequence[int]) -> range:
    return range(min(pitches) - MARGIN, max(pitches) + MARGIN + 1)
