"""`rulegen fit` as a user calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

TUNE = """style "Tune"
use melody
meter 4/4
key C major
voices { soprano C4..A4 }
rhythm { every 1/4 }
form { A = 2 bars }

# taste
avoid leap          weight 1
avoid repeated_note weight 2
"""


@pytest.fixture
def tune(folder: Path) -> Path:
    place = folder / "tune.rules"
    place.write_text(TUNE, encoding="utf-8")
    return place


@pytest.fixture
def corpus(folder: Path, run: Run, tune: Path) -> Path:
    place = folder / "corpus"
    place.mkdir()
    done = run("compose", str(tune), "--count", "20", "--seed", "3", "-o", str(place / "p.musicxml"))
    assert done.exit_code == 0, done.output
    return place


def test_the_style_is_written_with_its_weights_and_the_rest_of_it_stays(
    run: Run, tune: Path, corpus: Path, folder: Path
) -> None:
    (corpus / "broken.musicxml").write_text("no music", encoding="utf-8")
    done = run("fit", str(tune), "--corpus", str(corpus), "-o", "out.rules")
    assert done.exit_code == 0, done.output
    text = (folder / "out.rules").read_text(encoding="utf-8")
    assert text.split("avoid leap")[0] == TUNE.split("avoid leap")[0]
    assert "  # fit: corpus " in text
    assert "20 phrases of 20 pieces read, 20 keep all rules; 18 fitted, 2 held out" in done.output
    assert "1 file could not be read" in done.output
    few = run("fit", str(tune), "--corpus", str(corpus), "--count", "1", "-o", "few.rules")
    assert few.exit_code == 0 and "the prior decides much of them" in few.output
    assert "broken.musicxml" in done.output
    assert run("check", "out.rules").exit_code == 0
    assert tune.read_text(encoding="utf-8") == TUNE
    again = run("fit", "out.rules", "--corpus", str(corpus), "-o", "out.rules")
    assert again.exit_code == 0, again.output
    twice = (folder / "out.rules").read_text(encoding="utf-8")
    assert plain(twice)[0] == plain(text)[0]
    assert plain(twice)[1] == pytest.approx(plain(text)[1], abs=0.011)  # the last digit may be rounded anew
    assert twice.count("# fit: ") == text.count("# fit: ")


def plain(text: str) -> tuple[list[str], list[float]]:
    """A style's text without weights and comments, and its weights."""
    code = [line.split("#")[0] for line in text.split("\n")]
    weights = [float(line.split("weight")[1]) for line in code if "weight" in line]
    return [line.split("weight")[0] for line in code], weights


def test_standard_output_has_the_style_alone(run: Run, tune: Path, corpus: Path) -> None:
    done = run("fit", str(tune), "--corpus", str(corpus), "-o", "-")
    assert done.exit_code == 0
    assert done.stdout.startswith('style "Tune"')
    assert "log likelihood" not in done.stdout
    assert "log likelihood" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--corpus", "nowhere", "-o", "out.rules"], 1, "is no folder and no body"),
        (["--corpus", "empty", "-o", "out.rules"], 1, "holds no music"),
        (["--corpus", "corpus", "-o", "nowhere/out.rules"], 1, "no such folder"),
        (["--corpus", "corpus"], 2, "Missing option '-o'"),
        (["--corpus", "corpus", "-o", "out.rules", "--prior", "0"], 2, "--prior"),
        (["--corpus", "corpus", "-o", "out.rules", "--count", "0"], 2, "--count"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    run: Run, tune: Path, folder: Path, arguments: list[str], code: int, said: str
) -> None:
    (folder / "empty").mkdir()
    (folder / "corpus").mkdir()
    done = run("fit", str(tune), *arguments)
    assert done.exit_code == code
    assert said in done.output
    assert "Traceback" not in done.output
    assert not (folder / "out.rules").exists()


def test_a_corpus_that_the_style_does_not_speak_of_is_refused(run: Run, small: Path, corpus: Path) -> None:
    done = run("fit", str(small), "--corpus", str(corpus), "-o", "out.rules")
    assert done.exit_code == 1
    assert "speaks of no piece of" in done.output
    assert "the score has 1 voice (soprano), the style 2" in done.output


def test_an_interruption_leaves_the_style_as_it_was(
    run: Run, tune: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rulegen.fit.run.most_likely", interrupted)
    done = run("fit", str(tune), "--corpus", str(corpus), "-o", str(tune))
    assert done.exit_code == 130
    assert tune.read_text(encoding="utf-8") == TUNE


def test_models_are_left_out_and_it_is_said(run: Run, tune: Path, corpus: Path) -> None:
    tune.write_text(TUNE + 'model markov "bach-soprano" on soprano weight 0.5\n', encoding="utf-8")
    done = run("fit", str(tune), "--corpus", str(corpus), "-o", "out.rules")
    assert done.exit_code == 0, done.output
    assert "fitted as if there were no models" in done.output
