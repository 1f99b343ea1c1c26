"""What stands on each printed bar of a staff: written notes with ties, beams, tuplets and accidentals."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate

from rulegen.io.bars import Bar
from rulegen.io.beams import beams_of
from rulegen.io.note_values import NoteValue, TiedPart, split
from rulegen.score.events import Note, Score
from rulegen.theory.pitch import LETTER_FIFTHS, Pitch
from rulegen.theory.scale import Key


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """A note head or a rest on paper; `onset` is its distance from the start of the printed bar.

    The rest of a whole bar has no `value`. `tuplet` is start, stop, startStop or empty, `slur` start, stop or
    empty; `beams` has a word for each beam, as in MusicXML. A hidden rest is not printed.
    """

    onset: Fraction
    duration: Fraction
    value: NoteValue | None
    pitch: Pitch | None = None
    shows_accidental: bool = False
    tied_from: bool = False
    tied_to: bool = False
    fermata: bool = False
    lyric: str | None = None
    beams: tuple[str, ...] = ()
    tuplet: str = ""
    articulations: tuple[str, ...] = ()
    slur: str = ""
    is_hidden: bool = False


def written_staff(
    score: Score, voices: Sequence[str], bars: Sequence[Bar], for_one_player: bool = False
) -> list[list[list[WrittenNote]]]:
    """The written notes of the voices of a staff, bar by bar and voice by voice; time without a note is
    filled with rests. An accidental holds for the whole staff. One player sees no rest where another voice
    sounds.

    Raises ValueError where notes of the voice overlap, or where a length has no notation.
    """
    written = [_written_bars(score, voice, bars) for voice in voices]
    return [
        _with_accidentals(bar.key, _with_rests_hidden(lines) if for_one_player else list(lines))
        for bar, lines in zip(bars, zip(*written, strict=True), strict=True)
    ]


def _written_bars(score: Score, voice: str, bars: Sequence[Bar]) -> list[list[WrittenNote]]:
    sounding = [note for note in score.notes_of(voice) if note.pitch is not None]
    onsets = [note.onset for note in sounding]
    reach = list(accumulate((note.end for note in sounding), max))
    slurs = list(_slurs(sounding))
    found = []
    for bar in bars:
        first, stop = bisect_right(reach, bar.start), bisect_left(onsets, bar.end)
        written = list(_bar_notes(bar, sounding[first:stop], slurs[first:stop]))
        found.append(_with_tuplets(bar, _with_beams(bar, written)))
    return found


def _slurs(notes: Sequence[Note]) -> Iterator[str]:
    """Whether a slur starts or stops at each note; none starts at the last."""
    is_open = False
    for place, note in enumerate(notes):
        goes_on = note.slurred and place + 1 < len(notes)
        yield "" if goes_on == is_open else "start" if goes_on else "stop"
        is_open = goes_on


def _bar_notes(bar: Bar, notes: Sequence[Note], slurs: Sequence[str]) -> Iterator[WrittenNote]:
    if not notes and bar.end - bar.start == bar.meter.bar_length:
        yield WrittenNote(Fraction(0), bar.end - bar.start, None)
        return
    clock = bar.start
    for note, slur in zip(notes, slurs, strict=True):
        start, end = max(note.onset, bar.start), min(note.end, bar.end)
        if start < clock:
            raise ValueError(f"{note.voice}, bar {bar.number}: {note.pitch} begins before the last note ends")
        yield from _rests(bar, clock, start)
        yield from _pieces(bar, note, slur, start, end)
        clock = end
    yield from _rests(bar, clock, bar.end)


def _rests(bar: Bar, start: Fraction, end: Fraction) -> Iterator[WrittenNote]:
    if start < end:
        shift = bar.start - bar.offset
        for piece in split(bar.meter, start - shift, end - start, is_rest=True):
            yield WrittenNote(piece.onset - bar.offset, piece.duration, piece.value)


def _pieces(bar: Bar, note: Note, slur: str, start: Fraction, end: Fraction) -> Iterator[WrittenNote]:
    shift = bar.start - bar.offset
    pieces: tuple[TiedPart, ...] = split(bar.meter, start - shift, end - start)
    for piece in pieces:
        place = piece.onset + shift
        is_first, is_last = place == note.onset, place + piece.duration == note.end
        yield WrittenNote(
            onset=piece.onset - bar.offset,
            duration=piece.duration,
            value=piece.value,
            pitch=note.pitch,
            tied_from=not is_first,
            tied_to=not is_last,
            fermata=note.fermata and is_last,
            lyric=note.lyric if is_first else None,
            articulations=note.articulations if is_first else (),
            slur=slur if (is_last if slur == "stop" else is_first) else "",
        )


def _with_beams(bar: Bar, written: list[WrittenNote]) -> list[WrittenNote]:
    beams = beams_of(
        bar.meter,
        [
            (note.onset + bar.offset, note.duration, note.value.flags if note.pitch and note.value else 0)
            for note in written
        ],
    )
    return [replace(note, beams=found) if found else note for note, found in zip(written, beams, strict=True)]


def _with_tuplets(bar: Bar, written: list[WrittenNote]) -> list[WrittenNote]:
    """Brackets around each tuplet: as far as an even place of the bar, or as the notes of its kind go."""
    found = list(written)
    ratios = [note.value.actual if note.value else 1 for note in written] + [1]
    opened: int | None = None
    for place, note in enumerate(written):
        if ratios[place] == 1:
            continue
        opened = place if opened is None else opened
        if _is_even(bar.offset + note.onset + note.duration) or ratios[place + 1] != ratios[place]:
            edges = "startStop" if opened == place else "stop"
            found[opened] = replace(found[opened], tuplet="start")
            found[place] = replace(found[place], tuplet=edges)
            opened = None
    return found


def _with_rests_hidden(lines: Sequence[Sequence[WrittenNote]]) -> list[list[WrittenNote]]:
    sounding = [
        (note.onset, note.onset + note.duration) for line in lines for note in line if note.pitch is not None
    ]
    return [
        [replace(note, is_hidden=note.pitch is None and _is_covered(note, sounding)) for note in line]
        for line in lines
    ]


def _is_covered(rest: WrittenNote, sounding: Sequence[tuple[Fraction, Fraction]]) -> bool:
    """Whether something sounds all the time that a rest lasts."""
    clock = rest.onset
    for start, end in sorted(sounding):
        if start <= clock:
            clock = max(clock, end)
    return clock >= rest.onset + rest.duration


def _with_accidentals(key: Key, lines: Sequence[Sequence[WrittenNote]]) -> list[list[WrittenNote]]:
    """Accidentals where a note departs from the signature, or from the accidental before it in the bar."""
    heard: dict[int, int] = {}
    found = [list(line) for line in lines]
    places = (
        (note.onset, number, place) for number, line in enumerate(lines) for place, note in enumerate(line)
    )
    for _, number, place in sorted(places):
        note = found[number][place]
        pitch = note.pitch
        if pitch is None or note.tied_from:
            continue
        expected = heard.get(pitch.diatonic, signature_alter(key, pitch.letter))
        heard[pitch.diatonic] = pitch.alter
        if pitch.alter != expected:
            found[number][place] = replace(note, shows_accidental=True)
    return found


def signature_alter(key: Key, letter: int) -> int:
    """The alteration that a key signature gives to a letter."""
    return (key.signature_fifths + 5 - LETTER_FIFTHS[letter]) // 7


def _is_even(length: Fraction) -> bool:
    """Whether halving makes a length: no part of a tuplet is left over."""
    return length.denominator & (length.denominator - 1) == 0
