"""Each page of diagnostics/ says in a sentence what goes wrong, and shows it with the exact text printed."""

import re
from pathlib import Path

import pytest

from rulegen.errors import Source
from rulegen.errors.rendering import render
from rulegen.language.parser import parse

PAGES = sorted((Path(__file__).parent / "diagnostics").glob("*.md"))
EXAMPLE = re.compile(r"([^\n]+)\n\n```rules\n(.*?)```\n\n```text\n(.*?)\n```\n", re.DOTALL)
EXAMPLES = [
    pytest.param(rules, text, id=f"{page.stem}: {sentence}")
    for page in PAGES
    for sentence, rules, text in EXAMPLE.findall(page.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("rules", "text"), EXAMPLES)
def test_a_fault_is_told_in_these_words(rules: str, text: str) -> None:
    diagnostics = parse(Source("style.rules", rules)).diagnostics
    assert "\n\n".join(render(diagnostic) for diagnostic in diagnostics) == text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_nothing_but_examples(page: Path) -> None:
    rest = EXAMPLE.sub("", page.read_text(encoding="utf-8"))
    assert rest.strip() == ""


def test_no_name_of_a_terminal_is_printed() -> None:
    for page in PAGES:
        shown = " ".join(EXAMPLE.findall(page.read_text(encoding="utf-8"))[0][2].split("\n")[:1])
        assert not re.search(r"\b[A-Z]{3,}\b|__|\$END", shown)
