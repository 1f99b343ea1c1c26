"""Reads one part of a MusicXML file, bar by bar, into pieces of notes with rational time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NoReturn
from xml.etree.ElementTree import Element

from rulegen.errors import ScoreReadError
from rulegen.io.note_values import TYPES
from rulegen.score.events import ARTICULATIONS, DYNAMICS
from rulegen.score.timeline import Tempo
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import LETTERS, Pitch
from rulegen.theory.stroke import BY_KEY

_LARGEST_ALTER = 3
_FASTEST = 10_000  # quarters a minute
_ROUNDING = 0.01  # by how much a printed tempo may differ from the one that sounds
_LENGTHS = {name: length for length, name in TYPES.items()}
_LETTERS_OF_SEMITONES = (0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6)
_MARKS = {
    "staccato": ("staccato",),
    "staccatissimo": ("staccato",),
    "spiccato": ("staccato",),
    "tenuto": ("tenuto",),
    "detached-legato": ("staccato", "tenuto"),
    "accent": ("accent",),
    "strong-accent": ("marcato",),
}
"""What MusicXML calls articulations, as ours."""

_LEVELS = {level: level for level in DYNAMICS}
_LEVELS |= {"p" * count: "ppp" for count in (4, 5, 6)} | {"f" * count: "fff" for count in (4, 5, 6)}


LineName = tuple[int, str, int]
"""A staff, a voice, and how many notes of a chord stand above; staff 0 has the instruments of a kit."""


@dataclass(frozen=True, slots=True)
class WrittenPiece:
    """A written note or rest; `onset` is its distance from the start of its bar."""

    onset: Fraction
    duration: Fraction
    pitch: Pitch | None
    tied_from: bool = False
    tied_to: bool = False
    fermata: bool = False
    lyric: str | None = None
    articulations: tuple[str, ...] = ()
    slurred: bool = False
    is_struck: bool = False
    element: Element | None = field(default=None, compare=False, repr=False)


@dataclass(slots=True)
class WrittenBar:
    """What one part says in one bar: its lines by staff, voice and place on the stem, and what stands between
    the notes.

    `texts` holds harmony elements and words, each with its distance from the start of the bar; `dynamics`
    levels, and `wedges` the kind and the number of hairpins that begin, or `stop` and the number.
    """

    number: str
    is_implicit: bool
    lines: dict[LineName, list[WrittenPiece]] = field(default_factory=dict)
    length: Fraction = Fraction(0)
    meter: Meter | None = None
    keys: list[tuple[Fraction, tuple[int, str | None]]] = field(default_factory=list)
    tempi: list[tuple[Fraction, Tempo]] = field(default_factory=list)
    texts: list[tuple[Fraction, Element]] = field(default_factory=list)
    dynamics: list[tuple[Fraction, str]] = field(default_factory=list)
    wedges: list[tuple[Fraction, str, str]] = field(default_factory=list)
    opens_repeat: bool = False
    closes_repeat: int = 0
    endings: frozenset[int] = frozenset()
    ends_ending: bool = False

    @property
    def is_rest(self) -> bool:
        """Whether one rest is all that stands here: it may be one for the whole bar, however long that is."""
        pieces = [piece for pieces in self.lines.values() for piece in pieces]
        return len(pieces) == 1 and pieces[0].pitch is None

    def cut_rest(self, length: Fraction) -> None:
        """Shortens the rest that is all that stands here to the length of the bar."""
        for pieces in self.lines.values() if self.is_rest else ():
            pieces[:] = [replace(piece, duration=min(piece.duration, length)) for piece in pieces]


@dataclass(slots=True)
class PartReader:
    """Reads the bars of a part in order; divisions and transposition go on from bar to bar."""

    file: str
    part: str
    kit: Mapping[str, int] = field(default_factory=dict)  # its instruments' keys in General MIDI
    divisions: Fraction = Fraction(1)
    steps_up: int = 0
    semitones_up: int = 0
    bar: WrittenBar = field(default_factory=lambda: WrittenBar("", False))
    clock: Fraction = Fraction(0)
    last_onset: Fraction = Fraction(0)
    slurs: dict[str, tuple[int, str]] = field(default_factory=dict)  # those open, by number: staff and voice
    unnamed: str = ""  # the first bar in which a stroke does not say what is struck
    stem: list[WrittenPiece] = field(default_factory=list)  # the notes of the stem that is read
    stem_of: tuple[int, str] = (1, "1")

    def read(self, part: Element) -> list[WrittenBar]:
        """All bars of a part; raises ScoreReadError, naming the bar, for what is no line of notes."""
        return [self._read_bar(measure) for measure in part.findall("measure")]

    def _read_bar(self, measure: Element) -> WrittenBar:
        self.bar = WrittenBar(measure.get("number", "?"), measure.get("implicit") == "yes")
        self.clock = self.last_onset = Fraction(0)
        for child in measure:
            self._read_child(child)
            self.bar.length = max(self.bar.length, self.clock)
        self._end_stem()
        return self.bar

    def _read_child(self, child: Element) -> None:
        match child.tag:
            case "note":
                self._read_note(child)
            case "backup":
                self.clock -= self._duration(child)
                if self.clock < 0:
                    self._refuse("it goes back beyond its start")
            case "forward":
                self.clock += self._duration(child)
            case "attributes":
                self._read_attributes(child)
            case "harmony":
                self.bar.texts.append((self.clock + self._offset(child), child))
            case "direction" | "sound":
                self._read_direction(child)
            case "barline":
                self._read_barline(child)

    def _read_attributes(self, attributes: Element) -> None:
        divisions = attributes.findtext("divisions")
        if divisions is not None:
            self.divisions = self._number(divisions, "divisions")
            if self.divisions <= 0:
                self._refuse(f"its divisions are {divisions}, and time cannot be counted in them")
        transpose = attributes.find("transpose")
        if transpose is not None:
            self._read_transposition(transpose)
        key = attributes.find("key")
        if key is not None and key.find("fifths") is not None:
            mode = (key.findtext("mode") or "").strip().lower()
            fifths = int(self._number(key.findtext("fifths") or "", "key"))
            self.bar.keys.append((self.clock, (self._sounding_fifths(fifths), mode or None)))
        time = attributes.find("time")
        if time is not None:
            self.bar.meter = self._meter(time)

    def _read_transposition(self, transpose: Element) -> None:
        semitones = int(self._number(transpose.findtext("chromatic") or "0", "transposition"))
        octaves = int(self._number(transpose.findtext("octave-change") or "0", "transposition"))
        given = transpose.findtext("diatonic")
        if given is not None:
            steps = int(self._number(given, "transposition"))
        else:
            steps = 7 * (semitones // 12) + _LETTERS_OF_SEMITONES[semitones % 12]
        self.steps_up, self.semitones_up = steps + 7 * octaves, semitones + 12 * octaves

    def _sounding_fifths(self, fifths: int) -> int:
        """The signature that sounds where one is written for a transposing instrument."""
        return fifths + 7 * self.semitones_up - 12 * self.steps_up

    def _meter(self, time: Element) -> Meter | None:
        beats, units = time.findall("beats"), time.findall("beat-type")
        if not beats:
            return None
        if len(beats) != 1 or len(units) != 1:
            self._refuse("its meter joins several meters, which rulegen does not know")
        text, unit = (beats[0].text or "").strip(), (units[0].text or "").strip()
        groups = f" = {text}" if "+" in text else ""
        try:
            total = sum(int(part) for part in text.split("+"))
            return Meter.parse(f"{total}/{unit}{groups}")
        except ValueError:
            self._refuse(f"{text}/{unit} is no meter")

    def _read_note(self, note: Element) -> None:
        staff = (note.findtext("staff") or "1").strip()
        line = (int(staff) if staff.isdecimal() else 1, (note.findtext("voice") or "1").strip())
        is_small = note.find("grace") is not None or note.find("cue") is not None
        self._read_slurs(note, line, starts=not is_small)
        if note.find("grace") is not None:
            return
        duration = self._duration(note)
        if note.find("cue") is not None:
            self.clock += duration
            return
        if note.find("unpitched") is not None:
            self._end_stem()
            self._read_stroke(note)
            return
        if note.find("chord") is None:
            self._end_stem()
        else:
            self.clock = self.last_onset
        if duration == 0:
            self._refuse("a note has no length")
        pitch = note.find("pitch")
        ties = {tie.get("type") for tie in note.findall("tie")}
        piece = WrittenPiece(
            onset=self.clock,
            duration=duration,
            pitch=None if pitch is None else self._pitch(pitch),
            tied_from="stop" in ties,
            tied_to="start" in ties,
            fermata=note.find("notations/fermata") is not None,
            lyric=_lyric(note),
            articulations=_articulations(note),
            slurred=line in self.slurs.values(),
            element=note,
        )
        self.stem.append(piece)
        self.stem_of = line
        self.last_onset = self.clock
        self.clock += duration

    def _read_stroke(self, note: Element) -> None:
        """A note of percussion: each instrument is a line of its own, and several may sound together."""
        onset = self.last_onset if note.find("chord") is not None else self.clock
        instrument = note.find("instrument")
        said = instrument.get("id", "") if instrument is not None else ""
        key = self.kit.get(said, next(iter(self.kit.values())) if len(self.kit) == 1 else None)
        duration = self._duration(note)
        if key is None or key not in BY_KEY:
            self.unnamed = self.unnamed or self.bar.number
        if duration == 0:
            self._refuse("a note has no length")
        self.last_onset, self.clock = onset, onset + duration
        if key is None or key not in BY_KEY:
            return
        ties = {tie.get("type") for tie in note.findall("tie")}
        piece = WrittenPiece(
            onset, duration, BY_KEY[key].pitch, "stop" in ties, "start" in ties,
            articulations=_articulations(note), is_struck=True, element=note,
        )  # fmt: skip
        place = list(self.kit.values()).index(key)
        self.bar.lines.setdefault((0, "", place), []).append(piece)

    def _end_stem(self) -> None:
        """Puts the notes of a stem on lines, from the top."""
        for depth, piece in enumerate(sorted(self.stem, key=_height, reverse=True)):
            self.bar.lines.setdefault((*self.stem_of, depth), []).append(piece)
        self.stem.clear()

    def _read_slurs(self, note: Element, line: tuple[int, str], starts: bool) -> None:
        """Which slurs are open after a note; none begins at a grace note, which is left out."""
        for slur in sorted(note.findall("notations/slur"), key=lambda slur: slur.get("type") == "start"):
            number = slur.get("number", "1")
            if slur.get("type") == "stop":
                self.slurs.pop(number, None)
            elif slur.get("type") == "start" and starts:
                self.slurs[number] = line

    def _pitch(self, pitch: Element) -> Pitch:
        step = (pitch.findtext("step") or "").strip()
        if len(step) != 1 or step not in LETTERS:
            self._refuse(f"a note has the letter {step!r}")
        alter = self._number(pitch.findtext("alter") or "0", "accidental")
        octave = self._number(pitch.findtext("octave") or "", "octave")
        if alter.denominator != 1 or abs(alter) > _LARGEST_ALTER:
            self._refuse("a note is altered by quarter tones, or by more than three semitones")
        if not -1 <= octave <= 10:
            self._refuse(f"a note stands in octave {octave}")
        written = Pitch(LETTERS.index(step), int(alter), int(octave))
        if not self.semitones_up and not self.steps_up:
            return written
        return Pitch.from_parts(written.diatonic + self.steps_up, written.midi + self.semitones_up)

    def _read_direction(self, direction: Element) -> None:
        place = self.clock + self._offset(direction)
        tempo = self._tempo(direction)
        if tempo is not None:
            self.bar.tempi.append((place, tempo))
        for level in direction.iterfind("direction-type/dynamics/*"):
            if level.tag in _LEVELS:
                self.bar.dynamics.append((place, _LEVELS[level.tag]))
        for wedge in direction.iterfind("direction-type/wedge"):
            self.bar.wedges.append((place, wedge.get("type", ""), wedge.get("number", "1")))
        for words in direction.findall("direction-type/words"):
            self.bar.texts.append((place, words))

    def _tempo(self, direction: Element) -> Tempo | None:
        """The tempo that a direction says, in the beats of its metronome mark where that says what sounds."""
        sound = direction if direction.tag == "sound" else direction.find("sound")
        stated = "" if sound is None else sound.get("tempo", "")
        quarters = float(self._number(stated, "tempo")) if stated else None
        if quarters is not None and not 0 < quarters < _FASTEST:
            return None
        mark = _metronome(direction)
        if mark is None or (quarters is not None and abs(mark.quarter_bpm / quarters - 1) > _ROUNDING):
            return None if quarters is None else Tempo(quarters)
        return mark

    def _read_barline(self, barline: Element) -> None:
        repeat, ending = barline.find("repeat"), barline.find("ending")
        if repeat is not None and repeat.get("direction") == "forward":
            self.bar.opens_repeat = True
        elif repeat is not None:
            times = repeat.get("times", "2")
            self.bar.closes_repeat = int(times) if times.isdecimal() and int(times) > 1 else 2
        if ending is not None:
            numbers = ending.get("number", "").replace(",", " ").split()
            self.bar.endings |= {int(number) for number in numbers if number.isdecimal()}
            self.bar.ends_ending |= ending.get("type") in ("stop", "discontinue")

    def _duration(self, element: Element) -> Fraction:
        text = element.findtext("duration")
        if text is None:
            self._refuse(f"a {element.tag} has no duration")
        return self._number(text, "duration") / (4 * self.divisions)

    def _offset(self, element: Element) -> Fraction:
        return self._number(element.findtext("offset") or "0", "offset") / (4 * self.divisions)

    def _number(self, text: str, what: str) -> Fraction:
        try:
            number = Fraction(text.strip()) if len(text) < 30 and "e" not in text.lower() else None
        except (ValueError, ZeroDivisionError):
            number = None
        if number is None:
            self._refuse(f"{text.strip()[:20]!r} is no {what}")
        return number

    def _refuse(self, what: str) -> NoReturn:
        raise ScoreReadError(f"{self.file}: {self.part}, bar {self.bar.number}: {what}")


def _height(piece: WrittenPiece) -> tuple[int, int]:
    return (0, 0) if piece.pitch is None else (piece.pitch.diatonic, piece.pitch.midi)


def _lyric(note: Element) -> str | None:
    """The first verse below a note, with a hyphen where its word goes on."""
    lyric = note.find("lyric")
    if lyric is None:
        return None
    text = " ".join(part.text for part in lyric.findall("text") if part.text)
    goes_on = (lyric.findtext("syllabic") or "").strip() in ("begin", "middle")
    return text + "-" * (goes_on and not text.endswith("-")) if text else None


def _articulations(note: Element) -> tuple[str, ...]:
    """The articulations of a note, in the order of ours."""
    found = {mark for each in note.iterfind("notations/articulations/*") for mark in _MARKS.get(each.tag, ())}
    return tuple(mark for mark in ARTICULATIONS if mark in found)


def _metronome(direction: Element) -> Tempo | None:
    """The tempo of a metronome mark; None where it compares notes, or is no number."""
    metronome = direction.find("direction-type/metronome")
    if metronome is None or len(metronome.findall("beat-unit")) != 1:
        return None
    beat = _LENGTHS.get((metronome.findtext("beat-unit") or "").strip())
    dots = len(metronome.findall("beat-unit-dot"))
    number = re.search(r"\d{1,5}(?:\.\d{1,20})?", metronome.findtext("per-minute") or "")
    if beat is None or dots > 2 or number is None or not 0 < float(number[0]) < _FASTEST:
        return None
    return Tempo(float(number[0]), beat * (2 - Fraction(1, 2**dots)))
