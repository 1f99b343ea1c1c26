"""Opens a score of any format that is read: MusicXML, MIDI, or the short notation."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from rulegen.errors import ScoreReadError

if TYPE_CHECKING:
    from rulegen.face.piece import Piece
    from rulegen.score.events import Note, Score
    from rulegen.theory.scale import Key

_TEXT = ".txt"


def open_score(path: Path, key: Key | None = None) -> Score:
    """The score of a file. Raises ScoreReadError.

    MIDI knows no modes: where a signature of it is that of `key`, it is in that key.
    """
    from rulegen.io.files import MIDI, MUSICXML, read_whole

    if path.suffix.lower() != _TEXT:
        from rulegen.io.read import no_score, read_score

        if path.suffix.lower() not in (*MUSICXML, *MIDI) and not path.is_dir():
            raise no_score(path, (*MUSICXML, *MIDI, _TEXT))
        score = read_score(path)
        if key is None or path.suffix.lower() not in MIDI:
            return score
        return replace(score, timeline=score.timeline.with_mode_of(key))
    from rulegen.score.notation import parse_score

    try:
        return parse_score(read_whole(path).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ScoreReadError(f"{path} is not UTF-8 text") from None
    except ValueError as error:
        raise ScoreReadError(f"{path}: {error}") from None


def as_score(given: str | PathLike[str] | Piece | Score, key: Key | None = None) -> Score:
    """The score of a file, a piece, or itself; `key` as `open_score` takes it. Raises ScoreReadError."""
    from rulegen.face.piece import Piece

    if isinstance(given, Piece):
        return given.score
    return open_score(Path(given), key) if isinstance(given, (str, PathLike)) else given


def notes_at(score: Score, place: tuple[str, str, str] | None, bar: str | None) -> list[Note]:
    """The notes of a bar, or of all of them, in the order of time; or the one that sounds in a voice at a
    beat of a bar. Raises ScoreReadError where there is none.
    """
    sounding = [note for note in score.notes if note.pitch is not None]
    if place is None:
        found = [note for note in sounding if bar in (None, score.bar_name(note.onset))]
        if not found:
            raise ScoreReadError(f"the score has no notes in a bar {bar}")
        return found
    voice, bar, beat = place
    names = [each.name for each in score.voices]
    if voice not in names:
        raise ScoreReadError(f"the score has no voice {voice!r}: its voices are {', '.join(names)}")
    try:
        until = Fraction(beat)
    except (ValueError, ZeroDivisionError):
        raise ScoreReadError(f"{beat!r} is no beat: write 1, 2, 5/2 …") from None
    clock = score.timeline
    onsets = {note.onset for note in score.notes} | {span.onset for span in clock.spans("bar")}
    inside = (onset for onset in onsets if score.bar_name(onset) == bar and clock.beat(onset) <= until)
    then = max(inside, default=None)
    own = (note for note in sounding if note.voice == voice)
    found = [note for note in own if then is not None and note.onset <= then < note.end]
    if not found:
        raise ScoreReadError(f"{voice} has no note at bar {bar}, beat {beat}")
    return found


def key_said(text: str) -> Key:
    """The key of a text, as G dorian. Raises ScoreReadError."""
    from rulegen.theory.scale import Key

    try:
        return Key.parse(text)
    except ValueError as error:
        raise ScoreReadError(str(error)) from None
