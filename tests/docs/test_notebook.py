"""The notebook of the examples is a sound one, and its cells run in order."""

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT

NOTEBOOK = ROOT / "examples" / "notebook.ipynb"


def _cells(kind: str) -> list[dict[str, Any]]:
    found = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == kind]


def shown(cell: str, names: dict[str, Any]) -> Any:
    """Runs a cell; the value of its last line where that is an expression, as a notebook shows it."""
    tree = ast.parse(cell)
    *before, last = tree.body
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "cell", "exec"), names)
        return None
    exec(compile(ast.Module(before, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def test_the_notebook_is_one_of_the_fourth_format_without_outputs() -> None:
    found = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    assert found["metadata"]["kernelspec"]["name"] == "python3"
    names = [cell["id"] for cell in found["cells"]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names)
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in _cells("code"))
    assert all(isinstance(cell["source"], list) and cell["source"] for cell in found["cells"])


def test_the_cells_run_in_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("verovio")
    shutil.copy(ROOT / "examples" / "tune.musicxml", folder)
    names: dict[str, Any] = {}
    engraved = 0
    for cell in _cells("code"):
        value = shown("".join(cell["source"]), names)
        if hasattr(value, "_repr_html_"):
            engraved += value._repr_html_().startswith("<img src=")
        assert value is None or repr(value)
    printed = capsys.readouterr().out
    assert engraved == 6
    assert "error[bad-key]: 'dorien' is not a mode" in printed
    assert "did you mean `voice_crossing`?" in printed
    assert "proved: no score of the style has a greater weight" in printed
    assert names["hymn"].grade().is_clean
    assert not names["graded"].is_clean
    assert (folder / "hymn.musicxml").is_file() and (folder / "hymn.mid").is_file()
