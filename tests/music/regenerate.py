"""The golden record, and what makes it anew: `python tests/music/regenerate.py [name …]`.

For every shipped style and every example of the tour: the notes that each of the seeds gives, in the short notation
without its header, but for dynamics and hairpins. A change that alters what a seed gives belongs into CHANGELOG.md: who composed with that seed
gets another piece.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from rulegen.compose import Composition, compose, prepare
from rulegen.plan.given import tunes_of
from rulegen.score.notation import format_score
from rulegen.style.check import load_style

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).resolve().parent / "golden"
SEEDS = range(1, 41)
# Of a style whose pieces have each their form or rhythm, or walk with a network of four voices; of an embellished one.
FEWER, FEWEST = range(1, 7), range(1, 3)
# So many seeds tell in about a minute whether a record is stale; of forms one says little.
FIRST_OF_MANY, FIRST = 4, 3
IMPOSSIBLE = "11_impossible"
STYLES = {
    path.stem: path
    for path in sorted([*ROOT.glob("styles/*.rules"), *ROOT.glob("examples/[0-9]*.rules")])
    if path.stem != IMPOSSIBLE
}


def golden(name: str, is_quick: bool = False) -> str:
    """The record of one style: a line for each seed, and the notes of its piece below.

    is_quick: its beginning alone, the first few seeds.
    """
    style = load_style(STYLES[name])
    has_lattices = style.alternatives is not None or style.rhythm_first  # a piece is in one of its own
    takes_long = has_lattices or any(each.subject == "voices" for each in style.models)
    takes_longest = bool(style.embellishments) or (style.rhythm_first and len(style.voices) > 2)
    seeds = FEWEST if takes_longest else FEWER if takes_long else SEEDS
    if is_quick:
        seeds = seeds[: FIRST_OF_MANY if seeds == SEEDS else FIRST]
    return record_of(compose(prepare(style, tunes_of(style, {})), seeds))


def record_of(pieces: Iterable[Composition]) -> str:
    """A line for the seed of each piece, and its notes below."""
    return "\n".join(f"seed {piece.seed}\n{_music(format_score(piece.score))}" for piece in pieces)


def _music(text: str) -> str:
    header, _, systems = text.partition("\n\n")
    marks = (line for line in header.split("\n") if line.startswith(("dynamic ", "hairpin ")))
    return "".join(f"{line}\n" for line in marks) + systems


def main() -> None:
    """Writes the record of the styles that are named, or of all, and says which changed."""
    GOLDEN.mkdir(exist_ok=True)
    for name in sys.argv[1:] or STYLES:
        text, path = golden(name), GOLDEN / f"{name}.txt"
        before = path.read_text(encoding="utf-8") if path.exists() else None
        path.write_text(text, encoding="utf-8")
        print(f"{name}: {'new' if before is None else 'as before' if before == text else 'changed'}")


if __name__ == "__main__":
    main()
