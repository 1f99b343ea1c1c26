"""A kind of model that rulegen does not have: its law, its learning and a row are all that it takes."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import reload
from pathlib import Path

import numpy as np
import pytest

from rulegen.cli import learn
from rulegen.io.musicxml import write_musicxml
from rulegen.models import registry
from rulegen.models.registry import FOUR_VOICES, VOICE, Kind, Option
from rulegen.models.store import load
from rulegen.score.notation import parse_score
from tests.cli.conftest import Run
from tests.cli.test_learn import FOUR, notated
from tests.models import laws
from tests.models.habit import Habit

SUNG = FOUR.replace("soprano C4", "soprano E4")  # as low as the scores' sopranos go
ROW = Kind(
    "habit",
    (VOICE, FOUR_VOICES),
    "tests.models.habit:Habit",
    "tests.models.habit:learn",
    (Option("stubbornness", "how dear each move is", "real", 1.0, 0, 9, metavar="X"),),
)


@pytest.fixture(autouse=True)
def row() -> Iterator[None]:
    registry.KINDS.append(ROW)
    reload(learn)  # options are made as the command is read
    yield
    registry.KINDS.remove(ROW)
    reload(learn)


@pytest.fixture
def scores(folder: Path) -> Path:
    (folder / "scores").mkdir()
    for seed in range(7):
        write_musicxml(parse_score(notated(seed)), folder / "scores" / f"{seed}.musicxml")
    return folder / "scores"


@pytest.mark.parametrize(("part", "subject"), [("soprano", "soprano"), ("four-voices", "voices")])
def test_a_new_kind_is_learned_kept_shown_and_consulted(
    part: str, subject: str, run: Run, scores: Path, folder: Path
) -> None:
    said = ("--corpus", "scores", "--part", part, "--stubbornness", "2.5", "-o", "a.model")
    done = run("learn", "habit", *said)
    assert done.exit_code == 0, done.output
    law = load(folder / "a.model").law
    assert isinstance(law, Habit) and law.stubbornness == 2.5
    if subject != "voices":
        laws.is_a_law_of_a_voice(law)
    shown = run("model", "show", "a.model").stdout
    assert "kind       habit" in shown and "--stubbornness 2.5" in shown and "test, nats a" in shown
    (folder / "heard.rules").write_text(SUNG + f'model habit "a.model" on {subject} weight 2\n')
    assert run("check", "heard.rules").exit_code == 0
    composed = run("compose", "heard.rules", "--seed", "1", "--particles", "8", "-o", "a.txt")
    assert composed.exit_code == 0, composed.output
    assert "models are consulted on the way" in composed.stdout


def test_it_bends_what_is_composed(run: Run, scores: Path, folder: Path) -> None:
    held = []
    for stubbornness in ("0", "9"):
        said = ("--corpus", "scores", "--part", "soprano", "--stubbornness", stubbornness, "-o", "a.model")
        assert run("learn", "habit", *said).exit_code == 0
        (folder / "heard.rules").write_text(SUNG + 'model habit "a.model" on soprano weight 2\n')
        assert run("compose", "heard.rules", "--seed", "1", "--count", "8", "-o", "a.txt").exit_code == 0
        lines = [parse_score(path.read_text()).notes_of("soprano") for path in folder.glob("a-*.txt")]
        moves = [np.diff([note.pitch.midi for note in line if note.pitch is not None]) for line in lines]
        held.append(float((np.concatenate(moves) == 0).mean()))
    assert held[1] > held[0]


def test_its_options_are_its_own_and_what_it_has_not_is_refused(run: Run, scores: Path) -> None:
    said = ("--corpus", "scores", "--part", "soprano", "-o", "a.model")
    wrong = run("learn", "markov", *said, "--stubbornness", "1")
    assert wrong.exit_code == 2 and "--stubbornness is for habit, not for markov" in wrong.stderr
    assert "--order is for markov, not for habit" in run("learn", "habit", *said, "--order", "1").stderr
    harmony = run("learn", "habit", "--corpus", "scores", "--part", "harmony", "-o", "a.model")
    assert harmony.exit_code == 1
    assert "no habit model of harmony can be learned; there are markov" in harmony.stderr
