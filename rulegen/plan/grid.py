"""When voices whose rhythms are sampled may begin their notes: the grid on which all that begins lies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from rulegen.errors import Diagnostic, StyleError, Unsatisfiable
from rulegen.plan.lines import DrawnLine, Run, Weighted
from rulegen.style.faults import labels, listing
from rulegen.style.model import Place, Style, VoicePlan
from rulegen.style.rhythms import FINEST, common_step

Beginnings = tuple[str, Place | None, Iterable[Fraction]]  # of what, where the style says it, when


@dataclass(frozen=True)
class Grid:
    """The step on which all that begins in a piece lies, and the voices whose rhythms are sampled on it."""

    step: Fraction
    lines: tuple[DrawnLine, ...]

    @property
    def voices(self) -> tuple[int, ...]:
        """The voices whose rhythms are sampled."""
        return tuple(line.voice for line in self.lines)

    @cached_property
    def onsets(self) -> tuple[Fraction, ...]:
        """Where each step begins."""
        return tuple(self.step * place for place in range(self.steps(self.lines[0].stretches[-1].end)))

    def line(self, voice: int) -> DrawnLine:
        """The line of a voice."""
        return next(line for line in self.lines if line.voice == voice)

    def steps(self, length: Fraction) -> int:
        """How many steps a length lasts."""
        return int(length / self.step)


def grid_of(style: Style, lines: Sequence[DrawnLine], others: Iterable[Beginnings]) -> Grid:
    """The grid of voices, on which all that begins in the piece lies. Raises StyleError where its steps would
    be too small, or where something does not lie on the grid that the style writes.
    """
    voices = [style.voices[line.voice] for line in lines]
    grids = [[each.grid for each in voice.rhythms if each.grid is not None] for voice in voices]
    steps = [common_step([line.step, *own]) for line, own in zip(lines, grids, strict=True)]
    edges = [edge for line in lines for edge in line.edges]
    needed: list[Beginnings] = [("the phrases and the pickup", style.form.place, edges), *others]
    for voice in voices:
        for rhythm in voice.rhythms:
            if rhythm.grid is not None:
                _check_on_grid(voice.name, rhythm.grid, rhythm.place, needed)
    step, place = steps[0], (voices[0].rhythm.place, f"the rhythm of {voices[0].name}")
    of_lines = [
        (f"the notes of {voice.name}", voice.rhythm.place, [each])
        for voice, each in zip(voices[1:], steps[1:], strict=True)
    ]
    for what, where, onsets in [*needed, *of_lines]:
        found = common_step({step, *onsets})
        if found.denominator > FINEST:
            message = (
                f"{what} and the notes of {voices[0].name} have no step in common but {found} of a whole "
                f"note, and the smallest is 1/{FINEST}"
            )
            help = "choose lengths of which all are multiples of one"
            raise StyleError(
                (Diagnostic("grid-too-fine", message, labels([place, (where, what)]), help=help),)
            )
        step = found
    return Grid(step, tuple(lines))


def _check_on_grid(voice: str, step: Fraction, place: Place | None, needed: Iterable[Beginnings]) -> None:
    """Raises StyleError where something does not lie on the grid that the style writes for a voice."""
    for what, where, onsets in needed:
        if common_step({step, *onsets}) != step:
            message = f"{what} do not all begin on the grid of {step} that {voice} has"
            places = [(place, f"the rhythm of {voice}"), (where, what)]
            help = "leave `grid` out: it is then found"
            raise StyleError((Diagnostic("off-the-grid", message, labels(places), help=help),))


def check_filled(style: Style, grid: Grid) -> None:
    """Raises Unsatisfiable for a run that no succession of its lengths fills."""
    for line in grid.lines:
        voice = style.voices[line.voice]
        for run in line.stretches:
            if isinstance(run, Run):
                _check_filled(voice, run, grid, style.form.place)


def _check_filled(voice: VoicePlan, run: Run, grid: Grid, form: Place | None) -> None:
    length = run.end - run.onset
    notes, rests = ([length for length, _ in each] for each in (run.notes, run.rests))
    if _fills(run, grid.step):
        return
    resting = f" and rests of {listing(map(str, rests))}" if rests else ""
    message = (
        f"{run.name} lasts {length}, and notes of {listing(map(str, notes))}{resting}, "
        f"as {voice.name} has them, do not add up to that"
    )
    if run.bar_lines:
        message = message.replace(", do not add up", " within bars, do not add up")
    places = [(run.place, f"the rhythm of {voice.name}"), (form, "the form")]
    lengths = [length, *notes, *rests, *(line - run.onset for line in run.bar_lines)]
    help = f"add the value {common_step(lengths)}, or change how long {run.name} lasts"
    raise Unsatisfiable(Diagnostic("not-filled", message, labels(places), help=help))


def _fills(run: Run, step: Fraction) -> bool:
    """Whether notes and rests fill a run, no rest after a rest."""
    by_note, by_rest = [True], [False]  # whether what ends at each step with a note, or with a rest, is there
    for stop in range(1, int((run.end - run.onset) / step) + 1):
        end = run.onset + stop * step

        def begun(lengths: Weighted, is_rest: bool, stop: int = stop, end: Fraction = end) -> list[int]:
            fitting = (length for length, _ in lengths if run.holds(end - length, end, is_rest))
            return [place for length in fitting if (place := stop - int(length / step)) >= 0]

        by_note.append(any(by_note[place] or by_rest[place] for place in begun(run.notes, False)))
        by_rest.append(any(by_note[place] for place in begun(run.rests, True)))
    return by_note[-1] or by_rest[-1]
