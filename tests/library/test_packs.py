"""Every rule of the library: its page is whole, its cases give just what they state, and composing keeps what grading asks."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from rulegen.folds.cases import breaches, score_of, stated, with_defaults
from rulegen.folds.run import judge
from rulegen.folds.window import TooWide
from rulegen.language.syntax import Case
from rulegen.lattice.build import build
from rulegen.lattice.lookahead import look_ahead
from rulegen.plan.problem import Plan, plan_of, problem_of
from rulegen.plan.realise import realise
from rulegen.resources import library_names
from rulegen.rules.music import Sounding, music_of
from rulegen.score.events import Note, Score, Voice
from rulegen.style.check import load_pack
from rulegen.style.model import Pattern, PatternItem, PhrasePlan, Rhythm, Rule, Style, Use
from rulegen.style.vacuous import reads_time_alone
from rulegen.theory.pitch import Pitch
from tests.lattice.oracle import log_weight
from tests.oracle.agreement import Engine
from tests.oracle.brute import marks_read, style_of
from tests.oracle.pieces import key_of, pieces
from tests.oracle.test_sound import law_of_the_stages, marked, marked_score, with_marks

SAMPLES = 16  # scores for each rule, beside what its cases say
WRITTEN = 3  # of them, so many are written down as scores and read again
MOST_NOTES = 8  # of a voice
OWN_RHYTHM = {  # rules that have something to say only in rhythms as their cases have them
    *("ligature_falls", "ligature_resolves", "ligature_prepared", "ligature_falls_under_motion"),
    *("ligature_falls_at_last", "unison_ligature", "delayed_octaves", "suspension_made", "same_suspensions"),
    *("passing_only", "dissonance_by_step", "cambiata_steps_back", "eighths_by_step"),
}

RULES = {
    rule.name: rule for name in library_names() for rule in load_pack(name).rules.values() if rule is not None
}
CASES = [
    pytest.param(rule, case, id=f"{name}-{place}")
    for name, rule in RULES.items()
    for place, case in enumerate(rule.cases, 1)
]

MARKS = {  # what marks a style draws of which rules speak
    "articulation": "articulation { staccato, legato }",
    "dynamic": "dynamics { p, f  change every note }",
    "hairpin": "dynamics { p, f  hairpins  change every note }",
}
LENGTHS = {  # what lasts how long is drawn where the rhythm is sampled
    "bar_filled": "meter 2/8  form { A = 2 bars }  rhythm { values 1/8, 1/4 }",
    "note_values": "meter 3/16  form { A = 2 bars }  rhythm { values 1/16, 1/8 }",
    "last_note_full_bar": "meter 2/8  form { A = 2 bars }  rhythm { values 1/8, 1/4 }",
    "on_the_beat": "meter 2/4  form { A = 2 bars }  rhythm { values 1/8, 1/4  close 1/2 }",
    "full_bars": "meter 2/8  form { A = 2 bars }  rhythm { values 1/8, 1/4 }",
    "long_close": "meter 2/4  form { A = 1 bars, cadence half, 1 bars, cadence authentic }  rhythm { values 1/8, 1/4 }",
    "eighths_by_step": "meter 3/4  form { A = 1 bars }  rhythm { values 1/8, 1/4 }",
    "eighths_off_the_accent": "meter 3/4  form { A = 1 bars }  rhythm { values 1/8, 1/4 }",
    "third_beat_rest": "meter 2/4  form { A = 2 bars }  rhythm { values 1/8, 1/4  close 1/2 }",
}


LENGTHS |= {  # and of the pack `rhythm`, where more can be said while a rhythm is drawn
    name: "meter 2/8  form { A = 2 bars }  rhythm { values 1/16, 1/8, 1/4 }"
    for name in (
        "common_value", "syncopation", "syncopations_in_row", "hard_syncopation", "long_on_weak", "long_note",
        "many_notes", "few_notes", "group_passed_over", "eighth_on_strong_beat", "lone_eighth", "many_eighths",
    )
}  # fmt: skip
LENGTHS |= {
    "anapaest": "meter 2/4  form { A = 2 bars }  rhythm { values 1/8, 1/4 }",
    "long_note": "meter 2/8  form { A = 2 bars }  rhythm { values 1/8, 1/4, 3/8 }",
    "many_notes": "meter 9/16 = 3+3+3  form { A = 1 bars }  rhythm { values 1/16, 1/4 }",
    "short_before_tie": "meter 2/8  form { A = 2 bars }  rhythm { values 1/16, 1/8, 3/16 }",
    "syncopation": "meter 2/4  form { A = 1 bars }  rhythm { values 1/8, 1/4 }",
    "hard_syncopation": "meter 2/4  form { A = 1 bars }  rhythm { values 1/8, 1/4 }",
    "group_passed_over": "meter 2/4  form { A = 1 bars }  rhythm { values 1/8, 1/4 }",
    "hemiola": "meter 3/4  form { A = 2 bars }  rhythm { values 1/4, 1/2 }",
    "many_eighths": "meter 2/4  form { A = 1 bars }  rhythm { values 1/8, 1/4 }",
}
LENGTHS |= {
    name: """meter 2/8  form { A = 2 bars }  voices { alto A3..A3 }
    rhythm soprano { values 1/8, 1/4 }  rhythm alto { every 1/8 close 1/4 }"""
    for name in ("all_in_one_rhythm", "same_rhythm_in_bar", "begin_together", "onset_of_its_own", "clave_met")
}


def _use(rule: Rule) -> Use:
    """The rule as one that must be kept."""
    return Use(0, "require" if rule.manner == "require" else "forbid", True, 1.0, with_defaults(rule))


MARKED = frozenset(name for name, rule in RULES.items() if marks_read(_use(rule)))
TIMED = [rule for name, rule in RULES.items() if name not in MARKED and reads_time_alone(rule)]
GRADED_ALONE = ("same_rhythm_again",)  # what compares bars with bars is too wide to compose with
OF_NOTES = [rule for rule in RULES.values() if rule not in TIMED and rule.name not in MARKED]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_has_its_page(rule: Rule) -> None:
    assert rule.sentence.rstrip(")").endswith(".")
    assert rule.sources
    for verdict in ("right", "wrong"):
        assert sum(case.verdict == verdict for case in rule.cases) >= 2


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_a_case_gives_the_breaches_that_it_states(rule: Rule, case: Case) -> None:
    found = breaches(rule, case)
    assert bool(found) == (case.verdict == "wrong")
    if case.at:
        assert found == stated(case)


@pytest.mark.parametrize("rule", OF_NOTES, ids=lambda rule: rule.name)
def test_what_has_weight_is_what_the_grader_passes(rule: Rule) -> None:
    passed = []
    for style in library_styles(rule):
        plan = plan_of(style, {})
        problem = problem_of(plan)
        for number, values in enumerate(library_samples(plan, rule)):
            clean = not judge(style.uses[0], _sounding(plan, values)).found
            if number < WRITTEN:
                assert clean == (not judge(style.uses[0], music_of(realise(plan, values))).found)
            possible = log_weight(problem, tuple(map(tuple, values.tolist()))) > -math.inf
            assert possible == clean, key_of(realise(plan, values))
            passed.append(clean)
    assert set(passed) == {True, False}, "the samples tell nothing"


@pytest.mark.parametrize("name", sorted(LENGTHS))
def test_of_sampled_lengths_what_has_weight_is_what_the_grader_passes(name: str) -> None:
    bare = style_of(f'style "lengths"  key C major  voices {{ soprano C4..C4 }}  {LENGTHS[name]}')
    style = replace(bare, uses=(_use(RULES[name]),))
    every = {
        key_of(each.score()): not judge(style.uses[0], music_of(each.score())).found for each in pieces(style)
    }
    engine = Engine(style)
    possible = {key for key, _ in engine.ranked(len(every))}
    assert possible == {key for key, clean in every.items() if clean}
    assert 0 < len(possible) < len(every)


@pytest.mark.parametrize("rule", TIMED, ids=lambda rule: rule.name)
def test_where_time_decides_all_a_rhythm_is_possible_or_it_is_not(rule: Rule) -> None:
    for case in rule.cases:
        score = _written(case)
        if (
            score.timeline.pickup or score.chords
        ):  # a pattern begins with a bar; chords change where a style says
            continue
        style = replace(_laid_down(score), uses=(_use(rule),))
        clean = not judge(style.uses[0], music_of(score)).found
        assert clean == (case.verdict == "right")
        if rule.name in GRADED_ALONE:
            with pytest.raises(TooWide):
                problem_of(plan_of(style, {}))
        else:
            assert (look_ahead(build(problem_of(plan_of(style, {})))).total > -math.inf) == clean


def _laid_down(score: Score) -> Style:
    """A style whose voices have just the rhythm of a score, in any of two pitches."""
    voices = "  ".join(f"{voice.name} C4..D4" for voice in score.voices)
    style = style_of(f"""style "laid down"  meter {score.meter}  key {score.key.name}  voices {{ {voices} }}
    melody {{ notes scale }}  form {{ A = 1 bars }}""")
    (section,) = style.form.sections
    bars = score.end / score.meter.bar_length
    form = replace(
        style.form, sections=(replace(section, phrases=(PhrasePlan(bars, score.phrases[0].cadence),)),)
    )
    filled = math.ceil(bars) * score.meter.bar_length
    plans = []
    for plan in style.voices:
        items = [
            PatternItem(note.duration, "rest" if note.is_rest else "note")
            for note in score.notes_of(plan.name)
        ]
        items += [PatternItem(filled - score.end, "rest")] if filled > score.end else []
        rhythm = Rhythm(patterns=((Pattern("whole", tuple(items)), 0.0),), each=filled)
        plans.append(replace(plan, rhythm=rhythm))
    return replace(style, form=form, voices=tuple(plans))


@pytest.mark.parametrize("name", sorted(MARKED))
def test_what_marks_are_drawn_is_what_the_grader_passes(name: str) -> None:
    (facet,) = marks_read(_use(RULES[name]))
    meter = "4/4" if name == "syncopation_accented" else "3/4"
    bare = style_of(f"""style "marks"  meter {meter}  key C major  voices {{ soprano C4..A4 }}  form {{ A = 1 bars }}
        rhythm {{ values 1/4, 1/2 }}  melody {{ notes C A }}  {MARKS[facet]}""")
    style = replace(bare, uses=(_use(RULES[name]),))
    every = {
        marked(score, style): not judge(style.uses[0], music_of(score, style.markings)).found
        for piece in pieces(style)
        for each, _ in with_marks(piece)
        for score in [marked_score(each)]
    }
    drawn = law_of_the_stages(style).keys()
    assert drawn == {key for key, clean in every.items() if clean}
    assert 0 < len(drawn) < len(every)


def _rhythm(rule: Rule, score: Score, step: Fraction) -> str:
    """Even notes; where a rule tells rhythms apart, the rhythm of the case itself."""
    if rule.name not in OWN_RHYTHM:
        return f"rhythm {{ every {step} }}"
    bars = score.end / score.meter.bar_length
    lines = []
    for voice in score.voices:
        parts = [
            f"{'rest ' if note.pitch is None else ''}{note.duration}" for note in score.notes_of(voice.name)
        ]
        lines.append(f"pattern {voice.name}_line = {', '.join(parts)}")
        lines.append(f"rhythm {voice.name} {{ patterns each {bars} bars {voice.name}_line }}")
    return "\n".join(lines)


def library_styles(rule: Rule) -> list[Style]:
    """A style for each kind of wrong case, whose alphabet is that of all the rule's cases with the same voices."""
    found: dict[object, Style] = {}
    for case in rule.cases:
        if case.verdict == "wrong":
            score = _written(case)
            kind = tuple(voice.name for voice in score.voices), bool(score.chords)
            if kind not in found:
                found[kind] = _style(rule, score)
    return list(found.values())


