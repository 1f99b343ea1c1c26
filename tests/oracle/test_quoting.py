"""Guards against quotation against their law, written out: a run is asked for in the training tunes note by note."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from rulegen.errors import StyleError
from rulegen.grading.grade import grade
from rulegen.lattice.build import build
from rulegen.lattice.lookahead import look_ahead
from rulegen.plan.consulted import consulted
from rulegen.plan.learned import with_models
from rulegen.plan.problem import compiled, plan_of
from rulegen.plan.realise import realise
from rulegen.sampling.particles import walk
from rulegen.score.events import Score
from rulegen.style.model import ModelPart, ModelUse, Style
from tests.models.quoting import write_quotable
from tests.oracle.agreement import Engine
from tests.oracle.brute import log_weight, style_of
from tests.oracle.pieces import key_of, pieces
from tests.oracle.styles import CLOSING, DUO, LONGER, SAMPLED, SOLO, repeating, rondo, sampled_repeating
from tests.oracle.test_models import PITCHES, markov, model_of, said

C, D, E, F, G, A = 60, 62, 64, 65, 67, 69
TUNES = (
    (C, D, C, G, A, G, G, D, D, C),
    (G, C, G, G, C, C, G, C, C, G, C, G),
    (E, G, E, C, E, E, D),
    (72, 79, 72, 76, 72, 72),  # an octave higher is as much a quotation
)
STYLES = {
    "one voice": SOLO,
    "two phrases": LONGER,
    "two voices": DUO,
    "a sampled rhythm": SAMPLED,
    "sampled, with a close": CLOSING,
    "A A B": repeating("A A B"),
    "A B A": repeating("A B A"),
    "A B A C": rondo("A B A C"),
    "sampled, A A": sampled_repeating("A A"),
}


def quotations(
    score: Score, most: int, tunes: Sequence[Sequence[int]] = TUNES
) -> Iterator[tuple[str, Fraction]]:
    """(voice, onset) of each note that makes a run longer than may be; copies within a restated section apart."""
    runs = {
        tuple(b - a for a, b in pairwise(tune[start : start + most + 1]))
        for tune in tunes
        for start in range(len(tune) - most)
    }
    for voice in score.voices:
        notes = score.notes_of(voice.name)
        for start in range(len(notes) - most):
            window = notes[start : start + most + 1]
            pitches = [note.pitch for note in window if note.pitch is not None]
            steps = tuple(b.midi - a.midi for a, b in pairwise(pitches))
            if (
                len(pitches) == len(window)
                and steps in runs
                and not is_copy(score, window[0].onset, window[-1].onset)
            ):
                yield voice.name, window[-1].onset


def is_copy(score: Score, first: Fraction, last: Fraction) -> bool:
    return any(
        section.repeat_of is not None and section.onset <= first and last < section.end
        for section in score.sections
    )


def guarding(text: str, folder: Path, line: str) -> Style:
    path = write_quotable(folder / "tunes.model", TUNES)
    return style_of(text + "\n" + line.replace("MODEL", f'quoting "{path}"'))


def mass(weights: Sequence[float]) -> float:
    return float(np.logaddexp.reduce([weight for weight in weights if weight > -math.inf]))


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("most", [2, 3])
def test_a_guard_leaves_just_the_scores_that_quote_no_more(name: str, most: int, tmp_path: Path) -> None:
    style = guarding(STYLES[name], tmp_path, f"forbid MODEL beyond {most} notes")
    kept, gone = [], 0
    for piece in pieces(replace(style, uses=())):
        score = piece.score()
        quoted = sorted(quotations(score, most))
        found = sorted((each.voices[0], each.onset) for each in grade(score, style).findings)
        assert found == quoted
        gone += bool(quoted)
        kept += [] if quoted else [log_weight(piece)]
    assert (kept and gone) or (name == "two voices" and most == 3)  # of three notes each
    assert Engine(style).log_mass == pytest.approx(mass(kept), abs=1e-9)


COUNTED = ("one voice", "two voices", "a sampled rhythm", "A A B", "A B A")
AVOIDED = ("avoid MODEL beyond 2 notes weight 0.7", -0.7, 0)
ALLOWED = ("forbid MODEL beyond 2 notes at most 1 per piece", -math.inf, 1)


@pytest.mark.parametrize(
    ("name", "line", "weight", "limit"),
    [(name, *how) for name in COUNTED for how in (AVOIDED, ALLOWED)] + [("A B A C", *AVOIDED)],
)
def test_quotations_are_counted_each_once(
    name: str, line: str, weight: float, limit: int, tmp_path: Path
) -> None:
    style = guarding(STYLES[name], tmp_path, line)
    weights = []
    for piece in pieces(replace(style, uses=())):
        score, count = piece.score(), Counter[object]()
        for _, onset in quotations(score, 2):
            within = next((s for s in score.sections if s.onset <= onset < s.end), None)
            count[within.onset if within is not None and within.repeat_of is not None else None] += 1
        beyond = sum(max(0, each - limit) for each in count.values())
        weights.append(log_weight(piece) + (beyond * weight if beyond else 0.0))
    assert Engine(style).log_mass == pytest.approx(mass(weights), abs=1e-9)


@pytest.mark.parametrize(
    ("narrowing", "holds"),
    [("in alto", lambda voice, onset: voice == "alto"), ("except in soprano", lambda voice, _: voice == "alto"),
     ("on beats 3", lambda _, onset: onset == Fraction(1, 2))],
)  # fmt: skip
def test_a_guard_holds_where_its_line_says(narrowing: str, holds: object, tmp_path: Path) -> None:
    style = guarding(DUO, tmp_path, f"forbid MODEL beyond 2 notes {narrowing}")
    kept = [
        log_weight(piece)
        for piece in pieces(replace(style, uses=()))
        if not any(holds(*each) for each in quotations(piece.score(), 2))  # type: ignore[operator]
    ]
    assert Engine(style).log_mass == pytest.approx(mass(kept), abs=1e-9)


@pytest.mark.parametrize("weight", [0.5, 2.0])
@pytest.mark.parametrize("name", ["one voice", "A A B"])
def test_a_guard_and_a_markov_model_are_exact_together(name: str, weight: float, tmp_path: Path) -> None:
    guard = guarding(STYLES[name], tmp_path, "forbid MODEL beyond 3 notes in soprano")
    style = replace(guard, models=(ModelUse((ModelPart("markov", "made up", 1.0),), "soprano", weight),))
    prior, plan = markov(PITCHES, 2), plan_of(style, {})
    each = (consulted(plan, 0, style.models[0], (model_of(prior),)),)
    lattice = build(with_models(plan, compiled(plan), each).problem)
    kept = [
        log_weight(piece) + weight * said(style, piece.score(), prior, "soprano")
        for piece in pieces(replace(style, uses=()))
        if not any(quotations(piece.score(), 3))
    ]
    assert not lattice.relaxed
    assert float(look_ahead(lattice).total) == pytest.approx(mass(kept), abs=1e-9)


@pytest.mark.parametrize("name", ["two phrases", "A A B", "a sampled rhythm"])
def test_a_guard_that_left_the_lattice_is_kept_by_particles(name: str, tmp_path: Path) -> None:
    style = guarding(STYLES[name], tmp_path, "forbid MODEL beyond 3 notes")
    plan = plan_of(style, {})
    problem = compiled(plan)
    lattice = build(problem, {"two phrases": 12, "A A B": 6, "a sampled rhythm": 18}[name])
    assert {held.name for held in lattice.relaxed} == {style.uses[0].title}
    law = {
        key_of(piece.score()): log_weight(piece)
        for piece in pieces(replace(style, uses=()))
        if not any(quotations(piece.score(), 3))
    }
    rng, masses = np.random.default_rng(5), []
    for _ in range(200):
        walked = walk(lattice, problem, rng, 32)
        assert key_of(realise(plan, walked.assignment)) in law
        masses += [math.exp(walked.log_mass - mass(list(law.values())))] if not walked.returns else []
    assert abs(np.mean(masses) - 1) < 4 * np.std(masses) / math.sqrt(len(masses)) + 1e-3


@pytest.mark.parametrize(
    ("text", "most"),
    [(repeating("A A B").replace("3/4", "1/4"), 2), (sampled_repeating("A A B", "1 bars", "close 1/8"), 4)],
)
def test_a_restated_section_that_is_shorter_than_a_run_is_told(text: str, most: int, tmp_path: Path) -> None:
    style = guarding(text, tmp_path, f"forbid MODEL beyond {most} notes")
    with pytest.raises(StyleError) as error:
        compiled(plan_of(style, {}))
    assert (
        "a section that is stated again is shorter than what the rule looks at"
        in error.value.diagnostics[0].message
    )


def test_a_quotation_that_is_given_forbids_nothing_and_what_goes_on_with_it_does(tmp_path: Path) -> None:
    style = guarding(LONGER, tmp_path, "forbid MODEL beyond 3 notes")
    tune = [60, 67, 67, 60]  # C G G C, as in a tune
    kept, given_alone = [], 0
    for piece in pieces(replace(style, uses=())):
        score = piece.score()
        if [note.pitch.midi for note in score.notes_of("soprano")[:4] if note.pitch] != tune:
            continue
        quoted = [onset for _, onset in quotations(score, 3)]
        given_alone += Fraction(3, 4) in quoted
        if all(onset <= Fraction(3, 4) for onset in quoted):
            kept.append(log_weight(piece))
    assert given_alone and kept
    given = guarding(f"{LONGER} given soprano = C4:1/4 G4 G4 C4", tmp_path, "forbid MODEL beyond 3 notes")
    assert Engine(given).log_mass == pytest.approx(mass(kept), abs=1e-9)
