"""What MusicXML has no place for, kept in one field of its metadata: names, ranges, sections, phrases."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from rulegen.io.bars import printed_signatures
from rulegen.io.labels import restated
from rulegen.score.events import ChordEvent, Note, Score, Voice
from rulegen.score.timeline import MeterChange, Phrase, Section, Timeline
from rulegen.theory.chord import parse_chord
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch, PitchClass
from rulegen.theory.scale import Key

FIELD = "rulegen-form"


def form_text(score: Score) -> str:
    """The form of a score as a line of JSON."""
    form = {
        "end": str(score.end),
        "meters": [[str(onset), meter.name, str(upbeat)] for onset, meter, upbeat in score.timeline.meters],
        "signatures": [[str(onset), key.name] for onset, key in score.timeline.signatures],
        "keys": [[str(onset), key.name] for onset, key in score.timeline.keys],
        "repeats": score.repeat_style,
        "voices": [
            [voice.name, voice.low.name, voice.high.name, *([voice.kit] if voice.kit is not None else [])]
            for voice in score.voices
        ],
        "sections": [
            [part.name, str(part.onset), str(part.end), part.statement, part.repeat_of]
            for part in score.sections
        ],
        "phrases": [
            [part.section, str(part.onset), str(part.end), part.statement, part.cadence]
            for part in score.phrases
        ],
        "restated": [str(event.onset) for event in restated(score)],
        "pauses": [[str(event.onset), str(event.end)] for event in _before_pauses(score)],
        "borrowed": [[str(event.onset), event.chord.key.name] for event in _borrowed(score)],
        "ornaments": [[note.voice, str(note.onset)] for note in score.notes if note.ornament],
    }
    return json.dumps(form, ensure_ascii=False, separators=(",", ":"))


def with_form(score: Score, text: str) -> Score:
    """A score that was read from notation, with the form that its metadata keeps.

    A form that no longer fits the notes, since someone has edited them, is left out.
    """
    try:
        form = json.loads(text)
        names = _new_names(score, form)
        score = _without_filling(score, Fraction(form["end"]))
        if Fraction(form["end"]) != score.end:
            return score
        ornaments = {(str(voice), Fraction(onset)) for voice, onset in form["ornaments"]}
        notes = tuple(_renamed(note, names, ornaments) for note in score.notes)
        timeline = _timeline(score.timeline, form)
        return replace(
            score,
            voices=tuple(
                Voice(str(name), Pitch.parse(low), Pitch.parse(high), *map(str, kit))
                for name, low, high, *kit in form["voices"]
            ),
            timeline=timeline,
            notes=notes,
            chords=_chords(score, timeline, form),
            dynamics=tuple(replace(each, voice=each.voice and names[each.voice]) for each in score.dynamics),
            hairpins=tuple(replace(each, voice=each.voice and names[each.voice]) for each in score.hairpins),
            repeat_style=str(form["repeats"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError, RecursionError):
        return score


def _without_filling(score: Score, end: Fraction) -> Score:
    """The score up to the end of its music: on paper rests fill the last bar, and they are not its own."""
    if not end < score.end < end + score.timeline.bar_length(end):
        return score
    if any(note.end > end and not note.is_rest for note in score.notes):
        return score
    notes = (note for note in score.notes if note.onset < end)
    chords = (event for event in score.chords if event.onset < end)
    return replace(
        score,
        notes=tuple(replace(note, duration=min(note.end, end) - note.onset) for note in notes),
        chords=tuple(replace(event, duration=min(event.end, end) - event.onset) for event in chords),
    )


def _new_names(score: Score, form: Mapping[str, Any]) -> dict[str, str]:
    names = [str(entry[0]) for entry in form["voices"]]
    if len(names) != len(score.voices) or len(set(names)) != len(names):
        raise ValueError("the form is of another score")
    return dict(zip((voice.name for voice in score.voices), names, strict=True))


def _renamed(note: Note, names: Mapping[str, str], ornaments: set[tuple[str, Fraction]]) -> Note:
    name = names[note.voice]
    return replace(note, voice=name, ornament=(name, note.onset) in ornaments)


def _timeline(read: Timeline, form: Mapping[str, Any]) -> Timeline:
    """The timeline that was read, with its sections and phrases, and with what notation does not print: the
    groups of meters, upbeats, and the keys of phrases. Meters or signatures that were edited stay so.
    """
    meters = [MeterChange(Fraction(at), Meter.parse(name), Fraction(up)) for at, name, up in form["meters"]]
    signatures = [(Fraction(onset), _key(name)) for onset, name in form["signatures"]]
    keys = [(Fraction(onset), _key(name)) for onset, name in form["keys"]]
    same_meters = _printed_meters(meters) == _printed_meters(read.meters)
    same_keys = _printed_keys(signatures) == _printed_keys(read.signatures)
    return replace(
        read,
        meters=tuple(meters) if same_meters else read.meters,
        signatures=tuple(signatures) if same_keys else read.signatures,
        keys=tuple(keys) if same_keys else read.keys,
        sections=tuple(_section(*entry) for entry in form["sections"]),
        phrases=tuple(_phrase(*entry) for entry in form["phrases"]),
    )


def _printed_meters(meters: Iterable[MeterChange]) -> list[tuple[Fraction, int, int]]:
    """The meters as notation prints them, without upbeats, and where it prints them anew."""
    printed = [(onset, meter.numerator, meter.denominator) for onset, meter, _ in meters]
    return [each for before, each in pairwise([(Fraction(0), 0, 0), *printed]) if each[1:] != before[1:]]


def _printed_keys(signatures: Iterable[tuple[Fraction, Key]]) -> list[tuple[Fraction, int]]:
    """The signatures as notation prints them, without modes, and where it prints them anew."""
    return [(onset, key.signature_fifths) for onset, key in printed_signatures(signatures)]


def _before_pauses(score: Score) -> list[ChordEvent]:
    """The chords that end before another begins, or before the music ends."""
    following = [*(event.onset for event in score.chords[1:]), score.end]
    return [event for event, onset in zip(score.chords, following, strict=False) if event.end < onset]


def _borrowed(score: Score) -> list[ChordEvent]:
    """The chords that are read in another key than that of their place."""
    return [event for event in score.chords if event.chord.key != score.timeline.key_at(event.onset)]


def _chords(score: Score, timeline: Timeline, form: Mapping[str, Any]) -> tuple[ChordEvent, ...]:
    """The chords with the ends and restatements that their labels do not show."""
    ends = {Fraction(onset): Fraction(end) for onset, end in form["pauses"]}
    cuts = sorted({Fraction(onset) for onset in form["restated"]})
    borrowed = {Fraction(onset): _key(name) for onset, name in form["borrowed"]}
    found = []
    for event in score.chords:
        places = [event.onset, *(cut for cut in cuts if event.onset < cut < event.end), event.end]
        for onset, end in pairwise(places):
            key = borrowed.get(onset) or timeline.key_at(onset)
            chord = event.chord if key == event.chord.key else parse_chord(event.chord.label, key)
            found.append(ChordEvent(onset, min(end, max(onset, ends.get(onset, end))) - onset, chord))
    return tuple(event for event in found if event.duration)


def _key(name: str) -> Key:
    """A key by its name, with any number of accidentals."""
    tonic, mode = name.split()
    return Key(PitchClass.parse(tonic), mode)


def _section(name: str, onset: str, end: str, statement: int, repeat_of: int | None) -> Section:
    return Section(str(name), Fraction(onset), Fraction(end), int(statement), repeat_of)


def _phrase(section: str, onset: str, end: str, statement: int, cadence: str | None) -> Phrase:
    return Phrase(Fraction(onset), Fraction(end), str(section), int(statement), cadence)
