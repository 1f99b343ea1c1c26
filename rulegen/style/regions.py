"""Whether the chords of a style fit the keys that its form names, and its rhythms the meters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from rulegen.style.model import Form, Harmony, PhrasePlan, Place, Rhythm, SectionPlan, key_of
from rulegen.style.settings import Settings
from rulegen.style.text import Text
from rulegen.theory.chord import Chord, parse_chord
from rulegen.theory.duration import duration_name
from rulegen.theory.meter import Meter
from rulegen.theory.scale import Key


def check_regions(
    form: Form, harmony: Harmony | None, settings: Settings, text: Text, with_home: bool = False
) -> None:
    """Reports sections and phrases in keys that have no chords, and changes of key that no chord can make.
    with_home: those in the home key too, of which there are several.
    """
    if settings.key is None:
        return
    if harmony is not None:
        told: set[Key] = set() if with_home else {settings.key}
        for key, what, place in _keys(form, settings.key):
            if key not in told:
                told.add(key)
                _check_key(key, what, place, harmony, text)
    for section in form.sections:
        for phrase in section.phrases:
            if phrase.key_to is not None:
                _check_change(section, phrase, harmony, settings.key, text)


def check_divisions(form: Form, rhythms: Iterable[Rhythm], harmony: Harmony | None, text: Text) -> None:
    """Reports lengths that come again and again where the meter of a section or phrase does not divide so."""
    asked: list[tuple[object, Place | None]] = [
        (each.every, each.place) for each in rhythms if not each.pulse
    ]
    asked += [(harmony.change, each) for each in harmony.places[:1]] if harmony is not None else []
    for length, place in dict.fromkeys(asked):
        for meter, where in _meters(form):
            if isinstance(length, Fraction) and place is not None and not meter.is_divided_by(length):
                message = f"a bar of {meter} cannot be divided into notes of {duration_name(length)}"
                near = meter.nearest_division(length)
                help = f"`{near}` is the nearest that divides it; `beat` is that of each meter"
                marks = [(place.span, "asked for here"), *([(where.span, f"in {meter}")] if where else [])]
                text.report("uneven-division", message, *marks, help=help)


def _meters(form: Form) -> Iterator[tuple[Meter, Place | None]]:
    """Each meter that a section or a phrase has of its own, and where that is said."""
    for section in form.sections:
        plans: tuple[SectionPlan | PhrasePlan, ...] = (section, *section.phrases)
        for plan in plans:
            if plan.meter is not None:
                yield plan.meter, plan.place


def _keys(form: Form, home: Key) -> Iterator[tuple[Key, str, Place | None]]:
    """Each key that is said, what is in it, and where that is said."""
    for section in form.sections:
        own = home if section.key is None else key_of(section.key, home)
        yield own, f"the section `{section.name}`", section.place
        for phrase in section.phrases:
            for wish in (phrase.key, phrase.key_to):
                if wish is not None:
                    yield key_of(wish, own), f"a phrase of `{section.name}`", phrase.place


def _check_key(key: Key, what: str, place: Place | None, harmony: Harmony, text: Text) -> None:
    mode = "major" if key.has_major_third else "minor"
    labels = harmony.labels(key.mode)
    missing = [label for label in labels if _chord(label, key) is None]
    if not labels:
        message = f"{what} is in {key.name}, and the harmony names no chords for it"
    elif missing:
        message = f"{what} is in {key.name}, which has no {' and no '.join(missing)}"
    elif not any(_is_tonic(_chord(label, key), key) for label in labels):
        message = f"{what} is in {key.name}, of whose tonic the harmony has no chord"
    else:
        return
    help = f"say which chords hold in which mode: `chords {mode} {'I …' if mode == 'major' else 'i …'}`"
    _report("no-chords", message, place, help, text)


def _check_change(
    section: SectionPlan, phrase: PhrasePlan, harmony: Harmony | None, home: Key, text: Text
) -> None:
    own = home if section.key is None else key_of(section.key, home)
    assert phrase.key_to is not None
    key, key_to = own if phrase.key is None else key_of(phrase.key, own), key_of(phrase.key_to, own)
    if key == key_to:
        message = f"the phrase is to go to {key.name}, in which it is already"
        _report("no-pivot", message, phrase.place, f"leave out where it goes: `in {key.name}`", text)
        return
    if harmony is None:
        message = (
            f"{key.name} turns into {key_to.name} at a chord that both have, and the style has no harmony"
        )
        help = "say the keys of two phrases, as in `2 bars, 2 bars in V`, or add `harmony { chords … }`"
        _report("no-pivot", message, phrase.place, help, text)
        return
    earlier = {_sound(_chord(label, key)) for label in harmony.labels(key.mode)}
    later = {_sound(_chord(label, key_to)) for label in harmony.labels(key_to.mode)}
    if not (earlier & later) - {None}:
        message = f"no chord of the style belongs both to {key.name} and to {key_to.name}"
        _report("no-pivot", message, phrase.place, "allow more chords, or go to a nearer key", text)


def _chord(label: str, key: Key) -> Chord | None:
    try:
        return parse_chord(label, key)
    except ValueError:
        return None


def _sound(chord: Chord | None) -> object:
    return None if chord is None else (chord.bass, frozenset(chord.tones))


def _is_tonic(chord: Chord | None, key: Key) -> bool:
    third = key.scale[2]
    return chord is not None and not chord.is_applied and chord.root == key.tonic and third in chord.tones


def _report(code: str, message: str, place: Place | None, help: str, text: Text) -> None:
    if place is not None:
        text.report(code, message, (place.span, "here"), help=help)
