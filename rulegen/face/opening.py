"""Styles by their name, their file or their text; scores by their file."""

from __future__ import annotations

from collections.abc import Collection
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rulegen.face.piece import Piece
    from rulegen.face.style import Style


def load(
    style: str | PathLike[str],
    *,
    given: Collection[str] = (),
    budget: int | None = None,
    particles: int = 64,
    cached: bool = True,
) -> Style:
    """A style: a ready one by its name, one of a file by its path, or one that is written out as a text.

    given: voices that will be given when it composes; files that the style itself names for them need not
    exist. budget: how many arcs a layer of its lattice may have before a rule's memory leaves it (2,000,000).
    particles: how many keep then what does not fit, and consult models. cached: whether built lattices are
    kept in the user's cache folder. Raises StyleError with all faults at once.

    >>> rulegen.load("first_species")
    First species: 2 voices, 26 hard rules, 12 soft rules
    >>> hello = rulegen.load('''
    ... style "Hello"  meter 4/4  key D dorian
    ... voices { flute C4..D5 }  form { A = 2 bars }  rhythm { every beat }
    ... ''')
    >>> hello.count()
    43046721
    >>> rulegen.load(hello.text.replace("dorian", "dorien"))
    Traceback (most recent call last):
    rulegen.errors.StyleError: error[bad-key]: 'dorien' is not a mode: the modes are ...
    """
    from rulegen.face.sources import checked, source_of
    from rulegen.face.style import Style

    if particles < 1 or (budget is not None and budget < 1):
        raise ValueError("budget and particles are 1 or more")
    return Style(checked(source_of(style), given), budget, particles, cached)


def read(path: str | PathLike[str]) -> Piece:
    """The piece of a file: MusicXML (.musicxml .xml .mxl), MIDI (.mid .midi), or the short notation (.txt).

    Raises ScoreReadError for what cannot be read, with the place.

    >>> tune = rulegen.read("examples/tune.musicxml")
    >>> tune.score.key.name, len(tune.score.notes)
    ('G major', 31)
    """
    from rulegen.face.piece import Piece
    from rulegen.face.scores import open_score

    return Piece(open_score(Path(path)))
