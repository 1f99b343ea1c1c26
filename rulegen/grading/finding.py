"""A place where a rule is broken, and what its rule says of it, in musical words."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from rulegen.folds.run import Found, Judged, moment_of, values_at
from rulegen.models.quoted import quotable
from rulegen.rules.music import Sounding
from rulegen.score.frame import Frame
from rulegen.style.expression import Typed
from rulegen.style.model import Use
from rulegen.style.quoting import QUOTED, run_source
from rulegen.style.vocabulary import SPANS, WORDS
from rulegen.theory.interval import Interval
from rulegen.theory.pitch import Pitch, PitchClass


@dataclass(frozen=True, slots=True, repr=False)
class Finding:
    """A place where a rule is broken, or an occurrence counted: where its last element begins.

    weight: nats, of a soft rule; None for a hard one. beat: from 1. onset: whole notes from the first sound.
    voices: those that the rule speaks of there. notes: what sounds in them; kinds: of which kind each is
    where it is foreign to its chord, None where it is not. printed: what the score calls the bar, as "3,
    second time", where that is not how bars are counted. onsets: where its elements begin, where it has some.
    """

    rule: str
    verb: str
    hard: bool
    weight: float | None
    bar: int
    beat: Fraction
    onset: Fraction
    voices: tuple[str, ...]
    notes: tuple[str, ...]
    message: str
    kinds: tuple[str | None, ...] = ()
    printed: str = field(default="", compare=False)
    onsets: tuple[Fraction, ...] = ()

    def __str__(self) -> str:
        return f"{self.place}, beat {self.beat}: {self.message} [{self.rule}]"

    @property
    def place(self) -> str:
        """The bar as one names it."""
        if self.bar == 0 and self.printed in ("", "0"):
            return "pickup"
        return f"bar {self.printed or self.bar}"

    __repr__ = __str__


def finding_of(judged: Judged, found: Found, music: Sounding) -> Finding:
    """What is told of a place that a use of a rule found."""
    use, frame, last = judged.use, music.draft.frame, moment_of(found, music)
    onset = frame.onsets[last]
    voices = sorted(set(found.instance.voices.values()))
    names = tuple(frame.voices[voice] for voice in voices)
    notes = tuple(
        f"{frame.voices[voice]} {pitch}"
        if music.draft.tables.voices[voice].has_pitch
        else frame.voices[voice]
        for voice in (voices or range(len(frame.voices)))
        for pitch in [_sounding(music, voice, last)]
        if pitch is not None
    )
    return Finding(
        use.rule.name, use.verb, use.hard, None if use.hard else use.weight, *place_of(onset, frame), onset,
        names, notes, _message(use, found, music), onsets=_onsets(found, frame, onset),
    )  # fmt: skip


def _onsets(found: Found, frame: Frame, last: Fraction) -> tuple[Fraction, ...]:
    """When the elements of a place begin; of a stretch only where it is told."""
    if found.window is None:
        return (last,)
    return tuple(sorted({last, *(frame.onsets[moment] for moment in found.moments)}))


def place_of(onset: Fraction, frame: Frame) -> tuple[int, Fraction]:
    """Bar and beat."""
    return frame.places[onset][:2]


def _sounding(music: Sounding, voice: int, moment: int) -> Pitch | None:
    tables = music.draft.tables
    code = int(music.codes[tables.of_voice(voice), moment])
    return None if code < 0 else tables.voices[voice].pitches[code]


def _message(use: Use, found: Found, music: Sounding) -> str:
    """What the rule says of a place, its expressions written in musical words."""
    if not use.rule.say:
        return use.rule.sentence or use.rule.name.replace("_", " ")
    spoken = [part for part in use.rule.say if not isinstance(part, str)]
    values = iter(zip(spoken, values_at(found, spoken, music), strict=True))
    return "".join(part if isinstance(part, str) else _said(*next(values), music) for part in use.rule.say)


def _said(expression: Typed, value: Any, music: Sounding) -> str:
    kind, frame = expression.kind, music.draft.frame
    if kind in ("piece", "meter"):
        return "the piece" if kind == "piece" else str(frame.timeline.meter)
    if value is None:
        return "nothing"
    if kind == "voice":
        return str(frame.voices[value])
    if kind in ("moment", "beat"):
        bar, beat = place_of(frame.onsets[value if kind == "moment" else value.first], frame)
        return f"bar {bar}, beat {beat}"
    if kind in SPANS:
        return f"{kind} {value.number}"
    if kind in ("note", "pitch"):
        return str(Pitch.from_parts(int(np.ravel(value[0])[0]), int(np.ravel(value[1])[0])))
    if kind == "class":
        return _class_name(int(np.ravel(value[0])[0]), int(np.ravel(value[1])[0]))
    if kind == "interval":
        return abs(Interval(int(np.ravel(value[0])[0]), int(np.ravel(value[1])[0]))).name
    number = np.ravel(value)[0]
    if kind == "chord":
        return music.draft.tables.chords[int(number)].label
    if kind == "key":
        return music.draft.tables.keys[int(number)].name
    if kind == QUOTED:
        return quotable(*run_source(expression)).pieces[int(number)]
    if kind in WORDS:
        return WORDS[kind][int(number)].replace("_", " ")
    return str(Fraction(float(number)).limit_denominator(64))


def _class_name(letter: int, chroma: int) -> str:
    natural = (0, 2, 4, 5, 7, 9, 11)[letter]
    alter = (chroma - natural + 6) % 12 - 6
    return PitchClass(letter, alter).name
