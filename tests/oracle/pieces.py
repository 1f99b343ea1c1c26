"""All scores that fit a tiny style's voices, meter and form, written out one by one: nothing here knows the engine."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, wraps
from typing import Concatenate, ParamSpec, TypeVar

from rulegen.score.events import ChordEvent, Note, Score
from rulegen.score.timeline import MeterChange, Phrase, Section, Timeline
from rulegen.style.model import Pattern, Rhythm, Style, VoicePlan, Wait
from rulegen.theory.chord import Chord, parse_chord
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch
from rulegen.theory.scale import Key as MusicKey

Key = tuple[tuple[object, ...], ...]
Lengths = tuple[float, ...]
TICKS = 48  # of a whole note
REST, STRUCK = (("rest", ""),), (("struck", ""),)
_At, _Said = ParamSpec("_At"), TypeVar("_Said")


@dataclass(frozen=True)
class Sound:
    """A note (or a rest) of a voice, or a chord, with where it begins and ends."""

    onset: float  # exact: all times of tiny styles are binary fractions
    end: float
    what: Pitch | Chord | None
    marks: tuple[tuple[str, str], ...] = ()  # (articulation, staccato), …


@dataclass(frozen=True)
class Span:
    """A phrase or a statement; `repeat_of` is the onset of the statement that it states again.

    Of a phrase: the meter of its bars, one of which begins at `downbeat`, and its key, and where it goes.
    """

    onset: float
    end: float
    name: str
    cadence: str | None = None
    repeat_of: float | None = None
    meter: Meter | None = None
    downbeat: float = 0.0
    key: MusicKey | None = None
    key_to: MusicKey | None = None


def _of_time(
    ask: Callable[Concatenate[Piece, _At], _Said],
) -> Callable[Concatenate[Piece, _At], _Said]:
    """What the form alone decides, whatever sounds: asked once for all the pieces that share it."""

    @wraps(ask)
    def asked(piece: Piece, *at: _At.args, **more: _At.kwargs) -> _Said:
        key = ask.__name__, at
        if key not in piece.known:
            piece.known[key] = ask(piece, *at, **more)
        return piece.known[key]  # type: ignore[return-value]

    return asked


@dataclass(frozen=True)
class Piece:
    """One score in all its statements, and the log weight of its lengths.

    `known` holds what was asked of the time of its form, which all pieces with its phrases and statements share.
    """

    style: Style
    lines: dict[str, tuple[Sound, ...]]
    chords: tuple[Sound, ...]
    phrases: tuple[Span, ...]
    statements: tuple[Span, ...]
    length_weight: float = 0.0
    known: dict[object, object] = field(default_factory=dict, compare=False, repr=False)

    @property
    def end(self) -> float:
        """Where the last statement stops."""
        return self.statements[-1].end

    @_of_time
    def phrase_at(self, onset: float) -> Span:
        """The phrase that holds a place in time."""
        return next(each for each in self.phrases if each.onset <= onset < each.end)

    @_of_time
    def statement_at(self, onset: float) -> int:
        """Which statement holds a place in time."""
        return next(i for i, each in enumerate(self.statements) if each.onset <= onset < each.end)

    def meter_at(self, onset: float) -> Meter:
        """The meter of a place in time."""
        found = self.phrase_at(onset).meter
        assert found is not None
        return found

    @_of_time
    def offset(self, onset: float) -> Fraction:
        """How far a place lies after its downbeat."""
        return (Fraction(onset) - Fraction(self.phrase_at(onset).downbeat)) % self.meter_at(onset).bar_length

    @_of_time
    def beat(self, onset: float) -> Fraction:
        """The beat of its bar on which a place lies."""
        return self.meter_at(onset).beat_of(self.offset(onset))

    @_of_time
    def strength(self, onset: float) -> float:
        """The accent of a place."""
        return self.meter_at(onset).strength(self.offset(onset))

    @_of_time
    def is_strong(self, onset: float) -> bool:
        """Whether a place carries the accent of its bar, or of the other half of it."""
        return self.meter_at(onset).is_strong(self.offset(onset))

    @_of_time
    def strongest_within(self, onset: float, end: float) -> float:
        """The greatest accent of a beat or half beat between two places; 0 where there is none."""
        ticks = [tick / 96 for tick in range(round(onset * 96) + 1, round(end * 96))]
        found = [self.strength(each) for each in ticks]
        return max((strength for strength in found if strength >= 0.125), default=0.0)

    @_of_time
    def bar(self, onset: float) -> int:
        """The number of the bar at a place: how many downbeats there were, those of upbeats not counted."""
        return sum(each <= onset for each in self.downbeats())

    @_of_time
    def downbeats(self) -> list[float]:
        """Where each full bar begins."""
        found: set[float] = set()
        for each in self.phrases:
            assert each.meter is not None
            bars = (each.downbeat + float(each.meter.bar_length) * bar for bar in range(-8, 24))
            found |= {bar for bar in bars if each.onset <= bar < each.end}
        return sorted(found)

    @_of_time
    def begins(self, kind: str) -> list[float]:
        """Where bars or beats begin: those of each phrase as far as it goes."""
        found = []
        for phrase in self.phrases:
            meter = self.meter_at(phrase.onset)
            for bar in range(-20, 20):
                for offset in [Fraction(0)] if kind == "bar" else meter.beats:
                    line = phrase.downbeat + float(bar * meter.bar_length + offset)
                    if phrase.onset <= line < phrase.end:
                        found.append(line)
        return found

    def key_at(self, onset: float) -> MusicKey:
        """The key of a place in time: where it is drawn, that of the chord."""
        phrase = self.phrase_at(onset)
        if phrase.key_to is not None:
            chord = next(each.what for each in self.chords if each.onset <= onset < each.end)
            assert isinstance(chord, Chord)
            return chord.key
        assert phrase.key is not None
        return phrase.key

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
        voices = tuple(each.voice for each in style.voices)
        return Score(style.title, voices, self._timeline(), tuple(notes), tuple(chords))

    def _timeline(self) -> Timeline:
        """When what holds: asked once for all pieces whose chords change alike, and from key to key alike."""
        alike = "timeline", tuple((each.onset, self.key_at(each.onset)) for each in self.chords)
        if alike not in self.known:
            self.known[alike] = self._laid_out()
        found = self.known[alike]
        assert isinstance(found, Timeline)
        return found

    def _laid_out(self) -> Timeline:
        """When what holds: signatures are of no account to rules."""
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
        keys: list[tuple[Fraction, MusicKey]] = []
        meters: list[MeterChange] = []
        for each in self.phrases:
            assert each.meter is not None
            upbeat = (Fraction(each.downbeat) - Fraction(each.onset)) % each.meter.bar_length
            keys += [(_exactly(onset), self.key_at(onset)) for onset in self._onsets_in(each)]
            if not meters or meters[-1].meter != each.meter or self.offset(each.onset) == 0:
                meters.append(MeterChange(_exactly(each.onset), each.meter, upbeat))
        assert self.style.key is not None
        home = ((Fraction(0), self.style.key),)
        return Timeline(
            tuple(keys), tuple(meters), signatures=home, sections=tuple(sections), phrases=tuple(phrases)
        )

    def _onsets_in(self, phrase: Span) -> list[float]:
        inside = [each.onset for each in self.chords if phrase.onset <= each.onset < phrase.end]
        return inside or [phrase.onset]


def key_of(score: Score) -> Key:
    """What tells two scores of a style apart."""
    chords = tuple((each.onset, f"{each.chord.key}: {each.chord.label}") for each in score.chords)
    notes = sorted((each.voice, each.onset, each.duration, str(each.pitch)) for each in score.notes)
    return chords, *notes


def pieces(style: Style) -> Iterator[Piece]:
    """Every score that fits, whatever the rules say of it."""
    statements, phrases = form_of(style)
    written = [each for each in statements if each.repeat_of is None]
    inside = {each.onset: [p for p in phrases if each.onset <= p.onset < each.end] for each in statements}
    each_section = [list(_stretch(style, inside[section.onset])) for section in written]
    known: dict[object, object] = {}
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
        yield Piece(style, frozen, tuple(chords), tuple(phrases), tuple(statements), weight, known)


@dataclass(frozen=True)
class _Part:
    chords: tuple[Sound, ...]
    lines: dict[str, tuple[Sound, ...]]
    length_weight: float


def _moved(sound: Sound, by: float) -> Sound:
    return replace(sound, onset=sound.onset + by, end=sound.end + by)


def form_of(style: Style) -> tuple[list[Span], list[Span]]:
    """The statements and the phrases of a style."""
    statements: list[Span] = []
    phrases: list[Span] = []
    sections = {section.name: section for section in style.form.sections}
    now = 0.0
    running: tuple[Meter, float] | None = None
    downbeat = 0.0
    for name in style.form.order:
        start, section = now, sections[name]
        upbeat = _upbeat(style, name)
        home = _meant(section.key, style.key)
        for phrase in section.phrases:
            meter = phrase.meter or section.meter or style.meter
            end = now + float(phrase.bars * meter.bar_length)
            if phrase is section.phrases[-1]:
                end += upbeat - _upbeat_after(style, name)
            if running != (meter, upbeat):  # else bars go on as they were
                running, downbeat = (meter, upbeat), now + upbeat
            key, key_to = _meant(phrase.key, home), phrase.key_to and _meant(phrase.key_to, home)
            phrases.append(Span(now, end, name, phrase.cadence, None, meter, downbeat, key, key_to or None))
            now = end
        first = next((each.onset for each in statements if each.name == name), None)
        statements.append(Span(start, now, name, None, first))
    return statements, phrases


def _upbeat(style: Style, name: str) -> float:
    section = next(each for each in style.form.sections if each.name == name)
    return float(style.form.pickup if section.pickup is None else section.pickup)


def _upbeat_after(style: Style, name: str) -> float:
    """The upbeat of what follows a section, which the last bar of the section makes room for."""
    order = style.form.order
    after = [later for one, later in itertools.pairwise(order) if one == name]
    return _upbeat(style, (after or [order[0]])[0])


def _meant(said: MusicKey | str | None, home: MusicKey | None) -> MusicKey:
    """The key that is said: itself, or as it stands to home."""
    assert home is not None
    if said is None or said == "home":
        return home
    if isinstance(said, MusicKey):
        return said
    degree = ("I", "II", "III", "IV", "V", "VI", "VII").index(said.upper())
    return MusicKey(home.scale[degree], "major" if said.isupper() else "minor")


def _stretch(style: Style, phrases: list[Span]) -> Iterator[_Part]:
    """All ways to fill the phrases of one section."""
    for chords in itertools.product(*_chord_choices(style, phrases)):
        if not _move_once(style, chords, phrases):
            continue
        choices = []
        for voice in style.voices:
            choices.append(_rhythms(style, voice, phrases))
        for rhythms in itertools.product(*choices):
            if not _move_together(style, rhythms):
                continue
            rhythms = tuple(
                (slots, own if _follows(style, place) is None else 0.0)
                for place, (slots, own) in enumerate(rhythms)
            )
            weight = sum(each[1] for each in rhythms)
            options = []
            for voice, (slots, _) in zip(style.voices, rhythms, strict=True):
                options.append([_pitches(style, voice, slot, chords, phrases) for slot in slots])
            counts = [len(each) for each in options]
            for notes in itertools.product(*(option for each in options for option in each)):
                found = iter(notes)
                lines = {
                    voice.name: tuple(next(found) for _ in range(count))
                    for voice, count in zip(style.voices, counts, strict=True)
                }
                yield _Part(chords, lines, weight)


def _move_together(style: Style, rhythms: tuple[tuple[list[Sound], float], ...]) -> bool:
    """Whether voices that are to move together do."""
    leaders = {place: _follows(style, place) for place in range(len(rhythms))}
    return all(first is None or rhythms[first][0] == rhythms[each][0] for each, first in leaders.items())


def _follows(style: Style, place: int) -> int | None:
    """The first voice with which a voice moves together; None for that voice itself, and for others."""
    own = style.voices[place].rhythm
    alike = [
        n for n, each in enumerate(style.voices) if each.rhythm == own and each.rhythm.place == own.place
    ]
    return alike[0] if own.together and alike[0] != place else None


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
    points = _points(style, style.harmony.change, phrases, max(closes, default=None))
    points = _while_any_sounds(style, points, phrases) if not style.givens else points
    for onset, end in points:
        phrase = next(each for each in phrases if each.onset <= onset < each.end)
        found.append(
            [
                Sound(onset, end, parse_chord(label, key))
                for key in (phrase.key, phrase.key_to)
                if key is not None
                for label in ((_label_at(style, onset),) if given else style.harmony.labels(key.mode))
            ]
        )
    return found


def _while_any_sounds(
    style: Style, points: list[tuple[float, float]], phrases: list[Span]
) -> list[tuple[float, float]]:
    """The points at which some voice has still to sound in their phrase, as far as that is laid down; the last of a
    phrase lasts to its end.
    """
    found = []
    for phrase in phrases:
        ends = [phrase.onset]
        for voice in style.voices:
            if voice.voice.kit is not None:
                continue
            rhythm = _rhythm_of(style, voice, phrase)
            ends += [
                tick / TICKS
                for tick in range(round(phrase.onset * TICKS), round(phrase.end * TICKS))
                if not rhythm.tacet and not _is_silent(style, voice, rhythm, phrase, tick)
            ]
            if rhythm.patterns and not _is_drawn(voice):
                struck = [sound.end for sound in _struck(style, voice, phrase) if sound.marks != REST]
                ends = [each for each in ends if each < max(struck, default=0)]
        own = [onset for onset, _ in points if phrase.onset <= onset < phrase.end and onset <= max(ends)]
        found += list(zip(own, [*own[1:], phrase.end], strict=True))
    return found


def _move_once(style: Style, chords: tuple[Sound, ...], phrases: list[Span]) -> bool:
    """Whether each phrase that goes from a key to another does so once, by a chord that sounds in the earlier too:
    with its first chord in the earlier, and its last two in the later.
    """
    assert style.harmony is not None or not chords
    for phrase in (each for each in phrases if each.key_to is not None):
        inside = [each.what for each in chords if phrase.onset <= each.onset < phrase.end]
        keys = [chord.key for chord in inside if isinstance(chord, Chord)]
        change = keys.index(phrase.key_to) if phrase.key_to in keys else 0
        if not 1 <= change <= len(keys) - 2 or keys != [phrase.key] * change + [phrase.key_to] * (
            len(keys) - change
        ):
            return False
        assert style.harmony is not None and phrase.key is not None
        known = [parse_chord(label, phrase.key) for label in style.harmony.labels(phrase.key.mode)]
        pivot = inside[change]
        assert isinstance(pivot, Chord)
        if not any(set(each.tones) == set(pivot.tones) and each.bass == pivot.bass for each in known):
            return False
    return True


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
    found = []
    for phrase in phrases:
        meter = phrase.meter
        assert meter is not None
        if isinstance(every, str):
            offsets = {
                "beat": list(meter.beats),
                "bar": [Fraction(0)],
                "half bar": [each for each in meter.beats if meter.is_strong(each)],
            }[every]
        else:
            offsets = [every * place for place in range(max(1, int(meter.bar_length / every)))]
        onsets = {phrase.onset}
        for bar in range(-20, 20):
            start = Fraction(phrase.downbeat) + bar * meter.bar_length
            onsets |= {float(start + each) for each in offsets if phrase.onset < start + each < phrase.end}
        if close is not None:
            last = phrase.end - float(close)
            onsets = {each for each in onsets if each < last} | {last}
        ordered = sorted(onsets)
        found += list(zip(ordered, [*ordered[1:], phrase.end], strict=True))
    return found


def _rhythms(style: Style, voice: VoicePlan, phrases: list[Span]) -> list[tuple[list[Sound], float]]:
    """The ways in which a voice may move, as notes without pitch, with their log weights."""
    given = next((each for each in style.givens if each.subject == voice.name), None)
    if given is not None:
        told, now = [], 0.0
        for pitch, duration in given.notes:
            told.append(Sound(now, now + float(duration), pitch))
            now += float(duration)
        return [([each for each in told if phrases[0].onset <= each.onset < phrases[-1].end], 0.0)]
    if _is_drawn(voice):
        each_phrase = [list(_drawn(style, voice, phrase)) for phrase in phrases]
        return [
            ([sound for sounds, _ in chosen for sound in sounds], sum(weight for _, weight in chosen))
            for chosen in itertools.product(*each_phrase)
        ]
    plain = Rhythm(voice.rhythm.every, close=voice.rhythm.close, pulse=voice.rhythm.pulse)
    if voice.rhythm != plain or voice.local_rhythms:
        line: list[Sound] = []
        for each in (sound for phrase in phrases for sound in _struck(style, voice, phrase)):
            if line and line[-1].marks == each.marks == REST:
                each = replace(each, onset=line.pop().onset)
            line.append(each)
        return [(line, 0.0)]
    every: str | Fraction = voice.rhythm.pulse or voice.rhythm.every or "bar"
    if voice.rhythm.every is None and style.harmony is not None:
        every = style.harmony.change
    return [([Sound(on, end, None) for on, end in _points(style, every, phrases, voice.rhythm.close)], 0.0)]


def _is_drawn(voice: VoicePlan) -> bool:
    """Whether there is any choice of how a voice moves."""
    of_patterns = ([pattern.length for pattern, _ in each.patterns] for each in voice.rhythms)
    choices = any(len(set(lengths)) < len(lengths) for lengths in of_patterns)
    return choices or any(each.values for each in voice.rhythms)


def _drawn(style: Style, voice: VoicePlan, phrase: Span) -> Iterator[tuple[list[Sound], float]]:
    """The ways to move in a phrase, with their log weights: in values, or with a pattern chosen for each bar."""
    rhythm = _rhythm_of(style, voice, phrase)
    if rhythm.values:
        notes, rests = (
            {float(value): weight for value, weight in each} for each in (rhythm.values, rhythm.rests)
        )
        entry = _entry(style, voice, rhythm, phrase)
        for filling in _fillings(rhythm, phrase, _first_downbeat(style, phrase), entry):
            weights = (rests.get(-each, 0.0) if each < 0 else notes.get(each, 0.0) for each in filling)
            yield _in_time(phrase, filling), sum(weights)
        return
    if len({pattern.length for pattern, _ in rhythm.patterns}) == len(rhythm.patterns):
        yield list(_struck(style, voice, phrase)), 0.0
        return
    found: dict[tuple[Sound, ...], float] = defaultdict(float)
    for chosen in itertools.product(*_patterns_of(style, voice, rhythm, phrase)):
        patterns = {start: pattern for start, pattern, _ in chosen}
        sounds = tuple(_struck(style, voice, phrase, patterns))
        found[sounds] += math.exp(sum(weight for _, _, weight in chosen))
    yield from ((list(sounds), math.log(weight)) for sounds, weight in found.items())


def _patterns_of(
    style: Style, voice: VoicePlan, rhythm: Rhythm, phrase: Span
) -> list[list[tuple[int, Pattern, float]]]:
    """What may be chosen in each window of a phrase in which its voice may sound: the tick where the window
    begins, a pattern and its log weight.
    """
    assert phrase.meter is not None
    window = phrase.meter.bar_length if rhythm.each == "bar" else Fraction(rhythm.each)
    step, first = round(window * TICKS), round(phrase.downbeat * TICKS)
    stop = phrase.end * TICKS - max(rhythm.close or 0, rhythm.breath) * TICKS
    start = max(phrase.onset, _entry(style, voice, rhythm, phrase)) * TICKS
    ticks = [first + step * place for place in range(-8, 24) if start - step < first + step * place < stop]
    known = [(pattern, weight) for pattern, weight in rhythm.patterns if pattern.length == window]
    return [[(tick, *each) for each in known] for tick in ticks]


def _entry(style: Style, voice: VoicePlan, rhythm: Rhythm, phrase: Span) -> float:
    """When the voice begins in a phrase that it begins late, its end at the latest."""
    first, last = round(phrase.onset * TICKS), round(phrase.end * TICKS)
    tick = first
    while tick < last and _is_late(style, voice, rhythm, phrase, tick):
        tick += 1
    return tick / TICKS


def _struck(
    style: Style, voice: VoicePlan, phrase: Span, chosen: Mapping[int, Pattern] | None = None
) -> Iterator[Sound]:
    """A phrase that is laid down, tick by tick: what sounds at each, and whether it is struck there. chosen: the
    patterns of its windows, by when they begin, where they are drawn.
    """
    rhythm, ticks = _rhythm_in(style, voice, phrase, chosen)
    first, last = round(phrase.onset * TICKS), round(phrase.end * TICKS)
    states = []
    for tick in range(first, last):
        state = ticks(tick)
        if tick >= last - (rhythm.close or 0) * TICKS:
            state = "struck" if tick == last - (rhythm.close or 0) * TICKS else "on"
        if _is_silent(style, voice, rhythm, phrase, tick):
            state = "off"
        if state == "on" and (not states or states[-1] == "off"):
            state = "struck"
        states.append(state)
    begins = [
        n
        for n, state in enumerate(states)
        if state == "struck" or (state == "off") != (states[n - 1] == "off")
    ]
    begins = sorted({0, *begins})
    for begin, end in itertools.pairwise([*begins, len(states)]):
        marks = REST if states[begin] == "off" else ()
        yield Sound((first + begin) / TICKS, (first + end) / TICKS, None, marks)


def _rhythm_of(style: Style, voice: VoicePlan, phrase: Span) -> Rhythm:
    """The rhythm of a phrase: that of its number, else that of its section, else the voice's own."""
    statements, phrases = form_of(style)
    statement = max((each for each in statements if each.onset <= phrase.onset), key=lambda each: each.onset)
    first = statement.onset if statement.repeat_of is None else statement.repeat_of
    number = 1 + [each.onset for each in phrases].index(phrase.onset - statement.onset + first)
    own = [each.rhythm for each in voice.local_rhythms if any(a <= number <= b for a, b in each.where.ranges)]
    of_section = [each.rhythm for each in voice.local_rhythms if phrase.name in each.where.names]
    return [*own, *of_section, voice.rhythm][0]


