"""The table of attributes on the page of the vocabulary."""

from docs.make_vocabulary import PAGE, made


def test_the_page_has_the_table_of_facets() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert made(text) == text, "make it anew: python docs/make_vocabulary.py"
