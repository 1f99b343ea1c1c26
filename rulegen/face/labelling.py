"""Chords for pieces that state none, as a style hears them: models learn from them, and they are compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rulegen.errors import ModelError, RulegenError
from rulegen.face.sources import find_style
from rulegen.storage import cache_folder, replace_whole

if TYPE_CHECKING:
    from rulegen.models.corpus import Body
    from rulegen.models.learn.run import Assignment
    from rulegen.models.places import SymbolLine
    from rulegen.score.events import Score
    from rulegen.style.model import Style

_FORMAT = 3
Kept = dict[str, Any]


def chord_lines(
    task: Assignment, body: Body, style_name: str, progress: Callable[[str], None]
) -> list[SymbolLine]:
    """The chords of each piece that takes part in the split, kept piece by piece from run to run.

    Pieces that the style hears no chords in, or whose voices are not its own, are left out. Raises ModelError
    where none is left.
    """
    from rulegen.io.corpus import name_of
    from rulegen.models.corpus import files_of
    from rulegen.models.learn.run import split_for

    wanted = split_for(task, body).part
    files = [file for file in files_of(task.corpus) if name_of(file) in wanted]
    kept = _heard_in(files, body.name, hearing(style_name), progress)
    lines = []
    for file in files:
        line = _line(name_of(file), kept[name_of(file)])
        if line is not None:
            lines.append(line)
    if not lines:
        raise ModelError(f"{style_name} hears no chords in {body.name}: it needs pieces with its own voices")
    return lines


def with_chords(
    body: Body, source: str, style: Style, progress: Callable[[str], None], wanted: Collection[str] = ()
) -> Body:
    """The body with the chords that a style hears in those of its pieces that state none; where any are
    wanted by name, in no others.
    """
    from rulegen.io.corpus import name_of
    from rulegen.models.corpus import files_of

    silent = {
        piece.name for piece in body.pieces if not piece.chords and (not wanted or piece.name in wanted)
    }
    files = [file for file in files_of(source) if name_of(file) in silent]
    kept = _heard_in(files, body.name, style, progress)
    return replace(
        body,
        pieces=tuple(
            replace(piece, chords=_stated(kept.get(piece.name))) if piece.name in silent else piece
            for piece in body.pieces
        ),
    )


def labels_of(
    files: Sequence[Path], body: str, style: Style, progress: Callable[[str], None]
) -> dict[str, tuple[str, ...]]:
    """The labels of the chords that a style hears in files of a body, by their stems: one at each point where
    its harmony may change, sections that are stated again left out; none where it hears none.
    """
    kept = _heard_in(files, body, style, progress)
    return {stem: _labels(heard) for stem, heard in kept.items()}


def labels_in(score: Score, style: Style) -> tuple[str, ...]:
    """The labels of the chords that a style hears in a score; none where it hears none."""
    return _labels(_heard(lambda: score, style))


def chords_in(score: Score, style: Style) -> tuple[tuple[Fraction, str], ...]:
    """The chords that a style hears in a score, (onset, label), as a piece states them; none where it hears
    none."""
    return _stated(_heard(lambda: score, style))


def hearing(style_name: str) -> Style:
    """A style that hears chords. Raises ModelError for one that has no harmony."""
    from rulegen.style.check import load_style

    style = load_style(find_style(style_name))
    if style.harmony is None:
        raise ModelError(f"{style_name} has no harmony, so no chords are heard by it")
    return style


def _heard_in(
    files: Sequence[Path], body: str, style: Style, progress: Callable[[str], None]
) -> dict[str, Kept | None]:
    """What a style hears in the files of a body, by their stems; kept until a file changes."""
    from rulegen.io.corpus import name_of
    from rulegen.io.read import read_score

    said = "|".join([style.source.text, *(pack.text for pack in style.packs), str(_FORMAT), body])
    mark = hashlib.sha256(said.encode()).hexdigest()[:24]
    place = None if (folder := cache_folder()) is None else folder / f"chords-{mark}.json"
    kept, found = _recalled(place), {}
    for number, file in enumerate(files, 1):
        progress(f"hearing chords: {number} of {len(files)}")
        state = file.stat()
        own = f"{name_of(file)}|{state.st_size}|{state.st_mtime_ns}"
        if own not in kept:
            kept[own] = _heard(partial(read_score, file), style)
            _keep(place, kept)
        found[name_of(file)] = kept[own]
    return found


def _heard(read: Callable[[], Score], style: Style) -> Kept | None:
    """The labels of a piece and their conditions; None where the style hears none."""
    from rulegen.io.pieces import piece_of
    from rulegen.models.places import condition_of, phrase_classes, strength_class
    from rulegen.plan.labels import labelled
    from rulegen.plan.matching import fit

    try:
        score = labelled(fit(own_voices(read(), style), style), style)
    except (RulegenError, KeyError):
        return None
    again = [(part.onset, part.end) for part in score.sections if part.repeat_of is not None]
    chords = [event for event in score.chords if not any(start <= event.onset < end for start, end in again)]
    stated = piece_of(score, "").chords
    ends = [phrase.end for phrase in score.phrases] or [score.end]
    phrases = phrase_classes([event.onset for event in chords], ends)
    clock = score.timeline
    conditions = [
        condition_of(
            not clock.key_at(event.onset).has_major_third,
            strength_class(clock.meter_at(event.onset), clock.position(event.onset)),
            phrase,
        )
        for event, phrase in zip(chords, phrases, strict=True)
    ]
    return {
        "chords": [label for _, label in stated],
        "onsets": [str(onset) for onset, _ in stated],
        "conditions": conditions,
    }


def own_voices(score: Score, style: Style) -> Score:
    """The score with the voices of the style alone, where it has them by their names, and without chords."""
    names = [voice.name for voice in style.voices]
    found = {voice.name.lower(): voice.name for voice in score.voices}
    if len(score.voices) == len(names) or not set(names) <= found.keys():
        return replace(score, chords=())
    kept = {found[name] for name in names}
    notes = tuple(note for note in score.notes if note.voice in kept)
    return replace(score, voices=tuple(score.voice(found[name]) for name in names), notes=notes, chords=())


def _line(name: str, kept: Kept | None) -> SymbolLine | None:
    from rulegen.models.places import SymbolLine

    if not kept or not kept["chords"]:
        return None
    return SymbolLine(name, tuple(map(str, kept["chords"])), tuple(map(int, kept["conditions"])))


def _labels(kept: Kept | None) -> tuple[str, ...]:
    return tuple(map(str, kept["chords"])) if kept else ()


def _stated(kept: Kept | None) -> tuple[tuple[Fraction, str], ...]:
    if not kept:
        return ()
    return tuple(
        (Fraction(onset), str(label)) for onset, label in zip(kept["onsets"], kept["chords"], strict=True)
    )


def _recalled(place: Path | None) -> dict[str, Kept | None]:
    if place is None:
        return {}
    try:
        found = json.loads(place.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(place: Path | None, kept: dict[str, Kept | None]) -> None:
    if place is None:
        return
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(place, [json.dumps(kept).encode()])
    except OSError:
        return
