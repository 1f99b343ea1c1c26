"""The golden record: what a seed gave, it gives again, in every shipped style and example.

With `--quick` only the first seeds are composed, so that a stale record is found in about a minute (`make quick`).
"""

from __future__ import annotations

import pytest

from tests.music.regenerate import GOLDEN, STYLES, golden

ELSEWHERE = "chorale"  # tests/music/test_chorales.py composes it anyway


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """All styles that ship, but for the one of which another test holds the record."""
    if "name" in metafunc.fixturenames:
        is_quick = metafunc.config.getoption("quick")
        metafunc.parametrize("name", [each for each in STYLES if is_quick or each != ELSEWHERE])


def test_a_seed_gives_what_it_gave(name: str, pytestconfig: pytest.Config) -> None:
    """Where this fails on purpose, run tests/music/regenerate.py and say so in CHANGELOG.md."""
    record = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    if pytestconfig.getoption("quick"):
        begun = golden(name, is_quick=True)
        assert record[: len(begun)] == begun
    else:
        assert golden(name) == record


def test_every_record_is_of_a_style_that_ships() -> None:
    """A style that is new needs its record, one that went leaves none behind."""
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(STYLES)
