"""Writes the table of attributes into docs/vocabulary.md: `python docs/make_vocabulary.py`."""

from pathlib import Path

from rulegen.style.facets import page

PAGE = Path(__file__).parent / "vocabulary.md"
BEFORE, AFTER = "\n## Attributes\n\n", "\n`key`, `meter.bar_length`"


def made(text: str) -> str:
    """The page with its table made anew."""
    head, before, rest = text.partition(BEFORE)
    _, after, tail = rest.partition(AFTER)
    return f"{head}{before}{page()}\n{after}{tail}"


if __name__ == "__main__":
    PAGE.write_text(made(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
