"""Guards against quotation on the lattice: a memory for each voice, of how much of a piece it is quoting."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from rulegen.folds.grid_elements import Unreadable
from rulegen.folds.layout import Weighing
from rulegen.folds.sampled import is_sampled
from rulegen.folds.seams import check_between, check_reach, sampled_location
from rulegen.lattice.problem import Columns, Factor, IntArray, Part, Slot, intern
from rulegen.models.guard import BROKEN, HELD, Guard, TooMuchToKnow
from rulegen.models.quoted import guard_against, quotable
from rulegen.rules.draft import Board, Draft, Location
from rulegen.rules.places import Instance, admitted, row_of, windows
from rulegen.rules.tables import Tables
from rulegen.style.quoting import run_source

Handed = list[tuple[Location, Hashable]]


def lay_guard(instance: Instance, draft: Draft, board: Board, weighing: Weighing) -> Handed:
    """Puts the guard of a voice wherever it begins a note, and says where verdicts are handed on. Raises
    Unreadable.
    """
    row = row_of(instance, draft.frame)
    if not len(windows(row, instance.size)):
        return []
    places = dict(_places(instance, draft))
    symbols, source = draft.tables.voices[instance.voice], run_source(instance.use.rule.then)
    sung = np.unique(symbols.midi[symbols.diatonic >= 0]).tolist()
    try:
        guard = guard_against(quotable(*source), instance.size - 1, tuple(sung))
    except TooMuchToKnow:
        raise Unreadable("the pieces that it guards have too many runs of so many notes") from None
    laid = _Laid(instance, draft, guard, weighing)
    if not guard.quotes.any():
        return []  # the voice can sing nothing that could be quoted
    slot = board.slot(Slot(len(guard.following), 0, instance.use.index, instance.use.title))
    made = {holds: laid.factor(slot, holds) for holds in set(places.values())}
    for location, holds in places.items():
        board.put(location, made[holds])
    return [(location, laid.name) for location, holds in places.items() if holds] if weighing.counted else []


def _places(instance: Instance, draft: Draft) -> Iterator[tuple[Location, bool]]:
    """Where a note may begin that has one before it, and whether the guard holds there; at a seam as far as a
    run from before it can reach.
    """
    row, sampled = row_of(instance, draft.frame), is_sampled(instance, draft)
    if sampled:
        check_reach(instance, draft)
        if draft.repeats_any and not (instance.use.hard and instance.use.limit is None):
            raise Unreadable(
                "where a sampled rhythm is stated again, quoting can be forbidden, and not counted"
            )
    elif draft.repeats_any:
        for window in row.layers[windows(row, instance.size)].tolist():
            if not draft.frame.only_repeats(window[0], window[-1]):
                check_between(window, draft)
    begun: dict[int, int] = {}  # statement → notes of it so far
    asked = admitted(instance.use, draft.frame, row.layers)
    if instance.use.hard and not sampled:  # a run that was given is no fault of the composition
        runs = sliding_window_view(row.layers, instance.size)
        asked[instance.size - 1 :] &= ~draft.was_given(instance.voice, runs).all(axis=1)
    for moment, holds in zip(row.layers.tolist(), asked.tolist(), strict=True):
        statement = int(draft.frame.statement_of[moment])
        begun[statement] = begun.get(statement, 0) + 1
        location: Location | None = draft.locate(moment, moment)
        if sampled:
            location = sampled_location(moment, instance, draft)
        elif draft.is_repeat(moment) and begun[statement] >= instance.size:
            location = None
        if location is not None and location != (-1, 0):
            yield location, holds


class _Laid:
    """The guard of an instance as a factor."""

    def __init__(self, instance: Instance, draft: Draft, guard: Guard, weighing: Weighing) -> None:
        self.guard = guard
        self.weighing = weighing
        self.name: Hashable = (instance.use.index, "guard", instance.voice)
        self.part = _part(draft.tables, instance.voice, guard)

    def factor(self, slot: int, holds: bool) -> Factor:
        """Where the guard `holds` a quotation has its weight; elsewhere it is only remembered."""
        quotes, weighing = self.guard.quotes & holds, self.weighing
        weights = np.where(quotes, weighing.log_weight, 0.0)
        output = quotes.astype(np.int32) if weighing.counted else None
        use, reads = weighing.use.index, (self.part,)
        return Factor.of(self.name, use, reads, weights, slot, self.guard.following, output)


def _part(tables: Tables, voice: int, guard: Guard) -> Part:
    """Reads the interval by which a note is entered; a rest breaks a run, and so does one in no piece."""
    symbols, component, time = tables.voices[voice], tables.of_voice(voice), tables.of_time(voice)
    ends = tables.times(voice).ends
    sounds, midi = symbols.diatonic >= 0, symbols.midi.astype(np.int64)
    intervals = np.array(guard.intervals, dtype=np.int64)
    size = BROKEN + 1 + len(intervals)

    def letter(before: Columns, after: Columns) -> IntArray:
        left, entered = before[0], after[0]
        step = midi[entered] - midi[left]
        place = np.minimum(np.searchsorted(intervals, step), len(intervals) - 1)
        known = (intervals[place] == step) & sounds[left] & sounds[entered]
        found = np.where(known, BROKEN + 1 + place, BROKEN)
        return np.where(ends[before[-1]], found, HELD).astype(np.int32)

    scope = (tuple(dict.fromkeys((component, time))), (component,))
    key = intern(("interval", component, guard.intervals))
    return Part.of(key, scope, size, letter, tables.counts(scope))
