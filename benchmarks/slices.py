"""A judge of what sounds together, written without the engine: plain Python over MusicXML.

A score is cut into slices, one from each onset of any voice to the next. Of each slice as few notes are set aside as
can be, each explicable by the line that it stands in (passing, neighbour, suspension, anticipation …), until what
remains is part of a triad or a seventh chord. A slice of which that cannot be said is unexplained.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
CHORDS = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 8),
          (0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10), (0, 3, 6, 10), (0, 3, 6, 9))  # fmt: skip
EXPLICABLE = (
    "passing",
    "neighbour",
    "anticipation",
    "escape tone",
    "suspension",
    "retardation",
    "appoggiatura",
)
_LONGEST = Fraction(1)  # quarters: what is struck and explained lasts no longer


@dataclass(frozen=True)
class Note:
    """Onset and length in quarters; pitch: (semitones, steps of the staff), None for a rest."""

    onset: Fraction
    length: Fraction
    pitch: tuple[int, int] | None
    has_fermata: bool = False

    @property
    def end(self) -> Fraction:
        return self.onset + self.length


@dataclass(frozen=True)
class Line:
    """The notes of one voice, tied ones as one, and where its bars begin."""

    notes: tuple[Note, ...]
    bars: tuple[Fraction, ...]


def lines_of(path: Path) -> list[Line]:
    """The parts of a MusicXML file, each as one line. Raises ValueError where a part has several voices."""
    if path.suffix == ".mxl":
        with zipfile.ZipFile(path) as packed:
            name = next(n for n in packed.namelist() if not n.startswith("META-INF") and n.endswith("xml"))
            root = ElementTree.fromstring(packed.read(name))
    else:
        root = ElementTree.parse(path).getroot()
    return [_line(part) for part in root.iter("part")]


def _line(part: ElementTree.Element) -> Line:
    at, divisions, notes, bars = Fraction(0), 1, list[Note](), list[Fraction]()
    is_tied = False
    for measure in part.iter("measure"):
        bars.append(at)
        for each in measure:
            if each.tag == "attributes" and (found := each.findtext("divisions")):
                divisions = int(found)
            if each.tag in ("backup", "forward"):
                raise ValueError("a part has several voices")
            if each.tag != "note" or each.find("grace") is not None:
                continue
            if each.find("chord") is not None:
                raise ValueError("a part has several voices")
            length = Fraction(int(each.findtext("duration") or 0), divisions)
            pitch = _pitch(each)
            held = each.find(".//fermata") is not None
            if is_tied and notes and notes[-1].pitch == pitch:
                last = notes.pop()
                notes.append(Note(last.onset, last.length + length, pitch, last.has_fermata or held))
            else:
                notes.append(Note(at, length, pitch, held))
            is_tied = any(tie.get("type") == "start" for tie in each.findall("tie"))
            at += length
    return Line(tuple(notes), tuple(bars))


def _pitch(note: ElementTree.Element) -> tuple[int, int] | None:
    found = note.find("pitch")
    if found is None:
        return None
    step, octave = found.findtext("step") or "C", int(found.findtext("octave") or 4)
    alter = int(float(found.findtext("alter") or 0))
    return 12 * octave + STEPS[step] + alter, 7 * octave + list("CDEFGAB").index(step)


@cache
def is_chord(classes: frozenset[int]) -> bool:
    """Whether pitch classes are part of a triad or a seventh chord."""
    return any(classes <= {(root + each) % 12 for each in chord} for root in range(12) for chord in CHORDS)


@dataclass
class Judged:
    """What was found in one score, or in several."""

    slices: int = 0
    off_the_beat: int = 0
    with_foreign: int = 0
    notes: int = 0
    quarters: Fraction = Fraction(0)  # of all voices together
    voices: int = 4
    kinds: Counter[str] = field(default_factory=Counter)  # of struck or held notes, each once
    suspended_closes: int = 0  # suspensions that fall over the last chord of a phrase
    unexplained: list[str] = field(default_factory=list)

    def add(self, other: Judged) -> None:
        """Counts another score too."""
        for name in ("slices", "off_the_beat", "with_foreign", "notes", "quarters", "suspended_closes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.kinds += other.kinds
        self.unexplained += other.unexplained

    @property
    def rates(self) -> dict[str, float]:
        """The measures that a table shows."""
        bars = float(self.quarters) / self.voices / 4
        found = {
            "moments off the beat, %": 100 * self.off_the_beat / self.slices,
            "moments with a foreign note, %": 100 * self.with_foreign / self.slices,
            "notes a quarter and voice": self.notes / float(self.quarters),
        }
        by_kind = {f"{kind}s in 16 bars": 16 * self.kinds[kind] / bars for kind in EXPLICABLE}
        closes = {"suspensions over a phrase's last chord, in 16 bars": 16 * self.suspended_closes / bars}
        return {**found, **by_kind, **closes}


def judged(lines: Sequence[Line], name: str = "") -> Judged:
    """The judgment of a score."""
    found = Judged(voices=len(lines))
    sounding = [[note for note in line.notes if note.pitch is not None] for line in lines]
    found.notes = sum(map(len, sounding))
    found.quarters = sum((note.length for line in sounding for note in line), Fraction(0))
    upbeat = lines[0].bars[1] if len(lines[0].bars) > 1 else Fraction(0)
    named: set[tuple[int, Fraction]] = set()
    for at, places in _slices(lines):
        found.slices += 1
        found.off_the_beat += (at - upbeat).denominator != 1
        aside = _set_aside(lines, places, at)
        if aside is None:
            heard = [lines[voice].notes[place].pitch for voice, place in places.items()]
            found.unexplained.append(f"{name} quarter {float(at):g}: {heard}")
            continue
        found.with_foreign += bool(aside)
        for voice, kind in aside.items():
            note = lines[voice].notes[places[voice]]
            if (voice, note.onset) not in named:
                named.add((voice, note.onset))
                found.kinds[kind] += 1
                closes = any(
                    lines[v].notes[p].has_fermata and lines[v].notes[p].onset <= at for v, p in places.items()
                )
                found.suspended_closes += kind == "suspension" and closes
    return found


def _slices(lines: Sequence[Line]) -> Iterator[tuple[Fraction, dict[int, int]]]:
    """Each onset, and by voice the place of the note that sounds there."""
    onsets = sorted({note.onset for line in lines for note in line.notes})
    places = [0] * len(lines)
    for at in onsets:
        for voice, line in enumerate(lines):
            while places[voice] + 1 < len(line.notes) and line.notes[places[voice] + 1].onset <= at:
                places[voice] += 1
        heard = {
            voice: places[voice]
            for voice, line in enumerate(lines)
            if line.notes
            and line.notes[places[voice]].pitch is not None
            and line.notes[places[voice]].end > at
        }
        if heard:
            yield at, heard


def _set_aside(lines: Sequence[Line], places: dict[int, int], at: Fraction) -> dict[int, str] | None:
    """The fewest notes that must be set aside, by voice, with their kinds; None where no such set explains it."""
    classes = {voice: (lines[voice].notes[place].pitch or (0, 0))[0] % 12 for voice, place in places.items()}
    kinds = {
        voice: kind
        for voice, place in places.items()
        if (kind := kind_of(lines[voice].notes, place, at)) is not None
    }
    held = ("suspension", "retardation")

    def rank(voice: int) -> tuple[bool, int]:
        """Which of several is rather set aside: on a beat what hangs over, between beats what is struck."""
        return (at % 1 != 0) == (kinds[voice] in held), EXPLICABLE.index(kinds[voice])

    for count in range(len(places) - 1):
        found = [
            chosen
            for chosen in combinations(kinds, count)
            if is_chord(frozenset(each for voice, each in classes.items() if voice not in chosen))
        ]
        if found:
            best = min(found, key=lambda chosen: sorted(map(rank, chosen)))
            return {voice: kinds[voice] for voice in best}
    return None


def kind_of(notes: Sequence[Note], place: int, at: Fraction) -> str | None:
    """As what the line around a note explains it, where it sounds against the others."""
    note = notes[place]
    before = notes[place - 1].pitch if place else None
    after = notes[place + 1].pitch if place + 1 < len(notes) else None
    assert note.pitch is not None
    left = _interval(note.pitch, after)
    if note.onset < at or before == note.pitch:  # held over, or struck again
        if left is not None and abs(left) == 1:
            return "suspension" if left < 0 else "retardation"
        if (
            after == note.pitch
            and place + 2 < len(notes)
            and _interval(note.pitch, notes[place + 2].pitch) == -1
        ):
            return "suspension"  # it hangs on
        return None
    come = _interval(before, note.pitch)
    if come is None or left is None or note.length > _LONGEST:
        return None
    is_weak = (at % 1 != 0) or note.length <= Fraction(1, 2)
    if abs(come) == 1 and abs(left) == 1:
        return "passing" if come == left else "neighbour"
    if abs(come) == 0 or (abs(come) == 1 and come * left == 0):
        return "anticipation" if after == note.pitch and is_weak else None
    if after == note.pitch:
        return "anticipation" if is_weak else None
    if abs(come) == 1 and abs(left) > 1:
        return "escape tone" if come * left < 0 and is_weak else None
    return "appoggiatura" if abs(left) == 1 and abs(come) > 1 else None


def _interval(one: tuple[int, int] | None, other: tuple[int, int] | None) -> int | None:
    """Steps of the staff from one pitch to another; a semitone of one letter is a step."""
    if one is None or other is None:
        return None
    steps, semitones = other[1] - one[1], other[0] - one[0]
    return (1 if semitones > 0 else -1) if steps == 0 and semitones else steps