def _written(case: Case) -> Score:
    """The score of a case, in voices that a style can have."""
    score = score_of(case)
    voices = tuple(
        replace(voice, name="line" if voice.name == "voice" else voice.name) for voice in score.voices
    )
    notes = tuple(
        replace(note, voice="line" if note.voice == "voice" else note.voice) for note in score.notes
    )
    if not voices:  # harmony alone: a voice that has nothing to say
        voices = (Voice("line", Pitch.parse("C4"), Pitch.parse("D4")),)
        notes = tuple(Note("line", each.onset, each.duration, Pitch.parse("C4")) for each in score.chords)
    return replace(score, voices=voices, notes=notes)


def _alike(rule: Rule, score: Score) -> list[Score]:
    """The scores of the rule's cases with the same voices and the same key."""
    scores = [_written(case) for case in rule.cases]
    return [
        each
        for each in scores
        if (each.voices, each.key, bool(each.chords)) == (score.voices, score.key, bool(score.chords))
    ]


def _style(rule: Rule, score: Score) -> Style:
    alike = _alike(rule, score)
    step = min(each.duration for each in (*score.notes, *score.chords))
    voices = []
    melodies = []
    for voice in score.voices:
        pitches = sorted(n.pitch for each in alike for n in each.notes_of(voice.name) if n.pitch is not None)
        low, high = pitches[0], pitches[-1]
        top = high if low.midi < high.midi else type(high)(high.letter, high.alter, high.octave + 1)
        voices.append(f"{voice.name} {low}..{top}")
        names = " ".join(dict.fromkeys(str(pitch.pitch_class) for pitch in pitches))
        melodies.append(f"melody {voice.name} {{ notes {names} }}")
    labels = " ".join(dict.fromkeys(event.chord.label for each in alike for event in each.chords))
    harmony = f"harmony {{ chords {labels}  change every {step} }}" if labels else ""
    text = f"""style "{rule.name}"  meter {score.meter}  key {score.key.name}  voices {{ {"  ".join(voices)} }}
    form {{ A = 1 bars }}  {_rhythm(rule, score, step)}  {"  ".join(melodies)}  {harmony}"""
    style = style_of(text)
    end = score.end if "pattern" in text else min(score.end, MOST_NOTES * step)
    cadence = score.phrases[0].cadence
    (section,) = style.form.sections
    phrase = PhrasePlan(Fraction(end / score.meter.bar_length), cadence)
    form = replace(style.form, sections=(replace(section, phrases=(phrase,)),), pickup=score.timeline.pickup)
    return replace(style, form=form, uses=(_use(rule),))


