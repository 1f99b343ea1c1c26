"""A style's text with new weights: what changes, and that nothing else does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rulegen.errors import Source
from rulegen.fit.optimise import can_turn
from rulegen.fit.rewrite import OTHER, Change, rewritten, within_voices, without_old_comments
from rulegen.language.parser import parse
from rulegen.style.check import check, load_style
from rulegen.style.foreign import is_of_kinds
from rulegen.style.model import Style, Use
from tests.oracle.brute import style_of
from tests.oracle.styles import SOLO

ROOT = Path(__file__).resolve().parents[2]
HEAD = SOLO.strip() + "\nuse melody\n"


def fitted(text: str, weights: dict[str, float], comment: str = "") -> str:
    """The text with these weights, by the names of rules."""
    style = style_of(text)
    changes = {
        use.index: Change(weights[use.rule.name], comment)
        for use in style.uses
        if use.rule.name in weights and not use.hard
    }
    return rewritten(style, changes)


def said(style: Style) -> list[tuple[str, str, float | None]]:
    return sorted((use.verb, use.rule.name, None if use.hard else use.weight) for use in style.uses)


@pytest.mark.parametrize(
    ("line", "weights", "expected"),
    [
        ("avoid  leap   weight 1.2 # mine", {"leap": 0.8}, "avoid  leap   weight 0.8 # mine"),
        ("avoid leap strongly", {"leap": 2.345}, "avoid leap weight 2.35"),
        ("avoid leap", {"leap": 3.0}, "avoid leap weight 3"),
        ("avoid leap in soprano  weight 1", {"leap": -0.5}, "prefer leap in soprano  weight 0.5"),
        ("prefer leap weight 2 at cadences", {"leap": -1.5}, "avoid leap weight 1.5 at cadences"),
        ("avoid leap weight 1", {"leap": 0.0}, "# left out by fit: avoid leap weight 1"),
        (
            "avoid leap,\n  repeated_note in soprano weight 1",
            {"leap": 0.5, "repeated_note": 2.0},
            "avoid leap in soprano weight 0.5\navoid repeated_note in soprano weight 2",
        ),
        (
            "avoid leap, repeated_note weight 1",
            {"repeated_note": -2.0},
            "avoid leap weight 1\nprefer repeated_note weight 2",
        ),
        (
            "avoid leap weight 1  avoid repeated_note weight 2",
            {"leap": 0.5, "repeated_note": 0.7},
            "avoid leap weight 0.5  avoid repeated_note weight 0.7",
        ),
    ],
)
def test_verbs_and_weights_change_where_they_stand(
    line: str, weights: dict[str, float], expected: str
) -> None:
    before, after = "# before\n" + HEAD, "\n\n# after\n"
    text = fitted(before + line + after, weights)
    assert text == before + expected + after
    style_of(text)


def test_a_comment_stands_at_the_end_of_its_line_or_before_what_follows() -> None:
    text = fitted(HEAD + "avoid leap weight 1  avoid repeated_note weight 2\n", {"leap": 0.5}, "seen")
    assert text == HEAD + "avoid leap weight 0.5  # fit: seen\n  avoid repeated_note weight 2\n"
    style_of(text)


def test_a_comment_beside_a_comment_stands_above() -> None:
    text = fitted(HEAD + "  avoid leap weight 1  # mine\n", {"leap": 0.5}, "seen")
    assert text == HEAD + "  # fit: seen\n  avoid leap weight 0.5  # mine\n"


def test_comments_of_an_earlier_fit_are_taken_away() -> None:
    plain = HEAD + "avoid leap weight 0.5\n\n# mine\navoid repeated_note weight 2  # too\n"
    text = fitted(plain, {"leap": 0.5, "repeated_note": 2.0}, "seen")
    assert text != plain
    assert without_old_comments(text) == plain


RULE = """rule low is preferred weight 1.5 {
  "Low."
  for note n in voice
  then n.midi < 65
  right { voice: C4 }
  wrong { voice: A4 } at note 1
}
rule kept is forbidden {
  "High."
  for note n in voice
  then n.midi > 90
  right { voice: C4 }
  wrong { voice: C8 } at note 1
}
"""


def test_apply_keeps_its_verb_until_the_meaning_turns() -> None:
    text = HEAD + RULE + "apply low, kept\n"
    assert fitted(text, {"low": 0.3}) == HEAD + RULE + "apply kept\napply low weight 0.3\n"
    assert fitted(text, {"low": -0.3}) == HEAD + RULE + "apply kept\navoid low weight 0.3\n"


PACKED = """style "packed"
use common_practice
meter 4/4
key C major
voices { soprano C4..A5  alto G3..D5  tenor C3..A4  bass E2..D4 }
form { A = 2 bars, cadence authentic }
harmony { chords I IV V  change every beat }
"""


def test_what_a_pack_brings_is_written_with_all_that_it_says_of_the_rule() -> None:
    style = style_of(PACKED)
    leaps = [use for use in style.uses if use.rule.name == "leap"]
    assert [use.weight for use in leaps] == [0.7, 0.4]
    changed = {leaps[0].index: Change(0.9, "seen"), leaps[1].index: Change(-0.2)}
    text = rewritten(style, changed, ["of packs"])
    assert text.startswith(PACKED)
    assert text[len(PACKED) :].split("\n") == [
        "",
        "# fit: of packs",
        "avoid leap in alto, tenor weight 0.9  # fit: seen",
        "prefer leap in soprano weight 0.2",
        "",
    ]
    others = [each for each in said(style) if each[1] != "leap"]
    assert said(style_of(text)) == sorted([*others, ("avoid", "leap", 0.9), ("prefer", "leap", 0.2)])


def test_a_rule_of_a_pack_of_which_nothing_is_left_is_taken_back() -> None:
    own = style_of(PACKED + "avoid leap in soprano weight 1\n")
    for style in (style_of(PACKED), own):
        gone = {use.index: Change(0.0) for use in style.uses if use.rule.name == "leap"}
        text = rewritten(style, gone)
        assert "without leap" in text
        assert not any(use.rule.name == "leap" for use in style_of(text).uses)
        assert [each for each in said(style_of(text))] == [
            each for each in said(style_of(PACKED)) if each[1] != "leap"
        ]


@pytest.mark.parametrize(
    "path",
    sorted([*ROOT.glob("styles/*.rules"), *ROOT.glob("examples/[01]*.rules")]),
    ids=lambda path: path.stem,
)
def test_any_style_is_written_with_any_weights_and_says_what_was_meant(path: Path) -> None:
    style = load_style(path)
    rng = np.random.default_rng(1)
    changes, expected = {}, []
    for use in style.uses:
        if use.hard or is_of_kinds(use):  # what a kind of foreign notes weighs is not fitted
            changes[use.index] = Change(None, "broken 0.00")
            expected.append(use)
            continue
        weight = float(np.round(rng.choice([0.0, rng.uniform(0.1, 9), -rng.uniform(0.1, 9)]), 2))
        weight = weight if can_turn(use) else abs(weight)
        changes[use.index] = Change(weight, "corpus 1.0; expected 2.0, now 1.0")
        verb = OTHER[use.verb] if weight < 0 else use.verb
        expected += [replace(use, verb=verb, weight=abs(weight))] if weight else []
    written = style_of_source(Source(str(path), rewritten(style, changes, ["of packs"])))
    read, meant = ([within_voices(style, use) for use in uses] for uses in (written.uses, expected))
    assert sorted(whole(use) for use in read if use) == sorted(whole(use) for use in meant if use)
    assert written.form == style.form
    assert written.voices == style.voices
    assert {rule.name for rule in written.rules} == {rule.name for rule in style.rules}


def whole(use: Use) -> str:
    """All that a use says."""
    return repr(
        (use.verb, use.hard, use.weight if not use.hard else None, use.rule, use.narrowings, use.limit)
    )


def style_of_source(source: Source) -> Style:
    style, found = check(parse(source), source)
    assert style is not None, [each.message for each in found]
    return style
