"""Chorales as a teacher would mark them."""

from pathlib import Path

import pytest

from benchmarks.thousand import faults, hard_findings, music_of, written_and_read
from rulegen.compose import compose, prepare
from rulegen.io.musicxml import write_musicxml
from rulegen.resources import style_path
from rulegen.score.notation import parse_score
from rulegen.style.check import load_style
from tests.music.regenerate import FEWER, GOLDEN, record_of

PIECES, READ_BACK = 8, 3

HEAD = """title "Faults"
key C major
meter 4/4
voice soprano A3..A5
voice alto F3..D5
voice tenor C3..A4
voice bass D2..D4

"""


def test_chorales_break_no_rule_are_all_different_and_please_a_second_judge(tmp_path: Path) -> None:
    """Seeds give what they gave, too: tests/music/test_golden.py leaves these to it."""
    style = load_style(style_path("chorale"))
    pieces = compose(prepare(style, {}), range(PIECES))
    record = (GOLDEN / "chorale.txt").read_text(encoding="utf-8")
    assert record_of(piece for piece in pieces if piece.seed in FEWER) == record
    assert len({music_of(piece.score) for piece in pieces}) == PIECES
    assert len({dict(piece.score.metadata)["form"] for piece in pieces}) >= 6
    assert {piece.score.key.mode for piece in pieces} == {"major", "minor"}
    for piece in pieces:  # what leaves its key comes home
        assert piece.score.timeline.key_at(piece.score.timeline.phrases[-1].onset) == piece.score.key
    for number, piece in enumerate(pieces):
        assert [each.message for each in piece.grade.findings if each.hard] == []
        path, read = written_and_read(piece.score, tmp_path)
        assert faults(path) == [], f"seed {piece.seed}"
        if number < READ_BACK:
            assert hard_findings(read, style) == [], f"seed {piece.seed}"


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("G4 A4 | E4 F4 | C4 D4 | C3 D3", "parallel octaves of tenor and bass"),
        ("G4 A4 | E4 E4 | C4 C4 | C3 D3", "parallel fifths of soprano and bass"),
        ("E4 F4 | E4 F4 | C4 C4 | C3 C3", "parallel unisons of soprano and alto"),
        ("E4 A4 | E4 E4 | C4 C4 | C3 D3", "hidden fifths of soprano and bass"),
        ("G4 D5 | E4 F4 | C4 A3 | C3 D3", "hidden octaves of soprano and bass"),
        ("E4 E4 | E4 G4 | C4 C4 | C3 C3", "crossing of soprano and alto"),
        ("E5 F5 | E4 D4 | C4 C4 | C3 C3", "wide spacing of soprano and alto"),
        ("E4 E4 | E4 E4 | C4 A4 | C3 C2", "wide spacing of tenor and bass"),
        ("E4 E4 | E4 E4 | C4 C4 | C3 C2", "range of bass"),
    ],
)
def test_the_second_judge_finds_what_is_wrong(lines: str, fault: str, tmp_path: Path) -> None:
    names = ("soprano", "alto", "tenor", "bass")
    rows = [
        f"{name} | {line.strip().replace(' ', ':1/2 ')}:1/2 |"
        for name, line in zip(names, lines.split("|"), strict=True)
    ]
    path = tmp_path / "faults.musicxml"
    write_musicxml(parse_score(HEAD + "\n".join(rows) + "\n"), path)
    assert fault in [found.rpartition(" at ")[0] or found for found in faults(path)]
