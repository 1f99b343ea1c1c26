"""A score that others wrote, with the voices, the form and the points of harmonic change of a style."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from fractions import Fraction

from rulegen.errors import ScoreReadError
from rulegen.plan.rows import timeline_of
from rulegen.plan.schedule import chord_points
from rulegen.plan.tune import Tune
from rulegen.score.events import ChordEvent, Score
from rulegen.score.timeline import Phrase, Section, Timeline
from rulegen.style.model import Style


def fit(score: Score, style: Style) -> Score:
    """The score with the style's voices, form and points of harmonic change."""
    named = _with_voices(score, style)
    formed = _told_apart(_with_form(named, style))
    return _with_chord_points(formed, style)


def _with_voices(score: Score, style: Style) -> Score:
    names = [voice.name for voice in style.voices]
    found = [voice.name for voice in score.voices]
    if len(names) != len(found):
        raise ScoreReadError(
            f"the score has {len(found)} voices ({', '.join(found)}), "
            f"the style {len(names)} ({', '.join(names)})"
        )
    lowered = {name.lower(): name for name in found}
    renamed = (
        {lowered[name.lower()]: name for name in names}
        if set(lowered) == {n.lower() for n in names}
        else dict(zip(found, names, strict=True))
    )
    if [renamed[name] for name in found] == found == names:
        return score
    voices = {renamed[voice.name]: replace(voice, name=renamed[voice.name]) for voice in score.voices}
    notes = tuple(replace(note, voice=renamed[note.voice]) for note in score.notes)
    return replace(score, voices=tuple(voices[name] for name in names), notes=notes)


def _with_form(score: Score, style: Style) -> Score:
    """The form that the score states itself, else the style's where it is as long, else phrases by its
    fermatas. A voice with ornaments is left with its skeleton, as rules read it.
    """
    leader = style.form.from_voice
    tunes: dict[str, Tune] = {}
    for voice in style.voices:
        if voice.ornaments:
            line = tuple(note for note in score.notes if note.voice == voice.name)
            tune = Tune(score.timeline, line, True)
            tunes[voice.name] = tune
            others = (note for note in score.notes if note.voice != voice.name)
            score = replace(score, notes=(*others, *tune.skeleton))
    if score.phrases:
        return score
    if leader is not None:
        tune = tunes.get(leader) or Tune(score.timeline, score.notes_of(leader))
        spans = [(onset, end, cadence) for onset, end, cadence in tune.phrases]
        phrases = tuple(Phrase(onset, end, "A", 1, cadence) for onset, end, cadence in spans)
        return replace(score, timeline=replace(score.timeline, phrases=phrases))
    timeline = timeline_of(replace(style, key=score.key, key_from=None), {})
    if timeline.end != score.end:
        return score
    laid = replace(score.timeline, sections=timeline.sections, phrases=timeline.phrases)
    if not score.chords and _signs(score.timeline) == _signs(timeline):  # what no signature says of keys
        told = timeline.keys, timeline.signatures, timeline.modulations
        laid = replace(laid, keys=told[0], signatures=told[1], modulations=told[2])
    return replace(score, timeline=laid)


def _signs(timeline: Timeline) -> list[tuple[Fraction, int]]:
    """The signatures that are printed, and where."""
    found: list[tuple[Fraction, int]] = []
    for onset, key in timeline.signatures:
        if not found or found[-1][1] != key.signature_fifths:
            found.append((onset, key.signature_fifths))
    return found


def _told_apart(score: Score) -> Score:
    """The score whose sections repeat only what they have note for note: what differs is judged by itself."""

    def music(section: Section) -> set[tuple[object, ...]]:
        inside = [note for note in score.notes if section.onset <= note.onset < section.end]
        return {(note.voice, note.onset - section.onset, note.duration, note.pitch) for note in inside}

    sections = tuple(
        replace(each, repeat_of=None)
        if each.repeat_of is not None and music(each) != music(score.sections[each.repeat_of])
        else each
        for each in score.sections
    )
    changed = replace(score.timeline, sections=sections)
    return score if sections == score.sections else replace(score, timeline=changed)


def _with_chord_points(score: Score, style: Style) -> Score:
    """The chord at each point where the style lets the harmony change."""
    if style.harmony is None or not score.chords:
        return score
    points = chord_points(style.harmony.change, score)
    starts = [event.onset for event in score.chords]
    if not set(starts) <= set(points):
        points = sorted({*points, *starts})
    ends = [*points[1:], score.end]
    if starts == points and [event.end for event in score.chords] == ends:
        return score
    chosen = [(onset, end, bisect_right(starts, onset) - 1) for onset, end in zip(points, ends, strict=True)]
    events = [
        ChordEvent(onset, end - onset, score.chords[place].chord)
        for onset, end, place in chosen
        if place >= 0
    ]
    return replace(score, chords=tuple(events))
