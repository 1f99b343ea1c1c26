"""Fitting: known weights are found again, within the noise of what was drawn."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from rulegen.compose import compose, prepare
from rulegen.errors import ModelError, StyleError
from rulegen.fit.law import FitLimits
from rulegen.fit.phrases import Heard, phrases_of
from rulegen.fit.rewrite import rewritten
from rulegen.fit.run import Fit, Options, fit
from rulegen.style.model import Style
from tests.fit.styles import HARMONY, LINE
from tests.oracle.brute import style_of
from tests.oracle.pieces import pieces
from tests.oracle.styles import SOLO

PIECES = 400


def drawn(style: Style, count: int = PIECES) -> list[Heard]:
    scores = [piece.score for piece in compose(prepare(style, {}), range(count))]
    return [each for n, score in enumerate(scores) for each in phrases_of(score, style, f"piece {n:03}")]


def with_weights(style: Style, weights: list[float]) -> Style:
    """The style with other weights of its preferences; below 0 the verb turns."""
    rest = iter(weights)
    uses = []
    for use in style.uses:
        if not use.hard:
            weight = next(rest)
            verb = use.verb if weight > 0 else {"prefer": "avoid", "avoid": "prefer"}[use.verb]
            use = replace(use, verb=verb, weight=abs(weight))
        uses.append(use)
    return replace(style, uses=tuple(uses))


def found(result: Fit) -> list[float]:
    """The weights after the fit, less than 0 for what is avoided or demanded."""
    return [
        use.weight if use.verb == "prefer" else -use.weight for use in result.fitted_uses() if not use.hard
    ]


@pytest.mark.parametrize(("text", "wrong"), [(LINE, [2.0, 3.0, -1.0, 0.1]), (HARMONY, [0.1, -2.0, 3.0, 0.2])])
def test_weights_that_pieces_were_drawn_with_are_found_again(text: str, wrong: list[float]) -> None:
    style = style_of(text)
    true = [use.weight if use.verb == "prefer" else -use.weight for use in style.uses if not use.hard]
    result = fit(
        with_weights(style, wrong), drawn(style), Options(sigma=10, limits=FitLimits(phrases=PIECES))
    )
    assert found(result) == pytest.approx(true, abs=0.5)
    for each in result.uses:
        assert each.expected_after == pytest.approx(each.counted, abs=0.02 * result.units)
    assert result.fitted.after > result.fitted.before
    assert result.held_out is not None
    assert result.held_out.phrases == PIECES // 10


def test_a_narrow_prior_holds_weights_near_0() -> None:
    style = style_of(LINE)
    phrases = drawn(style, 60)
    wide, narrow = (fit(style, phrases, Options(sigma=sigma)) for sigma in (5.0, 0.02))
    assert max(map(abs, found(narrow))) < 0.2 < max(map(abs, found(wide)))


def test_what_phrases_do_not_show_is_not_fitted_and_it_is_said_why() -> None:
    text = f"""{SOLO} use melody avoid leap weight 1  articulation {{ none, staccato }}
    rule short is avoided {{ for note n in voice  then n.articulation is staccato }}  avoid short weight 2"""
    result = fit(style_of(text), drawn(style_of(text), 12), Options())
    assert [(use.rule.name, beyond) for use, beyond in result.evidence.unread] == [
        ("short", "articulation or dynamics")
    ]
    assert [each.use.rule.name for each in result.uses] == ["leap"]
    with pytest.raises(StyleError) as caught:
        fit(style_of(text.replace("avoid leap weight 1", "forbid leap")), drawn(style_of(text), 3), Options())
    assert "speak of articulation or dynamics" in caught.value.diagnostics[0].message


def test_what_is_never_seen_keeps_a_finite_weight_and_what_is_sought_turns_its_verb() -> None:
    steps = drawn(style_of(f"{SOLO} use melody forbid leap"), 40)
    result = fit(style_of(f"{SOLO} use melody avoid leap weight 1"), steps, Options())
    assert 3 < -found(result)[0] < 50
    leaps = drawn(style_of(f"{SOLO} use melody prefer leap weight 3"), 40)
    result = fit(style_of(f"{SOLO} use melody avoid leap weight 1"), leaps, Options())
    assert found(result)[0] > 1


def test_a_demand_that_is_broken_more_than_by_chance_is_left_out() -> None:
    text = LINE.replace("apply turn, climb", "apply climb")
    turning = drawn(style_of(LINE.replace("apply turn, climb", "prefer turn weight 3")), 80)
    style = style_of(text)
    result = fit(style, turning, Options())
    climb = next(each for each in result.uses if each.use.rule.name == "climb")
    assert climb.after == 0
    written = style_of(rewritten(style, result.changes("corpus")))
    assert "climb" not in [use.rule.name for use in written.uses]


def test_phrases_that_break_a_rule_are_counted_and_open_only_elsewhere() -> None:
    style = style_of(f"{SOLO} use melody avoid repeated_note weight 1 forbid leap")
    phrases = drawn(style_of(f"{SOLO} use melody avoid leap weight 1"), 100)
    result = fit(style, phrases, Options())
    (leap,) = result.broken()
    kept = sum(int(result.evidence.keeps(group).sum()) for group in result.evidence.groups)
    assert leap[1] > 0
    assert leap[2] == pytest.approx(100 * leap[1] / 400)
    assert 0 < kept < 100
    assert result.held_out is not None
    assert kept < result.fitted.phrases + result.held_out.phrases < 100  # some are broken throughout
    own, every = result.open
    assert every == 4 * result.fitted.phrases and 4 * kept / 2 < own < every


def test_weights_are_found_again_from_phrases_most_of_which_break_a_rule() -> None:
    """Pieces are drawn where leaps are likely, and fitted where they are forbidden: between them, and beside."""
    said = "use melody avoid repeated_note weight 1 prefer high weight 0.7"
    high = 'rule high is preferred { "High." for note n in voice then n.midi > 64 right { voice: A4 } wrong { voice: C4 } at note 1 }'
    freely = style_of(f"{SOLO} {high} {said} avoid leap weight 0.5".replace("C D G A", "C D E F G A"))
    bound = style_of(f"{SOLO} {high} {said} forbid leap".replace("C D G A", "C D E F G A"))
    result = fit(
        with_weights(bound, [-0.1, 2.0]), drawn(freely, 600), Options(sigma=10, limits=FitLimits(phrases=600))
    )
    assert found(result) == pytest.approx([-1.0, 0.7], abs=0.25)


def test_no_more_phrases_are_fitted_than_asked_for() -> None:
    style = style_of(LINE)
    result = fit(style, drawn(style, 50), Options(limits=FitLimits(phrases=9)))
    held = result.held_out.phrases if result.held_out is not None else 0
    assert result.fitted.phrases + held == 9


def test_a_lattice_beyond_the_budget_is_said() -> None:
    style = style_of(LINE)
    with pytest.raises(ModelError, match="raise --budget"):
        fit(style, drawn(style, 5), Options(limits=FitLimits(layer=3)))


def test_a_style_without_preferences_has_nothing_to_fit() -> None:
    style = style_of(f"{SOLO} use melody forbid leap")
    with pytest.raises(StyleError, match="no preferences"):
        fit(style, drawn(style, 3), Options())


def test_where_no_phrase_keeps_the_rules_it_is_said_which_they_break() -> None:
    style = style_of(f"{SOLO} use melody avoid leap weight 1 forbid repeated_note")
    level = [piece for piece in islice(pieces(style_of(SOLO)), 1)]
    phrases = [each for piece in level for each in phrases_of(piece.score(), style, "piece")]
    with pytest.raises(ModelError, match=r"none of 1 phrases keeps.*forbid repeated_note \(1\)"):
        fit(style, phrases, Options())


def test_what_a_timeline_decides_keeps_its_weight() -> None:
    style = style_of(
        f"""{SOLO} use melody avoid leap weight 1
        rule quarter is preferred weight 2.5 {{
          "Quarters."
          for note n in voice
          then n.duration == 1/4
          right {{ voice: C4:1/4 }}
          wrong {{ voice: C4:1/2 }} at note 1
        }}
        apply quarter"""
    )
    result = fit(style, drawn(style, 30), Options())
    decided = {each.use.rule.name: each.decided for each in result.uses}
    assert decided == {"leap": False, "quarter": True}
    assert np.isclose(next(use.weight for use in result.fitted_uses() if use.rule.name == "quarter"), 2.5)
