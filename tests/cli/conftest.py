"""A small style, and a way to call the program in an empty folder."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rulegen.cli import program

SMALL = """style "Small duo"
use voice_leading
use melody

meter 4/4
key C major

voices {
  soprano C4..E5
  bass C3..G3
}

form {
  A = 2 bars, cadence half
  B = 2 bars, cadence authentic
  piece = A B
}

harmony {
  chords I IV V V6 vi
  change every beat
}

forbid parallel_fifths
forbid parallel_octaves
forbid voice_crossing
prefer contrary_motion weight 1
"""

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def in_folder(folder: Path) -> Path:
    """Each command is called in an empty folder."""
    return folder


@pytest.fixture
def small(folder: Path) -> Path:
    """The file of a small style, `small.rules`."""
    place = folder / "small.rules"
    place.write_text(SMALL, encoding="utf-8")
    return place


@pytest.fixture
def run() -> Run:
    """Calls the program: `run("check", "small.rules")`."""

    def call(*arguments: str, **more: str) -> Result:
        return CliRunner().invoke(program, list(arguments), prog_name="rulegen", **more)  # type: ignore[arg-type]

    return call
