"""Grades a score by a style: each place where a rule is broken or an occurrence counted, with its message."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

from rulegen.folds.proof import broken
from rulegen.folds.run import Found, Judged, judge, moment_of, values_at
from rulegen.models.quoted import quotable
from rulegen.plan.domains import chords_in, pitches_in
from rulegen.plan.given import voice_named
from rulegen.plan.hearing import heard
from rulegen.plan.likely_forms import forms_like
from rulegen.plan.matching import is_read, judged_at, levels
from rulegen.plan.ornaments import Ornament as Ornament
from rulegen.plan.ornaments import ornaments_of, spoken, without
from rulegen.rules.music import Codebook, Sounding, marks_read
from rulegen.score.events import FORM, Score, Voice
from rulegen.score.frame import Frame
from rulegen.score.given import HARMONY, as_given
from rulegen.score.timeline import Event
from rulegen.style.expression import Apply, Typed
from rulegen.style.facets import SKELETON, SURFACE
from rulegen.style.foreign import FOREIGN_NOTE, is_of_kinds
from rulegen.style.model import Style, Use
from rulegen.style.quoting import QUOTED, run_source
from rulegen.style.vocabulary import SPANS, WORDS
from rulegen.theory.interval import Interval
from rulegen.theory.pitch import Pitch, PitchClass
from rulegen.theory.scale import Key

MOST_FORMS = 24  # in which a score is graded that says no form itself


@dataclass(frozen=True, slots=True, repr=False)
class Finding:
    """A place where a rule is broken, or an occurrence counted: where its last element begins.

    weight: nats, of a soft rule; None for a hard one. beat: from 1. onset: whole notes from the first sound.
    voices: those that the rule speaks of there. notes: what sounds in them; kinds: of which kind each is
    where it is foreign to its chord, None where it is not.
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

    def __str__(self) -> str:
        return f"bar {self.bar}, beat {self.beat}: {self.message} [{self.rule}]"

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Tally:
    """One use: how often its rule had something to say, how often it was an exception, how many places it
    found.
    """

    rule: str
    verb: str
    hard: bool
    opportunities: int
    exceptions: int
    found: int
    weight: float | None = None  # nats a place, of a soft use


@dataclass(frozen=True, slots=True, repr=False)
class Grade:
    """All findings in order of time, a tally of every use, and the places that an `unless` excused; printed,
    the report of `rulegen grade`.

    given: what hard rules find that lies wholly in what was given, and is no fault of the score. score: what
    was graded, with the style's voices and form. labels_inferred: whether its chords were. form: which of the
    style's forms it has, where there are several; forms_tried: in how many it was graded, since it says none.
    ornaments: its notes that are foreign to their chords, each with its kind.
    style: its title. name: the file that was read, or the title of the piece.
    """

    score: Score
    findings: tuple[Finding, ...]
    tallies: tuple[Tally, ...]
    labels_inferred: bool = False
    exceptions: tuple[Finding, ...] = ()
    given: tuple[Finding, ...] = ()
    style: str = ""  # its title
    name: str = "the score"  # the file it was read from, or the title of the piece
    form: str = ""
    forms_tried: int = 0
    ornaments: tuple[Ornament, ...] = ()

    def __str__(self) -> str:
        from rulegen.report import report

        return report(self)

    __repr__ = __str__

    @property
    def is_clean(self) -> bool:
        """Whether no hard rule is broken."""
        return not any(finding.hard for finding in self.findings)

    @property
    def cost(self) -> float:
        """What all soft findings weigh together, nats: how far the score is from one without any."""
        return sum(finding.weight for finding in self.findings if finding.weight is not None)


