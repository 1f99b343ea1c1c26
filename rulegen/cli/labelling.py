"""Chords for pieces that state none, as a style hears them: what models of harmony learn from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rulegen.cli.styles import find_style
from rulegen.errors import ModelError, RulegenError
from rulegen.storage import cache_folder, replace_whole

if TYPE_CHECKING:
    from rulegen.models.corpus import Body
    from rulegen.models.learn.run import Wish
    from rulegen.models.places import Line
    from rulegen.score.events import Score
    from rulegen.style.model import Style

_FORMAT = 1
Kept = dict[str, Any]


def chord_lines(wish: Wish, body: Body, style_name: str, progress: Callable[[str], None]) -> list[Line]:
    """The chords of each piece that takes part in the split, kept piece by piece from run to run.

    Pieces that the style hears no chords in, or whose voices are not its own, are left out. Raises ModelError
    where none is left.
    """
    from rulegen.models.corpus import files_of
    from rulegen.models.learn.run import split_for
    from rulegen.style.check import load_style

    path = find_style(style_name)
    style = load_style(path)
    if style.harmony is None:
        raise ModelError(f"{style_name} has no harmony, so no chords are heard by it")
    wanted = split_for(wish, body).part
    files = [file for file in files_of(wish.corpus) if file.stem in wanted]
    mark = hashlib.sha256(path.read_bytes() + f"|{_FORMAT}|{body.name}".encode()).hexdigest()[:24]
    place = None if (folder := cache_folder()) is None else folder / f"chords-{mark}.json"
    kept = _recalled(place)
    lines = []
    for number, file in enumerate(files, 1):
        progress(f"hearing chords: {number} of {len(files)}")
        if file.stem not in kept:
            kept[file.stem] = _heard(file, style)
            _keep(place, kept)
        line = _line(file.stem, kept[file.stem])
        if line is not None:
            lines.append(line)
    if not lines:
        raise ModelError(f"{style_name} hears no chords in {body.name}: it needs pieces with its own voices")
    return lines


def _heard(file: Path, style: Style) -> Kept | None:
    """The labels of a piece and their conditions; None where the style hears none."""
    from rulegen.grade import fit
    from rulegen.io.read import read_score
    from rulegen.models.places import condition_of, phrase_classes, strength_class
    from rulegen.plan.labels import labelled

    try:
        score = labelled(fit(_own_voices(read_score(file), style), style), style)
    except (RulegenError, KeyError):
        return None
    again = [(part.onset, part.end) for part in score.sections if part.repeat_of is not None]
    chords = [event for event in score.chords if not any(start <= event.onset < end for start, end in again)]
    ends = [phrase.end for phrase in score.phrases] or [score.end]
    phrases = phrase_classes([event.onset for event in chords], ends)
    minor = not score.key.has_major_third
    conditions = [
        condition_of(minor, strength_class(score.meter, score.position_in_bar(event.onset)), phrase)
        for event, phrase in zip(chords, phrases, strict=True)
    ]
    return {"chords": [event.chord.label for event in chords], "conditions": conditions}


def _own_voices(score: Score, style: Style) -> Score:
    """The score with the voices of the style alone, where it has them by their names."""
    names = [voice.name for voice in style.voices]
    found = {voice.name.lower(): voice.name for voice in score.voices}
    if len(score.voices) == len(names) or not set(names) <= found.keys():
        return replace(score, chords=())
    kept = {found[name] for name in names}
    notes = tuple(note for note in score.notes if note.voice in kept)
    return replace(score, voices=tuple(score.voice(found[name]) for name in names), notes=notes, chords=())


def _line(name: str, kept: Kept | None) -> Line | None:
    from rulegen.models.places import Line

    if not kept or not kept["chords"]:
        return None
    return Line(name, tuple(map(str, kept["chords"])), tuple(map(int, kept["conditions"])))


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
