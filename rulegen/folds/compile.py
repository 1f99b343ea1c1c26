"""Compiles the uses of a style against a draft: each use on each of its voices becomes factors on the
lattice.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace

import numpy as np

from rulegen.folds.deferred import asks_elsewhere, lay_deferred
from rulegen.folds.feeds import bound_windows, composed, from_before
from rulegen.folds.grid_elements import Unreadable
from rulegen.folds.layout import Tracks, Weighing
from rulegen.folds.quotation import lay_guard
from rulegen.folds.sampled import (
    begins,
    begun_surely,
    check_sampled,
    free_window,
    has_held_notes,
    is_sampled,
    looks_at_tones,
    width_of,
)
from rulegen.folds.seams import check_between, check_reach, sampled_location
from rulegen.folds.stretches import lay_allowance, lay_stretches
from rulegen.folds.tones import lay_tones
from rulegen.folds.window import TooWide, machine_of
from rulegen.rules.decomposition import part_of
from rulegen.rules.draft import Board, Draft, Location
from rulegen.rules.elements import Undecided
from rulegen.rules.places import Instance, admitted, event_of, instances, is_of_stretches, row_of
from rulegen.rules.reduction import Absent
from rulegen.style.expression import Typed
from rulegen.style.model import Use
from rulegen.style.quoting import is_guard

__all__ = ["TooWide", "compile_uses"]


def compile_uses(uses: Iterable[Use], draft: Draft, board: Board) -> None:
    """Puts the factors of all uses on the board. Raises Unreadable or TooWide for a use that cannot be
    compiled.
    """
    for use in uses:
        compile_use(use, draft, board)


def compile_use(use: Use, draft: Draft, board: Board) -> None:
    """Puts the factors of one use on the board; none where it speaks of marks that there are not. What was
    compiled once is kept with the draft.
    """
    if not draft.tables.bears(use.rule):
        return
    key = replace(use, index=0)
    if key not in draft.compiled:
        stored = draft.stored.get(use.content) if draft.stored else None
        draft.compiled[key] = (stored and stored()) or _compiled(use, draft)
    was, kept = draft.compiled[key]
    board.add(kept, was, use.index)


def _compiled(use: Use, draft: Draft) -> tuple[int, Board]:
    board = Board()
    try:
        _compile(use, draft, board)
    except Undecided as error:
        raise Unreadable(str(error)) from None
    return use.index, board


def _compile(use: Use, draft: Draft, board: Board) -> None:
    event = event_of(use)
    handed: list[tuple[Location, Hashable]] = []
    for number, instance in enumerate(instances(use, draft.frame)):
        weighing = Weighing(use, number, counted=use.limit is not None)
        if is_guard(use.rule):
            handed += lay_guard(instance, draft, board, weighing)
        elif asks_elsewhere(instance, event, draft):
            handed += lay_deferred(instance, event, draft, board, weighing)
        elif is_of_stretches(instance):
            handed += lay_stretches(instance, event, draft, board, weighing)
        elif is_sampled(instance, draft) and looks_at_tones(instance):
            handed += lay_tones(instance, event, draft, board, weighing)
        elif is_sampled(instance, draft) and instance.size > 2:
            handed += _lay_sampled(instance, event, draft, board, weighing)
        else:
            handed += _lay_windows(instance, event, draft, board, weighing)
    if use.limit is not None:
        lay_allowance(handed, (Weighing(use, "allowance"), draft, board))


def _lay_windows(
    instance: Instance, event: Typed, draft: Draft, board: Board, weighing: Weighing
) -> list[tuple[Location, Hashable]]:
    tracks = Tracks(weighing)
    held = instance.voice >= 0 and has_held_notes(instance, draft)
    groups, size = from_before(
        composed(instance, bound_windows(instance, event, draft), draft), width_of(instance, draft)
    )
    for group in groups:
        machine = machine_of(group.event, size, draft.tables, held)
        if not draft.repeats_any:
            tracks.add_all(machine, draft.layer_of[group.windows].tolist())
            continue
        for window in group.windows.tolist():
            if not draft.frame.only_repeats(window[0], window[-1]):
                check_between(window, draft)
                places = [draft.locate(moment, window[-1]) for moment in window]
                tracks.add(machine, places, draft.variant(window))
    row = [] if is_sampled(instance, draft) else row_of(instance, draft.frame).layers.tolist()
    tracks.lay(board, sorted({(-1, int(draft.layer_of[moment])) for moment in row}))
    if not weighing.counted:
        return []
    return [
        (location, tracks.verdict_name(role))
        for location, verdicts in tracks.verdicts.items()
        for role in verdicts
        if len(role) < 2
    ]


def _lay_sampled(
    instance: Instance, event: Typed, draft: Draft, board: Board, weighing: Weighing
) -> list[tuple[Location, Hashable]]:
    """A window of three or more notes or moments of a sampled rhythm: under way wherever one begins."""
    check_sampled(instance, draft)
    check_reach(instance, draft)
    try:
        bound = free_window(instance, event, draft)
    except Absent:
        return []
    machine = machine_of(bound, instance.size, draft.tables, held=True)
    tracks = Tracks(weighing)
    begin, surely = part_of(begins(instance, 1, draft), 1, draft.tables), begun_surely(instance, draft)
    moments = np.arange(1, len(draft.frame.onsets))
    allowed = admitted(instance.use, draft.frame, moments)
    locations = []
    for moment, holds in zip(moments.tolist(), allowed.tolist(), strict=True):
        location = sampled_location(moment, instance, draft)
        if location is not None:
            locations.append(location)
            if moment not in surely:
                tracks.begins[location] = begin
            tracks.add_sampled(machine, location, may_end=holds)
    tracks.begin_none(location for location in locations if location[0] >= 0 and location[1] > 0)
    tracks.lay(board, locations)
    return [(location, tracks.verdict_name()) for location in tracks.verdicts]
