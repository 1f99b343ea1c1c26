"""What reading a style takes: no heavy package, and the same style whatever was kept."""

import subprocess
import sys
from pathlib import Path

import pytest

from rulegen.resources import style_path

PROGRAM = """
import sys
from pathlib import Path
from rulegen.style.check import load_style
style = load_style(Path(sys.argv[1]))
heavy = {"music21", "torch", "scipy", "numpy", "lark"} & set(sys.modules)
print(style)
print([rule.cases for rule in style.rules])
print("loaded:", *sorted(heavy))
"""


def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("RULEGEN_CACHE", str(folder))
    path = str(style_path("first_species"))
    command = [sys.executable, "-c", PROGRAM, path]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def test_a_style_is_the_same_with_and_without_what_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    *cold, _ = run(tmp_path / "kept", monkeypatch)
    *warm, loaded = run(tmp_path / "kept", monkeypatch)
    *without, _ = run(nowhere, monkeypatch)
    assert cold == warm == without
    assert loaded == "loaded:"
