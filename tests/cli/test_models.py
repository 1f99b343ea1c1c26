"""Styles that consult learned models, from the command line."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from rulegen.models.store import load, save
from rulegen.resources import model_path
from tests.cli.conftest import Run

STYLE = """style "Heard"  meter 4/4  key G major
voices { soprano D4..G5  bass E2..D4 }
form { A = 1 bars, cadence half, 1 bars, cadence authentic }
harmony { chords I ii6 V V7 vi  change every beat }
use common_practice
"""


def _with(folder: Path, *lines: str) -> None:
    (folder / "heard.rules").write_text(STYLE + "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("line", "how"),
    [
        ('model markov "bach-soprano" on soprano weight 0.5', "in the lattice, exactly"),
        ('model hmm "bach-harmony" on harmony', "in the lattice, exactly"),
        ('model hmm "bach-harmony" on harmony weight 2', "consulted by particles"),
        ('model lstm "bach-soprano" on soprano', "consulted by particles"),
        (
            'model mix { lstm "bach-soprano" 0.5, hmm "bach-soprano" 0.5 } on soprano',
            "consulted by particles",
        ),
    ],
)
def test_a_model_is_mixed_in_and_inspect_says_how(run: Run, folder: Path, line: str, how: str) -> None:
    _with(folder, line)
    done = run("compose", "heard.rules", "--seed", "1", "--count", "2", "-o", "a.txt")
    assert done.exit_code == 0, done.output
    exact = how.startswith("in the lattice")
    assert ("not exact, models are consulted on the way" in done.stdout) is not exact
    for number in ("001", "002"):
        assert run("grade", f"a-{number}.txt", "--style", "heard.rules").exit_code == 0
    again = run("compose", "heard.rules", "--seed", "2", "-o", "b.txt")
    assert again.exit_code == 0
    assert (folder / "b.txt").read_text() == (folder / "a-002.txt").read_text()
    inspected = run("inspect", "heard.rules", "--seconds", "0")
    assert inspected.exit_code == 0
    assert how in inspected.stdout


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('model markov "torn.model" on soprano', "torn.model is no model of rulegen, or it is cut short"),
        ('model lstm "own.model" on soprano', '"own.model" is a markov model, not lstm'),
        ('model markov "own.model" on bass', "the model has never met E2, F#2, G2, A2, B2 and 1 more"),
        ('model lstm "bach-soprano" order 2 on soprano', "`order` is for Markov models alone"),
    ],
)
def test_check_finds_models_that_do_not_fit(run: Run, folder: Path, line: str, said: str) -> None:
    whole = model_path("bach-soprano.markov").read_bytes()
    (folder / "own.model").write_bytes(whole)
    (folder / "torn.model").write_bytes(whole[:3000])
    _with(folder, line)
    done = run("check", "heard.rules")
    assert done.exit_code == 1
    assert said in " ".join(done.stderr.split()) and "heard.rules:6:1" in done.stderr
    _with(folder, 'model markov "own.model" on soprano')
    assert run("check", "heard.rules").exit_code == 0


def test_where_models_are_consulted_exact_stops(run: Run, folder: Path) -> None:
    _with(folder, 'model lstm "bach-soprano" on soprano')
    done = run("compose", "heard.rules", "--exact", "--seed", "1", "-o", "a.txt")
    assert done.exit_code == 1 and "models are consulted on the way" in done.stderr
    assert not (folder / "a.txt").exists()
    _with(folder, 'model markov "bach-soprano" on soprano')
    assert run("compose", "heard.rules", "--exact", "--seed", "1", "-o", "a.txt").exit_code == 0


def test_a_score_says_by_its_hash_which_model_file_was_consulted(run: Run, folder: Path) -> None:
    _with(folder, 'model markov "own.model" on soprano')
    one = load(model_path("bach-soprano.markov"))
    other = replace(one, card=replace(one.card, seed=one.card.seed + 1))
    hashes = []
    for model in (one, other, one):
        save(folder / "own.model", model)
        assert run("compose", "heard.rules", "--seed", "1", "-o", "a.txt").exit_code == 0
        hashes += re.findall(r'meta hash "(\w+)"', (folder / "a.txt").read_text())
    assert hashes[0] == hashes[2] != hashes[1]


@pytest.mark.parametrize(
    "line",
    [
        'model markov "bach-soprano" on soprano weight 0.5',
        'model hmm "bach-harmony" on harmony',
        'model lstm "bach-soprano" on soprano',
    ],
)
def test_a_lattice_with_models_is_kept_and_gives_the_same_pieces(run: Run, folder: Path, line: str) -> None:
    _with(folder, line)
    said, drawn = ("compose", "heard.rules", "--count", "2", "-o", "a.txt"), ("--seed", "1")
    given = []
    for more in (("--best",), drawn, drawn, (*drawn, "--no-cache"), ("--best",)):
        done = run(*said, *more)
        assert done.exit_code == 0, done.output
        given.append([path.read_text() for path in sorted(folder.glob("a*.txt"))])
        for path in folder.glob("a*.txt"):
            path.unlink()
    assert given[1] == given[2] == given[3] != given[0] == given[4]
    kept = {path.name for path in (folder.parent / "cache").rglob("*.lattice")}
    assert len(kept) == 2  # the best scores have a lattice without hidden states


def test_another_model_under_the_same_name_has_a_lattice_of_its_own(run: Run, folder: Path) -> None:
    _with(folder, 'model markov "own.model" on soprano')
    one, kept = load(model_path("bach-soprano.markov")), folder.parent / "cache"
    for count, model in ((1, one), (1, one), (2, replace(one, card=replace(one.card, seed=7)))):
        save(folder / "own.model", model)
        assert run("compose", "heard.rules", "--seed", "1", "-o", "a.txt").exit_code == 0
        assert len(list(kept.rglob("*.lattice"))) == count


def test_the_best_with_a_network_is_found_and_not_proved(run: Run, folder: Path) -> None:
    _with(folder, 'model lstm "bach-soprano" on soprano')
    done = run("compose", "heard.rules", "--best", "--count", "3", "--particles", "16", "-o", "a.txt")
    assert done.exit_code == 0, done.output
    assert done.stdout.rstrip().endswith("since models are consulted on the way")
    weights = [float(each) for each in re.findall(r"log weight (\S+) nats", done.stdout)]
    assert len(weights) == 3 and weights == sorted(weights, reverse=True)


def test_a_model_of_four_voices_stands_on_all_of_them(run: Run, folder: Path) -> None:
    _with(folder, 'model attention "bach-chorale" on voices')
    done = run("compose", "heard.rules", "--seed", "1", "-o", "a.txt")
    assert done.exit_code == 1
    assert "it speaks of four voices, and the style has 2" in done.stderr
    four = STYLE.replace("bass E2..D4", "alto G3..C5  tenor C3..G4  bass E2..D4")
    (folder / "heard.rules").write_text(four + 'model attention "bach-chorale" on voices weight 0.3\n')
    done = run("compose", "heard.rules", "--seed", "1", "--particles", "16", "-o", "a.txt")
    assert done.exit_code == 0, done.output
    assert run("grade", "a.txt", "--style", "heard.rules").exit_code == 0


def test_models_of_four_voices_are_mixed_like_those_of_one(run: Run, folder: Path) -> None:
    (folder / "own.model").write_bytes(model_path("bach-chorale.attention").read_bytes())
    four = STYLE.replace("bass E2..D4", "alto G3..C5  tenor C3..G4  bass E2..D4")
    lines = ('attention "bach-chorale"', 'mix { attention "bach-chorale" 0.25, attention "own.model" 0.75 }')
    pieces = []
    for line in lines:
        (folder / "heard.rules").write_text(f"{four}model {line} on voices weight 0.5\n")
        done = run("compose", "heard.rules", "--seed", "3", "--particles", "16", "-o", "a.txt")
        assert done.exit_code == 0, done.output
        pieces.append((folder / "a.txt").read_text().split("soprano |")[1])
    assert pieces[0] == pieces[1]  # a model mixed with itself is itself


MIX = 'model mix {{ lstm "bach-soprano" {}, {} "{}" {} }} on soprano'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('model lstm "bach-sopran" on soprano', "did you mean `bach-soprano`?"),
        ('model lstm "mine.model" on soprano', "there is no file mine.model"),
        ('model markov "own" on soprano', 'write "own.model": that file is here'),
        ('model hmm "own.model" on soprano', '"own.model" is a markov model, not hmm'),
        ('model markov "torn.model" on soprano', "torn.model is damaged"),
        ('model markov "none.model" on soprano', "none.model is no model of rulegen"),
        ('model markov "bach-harmony" on soprano', "the model speaks of chords, not of the notes of a voice"),
        ('model markov "bach-soprano" on harmony', "the model speaks of notes, not of chords"),
        ('model markov "folk-tune" on harmony', "the model speaks of notes, not of chords"),
        ('model markov "bach-soprano" on bass', "the model has never met E2, F#2, G2, A2, B2 and 1 more"),
        ('model attention "bach-chorale" on soprano', "the model speaks of four voices together, not of one"),
        ('model attention "bach-chorale" on voices', "it speaks of four voices, and the style has 2"),
        ('model attention "bach-surface" on surface', "the style has no surface for a model to speak of"),
        ('model attention "bach-surface" on voices', "what is struck again from what is held"),
        ('model markov "folder.model" on soprano', "there is no file folder.model"),
        ('model markov "pipe.model" on soprano', "there is no file pipe.model"),
        (MIX.format(0.5, "hmm", "bach-harmony", 0.5), "the models of a mixture speak of different symbols"),
        (MIX.format(0.5, "lstm", "folk-tune", 0.5), "the models of a mixture speak of different symbols"),
        (MIX.format(0.5, "hmm", "bach-soprano", 0.6), "the shares of a mixture are above 0 and add up to 1"),
        (MIX.format(0, "hmm", "bach-soprano", 1), "the shares of a mixture are above 0 and add up to 1"),
        (MIX.format(-1, "hmm", "bach-soprano", 2), "`model` wants its share here"),
        ('model markov "bach-soprano" on soprano weight -1', "a weight is a number above 0"),
        ('model markov "bach-soprano" on sopran', "did you mean `soprano`?"),
        ('model markov "bach-soprano" on soprano weight 0', "a weight is a number above 0"),
        ('model markov "bach-soprano"', "the model does not say what it speaks of"),
    ],
)
def test_a_model_that_is_not_there_or_does_not_fit_is_refused(
    run: Run, folder: Path, line: str, said: str
) -> None:
    content = model_path("bach-soprano.markov").read_bytes()
    (folder / "own.model").write_bytes(content)
    (folder / "torn.model").write_bytes(content[: len(content) // 2])
    (folder / "none.model").write_bytes(b"\x80\x04not a model")
    (folder / "folder.model").mkdir()
    os.mkfifo(folder / "pipe.model")
    _with(folder, line)
    done = run("compose", "heard.rules", "--seed", "1", "-o", "a.txt")
    assert done.exit_code == 1
    assert said in done.stderr
    assert "--> heard.rules:6:" in done.stderr
    assert not (folder / "a.txt").exists()
