"""Makes the golden pieces anew: `python tests/music/regenerate.py`.

A change that alters what a seed gives belongs into CHANGELOG.md: who composed with that seed gets another
piece.
"""

from __future__ import annotations

from pathlib import Path

from rulegen.compose import compose, prepare
from rulegen.plan.given import tunes_of
from rulegen.resources import style_path
from rulegen.score.notation import format_score
from rulegen.style.check import load_style

GOLDEN = Path(__file__).resolve().parent / "golden"
STYLES = ("chorale", "first_species", "folk_tune")
SEEDS = (1, 2)
NOT_MUSIC = ("meta version", "meta hash")  # they change with every release, and with numpy's


def golden(style: str) -> dict[str, str]:
    """File name → the piece in the short notation, for every golden piece of a style."""
    read = load_style(style_path(style))
    pieces = compose(prepare(read, tunes_of(read, {})), SEEDS)
    return {f"{style}-{piece.seed}.txt": _music(format_score(piece.score)) for piece in pieces}


def _music(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(NOT_MUSIC))


def main() -> None:
    """Writes all golden pieces, and says which changed."""
    GOLDEN.mkdir(exist_ok=True)
    for style in STYLES:
        for name, text in golden(style).items():
            path = GOLDEN / name
            before = path.read_text(encoding="utf-8") if path.exists() else None
            path.write_text(text, encoding="utf-8")
            print(f"{name}: {'new' if before is None else 'as before' if before == text else 'changed'}")


if __name__ == "__main__":
    main()
