"""The law of rules: run on a score's own notes, run on the alphabet of a style, explored and stepped through as
automata, and written out without the engine, a use finds as much.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pytest

from rulegen.folds.run import places_of
from rulegen.lattice.build import build
from rulegen.plan.given import tunes_of
from rulegen.plan.problem import Plan, plan_of, problem_of
from rulegen.plan.realise import realise
from rulegen.rules.music import Sounding, music_of
from rulegen.rules.places import event_of
from rulegen.sampling.exact import draw
from rulegen.score.events import Score
from rulegen.style.model import Rule, Style, Use
from tests.lattice.oracle import log_weight
from tests.library.test_packs import OF_NOTES, library_samples, library_styles
from tests.oracle.brute import counted, style_of
from tests.oracle.music import Music
from tests.oracle.pieces import Piece, Sound, form_of
from tests.oracle.styles import STYLES

DRAWN = 6  # pieces of each style
LISTED = 16  # and of each library rule, in every style of its cases


def soft(use: Use) -> Use:
    """The use weighing one nat a place, where it is no allowance."""
    verb = {"forbid": "avoid"}.get(use.verb, use.verb)
    return use if use.limit is not None else replace(use, verb=verb, hard=False, weight=1.0)


def piece_of(score: Score, style: Style) -> Piece:
    """A score as the enumeration has it."""
    lines = {
        voice.name: tuple(
            Sound(float(note.onset), float(note.end), note.pitch) for note in score.notes_of(voice.name)
        )
        for voice in style.voices
    }
    chords = tuple(Sound(float(each.onset), float(each.end), each.chord) for each in score.chords)
    statements, phrases = form_of(style)
    return Piece(style, lines, chords, tuple(phrases), tuple(statements))


@dataclass(frozen=True, eq=False)
class Sample:
    """An assignment of a plan, and what all uses read of it."""

    plan: Plan
    values: np.ndarray

    @cached_property
    def score(self) -> Score:
        """Its score."""
        return realise(self.plan, self.values)

    @cached_property
    def heard(self) -> Sounding:
        """The score's own notes."""
        return music_of(self.score)

    @cached_property
    def written(self) -> Music:
        """The score as the enumeration has it."""
        return Music(piece_of(self.score, self.plan.style))

    def weight(self, *uses: Use) -> float:
        """What it weighs under some uses alone."""
        return log_weight(problem_of(self.plan, uses), tuple(map(tuple, self.values.tolist())))

    @cached_property
    def bare_weight(self) -> float:
        """What it weighs without any use."""
        return self.weight()


def finds(use: Use, sample: Sample) -> Iterator[tuple[str, int | bool]]:
    """How much a use finds in an assignment, in each way; of an allowance, whether it is passed."""
    plan = sample.plan
    known: dict[str, float] = {
        "a score's own notes": int(places_of(use, event_of(use), sample.heard).sum()),
        "written out": len(counted(use, sample.written)),
    }
    if not plan.draft.free:
        codes = sample.values[plan.draft.layer_of].T.astype(np.int64)
        known["a style's alphabet"] = int(places_of(use, event_of(use), Sounding(plan.draft, codes)).sum())
    weight = sample.weight(use) - sample.bare_weight
    known["explored"] = math.inf if weight == -math.inf else round(abs(weight), 9)
    for way, found in known.items():
        yield way, found > 0 if use.hard else found


def assert_agree(use: Use, sample: Sample) -> int:
    """All ways find as much; how much that is."""
    found = dict(finds(soft(replace(use, index=0)), sample))
    assert len(set(found.values())) == 1, (use.title, found)
    return int(next(iter(found.values())))


@pytest.mark.parametrize("name", STYLES)
def test_every_way_finds_as_much_in_every_style(name: str) -> None:
    style = style_of(STYLES[name])
    plan = plan_of(style, tunes_of(style, {}))
    lattice = build(problem_of(plan, ()))
    for values in draw(lattice, np.random.default_rng(7).random((DRAWN, lattice.layers))):
        sample = Sample(plan, values)
        for use in style.uses:
            assert_agree(use, sample)


@pytest.mark.parametrize("rule", OF_NOTES, ids=lambda rule: rule.name)
def test_every_way_finds_as_much_of_every_library_rule(rule: Rule) -> None:
    found = 0
    for style in library_styles(rule):
        plan = plan_of(style, {})
        for values in library_samples(plan, rule)[:LISTED]:
            found += assert_agree(style.uses[0], Sample(plan, values))
    assert found, "the samples tell nothing"
