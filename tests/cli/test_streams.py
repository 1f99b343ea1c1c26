"""Streams that are closed or full, pipes in the place of files, interruptions at once, packages that do not fit."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., Result]


def shell(command: str, folder: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    """Runs a line of a shell in which `rulegen` is the program as it stands here."""
    environment = {**os.environ, "PYTHONPATH": f"{path}{os.pathsep}{ROOT}" if path else str(ROOT)}
    line = command.replace("rulegen", f"{sys.executable} -m rulegen")
    return subprocess.run(
        ["sh", "-c", line],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
@pytest.mark.parametrize(
    "command",
    ["rulegen --help", "rulegen check small.rules", "rulegen compose small.rules --seed 1 -o a.txt"],
)
def test_a_closed_stream_is_no_fault(command: str, closed: str, small: Path, folder: Path) -> None:
    done = shell(f"{command} {closed}", folder)
    assert done.returncode == 0, done.stderr
    assert "bug" not in done.stderr


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_a_score_that_was_to_go_to_a_closed_stream_is_not_lost_quietly(
    closed: str, small: Path, folder: Path
) -> None:
    done = shell(f"rulegen compose small.rules --seed 1 -o - --format txt {closed}", folder)
    assert done.returncode == 1
    said = (
        "error[not-written]: standard output is closed, and the score was to go there: give a file with -o\n"
    )
    assert done.stderr == ("" if "2>" in closed else said)


def test_a_file_is_written_though_nobody_listens(small: Path, folder: Path) -> None:
    assert shell("rulegen compose small.rules --seed 1 -o a.txt >&- 2>&-", folder).returncode == 0
    assert (folder / "a.txt").read_text().startswith('title "Small duo"')


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", ["rulegen --help", "rulegen rules", "rulegen compose --help"])
def test_a_full_disk_is_told_in_a_line(command: str, folder: Path) -> None:
    done = shell(f"{command} > /dev/full", folder)
    assert (done.returncode, done.stderr) == (
        1,
        "error[not-written]: it cannot be written: No space left on device\n",
    )


@pytest.mark.parametrize("command", ["compose", "check", "inspect", "fmt"])
def test_a_pipe_as_a_style_is_refused_and_not_waited_for(command: str, run: Run, folder: Path) -> None:
    os.mkfifo(folder / "pipe.rules")
    done = run(command, "pipe.rules")
    assert done.exit_code == 1
    assert "error[not-a-file]: pipe.rules is a device or a pipe" in done.stderr


def test_a_name_longer_than_any_file_has_is_no_style(run: Run) -> None:
    for name in ("x" * 5000, "x" * 5000 + ".rules"):
        done = run("check", name)
        assert done.exit_code == 1, done.output
        assert "bug" not in done.stderr


def test_standard_input_that_is_no_text_is_refused(run: Run) -> None:
    done = run("fmt", "-", input=b"\xff\xfe")
    assert (done.exit_code, done.stderr) == (1, "error[not-text]: standard input is not UTF-8 text\n")


INTERRUPTED_AT_AN_IMPORT = """
import os, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "{name}":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder)
sys.argv = ["rulegen", "check", "chorale"]
runpy.run_module("rulegen", run_name="__main__")
"""


@pytest.mark.parametrize("name", ["click", "rulegen.cli", "rulegen.style.check"])
def test_ctrl_c_while_modules_are_loaded_is_quiet(name: str, folder: Path) -> None:
    program = INTERRUPTED_AT_AN_IMPORT.format(name=name)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_old_lark_in_the_place_of_the_new_is_told_in_a_line(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "old" / "lark").mkdir(parents=True)
    (tmp_path / "old" / "lark" / "__init__.py").write_text('__version__ = "0.12.0"\n')
    done = shell("rulegen check chorale", folder, path=str(tmp_path / "old"))
    assert done.returncode == 1
    assert done.stderr.startswith(
        "error[not-installed]: rulegen needs lark 1.2 or later, and lark here is 0.12.0: "
    )
    assert len(done.stderr.splitlines()) == 1


def test_a_package_that_is_missing_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "old" / "numpy").mkdir(parents=True)
    (tmp_path / "old" / "numpy" / "__init__.py").write_text("raise ModuleNotFoundError('no', name='numpy')\n")
    done = shell("rulegen compose first_species", folder, path=str(tmp_path / "old"))
    assert done.returncode == 1
    assert done.stderr.startswith("error[not-installed]: rulegen needs numpy, which is not installed here\n")
