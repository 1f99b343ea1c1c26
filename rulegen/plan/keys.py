"""What the keys of a piece demand: which notes its voices have, and how a phrase moves from key to key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rulegen.lattice.problem import IntArray
from rulegen.plan.domains import pitches_in
from rulegen.plan.schedule import Schedule
from rulegen.rules.tables import Tables
from rulegen.score.events import ChordEvent
from rulegen.score.timeline import Modulation, Timeline
from rulegen.style.model import Style

MODULATION = "modulation"  # the demand that a key changes once, at a chord of both

Bools = NDArray[np.bool_]
Holds = Callable[[Sequence[IntArray], Sequence[IntArray]], Bools]
Demand = tuple[
    tuple[str, int], tuple[int, ...], tuple[int, ...], Holds
]  # name, what it reads before and after


def sounds_in_key(style: Style, schedule: Schedule, tables: Tables, voice: int, moment: int) -> Bools:
    """(codes,): which sound a note that a voice may have in the keys of a moment."""
    case = voice, schedule.keys[moment]
    if case not in tables.sounding_in_keys:
        own = set(pitches_in(style.voices[voice], case[1], tables.chords))
        found = np.array([pitch in own for pitch in tables.voices[voice].pitches], dtype=bool)
        tables.sounding_in_keys[case] = found
    return tables.sounding_in_keys[case]


def demands(style: Style, schedule: Schedule, tables: Tables, moment: int) -> Iterator[Demand]:
    """What holds at a moment whose key is open: notes are those of the chord's key, and the key changes once,
    to a chord that both keys have.
    """
    harmony = tables.harmony
    onset = schedule.frame.onsets[moment]
    modulation = next(
        (each for each in schedule.timeline.modulations if each.onset <= onset < each.end), None
    )
    if harmony is None or modulation is None:
        return
    if onset > modulation.onset and moment in schedule.frame.chord_row.layers:
        allowed = _steps(modulation, tables)
        yield (
            (MODULATION, _pair(modulation, tables)),
            (harmony,),
            (harmony,),
            lambda before, after: np.asarray(allowed[before[0], after[0]]),
        )
    for voice, plan in enumerate(style.voices):
        if plan.notes.kind != "chord" and schedule.frame.sounding[voice, moment]:
            component, own = tables.of_voice(voice), _of_keys(style, tables, voice)
            yield (
                ("in its key", voice),
                (),
                tuple(sorted((harmony, component))),
                _in_its_key(own, harmony < component),
            )


def _in_its_key(own: Bools, chord_first: bool) -> Holds:
    return lambda _, after: np.asarray(own[after[0], after[1]] if chord_first else own[after[1], after[0]])


def _pair(modulation: Modulation, tables: Tables) -> int:
    """A number that is that of the two keys."""
    return tables.keys.index(modulation.key) * len(tables.keys) + tables.keys.index(modulation.key_to)


def _steps(modulation: Modulation, tables: Tables) -> Bools:
    """(chords, chords): whether one may follow another: in the same key, or as a chord of both, entered in
    the later.
    """
    keys, sounds = [chord.key for chord in tables.chords], tables.sounds
    earlier = np.array([key == modulation.key for key in keys])
    later = np.array([key == modulation.key_to for key in keys])
    is_pivot = later & np.isin(sounds, sounds[earlier])
    same = (earlier[:, None] & earlier) | (later[:, None] & later)
    found: Bools = same | (earlier[:, None] & is_pivot)
    return found


def _of_keys(style: Style, tables: Tables, voice: int) -> Bools:
    """(chords, codes): whether a voice may sound a code in the key of a chord."""
    rows = {}
    for key in tables.regions:
        own = set(pitches_in(style.voices[voice], (key,), tables.chords))
        rows[key] = np.array([pitch is None or pitch in own for pitch in tables.voices[voice].pitches])
    return np.array([rows[chord.key] for chord in tables.chords], dtype=bool)


def with_drawn_keys(timeline: Timeline, chords: Sequence[ChordEvent]) -> Timeline:
    """The timeline whose open changes of key are where the chords have them."""
    keys = dict(timeline.keys)
    for each in timeline.modulations:
        keys.setdefault(each.end, timeline.key_at(each.end))
        inside = [event for event in chords if each.onset <= event.onset < each.end]
        keys |= {event.onset: each.key_to for event in inside if event.chord.key == each.key_to}
    kept = ((onset, key) for onset, key in keys.items() if onset < timeline.end)
    return replace(timeline, keys=tuple(kept), modulations=())
