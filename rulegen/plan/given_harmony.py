"""The chords that are given to a style, on its timeline."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

from rulegen.score.timeline import Timeline
from rulegen.style.model import Style

Event = tuple[Fraction, Fraction, object]  # onset, length, what sounds


def given_chords(style: Style, timeline: Timeline) -> list[tuple[Fraction, Fraction, str]]:
    """The chords that are given: onset, length, label. A section that comes again has those of its first
    statement where nothing else is given.
    """
    found: list[tuple[Fraction, Fraction, str]] = []
    for given in style.givens:
        sections = [each for each in timeline.sections if each.name == given.section]
        for now in [each.onset for each in sections] if given.section is not None else [Fraction(0)]:
            for label, duration in given.labels:
                found.append((now, duration or timeline.bar_length(now), label))
                now += found[-1][1]
    for section in timeline.sections:
        if section.repeat_of is not None and not within(sorted(found), section.onset, section.end):
            first = timeline.sections[section.repeat_of]
            again = within(sorted(found), first.onset, first.end)
            found += [(section.onset + onset, length, str(label)) for onset, length, label in again]
    return sorted(found)


def within(events: list[Event], start: Fraction, end: Fraction) -> list[Event]:
    """The events of a stretch, cut to it, in time from its beginning."""
    starts = [onset for onset, _, _ in events]
    found = []
    for onset, length, what in events[max(bisect_right(starts, start) - 1, 0) :]:
        if onset >= end:
            break
        left, right = max(onset, start), min(onset + length, end)
        if right > left:
            found.append((left - start, right - left, what))
    return found
