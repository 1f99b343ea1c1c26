"""`rulegen model`: what it shows of models, sound and unsound."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rulegen.models.store import Card, load, save
from rulegen.resources import model_path

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run


def test_models_are_found_by_name_or_file(run: Run, folder: Path) -> None:
    listed = run("model", "list")
    assert listed.exit_code == 0
    for name in listed.stdout.split():
        assert run("model", "show", name).exit_code == 0
    done = run("model", "show", "bach-sopran.lst")
    assert done.exit_code == 1 and "is no file and no model that rulegen brings" in done.stderr
    assert "there is no such file" in run("model", "show", "none.model").stderr
    (folder / "b.model").write_bytes(b"something else")
    assert "b.model is no model of rulegen" in run("model", "show", "b.model").stderr


def test_what_a_card_says_does_not_steer_the_terminal(run: Run, folder: Path) -> None:
    steering = Card("markov", "tune", "a\033[2Jb", "", "", 0, {"\033]0;c": 1.0})
    save(folder / "c.model", replace(load(model_path("folk-tune.markov")), card=steering))
    shown = run("model", "show", "c.model")
    assert shown.exit_code == 0 and "\033" not in shown.stdout and "a\ufffd[2Jb" in shown.stdout
