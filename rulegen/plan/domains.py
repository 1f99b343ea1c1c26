"""The symbols of each voice and the chords of a piece, from what a style says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from rulegen.plan.drawn import component_of, memories, shared, time_of
from rulegen.plan.foreign import classes_of_kinds
from rulegen.plan.grid import check_filled
from rulegen.plan.schedule import Schedule
from rulegen.plan.tune import Tune
from rulegen.rules.tables import Component, Tables
from rulegen.style.model import Style, VoicePlan
from rulegen.theory.chord import Chord, parse_chord
from rulegen.theory.pitch import Pitch, PitchClass
from rulegen.theory.scale import Key


def tables_of(style: Style, schedule: Schedule, tunes: Mapping[str, Tune]) -> Tables:
    """The codes of a piece. Chords are in the order of the text, pitches from low to high, a rest first where
    there is one. Raises Unsatisfiable where the lengths of a sampled rhythm do not fill the piece.
    """
    if schedule.grid is not None:
        check_filled(style, schedule.grid)
    regions = schedule.timeline.regions
    chords = chords_in(style, regions)
    lines = () if schedule.grid is None else schedule.grid.lines
    memory = memories(style, schedule.frame, lines)
    voices: list[Component] = []
    times: list[Component] = []
    for place, voice in enumerate(style.voices):
        of_voice = Component.of_pitches if voice.voice.kit is None else Component.of_strokes
        made = partial(of_voice, voice.name, place)
        pitches: list[Pitch | None] = list(pitches_in(voice, regions, chords))
        if schedule.grid is not None and place in schedule.free:
            line = schedule.grid.line(place)
            bare = Tables.of(regions, (), chords)
            known = (line, schedule.grid, shared(memory, line), schedule.frame, bare)
            if not line.together:
                voices.append(component_of(made, pitches_in(voice, regions, chords), known))
                continue
            names = ", ".join(style.voices[each].name for each in line.together)
            time = time_of(f"time of {names}", known)
            times += [time] if line.leads else []
            voices.append(made([*([None] if "sounds" in time.columns else []), *pitches]))
            continue
        if voice.name in tunes:
            tune = tunes[voice.name]
            given = {note.pitch for note in tune.skeleton if note.pitch is not None}
            pitches = [*sorted(given.union(pitch for pitch in pitches if pitch))]
        if not schedule.frame.sounding[place].all():
            pitches.insert(0, None)
        voices.append(made(pitches))
    return Tables.of(regions, voices, chords, [*times, *marks_of(style)])


def marks_of(style: Style) -> list[Component]:
    """The components of the marks that a style draws, in the order of its markings."""
    names = [voice.name for voice in style.voices]
    return [
        Component.of_marks(each.facet, each.kind, each.voices, [names.index(name) for name in each.voices])
        for each in style.markings
    ]


def chords_in(style: Style, keys: Sequence[Key]) -> tuple[Chord, ...]:
    """The chords that the style allows in several keys, key by key."""
    return tuple(chord for key in keys for chord in chords_of(style, key))


def chords_of(style: Style, key: Key) -> tuple[Chord, ...]:
    """The chords that the style allows in a key, and of those that are given what the key has."""
    if style.harmony is None:
        return ()
    given = [label for each in style.givens if each.subject == "harmony" for label, _ in each.labels]
    found = [parse_chord(label, key) for label in style.harmony.labels(key.mode)]
    for label in given:
        with suppress(ValueError):
            found.append(parse_chord(label, key))
    return tuple(dict.fromkeys(found))


def pitches_in(voice: VoicePlan, keys: Sequence[Key], chords: Sequence[Chord]) -> list[Pitch]:
    """The pitches that the style lets a voice sound in any of several keys, from low to high."""
    of_keys = (pitches_of(voice, key, [chord for chord in chords if chord.key == key]) for key in keys)
    return sorted({pitch for pitches in of_keys for pitch in pitches})


def pitches_of(voice: VoicePlan, key: Key, chords: Sequence[Chord]) -> list[Pitch]:
    """The pitches in a voice's range that the style lets it sound, from low to high."""
    if voice.voice.kit is not None:
        return [voice.voice.low]
    classes = _classes(voice, key, chords)
    low, high = voice.voice.low, voice.voice.high
    found = {name.in_octave(octave) for name in classes for octave in range(low.octave - 1, high.octave + 2)}
    return sorted(pitch for pitch in found if low.midi <= pitch.midi <= high.midi)


def _classes(voice: VoicePlan, key: Key, chords: Sequence[Chord]) -> list[PitchClass]:
    notes = voice.notes
    named = list(notes.classes) + ([key.leading_tone] if notes.leading_tone else [])
    if notes.kind == "chord":
        foreign = classes_of_kinds(voice.kinds, key, chords)
        return list(dict.fromkeys([*(tone for chord in chords for tone in chord.tones), *named, *foreign]))
    if notes.kind == "scale":
        return list(dict.fromkeys([*key.collection, *named]))
    if notes.kind == "chromatic":
        return list(dict.fromkeys([*key.chromatic, *named]))
    return named
