"""Machines of windows: they remember no more than can still matter."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from rulegen.folds import window
from rulegen.folds.window import Machine, machine_of
from rulegen.rules.bind import Scope
from rulegen.rules.places import event_of, groups, instances
from rulegen.style.expression import Typed
from tests.oracle.agreement import Engine
from tests.oracle.brute import style_of

LINE = """style "line"  meter 4/4  key C major  voices { soprano C4..C5 }  rhythm { every 1/4 }
form { A = 2 bars }  use melody
"""


RECOVER = """rule recover is required { for consecutive notes a, b, c in voice  when abs(interval(a, b)) > M3
then step(b, c) and direction(b, c) != direction(a, b) }  require recover
"""


def bound(text: str) -> tuple[Typed, Engine]:
    """The one event of a style's first use, bound to its first window, and the engine of the style."""
    style = style_of(LINE + text)
    engine = Engine(style)
    draft = engine.plan.draft
    use = style.uses[0]
    (instance,) = instances(use, draft.frame)
    group = next(iter(groups(instance, event_of(use), draft.frame, draft.tables)))
    return group.event, engine


def made(text: str, size: int, held: bool = False) -> Machine:
    """The machine of a style's first use."""
    event, engine = bound(text)
    return machine_of(event, size, engine.plan.draft.tables, held)


@pytest.mark.parametrize(
    ("text", "size", "memories"),
    [
        ("require leap_recovery(size = P4)", 3, (3,)),  # nothing, down by step, up by step
        ("forbid three_leaps", 4, (2, 2)),
        ("forbid repeated_note", 2, ()),
        (
            "rule r is avoided { for consecutive notes a, b, c in voice  then b == c }  forbid r",
            3,
            (2,),
        ),  # is one under way?
        (
            "rule r is avoided { for consecutive notes a, b, c in voice  then a is C4 and c is C4 }  forbid r",
            3,
            (2,),
        ),
    ],
)
def test_a_window_remembers_what_can_still_matter(text: str, size: int, memories: tuple[int, ...]) -> None:
    assert made(text, size).memories == memories


def test_outer_notes_compared_are_remembered_by_what_they_are() -> None:
    memories = made(
        "rule r is avoided { for consecutive notes a, b, c in voice  then a == c }  forbid r", 3
    ).memories
    assert memories == (9,)  # the eight notes from C4 to C5, and nothing


def test_a_window_that_does_not_read_its_ends_is_padded() -> None:
    text = "rule r is avoided { for consecutive notes a, b, c, d, e in voice  then interval(b, d) is P5 }  forbid r"
    found = made(text, 5)
    assert len(found.steps) == 4
    assert found.steps[0].parts == found.steps[-1].parts == ()
    assert found.memories[0] == 2 and found.memories[-1] == 2


@pytest.mark.parametrize("small", [0, window.SMALL_WINDOW])
def test_a_machine_gives_the_verdict_of_its_event(small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "SMALL_WINDOW", small)
    found = made(RECOVER, 3)
    pitches = (0, 2, 4, 5, 7, 9, 11, 12)
    for played in product(range(8), repeat=3):
        a, b, c = (pitches[each] for each in played)
        back = 0 < (b - c) * (1 if b > a else -1) <= 2
        assert run(found, played) == (abs(b - a) > 4 and not back), played


def run(made_of: Machine, window: tuple[int, ...]) -> bool:
    """A machine on the symbols of one voice."""
    state = 0
    for number, step in enumerate(made_of.steps, start=1):
        before, after = (np.array([window[at]], dtype=np.int32) for at in (number - 1, number))
        letter = 0
        for part in step.parts:
            letter = letter * part.size + int(
                part.letter((before,) * len(part.before), (after,) * len(part.after))[0]
            )
        assert not step.inner
        state = int(step.table[state, letter])
    return bool(state)


def test_scope_is_what_is_known_of_a_window() -> None:
    event, engine = bound("require leap_recovery")
    draft = engine.plan.draft
    assert isinstance(Scope(draft.frame, draft.tables).bind(event), type(event))
    assert Scope(draft.frame, draft.tables).bind(event) == event  # what is bound already stays as it is
