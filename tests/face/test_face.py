"""Styles, pieces and what is said of them, as a notebook meets them."""

from __future__ import annotations

import base64
import io
import os
import pickle
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import rulegen
from rulegen.face.formats import FORMATS

DUO = """style "Duo"
use voice_leading
meter 4/4
key C major
voices { upper E4..G5  lower C3..E4 }
form { A = 2 bars }
rhythm { every half }
forbid parallel_fifths
prefer contrary_motion weight 1
"""


@pytest.fixture
def duo(folder: Path) -> rulegen.Style:
    return rulegen.load(DUO)


def test_a_style_is_the_same_by_its_text_its_file_and_its_path(folder: Path, duo: rulegen.Style) -> None:
    (folder / "duo.rules").write_text(DUO)
    pieces = [rulegen.load(each).compose(seed=3) for each in (DUO, "duo.rules", folder / "duo.rules")]
    assert len({tuple(piece.score.notes) for piece in pieces}) == 1
    assert duo.name == "<text>" and duo.text == DUO and duo.voices == ("upper", "lower")
    assert repr(duo) == "Duo: 2 voices, 1 hard rule, 1 soft rule"


def test_all_faults_are_raised_at_once_and_printed_as_the_command_line_prints_them(folder: Path) -> None:
    with pytest.raises(rulegen.StyleError) as caught:
        rulegen.load(DUO.replace("C major", "C mayor").replace("contrary_motion", "contrary_motoin"))
    assert [each.code for each in caught.value.diagnostics] == ["bad-key", "unknown-rule"]
    assert str(caught.value).startswith("error[bad-key]: 'mayor' is not a mode")
    assert " --> <text>:4:5\n  |\n4 | key C mayor\n" in str(caught.value)
    assert "\n\nerror[unknown-rule]" in str(caught.value)
    assert "help: did you mean `contrary_motion`?" in repr(caught.value)


def test_faults_are_coloured_where_both_streams_are_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    with pytest.raises(rulegen.StyleError) as caught:
        rulegen.load("choral")
    assert str(caught.value).startswith("error[unknown-style]: ")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert str(caught.value).startswith("error[unknown-style]: ")
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert str(caught.value).startswith("\033[1;31merror[unknown-style]\033[0m")
    monkeypatch.setenv("NO_COLOR", "1")
    assert str(caught.value).startswith("error[unknown-style]: ")


@pytest.mark.parametrize(
    ("style", "code", "said"),
    [
        ("", "empty-file", "the text is empty"),
        (" \n\t\n", "empty-file", "the text is empty"),
        ("{", "syntax", ""),
        ("x\n" * 600_000, "file-too-large", "larger than 1 MB"),
        ("choral", "unknown-style", "did you mean `chorale`?"),
        ("x" * 5000, "unknown-style", "is no file and no ready style"),
        ("nowhere/a.rules", "no-such-file", "there is no file nowhere/a.rules"),
        (".", "not-a-file", ". is a folder"),
        ("/dev/null", "not-a-file", "is a device or a pipe"),
    ],
)
def test_what_is_no_style_is_refused(folder: Path, style: str, code: str, said: str) -> None:
    with pytest.raises(rulegen.StyleError) as caught:
        rulegen.load(style)
    assert code in (caught.value.diagnostics[0].code, "syntax")
    assert said in str(caught.value)


def test_a_pipe_is_refused_and_not_waited_for(folder: Path) -> None:
    os.mkfifo("pipe.rules")
    with pytest.raises(rulegen.StyleError, match="is a device or a pipe"):
        rulegen.load("pipe.rules")
    with pytest.raises(rulegen.ScoreReadError, match="is not a file"):
        os.mkfifo("pipe.mid")
        rulegen.read("pipe.mid")


def test_the_same_seed_gives_the_same_piece_however_many_are_drawn(duo: rulegen.Style) -> None:
    alone = [duo.compose(seed=seed) for seed in range(5, 25)]
    together = list(duo.compose(seed=5, count=20))
    assert [piece.seed for piece in together] == list(range(5, 25))
    assert [piece.score for piece in together] == [piece.score for piece in alone]


