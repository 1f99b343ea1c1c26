"""All scores that fit a tiny style's voices, meter and form, written out one by one: nothing here knows the engine."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from rulegen.score.events import ChordEvent, Note, Score
from rulegen.score.timeline import Phrase, Section, Timeline
from rulegen.style.model import Style, VoicePlan
from rulegen.theory.chord import Chord, parse_chord
from rulegen.theory.pitch import Pitch

Key = tuple[tuple[object, ...], ...]
Lengths = tuple[float, ...]


@dataclass(frozen=True)
class Sound:
    """A note (or a rest) of a voice, or a chord, with where it begins and ends."""

    onset: float  # exact: all times of tiny styles are binary fractions
    end: float
    what: Pitch | Chord | None
    marks: tuple[tuple[str, str], ...] = ()  # (articulation, staccato), …


@dataclass(frozen=True)
class Span:
    """A phrase or a statement; `repeat_of` is the onset of the statement that it states again."""

    onset: float
    end: float
    name: str
    cadence: str | None = None
    repeat_of: float | None = None


@dataclass(frozen=True)
class Piece:
    """One score in all its statements, and the log weight of its lengths."""

    style: Style
    lines: dict[str, tuple[Sound, ...]]
    chords: tuple[Sound, ...]
    phrases: tuple[Span, ...]
    statements: tuple[Span, ...]
    length_weight: float = 0.0

    @property
    def end(self) -> float:
        """Where the last statement stops."""
        return self.statements[-1].end

    def score(self) -> Score:
        """The piece as the project writes music down."""
        style = self.style
        assert style.key is not None
        notes = [
            Note(
                name,
                _exactly(each.onset),
                _exactly(each.end - each.onset),
                each.what if isinstance(each.what, Pitch) else None,
            )
            for name, line in self.lines.items()
            for each in line
        ]
        chords = [
            ChordEvent(_exactly(each.onset), _exactly(each.end - each.onset), each.what)
            for each in self.chords
            if isinstance(each.what, Chord)
        ]
        onsets = [each.onset for each in self.statements]
        sections = [
            Section(
                each.name,
                _exactly(each.onset),
                _exactly(each.end),
                1,
                None if each.repeat_of is None else onsets.index(each.repeat_of),
            )
            for each in self.statements
        ]
        phrases = [
            Phrase(_exactly(each.onset), _exactly(each.end), each.name, 1, each.cadence)
            for each in self.phrases
        ]
        voices = tuple(each.voice for each in style.voices)
        return Score(
            style.title,
            voices,
            replace(
                Timeline.plain(style.key, style.meter, pickup=style.form.pickup),
                sections=tuple(sections),
                phrases=tuple(phrases),
            ),
            tuple(notes),
            tuple(chords),
        )


def key_of(score: Score) -> Key:
    """What tells two scores of a style apart."""
    chords = tuple((each.onset, each.chord.label) for each in score.chords)
    notes = sorted((each.voice, each.onset, each.duration, str(each.pitch)) for each in score.notes)
    return chords, *notes


def pieces(style: Style) -> Iterator[Piece]:
    """Every score that fits, whatever the rules say of it."""
    statements, phrases = _form(style)
    written = [each for each in statements if each.repeat_of is None]
    inside = {each.onset: [p for p in phrases if each.onset <= p.onset < each.end] for each in statements}
    each_section = [list(_stretch(style, inside[section.onset])) for section in written]
    for chosen in itertools.product(*each_section):
        lines: dict[str, list[Sound]] = {voice.name: [] for voice in style.voices}
        chords: list[Sound] = []
        for statement in statements:
            source = statement.onset if statement.repeat_of is None else statement.repeat_of
            part = chosen[[each.onset for each in written].index(source)]
            shift = statement.onset - source
            chords += [_moved(each, shift) for each in part.chords]
            for name, line in part.lines.items():
                lines[name] += [_moved(each, shift) for each in line]
        weight = sum(part.length_weight for part in chosen)
        frozen = {name: tuple(line) for name, line in lines.items()}
        yield Piece(style, frozen, tuple(chords), tuple(phrases), tuple(statements), weight)


@dataclass(frozen=True)
class _Part:
    chords: tuple[Sound, ...]
    lines: dict[str, tuple[Sound, ...]]
    length_weight: float


def _moved(sound: Sound, by: float) -> Sound:
    return Sound(sound.onset + by, sound.end + by, sound.what)


def _form(style: Style) -> tuple[list[Span], list[Span]]:
    statements: list[Span] = []
    phrases: list[Span] = []
    sections = {section.name: section for section in style.form.sections}
    now = 0.0
    for name in style.form.order:
        start = now
        for phrase in sections[name].phrases:
            phrases.append(Span(now, now + float(phrase.bars * style.meter.bar_length), name, phrase.cadence))
            now = phrases[-1].end
        first = next((each.onset for each in statements if each.name == name), None)
        statements.append(Span(start, now, name, None, first))
    return statements, phrases


def _stretch(style: Style, phrases: list[Span]) -> Iterator[_Part]:
    """All ways to fill the phrases of one section."""
    for chords in itertools.product(*_chord_choices(style, phrases)):
        choices = []
        for voice in style.voices:
            choices.append([_line(voice, each) for each in _rhythms(style, voice, phrases)])
        for rhythms in itertools.product(*choices):
            weight = sum(each[1] for each in rhythms)
            options = []
            for voice, (slots, _) in zip(style.voices, rhythms, strict=True):
                options.append([_pitches(style, voice, slot, chords) for slot in slots])
            counts = [len(each) for each in options]
            for notes in itertools.product(*(option for each in options for option in each)):
                found = iter(notes)
                lines = {
                    voice.name: tuple(next(found) for _ in range(count))
                    for voice, count in zip(style.voices, counts, strict=True)
                }
                yield _Part(chords, lines, weight)


def _line(voice: VoicePlan, slots: list[Sound]) -> tuple[list[Sound], float]:
    values = {float(value): weight for value, weight in voice.rhythm.values}
    return slots, sum(values.get(each.end - each.onset, 0.0) for each in slots)


def _chord_choices(style: Style, phrases: list[Span]) -> list[list[Sound]]:
    if style.harmony is None:
        return []
    assert style.key is not None
    given = [each for each in style.givens if each.subject == "harmony"]
    moving = [
        voice.rhythm for voice in style.voices if voice.rhythm.every is None and not voice.rhythm.values
    ]
    closes = [each.close for each in moving if each.close is not None]
    found = []
    for onset, end in _points(style, style.harmony.change, phrases, max(closes, default=None)):
        labels = style.harmony.labels(style.key.mode)
        if given:
            labels = (_label_at(style, onset),)
        found.append([Sound(onset, end, parse_chord(label, style.key)) for label in labels])
    return found


def _label_at(style: Style, onset: float) -> str:
    given = next(each for each in style.givens if each.subject == "harmony")
    now = 0.0
    label = ""
    for name, duration in given.labels:
        if now <= onset:
            label = name
        now += float(duration or style.meter.bar_length)
    return label


def _points(
    style: Style, every: str | Fraction, phrases: list[Span], close: Fraction | None
) -> list[tuple[float, float]]:
    """Where something begins and ends that comes again and again, counted from each bar line and from each phrase."""
    meter = style.meter
    if isinstance(every, str):
        offsets = {
            "beat": list(meter.beats),
            "bar": [Fraction(0)],
            "half bar": [each for each in meter.beats if meter.is_strong(each)],
        }[every]
    else:
        offsets = [every * place for place in range(max(1, int(meter.bar_length / every)))]
    found = []
    for phrase in phrases:
        onsets = {phrase.onset}
        for bar in range(-1, 20):
            start = style.form.pickup + bar * meter.bar_length
            onsets |= {float(start + each) for each in offsets if phrase.onset < start + each < phrase.end}
        if close is not None:
            last = phrase.end - float(close)
            onsets = {each for each in onsets if each < last} | {last}
        ordered = sorted(onsets)
        found += list(zip(ordered, [*ordered[1:], phrase.end], strict=True))
    return found


def _rhythms(style: Style, voice: VoicePlan, phrases: list[Span]) -> list[list[Sound]]:
    """The ways in which a voice may move, as notes without pitch."""
    given = next((each for each in style.givens if each.subject == voice.name), None)
    if given is not None:
        line, now = [], 0.0
        for pitch, duration in given.notes:
            line.append(Sound(now, now + float(duration), pitch))
            now += float(duration)
        return [[each for each in line if phrases[0].onset <= each.onset < phrases[-1].end]]
    if voice.rhythm.values:
        each_phrase = [list(_fillings(voice, phrase, float(style.form.pickup))) for phrase in phrases]
        return [_in_time(phrases, chosen) for chosen in itertools.product(*each_phrase)]
    every: str | Fraction = voice.rhythm.every or style.meter.bar_length
    if voice.rhythm.every is None and style.harmony is not None:
        every = style.harmony.change
    return [[Sound(onset, end, None) for onset, end in _points(style, every, phrases, voice.rhythm.close)]]


def _in_time(phrases: list[Span], lengths: tuple[Lengths, ...]) -> list[Sound]:
    found = []
    for phrase, filling in zip(phrases, lengths, strict=True):
        now = phrase.onset
        for length in filling:
            found.append(Sound(now, now + length, None))
            now += length
    return found


def _fillings(voice: VoicePlan, phrase: Span, pickup: float) -> Iterator[Lengths]:
    """The successions of values that fill a phrase, its last note as long as the close says. A note begins with the
    first full bar, unless that last note sounds there already.
    """
    values = [float(value) for value, _ in voice.rhythm.values]
    close = float(voice.rhythm.close or 0)

    def fill(now: float) -> Iterator[Lengths]:
        if now == phrase.end - close:
            yield (close,) if close else ()
        for value in values:
            crosses = now < pickup < now + value and pickup <= phrase.end - close
            if now + value <= phrase.end - close and not crosses:
                for rest in fill(now + value):
                    yield (value, *rest)

    yield from fill(phrase.onset)


def _pitches(style: Style, voice: VoicePlan, slot: Sound, chords: tuple[Sound, ...]) -> list[Sound]:
    sounding = [each.what for each in chords if each.onset < slot.end and slot.onset < each.end]
    if any(each.subject == voice.name for each in style.givens):
        foreign = voice.notes.kind == "chord" and isinstance(slot.what, Pitch)
        return [slot] if not foreign or _is_tone(slot.what, sounding) else []
    assert style.key is not None
    low, high = voice.voice.low, voice.voice.high
    kind = voice.notes.kind
    named = {(each.letter, each.chroma) for each in voice.notes.classes}
    scale = {(each.letter, each.chroma) for each in style.key.collection}
    found = []
    for diatonic in range(low.diatonic - 1, high.diatonic + 2):
        for alter in (-1, 0, 1):
            pitch = Pitch(diatonic % 7, alter, diatonic // 7)
            name = pitch.pitch_class.letter, pitch.pitch_class.chroma
            in_chords = kind == "chord" and _is_tone(pitch, sounding)
            allowed = in_chords or name in named or (kind == "scale" and name in scale)
            if low.midi <= pitch.midi <= high.midi and allowed:
                found.append(Sound(slot.onset, slot.end, pitch))
    return found


def _is_tone(pitch: object, chords: Sequence[object]) -> bool:
    """Whether a pitch belongs to every chord under which it sounds."""
    assert isinstance(pitch, Pitch)
    name = pitch.letter, pitch.pitch_class.chroma
    tones = [
        {(tone.letter, tone.chroma) for tone in chord.tones} for chord in chords if isinstance(chord, Chord)
    ]
    return all(name in each for each in tones)


def _exactly(time: float) -> Fraction:
    """The time that a float stands for; no style here has finer ones."""
    return Fraction(time).limit_denominator(192)