def grade(score: Score, style: Style, given: Collection[str] = ()) -> Grade:
    """Grades a score whose voices are those of the style, by name or else by order. Raises ScoreReadError
    where they cannot be, and StyleError where a voice is said to be `given` that the style has not.

    Where the style has a harmony and the score no chords, they are inferred first. Where the style has
    alternatives of form and the score says no form, it is graded in that which fits it best.
    """
    if style.alternatives is not None:
        return _in_its_form(score, style, given)
    for name in given:
        if name != HARMONY:
            voice_named(style, name)
    bare, fitted = levels(as_given(score, given) if given else score, style)
    inferred = style.harmony is not None and not fitted.chords
    reader = _reader(style)
    if inferred:
        bare = heard(bare, style)
        fitted = replace(fitted, chords=bare.chords, timeline=bare.timeline)
    written = reader.music_of(bare)
    ornaments = ornaments_of(written, style)
    strays = [each for each in ornaments if not each.is_allowed]
    music = reader.music_of(without(bare, strays)) if strays else written
    surface = reader.music_of(fitted) if style.surfaced else music
    judged = [
        (judge(use, each), each)
        for use in style.uses
        for level in [surface if judged_at(use, style) == SURFACE else music]
        for each in [written if is_of_kinds(use) else level]
    ]
    findings = [
        _finding(each, found, own)
        for each, own in judged
        for found in each.found
        if not is_of_kinds(each.use) and not _is_told(found, strays, own)
    ]
    told = [(each, _stray(each, written, style)) for each in strays]
    findings += [finding for each, finding in told if not _was_given(each, written)]
    findings += _out_of_range(fitted, style)
    findings = [_with_kinds(each, ornaments) for each in findings]
    findings.sort(key=lambda finding: (finding.onset, not finding.hard, finding.rule))
    excused = [_finding(each, found, own) for each, own in judged for found in each.exceptions]
    excused.sort(key=lambda finding: (finding.onset, finding.rule))
    of_given = [_finding(each, found, own) for each, own in judged for found in each.given]
    of_given += [finding for each, finding in told if _was_given(each, written)]
    of_given.sort(key=lambda finding: (finding.onset, finding.rule))
    tallies = tuple(_tally(each) for each, _ in judged)
    return Grade(
        fitted,
        tuple(findings),
        tallies,
        inferred,
        tuple(excused),
        tuple(of_given),
        style.title,
        ornaments=ornaments,
    )


def _is_told(found: Found, strays: Sequence[Ornament], music: Sounding) -> bool:
    """Whether a place says of a foreign note, which is told as such, that it does not belong to its chord."""
    asked = found.use.rule.then
    if not isinstance(asked, Apply) or asked.operation not in ("note.is_chord_tone", "note.is_foreign"):
        return False
    frame = music.draft.frame
    voice, onset = frame.voices[found.instance.voice], frame.onsets[found.moments[-1]]
    return any(each.voice == voice and each.onset <= onset < each.end for each in strays)


def _stray(ornament: Ornament, music: Sounding, style: Style) -> Finding:
    """A foreign note of a kind that the style does not use there, told once."""
    frame, voice = music.draft.frame, style.voice(ornament.voice)
    pitch, chord = ornament.pitch, ornament.chord.label
    message = f"{pitch} is foreign to {chord}, and of no kind that is known"
    if ornament.kind is not None:
        uses = any(each.name == ornament.kind for each in voice.kinds)
        where = f"which {voice.name} does not use here" if uses else "which this style does not use"
        message = f"{pitch} over {chord} is {spoken(ornament.kind)}, {where}"
    return Finding(
        FOREIGN_NOTE, "require", True, None, *_place(ornament.onset, frame), ornament.onset,
        (voice.name,), (f"{voice.name} {pitch}",), message,
    )  # fmt: skip


def _with_kinds(finding: Finding, ornaments: Sequence[Ornament]) -> Finding:
    """The finding with the kind of each of its notes that is foreign to its chord."""
    here = (each for each in ornaments if each.onset <= finding.onset < each.end)
    kinds = {each.voice: each.kind for each in here if each.is_allowed or finding.rule == FOREIGN_NOTE}
    return replace(finding, kinds=tuple(kinds.get(note.rpartition(" ")[0]) for note in finding.notes))


def _was_given(ornament: Ornament, music: Sounding) -> bool:
    draft = music.draft
    voice, moment = draft.frame.voices.index(ornament.voice), draft.frame.index[ornament.onset]
    return bool(draft.given) and bool(draft.was_given(voice, np.array([moment])).all())


def _in_its_form(score: Score, style: Style, given: Collection[str]) -> Grade:
    """The grade of a score in the form that it says, or in that which fits it best: with the fewest
    breaches, then the least cost, then as the forms are likely.
    """
    alone = _without_alternatives(style)
    said = dict(score.metadata).get(FORM, "")
    forms = [] if score.phrases or style.form.from_voice is not None else forms_like(score, style, MOST_FORMS)
    if not forms:
        return replace(grade(score, alone, given), form=said)
    graded = [grade(score, form, given) for form in forms]
    best = min(graded, key=lambda each: (sum(found.hard for found in each.findings), each.cost))
    taken = forms[graded.index(best)].form_taken
    return replace(best, form=taken, forms_tried=len(forms))


def _without_alternatives(style: Style) -> Style:
    """The style with one form, the same object each time that it is asked for."""
    found = next((alone for each, alone in _ALONE if each is style), None)
    if found is None:
        found = replace(style, alternatives=None)
        _ALONE[:] = [*_ALONE[-3:], (style, found)]
    return found


_ALONE: list[tuple[Style, Style]] = []  # of the styles with alternatives that were graded by last


