"""Every fault is told in exactly these words: the pages in diagnostics/ are the test."""

import re
from pathlib import Path

import pytest

from rulegen.errors import Source
from rulegen.errors.rendering import render
from rulegen.language.parser import parse
from rulegen.style.check import check

_CASE = re.compile(
    r"## (?P<title>[^\n]+)\n\n```rules\n(?P<rules>.*?)```\n\n```text\n(?P<text>.*?)```", re.DOTALL
)


def _cases() -> list[object]:
    pages = sorted((Path(__file__).parent / "diagnostics").glob("*.md"))
    return [
        pytest.param(found["rules"], found["text"], id=f"{page.stem}: {found['title']}")
        for page in pages
        for found in _CASE.finditer(page.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("rules", "expected"), _cases())
def test_a_fault_is_told_in_these_words(
    rules: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = Source("style.rules", rules)
    style, found = check(parse(source), source)
    assert style is None
    assert "\n".join(map(render, found)) + "\n" == expected
