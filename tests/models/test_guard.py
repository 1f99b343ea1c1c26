"""The automaton that knows quotations, against reading every run anew."""

from __future__ import annotations

import numpy as np
import pytest

from rulegen.models import guard
from rulegen.models.guard import BROKEN, HELD, TooMuchToKnow, guard_of
from rulegen.models.quotes import lines_of

WHITE = np.array([60, 62, 64, 65, 67, 69, 71, 72])
LINES = np.random.default_rng(3).choice([-2, -1, 0, 1, 2, 4], size=(6, 30)).tolist()


def naive(lines: list[list[int]], most: int) -> set[tuple[int, ...]]:
    return {tuple(line[start : start + most]) for line in lines for start in range(len(line) - most + 1)}


@pytest.mark.parametrize("most", [2, 3, 5])
def test_a_line_quotes_where_its_last_intervals_are_a_run_of_the_lines(most: int) -> None:
    found, runs = guard_of(lines_of(LINES), most, WHITE), naive(LINES, most)
    rng, quoted = np.random.default_rng(most), 0
    for _ in range(200):
        state, heard, pitch = 0, list[int](), int(rng.choice(WHITE))
        for copied in LINES[rng.integers(len(LINES))]:
            follows = rng.random() < 0.9 and pitch + copied in WHITE
            other = pitch + copied if follows else int(rng.choice(WHITE))
            letter = rng.choice([HELD, BROKEN, 2], p=[0.05, 0.05, 0.9])
            if letter == HELD:
                state = int(found.following[state, HELD])
                continue
            step = other - pitch
            letter = (
                BROKEN if letter == BROKEN or step not in found.intervals else 2 + found.intervals.index(step)
            )
            heard = [*heard, step] if letter > BROKEN else []
            assert found.quotes[state, letter] == (tuple(heard[-most:]) in runs)
            quoted += bool(found.quotes[state, letter])
            state, pitch = int(found.following[state, letter]), other
    assert quoted > 20


def test_states_with_equal_futures_are_one() -> None:
    found = guard_of(lines_of([[2, 2, -2], [2, 2, -2]]), 3, WHITE)
    assert found.following.shape == (3, 4)  # nothing yet, one step up, two
    assert found.quotes.sum() == 1


def test_what_a_voice_cannot_sing_is_left_out() -> None:
    assert guard_of(lines_of([[1, 1, 1]]), 2, WHITE).quotes.sum() == 0
    assert guard_of(lines_of([[1, 2, 12]]), 2, WHITE).intervals == (1, 2, 12)
    assert guard_of(lines_of([[13]]), 2, WHITE).intervals == ()
    assert guard_of(lines_of([]), 2, WHITE).following.shape == (1, 2)


def test_equal_sums_by_chance_cost_states_and_no_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    known = guard_of(lines_of(LINES), 3, WHITE)
    monkeypatch.setattr(guard, "_ranked", lambda sums: np.arange(len(sums), dtype=np.int32) // 2)
    found = guard_of(lines_of(LINES), 3, WHITE)
    assert len(found.following) > len(known.following)
    walk = np.random.default_rng(1).integers(2, found.following.shape[1], 500)
    one = other = 0
    for letter in walk.tolist():
        assert found.quotes[one, letter] == known.quotes[other, letter]
        one, other = int(found.following[one, letter]), int(known.following[other, letter])


def test_more_than_can_be_told_apart_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "LARGEST", 100)
    with pytest.raises(TooMuchToKnow):
        guard_of(lines_of(LINES), 5, WHITE)
