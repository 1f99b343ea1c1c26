"""The golden record: what a seed gave, it gives again, in every shipped style and example."""

from __future__ import annotations

import pytest

from tests.music.regenerate import GOLDEN, STYLES, golden


@pytest.mark.parametrize("name", STYLES)
def test_a_seed_gives_what_it_gave(name: str) -> None:
    """Where this fails on purpose, run tests/music/regenerate.py and say so in CHANGELOG.md."""
    assert golden(name) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_every_record_is_of_a_style_that_ships() -> None:
    """A style that is new needs its record, one that went leaves none behind."""
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(STYLES)
