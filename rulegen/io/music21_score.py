"""A score as music21 notation, complete: nothing is left for its makeNotation to guess."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from rulegen.io.bars import Bar, printed_bars
from rulegen.io.labels import is_symbol, restated
from rulegen.io.layout import WrittenNote, written_bars
from rulegen.io.note_values import NoteValue
from rulegen.io.staves import Staff, staves_of
from rulegen.score.events import ChordEvent, Score
from rulegen.theory.pitch import LETTERS, Pitch

if TYPE_CHECKING:
    from music21.duration import Duration
    from music21.metadata import Metadata
    from music21.note import GeneralNote
    from music21.stream import Measure, Part
    from music21.stream import Score as Notation

COMPOSER = "rulegen"


def to_music21(score: Score, labels: bool = True) -> Notation:
    """The score in music21, one part a voice; `labels` shows the chords as texts below the lowest part.

    Raises ValueError where a length has no notation, or where notes of one voice overlap.
    """
    from music21 import layout, stream

    bars = printed_bars(score)
    notation = stream.Score()
    notation.insert(0, _metadata(score))
    parts = [_part(score, place, staff, bars) for place, staff in enumerate(staves_of(score))]
    _mark_tempo(score, parts)
    if labels and parts:
        _label(score, bars, parts[labelled_part(score)])
    for part in parts:
        notation.insert(0, part)
    if len(parts) > 1:
        notation.insert(0, layout.StaffGroup(parts, symbol="bracket", barTogether=True))
    return notation


def _metadata(score: Score) -> Metadata:
    from music21 import metadata

    found = metadata.Metadata()
    found.title = score.title
    found.composer = dict(score.metadata).get("composer", COMPOSER)
    for name, value in score.metadata:
        if name != "composer":
            found.addCustom(name, value)
    return found


def _part(score: Score, place: int, staff: Staff, bars: Sequence[Bar]) -> Part:
    from music21 import instrument, stream

    part = stream.Part(id=f"P{place + 1}")
    part.partName, part.partAbbreviation = staff.name, staff.abbreviation
    player = instrument.Instrument(staff.name)
    player.partId, player.instrumentId = f"P{place + 1}", f"I{place + 1}"
    player.midiProgram = staff.program
    player.midiChannel = place % 15 + (place % 15 >= 9)
    part.coreInsert(0.0, player)
    clock = Fraction(0)
    for bar, written in zip(bars, written_bars(score, score.voices[place].name, bars), strict=True):
        part.coreInsert(_quarters(clock), _measure(bar, written))
        clock += bar.end - bar.start
    part.coreElementsChanged()
    _begin(score, part, staff)
    return part


def _begin(score: Score, part: Part, staff: Staff) -> None:
    """Clef, key and meter of the first bar."""
    from music21 import clef, key, meter

    first = part.getElementsByClass("Measure").first()
    clefs = {
        "treble": clef.TrebleClef,
        "treble8vb": clef.Treble8vbClef,
        "alto": clef.AltoClef,
        "bass": clef.BassClef,
    }
    signature = key.KeySignature(score.key.signature_fifths)
    signature.mode = score.key.mode
    first.insert(0, clefs[staff.clef]())
    first.insert(0, signature)
    first.insert(0, meter.TimeSignature(f"{score.meter.numerator}/{score.meter.denominator}"))


def _measure(bar: Bar, written: Iterable[WrittenNote]) -> Measure:
    from music21 import bar as lines
    from music21 import stream

    measure = stream.Measure(number=bar.number)
    if not bar.is_counted:
        measure.showNumber = stream.enums.ShowNumber.NEVER
        measure.numberSuffix = "b" if bar.number else None
        measure.paddingLeft = _quarters(bar.offset)
    for note in written:
        measure.coreInsert(_quarters(note.onset), _general_note(note))
    measure.coreElementsChanged()
    if bar.opens_repeat:
        measure.leftBarline = lines.Repeat(direction="start")
    if bar.repeats_to > 1:
        times = bar.repeats_to if bar.repeats_to > 2 else None
        measure.rightBarline = lines.Repeat(direction="end", times=times)
    elif bar.line != "regular":
        measure.rightBarline = lines.Barline(bar.line)
    return measure


def _general_note(written: WrittenNote) -> GeneralNote:
    from music21 import note

    if written.value is None:
        silence = note.Rest(quarterLength=_quarters(written.duration))
        silence.fullMeasure = True
        return silence
    duration = _duration(written.value, written.tuplet)
    if written.pitch is None:
        silence = note.Rest(duration=duration)
        silence.fullMeasure = False
        return silence
    head = note.Note(_pitch(written.pitch, written.shows_accidental), duration=duration)
    _add_marks(head, written)
    return head


def _add_marks(head: GeneralNote, written: WrittenNote) -> None:
    from music21 import expressions, tie

    if written.tied_from or written.tied_to:
        kind = (
            "continue" if written.tied_from and written.tied_to else "stop" if written.tied_from else "start"
        )
        head.tie = tie.Tie(kind)
    if written.fermata:
        mark = expressions.Fermata()
        mark.type = "upright"
        head.expressions.append(mark)
    if written.lyric is not None:
        head.addLyric(written.lyric, applyRaw=True)
    for word in written.beams:
        kind, _, direction = word.partition("-")
        head.beams.append(kind, direction or None)


def _pitch(pitch: Pitch, shows_accidental: bool) -> object:
    from music21.pitch import Accidental
    from music21.pitch import Pitch as NotationPitch

    found = NotationPitch(step=LETTERS[pitch.letter], octave=pitch.octave)
    if pitch.alter or shows_accidental:
        sign = Accidental(pitch.alter)
        sign.displayStatus = shows_accidental
        found.accidental = sign
    return found


def _duration(value: NoteValue, edge: str) -> Duration:
    from music21 import duration

    found = duration.Duration(type=value.type, dots=value.dots)
    if value.actual > 1:
        ratio = duration.Tuplet(value.actual, value.normal, value.type)
        ratio.type = edge or None
        found.tuplets = (ratio,)
    return found


def _mark_tempo(score: Score, parts: Sequence[Part]) -> None:
    from music21 import duration, tempo

    if not parts:
        return
    beat = duration.Duration("quarter")
    number = score.tempo_quarter_bpm
    dotted = number * 2 / 3
    if score.meter.is_compound and score.meter.denominator == 8 and dotted.is_integer():
        beat, number = duration.Duration(type="quarter", dots=1), dotted
    shown = int(number) if float(number).is_integer() else number
    mark = tempo.MetronomeMark(number=shown, referent=beat)
    mark.placement = "above"
    parts[0].getElementsByClass("Measure").first().insert(0, mark)


def labelled_part(score: Score) -> int:
    """The place of the part that carries the chords: symbols stand above the top, numerals below the bass."""
    return 0 if all(is_symbol(event.chord) for event in score.chords) else len(score.voices) - 1


def printed_chords(score: Score, bars: Sequence[Bar]) -> list[tuple[int, ChordEvent]]:
    """The chords that are shown, each with the place of its bar.

    A chord that goes on, stated again, is shown once, save where a section begins.
    """
    seams = {section.onset for section in score.sections}
    going_on = {event.onset for event in restated(score)} - seams
    return [
        (place, event)
        for place, bar in enumerate(bars)
        for event in score.chords
        if bar.start <= event.onset < bar.end and event.onset not in going_on
    ]


def _label(score: Score, bars: Sequence[Bar], part: Part) -> None:
    """Each chord as a text on the bar in which it begins."""
    from music21 import expressions

    measures = list(part.getElementsByClass("Measure"))
    for place, event in printed_chords(score, bars):
        text = expressions.TextExpression(event.chord.label)
        text.placement = "above" if is_symbol(event.chord) else "below"
        measures[place].insert(_quarters(event.onset - bars[place].start), text)


def _quarters(time: Fraction) -> float | Fraction:
    """A time in music21's unit, quarter notes: a float where it is exact, else a fraction."""
    quarters = 4 * time
    return float(quarters) if quarters.denominator & (quarters.denominator - 1) == 0 else quarters
