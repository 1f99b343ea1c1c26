"""`import rulegen` is light: what it gives is imported when it is first used."""

import subprocess
import sys
from pathlib import Path

import pytest

import rulegen

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"numpy", "scipy", "music21", "torch", "lark", "click", "pretty_midi", "hmmlearn", "rich", "verovio"}


def modules_after(program: str, folder: Path) -> set[str]:
    """The modules that a new process has after a program, beyond those that it begins with."""
    told = f"import sys; before = set(sys.modules)\n{program}\nprint(*sorted(set(sys.modules) - before))"
    command = [sys.executable, "-c", told]
    environment = {"PYTHONPATH": str(ROOT), "RULEGEN_CACHE": str(folder / "cache"), "PATH": ""}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.splitlines()[-1].split())


def test_importing_rulegen_takes_no_other_part_of_it(folder: Path) -> None:
    found = modules_after("import rulegen", folder)
    assert {name for name in found if name.startswith("rulegen")} == {"rulegen"}
    assert not {name.split(".")[0] for name in found} & HEAVY
    assert len(found) < 20, sorted(found)


def test_a_style_is_read_without_any_heavy_package(folder: Path) -> None:
    load = "import rulegen\nrulegen.load('first_species')"
    modules_after(load, folder)  # once, so that the grammar is kept
    assert not {name.split(".")[0] for name in modules_after(load, folder)} & HEAVY


def test_composing_and_saving_music_xml_take_no_music21(folder: Path) -> None:
    program = "import rulegen\npiece = rulegen.load('first_species').compose(seed=1)\n"
    program += f"piece.save({str(folder / 'a.musicxml')!r})\npiece.grade()"
    found = {name.split(".")[0] for name in modules_after(program, folder)}
    assert not found & {"music21", "torch", "hmmlearn", "pretty_midi", "verovio", "click"}


def test_all_that_is_public_is_there_and_listed() -> None:
    for name in rulegen.__all__:
        assert getattr(rulegen, name) is not None
    assert set(rulegen.__all__) <= set(dir(rulegen))


def test_what_there_is_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'rulegen' has no attribute 'lode'"):
        rulegen.lode  # noqa: B018
