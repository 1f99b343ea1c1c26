"""`rulegen learn` and `rulegen model`: from scores to a model, its card, and what goes wrong on the way."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from rulegen.io.musicxml import write_musicxml
from rulegen.models import store
from rulegen.models.learn import loop
from rulegen.models.registry import FOUR_VOICES
from rulegen.models.store import load
from rulegen.models.struck import STRUCK
from rulegen.score.notation import parse_score
from tests.models.music import chorale, write_tunes

Run = Callable[..., Result]
TUNES = 9
LEARN = ("--corpus", "tunes", "--part", "tune", "-o", "a.model")
SMALL = ("--hidden", "8", "--width", "8", "--epochs", "2", "--threads", "1")


@pytest.fixture
def tunes(folder: Path) -> Path:
    write_tunes(folder / "tunes", TUNES)
    return folder / "tunes"


def test_a_markov_model_is_learned_and_shows_its_card(run: Run, tunes: Path, folder: Path) -> None:
    done = run("learn", "markov", *LEARN, "--order", "2", "--seed", "5")
    assert done.exit_code == 0, done.output
    assert re.search(r"a\.model: learned from \d+ notes in 7 pieces, \d+ KB", done.stdout)
    model = load(folder / "a.model")
    assert model.card.kind == "markov" and model.card.subject == "tune" and model.card.seed == 5
    assert model.card.held_out["test, nats a symbol"] > 0
    shown = run("model", "show", "a.model").stdout
    assert "pitches, " in shown and "Files of your own" in shown
    command = (
        next(line for line in shown.splitlines() if "learned by" in line).split("learned by", 1)[1].split()
    )
    before = (folder / "a.model").read_bytes()
    assert run(*command[1:]).exit_code == 0  # the command on the card makes it again
    assert (folder / "a.model").read_bytes() == before


@pytest.mark.parametrize("kind", ["hmm", "gru"])
def test_other_kinds_are_learned_too(kind: str, run: Run, tunes: Path, folder: Path) -> None:
    options = ("--states", "2,3", "--starts", "1") if kind == "hmm" else (*SMALL, "--curve", "a.svg")
    done = run("learn", kind, *LEARN, *options)
    assert done.exit_code == 0, done.output
    assert load(folder / "a.model").card.kind == kind
    assert "\033[" not in done.output and "epoch" not in done.output  # progress is for terminals
    assert sorted(path.name for path in folder.iterdir()) == [
        "a.model",
        *(["a.svg"] if kind == "gru" else []),
        "tunes",
    ]
    if kind == "gru":
        assert "validation: least" in (folder / "a.svg").read_text(encoding="utf-8")


def test_a_network_that_learned_less_than_counting_is_told(run: Run, tunes: Path) -> None:
    done = run("learn", "lstm", *LEARN, "--hidden", "2", "--width", "2", "--epochs", "1", "--threads", "1")
    assert done.exit_code == 0 and "it foresees less than counting alone" in done.stderr
    assert "it foresees less" not in run("learn", "markov", *LEARN).stderr


def test_the_losses_are_drawn_as_png_too(run: Run, tunes: Path, folder: Path) -> None:
    assert run("learn", "lstm", *LEARN, *SMALL, "--curve", "a.png").exit_code == 0
    assert (folder / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_split_of_other_pieces_is_refused(run: Run, tunes: Path) -> None:
    done = run("learn", "markov", *LEARN, "--split", "jsb")
    assert done.exit_code == 1
    assert "the split jsb names no piece of tunes: take --split tunes" in " ".join(done.stderr.split())


def test_pitches_are_learned_with_their_lengths(run: Run, tunes: Path, folder: Path) -> None:
    assert run("learn", "markov", *LEARN, "--lengths").exit_code == 0
    assert load(folder / "a.model").alphabet.kind == "pitch+length"


FOUR = """style "Heard"
use common_practice
meter 4/4  key C major
voices { soprano C4..G5  alto G3..C5  tenor C3..G4  bass E2..D4 }
form { A = 1 bars, cadence authentic }
harmony { chords I IV V  change every beat }
"""
EMBELLISHED = (
    FOUR.replace("common_practice", "common_practice, ornaments") + "embellish { passing  neighbour }\n"
)


ATTENDS = (*SMALL, "--layers", "1", "--heads", "2")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("lstm", SMALL),
        ("markov", ()),
        ("hmm", ("--states", "1,2", "--starts", "1")),
        ("attention", (*ATTENDS, "--level", "beats")),
    ],
)
def test_four_voices_are_learned_together_and_consulted(
    kind: str, options: tuple[str, ...], run: Run, folder: Path
) -> None:
    (folder / "scores").mkdir()
    for seed in range(5):
        write_musicxml(parse_score(notated(seed)), folder / "scores" / f"{seed}.musicxml")
    done = run("learn", kind, "--corpus", "scores", "--part", "four-voices", "-o", "a.model", *options)
    assert done.exit_code == 0, done.output
    model = load(folder / "a.model")
    assert model.view is FOUR_VOICES and model.card.subject == "four voices"
    assert model.card.held_out["test, nats a voice and sixteenth, key and bar given"] < 1.7
    assert run("model", "show", "a.model").exit_code == 0
    (folder / "heard.rules").write_text(FOUR + f'model {kind} "a.model" on voices\n')
    composed = run("compose", "heard.rules", "--seed", "1", "--particles", "8", "-o", "a.txt")
    assert composed.exit_code == 0, composed.output
    (folder / "heard.rules").write_text(EMBELLISHED + f'model {kind} "a.model" on surface\n')
    checked = run("check", "heard.rules")
    if model.card.level == "beats":
        assert checked.exit_code == 1
        assert "knows nothing of what moves between them" in checked.stderr
    else:
        assert checked.exit_code == 0, checked.output


def test_a_model_of_the_surface_says_so_and_is_refused_where_pitches_alone_are_asked_for(
    run: Run, folder: Path
) -> None:
    (folder / "scores").mkdir()
    for seed in range(5):
        write_musicxml(parse_score(notated(seed)), folder / "scores" / f"{seed}.musicxml")
    said = ("--corpus", "scores", "--part", "four-voices", "--level", "surface", "-o", "a.model")
    done = run("learn", "attention", *said, *ATTENDS)
    assert done.exit_code == 0, done.output
    model = load(folder / "a.model")
    assert model.alphabet == STRUCK and model.card.level == "surface"
    shown = run("model", "show", "a.model").stdout
    assert (
        "the surface of pieces" in shown
        and "silence, and what goes on" in shown
        and "--level surface" in shown
    )
    (folder / "heard.rules").write_text(FOUR + 'model attention "a.model" on voices\n')
    for command in ("check", "compose"):
        refused = run(command, "heard.rules")
        assert refused.exit_code == 1
        assert "tells what is struck again from what is held" in refused.stderr
    (folder / "heard.rules").write_text(EMBELLISHED + 'model attention "a.model" on surface weight 0.5\n')
    assert run("check", "heard.rules").exit_code == 0
    composed = run("compose", "heard.rules", "--seed", "1", "--particles", "8", "-o", "a.txt")
    assert composed.exit_code == 0, composed.output
    assert "models are consulted on the way" in composed.stdout
    best = run("compose", "heard.rules", "--best", "--particles", "8", "-o", "a.txt")
    assert "not proved" in best.stdout


def test_on_the_beats_alone_shorter_notes_are_not_learned(run: Run, folder: Path) -> None:
    (folder / "tunes").mkdir()
    for number in range(6):  # on the beats stands what the tune has; between them always the high c
        beats = np.random.default_rng(number).choice(list("CDEFGAB"), 32)
        text = f"X:1\nT:Tune {number}\nM:4/4\nL:1/8\nK:C\n{'c'.join(beats)}c|]\n"
        (folder / "tunes" / f"tune{number}.abc").write_text(text, encoding="utf-8")
    heard = {}
    for level in ("none", "beats"):
        said = () if level == "none" else ("--level", level)
        done = run("learn", "markov", *LEARN, "--order", "0", *said)
        assert done.exit_code == 0, done.output
        model = load(folder / "a.model")
        assert model.card.level == level.replace("none", "")
        high = model.alphabet.index(12)
        none = np.zeros((1, 0), dtype=np.int32)
        assert high is not None
        said_now = model.law.log_probs(model.law.begin(1), np.zeros(1, dtype=np.int32), none)
        heard[level] = float(np.exp(said_now[0, high]))
    assert heard["none"] > 3 * heard["beats"]


def test_a_network_learns_what_chord_is_under_each_note_and_hears_it_when_it_composes(
    run: Run, folder: Path
) -> None:
    (folder / "heard.rules").write_text(FOUR)
    (folder / "scores").mkdir()
    for seed in range(6):
        write_musicxml(parse_score(notated(seed)), folder / "scores" / f"{seed}.musicxml")
    said = ("--corpus", "scores", "--part", "soprano", "--chords", "--style", "heard.rules", "-o", "a.model")
    done = run("learn", "lstm", *said, *SMALL)
    assert done.exit_code == 0, done.output
    model = load(folder / "a.model")
    assert model.law.hears_chords
    assert {"test, nats a symbol", "test, chords told, nats a symbol"} <= model.card.held_out.keys()
    shown = run("model", "show", "a.model").stdout
    assert "hears the chord under each note" in shown and "--chords --style heard.rules" in shown
    near = FOUR.replace("soprano C4", "soprano E4")
    (folder / "sung.rules").write_text(near + 'model lstm "a.model" on soprano\n')
    composed = run("compose", "sung.rules", "--seed", "1", "--particles", "8", "-o", "a.txt")
    assert composed.exit_code == 0, composed.output


def test_where_no_chords_are_heard_none_are_learned_with(run: Run, tunes: Path, folder: Path) -> None:
    (folder / "heard.rules").write_text(FOUR)
    done = run("learn", "lstm", *LEARN, "--chords", "--style", "heard.rules", *SMALL)
    assert done.exit_code == 1
    assert "tunes states no chords, and heard.rules hears none in it" in " ".join(done.stderr.split())
    assert not (folder / "a.model").exists()


def test_the_help_says_defaults_that_a_kind_has_of_its_own(run: Run) -> None:
    said = " ".join(run("learn", "--help").stdout.split())
    assert "epochs at most. [45; attention 40]" in said and "share left out. [0.4]" in said


def test_an_option_that_four_voices_have_not_is_a_usage_error(run: Run, folder: Path) -> None:
    said = ("--corpus", "scores", "--part", "four-voices", "-o", "a.model", "--order", "2")
    done = run("learn", "markov", *said)
    assert done.exit_code == 2
    assert "--order is for one voice or the harmony, not for four-voices" in done.stderr


def notated(seed: int) -> str:
    """A made-up chorale in the short notation."""
    names = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
    lines = [f'title "{seed}"', "key C major", "meter 4/4"]
    voices = chorale("", seed).voices
    lines += [f"voice {name} C2..C6" for name, _ in voices] + [""]
    for name, notes in voices:
        shown = [f"{names[note.midi % 12]}{note.midi // 12 - 1}:1/4" for note in notes]
        bars = [" ".join(shown[start : start + 4]) for start in range(0, len(shown), 4)]
        lines.append(f"{name} | {' | '.join(bars)} |")
    return "\n".join(lines) + "\n"


def test_an_interruption_leaves_the_checkpoint_and_the_old_model(
    run: Run, tunes: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.model").write_bytes(b"the old one")
    kept = loop._keep

    def interrupted(*given: object) -> None:
        kept(*given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_keep", interrupted)
        done = run("learn", "lstm", *LEARN, *SMALL)
    assert done.exit_code == 130, done.output
    assert (folder / "a.model").read_bytes() == b"the old one"
    assert (folder / "a.model.checkpoint").is_file()
    assert "a.model.checkpoint keeps all epochs that were over" in " ".join(done.stderr.split())
    refused = run("learn", "lstm", *LEARN, *SMALL, "--rate", "0.5")
    assert refused.exit_code == 1 and "--afresh to begin anew" in refused.stderr
    assert run("learn", "lstm", *LEARN, *SMALL).exit_code == 0
    assert not (folder / "a.model.checkpoint").exists()


def test_beginning_afresh_leaves_the_checkpoint_until_there_is_another(
    run: Run, tunes: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, checkpoint = loop._keep, folder / "a.model.checkpoint"

    def interrupted(*given: object) -> None:
        kept(*given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_keep", interrupted)
        run("learn", "lstm", *LEARN, *SMALL)
    before = checkpoint.read_bytes()
    wrong = ("--corpus", "tune", *LEARN[2:]), (*LEARN, "--part", "soprano"), (*LEARN, "--split", "third")
    for said in wrong:
        done = run("learn", "lstm", *said, *SMALL, "--rate", "0.5", "--afresh")
        assert done.exit_code == 1, done.output
        assert checkpoint.read_bytes() == before
    with monkeypatch.context() as patch:
        patch.setattr(loop, "_judged", lambda *_: float("nan"))
        assert run("learn", "lstm", *LEARN, *SMALL, "--rate", "0.5", "--afresh").exit_code == 1
    assert run("learn", "markov", *LEARN).exit_code == 0  # a model that is counted is no training
    assert checkpoint.read_bytes() == before
    assert run("learn", "lstm", *LEARN, *SMALL, "--rate", "0.5", "--afresh").exit_code == 0
    assert not checkpoint.exists()


def test_training_that_ends_in_no_number_says_so(
    run: Run, tunes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "_judged", lambda *_: float("nan"))
    done = run("learn", "rnn", *LEARN, *SMALL)
    assert done.exit_code == 1
    assert "the loss is no number any more in epoch 1" in done.stderr


def test_a_model_that_could_not_be_read_again_takes_the_place_of_none(
    run: Run, tunes: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.model").write_bytes(b"the old one")
    monkeypatch.setattr(store, "_MOST_SYMBOLS", 3)
    done = run("learn", "markov", *LEARN)
    assert done.exit_code == 1
    assert "the model that was learned cannot be kept" in done.stderr
    assert (folder / "a.model").read_bytes() == b"the old one"


def test_an_empty_corpus_and_an_unknown_one_are_refused(run: Run, folder: Path) -> None:
    (folder / "tunes").mkdir()
    assert "tunes holds no music" in run("learn", "markov", *LEARN).stderr
    done = run("learn", "markov", "--corpus", "bach-choral", "--part", "1", "-o", "a.model")
    assert done.exit_code == 1
    assert "bach-choral is no folder and no body of music21's corpus; there are" in done.stderr
    (folder / "file.abc").write_text("X:1\n")
    assert (
        "is a file: a corpus is a folder" in run("learn", "markov", "--corpus", "file.abc", *LEARN[2:]).stderr
    )


def test_a_corpus_with_one_note_is_refused(run: Run, folder: Path) -> None:
    (folder / "tunes").mkdir()
    (folder / "tunes" / "a.abc").write_text("X:1\nM:4/4\nL:1/1\nK:C\nC|]\n")
    done = run("learn", "markov", *LEARN)
    assert done.exit_code == 1
    assert "the corpus has one tune, and three are the least" in done.stderr


def test_a_corpus_with_few_notes_is_refused(run: Run, folder: Path) -> None:
    write_tunes(folder / "tunes", 4, notes=8)
    assert "tunes has 16 notes to learn from, and 50 are the least" in run("learn", "markov", *LEARN).stderr


def test_broken_files_are_named_ten_at_most_and_the_rest_is_used(run: Run, tunes: Path) -> None:
    for number in range(13):
        (tunes / f"broken{number:02}.musicxml").write_text("<score-partwise><part")
    done = run("learn", "markov", *LEARN)
    assert done.exit_code == 0, done.output
    assert "13 files could not be read" in done.stderr
    assert done.stderr.count("  broken") == 10 and "and 3 more" in done.stderr


def test_a_folder_of_broken_files_alone_is_refused(run: Run, folder: Path) -> None:
    (folder / "tunes").mkdir()
    for number in range(12):
        (folder / "tunes" / f"{number}.mid").write_bytes(b"no MIDI")
    done = run("learn", "markov", *LEARN)
    assert done.exit_code == 1
    assert "nothing in tunes can be read" in done.stderr and "and 2 more" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("markov", *LEARN, "--part", "soprano"), "no piece of tunes has a voice soprano; there are tune"),
        (("markov", *LEARN, "--corpus", ""), "the corpus has no name"),
        (("markov", *LEARN, "--split", "third"), "there is no split third: there are tunes, jsb"),
        (("markov", *LEARN, "--split", "jsb"), "the split jsb names no piece of tunes"),
        (("markov", *LEARN, "--part", "harmony"), "chorale hears no chords in tunes"),
    ],
)
def test_what_does_not_fit_the_corpus_is_refused(
    arguments: tuple[str, ...], said: str, run: Run, tunes: Path
) -> None:
    done = run("learn", *arguments)
    assert done.exit_code == 1
    assert said in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lstm", *LEARN, "--order", "3"), "--order is for markov, not for lstm"),
        (("markov", *LEARN, "--hidden", "3"), "--hidden is for lstm, gru, rnn, attention, not for markov"),
        (("markov", *LEARN, "--chords"), "--chords is for networks of one voice: lstm, gru, rnn"),
        (
            ("lstm", "--corpus", "tunes", "--part", "harmony", "--chords", "-o", "a.model"),
            "--chords is for networks of one voice: lstm, gru, rnn",
        ),
        (("hmm", *LEARN, "--states", "3,many"), "write numbers from 1 to 200"),
        (("hmm", *LEARN, "--states", "0"), "write numbers from 1 to 200"),
        (("lstm", *LEARN, "--rate", "0"), "--rate"),
        (("lstm", *LEARN, "--dropout", "1"), "--dropout"),
        (("lstm", *LEARN, "--rate", "nan"), "--rate"),
        (("lstm", *LEARN, "--decay", "nan"), "--decay"),
        (("lstm", *LEARN, "--dropout", "nan"), "--dropout"),
        (("tree", *LEARN), "KIND"),
        (("lstm", *LEARN, "--curve", "a.model"), "a.model is where the model goes"),
        (("lstm", *LEARN, "--curve", "tunes"), "tunes cannot be written: it is a folder"),
        (("lstm", *LEARN, "--curve", "a.txt"), "a.txt is no picture: give it the ending .svg or .png"),
        (
            ("markov", "--corpus", "tunes", "--part", "harmony", "--lengths", "-o", "a.model"),
            "--lengths is for a voice, not for the harmony or four-voices",
        ),
        (("markov", *LEARN, "--level", "chords"), "--level"),
        (
            ("markov", "--corpus", "tunes", "--part", "harmony", "--level", "beats", "-o", "a.model"),
            "--level is for notes, not for the harmony",
        ),
        (
            ("lstm", "--corpus", "tunes", "--part", "four-voices", "--level", "surface", "-o", "a.model"),
            "of four-voices, --level surface is for attention, not for lstm",
        ),
        (("markov", *LEARN[:-1], "tunes"), "tunes cannot be written: it is a folder"),
        (("markov", *LEARN[:-1], "tunes/tune00.abc"), "it is a score, and would be written over"),
        (("markov", *LEARN[:-1], "pipe"), "pipe cannot be written: it is a device or a pipe"),
        (
            ("markov", "--corpus", "tunes", "--part", "1", "-o", "none/a.model"),
            "none/a.model cannot be written: there is no folder none; make it first",
        ),
        (("markov", "--corpus", "tunes", "--part", "1"), "--output"),
    ],
)
def test_bad_options_are_usage_errors(
    arguments: tuple[str, ...], said: str, run: Run, tunes: Path, folder: Path
) -> None:
    os.mkfifo(folder / "pipe")
    done = run("learn", *arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())


def test_where_nothing_may_be_written_is_found_out_before_the_work(
    run: Run, tunes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    done = run("learn", "markov", *LEARN)
    assert done.exit_code == 2
    assert "a.model cannot be written: nothing may be written to" in " ".join(done.stderr.split())