def _rhythm_in(
    style: Style, voice: VoicePlan, phrase: Span, chosen: Mapping[int, Pattern] | None
) -> tuple[Rhythm, Callable[[int], str]]:
    """The rhythm of a phrase, and what it has at a tick of time: `struck`, `on` or `off`."""
    rhythm = _rhythm_of(style, voice, phrase)
    assert phrase.meter is not None
    if rhythm.tacet:
        return rhythm, lambda tick: "off"
    if not rhythm.patterns:
        every = "bar" if rhythm.every is None and not rhythm.pulse else rhythm.pulse or rhythm.every
        assert every is not None
        onsets = {round(onset * TICKS) for onset, _ in _points(style, every, [phrase], rhythm.close)}
        return rhythm, lambda tick: "struck" if tick in onsets else "on"
    window = phrase.meter.bar_length if rhythm.each == "bar" else Fraction(rhythm.each)
    if chosen is not None:
        each_window = {tick: _states(pattern) for tick, pattern in chosen.items()}
        return rhythm, lambda tick: _state_at(tick, each_window)
    [pattern] = [each for each, _ in rhythm.patterns if each.length == window]
    states = _states(pattern)
    return rhythm, lambda tick: states[(tick - round(phrase.downbeat * TICKS)) % len(states)]


