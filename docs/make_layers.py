"""Writes the table of the house into its pages, from the test that keeps it: `python docs/make_layers.py`."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.test_house import MAY_IMPORT  # noqa: E402

PAGES = (ROOT / "CONTRIBUTING.md", ROOT / "docs" / "how-it-works.md")
HEAD = "| part | what it is | may import |\n"
PARTS = [part for part in MAY_IMPORT if not part.startswith("__")]


def table() -> str:
    """The parts, lowest first, with the first lines of their docstrings."""
    rows = [f"| `{part}` | {_says(part)} | {_imports(part)} |" for part in PARTS]
    return "\n".join([f"{HEAD}| --- | --- | --- |", *rows, ""])


def made(page: str) -> str:
    """A page with the table made anew."""
    return re.sub(re.escape(HEAD) + r"(\|.*\n)*", lambda _: table(), page)


def _says(part: str) -> str:
    package = ROOT / "rulegen" / part / "__init__.py"
    file = package if package.exists() else ROOT / "rulegen" / f"{part}.py"
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(said.partition("\n\n")[0].split())


def _imports(part: str) -> str:
    named = [other for other in PARTS if other in MAY_IMPORT[part] and other != part]
    others = [other for other in PARTS if other not in named and other != part]
    if len(named) <= len(others):
        return " ".join(f"`{other}`" for other in named) or "nothing"
    return "all but " + " ".join(f"`{other}`" for other in others)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(made(page.read_text(encoding="utf-8")), encoding="utf-8")