@dataclass(eq=False)
class Proofreader:
    """Tells which scores keep all hard rules of a style; those that are alike in time are bound once."""

    style: Style
    books: dict[tuple[Key, ...], Codebook] = field(default_factory=dict)

    def clean(self, scores: Sequence[Score]) -> list[bool]:
        """Whether each score keeps them, as `grade` would find, and each voice fills its time."""
        style = self.style
        found = [not _out_of_range(score, style) for score in scores]
        together: dict[tuple[int, str], list[tuple[int, Sounding]]] = {}
        for place, score in enumerate(scores):
            bare, fitted = levels(score, style)
            if style.harmony is not None and not fitted.chords:
                found[place] = grade(score, style).is_clean
                continue
            for stage, each in ((SKELETON, bare), (SURFACE, fitted)):
                if stage == SURFACE or style.surfaced:
                    music = self.music_of(each)
                    together.setdefault((id(music.draft), stage), []).append((place, music))
        for (_, stage), alike in together.items():
            draft = alike[0][1].draft
            filled = all(_fills(row, draft.frame.end) for row in draft.frame.notes)
            uses = [use for use in style.uses if is_read(use, stage, style)]
            is_broken = broken(uses, [music for _, music in alike])
            for (place, _), breaks in zip(alike, is_broken, strict=True):
                found[place] = found[place] and filled and not breaks
        return found

    def music_of(self, score: Score) -> Sounding:
        """The codes of a score that was fitted to the style."""
        return self._book(score).music_of(score)

    def _book(self, score: Score) -> Codebook:
        """The book of a score's keys, made anew where the score has a pitch or a chord that was not known."""
        regions = score.timeline.regions
        book = self.books.get(regions)
        sounded = {(note.voice, note.pitch) for note in score.notes if note.pitch is not None}
        heard = {event.chord for event in score.chords}
        names = [voice.name for voice in score.voices]
        if book is not None:
            voices = zip(names, book.tables.voices, strict=True)
            known = {(name, pitch) for name, voice in voices for pitch in voice.pitches if pitch is not None}
            if sounded <= known and heard <= set(book.tables.chords):
                return book
            sounded, chords = sounded | known, book.tables.chords
        else:
            chords = chords_in(self.style, regions)
            ranges = [(voice.name, pitches_in(voice, regions, chords)) for voice in self.style.voices]
            sounded |= {(name, pitch) for name, pitches in ranges for pitch in pitches}
        pitches = [sorted(pitch for owner, pitch in sounded if owner == name) for name in names]
        every = tuple(dict.fromkeys([*chords, *(event.chord for event in score.chords)]))
        book = self.books[regions] = Codebook.of(
            regions,
            pitches,
            every,
            [voice.kit is not None for voice in score.voices],
            marks_read(self.style.markings, names),
        )
        return book


_READERS: list[Proofreader] = []  # of the styles that were graded by last


def _reader(style: Style) -> Proofreader:
    found = next((each for each in _READERS if each.style is style), None)
    if found is None:
        found = Proofreader(style)
        _READERS[:] = [*_READERS[-3:], found]
    return found


def _fills(row: Sequence[Event], end: Fraction) -> bool:
    """Whether notes and rests follow one another to the end, without a gap or an overlap."""
    ends = [Fraction(0), *(event.end for event in row)]
    return ends == [*(event.onset for event in row), end]


def _tally(judged: Judged) -> Tally:
    use = judged.use
    return Tally(
        use.rule.name,
        use.verb,
        use.hard,
        judged.opportunities,
        len(judged.exceptions),
        len(judged.found),
        None if use.hard else use.weight,
    )


def _finding(judged: Judged, found: Found, music: Sounding) -> Finding:
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
        use.rule.name, use.verb, use.hard, None if use.hard else use.weight, *_place(onset, frame), onset,
        names, notes, _message(use, found, music),
    )  # fmt: skip


def _place(onset: Fraction, frame: Frame) -> tuple[int, Fraction]:
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
        bar, beat = _place(frame.onsets[value if kind == "moment" else value.first], frame)
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


def _out_of_range(score: Score, style: Style) -> list[Finding]:
    ranges: Mapping[str, Voice] = {voice.name: voice.voice for voice in style.voices}
    found = []
    for note in score.notes:
        span = ranges[note.voice]
        if note.pitch is not None and not span.low.midi <= note.pitch.midi <= span.high.midi:
            message = f"{note.pitch} lies outside the range of {note.voice}, {span.low} to {span.high}"
            bar, beat = score.timeline.bar_number(note.onset), score.timeline.beat(note.onset)
            found.append(
                Finding("voice_range", "require", True, None, bar, beat, note.onset,
                        (note.voice,), (f"{note.voice} {note.pitch}",), message)
            )  # fmt: skip
    return found
