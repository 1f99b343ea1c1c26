"""The lines that a model was trained on: they come back from its file, and what is no sound line is refused."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load as arrays_of
from safetensors.numpy import save as tensors

from rulegen.errors import ModelError
from rulegen.io.pieces import CorpusPiece, Sung
from rulegen.models import store
from rulegen.models.corpus import Body
from rulegen.models.learn.run import Assignment, split_for, training_lines
from rulegen.models.lines import lines_for
from rulegen.models.markov import Markov
from rulegen.models.quoted import pieces_with, quotable
from rulegen.models.registry import FOUR_VOICES
from rulegen.models.splits import TRAINING
from rulegen.resources import model_names, model_path
from tests.models.music import chorale
from tests.models.quoting import lines_of_tunes, tune, write_quotable
from tests.models.test_store import told_by

TUNES = ((60, 62, 62, 59), (67,), (), (72, 60))


def test_lines_come_back_with_the_pieces_that_they_are_from(tmp_path: Path) -> None:
    lines = quotable(str(write_quotable(tmp_path / "a.model", TUNES)))
    assert lines.pieces == ("tune 1", "tune 2", "tune 3", "tune 4")
    assert lines.intervals.tolist() == [2, 0, -3, -128, -128, -128, -12, -128]
    assert lines.lines.symbols.tolist() == [2, 0, -3, -12]
    assert [lines.piece_of(int(line)) for line in lines.lines.line] == ["tune 1"] * 3 + ["tune 4"]
    assert lines.digest == lines_of_tunes(TUNES).digest != lines_of_tunes(TUNES[:3]).digest


def test_the_same_lines_give_the_same_bytes_and_a_model_may_have_none(tmp_path: Path) -> None:
    path = write_quotable(tmp_path / "a.model", TUNES)
    assert store.to_bytes(store.load(path)) == path.read_bytes()
    without = write_quotable(tmp_path / "b.model", TUNES, with_lines=False)
    assert store.load(without).lines is None
    with pytest.raises(
        ModelError, match=r"b\.model does not hold the lines that it was learned from: learn it"
    ):
        quotable(str(without))


def test_lines_that_were_changed_since_are_refused(tmp_path: Path) -> None:
    path = write_quotable(tmp_path / "a.model", TUNES)
    with pytest.raises(ModelError, match=r"a\.model was changed"):
        quotable(str(path), lines_of_tunes(TUNES[1:]).digest)


INT8 = np.array([2, -128, 1, -128], dtype=np.int8)
TOLD = {"pieces": ["a", "b"], "voices": 1}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (INT8.astype(np.int16), TOLD),
        (INT8.reshape(2, 2), TOLD),
        (INT8[:-1], TOLD),
        (INT8[:2], TOLD),
        (INT8, None),
        (INT8, []),
        (INT8, {"pieces": ["a", "b"]}),
        (INT8, {"pieces": ["a", 2], "voices": 1}),
        (INT8, {"pieces": "ab", "voices": 1}),
        (INT8, {"pieces": ["a", "b"], "voices": 0}),
        (INT8, {"pieces": ["a", "b"], "voices": 1.0}),
        (INT8, {"pieces": ["a", "b"], "voices": 2}),
        (INT8[:0], {"pieces": ["a"], "voices": 1}),
        (INT8[:1], {"pieces": [], "voices": 1}),
    ],
)
def test_lines_that_do_not_fit_together_are_refused(lines: Any, told: Any, tmp_path: Path) -> None:
    path = write_quotable(tmp_path / "a.model", TUNES)
    arrays, header = arrays_of(path.read_bytes()), told_by(path)
    header["lines"] = told
    path.write_bytes(
        tensors({**arrays, "lines": np.ascontiguousarray(lines)}, {"rulegen": json.dumps(header)})
    )
    with pytest.raises(ModelError, match=r"a\.model is damaged: its numbers do not fit together"):
        store.load(path)


def test_runs_are_found_whatever_the_key_and_named_by_the_first_piece() -> None:
    lines = lines_of_tunes(((60, 62, 64, 62), (50, 52, 54, 52, 50)))
    notes = np.array([[[1, 3, 5, 3], [64, 62, 60, 62]], [[4, 2, 0, -2], [0, 127, 0, 127]]])
    assert pieces_with(lines, notes).tolist() == [[0, -1], [-1, -1]]
    assert pieces_with(lines, np.array([[74, 76, 78, 76, 74]])).tolist() == [1]
    assert pieces_with(lines, np.arange(9)[None, :]).tolist() == [-1]
    assert pieces_with(lines_of_tunes(()), notes).tolist() == [[-1, -1], [-1, -1]]


def _body(count: int) -> Body:
    return Body("made up", "free", tuple(chorale(f"piece {n}", n) for n in range(count)), ())


def test_a_model_has_the_lines_of_its_training_pieces_alone() -> None:
    body, wish = _body(12), Assignment("markov", "made up", "alto", "tunes", 3, "")
    lines = training_lines(wish, body)
    names = [piece.name for piece in body.pieces]
    assert lines is not None
    assert lines.pieces == tuple(names[place] for place in split_for(wish, body).of(TRAINING, names))
    assert 0 < len(lines.pieces) < 12
    first = next(piece for piece in body.pieces if piece.name == lines.pieces[0]).voice("alto") or ()
    assert lines.intervals[: len(first)].tolist() == [*np.diff([note.midi for note in first]), -128]


def test_four_voices_have_four_lines_a_piece_and_chords_have_none() -> None:
    body = _body(12)
    lines = training_lines(Assignment("lstm", "made up", "four-voices", "tunes", 3, ""), body)
    assert lines is not None and lines.voices == 4
    assert int((lines.intervals == -128).sum()) == 4 * len(lines.pieces)
    assert training_lines(Assignment("hmm", "made up", "harmony", "tunes", 3, ""), body) is None


def test_a_rest_of_a_training_piece_is_passed_over() -> None:
    piece = tune("a", (60, 62, 64))
    apart = Sung(Fraction(7), Fraction(1, 4), 65, Fraction(0))
    broken = CorpusPiece(
        **{
            **{f: getattr(piece, f) for f in piece.__slots__},
            "voices": (("v", (*piece.voices[0][1], apart)),),
        }
    )
    assert lines_for([broken], [[broken.voices[0][1]]]).intervals.tolist() == [2, 2, 1, -128]


@pytest.mark.parametrize("name", model_names())
def test_a_model_that_ships_has_the_lines_of_its_voices(name: str) -> None:
    model = store.load(model_path(name))
    if model.card.subject == "harmony":
        assert model.lines is None
        return
    assert model.lines is not None and len(model.lines.pieces) > 100
    assert model.lines.voices == (4 if model.view is FOUR_VOICES else 1)
    if isinstance(model.law, Markov):  # it was counted on these very lines
        counts = model.law.counts
        assert len(model.lines.intervals) == counts[counts[:, 0] == 0][:, 3].sum()
