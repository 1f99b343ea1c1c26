"""What is given: the notes of a voice or the chords, in the text or in a file."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from rulegen.io.files import MIDI, MUSICXML
from rulegen.language.syntax import GivenStatement as Written
from rulegen.language.syntax import NoteWord, Quoted
from rulegen.score.events import Voice
from rulegen.score.timeline import Timeline
from rulegen.style.faults import listing, suggestion
from rulegen.style.harmonies import is_chord
from rulegen.style.model import Given, Place
from rulegen.style.text import Text
from rulegen.style.words import LONGEST, SHORTEST
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch
from rulegen.theory.scale import Key

HARMONY = "harmony"
_KEYS = (Key.parse("C major"), Key.parse("A minor"))


@dataclass(slots=True)
class GivenReader:
    """Reads `given soprano = …`, `given harmony = …` and `given bass from "…"`."""

    text: Text
    names: tuple[str, ...] | None  # of the voices that are declared; None where they are not known
    voices: dict[str, Voice]  # of them, those whose range is known
    meter: Meter | None
    key: Key | None
    sections: Collection[str] | None = None  # None where it is not sure that these are all
    elsewhere: Collection[str] = ()  # voices that the command line gives
    timeline: Timeline | None = None  # of the style's own form, where it has one
    givens: dict[tuple[str, str | None], Given] = field(default_factory=dict)  # by subject and section

    def of(self, subject: str) -> tuple[Given, ...]:
        """What is given for a voice or for the harmony."""
        return tuple(given for (name, _), given in self.givens.items() if name == subject)

    def read(self, written: Written) -> None:
        """Reads one statement; faults are reported."""
        text = self.text.about(written)
        subject = written.subject
        names = (subject.text,) if self.names is None else self.names
        if subject.text not in (*names, HARMONY):
            help = suggestion(subject.text, (*names, HARMONY))
            help = help or "voices are declared in `voices { … }`"
            text.report(
                "unknown-voice",
                f"there is no voice called `{subject.text}`",
                (subject.span, "here"),
                help=help,
            )
            return
        section = None if written.section is None else written.section.text
        others = {of for name, of in self.givens if name == subject.text}
        if section in others or (others and None in (section, *others)):
            text.report("said-twice", f"`{subject.text}` is given twice", (subject.span, "again here"))
            return
        if written.section is not None and self.sections is not None and section not in self.sections:
            help = suggestion(written.section.text, self.sections) or f"there are {listing(self.sections)}"
            message = f"there is no section called `{section}`"
            text.report("unknown-section", message, (written.section.span, "not known"), help=help)
            return
        place = Place(text.source, written.span)
        if written.file is not None:
            if subject.text == HARMONY:
                message = "chords from a file are not in this version of rulegen"
                help = "write them here, as in `given harmony = | I | V7 |`"
                text.report("not-yet", message, (written.file.span, "not yet"), help=help)
                return
            if subject.text not in self.elsewhere:
                _check_file(written.file, text)
            self.givens[subject.text, None] = Given(subject.text, file=written.file.value, place=place)
            return
        words = tuple(word for word in written.words or () if self._lasts_rightly(word, text))
        if subject.text == HARMONY:
            given = Given(
                HARMONY, labels=tuple(self._labels(words, section, text)), section=section, place=place
            )
        else:
            notes = tuple(self._notes(words, self.voices.get(subject.text), text))
            given = Given(subject.text, notes=notes, section=section, place=place)
        self.givens[subject.text, section] = given

    def _lasts_rightly(self, word: NoteWord, text: Text) -> bool:
        if word.duration is None or SHORTEST <= word.duration <= LONGEST:
            return True
        message = f"a duration lies between {SHORTEST} and {LONGEST} whole notes"
        text.report("bad-duration", message, (word.span, "here"))
        return False

    def _notes(
        self, words: tuple[NoteWord, ...], voice: Voice | None, text: Text
    ) -> list[tuple[Pitch | None, Fraction]]:
        notes: list[tuple[Pitch | None, Fraction]] = []
        duration = Fraction(1, 4)
        for word in words:
            duration = word.duration or duration
            if word.text == "|":
                continue
            if word.text == "_":
                if notes:
                    notes[-1] = notes[-1][0], notes[-1][1] + duration
                else:
                    text.report(
                        "bad-note", "`_` holds the note before it, and there is none", (word.span, "here")
                    )
                continue
            pitch = None if word.text == "r" else _pitch(word, voice, text)
            if pitch is not None or word.text == "r":
                notes.append((pitch, duration))
        if not any(pitch is not None for pitch, _ in notes) and words and not text.faults:
            text.report("bad-note", "nothing sounds here", (words[0].span, "here"))
        return notes

    def _labels(
        self, words: tuple[NoteWord, ...], section: str | None, text: Text
    ) -> Iterator[tuple[str, Fraction | None]]:
        keys = _KEYS if self.key is None else self.timeline.regions if self.timeline else (self.key,)
        before: str | None = None
        now = self._onset(section)
        for bar in _bars(words):
            written = any(word.duration is not None for word in bar)
            bar_length = self._bar_length(now)
            duration = None if written or bar_length is None else bar_length / len(bar)
            for word in bar:
                duration = word.duration or duration
                label = before if word.text == "%" else word.text
                if label is None:
                    text.report(
                        "bad-chord", "`%` repeats the chord before it, and there is none", (word.span, "here")
                    )
                elif word.text == "%" or is_chord(label, word.span, keys, text):
                    yield label, duration or bar_length
                before = label
                now += duration or bar_length or 0

    def _onset(self, section: str | None) -> Fraction:
        """Where a section is first stated."""
        found = () if self.timeline is None else self.timeline.sections
        return next((each.onset for each in found if each.name == section), Fraction(0))

    def _bar_length(self, onset: Fraction) -> Fraction | None:
        if self.timeline is not None:
            return self.timeline.bar_length(onset)
        return self.meter.bar_length if self.meter else None


def _check_file(file: Quoted, text: Text) -> None:
    """Reports a file that is not there, or no score by its name; what it holds is read where it is needed."""
    name = file.value
    if not name.strip():
        text.report("no-file", "the file has no name", (file.span, "here"))
        return
    if Path(name).suffix.lower() not in (*MUSICXML, *MIDI):
        known = ", ".join((*MUSICXML, *MIDI))
        message = f'"{name}" is no score that rulegen reads'
        text.report("not-a-score", message, (file.span, "here"), help=f"the names of scores end in {known}")
        return
    try:
        is_file = (Path(text.source.name).parent / name).is_file()
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        text.report("no-such-file", f"there is no file {name}", (file.span, "given here"))


def _bars(words: tuple[NoteWord, ...]) -> Iterator[tuple[NoteWord, ...]]:
    """The chords between bar lines; without any bar line, each chord by itself."""
    if all(word.text != "|" for word in words):
        duration: Fraction | None = None
        for word in words:
            duration = word.duration or duration
            yield (NoteWord(word.text, duration, span=word.span),)
        return
    bar: list[NoteWord] = []
    for word in (*words, NoteWord("|")):
        if word.text != "|":
            bar.append(word)
        elif bar:
            yield tuple(bar)
            bar = []


def _pitch(word: NoteWord, voice: Voice | None, text: Text) -> Pitch | None:
    try:
        pitch = Pitch.parse(word.text)
    except ValueError as error:
        text.report("bad-note", str(error), (word.span, "no note"))
        return None
    if voice is not None and not voice.low.midi <= pitch.midi <= voice.high.midi:
        message = (
            f"{pitch.name} lies outside the range of `{voice.name}`, {voice.low.name}..{voice.high.name}"
        )
        text.report("out-of-range", message, (word.span, "here"))
    return pitch
