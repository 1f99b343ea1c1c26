"""The table of the house on its pages is the one that the test of the house keeps."""

from pathlib import Path

import pytest

from docs.make_layers import PAGES, made


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_the_table_of_the_house(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "| `theory` |" in text
    assert made(text) == text, "make it anew: python docs/make_layers.py"
