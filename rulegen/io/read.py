"""Reads a score, or one voice of it, from a MusicXML or MIDI file."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rulegen.errors import ScoreReadError
from rulegen.io.container import read_tree
from rulegen.io.files import MIDI, MUSICXML, read_whole
from rulegen.io.read_midi import midi_score
from rulegen.io.read_musicxml import part_names, score_of
from rulegen.score.events import Score

_LONGEST_MESSAGE = 300


def read_score(path: str | os.PathLike[str]) -> Score:
    """Reads a score, its voices in the order of the file, which is top first as a rule.

    Repeats are written out. Raises ScoreReadError, with the place, for what our scores cannot hold.
    """
    file, suffix = os.fspath(path), _suffix(path)
    content = read_whole(path)
    with _refusing(file):
        if suffix in MIDI:
            return midi_score(content, file)
        return score_of(read_tree(content, file), file)


def read_part(path: str | os.PathLike[str], which: str | None = None) -> Score:
    """Reads one voice as a score of its own; `which` is its name or its number, counted from 1.

    Raises ScoreReadError where the file has several voices and `which` names none of them.
    """
    file, suffix = os.fspath(path), _suffix(path)
    if suffix in MUSICXML:
        content = read_whole(path)
        with _refusing(file):
            root = read_tree(content, file)
            place = _place(part_names(root), which)
            score = None if place is None else score_of(root, file, only=place)
        if score is not None:
            return score if len(score.voices) == 1 else only_voice(score, which, file)
    return only_voice(read_score(path), which, file)


@contextmanager
def _refusing(file: str) -> Iterator[None]:
    """Says of a file that cannot be read what is wrong: on one line, whatever the damaged file says."""
    try:
        yield
    except (ScoreReadError, ValueError) as error:
        said = str(error).removeprefix(file)
        between = ": " if not isinstance(error, ScoreReadError) else " " if said.startswith(" ") else ""
        raise ScoreReadError(f"{file}{between}{_on_one_line(said)}") from None


def _on_one_line(text: str) -> str:
    """A text without line breaks, with a mark for what is not printable, cut where it is long."""
    line = "".join(letter if letter.isprintable() else "\ufffd" for letter in " ".join(text.split()))
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]} …"


def only_voice(score: Score, which: str | None, file: str) -> Score:
    """A score with that voice alone. Raises ScoreReadError where `which` names none of several."""
    names = [voice.name for voice in score.voices]
    place = _place(names, which)
    if place is None:
        shown = ", ".join(names)
        said = f"none of them is called {which!r}" if which is not None else "it is not said which is meant"
        if len(names) == 1:
            raise ScoreReadError(f"{file} has one part ({shown}), and {said}: leave the number out")
        raise ScoreReadError(
            f"{file} has {len(names)} parts ({shown}), and {said}: "
            "choose one by its name, or by its number from the top, as in FILE:2"
        )
    name = names[place]
    return replace(score, voices=(score.voice(name),), notes=score.notes_of(name))


def _place(names: Sequence[str], which: str | None) -> int | None:
    """The place of a name, whatever its capitals, or of a number counted from 1.

    The only part goes by any name, but by no number beyond 1.
    """
    wanted = " ".join((which or "").replace("_", " ").split()).lower()
    for place, name in enumerate(names):
        if which is not None and name.replace("_", " ").lower() == wanted:
            return place
    if wanted.isdecimal():
        return int(wanted) - 1 if len(wanted) < 9 and 1 <= int(wanted) <= len(names) else None
    return 0 if len(names) == 1 else None


def _suffix(path: str | os.PathLike[str]) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in (*MUSICXML, *MIDI) and not Path(path).is_dir():
        raise no_score(path, (*MUSICXML, *MIDI))
    return suffix


def no_score(path: str | os.PathLike[str], known: Sequence[str]) -> ScoreReadError:
    """What is said of a file whose ending is none of those that are read."""
    advice = f"export it as MusicXML; it reads {', '.join(known)}"
    return ScoreReadError(f"{os.fspath(path)} is no score that rulegen reads: {advice}")
