"""Reads a score from the short notation."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction

from rulegen.score.events import ChordEvent, Dynamic, Hairpin, Note, Score, Voice
from rulegen.score.timeline import MeterChange, Phrase, Section, Tempo, Timeline
from rulegen.score.tokens import (
    ARTICULATION_SIGNS,
    FERMATA,
    GAP,
    ORNAMENT,
    QUOTED,
    REST,
    SLURRED,
    STRUCK,
    Token,
    join_holds,
    read_tokens,
    unquoted,
)
from rulegen.score.writing import BARE_WORD, HARMONY, HEADER_WORDS
from rulegen.theory.chord import parse_chord
from rulegen.theory.duration import parse_duration
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch, PitchClass
from rulegen.theory.scale import Key
from rulegen.theory.stroke import STROKES

_QUARTER = Fraction(1, 4)
_WORD = rf"({BARE_WORD}|{QUOTED})"
_TIME = r"(\d+(?:/[1-9]\d*)?)\.\.(\d+(?:/[1-9]\d*)?)"
_MUSIC = re.compile(rf"{_WORD}\s*(\|.*)")
_RANGE = re.compile(rf"{_WORD}\s+(\S+?)\.\.(\S+)")
_STRUCK = re.compile(rf"(\w+)\s+percussion\s+{_WORD}")
_META = re.compile(rf"{_WORD}\s+({QUOTED})")
_TEMPO = re.compile(r"([a-z\d/ -]+?)\s*=\s*(\d+(?:\.\d+)?(?:e[+-]?\d{1,2})?)")
_AT = re.compile(r"(\d+(?:/[1-9]\d*)?)\s+(key|signature|meter|tempo|pickup)\s+(.*)")
_SECTION = re.compile(rf"{_WORD}\s+{_TIME}(?:\s+statement\s+(\d+))?(?:\s+repeats\s+(\d+))?")
_PHRASE = re.compile(rf"{_TIME}\s+section\s+{_WORD}(?:\s+statement\s+(\d+))?(?:\s+cadence\s+{_WORD})?")
_DYNAMIC = re.compile(rf"(\d+(?:/[1-9]\d*)?)\s+(\w+)(?:\s+voice\s+{_WORD})?")
_HAIRPIN = re.compile(rf"{_TIME}\s+(\w+)(?:\s+voice\s+{_WORD})?")


@dataclass(slots=True)
class _Draft:
    """What the header has said so far, and the lines of music that wait for it."""

    title: str = ""
    keys: dict[Fraction, Key] = field(default_factory=dict)
    signatures: dict[Fraction, Key] = field(default_factory=dict)
    meters: dict[Fraction, Meter] = field(default_factory=dict)
    tempi: dict[Fraction, Tempo] = field(default_factory=dict)
    pickups: dict[Fraction, Fraction] = field(default_factory=dict)
    repeats: str = "signs"
    voices: list[Voice] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    phrases: list[Phrase] = field(default_factory=list)
    metadata: list[tuple[str, str]] = field(default_factory=list)
    dynamics: list[Dynamic] = field(default_factory=list)
    hairpins: list[Hairpin] = field(default_factory=list)
    music: dict[str, list[str]] = field(default_factory=dict)
    harmony: list[str] = field(default_factory=list)


def parse_score(text: str) -> Score:
    """Reads a score in the short notation.

    Raises ValueError, naming the line or the voice, for what it cannot read.
    """
    draft = _Draft()
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                _read_line(draft, line.strip())
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None
    return _finished(draft)


def _read_line(draft: _Draft, line: str) -> None:
    music = _MUSIC.fullmatch(line)
    if music is not None and music[1] == HARMONY:
        draft.harmony.append(music[2])
    elif music is not None:
        draft.music.setdefault(_plain(music[1]), []).append(music[2])
    else:
        head, _, rest = line.partition(" ")
        if head not in HEADER_WORDS:
            known = ", ".join(sorted(HEADER_WORDS))
            raise ValueError(f"{head!r} begins no line: write {known}, or a voice and |")
        _read_header(draft, head, rest.strip())


def _read_header(draft: _Draft, head: str, rest: str) -> None:
    match head:
        case "title":
            draft.title = unquoted(rest) if re.fullmatch(QUOTED, rest) else rest
        case "at":
            found = _matched(_AT, rest, "4 key D major")
            _read_change(draft, Fraction(found[1]), found[2], found[3])
        case "key" | "signature" | "meter" | "tempo" | "pickup":
            _read_change(draft, Fraction(0), head, rest)
        case "repeats":
            draft.repeats = rest
        case "voice":
            draft.voices.append(_voice(rest))
        case "meta":
            found = _matched(_META, rest, 'composer "Bach"')
            draft.metadata.append((_plain(found[1]), unquoted(found[2])))
        case "section":
            draft.sections.append(_section(rest))
        case "phrase":
            draft.phrases.append(_phrase(rest))
        case "dynamic":
            found = _matched(_DYNAMIC, rest, "2 mf voice soprano")
            draft.dynamics.append(Dynamic(Fraction(found[1]), found[2], _named_voice(found[3])))
        case _:
            found = _matched(_HAIRPIN, rest, "0..2 crescendo voice soprano")
            span = Fraction(found[1]), Fraction(found[2])
            draft.hairpins.append(Hairpin(*span, found[3], _named_voice(found[4])))


def _voice(rest: str) -> Voice:
    """`soprano C4..A5`, or `kick percussion drums`."""
    struck = _STRUCK.fullmatch(rest)
    if struck is None:
        found = _matched(_RANGE, rest, "soprano C4..A5")
        return Voice(_plain(found[1]), Pitch.parse(found[2]), Pitch.parse(found[3]))
    if struck[1] not in STROKES:
        raise ValueError(f"no instrument of percussion is called {struck[1]!r}")
    return Voice.of_stroke(STROKES[struck[1]], _plain(struck[2]))


def _read_change(draft: _Draft, onset: Fraction, what: str, rest: str) -> None:
    match what:
        case "key":
            draft.keys[onset] = _key(rest)
        case "signature":
            draft.signatures[onset] = _key(rest)
        case "meter":
            draft.meters[onset] = Meter.parse(rest)
        case "tempo":
            found = _matched(_TEMPO, rest, "quarter = 72")
            draft.tempi[onset] = Tempo(float(found[2]), parse_duration(found[1]))
        case _:
            draft.pickups[onset] = parse_duration(rest)


def _key(text: str) -> Key:
    """A key with any number of accidentals in its signature, which applied music may reach."""
    tonic, _, mode = text.partition(" ")
    return Key(PitchClass.parse(tonic), mode.strip())


def _section(rest: str) -> Section:
    found = _matched(_SECTION, rest, "A 0..4 statement 1")
    onset, end = Fraction(found[2]), Fraction(found[3])
    return Section(_plain(found[1]), onset, end, int(found[4] or 1), int(found[5]) if found[5] else None)


def _phrase(rest: str) -> Phrase:
    found = _matched(_PHRASE, rest, "0..4 section A cadence half")
    onset, end = Fraction(found[1]), Fraction(found[2])
    cadence = _plain(found[5]) if found[5] else None
    return Phrase(onset, end, _plain(found[3]), int(found[4] or 1), cadence)


def _matched(pattern: re.Pattern[str], text: str, example: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} cannot be read here: write it as in {example}")
    return found


def _named_voice(text: str | None) -> str | None:
    return None if text is None else _plain(text)


def _plain(text: str) -> str:
    return unquoted(text) if text.startswith('"') else text


def _finished(draft: _Draft) -> Score:
    if Fraction(0) not in draft.keys:
        raise ValueError("the score has no key: write a line such as key G major")
    timeline = _timeline(draft)
    notes: list[Note] = []
    strokes = {voice.name: voice.low for voice in draft.voices if voice.kit is not None}
    for name, parts in draft.music.items():
        with _named(name):
            notes += _notes(name, _tokens(timeline, parts), strokes.get(name))
    with _named(HARMONY):
        chords = _chords(timeline, _tokens(timeline, draft.harmony))
    return Score(
        title=draft.title,
        voices=tuple(draft.voices),
        timeline=timeline,
        notes=tuple(notes),
        chords=tuple(chords),
        metadata=tuple(draft.metadata),
        repeat_style=draft.repeats,
        dynamics=tuple(draft.dynamics),
        hairpins=tuple(draft.hairpins),
    )


def _timeline(draft: _Draft) -> Timeline:
    start = Fraction(0)
    meters = {start: Meter.parse("4/4"), **draft.meters}
    for onset in draft.pickups:  # an upbeat that no change of meter begins is one in the meter before
        meters.setdefault(onset, meters[max(other for other in meters if other <= onset)])
    changes = (MeterChange(at, meter, draft.pickups.get(at, start)) for at, meter in meters.items())
    return Timeline(
        tuple(draft.keys.items()),
        tuple(changes),
        tuple({start: Tempo(120), **draft.tempi}.items()),
        tuple({start: draft.keys[start], **draft.signatures}.items()),
        tuple(draft.sections),
        tuple(draft.phrases),
    )


@contextmanager
def _named(line: str) -> Iterator[None]:
    """Puts the name of a voice, or of the harmony, before what is wrong in it."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{line}: {error}") from None


