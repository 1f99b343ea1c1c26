"""The ready styles whose voices differ in rhythm: each has its texture, and comes back from a file clean."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from rulegen.compose import compose, prepare
from rulegen.grading.grade import grade
from rulegen.io.midi import write_midi
from rulegen.io.musicxml import write_musicxml
from rulegen.io.read import read_score
from rulegen.score.events import Note, Score
from rulegen.style.check import load_style
from rulegen.style.model import Style

F = Fraction
STYLES = Path(__file__).resolve().parents[2] / "styles"
SEEDS = (3, 8)
NAMES = ("song_hymn", "ragtime_left_hand", "invention", "string_quartet_texture")


@pytest.fixture(scope="module", params=NAMES)
def composed(request: pytest.FixtureRequest) -> tuple[Style, list[Score]]:
    style = load_style(STYLES / f"{request.param}.rules")
    prepared = prepare(style, {})
    return style, [piece.score for piece in compose(prepared, SEEDS)]


def _sounding(score: Score, voice: str) -> list[Note]:
    return [note for note in score.notes_of(voice) if not note.is_rest]


def _hymn(score: Score) -> None:
    """All breathe after each line but the third and the seventh, and the women sing the fifth alone."""
    for number, phrase in enumerate(score.phrases, start=1):
        breath = F(0) if number in (3, 7) else F(1, 4)
        ends = {
            voice.name: max(note.end for note in notes)
            for voice in score.voices
            if (notes := [n for n in _sounding(score, voice.name) if phrase.onset <= n.onset < phrase.end])
        }
        assert set(ends.values()) == {phrase.end - breath}
        assert set(ends) == ({"soprano", "alto"} if number == 5 else {each.name for each in score.voices})


def _ragtime(score: Score) -> None:
    """Octaves on the beats, chords between them, and in each phrase of the tune notes across a beat."""
    beats, between = {F(0), F(1, 4)}, {F(1, 8), F(3, 8)}
    low, high = _sounding(score, "bass"), _sounding(score, "octave")
    assert {note.onset % F(1, 2) for note in low} == beats
    assert [a.pitch.midi - b.pitch.midi for a, b in zip(high, low, strict=True) if a.pitch and b.pitch] == (
        [12] * len(low)
    )
    for name in ("upper", "middle", "lower"):
        assert {note.onset % F(1, 2) for note in _sounding(score, name)} == between
    tune = _sounding(score, "tune")
    for phrase in score.phrases:
        inside = [note for note in tune if phrase.onset <= note.onset < phrase.end]
        assert sum(note.onset % F(1, 8) != 0 and note.duration >= F(1, 8) for note in inside) >= 4


def _invention(score: Score) -> None:
    """What one hand says is answered half a bar later, and in the sequences each half bar falls by a third."""
    lines = {name: {note.onset: note for note in _sounding(score, name)} for name in ("right", "left")}
    pitches = {name: {at: note.pitch for at, note in line.items()} for name, line in lines.items()}
    for number, section in enumerate(score.sections):
        halves = [section.onset + half * F(1, 2) for half in range(int(2 * (section.end - section.onset)))]
        if section.name in "AC":
            first, second, octave = ("right", "left", 12) if section.name == "A" else ("left", "right", -12)
            for half in halves[::2]:
                for step in range(1, 8):
                    said = pitches[first][half + F(step, 16)]
                    answered = pitches[second][half + F(1, 2) + F(step, 16)]
                    assert said and answered and said.midi - answered.midi == octave, number
        if section.name in "BD":
            line = pitches["right" if section.name == "B" else "left"]
            for one, other in pairwise(halves[:4]):
                for step in range(8):
                    before, after = line[one + F(step, 16)], line[other + F(step, 16)]
                    assert before and after and before.diatonic - after.diatonic == 2, number


def _quartet(score: Score) -> None:
    """No two play in one rhythm, the inner voices exchange theirs, and the murmur is short."""
    for section in score.sections:
        inside = {
            voice.name: [n for n in _sounding(score, voice.name) if section.onset <= n.onset < section.end]
            for voice in score.voices
        }
        rhythms = {tuple((n.onset, n.duration) for n in notes) for notes in inside.values()}
        assert len(rhythms) == 4
        murmurs, sways = ("second", "viola") if section.name in "AB" else ("viola", "second")
        assert {n.onset % F(1, 2) for n in inside[murmurs]} == {F(1, 8), F(1, 4), F(3, 8)}
        assert {n.duration for n in inside[sways]} == {F(1, 8), F(1, 4)}
        assert all("staccato" in n.articulations for n in inside[murmurs])
        assert not any("staccato" in n.articulations for n in inside[sways])


TEXTURES = {"Hymn": _hymn, "Ragtime": _ragtime, "Invention": _invention, "String quartet": _quartet}


def test_a_style_has_its_texture(composed: tuple[Style, list[Score]]) -> None:
    style, scores = composed
    for score in scores:
        TEXTURES[style.title](score)


@pytest.mark.parametrize("kind", ["musicxml", "mid"])
def test_what_it_composes_comes_back_from_a_file_and_grades_clean(
    composed: tuple[Style, list[Score]], kind: str, tmp_path: Path
) -> None:
    style, scores = composed
    for score in scores:
        path = tmp_path / f"it.{kind}"
        (write_musicxml if kind == "musicxml" else write_midi)(score, path)
        found = read_score(path)
        assert grade(found, style).is_clean
        for voice in style.voices:
            assert [(n.onset, n.pitch and n.pitch.midi) for n in _sounding(found, voice.name)] == [
                (n.onset, n.pitch and n.pitch.midi) for n in _sounding(score, voice.name)
            ]