def library_samples(plan: Plan, rule: Rule) -> list[np.ndarray]:
    """Assignments near those of the rule's cases, and others by chance."""
    rng = np.random.default_rng(3)
    near = [_nearest(plan, _written(case)) for case in rule.cases]
    known = [values for values in near if values is not None]
    found = list(known)
    for _ in range(SAMPLES):
        values = known[int(rng.integers(len(known)))].copy() if known else np.zeros((0, 0))
        by_chance = _by_chance(plan, rng)
        changed = rng.random(values.shape) < rng.choice([0.1, 0.3, 1.0])
        found.append(_held(plan, np.where(changed, by_chance, values) if known else by_chance))
    return found


def _sounding(plan: Plan, values: np.ndarray) -> Sounding:
    """An assignment as finished music, without writing it down."""
    return Sounding(plan.draft, values.T.astype(np.int64))


def _by_chance(plan: Plan, rng: np.random.Generator) -> np.ndarray:
    sizes = [len(component) for component in plan.tables.components]
    return np.stack([rng.integers(size, size=plan.draft.layer_count) for size in sizes], axis=1)


def _held(plan: Plan, values: np.ndarray) -> np.ndarray:
    """The same with what is held made equal."""
    frame, offset = plan.schedule.frame, 1 if plan.tables.chords else 0
    rows = [frame.chords] * offset + list(frame.notes)
    for component, row in enumerate(rows):
        begins = {frame.index[event.onset] for event in row}
        for layer in range(1, len(values)):
            if layer not in begins:
                values[layer, component] = values[layer - 1, component]
    return values


def _nearest(plan: Plan, score: Score) -> np.ndarray | None:
    """What of a score can be written in the plan's steps, the last note going on where the score ends."""
    names = [voice.name for voice in plan.style.voices]
    labels = [chord.label for chord in plan.tables.chords]
    columns = []
    if (
        [voice.name for voice in score.voices] != names
        or score.key != plan.style.key
        or bool(labels) != bool(score.chords)
    ):
        return None
    onsets = plan.schedule.frame.onsets
    if labels:
        sounding = [
            [event.chord.label for event in score.chords if event.onset <= onset][-1:] for onset in onsets
        ]
        columns.append([labels.index(each[0]) for each in sounding])
    for place, name in enumerate(names):
        known = list(plan.tables.voices[place].pitches)
        heard = [
            [note.pitch for note in score.notes_of(name) if note.onset <= onset][-1:] for onset in onsets
        ]
        if any(not each or each[0] is None for each in heard):
            return None
        columns.append([known.index(each[0]) for each in heard])
    return _held(plan, np.array(columns).T)
