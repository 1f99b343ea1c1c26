"""Schedules a style's form: its timeline, its moments, and when each voice and chord begins."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

from rulegen.plan.fixed import points_of
from rulegen.plan.grid import Grid
from rulegen.plan.rows import layout_of
from rulegen.plan.tune import Tune
from rulegen.score.events import Score
from rulegen.score.frame import Frame
from rulegen.score.timeline import Event, Phrase, Timeline
from rulegen.style.model import Style
from rulegen.theory.scale import Key

Span = tuple[Fraction, Fraction, int]  # onset, duration, the moment that begins there (-1 for a rest)


@dataclass(frozen=True)
class Schedule:
    """What a piece is before any pitch: its timeline, and its frame, whose moments are the steps of the grid
    where rhythms are sampled.
    """

    timeline: Timeline
    frame: Frame
    grid: Grid | None

    @property
    def free(self) -> tuple[int, ...]:
        """The voices whose rhythms are sampled."""
        return () if self.grid is None else self.grid.voices

    @cached_property
    def keys(self) -> tuple[tuple[Key, ...], ...]:
        """The keys in which each moment may lie: one, but on the way of a phrase from one to another.

        The first chord of such a phrase is in the earlier key, its last two are in the later.
        """
        keys: list[tuple[Key, ...]] = [(self.timeline.key_at(onset),) for onset in self.frame.onsets]
        for each in self.timeline.modulations:
            chords = [event.onset for event in self.frame.chords if each.onset <= event.onset < each.end]
            for moment, onset in enumerate(self.frame.onsets):
                if each.onset <= onset < each.end and len(chords) > 1:
                    is_late = onset >= chords[max(len(chords) - 2, 1)]
                    both = (each.key, each.key_to)
                    keys[moment] = both[:1] if onset < chords[1] else both[1:] if is_late else both
        return tuple(keys)

    @cached_property
    def spans(self) -> tuple[tuple[Span, ...], ...]:
        """The notes and rests of each voice."""
        return tuple(self._spans(events) for events in self.frame.notes)

    @cached_property
    def chord_spans(self) -> tuple[Span, ...]:
        """The chords."""
        return self._spans(self.frame.chords)

    def _spans(self, events: Sequence[Event]) -> tuple[Span, ...]:
        index = self.frame.index
        return tuple(
            (each.onset, each.end - each.onset, index[each.onset] if each.sounds else -1) for each in events
        )


def schedule_of(style: Style, tunes: Mapping[str, Tune]) -> Schedule:
    """The schedule of a style; of the form of a given tune where the style says so."""
    layout = layout_of(style, tunes)
    timeline, sampled = layout.timeline, layout.sampled(tunes)
    rows, chords = layout.rows(tunes, sampled)
    onsets = {event.onset for row in [*rows, chords] for event in row}
    grid = None
    if sampled:
        grid = layout.grid(sampled, rows, chords)
        onsets = set(grid.onsets)
        for voice in sampled:
            rows[voice] = [Event(onset, onset + grid.step) for onset in grid.onsets]
    names = tuple(voice.name for voice in style.voices)
    events = tuple(tuple(row) for row in rows)
    frame = _same(Frame(timeline.as_judged(), tuple(sorted(onsets)), names, events, tuple(chords)))
    return Schedule(timeline, frame, grid)


@lru_cache(16)
def _same(frame: Frame) -> Frame:
    """The one of equal frames, with all that was worked out of it."""
    return frame


def chord_points(change: str | Fraction, score: Score) -> list[Fraction]:
    """Where the harmony of a finished score may change: as the style says, within its phrases, the last chord
    of each a single one where no voice moves on."""
    found: list[Fraction] = []
    phrases = score.phrases or (Phrase(Fraction(0), score.end, "A", 1),)
    onsets = [note.onset for note in score.notes if note.pitch is not None]
    for phrase in phrases:
        last = max(phrase.onset, *onsets[: bisect_left(onsets, phrase.end)][-1:])
        found += [point for point in points_of(change, score.timeline, phrase, None) if point <= last]
    return found
