"""Whether what is given fits the form: as long, changing where it may, alike where a section comes again."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from rulegen.errors import Diagnostic, StyleError
from rulegen.plan.given_harmony import Event, given_chords, within
from rulegen.plan.schedule import Schedule
from rulegen.plan.tune import Tune
from rulegen.score.frame import Frame
from rulegen.score.timeline import Timeline
from rulegen.style.faults import labels
from rulegen.style.model import Given, Style

HARMONY = "harmony"


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
        before, again = within(events, first[0], first[1]), within(events, onset, end)
        if before != again:
            differing = [new for new in again if new not in before] or again or before
            where = frame.timeline.place_name(onset + differing[0][0])
            message = (
                f"what is given for {subject} differs at {where} from what it was when {name} came first"
            )
            help = f"give the same for each {name}, or make it a section of its own"
            raise _fault(style, subject, "given-repeat", message, help)


def _fault(style: Style, subject: str, code: str, message: str, help: str) -> StyleError:
    given: Given | None = next((each for each in style.givens if each.subject == subject), None)
    places = [(given.place if given is not None else None, "given here"), (style.form.place, "the form")]
    return StyleError((Diagnostic(code, message, labels(places), help=help),))
