"""`rulegen check`: every fault at its place, and quick to start."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]

HEAVY = {"music21", "scipy", "torch", "pretty_midi", "rich", "hmmlearn"}


def test_a_style_without_fault_is_fine(run: Run, small: Path) -> None:
    done = run("check", "small.rules")
    assert done.exit_code == 0
    assert done.stdout == 'small.rules: no fault; "Small duo", 2 voices, 3 hard rules, 1 soft rule\n'
    assert done.stderr == ""


def test_a_ready_style_is_found_by_its_name(run: Run) -> None:
    assert run("check", "chorale").exit_code == 0


def test_all_faults_are_told_at_their_places(run: Run, small: Path) -> None:
    small.write_text(
        small.read_text().replace("parallel_fifths", "parallel_fifth").replace("voice_crossing", "crossing")
    )
    done = run("check", "small.rules")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.count("error[unknown-rule]") == 2
    assert "--> small.rules:24:8" in done.stderr
    assert "did you mean `parallel_fifths`?" in done.stderr
    assert "\033[" not in done.stderr
    assert done.stderr.endswith("small.rules: 2 faults\n")


def test_one_faulty_style_among_several_is_enough(run: Run, small: Path, folder: Path) -> None:
    (folder / "empty.rules").write_text("")
    done = run("check", "empty.rules", "small.rules")
    assert done.exit_code == 1
    assert "small.rules: no fault" in done.stdout
    assert "empty.rules is empty" in done.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x7fELF\x00\x01", "is not a text file"),
        (b"\xff\xfe\xfa", "is not UTF-8 text"),
        (b'style "T"\n' + b"# filling\n" * 1_000_000, "is larger than 1 MB"),
        (b'pack "T"\n', "a pack is used by styles"),
    ],
)
def test_what_is_no_style_is_refused(run: Run, folder: Path, content: bytes, said: str) -> None:
    (folder / "x.rules").write_bytes(content)
    for command in (("check", "x.rules"), ("compose", "x.rules"), ("inspect", "x.rules")):
        done = run(*command)
        assert done.exit_code == 1
        assert said in done.stderr
    assert [each.name for each in folder.iterdir()] == ["x.rules"]


def test_an_unknown_style_is_told_with_the_nearest(run: Run) -> None:
    done = run("check", "choral")
    assert done.exit_code == 1
    assert "did you mean `chorale`?" in done.stderr
    assert "there is no file missing.rules" in run("check", "missing.rules").stderr


def test_checking_imports_nothing_heavy(small: Path) -> None:
    program = (
        "import sys\nfrom rulegen.cli import program\n"
        f"program.main(['check', {str(small)!r}], standalone_mode=False)\n"
        f"print(sorted(set(sys.modules) & {HEAVY!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


ROOT = Path(__file__).resolve().parents[2]
