"""What was compiled once for a draft is kept with it, and means the same under another number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rulegen.folds.compile import compile_uses
from rulegen.lattice.problem import Factor
from rulegen.plan.problem import plan_of
from rulegen.rules.draft import Board, Draft
from rulegen.style.model import Use
from tests.oracle.brute import style_of
from tests.oracle.styles import STYLES

NAMES = (
    "all verbs",
    "repeats A B A, three notes",
    "sampled, allowed",
    "allowed so often",
    "a note that sounds again",
)


def same(one: Factor, other: Factor) -> bool:
    """Whether two factors are alike but for their keys."""
    fields = ("name", "use", "reads", "slot")
    arrays = ("log_weight", "next", "output")
    return all(getattr(one, each) == getattr(other, each) for each in fields) and all(
        np.array_equal(getattr(one, each), getattr(other, each)) for each in arrays
    )


def compiled(uses: list[Use], draft: Draft) -> Board:
    """The board of uses in their order."""
    board = Board()
    compile_uses(uses, draft, board)
    return board


@pytest.mark.parametrize("name", NAMES)
def test_uses_that_are_numbered_anew_are_as_if_they_were_compiled_so(name: str) -> None:
    style = style_of(STYLES[name])
    draft = plan_of(style, {}).draft
    compiled(list(style.uses), draft)
    turned = [replace(use, index=number) for number, use in enumerate(reversed(style.uses))]
    kept, fresh = compiled(turned, draft), compiled(turned, Draft(draft.frame, draft.tables, draft.free))
    assert kept.slots == fresh.slots
    assert kept.places.keys() == fresh.places.keys()
    for location, factors in fresh.places.items():
        pairs = zip(kept.places[location].values(), factors.values(), strict=True)
        assert all(same(one, other) for one, other in pairs)


def test_the_next_plan_of_one_frame_and_alphabet_finds_what_was_compiled() -> None:
    style = style_of(STYLES["all verbs"])
    first = plan_of(style, {}).draft
    compiled(list(style.uses), first)
    changed = style_of(
        STYLES["all verbs"] + "\nrule more is avoided { for note n in voice  then n is C4 }  forbid more"
    )
    draft = plan_of(changed, {}).draft
    assert draft is first
    known = set(draft.compiled)
    compiled(list(changed.uses), draft)
    assert len(draft.compiled) == len(known) + 1
