"""The cases on a rule's page, as scores: what they state is found by judging them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from rulegen.folds.run import Found, judge
from rulegen.language.syntax import Case, CaseLine, NoteWord
from rulegen.rules.music import music_of
from rulegen.rules.places import row_binding
from rulegen.score.events import ChordEvent, Dynamic, Hairpin, Note, Score, Voice
from rulegen.score.frame import Frame
from rulegen.score.marks import NONE
from rulegen.score.timeline import Phrase, Section, Timeline
from rulegen.score.tokens import ARTICULATION_SIGNS, SLURRED
from rulegen.style.cases import loudness_of
from rulegen.style.expression import Typed, substitute
from rulegen.style.facets import FACETS
from rulegen.style.model import Marking, Rule, Use
from rulegen.theory.chord import parse_chord
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch
from rulegen.theory.scale import Key

_Spanned = tuple[NoteWord, Fraction, Fraction]  # from when to when
_WIDEST = (Pitch.parse("C0"), Pitch.parse("C9"))


class Breach(NamedTuple):
    """What a place is counted by, and its number from 1: ("note", 3)."""

    kind: str
    number: int


def score_of(case: Case) -> Score:
    """A case as a score of one phrase. Raises ValueError for what in it cannot be read."""
    settings = {name.text: text.value for name, text in case.settings}
    key = Key.parse(settings.get("key", "C major"))
    meter = Meter.parse(settings.get("meter", "4/4"))
    pickup = Fraction(settings.get("pickup", "0"))
    notes: list[Note] = []
    chords: list[ChordEvent] = []
    voices = []
    dynamics: list[Dynamic] = []
    hairpins: list[Hairpin] = []
    for line in case.lines:
        loudness, voice = loudness_of(line.name.text)
        if loudness == "dynamics":
            dynamics += [Dynamic(onset, word.text, voice) for word, onset, _ in _spans(line)]
        elif loudness == "hairpins":
            spans = (each for each in _spans(line) if each[0].text != NONE)
            hairpins += [Hairpin(onset, end, word.text, voice) for word, onset, end in spans]
        elif line.name.text == "harmony":
            chords = [
                ChordEvent(onset, end - onset, parse_chord(word.text, key))
                for word, onset, end in _spans(line)
            ]
        else:
            voices.append(Voice(line.name.text, *_WIDEST))
            notes += [_note(line.name.text, *each) for each in _spans(line)]
    end = max([note.end for note in notes] + [chord.end for chord in chords])
    phrase = Phrase(Fraction(0), end, "A", 1, settings.get("cadence"))
    clock = replace(Timeline.plain(key, meter, pickup=pickup), sections=(Section("A", Fraction(0), end),))
    return Score(
        "",
        tuple(voices),
        replace(clock, phrases=(phrase,)),
        tuple(notes),
        tuple(chords),
        dynamics=tuple(dynamics),
        hairpins=tuple(hairpins),
    )


def _note(voice: str, word: NoteWord, onset: Fraction, end: Fraction) -> Note:
    return Note(
        voice,
        onset,
        end - onset,
        None if word.text == "r" else Pitch.parse(word.text),
        articulations=tuple(name for name, sign in ARTICULATION_SIGNS.items() if sign in word.marks),
        slurred=SLURRED in word.marks,
    )


def _spans(line: CaseLine) -> list[_Spanned]:
    found: list[_Spanned] = []
    now, duration = Fraction(0), Fraction(1, 4)
    for word in line.words:
        if word.text == "|":
            continue
        duration = word.duration or duration
        if word.text == "_" and found:
            found[-1] = (found[-1][0], found[-1][1], now + duration)
        else:
            found.append((word, now, now + duration))
        now += duration
    return found


def breaches(rule: Rule, case: Case) -> list[Breach]:
    """What judging a case by its rule finds, each place once: what a pattern that is preferred is found by is
    its absence.
    """
    use = Use(
        0, "forbid" if rule.manner in ("forbid", "avoid") else "require", True, 1.0, with_defaults(rule)
    )
    score = score_of(case)
    music = music_of(score, _borne(score))
    found = {_named(each, music.draft.frame) for each in judge(use, music).found}
    return sorted(found)


def _borne(score: Score) -> list[Marking]:
    """What a case says of the marks of its notes, that they bear none too."""
    names = tuple(voice.name for voice in score.voices)
    marks = (facet for facet in FACETS.values() if facet.block is not None)
    return [Marking(facet.name, facet.kind, names, (), "note") for facet in marks]


def failure(rule: Rule, case: Case) -> str | None:
    """What a case states and what is found instead, or None where it comes true."""
    found, expected = breaches(rule, case), stated(case)
    is_right = case.verdict == "right"
    if bool(found) != is_right and (not expected or found == expected):
        return None
    said = "nothing to be found" if is_right else f"a place {_listed(expected)}" if expected else "some place"
    return f"the case states {said}, and found is {_listed(found) or 'nothing'}"


def _listed(breaches: list[Breach]) -> str:
    return ", ".join(f"at {each.kind} {each.number}" for each in breaches)


def with_defaults(rule: Rule) -> Rule:
    """The rule with the default of each parameter written into its expressions."""
    values: dict[str, Typed] = {each.name: each.default for each in rule.parameters}

    def written(part: Typed | None) -> Typed | None:
        return None if part is None else substitute(part, values)

    return replace(rule, when=written(rule.when), then=written(rule.then), unless=written(rule.unless))


def _named(found: Found, frame: Frame) -> Breach:
    binding = row_binding(found.use.rule)
    kind = binding.kind if binding is not None else "piece"
    if found.window is not None:
        return Breach(kind, found.window[found.instance.last] + 1)
    stretches = frame.stretches(kind)
    return Breach(
        kind, next(number for number, each in enumerate(stretches, 1) if each.first == found.moments[0])
    )


def stated(case: Case) -> list[Breach]:
    """What a case says will be found."""
    return sorted({Breach(name.text, number) for name, number in case.at})
