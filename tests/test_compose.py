"""The straight line: prepared once, drawn many times, cached, relaxed, proved."""

from dataclasses import replace
from pathlib import Path

import pytest

from rulegen.compose import BUDGET, best, cache_key, compose, prepare
from rulegen.errors import Source, StyleError, Unsatisfiable
from rulegen.grade import grade
from rulegen.language.parser import parse
from rulegen.lattice.count import count
from rulegen.lattice.store import Cache
from rulegen.style.check import check
from rulegen.style.model import Style

DUO = """style "Duo"
use melody
use voice_leading
meter 3/4
key F major
voices { upper F4..D5  lower C3..C4 }
form { A = 2 bars, cadence authentic  piece = A A }
harmony { chords I V IV  change every beat }
forbid parallel_octaves
avoid leap weight 1
"""

FAR = """
rule far_back is forbidden {
  "The first and the last of four notes are not the same."
  source "made for this test"
  for    consecutive notes a, b, c, d in voice
  then   a.pitch == d.pitch
  right  { voice: C4 D4 E4 F4 }
  right  { voice: C4 D4 E4 }
  wrong  { voice: C4 D4 E4 C4 } at note 4
  wrong  { voice: D4 D4 D4 D4 } at note 4
}
forbid far_back in upper
"""


def style_of(text: str) -> Style:
    source = Source("duo.rules", text)
    style, faults = check(parse(source), source)
    assert style is not None, faults
    return style


def test_a_piece_depends_on_its_seed_alone_in_any_batch() -> None:
    prepared = prepare(style_of(DUO), {})
    together = [piece.score for piece in compose(prepared, [4, 5, 6])]
    alone = [compose(prepared, [seed])[0].score for seed in (4, 5, 6)]
    assert together == alone
    assert len({score.notes for score in together}) > 1


def test_a_repeated_section_sounds_the_same_again() -> None:
    score = compose(prepare(style_of(DUO), {}), [1])[0].score
    half = score.end / 2
    first = [(note.onset, note.pitch) for note in score.notes if note.onset < half]
    assert first == [(note.onset - half, note.pitch) for note in score.notes if note.onset >= half]


def test_what_is_composed_says_how_it_came_about_and_grades_clean() -> None:
    style = style_of(DUO)
    piece = compose(prepare(style, {}), [3])[0]
    assert dict(piece.score.metadata)["seed"] == "3"
    assert piece.grade.is_clean
    assert grade(piece.score, style).findings == piece.grade.findings


def test_the_cache_gives_back_the_same_lattice(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 1 << 20)
    fresh = prepare(style_of(DUO), {}, cache)
    stored = prepare(style_of(DUO), {}, cache)
    assert len(list(tmp_path.iterdir())) == 1
    assert [piece.score for piece in compose(fresh, [1, 2])] == [
        piece.score for piece in compose(stored, [1, 2])
    ]
    assert count(fresh.lattice) == count(stored.lattice)


def test_the_key_of_the_cache_changes_with_all_that_a_lattice_depends_on() -> None:
    style = style_of(DUO)
    lighter = tuple(replace(use, weight=0.5) for use in style.uses)
    keys = {
        cache_key(style, {}, BUDGET),
        cache_key(style, {}, BUDGET - 1),
        cache_key(style, {}, BUDGET, "another engine"),
        cache_key(replace(style, uses=lighter), {}, BUDGET),
        cache_key(style_of(DUO.replace("D5", "C5")), {}, BUDGET),
    }
    assert len(keys) == 5
    assert cache_key(style_of(DUO), {}, BUDGET) in keys


def test_the_best_scores_come_first_and_differ() -> None:
    prepared = prepare(style_of(DUO), {})
    ranked = best(prepared, 4)
    weights = [piece.log_weight for piece in ranked]
    assert all(weight is not None for weight in weights)
    assert weights == sorted(weights, key=lambda weight: -(weight or 0.0))
    assert len({(piece.score.notes, piece.score.chords) for piece in ranked}) == 4
    drawn = compose(prepared, range(20))
    assert max(-piece.grade.cost for piece in drawn) <= -ranked[0].grade.cost + 1e-9


def test_a_relaxed_rule_is_kept_by_every_piece_and_no_best_is_claimed() -> None:
    prepared = prepare(style_of(DUO + FAR), {}, budget=1500)
    assert not prepared.is_exact
    pieces = compose(prepared, range(5), particles=32)
    assert all(piece.grade.is_clean for piece in pieces)
    assert all(piece.effective_size is not None and 1 <= piece.effective_size <= 32 for piece in pieces)
    with pytest.raises(StyleError, match="cannot be proved"):
        best(prepared)


def test_a_relaxed_style_composes_the_same_for_a_seed() -> None:
    prepared = prepare(style_of(DUO + FAR), {}, budget=1500)
    assert compose(prepared, [7])[0].score == compose(prepared, [6, 7])[1].score


def test_a_budget_below_the_music_itself_is_refused() -> None:
    with pytest.raises(StyleError, match="too many ways to go on"):
        prepare(style_of(DUO), {}, budget=10)


def test_ranges_without_a_note_are_told() -> None:
    with pytest.raises(Unsatisfiable, match="upper has no note to sing"):
        prepare(style_of(DUO.replace("F4..D5", "C#4..D#4").replace("I V IV", "I")), {})
