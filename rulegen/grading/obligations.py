"""What a style demands of a score though no rule says so: ranges, and voices that sing; and foreign notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from rulegen.folds.run import Found
from rulegen.grading.finding import Finding, place_of
from rulegen.plan.ornaments import Ornament, spoken
from rulegen.rules.music import Sounding
from rulegen.score.events import Score, Voice
from rulegen.score.given import CHECK, digest_of_given, given_in
from rulegen.style.expression import Apply
from rulegen.style.foreign import FOREIGN_NOTE
from rulegen.style.model import Rhythm, Style, VoicePlan

SILENCE, RANGE, CHANGED = "silence", "voice_range", "given_changed"


def out_of_range(score: Score, style: Style) -> list[Finding]:
    """The notes that lie outside the range of their voice."""
    ranges: Mapping[str, Voice] = {voice.name: voice.voice for voice in style.voices}
    found = []
    for note in score.notes:
        span = ranges[note.voice]
        if note.pitch is not None and not span.low.midi <= note.pitch.midi <= span.high.midi:
            message = f"{note.pitch} lies outside the range of {note.voice}, {span.low} to {span.high}"
            found.append(
                _demanded(score, RANGE, note.onset, note.voice, (f"{note.voice} {note.pitch}",), message)
            )
    return found


def silences(score: Score, style: Style) -> list[Finding]:
    """Where a voice is silent that the style gives no rest: once for each stretch of silence.

    What was given is not asked for; nor are the rests of percussion, which strikes and does not last.
    """
    given = {each.subject for each in style.givens} | {style.key_from, style.form.from_voice}
    given |= {name for name, _, _ in given_in(score)}
    return [
        _silence(score, plan.name, onset, end)
        for plan in style.voices
        if plan.name not in given and plan.voice.kit is None and not _may_rest(plan)
        for onset, end in _silent(score, plan.name)
    ]


def changed_given(score: Score) -> list[Finding]:
    """Whether what was given in a worksheet is no longer as it was: once."""
    said = dict(score.metadata).get(CHECK)
    if said is None or said == digest_of_given(score):
        return []
    names = tuple(dict.fromkeys(name for name, _, _ in given_in(score)))
    message = f"{' and '.join(names)} was given, and is not as it was"
    bar, beat = score.timeline.bar_number(Fraction(0)), score.timeline.beat(Fraction(0))
    return [Finding(CHANGED, "require", True, None, bar, beat, Fraction(0), names, (), message)]


def _may_rest(plan: VoicePlan) -> bool:
    return any(map(_has_rests, plan.rhythms))


def _has_rests(rhythm: Rhythm) -> bool:
    waits = (rhythm.begin, rhythm.begin_phrases)
    items = [*rhythm.drawn, *(item for pattern, _ in rhythm.patterns for item in pattern.items)]
    return bool(
        rhythm.rests
        or rhythm.breath
        or rhythm.tacet
        or any(wait.bars or wait.length for wait in waits)
        or any(item.kind == "rest" for item in items)
    )


def _silent(score: Score, voice: str) -> Iterator[tuple[Fraction, Fraction]]:
    """From when to when a voice is silent, in whole notes."""
    sounding = [note for note in score.notes_of(voice) if not note.is_rest]
    ends = [Fraction(0), *(note.end for note in sounding)]
    onsets = [*(note.onset for note in sounding), score.end]
    return ((end, onset) for end, onset in zip(ends, onsets, strict=True) if end < onset)


def _silence(score: Score, voice: str, onset: Fraction, end: Fraction) -> Finding:
    clock = score.timeline
    first = clock.bar_number(onset)
    last = max(each.number for each in clock.spans("bar") if each.onset < end)
    place = "the pickup" if last == 0 else f"bars {first} to {last}" if last > first else f"bar {last}"
    return _demanded(score, SILENCE, onset, voice, (), f"{voice} is silent in {place}")


def _demanded(
    score: Score, rule: str, onset: Fraction, voice: str, notes: tuple[str, ...], message: str
) -> Finding:
    bar, beat = score.timeline.bar_number(onset), score.timeline.beat(onset)
    return Finding(rule, "require", True, None, bar, beat, onset, (voice,), notes, message)


def stray(ornament: Ornament, music: Sounding, style: Style) -> Finding:
    """A foreign note of a kind that the style does not use there, told once."""
    frame, voice = music.draft.frame, style.voice(ornament.voice)
    pitch, chord = ornament.pitch, ornament.chord.label
    message = f"{pitch} is foreign to {chord}, and of no kind that is known"
    if ornament.kind is not None:
        uses = any(each.name == ornament.kind for each in voice.kinds)
        where = f"which {voice.name} does not use here" if uses else "which this style does not use"
        message = f"{pitch} over {chord} is {spoken(ornament.kind)}, {where}"
    return Finding(
        FOREIGN_NOTE, "require", True, None, *place_of(ornament.onset, frame), ornament.onset,
        (voice.name,), (f"{voice.name} {pitch}",), message,
    )  # fmt: skip


def is_told(found: Found, strays: Sequence[Ornament], music: Sounding) -> bool:
    """Whether a place says of a foreign note, which is told as such, that it does not belong to its chord."""
    asked = found.use.rule.then
    if not isinstance(asked, Apply) or asked.operation not in ("note.is_chord_tone", "note.is_foreign"):
        return False
    frame = music.draft.frame
    voice, onset = frame.voices[found.instance.voice], frame.onsets[found.moments[-1]]
    return any(each.voice == voice and each.onset <= onset < each.end for each in strays)


def was_given(ornament: Ornament, music: Sounding) -> bool:
    """Whether a foreign note stands in a voice that was given."""
    draft = music.draft
    voice, moment = draft.frame.voices.index(ornament.voice), draft.frame.index[ornament.onset]
    return bool(draft.given) and bool(draft.was_given(voice, np.array([moment])).all())
