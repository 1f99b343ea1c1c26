"""What is given, as tunes: from the text of a style, or from files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from rulegen.errors import Diagnostic, Label, ScoreReadError, StyleError
from rulegen.plan.rows import timeline_of
from rulegen.plan.tune import Tune
from rulegen.plan.tune_key import key_of_tune
from rulegen.score.events import Note, Score
from rulegen.score.timeline import Section, Timeline
from rulegen.style.faults import labels
from rulegen.style.model import Given, Style, VoicePlan
from rulegen.style.words import SHORTEST
from rulegen.theory.pitch import Pitch


def tunes_of(style: Style, sources: Mapping[str, Path | Score]) -> dict[str, Tune]:
    """The tunes given for voices; `sources` (voice → file, score) come before what the style itself gives.
    Raises StyleError and ScoreReadError.
    """
    found: dict[str, Tune] = {}
    in_sections: dict[str, list[Given]] = {}
    for given in style.givens:
        if given.subject == "harmony" or given.subject in sources:
            continue
        if given.section is None:
            found[given.subject] = _of_given(style, given)
        else:
            in_sections.setdefault(given.subject, []).append(given)
    for name, source in sources.items():
        voice = voice_named(style, name)
        if isinstance(source, Path):
            found[name] = _of_file(style, voice, source, None)
        else:
            found[name] = _of_score(style, voice, source)
    _need_leaders(style, found)
    if style.form.from_voice not in found:
        sections = timeline_of(style, found).sections
        found |= {name: _of_sections(style, parts, sections) for name, parts in in_sections.items()}
        found = {name: _repeated(tune, sections) for name, tune in found.items()}
    _check_lengths(style, found)
    return found


def _of_sections(style: Style, parts: Sequence[Given], sections: Sequence[Section]) -> Tune:
    """The tune of a voice of which the notes of some sections are given, stated with each of them."""
    tunes = {given.section: _of_given(style, given) for given in parts}
    for given in parts:
        lasts = next(each.end - each.onset for each in sections if each.name == given.section)
        _check_length(style, given.subject, tunes[given.section], lasts, f"the section {given.section}")
    notes = [
        replace(note, onset=section.onset + note.onset)
        for section in sections
        if section.name in tunes
        for note in tunes[section.name].notes
    ]
    return replace(tunes[parts[0].section], notes=tuple(notes))


def _repeated(tune: Tune, sections: Sequence[Section]) -> Tune:
    """The tune with what is given for a section where that comes again, if nothing else is given there."""
    notes = list(tune.notes)
    for section in (each for each in sections if each.repeat_of is not None):
        first = sections[section.repeat_of or 0]
        shift, known = section.onset - first.onset, replace(tune, notes=tuple(notes))
        for note in known.notes:
            is_within = first.onset <= note.onset and note.end <= first.end
            again = replace(note, onset=note.onset + shift)
            if is_within and not any(known.gives(place) for place in (again.onset, again.end - SHORTEST)):
                notes.append(again)
        notes.sort(key=lambda note: note.onset)
    return replace(tune, notes=tuple(notes))


def voice_named(style: Style, name: str) -> VoicePlan:
    """The voice of that name. Raises StyleError where there is none."""
    for voice in style.voices:
        if voice.name == name:
            return voice
    known = ", ".join(voice.name for voice in style.voices)
    raise StyleError(
        (
            Diagnostic(
                "unknown-voice", f"there is no voice called `{name}` in {style.title}; its voices are {known}"
            ),
        )
    )


def _of_given(style: Style, given: Given) -> Tune:
    voice = style.voice(given.subject)
    if given.file is not None:
        base = Path(style.source.name).parent
        try:
            return _of_file(style, voice, base / given.file, given)
        except ScoreReadError as error:
            places = [(given.place, "given here")]
            raise StyleError((Diagnostic("unreadable-score", str(error), labels(places)),)) from None
    notes = []
    now = Fraction(0)
    for pitch, duration in given.notes:
        notes.append(Note(voice.name, now, duration, pitch))
        now += duration
    assert style.key is not None
    plain = Timeline.plain(style.key, style.meter, style.tempo, style.form.pickup)
    timeline = timeline_of(style, {}) if style.form.sections else plain
    tune = Tune(timeline, tuple(notes), voice.ornaments)
    _check_range(voice, tune, given)
    return tune


def _part_of(path: Path, voice: str) -> tuple[Path, str]:
    """The file, and the part that is meant: `tune.musicxml:2` names one, else it is called as the voice."""
    file, colon, part = str(path).rpartition(":")
    return (Path(file), part) if colon and file and part and not path.exists() else (path, voice)


def _of_file(style: Style, voice: VoicePlan, path: Path, given: Given | None) -> Tune:
    from rulegen.io.read import read_part

    score = read_part(*_part_of(path, voice.name))
    if not any(note.pitch is not None for note in score.notes):
        raise ScoreReadError(f"{path}: the part has no notes")
    return _of_voice(style, voice, score, given)


def _of_score(style: Style, voice: VoicePlan, score: Score) -> Tune:
    from rulegen.io.read import only_voice

    return _of_voice(style, voice, only_voice(score, voice.name, score.title or "the piece"), None)


def _of_voice(style: Style, voice: VoicePlan, score: Score, given: Given | None) -> Tune:
    """The tune of a score with one voice."""
    if not any(note.pitch is not None for note in score.notes):
        raise ScoreReadError(f"{score.title or 'the piece'}: the part has no notes")
    tune = Tune.of_score(score, voice.name, voice.ornaments)
    if style.key_from == voice.name:
        tune = _in_its_key(tune)
    if (
        style.key_from is None
        and style.key is not None
        and style.key.signature_fifths != tune.timeline.key.signature_fifths
    ):
        tune = replace(tune, timeline=tune.timeline.in_key(style.key))
    _check_range(voice, tune, given)
    return tune


def _in_its_key(tune: Tune) -> Tune:
    """The tune in the key that its notes say; one that changes its key is in those that it says."""
    timeline = tune.timeline
    if len(timeline.keys) > 1:
        return tune
    key, reason = key_of_tune(timeline.key, tune.notes)
    if key == timeline.key:
        return tune
    said = f"{key.name} and not {timeline.key.name}, as its signature says: {reason}"
    return replace(tune, timeline=timeline.in_key(key), key_reason=said)


def _check_range(voice: VoicePlan, tune: Tune, given: Given | None) -> None:
    low, high = voice.voice.low, voice.voice.high
    for note in tune.notes:
        if note.pitch is not None and not low.midi <= note.pitch.midi <= high.midi:
            raise StyleError((_out_of_range(voice, note.pitch, given),))


def _out_of_range(voice: VoicePlan, pitch: Pitch, given: Given | None) -> Diagnostic:
    low, high = voice.voice.low, voice.voice.high
    labels = tuple(
        Label(place.span, text, place.source)
        for place, text in (
            (voice.place, f"{voice.name} reaches from {low} to {high}"),
            (given.place if given else None, "given here"),
        )
        if place is not None
    )
    return Diagnostic(
        "out-of-range",
        f"the {pitch} that is given for {voice.name} lies outside its range {low}..{high}",
        labels,
        help=f"widen the range of {voice.name}, or transpose what is given",
    )


def _need_leaders(style: Style, tunes: Mapping[str, Tune]) -> None:
    """A style whose key or form comes from a voice needs that voice."""
    needs_form = style.form.from_voice if not style.form.sections else None
    needs_key = style.key_from if style.key is None else None
    for what, name, place in (("key", needs_key, None), ("form", needs_form, style.form.place)):
        if name is not None and name not in tunes:
            labels = (
                (Label(place.span, "taken from a voice that is not given", place.source),)
                if place is not None
                else ()
            )
            raise StyleError(
                (
                    Diagnostic(
                        "nothing-given",
                        f"the {what} of this style comes from {name}, but nothing is given for {name}",
                        labels,
                        help=f'write `given {name} from "tune.musicxml"`, or say --given {name}=FILE',
                    ),
                )
            )


def _check_lengths(style: Style, tunes: Mapping[str, Tune]) -> None:
    """No tune lasts longer than the form; one of a rhythm that is sampled is given whole."""
    end = timeline_of(style, tunes).end
    for name, tune in tunes.items():
        _check_length(style, name, tune, end, "the form")
        if tune.stretches != ((Fraction(0), end),) and style.voice(name).is_drawn:
            message = f"the rhythm of {name} is sampled, so it is given as a whole or not at all"
            help = "add notes or rests to the end of the form, or give it an even rhythm"
            raise _given_fault(style, name, message, help)


def _check_length(style: Style, name: str, tune: Tune, end: Fraction, what: str) -> None:
    if tune.end > end:
        message = f"what is given for {name} lasts as long as {tune.end} whole notes, {what} as long as {end}"
        raise _given_fault(style, name, message, "make the form longer, or give less")


def _given_fault(style: Style, name: str, message: str, help: str) -> StyleError:
    given = next((given.place for given in style.givens if given.subject == name), None)
    places = [(given, "given here"), (style.form.place, "the form")]
    return StyleError((Diagnostic("given-length", message, labels(places), help=help),))
