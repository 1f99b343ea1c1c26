"""What operations compute, against the values of rulegen.theory."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from rulegen.rules.operations import OPERATIONS
from rulegen.rules.tables import Tables
from rulegen.theory.interval import Interval
from rulegen.theory.scale import Key

TABLES = Tables(Key.parse("C major"), ())
NAMES = [
    "P1",
    "A1",
    "d2",
    "m2",
    "M2",
    "A2",
    "m3",
    "M3",
    "d4",
    "P4",
    "A4",
    "d5",
    "P5",
    "A5",
    "m6",
    "M6",
    "d7",
    "m7",
    "M7",
    "d8",
    "P8",
    "A8",
    "m9",
    "M10",
    "P11",
    "A11",
    "P12",
    "d15",
    "A15",
]
INTERVALS = [sign for name in NAMES for sign in (Interval.parse(name), -Interval.parse(name))]


def coded(interval: Interval) -> tuple[np.ndarray, np.ndarray]:
    """An interval as evaluation codes it."""
    return np.array([interval.steps]), np.array([interval.semitones])


def test_alike_is_what_theory_calls_a_match() -> None:
    for one, other in product(INTERVALS, repeat=2):
        assert bool(OPERATIONS["alike_interval"](TABLES, coded(one), coded(other))[0]) == one.matches(
            other
        ), (one, other)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [("d8", "A1", True), ("A8", "A1", True), ("d8", "P1", False), ("A4", "d5", False), ("m2", "M7", False)],
)
def test_alike_is_modulo_octave_and_direction_but_not_inversion(one: str, other: str, alike: bool) -> None:
    assert Interval.parse(one).matches(Interval.parse(other)) == alike


def test_the_size_of_an_interval_has_no_direction() -> None:
    for interval in INTERVALS:
        steps, semitones = OPERATIONS["abs"](TABLES, coded(interval))
        assert (int(steps[0]), int(semitones[0])) == (abs(interval).steps, abs(interval).semitones)
