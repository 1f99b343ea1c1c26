"""The voices of a style: their ranges, and what the blocks `rhythm` and `melody` say of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from rulegen.io.staves import CLEFS
from rulegen.language.syntax import BlockStatement, Kit, Name, Quoted, VoiceRange
from rulegen.score.events import Voice
from rulegen.style.faults import listing, suggestion
from rulegen.style.melodies import Melody, read_melody
from rulegen.style.model import LocalRhythm, Narrow, NoteDomain, Pattern, Place, Rhythm, VoicePlan
from rulegen.style.narrowings import narrow_of
from rulegen.style.rhythms import read_rhythm
from rulegen.style.settings import SettingTable
from rulegen.style.text import Text
from rulegen.style.words import Words
from rulegen.theory.instruments import instrument_names, instrument_of
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch
from rulegen.theory.stroke import STROKES

RESERVED = ("voice", "key", "meter", "piece", "harmony")
LOWEST, HIGHEST = 0, 127  # as MIDI counts

_T = TypeVar("_T")


@dataclass(slots=True)
class VoiceReader:
    """Reads the voices and what is said of each."""

    text: Text
    ranges: dict[str, VoiceRange] = field(default_factory=dict)
    voices: dict[str, Voice] = field(default_factory=dict)  # those without a fault
    rhythms: dict[str, Rhythm] = field(default_factory=dict)
    local_rhythms: dict[str, list[LocalRhythm]] = field(default_factory=dict)
    melodies: dict[str, Melody] = field(default_factory=dict)
    general: set[str] = field(default_factory=set)  # the words of blocks that speak of all voices
    is_sure: bool = True  # that there are no others: no fault of syntax stands among them

    @property
    def are_unpitched(self) -> bool:
        """Whether all are of percussion: there is nothing that a key could be of."""
        return bool(self.voices) and all(each.kit is not None for each in self.voices.values())

    def block(self, block: BlockStatement) -> None:
        """Reads `voices { … }`; more than one such block adds up."""
        text = self.text
        self.is_sure = self.is_sure and not self.text.is_damaged(block)
        for statement in block.statements:
            if isinstance(statement, Kit):
                self._kit(statement)
                continue
            if not isinstance(statement, VoiceRange):
                help = "a voice is written as in `soprano C4..A5`"
                text.report("bad-voice", "only voices stand here", (statement.span, "here"), help=help)
                continue
            name = statement.name
            if self._is_taken(name):
                continue
            if name.text in RESERVED:
                text.report("taken-name", f"a voice cannot be called `{name.text}`", (name.span, "taken"))
            self.ranges[name.text] = statement
            low, high = (_pitch(each, text) for each in (statement.low, statement.high))
            if low is None or high is None:
                continue
            if low > high:
                span = (statement.low.span, "the lowest note"), (statement.high.span, "the highest")
                message = f"the range of `{name.text}` goes down: {low.name} is not below {high.name}"
                text.report("bad-range", message, *span)
                continue
            self.voices[name.text] = Voice(name.text, low, high)

    def _kit(self, kit: Kit) -> None:
        """Each instrument of a kit is a voice."""
        for name in kit.strokes:
            if name.text not in STROKES:
                help = suggestion(name.text, STROKES) or "kick, snare, hat, ride, crash, claves, low_conga …"
                message = f"no instrument of percussion is called `{name.text}`"
                self.text.report("unknown-stroke", message, (name.span, "not known"), help=help)
            elif not self._is_taken(name):
                voice = Voice.of_stroke(STROKES[name.text], kit.name.text)
                pitch = Name(voice.low.name, name.span)
                self.ranges[name.text] = VoiceRange(name, pitch, pitch, (), name.span)
                self.voices[name.text] = voice

    def _is_taken(self, name: Name) -> bool:
        """Whether a voice has this name already, which is reported."""
        if name.text not in self.ranges:
            return False
        marks = (name.span, "again here"), (self.ranges[name.text].name.span, "first here")
        self.text.report("two-voices", f"two voices are called `{name.text}`", *marks)
        return True

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names of all voices; None where it is not sure that these are all."""
        return tuple(self.ranges) or None if self.is_sure else None

    @property
    def all_rhythms(self) -> tuple[Rhythm, ...]:
        """The rhythms of all voices; those of single sections are left to where they are laid out."""
        return tuple(self.rhythms.values())

    def rhythm(self, block: BlockStatement, meter: Meter | None, patterns: Mapping[str, Pattern]) -> None:
        """Reads `rhythm soprano { … }`; without voices it speaks of all."""
        text = self.text
        rhythm = read_rhythm(block, meter, patterns, text)
        if block.where is None:
            self._spread(block, rhythm, self.rhythms, text)
            return
        if rhythm.together:
            message = "voices move together throughout: `together` belongs in their rhythm of the whole piece"
            text.report("not-together", message, (block.where.span, "of a part of it"))
        local = LocalRhythm(narrow_of(block.where), rhythm)
        for name in block.subjects or self.ranges:
            written = name if isinstance(name, str) else name.text
            known = self.local_rhythms.setdefault(written, [])
            if any(_overlap(local.where, each.where) for each in known):
                span = block.where.span if isinstance(name, str) else name.span
                message = f"the rhythm of `{written}` is said twice there"
                text.report("said-twice", message, (span, "again here"))
            known.append(local)
        self._spread(block, rhythm, {}, text)

    def melody(self, block: BlockStatement) -> None:
        """Reads `melody soprano { … }`; without voices it speaks of all."""
        text = self.text
        for name in block.subjects:
            if name.text in self.voices and self.voices[name.text].kit is not None:
                message = f"`{name.text}` is struck: it has no melody"
                text.report("no-pitches", message, (name.span, "percussion"))
        self._spread(block, read_melody(block, text), self.melodies, text)

    def _spread(self, block: BlockStatement, value: _T, into: dict[str, _T], text: Text) -> None:
        word = block.keyword.text
        for name in block.subjects:
            if name.text not in self.ranges and not self.is_sure:
                continue
            if name.text not in self.ranges:
                are = "are" if len(self.ranges) > 1 else "is"
                known = f"there {are} {listing(self.ranges)}" if self.ranges else None
                help = suggestion(name.text, self.ranges) or known
                text.report(
                    "unknown-voice",
                    f"there is no voice called `{name.text}`",
                    (name.span, "not known"),
                    help=help,
                )
            elif name.text in into:
                message = f"the {word} of `{name.text}` is said twice"
                text.report("said-twice", message, (name.span, "again here"))
            else:
                into[name.text] = value
        if not block.subjects and block.where is None:
            if word in self.general:
                message = f"the {word} of all voices is said twice"
                text.report("said-twice", message, (block.keyword.span, "again here"))
            self.general.add(word)
        for each in () if block.subjects else self.ranges:
            into.setdefault(each, value)

    def plans(self, has_harmony: bool) -> tuple[VoicePlan, ...]:
        """The voices with all that is said of them, in the order of the text."""
        usual = Melody(NoteDomain("chord" if has_harmony else "scale"))
        self._check_together()
        return tuple(
            self._plan(self.voices[name], self.ranges[name], self.melodies.get(name, usual), usual)
            for name in self.ranges
            if name in self.voices
        )

    def _check_together(self) -> None:
        """Reports a rhythm of voices that move together where it is of one alone, or where one of them moves
        otherwise for a while.
        """
        groups: dict[int, list[str]] = {}
        for name, rhythm in self.rhythms.items():
            if rhythm.together:
                groups.setdefault(id(rhythm), []).append(name)
        for names in groups.values():
            rhythm = self.rhythms[names[0]]
            locals_of = {name: self.local_rhythms.get(name, []) for name in names}
            apart = next((name for name in names if locals_of[name] != locals_of[names[0]]), None)
            if rhythm.place is None:
                continue
            if len(names) == 1:
                message = f"{names[0]} moves together with no other voice"
                help = "name the voices before the brace, as in `rhythm soprano, alto { … }`"
                self.text.report("not-together", message, (rhythm.place.span, "this rhythm"), help=help)
            elif apart is not None:
                message = f"{names[0]} and {apart} move together, but not in each section or phrase"
                marks = [(rhythm.place.span, "together here")]
                for each in [*locals_of[names[0]], *locals_of[apart]][:1]:
                    if each.rhythm.place is not None:
                        marks.append((each.rhythm.place.span, "a rhythm that only one of them has"))
                help = "say there the rhythm of both"
                self.text.report("not-together", message, *marks, help=help)

    def _plan(self, voice: Voice, written: VoiceRange, melody: Melody, usual: Melody) -> VoicePlan:
        said = _OF_VOICES.read(written.settings, self.text)
        return VoicePlan(
            voice=voice,
            notes=(
                NoteDomain("stroke")
                if voice.kit is not None
                else melody.notes or usual.notes or NoteDomain("scale")
            ),
            rhythm=self.rhythms.get(voice.name, Rhythm(None)),
            local_rhythms=tuple(
                sorted(self.local_rhythms.get(voice.name, ()), key=lambda each: each.where.kind != "phrases")
            ),
            ornaments=melody.ornaments,
            clef=said.last("clef"),
            instrument=said.last("instrument"),
            place=Place(self.text.source, written.span),
        )