def _state_at(tick: int, windows: Mapping[int, Sequence[str]]) -> str:
    """What the pattern of a window has at a tick; where none is chosen the voice is silent, or holds its last."""
    start = max((each for each in windows if each <= tick), default=None)
    return "on" if start is None or tick - start >= len(windows[start]) else windows[start][tick - start]


def _states(pattern: Pattern) -> list[str]:
    """What a pattern has at each tick."""
    states: list[str] = []
    for item in pattern.items:
        begun = {"note": "struck", "rest": "off", "tied": "on"}[item.kind]
        states += [begun] + ["off" if item.kind == "rest" else "on"] * (round(item.duration * TICKS) - 1)
    return states


def _is_silent(style: Style, voice: VoicePlan, rhythm: Rhythm, phrase: Span, tick: int) -> bool:
    """Whether a rest is asked for at a tick: before the voice or the phrase begins, or for a breath."""
    is_late = _is_late(style, voice, rhythm, phrase, tick)
    return is_late or tick >= (phrase.end - float(rhythm.breath)) * TICKS


def _is_late(style: Style, voice: VoicePlan, rhythm: Rhythm, phrase: Span, tick: int) -> bool:
    """Whether a voice has not begun yet at a tick: in its piece, or in the section or phrase that the rhythm is
    of.
    """

    def over(wait: Wait, onset: float, upbeat: float) -> float:
        bar = style.meter.bar_length
        return (onset + (upbeat if wait.bars else 0) + float(wait.bars * bar + wait.length)) * TICKS

    local = next((each for each in voice.local_rhythms if each.rhythm is rhythm), None)
    statements, _ = form_of(style)
    section = max(each.onset for each in statements if each.onset <= phrase.onset)
    begun = 0.0 if local is None else phrase.onset if local.where.ranges else section
    upbeat = float(style.form.pickup) if begun == 0 else 0
    late = tick < over(rhythm.begin, begun, upbeat)
    return late or tick < over(rhythm.begin_phrases, phrase.onset, 0)


