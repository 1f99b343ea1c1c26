"""What a style says that may not be what was meant: it stands, and `check` remarks on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction

from rulegen.errors import Diagnostic, Label
from rulegen.style.faults import listing
from rulegen.style.layout import ANY_KEY, Base, endings, pickup_of, timeline_of_form
from rulegen.style.model import Style
from rulegen.theory.chord import Chord, parse_roman
from rulegen.theory.instruments import instrument_of
from rulegen.theory.scale import Key


def remarks_of(style: Style) -> Iterator[Diagnostic]:
    """A note for each line of the style that may be meant otherwise."""
    if style.harmony is not None:
        yield from _major_sevenths(style)
    yield from _given_in_part(style)
    yield from _last_bar(style)
    yield from _beyond_instruments(style)


def _major_sevenths(style: Style) -> Iterator[Diagnostic]:
    """`I7` is the key's own seventh, C E G B in C major, where one may be thinking of the blues."""
    assert style.harmony is not None
    for (of, labels), place in zip(style.harmony.chords, style.harmony.places, strict=False):
        for key in style.harmony.keys(style.key):
            found = list(_with_major_sevenths(labels, key)) if of in (None, key.mode) else []
            if not found:
                continue
            names = listing(chord.label for chord in found)
            meant = " and ".join(f"{chord.root.name}maj7" for chord in found)
            other = re.sub(r"(7|65|43|42|9)(?=/|$)", r"dom\1", found[0].label)
            message = f"{names} {'is' if len(found) == 1 else 'are'} {meant} in {key.name}"
            help = f"a seventh is the key's own; the dominant seventh of the blues is written `{other}`"
            yield Diagnostic(
                "major-seventh", message, (Label(place.span, "here", place.source),), (), help, "note"
            )


def _with_major_sevenths(labels: Iterable[str], key: Key) -> Iterator[Chord]:
    """The chords with a major seventh of which the label does not say so."""
    for label in labels:
        try:
            chord = parse_roman(label, key)
        except ValueError:
            continue  # a chord of the other mode
        if chord.quality in ("major seventh", "major ninth") and "maj" not in label:
            yield chord


def _given_in_part(style: Style) -> Iterator[Diagnostic]:
    """What is given ends before the form does: the rest is composed."""
    if style.form.from_voice is not None:
        return
    timeline = timeline_of_form(style.form, Base(style.key or ANY_KEY, style.meter, style.tempo))
    first = {each.name: each for each in reversed(timeline.sections)}
    bar = style.meter.bar_length if len(timeline.meters) == 1 else None
    for given in style.givens:
        start, end = Fraction(), timeline.end
        if given.section is not None:
            start, end = first[given.section].onset, first[given.section].end
        lengths = [length for _, length in (*given.notes, *given.labels)]
        lasts = sum((each or timeline.bar_length(start) for each in lengths), Fraction())
        if given.place is not None and 0 < lasts < end - start:
            what = "the form" if given.section is None else f"the section {given.section}"
            whole = _long(end - start, bar)
            message = f"what is given for {given.subject} lasts {_long(lasts, bar)}, and {what} {whole}"
            label = Label(given.place.span, "given here", given.place.source)
            help = "what is not given is composed; `r` is a rest"
            yield Diagnostic("given-in-part", message, (label,), (), help, "note")


def _beyond_instruments(style: Style) -> Iterator[Diagnostic]:
    """A voice has notes that its instrument does not play."""
    for plan in style.voices:
        instrument = instrument_of(plan.instrument) if plan.instrument is not None else None
        if instrument is None or plan.place is None:
            continue
        low, high = plan.voice.low, plan.voice.high
        if instrument.low.midi <= low.midi and high.midi <= instrument.high.midi:
            continue
        plays = f"{instrument.low.name}..{instrument.high.name}"
        message = f"{plan.name} goes beyond what the {instrument.name} plays, which is {plays}"
        label = Label(plan.place.span, "here", plan.place.source)
        help = "it is composed all the same; keep the voice within that, or choose another instrument"
        yield Diagnostic("beyond-instrument", message, (label,), (), help, "note")


def _last_bar(style: Style) -> Iterator[Diagnostic]:
    """The last bar does not make up for the first upbeat: its section comes earlier too, before another."""
    form = style.form
    if form.from_voice is not None or form.place is None:
        return
    last = form.order[-1]
    upbeat = next(pickup_of(each, form) for each in form.sections if each.name == form.order[0])
    short = dict(endings(form))[last]
    if short != upbeat:
        message = (
            f"the last bar is short by {short or 'nothing'}, and the first upbeat lasts {upbeat or 'nothing'}"
        )
        label = Label(form.place.span, "this form", form.place.source)
        note = f"`{last}` comes again note for note, with the bar that the upbeat after it shortens"
        help = "end on a section that comes once, or give what follows it the first upbeat"
        yield Diagnostic("uneven-ends", message, (label,), (note,), help, "note")


def _long(length: Fraction, bar: Fraction | None) -> str:
    """A length in bars, where they are of one length; else in whole notes."""
    count = length / (bar or 1)
    return f"{float(count):.3g} {'whole note' if bar is None else 'bar'}{'' if count == 1 else 's'}"
