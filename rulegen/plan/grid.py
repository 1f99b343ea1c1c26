"""When voices whose rhythms are sampled may begin their notes: the grid, and the runs that their lengths
fill.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from rulegen.errors import Diagnostic, Label, StyleError, Unsatisfiable
from rulegen.score.timeline import Timeline
from rulegen.style.faults import listing
from rulegen.style.model import Place, Rhythm, Style, VoicePlan
from rulegen.style.rhythms import FINEST, common_step

Beginnings = tuple[str, Place | None, Iterable[Fraction]]  # of what, where the style says it, when


@dataclass(frozen=True)
class Run:
    """A stretch that notes of these lengths fill, and rests of those: one begins with it, none goes on past
    its end, and no rest follows a rest.
    """

    name: str
    onset: Fraction
    end: Fraction
    lengths: tuple[Fraction, ...]
    rests: tuple[Fraction, ...] = ()


@dataclass(frozen=True)
class DrawnLine:
    """A voice whose rhythm is sampled, and its runs, one after another to the end of the piece."""

    voice: int
    runs: tuple[Run, ...]

    @cached_property
    def lengths(self) -> list[Fraction]:
        """The lengths that its notes may have, from short to long."""
        return sorted({length for run in self.runs for length in run.lengths})

    @cached_property
    def rests(self) -> list[Fraction]:
        """The lengths that its rests may have, from short to long."""
        return sorted({length for run in self.runs for length in run.rests})

    @cached_property
    def _starts(self) -> list[Fraction]:
        return [run.onset for run in self.runs]

    def run_at(self, onset: Fraction) -> Run:
        """The run that a moment belongs to."""
        return self.runs[bisect_right(self._starts, onset) - 1]


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
        return tuple(self.step * place for place in range(self.steps(self.lines[0].runs[-1].end)))

    def line(self, voice: int) -> DrawnLine:
        """The runs of a voice."""
        return next(line for line in self.lines if line.voice == voice)

    def steps(self, length: Fraction) -> int:
        """How many steps a length lasts."""
        return int(length / self.step)


def runs_of(rhythm: Rhythm, timeline: Timeline) -> Iterator[Run]:
    """The runs of a piece's phrases: the pickup, what follows it up to the last note, and that note where
    its length is fixed; a breath after all that. A last note of that length may begin in the pickup.
    """
    values, rests = (tuple(value for value, _ in each) for each in (rhythm.values, rhythm.rests))
    pickup = timeline.pickup
    for number, phrase in enumerate(timeline.phrases, start=1):
        onset, end = phrase.onset, phrase.end
        close = rhythm.close_in(timeline, phrase)
        breath = rhythm.breath
        stop = end - (close or breath)
        name = f"phrase {number}" + (" up to its last note" if close else "")
        if onset < pickup <= stop:
            yield Run("the pickup", onset, pickup, values, rests)
            onset, name = pickup, f"{name}, after the pickup"
        if onset < stop:
            yield Run(name, onset, stop, values, rests)
        if close:
            yield Run(f"the end of phrase {number}", stop, end - breath, (close - breath,))
        if breath:
            yield Run(f"the breath after phrase {number}", end - breath, end, (), (breath,))


def grid_of(style: Style, lines: Sequence[DrawnLine], others: Iterable[Beginnings]) -> Grid:
    """The grid of voices, on which all that begins in the piece lies. Raises StyleError where its steps would
    be too small, or where something does not lie on the grid that the style writes.
    """
    voices = [style.voices[line.voice] for line in lines]
    steps = [
        voice.rhythm.grid or common_step([*line.lengths, *line.rests])
        for voice, line in zip(voices, lines, strict=True)
    ]
    edges = [edge for line in lines for run in line.runs for edge in (run.onset, run.end)]
    needed: list[Beginnings] = [("the phrases and the pickup", style.form.place, edges), *others]
    for voice, step in zip(voices, steps, strict=True):
        if voice.rhythm.grid is not None:
            _check_on_grid(voice, step, needed)
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


def _check_on_grid(voice: VoicePlan, step: Fraction, needed: Iterable[Beginnings]) -> None:
    """Raises StyleError where something does not lie on the grid that the style writes for a voice."""
    for what, where, onsets in needed:
        if common_step({step, *onsets}) != step:
            message = f"{what} do not all begin on the grid of {step} that {voice.name} has"
            places = [(voice.rhythm.place, f"the rhythm of {voice.name}"), (where, what)]
            help = "leave `grid` out: it is then found"
            raise StyleError((Diagnostic("off-the-grid", message, labels(places), help=help),))


def check_filled(style: Style, grid: Grid) -> None:
    """Raises Unsatisfiable for a run that no succession of its lengths fills."""
    for line in grid.lines:
        voice = style.voices[line.voice]
        for run in line.runs:
            length = run.end - run.onset
            if _fills(
                grid.steps(length), *(list(map(grid.steps, each)) for each in (run.lengths, run.rests))
            ):
                continue
            rests = f" and rests of {listing(map(str, run.rests))}" if run.rests else ""
            message = (
                f"{run.name} lasts {length}, and notes of {listing(map(str, run.lengths))}{rests}, "
                f"as {voice.name} has them, do not add up to that"
            )
            places = [(voice.rhythm.place, f"the rhythm of {voice.name}"), (style.form.place, "the form")]
            step = common_step([length, *run.lengths, *run.rests])
            help = f"add the value {step}, or change how long {run.name} lasts"
            raise Unsatisfiable(Diagnostic("not-filled", message, labels(places), help=help))


def _fills(length: int, notes: Iterable[int], rests: Iterable[int]) -> bool:
    """Whether notes and rests add up to a length, no rest after a rest."""
    by_note, by_rest = [True], [False]  # whether what ends at each step with a note, or with a rest, is there
    notes, rests = list(notes), list(rests)
    for stop in range(1, length + 1):
        by_note.append(any(by_note[stop - each] or by_rest[stop - each] for each in notes if each <= stop))
        by_rest.append(any(by_note[stop - each] for each in rests if each <= stop))
    return by_note[length] or by_rest[length]


def labels(places: Iterable[tuple[Place | None, str]]) -> tuple[Label, ...]:
    """What is said about places, where they are known."""
    return tuple(Label(place.span, text, place.source) for place, text in places if place is not None)
