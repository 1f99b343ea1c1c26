"""Tones of a drawn rhythm, of whose kinds a rule asks: a note counts once over each chord, and windows may
lack notes where the piece begins or ends.

A tone begins where the voice begins a note, and at each point where the harmony may change. Its chord, and
what time says of it, is read where it begins: a step reads the time of its own moment alone.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rulegen.folds.grid_elements import AnyElement, Unreadable
from rulegen.folds.layout import Tracks, Weighing
from rulegen.folds.sampled import begins, begun_surely
from rulegen.folds.seams import check_reach, sampled_location
from rulegen.folds.window import Machine, Step, machine_of
from rulegen.lattice.problem import Columns, Factor, IntArray, Part, intern
from rulegen.rules.bind import Scope
from rulegen.rules.decomposition import part_of
from rulegen.rules.draft import Board, Draft, Location
from rulegen.rules.edges import fitted_to
from rulegen.rules.elements import BEGIN, Bound
from rulegen.rules.evaluate import cells
from rulegen.rules.keys import in_one_key
from rulegen.rules.places import Instance
from rulegen.rules.reduction import Absent
from rulegen.rules.tables import Component, Tables
from rulegen.style.expression import Apply, Cell, Typed

_TIME = "time"  # the component, after all others, whose codes are classes of moments


@dataclass(frozen=True)
class ToneElement(AnyElement):
    """A tone, which may lie anywhere: what time decides of it is a cell of its own."""

    def begins(self, voice: int) -> Typed | None:
        """What other voices begin is not asked of a note over a chord."""
        raise Unreadable("what voices begin is not known where a note's kinds are asked for")

    def timed(self, name: str, kind: str) -> Typed:
        """The attribute, a cell; raises Unreadable for what is not known where a tone begins."""
        if name in _LATER or name not in self.draft.frame.moments.attributes:
            raise Unreadable(
                f"`{name}` of a note of whose kind is asked is not known where its rhythm is drawn"
            )
        return Cell(kind, name, len(self.draft.tables.components), self.element)


_LATER = ("duration", "closes_phrase", "before_close", "is_last", "is_first", "phrase_position")


@dataclass(frozen=True)
class Window:
    """The machine of a window of tones, whose parts may read classes of moments, as the component `time`.

    classes: (moments,).
    """

    machine: Machine
    tables: Tables
    time: int
    classes: NDArray[np.int64]

    def at(self, moment: int) -> Machine:
        """The machine whose steps are those of tones that begin at a moment."""
        return self._at(self.machine, int(self.classes[moment]))

    def _at(self, machine: Machine, code: int) -> Machine:
        steps = (
            Step(
                tuple(self._known(part, code) for part in step.parts),
                tuple(self._at(inner, code) for inner in step.inner),
                step.table,
            )
            for step in machine.steps
        )
        return Machine(tuple(steps), machine.first)

    def _known(self, part: Part, code: int) -> Part:
        """A part without the class of its moment, which is known."""
        if self.time not in part.after:
            return part
        place, rest = part.after.index(self.time), tuple(each for each in part.after if each != self.time)

        def letter(before: Columns, after: Columns) -> IntArray:
            here = np.full(1, code, dtype=np.int32)
            return part.letter(before, (*after[:place], here, *after[place:]))

        scope = part.before, rest
        return Part.of(intern((part.key, _TIME, code)), scope, part.size, letter, self.tables.counts(scope))


def lay_tones(
    instance: Instance, event: Typed, draft: Draft, board: Board, weighing: Weighing
) -> list[tuple[Location, Hashable]]:
    """Puts the windows of an instance that looks at tones on the board. Raises Unreadable.

    Before a window one tone more is made up, so that its first has a step of its own; behind windows that end
    with the piece another, whose step is the end itself.
    """
    _check(instance, draft)
    assert instance.binding is not None
    before, behind = (bool(names) for names in instance.binding.missing)
    try:
        window = _window(instance, event, draft, behind)
    except Absent:
        return []
    tracks = Tracks(weighing)
    surely = begun_surely(instance, draft) | frozenset(draft.frame.chord_row.layers.tolist())
    begin = part_of(begins(instance, 1, draft), 1, draft.tables)
    for moment in range(len(draft.frame.onsets)):
        location = sampled_location(moment, instance, draft)
        if location is None:
            continue
        if moment not in surely:
            tracks.begins[location] = begin
        _step(tracks, window.at(moment), location, (moment == 0, before, behind))
    tracks.begin_none(each for each in tracks.moves if each[0] >= 0 and (before or each[1] > 0))
    tracks.lay(board, dict.fromkeys([*tracks.moves, *tracks.verdicts]))
    if behind:
        _end(tracks, window.machine, (-1, int(draft.layer_of[len(draft.frame.onsets) - 1])), board)
    return []


def _check(instance: Instance, draft: Draft) -> None:
    check_reach(instance, draft)
    if any(each.kind != "voices" for each in instance.use.narrowings) or instance.use.limit is not None:
        raise Unreadable(
            "a use that asks for kinds of notes cannot be narrowed in time or counted where their rhythm is "
            "drawn: the rule may say where it holds, as in `n.is_strong`"
        )
    if draft.tables.holder("sounds", instance.voice) is not None:
        raise Unreadable(
            "of which kind a note is, is not known in time where rests are drawn beside it; "
            "it is where they are drawn before the notes, `rhythm first`"
        )


def _window(instance: Instance, event: Typed, draft: Draft, behind: bool) -> Window:
    """What is asked of tones wherever they lie, the first of which is element 1."""
    assert instance.binding is not None
    event = fitted_to(instance.binding, event)
    if len(draft.frame.regions) > 1:
        event = in_one_key(event, instance.binding)
    rows = {
        variable.name: Bound("note", place, ToneElement(draft, place), instance.voice)
        for place, variable in enumerate(instance.binding.variables, start=1)
    }
    scope = Scope(draft.frame, draft.tables, instance.voices, rows, last=instance.last + 1)
    time = len(draft.tables.components)
    bound = _read_where_begun(scope.bind(event), (time, draft.tables.harmony))
    names = sorted({cell.facet for cell in cells(bound) if cell.component == time})
    rows_of = np.array([draft.frame.moments.attributes[name].astype(float) for name in names])
    rows_of = rows_of.reshape(len(names), len(draft.frame.onsets))
    distinct, classes = np.unique(rows_of, axis=1, return_inverse=True)
    kinds = {name: draft.frame.moments.attributes[name].dtype for name in names}
    columns = {name: distinct[place].astype(kinds[name]) for place, name in enumerate(names)}
    tables = draft.tables
    if names:
        tables = replace(tables, components=(*tables.components, Component(_TIME, _TIME, columns)))
    machine = machine_of(bound, instance.size + 1 + behind, tables)
    return Window(machine, tables, time, np.asarray(classes).reshape(-1))


def _read_where_begun(part: Typed, components: tuple[int | None, ...]) -> Typed:
    """The statement with cells of some components read where their tones begin."""
    if isinstance(part, Cell):
        return replace(part, element=part.element + BEGIN) if part.component in components else part
    if isinstance(part, Apply):
        arguments = tuple(_read_where_begun(each, components) for each in part.arguments)
        return replace(part, arguments=arguments)
    return part


def _step(tracks: Tracks, machine: Machine, location: Location, at: tuple[bool, bool, bool]) -> None:
    """The steps that windows take at a location. at: whether the piece begins there, and whether windows
    begin with it, and end with it, alone.
    """
    is_first, from_first, to_last = at
    is_short = len(machine.steps) == 1
    if not is_first:
        tracks.add_sampled(machine, location, may_end=not to_last and not (from_first and is_short))
        if from_first and not is_short:
            tracks.moves[location][(), 1] = None
    elif not is_short:
        tracks.moves.setdefault(location, {})[(), 1] = machine.steps[0]
        tracks.sizes[(), 1] = machine.memories[0]
    elif not to_last:
        tracks.verdicts.setdefault(location, {})[()] = machine.steps[0]


def _end(tracks: Tracks, machine: Machine, location: Location, board: Board) -> None:
    """Weighs at the last layer the windows that are complete there: no tone follows."""
    is_event: NDArray[np.bool_] = machine.steps[-1].table[:, 0] > 0
    name, found = tracks.slot_name(len(machine.steps) - 1), dict[object, Factor]()
    for key, factor in board.places[location].items():
        if factor.name != name:
            found[key] = factor
            continue
        assert factor.next is not None
        weights = np.where(is_event[factor.next], tracks.weighing.log_weight, 0.0)
        ending = Factor.of(name, factor.use, factor.reads, weights, factor.slot, factor.next, factor.output)
        found[ending.key] = ending
    board.places[location] = found