def _in_time(phrase: Span, lengths: Lengths) -> list[Sound]:
    found, now = list[Sound](), phrase.onset
    for length in lengths:
        if length < 0 and found and found[-1].marks == REST:  # rests that meet are one
            now -= length
            found[-1] = replace(found[-1], end=now)
            continue
        found.append(Sound(now, now + abs(length), None, REST if length < 0 else ()))
        now += abs(length)
    return found


def _first_downbeat(style: Style, phrase: Span) -> float:
    """Where the first full bar of a section begins that the phrase opens; else where the phrase does."""
    statements, _ = form_of(style)
    if all(each.onset != phrase.onset for each in statements):
        return phrase.onset
    assert phrase.meter is not None
    before = Fraction(phrase.downbeat) - Fraction(phrase.onset)
    return phrase.onset + float(before % phrase.meter.bar_length)


def _fillings(rhythm: Rhythm, phrase: Span, downbeat: float, entry: float) -> Iterator[Lengths]:
    """The successions of values that fill a phrase, its last note as long as the close says; rests are below zero,
    and none that is drawn follows another. A note begins with the first full bar of a section, unless that last note sounds there
    already.
    """
    values = [float(value) for value, _ in rhythm.values]
    rests = [-float(value) for value, _ in rhythm.rests]
    close, breath = float(rhythm.close or 0), float(rhythm.breath)
    stop = max(entry, phrase.end - (close or breath))
    wait = (phrase.onset - entry,) if entry > phrase.onset else ()

    def fill(now: float, rested: bool) -> Iterator[Lengths]:
        if now == stop:
            last = phrase.end - breath - stop
            yield (*((last,) if close else ()), *((-breath,) if breath else ()))
        for value in values if rested else [*values, *rests]:
            after = now + abs(value)
            crosses = now < downbeat < after and downbeat <= stop
            if rhythm.within_bars and value > 0:
                assert phrase.meter is not None
                bar = float(phrase.meter.bar_length)
                crosses |= any(now < phrase.downbeat + bar * number < after for number in range(-4, 12))
            if after <= stop and not crosses:
                for others in fill(after, value < 0):
                    yield (value, *others)

    if entry >= phrase.end - breath:
        yield (phrase.onset - phrase.end,)
        return
    for found in fill(entry, False):
        yield (*wait, *found)


