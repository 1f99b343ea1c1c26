"""Melodies of Bach's chorales, in several keys and meters: harmonised, they keep all that is demanded."""

from pathlib import Path

import pytest
from music21 import corpus

from rulegen.compose import compose, prepare
from rulegen.grading.grade import grade
from rulegen.io.musicxml import write_musicxml
from rulegen.io.read import read_score
from rulegen.plan.given import tunes_of
from rulegen.resources import style_path
from rulegen.style.check import load_style

TUNES = (  # name in the corpus, key, meter, upbeat in quarters
    ("bwv165.6", "G major", "4/4", 1),
    ("bwv119.9", "C major", "4/4", 2),
    ("bwv153.9", "C major", "3/4", 0),
    ("bwv194.12", "Bb major", "3/4", 1),
    ("bwv244.10", "Ab major", "4/4", 1),
    ("bwv139.6", "E major", "4/4", 1),
    ("bwv122.6", "G minor", "3/4", 0),
    ("bwv148.6", "F# minor", "4/4", 1),
    ("bwv188.6", "A minor", "4/4", 1),
    ("bwv101.7", "D minor", "4/4", 1),
    ("bwv85.6", "C minor", "4/4", 1),  # notated with two flats
    ("bwv298", "G major", "4/4", 1),  # mixolydian
)


@pytest.mark.parametrize(("name", "key", "meter", "upbeat"), TUNES)
def test_a_melody_is_kept_and_harmonised_without_a_fault(
    name: str, key: str, meter: str, upbeat: int, tmp_path: Path
) -> None:
    tune = tmp_path / "tune.musicxml"
    corpus.parse(f"bach/{name}").parts[0].write("musicxml", str(tune))
    style = load_style(style_path("chorale"))
    given = tunes_of(style, {"soprano": tune})["soprano"]
    assert (given.timeline.key.name, str(given.timeline.meter), given.timeline.pickup * 4) == (
        key,
        meter,
        upbeat,
    )
    piece = compose(prepare(style, {"soprano": given}), [1])[0]
    assert [finding.message for finding in piece.grade.findings if finding.hard] == []
    assert [(n.onset, n.pitch) for n in piece.score.notes_of("soprano")] == [
        (n.onset, n.pitch) for n in given.notes
    ]
    written = tmp_path / "piece.musicxml"
    write_musicxml(piece.score, written)
    assert [finding.message for finding in grade(read_score(written), style).findings if finding.hard] == []
