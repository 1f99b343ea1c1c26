"""LilyPond out (2.24): a score with its staves, voices, marks and labels, and the MIDI file that it makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from rulegen.io.bars import Bar, printed_bars
from rulegen.io.labels import is_symbol, printed_chords
from rulegen.io.layout import WrittenNote, written_staff
from rulegen.io.note_values import TYPES, undotted_or_dotted
from rulegen.io.staves import Player, Staff, parts_of
from rulegen.score.events import HAIRPINS, Score
from rulegen.score.timeline import Tempo
from rulegen.theory.pitch import LETTERS, Pitch, PitchClass
from rulegen.theory.scale import Key
from rulegen.theory.stroke import Stroke

_VERSION = "2.24.0"
_SIGNS = {-2: "ff", -1: "f", 0: "", 1: "s", 2: "ss"}  # of `\language "english"`
_LONG = {"long": r"\longa", "breve": r"\breve"}
_NUMBERS = {name: str(1 / length) for length, name in TYPES.items() if length <= 1}
_MODES = ("major", "minor", "ionian", "dorian", "phrygian", "lydian", "mixolydian", "aeolian", "locrian")
_MARKS = {"staccato": r"\staccato", "tenuto": r"\tenuto", "accent": r"\accent", "marcato": r"\marcato"}
_LINES = {"double": "||", "final": "|."}
_STEMS = (r"\voiceOne", r"\voiceTwo", r"\voiceThree", r"\voiceFour")
_WEDGES = dict(zip(HAIRPINS, (r"\<", r"\>"), strict=True))
_DRUMS = (
    "bda", "bd", "ss", "sna", "hc", "sne", "tomfl", "hhc", "tomfh", "hhp", "toml", "hho", "tomml",
    "tommh", "cymca", "tomh", "cymra", "cymch", "rb", "tamb", "cyms", "cb", "cymcb", "vibs",
    "cymrb", "boh", "bol", "cghm", "cgho", "cgl", "timh", "timl", "agh", "agl", "cab", "mar", "whs",
    "whl", "guis", "guil", "cl", "wbh", "wbl", "cuim", "cuio", "trim", "tri",
)  # fmt: skip
_FIRST_DRUM = 35  # the key of the first of these


def lilypond(score: Score) -> str:
    """The LilyPond of a score. Raises ValueError where a length has no notation."""
    bars, parts = printed_bars(score), parts_of(score)
    names: dict[str, str] = {}
    lines = [rf'\version "{_VERSION}"', r'\language "english"', "", *_header(score), ""]
    for part in parts:
        for staff in part.staves:
            alone = len(part.staves) > 1 or bool(
                staff.strokes
            )  # a player sees no rest where another hand plays
            for place, (voice, music) in enumerate(_voices(score, staff, bars, alone)):
                names[voice] = f"voice{_letters(len(names))}"
                first = not place and part is parts[0] and staff is part.staves[0]
                opening = _time(score, bars, first, has_key=not staff.strokes)
                lines += [f"{names[voice]} = {_mode(staff)}{{", *_joined(opening, music, bars), "}", ""]
    lines += [r"music = <<", *_staves(score, parts, names, bars), ">>", ""]
    lines += [r"\score { \music \layout { } }", r"\score { \unfoldRepeats \music \midi { } }"]
    return "\n".join(lines) + "\n"


def _header(score: Score) -> Iterator[str]:
    composer = dict(score.metadata).get("composer", "")
    yield rf"\header {{ title = {_text(score.title)} composer = {_text(composer)} tagline = ##f }}"


def _text(text: str) -> str:
    kept = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{kept}"'


def _letters(number: int) -> str:
    """A number as letters, which are all that a name may have."""
    return "".join(chr(ord("A") + int(digit)) for digit in str(number))


def _mode(staff: Staff) -> str:
    return r"\drummode " if staff.strokes else ""


def _time(score: Score, bars: Sequence[Bar], with_tempo: bool, has_key: bool) -> list[str]:
    """What is said before each bar: key, meter, the length of a short bar, and the tempo."""
    found = []
    for place, bar in enumerate(bars):
        before = bars[place - 1] if place else None
        said = "" if not has_key or (before and before.key == bar.key) else _key(bar.key)
        if before is None or before.meter != bar.meter:
            said += rf" \time {bar.meter.numerator}/{bar.meter.denominator}"
        length = bar.end - bar.start
        short = before is not None and before.end - before.start != before.meter.bar_length
        if place == 0 and length != bar.meter.bar_length:
            said += rf" \partial 1*{length}"
        elif place and (length != bar.meter.bar_length or (short and place > 1)):
            said += rf" \set Timing.measureLength = #(ly:make-moment {length.numerator}/{length.denominator})"
        tempo = score.timeline.tempo_at(bar.start)
        if with_tempo and (before is None or tempo != score.timeline.tempo_at(before.start)):
            said += f" {_tempo(tempo)}"
        found.append(said.strip())
    return found


def _key(key: Key) -> str:
    if key.mode in _MODES:
        return rf"\key {_name(key.tonic)} \{key.mode}"
    return rf"\key {_name(PitchClass.from_fifths(key.signature_fifths))} \major"


def _name(pitch: PitchClass | Pitch) -> str:
    return LETTERS[pitch.letter].lower() + _SIGNS[pitch.alter]


def _tempo(tempo: Tempo) -> str:
    beat, number = undotted_or_dotted(tempo.beat), tempo.beats_a_minute
    if beat is None:
        return rf"\tempo 4 = {round(tempo.quarter_bpm)}"
    return rf"\tempo {_NUMBERS.get(beat.type, _LONG.get(beat.type, ''))}{'.' * beat.dots} = {round(number)}"


def _joined(opening: Sequence[str], music: Sequence[str], bars: Sequence[Bar]) -> Iterator[str]:
    """The bars of a voice, each on a line, within the repeats that they are of."""
    starts = _repeats(bars)
    for place, (said, notes) in enumerate(zip(opening, music, strict=True)):
        bar = bars[place]
        head = rf"\repeat volta {starts[place]} {{ " if place in starts else ""
        tail = " }" if bar.repeats_to > 1 else ""
        line = rf' \bar "{_LINES[bar.line]}"' if bar.line in _LINES and not tail else ""
        yield f"  {head}{said}{' ' if said else ''}{notes}{tail}{line} |"


def _repeats(bars: Sequence[Bar]) -> dict[int, int]:
    """The places of the bars that begin a repeat, and how often each sounds."""
    found, start = {}, 0
    for place, bar in enumerate(bars):
        if bar.opens_repeat:
            start = place
        if bar.repeats_to > 1:
            found[start] = bar.repeats_to
            start = place + 1
    return found


def _voices(
    score: Score, staff: Staff, bars: Sequence[Bar], for_one_player: bool
) -> Iterator[tuple[str, list[str]]]:
    """The music of each voice of a staff, bar by bar."""
    written = written_staff(score, staff.voices, bars, for_one_player)
    for place, voice in enumerate(staff.voices):
        stroke = score.voice(voice).stroke
        yield voice, [" ".join(_notes(bar[place], stroke)) for bar in written]


def _notes(notes: Sequence[WrittenNote], stroke: Stroke | None) -> Iterator[str]:
    for note in notes:
        if note.tuplet.startswith("start") and note.value is not None:
            yield rf"\tuplet {note.value.actual}/{note.value.normal} {{"
        yield _head(note, stroke) + _length(note) + "".join(_after(note))
        if note.tuplet.lower().endswith("stop"):
            yield "}"


def _head(note: WrittenNote, stroke: Stroke | None) -> str:
    if note.pitch is None:
        return "s" if note.is_hidden else "R" if note.value is None else "r"
    if stroke is not None:
        return _DRUMS[stroke.key - _FIRST_DRUM]
    marks = note.pitch.octave - 3
    return _name(note.pitch) + ("'" * marks if marks > 0 else "," * -marks)


def _length(note: WrittenNote) -> str:
    if note.value is None:
        return f"1*{note.duration}"
    return (_LONG.get(note.value.type) or _NUMBERS[note.value.type]) + "." * note.value.dots


def _after(note: WrittenNote) -> Iterator[str]:
    if note.pitch is None:
        return
    yield "~" * note.tied_to
    yield {"start": "(", "stop": ")"}.get(note.slur, "")
    yield from (_MARKS[mark] for mark in note.articulations)
    yield r"\fermata" * note.fermata


def _staves(
    score: Score, parts: Sequence[Player], names: dict[str, str], bars: Sequence[Bar]
) -> Iterator[str]:
    """The staves with their voices, dynamics and words; numerals under the last, symbols above the first."""
    symbols = bool(score.chords) and all(is_symbol(event.chord) for event in score.chords)
    if symbols:
        yield from _labels(score, bars)
    for part in parts:
        if len(part.staves) > 1:
            yield rf"  \new PianoStaff \with {{ instrumentName = {_text(part.name)} }} <<"
        for staff in part.staves:
            name = f" \\with {{ instrumentName = {_text(part.name)} }}" if len(part.staves) == 1 else ""
            kind = "DrumStaff" if staff.strokes else "Staff"
            clef = "" if staff.strokes else rf'\clef "{staff.clef.replace("8vb", "_8")}" '
            yield rf"  \new {kind}{name} << {clef}"
            for place, voice in enumerate(staff.voices):
                stem = f"{_STEMS[min(place, 3)]} " if len(staff.voices) > 1 else ""
                context = "DrumVoice" if staff.strokes else "Voice"
                yield rf'    \new {context} = "{names[voice]}" {{ {stem}\{names[voice]} }}'
            yield "  >>"
            yield from (line for voice in staff.voices for line in _words(score, voice, names[voice]))
        if len(part.staves) > 1:
            yield "  >>"
        yield from _loudness(score, [voice for staff in part.staves for voice in staff.voices], bars)
    if score.chords and not symbols:
        yield from _labels(score, bars)


def _words(score: Score, voice: str, name: str) -> Iterator[str]:
    notes = [note for note in score.notes_of(voice) if note.pitch is not None]
    if any(note.lyric for note in notes):
        words = " ".join(_text(note.lyric) if note.lyric else r"\skip 4" for note in notes)
        yield rf'  \new Lyrics \lyricsto "{name}" {{'
        yield rf"    \set ignoreMelismata = ##t {words}"
        yield "  }"


def _labels(score: Score, bars: Sequence[Bar]) -> Iterator[str]:
    """The chords as text, each at its place."""
    marks = [(bars[place].start, event.onset, rf"^\markup {_text(label)}")
             for place, event, label in printed_chords(score, bars)]  # fmt: skip
    yield from _spaced([(onset, text) for _, onset, text in marks], bars)


def _loudness(score: Score, voices: Sequence[str], bars: Sequence[Bar]) -> Iterator[str]:
    """The dynamics and hairpins of a part."""
    marks: dict[Fraction, str] = {}
    for dynamic in score.dynamics:
        if dynamic.voice is None or dynamic.voice in voices:
            marks[dynamic.onset] = rf"\{dynamic.level}"
    for hairpin in score.hairpins:
        if hairpin.voice is None or hairpin.voice in voices:
            if hairpin.end not in marks:
                marks[hairpin.end] = r"\!"
            marks[hairpin.onset] = marks.get(hairpin.onset, "") + _WEDGES[hairpin.kind]
    yield from _spaced(sorted(marks.items()), bars)


def _spaced(marks: Sequence[tuple[Fraction, str]], bars: Sequence[Bar]) -> Iterator[str]:
    """Marks on spaces of their own, at their moments in the printed bars."""
    if not marks:
        return
    starts = _repeats(bars)
    lines = []
    for place, bar in enumerate(bars):
        inside = [(onset, text) for onset, text in marks if bar.start <= onset < bar.end]
        cuts = [bar.start, *(onset for onset, _ in inside if onset > bar.start), bar.end]
        texts = dict(inside)
        spaces = [f"s1*{end - start}{texts.get(start, '')}"
                  for start, end in pairwise(cuts)]  # fmt: skip
        head = rf"\repeat volta {starts[place]} {{ " if place in starts else ""
        lines.append(f"    {head}{' '.join(spaces)}{' }' if bar.repeats_to > 1 else ''}")
    yield r"  \new Dynamics {"
    yield from lines
    yield "  }"
