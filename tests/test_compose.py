"""The straight line: prepared once, drawn many times, cached, relaxed, proved."""

import math
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rulegen.compose import BUDGET, best, cache_key, compose, prepare
from rulegen.errors import Source, StyleError, Unsatisfiable
from rulegen.grading.grade import grade
from rulegen.language.parser import parse
from rulegen.lattice import assemble, openings
from rulegen.lattice.codes import IndexArray
from rulegen.lattice.count import count
from rulegen.lattice.problem import FloatArray
from rulegen.lattice.store import Cache
from rulegen.sampling import particles
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
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".folds", ".lattice"]
    assert [piece.score for piece in compose(fresh, [1, 2])] == [
        piece.score for piece in compose(stored, [1, 2])
    ]
    assert count(fresh.lattice) == count(stored.lattice)


def test_a_lattice_that_particles_walk_on_is_not_cached(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 1 << 20)
    assert prepare(style_of(DUO + FAR), {}, cache, budget=1500).posed.problem is not None
    assert not list(tmp_path.glob("*.lattice"))


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
    with pytest.raises(StyleError, match="cannot be proved"):
        best(prepared)


COUNTED = """style "Counted"
meter 4/4
key C major
voices { soprano C4..G5 }
rhythm { every 1/4 }
melody { notes scale }
form { A = 4 bars }
rule turns is required {
  for  phrase p
  then count(consecutive notes a, b, c in soprano in p where a == c and a != b) == 5
}
require turns
"""