def test_a_fresh_piece_knows_its_seed(duo: rulegen.Style) -> None:
    piece = duo.compose()
    assert piece.seed is not None
    assert duo.compose(piece.seed).score == piece.score
    assert str(piece.report) == f"seed {piece.seed}\nexact: drawn from just the style's distribution"


def test_pieces_come_as_they_are_drawn(duo: rulegen.Style) -> None:
    pieces = duo.compose(seed=1, count=10**9)
    assert [next(pieces).seed for _ in range(40)] == list(range(1, 41))


def test_a_piece_is_written_in_every_format_and_read_again(duo: rulegen.Style, folder: Path) -> None:
    pytest.importorskip("verovio")
    piece = duo.compose(seed=2)
    for kind in FORMATS:
        if kind != "rntxt":
            assert piece.pages(kind)[0]
    with pytest.raises(rulegen.OutputError, match="the score has no chords"):
        piece.pages("rntxt")
    for ending in (".musicxml", ".mxl", ".mid", ".txt"):
        [written] = piece.save(f"piece{ending}")
        again = rulegen.read(written)
        assert [(note.onset, note.pitch) for note in again.score.notes] == [
            (note.onset, note.pitch) for note in piece.score.notes
        ]
        assert again.seed is None
    with pytest.raises(rulegen.OutputError, match="its ending is none that rulegen writes"):
        piece.save("piece.doc")
    with pytest.raises(rulegen.OutputError, match="there is no folder nowhere"):
        piece.save("nowhere/piece.mid")


