"""The skeleton and the surface of a finished score, fitted to a style: its voices, its form, its points of
harmonic change.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from fractions import Fraction

from rulegen.plan.casting import cast
from rulegen.plan.rows import timeline_of
from rulegen.plan.schedule import chord_points
from rulegen.plan.tune import Tune
from rulegen.score.events import ChordEvent, Note, Score
from rulegen.score.skeleton import skeleton_of
from rulegen.score.timeline import Phrase, Section, Timeline
from rulegen.style.facets import SKELETON, SOUND, SURFACE
from rulegen.style.model import Style, Use
from rulegen.style.stages import stages_of


def judged_at(use: Use, style: Style) -> str:
    """Whether a use is judged on the skeleton of a score, or on its surface: what holds at both is the
    surface's, since skeletons are hidden.
    """
    return SKELETON if stages_of(use, bool(style.surfaced)) == (SKELETON,) else SURFACE


def is_read(use: Use, stage: str, style: Style) -> bool:
    """Whether a use is proofread at a stage: marks on the surface, which is all there is to most styles."""
    stages = stages_of(use, bool(style.surfaced))
    return stage in stages or (stage == SURFACE and (not style.surfaced or SOUND in stages))


def fit(score: Score, style: Style) -> Score:
    """The score with the style's voices, form and points of harmonic change, without its ornaments."""
    return levels(score, style)[0]


def levels(score: Score, style: Style) -> tuple[Score, Score]:
    """The skeleton and the surface of a score, with the style's voices, form and points of harmonic
    change.
    """
    formed = _told_apart(_with_form(cast(score, style).score, style))
    bare = _with_chord_points(bared(formed, style), style)
    if not style.surfaced:
        return bare, bare
    notes = tuple(replace(note, ornament=False) if note.ornament else note for note in formed.notes)
    return bare, replace(formed, chords=bare.chords, notes=notes)


def bared(score: Score, style: Style) -> Score:
    """The skeleton of a score with the voices of its style: the one that its metadata keeps, else what sounds
    on the beats in the voices that may have a surface.
    """
    kept = skeleton_of(score) if style.surfaced else score
    if kept is not None:
        return kept
    lines = [
        note
        for voice in score.voices
        for line in [score.notes_of(voice.name)]
        for note in (Tune(score.timeline, line, True).skeleton if voice.name in style.surfaced else line)
    ]
    return replace(score, notes=tuple(lines))


def _with_form(score: Score, style: Style) -> Score:
    """The form that the score states itself, else the style's where it is as long, but for silence at its
    end, else phrases by its fermatas.
    """
    leader = style.form.from_voice
    if score.phrases:
        return score
    if leader is not None:
        tune = Tune(score.timeline, score.notes_of(leader), style.voice(leader).ornaments)
        spans = [(onset, end, cadence) for onset, end, cadence in tune.phrases]
        phrases = tuple(Phrase(onset, end, "A", 1, cadence) for onset, end, cadence in spans)
        return replace(score, timeline=replace(score.timeline, phrases=phrases))
    timeline = timeline_of(replace(style, key=score.key, key_from=None), {})
    if not lacks_only_silence(score, timeline.end):
        return score
    score = _with_silence(score, timeline.end)
    laid = replace(score.timeline, sections=timeline.sections, phrases=timeline.phrases)
    if not score.chords and _signs(score.timeline) == _signs(timeline):  # what no signature says of keys
        told = timeline.keys, timeline.signatures, timeline.modulations
        laid = replace(laid, keys=told[0], signatures=told[1], modulations=told[2])
    return replace(score, timeline=laid)


def lacks_only_silence(score: Score, end: Fraction) -> bool:
    """Whether a score that says no form may last until then: where a piece ends with a rest, MIDI does not
    say how long it is.
    """
    last = score.timeline.meter_at(score.end).bar_length
    return 0 <= end - score.end < last


def _with_silence(score: Score, end: Fraction) -> Score:
    """The score whose voices rest from where they end."""
    if score.end == end:
        return score
    notes = list(score.notes)
    for line in (score.notes_of(voice.name) for voice in score.voices):
        if line and line[-1].is_rest:
            notes.remove(line[-1])
            notes.append(replace(line[-1], duration=end - line[-1].onset))
        elif line and line[-1].end < end:
            notes.append(Note(line[-1].voice, line[-1].end, end - line[-1].end, None))
    return replace(score, notes=tuple(notes))


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
