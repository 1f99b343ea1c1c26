"""The phrases of a corpus as a style reads them: its own voices, in its meter, with chords given or heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rulegen.errors import ModelError, RulegenError, ScoreReadError

if TYPE_CHECKING:
    from rulegen.face.progress import Progress
    from rulegen.fit.phrases import Heard
    from rulegen.models.corpus import Body
    from rulegen.score.events import Score
    from rulegen.style.model import Style


@dataclass(frozen=True)
class CorpusPhrases:
    """The phrases of a corpus; the files that could not be read, and the pieces that the style does not
    speak of, each with the reason.
    """

    name: str
    pieces: int
    phrases: tuple[Heard, ...]
    skipped: tuple[tuple[str, str], ...]
    unfit: tuple[tuple[str, str], ...]


def read_corpus(source: str, style: Style, progress: Progress) -> CorpusPhrases:
    """Reads a corpus for a style. Raises ModelError where there is none, or none of its pieces is one that
    the style speaks of.
    """
    from rulegen.fit.phrases import phrases_of
    from rulegen.models.corpus import files_of, gather, named

    body = gather(source, progress.say)
    files = files_of(source)
    scores: list[tuple[Path, str, Score]] = []
    unfit: list[tuple[str, str]] = []
    for path in progress.through(files, "reading", len(files)):
        for name, score in _scores(path, body):
            try:
                scores.append((path, name, _as_style_speaks(score, style)))
            except (RulegenError, ValueError) as error:
                unfit.append((name, str(error)))
    labels = _labels(scores, body, style, progress)
    phrases: list[Heard] = []
    for _, name, score in progress.through(scores, "finding phrases", len(scores)):
        try:
            phrases += phrases_of(_with_chords(score, labels.get(name, ()), style), style, name)
        except ScoreReadError as error:
            unfit.append((name, str(error)))
    if not phrases:
        raise ModelError(f"{style.title} speaks of no piece of {body.name}:\n{named(unfit)}")
    pieces = len({phrase.piece for phrase in phrases})
    return CorpusPhrases(body.name, pieces, tuple(phrases), body.skipped, tuple(unfit))


def _scores(path: Path, body: Body) -> list[tuple[str, Score]]:
    """The pieces of a file; none where it was skipped when the body was read."""
    from rulegen.io.corpus import BY_MUSIC21, name_of
    from rulegen.io.pieces import score_of
    from rulegen.io.read import read_score

    if path.suffix.lower() in BY_MUSIC21:
        mine = [each for each in body.pieces if _is_of(each.name, name_of(path))]
        return [(each.name, score_of(each)) for each in mine]
    try:
        return [(name_of(path), read_score(path))]
    except ScoreReadError:
        return []


def _is_of(piece: str, stem: str) -> bool:
    """Whether a piece is the one of a file, or one of several: `book-3`."""
    return piece == stem or (piece.startswith(f"{stem}-") and piece[len(stem) + 1 :].isdecimal())


def _as_style_speaks(score: Score, style: Style) -> Score:
    """The score with the style's voices, of which some phrase may be in a meter and a mode that the style
    speaks of. Raises ScoreReadError.
    """
    from rulegen.face.labelling import own_voices
    from rulegen.fit.phrases import meters_of
    from rulegen.plan.domains import chords_of
    from rulegen.plan.matching import fit

    meters = meters_of(style)
    own = [change.meter for change in score.timeline.meters]
    if meters and not meters & set(own):
        spoken = " and ".join(str(meter) for meter in dict.fromkeys(own))
        raise ScoreReadError(f"it is in {spoken}, and the style in {' and '.join(sorted(map(str, meters)))}")
    if style.harmony is not None:
        one_mode = all(mode is None for mode, _ in style.harmony.chords) and style.key is not None
        if one_mode and style.key is not None and style.key.has_major_third != score.key.has_major_third:
            raise ScoreReadError(f"it is in {score.key.name}, and the style has the chords of another mode")
        if not chords_of(style, score.key):
            raise ScoreReadError(f"the style has no chords for {score.key.name}")
    found = own_voices(score, style)
    return fit(replace(found, chords=score.chords), style)


def _labels(
    scores: Sequence[tuple[Path, str, Score]], body: Body, style: Style, progress: Progress
) -> dict[str, tuple[str, ...]]:
    """What the style hears in scores that state no chords, by their names; of what rulegen reads itself it is
    kept.
    """
    from rulegen.face.labelling import labels_in, labels_of
    from rulegen.io.corpus import BY_MUSIC21

    silent = [each for each in scores if not each[2].chords]
    if style.harmony is None or not silent:
        return {}
    read = [path for path, _, _ in silent if path.suffix.lower() not in BY_MUSIC21]
    found = labels_of(read, body.name, style, progress.say)
    others = [(name, score) for path, name, score in silent if path.suffix.lower() in BY_MUSIC21]
    for name, score in progress.through(others, "hearing chords", len(others)):
        found[name] = labels_in(score, style)
    return found


def _with_chords(score: Score, labels: Sequence[str], style: Style) -> Score:
    """The score with the chords that were heard in it, where it states none. Raises ScoreReadError."""
    from rulegen.plan.schedule import chord_points
    from rulegen.score.events import ChordEvent
    from rulegen.theory.chord import parse_chord

    if style.harmony is None:
        return replace(score, chords=())
    if score.chords:
        return score
    again = [(part.onset, part.end) for part in score.sections if part.repeat_of is not None]
    points = chord_points(style.harmony.change, score)
    ends = [*points[1:], score.end]
    open_spans = [
        (onset, end)
        for onset, end in zip(points, ends, strict=True)
        if not any(start <= onset < stop for start, stop in again)
    ]
    if len(open_spans) != len(labels):
        raise ScoreReadError("the style hears no chords in it")
    events = [
        ChordEvent(onset, end - onset, parse_chord(label, score.key))
        for (onset, end), label in zip(open_spans, labels, strict=True)
    ]
    return replace(score, chords=tuple(events))