def test_a_notebook_shows_the_engraved_score_and_else_its_text(
    duo: rulegen.Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    piece = duo.compose(seed=2)
    assert repr(piece) == str(piece) == piece.pages("txt")[0].decode()
    pytest.importorskip("verovio")
    shown = piece._repr_html_()
    assert shown is not None
    found = re.fullmatch(r'<img src="data:image/svg\+xml;base64,([^"]+)" width="100%"/>', shown)
    assert found and b"<svg" in base64.b64decode(found[1])
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert piece._repr_html_() is None


def test_a_notebook_shows_what_a_style_lays_down() -> None:
    shown = rulegen.load(DUO.replace('"Duo"', '"Duo <1> & 2"'))._repr_html_()
    assert shown.startswith("<strong>Duo &lt;1&gt; &amp; 2</strong><table>")
    for name, said in {"voices": "upper E4..G5, lower C3..E4", "form": "A", "key": "C major"}.items():
        assert f"<tr><th>{name}</th><td>{said}</td></tr>" in shown
    assert "1 hard rule, 1 soft rule" in shown
    led = rulegen.load("chorale", given=("soprano",))
    assert "<tr><th>form</th>" in led._repr_html_()


def test_a_piece_is_given_to_another_style_whole_or_as_a_file(duo: rulegen.Style, folder: Path) -> None:
    piece = duo.compose(seed=2)
    piece.save("duo.musicxml")
    ways = (piece, piece.score, "duo.musicxml", Path("duo.musicxml:upper"))
    found = [duo.compose(seed=9, given={"upper": each}) for each in ways]
    assert len({each.score.notes for each in found}) == 1
    assert found[0].score.notes_of("upper") == piece.score.notes_of("upper")
    assert duo.count(given={"upper": piece}) < duo.count()
    with pytest.raises(rulegen.StyleError, match="there is no voice called `soprano`"):
        duo.compose(given={"soprano": piece})
    other = rulegen.load(DUO.replace("upper", "treble")).compose(seed=1)
    with pytest.raises(rulegen.ScoreReadError, match="has 2 parts"):
        duo.compose(given={"upper": other})


def test_a_piece_is_graded_by_its_own_style_and_by_others(duo: rulegen.Style) -> None:
    piece = duo.compose(seed=2)
    graded = piece.grade()
    assert graded.is_clean and graded is piece.grade()
    assert str(graded).startswith('Duo, in C major, graded by "Duo"\n')
    strict = rulegen.load(DUO.replace("prefer contrary_motion weight 1", "require contrary_motion"))
    found = [each for seed in range(9) for each in duo.compose(seed=seed).grade(strict).findings]
    assert found and all(finding.rule == "contrary_motion" for finding in found)
    assert re.match(r"bar 1, beat 3: .* \[contrary_motion\]", repr(found[0]))
    with pytest.raises(TypeError, match="say by which style"):
        rulegen.Piece(piece.score).grade()


def test_the_best_are_ranked_and_said_to_be_proved(duo: rulegen.Style) -> None:
    pieces = duo.best(3)
    weights = [piece.report.log_weight for piece in pieces]
    assert weights == sorted(weights, reverse=True)  # type: ignore[type-var]
    assert str(pieces[1].report).startswith("best, place 2: log weight ")
    assert all(piece.report.is_exact and piece.seed is None for piece in pieces)


def test_count_chances_and_explanation_tell_of_one_lattice(duo: rulegen.Style) -> None:
    explained = duo.explain(seconds=60)
    assert explained.scores == duo.count()
    taken = {rule.line: rule for rule in explained.rules}["forbid parallel_fifths"]
    assert taken.bits is not None and taken.bits > 0
    assert rulegen.load(DUO.replace("forbid parallel_fifths\n", "")).count() > duo.count()
    assert str(explained) == f"{explained.figures}\n\n{explained.table}"
    chances = duo.chances(2, 3)
    assert chances.keys() == {"upper", "lower"}
    assert all(sum(each.values()) == pytest.approx(1) for each in chances.values())
    with pytest.raises(ValueError, match="the piece has no bar 9"):
        duo.chances(9)


def test_what_would_not_be_exact_is_refused_where_that_is_asked(folder: Path) -> None:
    climax = DUO.replace("forbid parallel_fifths", "use melody\nrequire single_climax in upper")
    tight = rulegen.load(climax, budget=20_000)
    with pytest.raises(rulegen.StyleError) as caught:
        tight.compose(seed=1, exact=True)
    assert caught.value.diagnostics[0].code == "relaxed"
    with pytest.raises(rulegen.StyleError):
        tight.count()
    report = tight.compose(seed=1).report
    assert not report.is_exact and report.effective_size is not None
    assert "not exact, a rule left the lattice: drawn with 64 particles" in str(report)


def test_what_cannot_be_meant_is_told_in_words(duo: rulegen.Style) -> None:
    calls: list[tuple[Callable[[], object], type[Exception], str]] = [
        (lambda: duo.compose("7"), TypeError, "a seed is a whole number, and '7' is none"),
        (lambda: duo.compose(-1), ValueError, "a seed is 0 or more, and -1 is less"),
        (lambda: duo.compose(1, count=0), ValueError, "a count is 1 or more"),
        (lambda: duo.best(0), ValueError, "a count is 1 or more"),
        (lambda: duo.chances("1"), TypeError, "a bar is a whole number"),
        (lambda: duo.compose(given={"upper": None}), TypeError, "given for upper is a file or a piece"),
        (lambda: duo.compose(1).pages("doc"), rulegen.OutputError, "doc is no format that rulegen writes"),
        (lambda: rulegen.load(DUO, budget=0), ValueError, "budget and particles are 1 or more"),
    ]
    for call, fault, said in calls:
        with pytest.raises(fault) as caught:
            call()
        assert said in str(caught.value)


def test_styles_and_pieces_go_to_another_process(duo: rulegen.Style) -> None:
    piece = duo.compose(seed=4)
    again = pickle.loads(pickle.dumps(piece))
    assert again.score == piece.score and again.grade().is_clean
    assert pickle.loads(pickle.dumps(duo)).compose(seed=4).score == piece.score


def test_what_no_score_can_keep_is_told_with_its_clash(folder: Path) -> None:
    with pytest.raises(rulegen.Unsatisfiable, match="no score keeps all of this"):
        rulegen.load(
            DUO.replace("E4..G5", "E4..E4") + "use melody\nforbid repeated_note in upper\n"
        ).compose()


def test_what_cannot_be_laid_out_in_time_is_told_when_a_style_is_loaded() -> None:
    text = 'style "x" meter 4/4 key C major voices { v C4..C5 } form { A = 1 bars } rhythm { every 1/4  close 2/1 }'
    with pytest.raises(rulegen.StyleError, match="long-close"):
        rulegen.load(text)
    with pytest.raises(rulegen.StyleError, match="long-close"):
        rulegen.load(text, given=["v"]).compose(seed=1)
