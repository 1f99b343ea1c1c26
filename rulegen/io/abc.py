"""ABC out (standard 2.1): tunes and other music with pitches, a voice after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from rulegen.errors import OutputError
from rulegen.io.bars import Bar, printed_bars
from rulegen.io.labels import printed_chords
from rulegen.io.layout import WrittenNote, written_staff
from rulegen.io.note_values import TYPES
from rulegen.io.staves import parts_of
from rulegen.score.events import Score
from rulegen.score.timeline import Tempo
from rulegen.theory.pitch import LETTERS, Pitch, PitchClass
from rulegen.theory.scale import Key
from rulegen.theory.symbol import symbol_of

_UNIT = Fraction(1, 8)
_LENGTH_OF = {name: length for length, name in TYPES.items()}
_SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_MARKS = {"staccato": ".", "tenuto": "!tenuto!", "accent": "!>!", "marcato": "!^!"}
_MODES = {"major": "", "minor": "m", "aeolian": "m", "ionian": "", "dorian": "dor", "phrygian": "phr",
          "lydian": "lyd", "mixolydian": "mix", "locrian": "loc"}  # fmt: skip
_BARS_A_LINE = 4
_LINES = {"regular": "|", "double": "||", "final": "|]"}


def abc(score: Score) -> str:
    """The ABC of a score. Chords are written as symbols above the first voice.

    Raises OutputError for percussion, and ValueError where a length has no notation.
    """
    if any(voice.kit is not None for voice in score.voices):
        raise OutputError("ABC is for music with pitches, and the score has percussion")
    bars = printed_bars(score)
    if any(bar.repeats_to > 2 for bar in bars):  # ABC knows twice alone
        score = replace(score, repeat_style="written")
        bars = printed_bars(score)
    return "\n".join([*_header(score, bars[0].key), *_voices(score, bars)]) + "\n"


def _header(score: Score, key: Key) -> Iterator[str]:
    clock, said = score.timeline, dict(score.metadata)
    yield "X:1"
    yield f"T:{_line(score.title) or 'Untitled'}"
    if "composer" in said:
        yield f"C:{_line(said['composer'])}"
    yield f"M:{clock.meter.numerator}/{clock.meter.denominator}"
    yield f"L:{_UNIT}"
    yield f"Q:{_tempo(clock.tempo)}"
    yield f"K:{_key(key)}"


def _line(text: str) -> str:
    return " ".join(text.replace('"', "'").replace("%", "\\%").split())


def _tempo(tempo: Tempo) -> str:
    return f"{tempo.beat}={tempo.beats_a_minute:g}"


def _key(key: Key) -> str:
    if key.mode in _MODES:
        return key.tonic.name + _MODES[key.mode]
    return PitchClass.from_fifths(key.signature_fifths).name


def _voices(score: Score, bars: Sequence[Bar]) -> Iterator[str]:
    symbols = {
        (place, event.onset - bars[place].start): symbol_of(
            event.chord.root, event.chord.tones, event.chord.bass
        )
        for place, event, _ in printed_chords(score, bars)
    }
    staves = [staff for part in parts_of(score) for staff in part.staves]
    clefs = {voice: staff.clef for staff in staves for voice in staff.voices}
    for number, voice in enumerate(score.voices, 1):
        if len(score.voices) > 1:  # here, for music21 takes voices that the header names for others
            yield f'V:{number} name="{_line(voice.name)}" clef={clefs[voice.name].removesuffix("8vb")}'
        written = [lines[0] for lines in written_staff(score, (voice.name,), bars)]
        writer = _Writer(score, bars, symbols if number == 1 else {}, number == 1)
        texts = [writer.bar(place, notes) for place, notes in enumerate(written)]
        for start in range(0, len(texts), _BARS_A_LINE):
            stretch = texts[start : start + _BARS_A_LINE]
            yield " ".join(music for music, _ in stretch)
            if any(words for _, words in stretch if words.strip("*| ")):
                yield "w: " + " ".join(words for _, words in stretch)


class _Writer:
    """Writes the bars of one voice, with the accidentals that each needs."""

    def __init__(
        self,
        score: Score,
        bars: Sequence[Bar],
        symbols: dict[tuple[int, Fraction], str | None],
        is_first: bool,
    ) -> None:
        self.score, self.bars, self.symbols, self.is_first = score, bars, symbols, is_first

    def bar(self, place: int, notes: Sequence[WrittenNote]) -> tuple[str, str]:
        """The music of a bar with its bar line, and its syllables."""
        bar = self.bars[place]
        altered: set[int] = set()
        found = [self._opening(place)]
        words = []
        for at, note in enumerate(notes):
            symbol = self.symbols.get((place, note.onset))
            found.append(f'"{symbol}"' if symbol else "")
            found.append(self._note(bar, note, notes[at:], altered))
            if note.pitch is not None:
                words.append("*" if note.lyric is None else _syllable(note.lyric))
            if at + 1 < len(notes) and bar.meter.beat_of(bar.offset + notes[at + 1].onset).denominator == 1:
                found.append(" ")
        closing = ":|" if bar.repeats_to > 1 else _LINES[bar.line]
        return "".join(found).strip() + f" {closing}", " ".join([*words, "|"])

    def _opening(self, place: int) -> str:
        """What changes at a bar: repeat sign, key, meter; tempo in the first voice."""
        bar = self.bars[place]
        found = "|:" if bar.opens_repeat or (place == 0 and self._repeats_from_start()) else ""
        if place:
            before = self.bars[place - 1]
            if bar.key != before.key:
                found += f"[K:{_key(bar.key)}]"
            if bar.meter != before.meter:
                found += f"[M:{bar.meter.numerator}/{bar.meter.denominator}]"
        tempo = self.score.timeline.tempo_at(bar.start)
        if self.is_first and place and tempo != self.score.timeline.tempo_at(self.bars[place - 1].start):
            found += f"[Q:{_tempo(tempo)}]"
        return found

    def _repeats_from_start(self) -> bool:
        marked = next((bar for bar in self.bars if bar.opens_repeat or bar.repeats_to > 1), None)
        return marked is not None and not marked.opens_repeat

    def _note(self, bar: Bar, note: WrittenNote, following: Sequence[WrittenNote], altered: set[int]) -> str:
        length = _written_length(note) / _UNIT
        times = "" if length == 1 else str(length) if length.denominator == 1 else (
            f"/{length.denominator}" if length.numerator == 1 else str(length)
        )  # fmt: skip
        tuplet = _tuplet(note, following)
        if note.pitch is None:
            return f"{tuplet}{'x' if note.is_hidden else 'z'}{times}"
        marks = "".join(_MARKS[mark] for mark in note.articulations) + ("!fermata!" if note.fermata else "")
        opens, closes = "(" * (note.slur == "start"), ")" * (note.slur == "stop")
        pitch = _pitch(note.pitch, bar.key, altered)
        return f"{tuplet}{opens}{marks}{pitch}{times}{'-' * note.tied_to}{closes}"


def _syllable(text: str) -> str:
    return "~".join(text.split()).replace("-", "\\-") or "*"


def _written_length(note: WrittenNote) -> Fraction:
    """What a note's head, dots and all, stands for outside its tuplet."""
    if note.value is None:
        return note.duration
    return note.duration * note.value.actual / note.value.normal


def _tuplet(note: WrittenNote, following: Sequence[WrittenNote]) -> str:
    if not note.tuplet.startswith("start") or note.value is None:
        return ""
    count = next(place for place, each in enumerate(following, 1) if each.tuplet.lower().endswith("stop"))
    return f"({note.value.actual}:{note.value.normal}:{count}"


def _pitch(pitch: Pitch, key: Key, altered: set[int]) -> str:
    """A pitch, with its accidental where the key has another, or a note of its letter in the bar had one."""
    usual = next(each.alter for each in key.scale if each.letter == pitch.letter)
    sign = ""
    if pitch.alter != usual or pitch.letter in altered:
        sign = _SIGNS[pitch.alter]
        altered.add(pitch.letter)
    letter = LETTERS[pitch.letter]
    if pitch.octave >= 5:
        return sign + letter.lower() + "'" * (pitch.octave - 5)
    return sign + letter + "," * (4 - pitch.octave)
