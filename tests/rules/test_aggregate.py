"""Aggregates as automata: as small as they can be."""

from __future__ import annotations

from fractions import Fraction

import pytest

from rulegen.folds.aggregate import Accumulator, Automaton, automaton_of
from rulegen.folds.extremum import Nested, told_apart
from rulegen.rules.tables import Tables
from rulegen.style.expression import Apply, Cell, Literal, Typed
from rulegen.theory.scale import Key

TABLES = Tables(Key.parse("C major"), ())


def value(place: int = 0, kind: str = "number") -> Cell:
    """The value of an aggregate in a skeleton."""
    return Cell(kind, "value", place, 0)


def compared(operator: str, number: int, place: int = 0) -> Apply:
    """An aggregate compared with a number."""
    return Apply("truth", operator, (value(place), Literal("number", Fraction(number))))


def run(automaton: Automaton, letters: list[int]) -> bool:
    """Whether a stretch of letters ends in an event."""
    state = 0
    for letter in letters:
        state = int(automaton.following[state, letter])
    return bool(automaton.events[state])


@pytest.mark.parametrize(
    ("operator", "number", "states"), [(">", 2, 4), (">=", 1, 2), ("==", 1, 3), ("<", 1, 2), (">", 100, 1)]
)
def test_a_counter_is_capped_where_it_can_no_longer_matter(operator: str, number: int, states: int) -> None:
    automaton = automaton_of(compared(operator, number), [Accumulator("count", (), 12, 1)], TABLES)
    assert len(automaton.events) == states
    wanted = {">": number.__lt__, ">=": number.__le__, "==": number.__eq__, "<": number.__gt__}[operator]
    for count in range(12):
        assert run(automaton, [1] * count + [0]) == wanted(count)


def test_events_at_once_are_counted_together() -> None:
    automaton = automaton_of(compared(">", 2), [Accumulator("count", (), 12, 3)], TABLES)
    assert run(automaton, [3]) and run(automaton, [2, 1]) and not run(automaton, [2])


@pytest.mark.parametrize("operation", ["exists", "all"])
def test_what_only_asks_whether_remembers_one_bit(operation: str) -> None:
    automaton = automaton_of(value(kind="truth"), [Accumulator(operation, (), 9, 1)], TABLES)
    assert len(automaton.events) == 2
    assert run(automaton, [0, 1, 0]) == (operation == "exists")


def test_a_maximum_against_a_number_remembers_which_side_it_is() -> None:
    automaton = automaton_of(
        compared(">", 64), [Accumulator("max", (60.0, 62.0, 64.0, 65.0, 67.0), 9, 1)], TABLES
    )
    assert len(automaton.events) == 2
    assert run(automaton, [1, 4, 2]) and not run(automaton, [1, 3, 2]) and not run(automaton, [])


def test_a_span_remembers_both_ends() -> None:
    span = Apply("number", "-", (value(0), value(1)))
    event = Apply("truth", ">", (span, Literal("number", Fraction(3))))
    heights = (60.0, 62.0, 64.0)
    automaton = automaton_of(
        event, [Accumulator("max", heights, 9, 1), Accumulator("min", heights, 9, 1)], TABLES
    )
    assert run(automaton, [1 * 4 + 1, 3 * 4 + 3]) and not run(automaton, [1 * 4 + 1, 2 * 4 + 2])
    assert len(automaton.events) == 4  # neither end, the low one, the high one, both


def test_a_sum_keeps_its_totals() -> None:
    automaton = automaton_of(compared("==", 1), [Accumulator("sum", (0.25, 0.5), 4, 1)], TABLES)
    assert run(automaton, [1, 1, 2]) and run(automaton, [2, 0, 2]) and not run(automaton, [1, 2])
    assert len(automaton.events) == 6  # 0, 1/4, 1/2, 3/4, 1, and more


def test_what_must_come_to_an_event_is_doomed() -> None:
    automaton = automaton_of(compared(">", 1), [Accumulator("count", (), 9, 1)], TABLES)
    assert automaton.doomed.tolist().count(True) == 1


@pytest.mark.parametrize(
    ("skeleton", "least"),
    [
        (compared("==", 1), 2),
        (compared(">=", 5), 6),
        (Apply("truth", "and", (compared(">", 2), compared("<", 7))), 8),
        (Apply("truth", ">", (Apply("number", "*", (value(), value())), Literal("number", 3))), float("inf")),
        (Apply("truth", "<", (value(0), value(1))), float("inf")),
        (compared(">", 9, place=1), 0),
    ],
)
def test_counts_are_told_apart_as_far_as_the_event_compares_them(skeleton: Typed, least: float) -> None:
    assert told_apart(skeleton, 0) == least


def test_a_count_at_the_extremum_forgets_what_was_lower() -> None:
    rows = ((1, (True, False)), (2, (False, True)))  # two heights, each counting for itself
    nested = Nested("count", rows, 2, 2, False)
    automaton = automaton_of(compared("==", 1), [nested], TABLES)
    assert run(automaton, [1, 1, 2]) and not run(automaton, [2, 1, 2]) and not run(automaton, [])
    assert len(automaton.events) == 5  # nothing, one low, more low, one high, more high


def test_three_thirds_are_one() -> None:
    third = Accumulator("sum", (1 / 3,), 4, 1)
    automaton = automaton_of(compared("==", 1), [third], TABLES)
    assert [run(automaton, [1] * times) for times in range(5)] == [False, False, False, True, False]