def _overlap(first: Narrow, second: Narrow) -> bool:
    """Whether two rhythms have a section or a phrase in common."""
    pairs = ((one, other) for one in first.ranges for other in second.ranges)
    return bool({*first.names} & {*second.names}) or any(a <= d and c <= b for (a, b), (c, d) in pairs)


def _one_of(what: str, known: Iterable[str]) -> Callable[[Words], str | None]:
    """Reads a word, quoted or not, that is one of those known."""

    def read(words: Words) -> str | None:
        word = words.left[0] if words.left else None
        if isinstance(word, Quoted) and word.value in known:
            words.take()
            return word.value
        return words.name(what, known)

    return read


def _instrument(words: Words) -> str | None:
    """Reads the name of an instrument, quoted where it has several words, in any of the languages."""
    word = words.left[0] if words.left else None
    written = word.value if isinstance(word, Quoted) else word.text if isinstance(word, Name) else None
    if written is not None and instrument_of(written) is not None:
        words.take()
        return written
    near = suggestion(written, instrument_names()) if written else None
    help = near or '`rulegen words instruments` lists them; several words are quoted, "English horn"'
    words.fault("bad-setting", "`instrument` wants an instrument here", help)
    return None


_READERS = {"clef": _one_of("a clef", CLEFS), "instrument": _instrument}
_OF_VOICES = SettingTable("a voice", _READERS, apart=True)


def _pitch(name: Name, text: Text) -> Pitch | None:
    span = name.span
    try:
        pitch = Pitch.parse(name.text)
    except ValueError as error:
        text.report("bad-pitch", str(error), (span, "no pitch"))
        return None
    if not LOWEST <= pitch.midi <= HIGHEST:
        text.report(
            "bad-pitch", f"nothing sounds as {pitch.name}: notes lie between C-1 and G9", (span, "here")
        )
        return None
    return pitch
