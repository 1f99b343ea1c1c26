"""When a voice whose rhythm is sampled may begin its notes: the grid, and the runs that its lengths fill."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
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
    """A stretch that notes of these lengths fill: one begins with it, and none goes on past its end."""

    name: str
    onset: Fraction
    end: Fraction
    lengths: tuple[Fraction, ...]


@dataclass(frozen=True)
class Grid:
    """The voice whose rhythm is sampled, the step on which its notes may begin, and its runs, one after
    another to the end of the piece.
    """

    voice: int
    step: Fraction
    runs: tuple[Run, ...]

    @cached_property
    def onsets(self) -> tuple[Fraction, ...]:
        """Where each step begins."""
        return tuple(self.step * place for place in range(self.steps(self.runs[-1].end)))

    @cached_property
    def _starts(self) -> list[Fraction]:
        return [run.onset for run in self.runs]

    def run_at(self, onset: Fraction) -> Run:
        """The run that a moment belongs to."""
        return self.runs[bisect_right(self._starts, onset) - 1]

    def steps(self, length: Fraction) -> int:
        """How many steps a length lasts."""
        return int(length / self.step)


def runs_of(rhythm: Rhythm, timeline: Timeline) -> Iterator[Run]:
    """The runs of a piece's phrases: the pickup, what follows it up to the last note, and that note where
    its length is fixed. A last note of that length may begin in the pickup.
    """
    values = tuple(value for value, _ in rhythm.values)
    pickup = timeline.pickup
    for number, phrase in enumerate(timeline.phrases, start=1):
        onset, end = phrase.onset, phrase.end
        close = rhythm.close_in(timeline, phrase)
        stop = end - (close or 0)
        name = f"phrase {number}" + (" up to its last note" if close else "")
        if onset < pickup <= stop:
            yield Run("the pickup", onset, pickup, values)
            onset, name = pickup, f"{name}, after the pickup"
        if onset < stop:
            yield Run(name, onset, stop, values)
        if close:
            yield Run(f"the end of phrase {number}", stop, end, (close,))


def grid_of(
    place: int, voice: VoicePlan, runs: Iterable[Run], others: Iterable[Beginnings], form: Place | None
) -> Grid:
    """The grid of a voice, on which all that begins in the piece lies. Raises StyleError where its steps
    would be too small, or where something does not lie on the grid that the style writes.
    """
    runs, rhythm = tuple(runs), voice.rhythm
    step = rhythm.grid or common_step({length for run in runs for length in run.lengths})
    edges = (edge for run in runs for edge in (run.onset, run.end))
    for what, where, onsets in [("the phrases and the pickup", form, edges), *others]:
        found = common_step({step, *onsets})
        if (rhythm.grid is not None and found != step) or found.denominator > FINEST:
            places = [(rhythm.place, f"the rhythm of {voice.name}"), (where, what)]
            raise StyleError((_no_grid(voice, step, (what, found), places),))
        step = found
    return Grid(place, step, runs)


def _no_grid(
    voice: VoicePlan,
    step: Fraction,
    found: tuple[str, Fraction],
    places: list[tuple[Place | None, str]],
) -> Diagnostic:
    what, needed = found
    if voice.rhythm.grid is not None:
        message = f"{what} do not all begin on the grid of {step} that {voice.name} has"
        return Diagnostic("off-the-grid", message, labels(places), help="leave `grid` out: it is then found")
    message = (
        f"{what} and the notes of {voice.name} have no step in common but {needed} of a whole note, "
        f"and the smallest is 1/{FINEST}"
    )
    help = "choose lengths of which all are multiples of one"
    return Diagnostic("grid-too-fine", message, labels(places), help=help)


def check_filled(style: Style, grid: Grid) -> None:
    """Raises Unsatisfiable for a run that no succession of its lengths fills."""
    voice = style.voices[grid.voice]
    for run in grid.runs:
        length = run.end - run.onset
        if _fills(grid.steps(length), [grid.steps(each) for each in run.lengths]):
            continue
        message = (
            f"{run.name} lasts {length}, and notes of {listing(map(str, run.lengths))}, "
            f"as {voice.name} has them, do not add up to that"
        )
        places = [(voice.rhythm.place, f"the rhythm of {voice.name}"), (style.form.place, "the form")]
        help = f"add the value {common_step([length, *run.lengths])}, or change how long {run.name} lasts"
        raise Unsatisfiable(Diagnostic("not-filled", message, labels(places), help=help))


def _fills(length: int, parts: Iterable[int]) -> bool:
    """Whether parts, each as often as one likes, add up to a length: bit n of `sums` says whether to n."""
    sums, within = 1, (1 << length + 1) - 1
    for part in parts:
        while part <= length:
            sums |= sums << part & within
            part *= 2
    return bool(sums >> length & 1)


def labels(places: Iterable[tuple[Place | None, str]]) -> tuple[Label, ...]:
    """What is said about places, where they are known."""
    return tuple(Label(place.span, text, place.source) for place, text in places if place is not None)
