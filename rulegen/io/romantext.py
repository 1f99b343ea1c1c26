"""RomanText out (Tymoczko et al., ISMIR 2019): the chords of a score as numerals, measure by measure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from rulegen.errors import OutputError
from rulegen.io.bars import Bar, printed_bars
from rulegen.io.labels import is_symbol
from rulegen.score.events import Score
from rulegen.theory.chord import Chord
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import PitchClass
from rulegen.theory.scale import Key

_NUMERAL = re.compile(r"(?P<sign>[b#]?)(?P<degree>[IViv]+)(?P<rest>[^/]*)(?P<target>/.*)?")
_OTHER_WORDS = (("°", "o"), ("maj", "M"), ("dom", "d"))
_SIXTHS_AND_NEAPOLITANS = re.compile(r"(It|Fr|Ger|N)(.*)")
_RAISED_IN_MINOR = (6, 7)  # degrees that are raised there where their chord is minor or diminished


def romantext(score: Score) -> str:
    """The numerals of a score, repeats written out. Raises OutputError where it has none, or chord symbols.

    A mode other than major and minor is written as that of the two with its third, degrees by accidentals.
    """
    if not score.chords:
        raise OutputError("RomanText is of Roman numerals, and the score has no chords")
    symbol = next((event.chord for event in score.chords if is_symbol(event.chord)), None)
    if symbol is not None:
        raise OutputError(f"RomanText is of Roman numerals, and {symbol.label} is a chord symbol")
    written = replace(score, repeat_style="written")
    return "\n".join([*_header(score), "", *_measures(written)]) + "\n"


def _header(score: Score) -> Iterator[str]:
    said = dict(score.metadata)
    if "composer" in said:
        yield f"Composer: {_line(said['composer'])}"
    yield f"Piece: {_line(score.title)}"
    yield "Analyst: rulegen"


def _line(text: str) -> str:
    return " ".join(text.split())


def _measures(score: Score) -> Iterator[str]:
    meter: Meter | None = None
    key: Key | None = None
    bars = printed_bars(score)
    place = 0
    while place < len(bars):
        bar, end = bars[place], bars[place].end
        while place + 1 < len(bars) and bars[place + 1].continues:  # a bar that a double line divides
            place, end = place + 1, bars[place + 1].end
        if bar.meter != meter:
            meter = bar.meter
            yield f"Time Signature: {meter.numerator}/{meter.denominator}"
        line = f"m{bar.number}"
        for onset, chord in _chords(score, bar.start, end):
            beat = _beat(bar, onset)
            if beat != 1:
                line += f" b{_number(beat)}"
            if chord.key != key:
                key = chord.key
                line += f" {_key(key)}:"
            line += f" {numeral(chord)}"
        yield line
        place += 1


def _chords(score: Score, start: Fraction, end: Fraction) -> Iterator[tuple[Fraction, Chord]]:
    """The chords that begin between two moments, and the one that goes on at the first."""
    for event in score.chords:
        if event.onset < end and start < event.end:
            yield max(event.onset, start), event.chord


def _beat(bar: Bar, onset: Fraction) -> Fraction:
    """The beat as RomanText counts it: dotted ones in compound meters."""
    return bar.meter.beat_of(bar.offset + onset - bar.start)


def _number(beat: Fraction) -> str:
    return str(beat) if beat.denominator == 1 else f"{float(beat):.3f}".rstrip("0")


def _key(key: Key) -> str:
    tonic = key.tonic.name
    return tonic if key.has_major_third else tonic.lower()


def numeral(chord: Chord) -> str:
    """A chord's numeral as RomanText writes it."""
    special = _SIXTHS_AND_NEAPOLITANS.fullmatch(chord.label.split("/")[0])
    target = chord.label.partition("/")[2]
    if special is not None:
        head, tail = chord.label.split("/")[0], f"/{target}" if target else ""
        return {"N": "bII", "N6": "bII6", "N64": "bII64"}.get(head, head) + tail
    found = _NUMERAL.fullmatch(chord.label)
    if found is None:
        return chord.label
    rest = found["rest"]
    for ours, theirs in _OTHER_WORDS:
        rest = rest.replace(ours, theirs)
    degree = found["degree"]
    if found["target"]:
        return f"{found['sign']}{degree}{rest}{found['target']}"
    return f"{_sign(chord, degree)}{degree}{rest}"


def _sign(chord: Chord, degree: str) -> str:
    """How far the root lies from that of the degree in major or minor as RomanText has them."""
    mode = "major" if chord.key.has_major_third else "minor"
    scale = Key(chord.key.tonic, mode).scale
    usual: PitchClass = scale[chord.degree - 1]
    raised = mode == "minor" and chord.degree in _RAISED_IN_MINOR and degree.islower()
    distance = chord.root.alter - usual.alter - raised
    return "#" * distance if distance > 0 else "b" * -distance
