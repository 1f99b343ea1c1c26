"""What cannot be composed with is told before anything is composed, where rhythms are drawn first too."""

from __future__ import annotations

from pathlib import Path

import pytest

from rulegen.folds.compile import _compiled
from rulegen.lattice.store import Cache
from rulegen.plan.composable import uncomposable
from rulegen.rules import draft as drafts
from rulegen.style.model import Use
from tests.style.building import style_of

THREE = """style "Three lines"
use rhythm, melody
meter 3/4
key G major
rhythm first
voices { violin G3..G6  viola D4..A4  cello G2..D4 }
form { A = 2 bars }
harmony { chords I ii IV V vi  change every bar }
rhythm { values 1/4, 1/2, 1/8 weight -1 }
melody { notes chromatic }
"""

LEAPS = "require leap_recovery in violin  avoid long_on_weak, long_note"  # whose lengths are remembered


def test_a_rule_of_time_is_asked_where_rhythms_are_drawn() -> None:
    [told] = uncomposable(style_of("avoid beat_passed_over", THREE))
    assert told.code == "too-wide" and told.severity == "warning"


def test_a_rule_on_notes_is_asked_where_the_rhythm_stands() -> None:
    assert uncomposable(style_of(LEAPS, THREE)) == ()
    jointly = uncomposable(style_of(LEAPS, THREE.replace("rhythm first\n", "")))
    assert [each.code for each in jointly] == ["too-wide"]


def test_what_was_found_composable_is_not_compiled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def noted(use: Use, draft: drafts.Draft) -> tuple[int, drafts.Board]:
        tried.append(use.rule.name)
        return _compiled(use, draft)

    monkeypatch.setattr("rulegen.folds.compile._compiled", noted)
    style, cache = style_of(LEAPS, THREE.replace("rhythm first\n", "")), Cache(tmp_path, 1 << 28)
    told, names = [], []
    for _ in range(2):
        monkeypatch.setattr(drafts, "_KEPT", {})  # as in another process
        told.append(uncomposable(style, cache))
        names.append(tried[:])
        tried.clear()
    assert told[0] == told[1] and len(told[0]) == 1
    assert set(names[0]) == {"leap_recovery", "long_on_weak", "long_note"}
    assert set(names[1]) < set(names[0])
    assert told[0][0].message.split("`")[1] in names[1]


def test_which_note_is_the_first_is_not_known_where_a_phrase_may_be_silent() -> None:
    jointly = THREE.replace("rhythm first\n", "").replace("2 bars", "1 bar, 1 bar")
    asked = "require opening_rest in violin"
    assert uncomposable(style_of(asked, jointly.replace("1/8 weight -1", "rest 1/2"))) == ()
    [told] = uncomposable(style_of(asked, jointly.replace("1/8 weight -1", "rest 3/4")))
    assert "may rest all through a phrase" in told.message