def test_the_effective_size_of_a_piece_is_the_least_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told anew from what each particle could choose from at each step."""
    sums: list[list[float]] = []
    choose = particles.choose

    def watched(log: FloatArray, owner: IndexArray, uniform: FloatArray) -> tuple[IndexArray, FloatArray]:
        found = [0.0] * uniform.size
        for which, value in zip(owner.tolist(), log.tolist(), strict=True):
            found[which] += math.exp(value)
        sums.append(found)
        return choose(log, owner, uniform)

    monkeypatch.setattr(particles, "choose", watched)
    [piece] = compose(prepare(style_of(COUNTED), {}, budget=300), [8], 64)
    assert piece.returns == 0
    assert len(sums) == 16
    sizes, weights, resampled = [], [1.0] * 64, 0
    for found in sums:
        weights = [weight * each for weight, each in zip(weights, found, strict=True)]
        sizes.append(sum(weights) ** 2 / sum(weight**2 for weight in weights))
        if sizes[-1] < 32:
            weights, resampled = [1.0] * 64, resampled + 1
    assert resampled
    assert piece.effective_size == pytest.approx(min(sizes))


def test_a_piece_tells_how_often_its_particles_went_back() -> None:
    prepared = prepare(style_of(COUNTED), {}, budget=300)
    pieces = compose(prepared, range(6), 64)
    returns = [
        particles.walk(
            prepared.lattice, prepared.posed.problem, np.random.default_rng(seed), 64, prepared.ahead
        ).returns
        for seed in range(6)
        if prepared.posed.problem is not None
    ]
    assert [piece.returns for piece in pieces] == returns
    assert any(returns)


def test_a_relaxed_style_composes_the_same_for_a_seed() -> None:
    prepared = prepare(style_of(DUO + FAR), {}, budget=1500)
    assert compose(prepared, [7])[0].score == compose(prepared, [6, 7])[1].score


def test_a_budget_below_the_music_itself_is_refused() -> None:
    with pytest.raises(StyleError, match="too many ways to go on"):
        prepare(style_of(DUO), {}, budget=10)


FREE = """style "Free"
meter 4/4
key C major
voices { soprano C4..A5  alto F3..D5  tenor C3..A4  bass D2..D4 }
form { A = 2 bars }
harmony { chords I I6 ii ii6 IV IV6 V V6 V7 V65 vi viio6 V7/V V65/V  change every beat }
"""


def test_a_style_that_is_far_too_free_is_refused_early() -> None:
    style = style_of(FREE)
    tracemalloc.start()
    try:
        with pytest.raises(StyleError, match="more than 8,000,000 moves to bar 1, beat 2"):
            prepare(style, {})
        assert tracemalloc.get_traced_memory()[1] < 500_000_000
    finally:
        tracemalloc.stop()


def test_repeats_that_join_in_too_many_ways_are_told_in_musical_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = DUO.replace("A = 2 bars, cadence authentic  piece = A A", "A = 2 bars  B = 1 bars  piece = A B A")
    style = style_of(text)
    ways = prepare(style, {}).lattice.blocks[1].columns
    monkeypatch.setattr(assemble, "MOST_PLACES", 3000)
    with pytest.raises(StyleError) as caught:
        prepare(style, {})
    [told] = caught.value.diagnostics
    assert told.message == (
        f"the repeats join in too many ways: {ways} ways through the first moment of section A "
        "have to be kept apart as far as the end of section A"
    )
    advice = "for note n in violin when n.opens_phrase then n is D5"
    assert told.help is not None and advice in told.help

    followed = [
        advice.replace("violin", "upper").replace("D5", "A4"),
        advice.replace("violin", "lower").replace("D5", "F3"),
    ]
    for name, rule in zip(("above", "below"), followed, strict=True):
        body = f'"A section begins like this." source "made for this test" {rule}'
        text += f"rule {name} is forbidden {{ {body} }}\nforbid {name}\n"
    assert prepare(style_of(text), {}).lattice.blocks[1].columns < ways


LEAPING = """style "A A with a leap that turns back"
use melody
meter 4/4
key C major
voices { lead C4..C5 }
form { A = 4 bars piece = A A }
rhythm lead { values 1/8, 1/4, 1/2 }
forbid three_leaps
"""


def test_a_window_over_a_repeat_keeps_apart_what_it_still_sees_and_no_more() -> None:
    """Nine moments can open the section in 41,956,896 ways; the leaps that are under way in 24."""
    prepared = prepare(style_of(LEAPING), {})
    [spread] = [stage.spread for stage in prepared.lattice.stages if stage.spread is not None]
    assert spread.columns == 24
    asked = (
        LEAPING
        + 'rule opening is required { "It opens on C." source "own" for note n in voice '
        + 'when n.opens_phrase then n is C5 say "{n}" }\nrequire opening\n'
    )
    [spread] = [s.spread for s in prepare(style_of(asked), {}).lattice.stages if s.spread is not None]
    assert spread.columns <= 24
    assert all(piece.grade.is_clean for piece in compose(prepared, range(8)))


def test_the_rule_that_keeps_too_much_apart_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openings, "MOST_ARCS", 5000)
    with pytest.raises(StyleError) as caught:
        prepare(style_of(LEAPING), {})
    [told] = caught.value.diagnostics
    assert told.message.endswith("most are kept apart by `forbid three_leaps`")
    assert [label.text for label in told.labels] == ["this form", "this looks far over where they join"]


def many(voices: int, pitches: str, asked: str, bars: int = 1) -> Style:
    """A style of so many voices, one whole note each bar."""
    said = "\n".join(f"v{number} {pitches}" for number in range(voices))
    text = f"""style "many"
    meter 4/4 key C major voices {{ {said} }} form {{ A = {bars} bars }} rhythm {{ every bar }} {asked}"""
    return style_of(text)


def test_more_voices_than_an_array_has_axes_compose_where_they_fit() -> None:
    prepared = prepare(
        many(36, "C4..C4", "use voice_leading  forbid parallel_fifths at most 3 per piece", 2), {}
    )
    assert count(prepared.lattice) == 1
    assert len(compose(prepared, [1])[0].score.notes) == 72


def test_an_allowance_over_many_voices_counts_each_of_them() -> None:
    high = 'rule high is forbidden { "D." source "own" for note n in voice then n is D4 say "{n}" }'
    prepared = prepare(many(12, "C4..D4", f"{high} forbid high at most 3 per piece"), {})
    assert count(prepared.lattice) == 1 + 12 + 66 + 220


def test_a_rule_that_joins_too_many_voices_is_named() -> None:
    with pytest.raises(StyleError, match="`many_leaps` cannot be composed with: it joins 40 comparisons"):
        prepare(many(40, "C3..C5", "use common_practice  forbid many_leaps", 2), {})


def test_ranges_without_a_note_are_told() -> None:
    with pytest.raises(Unsatisfiable, match="upper has no note to sing"):
        prepare(style_of(DUO.replace("F4..D5", "C#4..D#4").replace("I V IV", "I")), {})