def _pitches(
    style: Style, voice: VoicePlan, slot: Sound, chords: tuple[Sound, ...], phrases: list[Span]
) -> list[Sound]:
    if slot.marks == REST:
        return [Sound(slot.onset, slot.end, None)]
    if voice.voice.kit is not None:
        return [Sound(slot.onset, slot.end, voice.voice.low, STRUCK)]
    sounding = [each.what for each in chords if each.onset < slot.end and slot.onset < each.end]
    if any(each.subject == voice.name for each in style.givens):
        foreign = voice.notes.kind == "chord" and isinstance(slot.what, Pitch)
        return [slot] if not foreign or _is_tone(slot.what, sounding) else []
    assert style.key is not None
    low, high = voice.voice.low, voice.voice.high
    kind = voice.notes.kind
    named = {(each.letter, each.chroma) for each in voice.notes.classes}
    under = [each for each in chords if each.onset < slot.end and slot.onset < each.end]
    phrase = next(each for each in phrases if each.onset <= slot.onset < each.end)
    keys = {each.what.key for each in under if isinstance(each.what, Chord)} or {phrase.key}
    scales = [{(each.letter, each.chroma) for each in key.collection} for key in keys if key is not None]
    found = []
    for diatonic in range(low.diatonic - 1, high.diatonic + 2):
        for alter in (-1, 0, 1):
            pitch = Pitch(diatonic % 7, alter, diatonic // 7)
            name = pitch.pitch_class.letter, pitch.pitch_class.chroma
            in_chords = kind == "chord" and _is_tone(pitch, sounding)
            allowed = (
                in_chords or name in named or (kind == "scale" and all(name in scale for scale in scales))
            )
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


@cache
@cache
def _exactly(time: float) -> Fraction:
    """The time that a float stands for; no style here has finer ones."""
    return Fraction(time).limit_denominator(192)
