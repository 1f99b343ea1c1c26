"""Grades a score by a style: each place where a rule is broken or an occurrence counted, with its message."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rulegen.folds.run import Judged, judge
from rulegen.grading.finding import Finding as Finding
from rulegen.grading.finding import finding_of
from rulegen.grading.obligations import changed_given, is_told, out_of_range, silences, stray, was_given
from rulegen.grading.reader import reader_of
from rulegen.plan.casting import cast, in_key_of
from rulegen.plan.given import voice_named
from rulegen.plan.hearing import heard
from rulegen.plan.likely_forms import forms_like
from rulegen.plan.matching import judged_at, levels
from rulegen.plan.ornaments import Ornament as Ornament
from rulegen.plan.ornaments import ornaments_of, without
from rulegen.rules.music import Sounding
from rulegen.score.events import FORM, Score
from rulegen.score.given import HARMONY, as_given
from rulegen.style.facets import SURFACE
from rulegen.style.foreign import FOREIGN_NOTE, is_of_kinds
from rulegen.style.model import Style
from rulegen.theory.scale import Key

MOST_FORMS = 24  # in which a score is graded that says no form itself


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
    ornaments: its notes that are foreign to their chords, each with its kind. assumed: what one could have
    meant otherwise, in words: which voice of the score is which, its key, what is left out; sung: which voice
    of the score each voice of the style is.
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
    assumed: tuple[str, ...] = ()
    sung: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        from rulegen.grading.report import report

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

    def told(self, least: float) -> tuple[Finding, ...]:
        """The findings that are hard, or weigh so many nats at least."""
        return tuple(each for each in self.findings if each.weight is None or each.weight >= least)


def grade(
    score: Score,
    style: Style,
    given: Collection[str] = (),
    voices: Mapping[str, str] | None = None,
    key: Key | None = None,
) -> Grade:
    """Grades a score by a style. voices: which of the score's, by name or number from 1, is which of the
    style's, where that is not found out; key: the score's, where it says another. Raises ScoreReadError where
    the voices do not go together, and StyleError where a voice is said to be `given` that the style has not.

    Where the style has a harmony and the score no chords, they are inferred first. Where the style has
    alternatives of form and the score says no form, it is graded in that which fits it best.
    """
    sung = cast(score, style, voices)
    keyed, assumed = in_key_of(sung.score, style, key)
    own = tuple((voice.name, sung.casting[voice.name]) for voice in style.voices)
    return replace(_graded(keyed, style, given), assumed=(*sung.assumed, *assumed), sung=own)


@dataclass(frozen=True, slots=True, eq=False)
class Music:
    """A score as a style hears it: the style in the form that the score has, and the skeleton of the score
    with its chords, as notes and as codes.
    """

    style: Style
    score: Score
    sounding: Sounding


def music_of(
    score: Score, style: Style, voices: Mapping[str, str] | None = None, key: Key | None = None
) -> Music:
    """A score as a style hears it; `voices` and `key` as in `grade`. Raises ScoreReadError."""
    keyed, _ = in_key_of(cast(score, style, voices).score, style, key)
    if style.alternatives is not None:
        forms = _forms(keyed, style)
        style = forms[0] if len(forms) == 1 else _best_form(keyed, forms, ())[1]
    bare, _ = levels(keyed, style)
    if style.harmony is not None and not bare.chords:
        bare = heard(bare, style)
    return Music(style, bare, reader_of(style).music_of(bare))


def _graded(score: Score, style: Style, given: Collection[str]) -> Grade:
    """The grade of a score with the voices of the style."""
    if style.alternatives is not None:
        return _in_its_form(score, style, given)
    for name in given:
        if name != HARMONY:
            voice_named(style, name)
    bare, fitted = levels(as_given(score, given) if given else score, style)
    inferred = style.harmony is not None and not fitted.chords
    reader = reader_of(style)
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
        finding_of(each, found, own)
        for each, own in judged
        for found in each.found
        if not is_of_kinds(each.use) and not is_told(found, strays, own)
    ]
    told = [(each, stray(each, written, style)) for each in strays]
    findings += [finding for each, finding in told if not was_given(each, written)]
    findings += [*out_of_range(fitted, style), *silences(fitted, style), *changed_given(bare)]
    findings = [_with_kinds(each, ornaments) for each in findings]
    excused = [finding_of(each, found, own) for each, own in judged for found in each.exceptions]
    of_given = [finding_of(each, found, own) for each, own in judged for found in each.given]
    of_given += [finding for each, finding in told if was_given(each, written)]
    tallies = tuple(_tally(each) for each, _ in judged)
    return Grade(
        fitted,
        _in_order(findings, score),
        tallies,
        inferred,
        _in_order(excused, score),
        _in_order(of_given, score),
        style.title,
        ornaments=ornaments,
    )


def _in_order(findings: Iterable[Finding], score: Score) -> tuple[Finding, ...]:
    """The findings in order of time, hard ones first, each with the printed number of its bar."""
    named = (
        [replace(each, printed=score.bar_name(each.onset)) for each in findings]
        if score.printed
        else findings
    )
    return tuple(sorted(named, key=lambda finding: (finding.onset, not finding.hard, finding.rule)))


def _with_kinds(finding: Finding, ornaments: Sequence[Ornament]) -> Finding:
    """The finding with the kind of each of its notes that is foreign to its chord."""
    here = (each for each in ornaments if each.onset <= finding.onset < each.end)
    kinds = {each.voice: each.kind for each in here if each.is_allowed or finding.rule == FOREIGN_NOTE}
    return replace(finding, kinds=tuple(kinds.get(note.rpartition(" ")[0]) for note in finding.notes))


def _in_its_form(score: Score, style: Style, given: Collection[str]) -> Grade:
    """The grade of a score in the form that it says, or in that which fits it best."""
    forms = _forms(score, style)
    if len(forms) == 1:
        said = dict(score.metadata).get(FORM, "")
        return replace(_graded(score, forms[0], given), form=said)
    best, taken = _best_form(score, forms, given)
    return replace(best, form=taken.form_taken, forms_tried=len(forms))


def _forms(score: Score, style: Style) -> list[Style]:
    """The style with one form, where the score says which it has; else in all forms that it may have."""
    alone = _without_alternatives(style)
    says = bool(score.phrases) or style.form.from_voice is not None
    return ([] if says else forms_like(score, style, MOST_FORMS)) or [alone]


def _best_form(score: Score, forms: Sequence[Style], given: Collection[str]) -> tuple[Grade, Style]:
    """The grade with the fewest breaches, then the least cost, then as the forms are likely; and its form."""
    graded = [_graded(score, form, given) for form in forms]
    best = min(graded, key=lambda each: (sum(found.hard for found in each.findings), each.cost))
    return best, forms[graded.index(best)]


def _without_alternatives(style: Style) -> Style:
    """The style with one form, the same object each time that it is asked for."""
    found = next((alone for each, alone in _ALONE if each is style), None)
    if found is None:
        found = replace(style, alternatives=None)
        _ALONE[:] = [*_ALONE[-3:], (style, found)]
    return found


_ALONE: list[tuple[Style, Style]] = []  # of the styles with alternatives that were graded by last


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
