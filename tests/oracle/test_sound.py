"""P(marks of notes | notes) · P(notes), written out score by score, against what the stages draw from."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from rulegen.compose import compose, prepare
from rulegen.grading.grade import grade
from rulegen.lattice.best import best
from rulegen.plan.given import tunes_of
from rulegen.plan.realise import realise
from rulegen.score.events import Dynamic, Hairpin, Score
from rulegen.stages.stage import Apart, Decided
from rulegen.style.model import Marking, Style
from tests.oracle.agreement import Engine
from tests.oracle.brute import log_weight, marks_read, style_of
from tests.oracle.music import Music
from tests.oracle.pieces import Key, Piece, Sound, key_of, pieces

DUO = """style "duo"  meter 2/4  key C major
voices { soprano E4..G4  alto C4..D4 }  rhythm soprano { every 1/4 }  rhythm alto { every 1/2 }
melody soprano { notes E G }  melody alto { notes C D }
"""
STYLES = {
    "weights alone": DUO
    + "form { A = 1 bars }  articulation soprano { staccato weight -1, tenuto weight 0.4 }",
    "soft and hard rules of notes": DUO
    + """form { A = 1 bars }  articulation { accent, staccato weight 0.3 }
        rule leapt is required { for consecutive notes a, b in soprano  when a != b  then b.articulation is accent }
        require leapt
        rule dry is avoided { for note n in voice  then n.articulation is staccato and n is G4 }  avoid dry weight 0.7
        rule high is avoided { for note n in soprano  then n is G4 }  avoid high weight 0.6""",
    "notes that no marks fit": DUO
    + """form { A = 1 bars, 1 bars }  articulation soprano { staccato }
        rule wet is avoided { for consecutive notes a, b in soprano
          when a == b  then a.articulation is not none and b.articulation is not none }  forbid wet
        rule dry is required { for note n in soprano  then n.articulation is staccato }  require dry""",
    "a rule that reads no marks of the first note": DUO
    + """form { A = 1 bars, 1 bars }  given alto = C4:1/2 D4  articulation soprano { accent }  articulation alto { tenuto }
        rule start is avoided { for note n in soprano
          then (n.articulation is accent and not n.is_first) or (n.is_first and n is G4) }  forbid start at most 1 per piece
        rule first is avoided { for note n in voice
          then (n.articulation is tenuto and not n.is_first) or (n.is_first and n is G4) }  forbid first""",
    "two voices at a moment, and counted": DUO
    + """form { A = 1 bars, 1 bars }  articulation soprano { tenuto }  articulation alto { tenuto weight -1 }  given alto = C4:1/1
        rule alike is preferred { for moment m  then (soprano@m).articulation is (alto@m).articulation }
        prefer alike weight 0.8
        rule few is required { for bar b  then count(note n in soprano in b where n.articulation is tenuto) <= 1 }
        require few
        rule low is avoided { for moment m  then m.lowest.articulation is tenuto and m.highest is E4 }  avoid low weight 0.5""",
    "a repeat and its seam": DUO
    + """form { A = 1 bars  B = 1 bars  piece = A A B }  articulation soprano { tenuto weight 0.2 }
        rule turn is avoided { for consecutive notes a, b in soprano
          when a.articulation is tenuto  then b.articulation is tenuto or b is G4 }  avoid turn weight 0.9
        forbid turn at most 1 per piece""",
    "a rhythm that is drawn": """style "solo"  meter 2/4  key C major
        voices { soprano E4..G4 }  rhythm { values 1/4, 1/2 weight 0.5 }  melody { notes E G }  form { A = 2 bars }
        articulation { accent }
        rule long is required { for note n in soprano  when n.duration == 1/2  then n.articulation is accent }  require long
        rule pair is avoided { for consecutive notes a, b in soprano  then a.articulation is b.articulation }  avoid pair weight 0.6""",
    "a level for each phrase": DUO
    + """form { A = 1 bars, cadence half, 1 bars }  dynamics { p, mf weight 0.5, ff weight -1 }
        rule softer is avoided { for consecutive notes a, b in soprano  then b.dynamic < a.dynamic and b is E4 }
        avoid softer weight 0.7
        rule climax is required { for note n in soprano  when n is G4  then n.dynamic >= mf }  require climax
        rule deep is avoided { for moment m  then m.lowest.dynamic == p and m.highest.dynamic is p }  avoid deep weight 0.2""",
    "levels and articulations, stated again": DUO
    + """form { A = 1 bars  B = 1 bars  piece = A B A }  dynamics { p, f  change every section }
        articulation alto { accent weight -0.5 }  given soprano = E4:1/4 G4 G4:1/2
        rule loud is required { for note n in alto  when n.articulation is accent  then n.dynamic is f }  require loud
        rule turn is avoided { for consecutive notes a, b in soprano  then a.dynamic != b.dynamic and step(a, b) }
        avoid turn weight 0.4
        rule back is avoided { for consecutive notes a, b in alto  then a.dynamic > b.dynamic and a is D4 }  avoid back weight 0.3""",
    "a level that a long note holds over the bar": """style "duo"  meter 2/4  key C major
        voices { soprano E4..G4  alto C4..D4 }  rhythm { every 1/4 }
        melody soprano { notes E G }  melody alto { notes C D }  form { A = 2 bars, 1 bars }
        given alto = r:1/4 C4:1/2 D4:1/4 C4:1/2
        dynamics { pp, f  change every bar }
        rule last is avoided { for note n in voice  then n.closes_phrase and n.dynamic is f and n.midi > 60 }  avoid last weight 0.8""",
    "slurs over notes that follow one another": """style "duo"  meter 2/4  key C major
        voices { soprano E4..G4 }  rhythm { every 1/4 }  melody { notes E G }
        form { A = 1 bars  B = 1 bars  piece = A B }  articulation { legato weight 0.3, staccato weight -1 }
        given soprano = E4:1/4 G4 G4 E4
        rule slurred is avoided { for consecutive notes a, b in soprano
          then a.articulation is legato and b.articulation is staccato }  avoid slurred weight 0.5""",
    "the lowest of voices of which not all bear marks, and of one that rests": """style "solo"  meter 2/4  key C major
        voices { soprano E4..G4  alto C4..D4 }  rhythm soprano { values 1/4, 1/2 weight 0.5 }  rhythm alto { every 1/2 }
        melody soprano { notes E G }  melody alto { notes C D }  given alto = r:1/4 D4  form { A = 1 bars }
        articulation soprano { staccato }  dynamics { p, f  change every note }
        rule low is avoided { for moment m  then m.lowest.articulation is staccato or m.lowest.dynamic is f }  avoid low weight 0.4
        rule loud is avoided { for moment m  then m.highest.dynamic is f and m.lowest is E4 }  avoid loud weight 0.6
        rule run is avoided { for consecutive notes a, b, c in voice
          then a.articulation is b.articulation and c.articulation is none }  avoid run weight 0.3""",
    "a rule of three notes in a voice that bears no marks": """style "solo"  meter 2/4  key C major
        voices { soprano E4..G4  alto C4..D4 }  rhythm soprano { values 1/4, 1/2 }  rhythm alto { every 1/2 }
        melody soprano { notes E G }  melody alto { notes C D }  form { A = 1 bars }  articulation alto { tenuto }
        rule run is avoided { for consecutive notes a, b, c in soprano
          then a.articulation is b.articulation and c.articulation is none }  avoid run weight 0.3""",
    "slurs to a rest": DUO
    + """form { A = 2 bars }  given alto = C4:1/4 D4 r C4  articulation alto { legato }
        rule up is avoided { for consecutive notes a, b in alto  then a.articulation is legato and a < b }  avoid up weight 0.4""",
    "hairpins from level to level": DUO
    + """form { A = 2 bars  B = 1 bars  piece = A A B }  given soprano = E4:1/4 G4 G4 E4 E4 G4 G4 E4 G4 r
        dynamics { p, mf, f weight 0.4  hairpins weight -0.3  change every bar }
        rule swell is avoided { for consecutive notes a, b in soprano
          then a.hairpin is crescendo and b.dynamic is f and b is G4 }  avoid swell weight 0.7
        rule loud is avoided { for note n in alto  then n is D4 and n.dynamic < mf and n.hairpin is none }  forbid loud""",
    "each voice its own level": DUO
    + """form { A = 1 bars }  dynamics soprano { p, f  change every note }  dynamics alto { mf weight 1, ppp }
        rule under is required { for moment m  then (alto@m).dynamic <= (soprano@m).dynamic }  require under""",
    "a given voice with a rest": DUO
    + """form { A = 2 bars }  given alto = C4:1/4 r D4:1/2  articulation { staccato }
        rule after is avoided { for note n in alto  then n.is_first and n.articulation is staccato }  avoid after weight 0.4
        rule both is avoided { for moment m  then (alto@m).articulation is staccato and soprano@m is E4 }  avoid both weight 0.3""",
}

Marked = tuple[Key, tuple[object, ...]]


@pytest.mark.parametrize("name", STYLES)
def test_each_score_has_the_probability_of_the_law(name: str) -> None:
    expected, found = law(style_of(STYLES[name])), law_of_the_stages(style_of(STYLES[name]))
    assert expected.keys() == found.keys()
    assert len(expected) >= 8
    for key, probability in expected.items():
        assert abs(found[key] - probability) < 1e-9, key


@pytest.mark.parametrize("name", ["notes that no marks fit", "soft and hard rules of notes"])
def test_scores_are_drawn_as_often_as_the_law_says(name: str) -> None:
    style = style_of(STYLES[name])
    expected, count = law(style), 400
    drawn = compose(prepare(style, tunes_of(style, {})), range(count))
    often = Counter(marked(piece.score, style) for piece in drawn)
    assert set(often) <= set(expected)
    noise = 0.0
    for key, probability in expected.items():
        noise += (often[key] - count * probability) ** 2 / (count * probability)
    assert noise < len(expected) + 5 * math.sqrt(2 * len(expected))
    assert all(grade(piece.score, style).is_clean for piece in drawn[:20])


def law(style: Style) -> dict[Marked, float]:
    """Every score with its probability: the notes by their weight, those left out that no marks fit, times
    the marks by theirs.
    """
    of_marks = [use for use in style.uses if marks_read(use)]
    of_notes = [use for use in style.uses if not marks_read(use)]
    notes: dict[Marked, float] = {}
    found: dict[Marked, float] = {}
    for piece in pieces(style):
        weight = piece.length_weight + log_weight(piece, of_notes)
        marks = {
            marked(each_score, style): math.exp(own + log_weight(each, of_marks))
            for each, own in with_marks(piece)
            for each_score in [marked_score(each)]
        }
        marks = {key: mass for key, mass in marks.items() if mass}
        if marks and weight > -math.inf:
            notes[key_of(piece.score()), ()] = math.exp(weight)
            total = sum(marks.values())
            found.update({key: math.exp(weight) * mass / total for key, mass in marks.items()})
    whole = sum(notes.values())
    return {key: mass / whole for key, mass in found.items()}


def law_of_the_stages(style: Style) -> dict[Marked, float]:
    """The same from the lattices of the stages, each normalised."""
    prepared, engine = prepare(style, tunes_of(style, {})), Engine(style)
    _, sound = prepared.stages
    found: dict[Marked, float] = {}
    masses: list[float] = []
    for path in best(engine.lattice, 100_000):
        posed = sound.pose(replace(Decided.begun(None), values=path.assignment))
        if posed is None:
            continue
        masses.append(math.exp(path.log_weight))
        assert isinstance(posed, Apart)
        for chosen in itertools.product(*(best(part.lattice, 100_000) for part in posed.parts)):
            values = chosen[0].assignment.copy()
            values[:, : path.assignment.shape[1]] = path.assignment
            for marks, own in zip(chosen, posed.components, strict=True):
                values[:, own] = marks.assignment[:, own]
            key = marked(realise(engine.plan, values), style)
            assert key not in found
            totals = zip(chosen, posed.parts, strict=True)
            log_share = sum(marks.log_weight - float(part.ahead.total) for marks, part in totals)
            found[key] = math.exp(path.log_weight + log_share)
    return {key: mass / sum(masses) for key, mass in found.items()}


def marked(score: Score, style: Style) -> Marked:
    """What tells a score from others: its notes, and what each bears."""
    marks: list[object] = [
        (marking.facet, note.voice, note.onset, _mark(score, note.voice, note.onset, marking.facet))
        for marking in style.markings
        for name in marking.voices
        for note in score.notes_of(name)
        if note.pitch is not None
    ]
    return key_of(score), tuple(marks)


def _mark(score: Score, voice: str, onset: Fraction, facet: str) -> object:
    if facet == "dynamic":
        dynamic = score.dynamic_at(voice, onset)
        return None if dynamic is None else dynamic.level
    if facet == "hairpin":
        return tuple(
            each.kind
            for each in score.hairpins
            if each.voice in (None, voice) and each.onset <= onset < each.end
        )
    [note] = [each for each in score.notes_of(voice) if each.onset == onset]
    return note.articulations, note.slurred


def marked_score(piece: Piece) -> Score:
    """A piece with its marks, as the project writes it down."""
    score = piece.score()
    borne = {
        (name, Fraction(each.onset)): dict(each.marks) for name, line in piece.lines.items() for each in line
    }
    notes, dynamics, hairpins = [], [], []
    for note in score.notes:
        word = borne[note.voice, note.onset].get("articulation", "none")
        marks = () if word in ("none", "legato") else (word,)
        notes.append(replace(note, articulations=marks, slurred=word == "legato"))
        level = borne[note.voice, note.onset].get("dynamic")
        dynamics += [] if level is None else [Dynamic(note.onset, level, note.voice)]
        kind = borne[note.voice, note.onset].get("hairpin", "none")
        hairpins += [] if kind == "none" else [Hairpin(note.onset, note.end, kind, note.voice)]
    return replace(score, notes=tuple(notes), dynamics=tuple(dynamics), hairpins=tuple(hairpins))


def with_marks(piece: Piece) -> Iterator[tuple[Piece, float]]:
    """The piece with all marks that its style may draw, and their own log weight."""
    slots = [(marking, slot) for marking in piece.style.markings for slot in _slots(piece, marking)]
    for chosen in itertools.product(*(marking.marks for marking, _ in slots)):
        if any(
            word == "legato" and not _goes_on(piece, *slot[0])
            for (_, slot), (word, _) in zip(slots, chosen, strict=True)
        ):
            continue
        if not _lead(piece, [(m, slot, word) for (m, slot), (word, _) in zip(slots, chosen, strict=True)]):
            continue
        borne: dict[tuple[str, float], dict[str, str]] = {}
        for (marking, slot), (word, _) in zip(slots, chosen, strict=True):
            for place in slot:
                borne.setdefault(place, {})[marking.facet] = word
        lines = {
            name: tuple(
                Sound(each.onset, each.end, each.what, tuple(borne.get((name, each.onset), {}).items()))
                for each in line
            )
            for name, line in piece.lines.items()
        }
        yield replace(piece, lines=lines), sum(weight for _, weight in chosen)


def _lead(piece: Piece, borne: list[tuple[Marking, list[tuple[str, float]], str]]) -> bool:
    """Whether each hairpin leads to a level of its section that is louder, or softer."""
    for marking, slot, word in borne:
        if marking.facet != "hairpin" or word == "none":
            continue
        ranks = {"p": 1, "mf": 2, "f": 3}
        levels = {
            min(onset for _, onset in places): ranks[level]
            for other, places, level in borne
            if other.facet == "dynamic" and other.voices == marking.voices
        }
        start = min(onset for _, onset in slot)
        end = next(each.end for each in piece.statements if each.onset <= start < each.end)
        following = [onset for onset in sorted(levels) if start < onset < end]
        if not following:
            return False
        change = levels[following[0]] - levels[start]
        if change <= 0 if word == "crescendo" else change >= 0:
            return False
    return True


def _goes_on(piece: Piece, voice: str, onset: float) -> bool:
    """Whether another note of the voice follows within the statement, without a rest."""
    line = piece.lines[voice]
    end = next(each.end for each in line if each.onset == onset)
    statement = next(each for each in piece.statements if each.onset <= onset < each.end)
    following = next((each for each in line if each.onset == end), None)
    return following is not None and following.what is not None and end < statement.end


def _slots(piece: Piece, marking: Marking) -> list[list[tuple[str, float]]]:
    """The notes (voice, onset) that bear one and the same mark: those of a statement with its copies."""
    slots: dict[object, list[tuple[str, float]]] = {}
    changes = _changes(piece, marking)
    for name in marking.voices:
        for each in piece.lines[name]:
            if each.what is None:
                continue
            statement = next(s for s in piece.statements if s.onset <= each.onset < s.end)
            source = statement.onset if statement.repeat_of is None else statement.repeat_of
            onset = each.onset - statement.onset + source
            since = max((change for change in changes if change <= onset), default=-1.0)
            slot: object = (name, onset) if marking.change == "note" and len(marking.voices) == 1 else since
            slots.setdefault(slot, []).append((name, each.onset))
    return list(slots.values())


def _changes(piece: Piece, marking: Marking) -> list[float]:
    """When marks may change: at the first moment of each span at which a note begins and none goes on."""
    music = Music(piece)
    notes = [each for name in marking.voices for each in piece.lines[name] if each.what is not None]
    onsets = sorted({each.onset for each in notes})
    fresh = [t for t in onsets if not any(each.onset < t < each.end for each in notes)]
    if marking.change == "note":
        return fresh
    spans = [(each.onset, each.end) for each in music.stretches(marking.change)]
    return [inside[0] for start, end in spans if (inside := [t for t in fresh if start <= t < end])]


def test_a_stage_that_no_marks_fit_is_drawn_again_and_counted() -> None:
    style = style_of(STYLES["notes that no marks fit"])
    drafts = compose(prepare(style, tunes_of(style, {})), range(20))
    assert sum(piece.again for piece in drafts) > 0
    assert np.mean([piece.again for piece in drafts]) < 20
