"""A piece of music that shows itself, is written to files, and is graded."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rulegen.errors import OutputError
from rulegen.face.formats import ENDINGS, need, pages_of
from rulegen.score.events import Score
from rulegen.storage import write_whole
from rulegen.tables import counted

if TYPE_CHECKING:
    from rulegen.face.style import Style
    from rulegen.grading.grade import Grade


@dataclass(frozen=True, slots=True)
class Report:
    """How a piece came about.

    seed: what draws the same piece again; None for a best piece, and for one that was read.
    exactness: whether it was drawn from exactly the style's distribution, or is proved to be the best, and
    why not, as a sentence; `is_exact` is that in a word.
    log_weight: nats, of a best piece; place: its place among the best, from 1.
    effective_size: the least effective sample size on the way of the particles; None where there were none.
    returns: how often all particles died and went back; above 0 the draw is biased.
    again: how often what stood was drawn again, since nothing was left to go on with: a form without any
    piece, notes that no marks (articulations, dynamics) fit.
    form: what was taken of the alternatives of form; form_probability: of a best piece, that of its form.
    """

    seed: int | None = None
    exactness: str = "read from a file"
    is_exact: bool = True
    log_weight: float | None = None
    effective_size: float | None = None
    returns: int = 0
    place: int | None = None
    again: int = 0
    form: str = ""
    form_probability: float | None = None

    @property
    def line(self) -> str:
        """The seed or the place, and what the particles came to, on one line."""
        if self.place is not None:
            rank = "best" if self.place == 1 else f"best, place {self.place}"
            said = f"{rank}: log weight {self.log_weight:.6f} nats"
            if self.form_probability is not None:
                said += f" in a form of probability {self.form_probability:.4f}"
        else:
            said = "not drawn" if self.seed is None else f"seed {self.seed}"
        if self.effective_size is not None:
            said += f", least effective sample size {self.effective_size:.1f}"
        if self.returns:
            said += f", biased: all particles died and went back {counted(self.returns, 'time')}"
        if self.again:
            why = "what is drawn later, ornaments or marks, did not fit the notes"
            why = f"a form has no piece, or {why}" if self.form else why
            said += f", drawn again {counted(self.again, 'time')}: {why}"
        return said

    def __str__(self) -> str:
        return f"{self.line}\n{self.exactness}"


@dataclass(frozen=True, eq=False, repr=False)
class Piece:
    """A piece: drawn from a style, or read from a file.

    In a notebook it is the engraved score, where verovio is installed; elsewhere, and printed, its text in
    the short notation.

    score: its notes, chords and form, as events in whole notes from the first sound.
    report: how it came about.
    style: the style that it was drawn from; None for a piece that was read.

    >>> piece = rulegen.load("first_species").compose(seed=7)
    >>> piece.title
    'First species'
    >>> [str(note.pitch) for note in piece.score.notes_of("cantus")][:4]
    ['D4', 'F4', 'E4', 'D4']
    >>> print(piece.report)
    seed 7
    exact: drawn from just the style's distribution
    """

    score: Score
    report: Report = Report()
    style: Style | None = None

    @property
    def title(self) -> str:
        """What stands above the score."""
        return self.score.title

    @property
    def seed(self) -> int | None:
        """What draws the same piece again from the same style; None where it was not drawn."""
        return self.report.seed

    @property
    def size(self) -> str:
        """Its key and its length."""
        return f"{self.score.key.name}, {counted(self.score.timeline.spans('bar')[-1].number, 'bar')}"

    def save(
        self, path: str | PathLike[str], labels: bool = True, sound_font: str | PathLike[str] | None = None
    ) -> list[Path]:
        """Writes the piece, and says where: one file, or where it is a picture of several pages one for each.

        The ending says the format: .musicxml .xml .mxl .mid .midi .txt, .rntxt .ly .abc, .wav .flac .ogg
        .mp3, and with verovio .svg .png .pdf. labels: whether the chords are written too. sound_font: an .sf2
        to play with in place of the one that comes with rulegen. An existing file is replaced, whole. Raises
        OutputError for another ending, a format whose program is not installed or that cannot hold the piece,
        and a place that cannot be written.

        >>> rulegen.load("first_species").compose(seed=7).save("counterpoint.mid")
        [PosixPath('counterpoint.mid')]
        """
        place = Path(path)
        kind = ENDINGS.get(place.suffix.lower())
        if kind is None:
            raise OutputError(
                f"{fspath(path)}: its ending is none that rulegen writes ({', '.join(ENDINGS)})"
            )
        pages = self.pages(kind, labels, sound_font)
        places = [place, *(place.with_name(page_name(place, number)) for number in range(2, len(pages) + 1))]
        for each, content in zip(places, pages, strict=True):
            write_whole(each, content)
        return places

    def pages(
        self, kind: str, labels: bool = True, sound_font: str | PathLike[str] | None = None
    ) -> list[bytes]:
        """The piece as bytes: one file, or one a page where it is a picture.

        kind: musicxml, mxl, midi, txt, rntxt, ly, abc, svg, png, pdf, wav, flac, ogg or mp3. Raises
        OutputError where what it needs is not installed, or the format cannot hold the piece.

        >>> [page[:5] for page in rulegen.load("first_species").compose(seed=7).pages("musicxml")]
        [b'<?xml']
        """
        need(kind)
        font = None if sound_font is None else Path(sound_font)
        return pages_of(self.score if labels else replace(self.score, chords=()), kind, font)

    def to_music21(self) -> Any:
        """The piece as a `music21.stream.Score`: all that music21 can do with a score can be done with it.

        >>> rulegen.load("first_species").compose(seed=7).to_music21().parts[0].partName
        'Counterpoint'
        """
        from rulegen.io.music21_score import to_music21

        return to_music21(self.score)

    def grade(self, style: Style | None = None) -> Grade:
        """What a style says of the piece: its own where none is named.

        Raises TypeError for a piece that was read, without a style; ScoreReadError where its voices are not
        those of the style.

        >>> rulegen.load("first_species").compose(seed=7).grade().is_clean
        True
        """
        if style is not None:
            return style.grade(self)
        if self.style is None:
            raise TypeError("this piece was read, not drawn: say by which style, as in piece.grade(style)")
        return self._own_grade

    @cached_property
    def _own_grade(self) -> Grade:
        assert self.style is not None
        return self.style.grade(self)

    def __str__(self) -> str:
        return self.pages("txt")[0].decode()

    __repr__ = __str__

    def _repr_html_(self) -> str | None:
        """The engraved score for a notebook; None, so that the text stands in, where verovio is missing."""
        try:
            pages = self.pages("svg")
        except OutputError:
            return None
        source = (
            "data:image/svg+xml;base64,"  # an image each: the styles and names of one page touch no other
        )
        return "\n".join(f'<img src="{source}{b64encode(page).decode()}" width="100%"/>' for page in pages)


def page_name(path: Path, number: int) -> str:
    """The name of a page's file; the first has the name that was asked for."""
    return path.name if number == 1 else f"{path.stem}-page{number}{path.suffix}"
