"""The program as a whole: help, the commands that show rules and figures, and processes of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from rulegen.cli import COMMANDS

Run = Callable[..., Result]
ROOT = Path(__file__).resolve().parents[2]


def test_help_names_every_command(run: Run) -> None:
    text = run("--help").stdout
    assert all(f"  {name} " in text and said in text for name, said in COMMANDS.items())


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_with_an_example(run: Run, name: str) -> None:
    done = run(name, "--help")
    assert done.exit_code == 0
    assert "Examples:" in done.stdout
    assert f"  rulegen {name}" in done.stdout


def test_a_misspelt_command_is_a_usage_error_with_the_nearest(run: Run) -> None:
    done = run("compos")
    assert done.exit_code == 2
    assert "did you mean 'compose'?" in done.stderr


def test_rules_lists_every_pack_and_explains_one_rule(run: Run) -> None:
    assert "voice_leading: Voice leading" in run("rules").stdout
    text = run("rules", "parallel_fifths").stdout
    assert "memory" in text
    assert "none" in text
    assert "wrong  { upper: G4 A4  lower: C4 D4 }" in text
    done = run("rules", "paralel_fifths")
    assert done.exit_code == 2
    assert "did you mean parallel_fifths?" in done.stderr


def test_a_rule_that_remembers_says_how_many_classes(run: Run) -> None:
    assert re.search(r"memory +\d+ classes", run("rules", "leap_recovery").stdout)


def test_the_reference_page_is_what_the_program_makes(run: Run) -> None:
    made = run("rules", "--page").stdout
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert made == page, "make it anew: rulegen rules --page > docs/rules.md"


def test_inspect_counts_scores_and_measures_what_each_rule_takes(run: Run, small: Path) -> None:
    done = run("inspect", "small.rules", "--seconds", "30")
    assert done.exit_code == 0, done.output
    assert re.search(r"scores +\d+…\d+ \(\d+ digits\) = 2\^\d", done.stdout)
    assert re.search(r"(?m)^forbid parallel_fifths +hard +none +\d+\.\d\d ", done.stdout)
    assert "exact     yes" in done.stdout
    rushed = run("inspect", "small.rules", "--seconds", "0")
    assert "3 rules not measured: --seconds 0 were over" in rushed.stdout


def test_inspect_shows_how_likely_each_chord_and_note_is(run: Run, small: Path) -> None:
    done = run("inspect", "small.rules", "--marginals", "2.3")
    assert done.exit_code == 0, done.output
    harmony = re.search(r"(?m)^harmony: (.*)$", done.stdout)
    assert harmony
    chances = [float(each) for each in re.findall(r"(\d+\.\d)%", harmony[1])]
    assert sum(chances) == pytest.approx(100, abs=0.5)
    assert run("inspect", "small.rules", "--marginals", "99.1").exit_code == 2
    assert run("inspect", "small.rules", "--marginals", "x").exit_code == 2


def test_fmt_lays_a_file_out_anew_and_leaves_a_faulty_one(run: Run, small: Path, folder: Path) -> None:
    text = small.read_text()
    small.write_text(text.replace("  soprano C4..E5", "soprano    C4..E5"))
    assert run("fmt", "--check", "small.rules").exit_code == 1
    assert run("fmt", "small.rules").exit_code == 0
    assert run("fmt", "--check", "small.rules").exit_code == 0
    assert run("fmt", "-", input=text).stdout == small.read_text()
    (folder / "bad.rules").write_text('style "T" {')
    done = run("fmt", "bad.rules")
    assert done.exit_code == 1
    assert "--> bad.rules:1" in done.stderr
    assert (folder / "bad.rules").read_text() == 'style "T" {'


def _heed_ctrl_c() -> None:
    """What a shell has in the background ignores Ctrl-C, and what it starts does too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_ends_a_process_with_130_and_no_partial_files(small: Path, folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "rulegen",
        "compose",
        str(small),
        "--seed",
        "1",
        "--count",
        "100000",
        "-o",
        "c.txt",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=_heed_ctrl_c,
    ) as process:
        limit = time.monotonic() + 30
        while not list(folder.glob("c-*.txt")) and time.monotonic() < limit:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert b"interrupted" in errors
    written = [each for each in folder.iterdir() if each.name != "small.rules"]
    assert written
    assert all(
        re.fullmatch(r"c-\d+\.txt", each.name) and each.read_text().endswith("|\n") for each in written
    )