def _tokens(timeline: Timeline, parts: list[str]) -> list[Token]:
    """The tokens of a whole voice, once its bar lines are known to stand where the meter has them."""
    tokens = list(read_tokens(" ".join(parts), _QUARTER))
    _check_bar_lines(tokens, timeline)
    return [token for token in join_holds(tokens) if token.name != GAP]


def _check_bar_lines(tokens: list[Token], timeline: Timeline) -> None:
    """Every bar line but the last must stand at a bar's end, or where the meter changes; the last may close a
    bar that is not full.
    """
    changes = {change.onset for change in timeline.meters}
    lines = [token.onset for token in tokens if token.is_bar_line]
    end = max((token.onset + token.duration for token in tokens), default=Fraction(0))
    for onset in lines:
        place = timeline.position(onset)
        if 0 < onset < end and place and onset not in changes:
            bar = timeline.bar_number(onset)
            raise ValueError(f"the bar line in bar {bar} stands {place} after its downbeat")


def _notes(voice: str, tokens: list[Token], stroke: Pitch | None) -> list[Note]:
    """The notes of a voice; `stroke`: what stands for the strokes of one that has no pitches."""
    return [
        Note(
            voice,
            token.onset,
            token.duration,
            None if token.name == REST else _pitch(token.name, stroke),
            ORNAMENT in token.marks,
            FERMATA in token.marks,
            token.lyric,
            tuple(mark for mark, sign in ARTICULATION_SIGNS.items() if sign in token.marks),
            SLURRED in token.marks,
        )
        for token in tokens
    ]


def _pitch(name: str, stroke: Pitch | None) -> Pitch:
    if stroke is None:
        return Pitch.parse(name)
    if name != STRUCK:
        raise ValueError(f"{name!r} is no stroke: write {STRUCK}, or {REST} for a rest")
    return stroke


def _chords(timeline: Timeline, tokens: list[Token]) -> list[ChordEvent]:
    """Chords are read in the key that was last written, in square brackets or by the timeline."""
    chords = []
    written: tuple[Fraction, Key] | None = None
    for token in tokens:
        if token.key is not None:
            written = token.onset, _key(token.key)
        else:
            changed = max(onset for onset, _ in timeline.keys if onset <= token.onset)
            is_later = written is None or changed > written[0]
            key = timeline.key_at(token.onset) if is_later or written is None else written[1]
            chords.append(ChordEvent(token.onset, token.duration, parse_chord(token.name, key)))
    return chords
