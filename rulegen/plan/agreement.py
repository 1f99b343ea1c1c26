"""Whether what is given fits the form: as long, changing where it may, alike where a section comes again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from fractions import Fraction

from rulegen.errors import Diagnostic, StyleError
from rulegen.plan.schedule import Schedule
from rulegen.plan.tune import Tune
from rulegen.score.frame import Frame
from rulegen.score.timeline import Timeline
from rulegen.style.faults import labels
from rulegen.style.model import Given, Style

HARMONY = "harmony"
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
        if section.repeat_of is not None and not _within(sorted(found), section.onset, section.end):
            first = timeline.sections[section.repeat_of]
            again = _within(sorted(found), first.onset, first.end)
            found += [(section.onset + onset, length, str(label)) for onset, length, label in again]
    return sorted(found)


def given_stretches(
    style: Style, tunes: Mapping[str, Tune], timeline: Timeline
) -> tuple[tuple[str, Fraction, Fraction], ...]:
    """What is given, of which voice or of the harmony, and from when to when."""
    found = [(name, onset, end) for name, tune in tunes.items() for onset, end in tune.stretches]
    for onset, length, _ in given_chords(style, timeline):
        if found and found[-1][0] == HARMONY and found[-1][2] == onset:
            found[-1] = HARMONY, found[-1][1], onset + length
        else:
            found.append((HARMONY, onset, onset + length))
    return tuple(found)


def check_given(style: Style, tunes: Mapping[str, Tune], schedule: Schedule) -> None:
    """Raises StyleError where what is given does not fit the form."""
    frame = schedule.frame
    chords = given_chords(style, schedule.timeline)
    if chords:
        _check_sections(style, schedule.timeline)
        _check_chords(style, chords, frame)
        _check_repeats(style, HARMONY, list(chords), frame)
    for name, tune in tunes.items():
        notes: list[Event] = [(note.onset, note.end - note.onset, note.pitch) for note in tune.skeleton]
        _check_repeats(style, name, notes, frame)


def _check_sections(style: Style, timeline: Timeline) -> None:
    """The chords of a section last no longer than it."""
    for given in style.givens:
        section = next((each for each in timeline.sections if each.name == given.section), None)
        if section is None or not given.labels:
            continue
        usual = timeline.bar_length(section.onset)
        lasts = sum((duration or usual for _, duration in given.labels), Fraction(0))
        if lasts > section.end - section.onset:
            message = (
                f"the chords that are given for {given.section} last as long as {lasts} whole notes, "
                f"and it as long as {section.end - section.onset}"
            )
            raise _fault(style, HARMONY, "given-length", message, "make the section longer, or give fewer")


def _check_chords(style: Style, chords: list[tuple[Fraction, Fraction, str]], frame: Frame) -> None:
    end = chords[-1][0] + chords[-1][1]
    if end > frame.end:
        message = (
            f"the chords that are given last as long as {end} whole notes, the form as long as {frame.end}"
        )
        raise _fault(style, HARMONY, "given-length", message, "make the form longer, or give fewer")
    onsets = {event.onset for event in frame.chords}
    for onset, _, label in chords:
        if onset not in onsets:
            where = frame.timeline.place_name(onset)
            message = f"`{label}` is given for {where}, where the harmony does not change"
            raise _fault(style, HARMONY, "given-change", message, "let the harmony `change` more often")


def _check_repeats(style: Style, subject: str, events: list[Event], frame: Frame) -> None:
    """What is given for a section that comes again must be what is given for it the first time."""
    for onset, end, name, repeated in frame.statements:
        if repeated < 0:
            continue
        first = frame.statements[repeated]
        before, again = _within(events, first[0], first[1]), _within(events, onset, end)
        if before != again:
            differing = [new for new in again if new not in before] or again or before
            where = frame.timeline.place_name(onset + differing[0][0])
            message = (
                f"what is given for {subject} differs at {where} from what it was when {name} came first"
            )
            help = f"give the same for each {name}, or make it a section of its own"
            raise _fault(style, subject, "given-repeat", message, help)


def _within(events: list[Event], start: Fraction, end: Fraction) -> list[Event]:
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


def _fault(style: Style, subject: str, code: str, message: str, help: str) -> StyleError:
    given: Given | None = next((each for each in style.givens if each.subject == subject), None)
    places = [(given.place if given is not None else None, "given here"), (style.form.place, "the form")]
    return StyleError((Diagnostic(code, message, labels(places), help=help),))
