"""`rulegen evaluate`: what it prints, writes and reads, and what it says where something is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rulegen.io.musicxml import write_musicxml
from rulegen.score.notation import parse_score
from tests.cli.conftest import Run
from tests.models.music import write_tunes

TUNE = """title "T"
key C major
meter 4/4
tempo quarter = 80
voice soprano C4..C6
voice bass C2..C4
soprano | C5:1/4 D5 E5 C5 | C5 D5 E5 C5 |
bass    | C3:1/4 B2 C3 C3 | C3 B2 C3 C3 |
harmony | I:1/4 V6 I _ | I V6 I _ |
"""


@pytest.fixture
def scores(folder: Path) -> Path:
    """A folder `body` of two pieces, equal but for their keys, and a score `a.txt` equal to both."""
    (folder / "body").mkdir()
    in_d = TUNE.replace("C major", "D major")
    for old, new in (("E5", "F#5"), ("D5", "E5"), ("C5", "D5"), ("C3", "D3"), ("B2", "C#3")):
        in_d = in_d.replace(old, new)
    for name, text in (("c", TUNE), ("d", in_d)):
        write_musicxml(parse_score(text), folder / "body" / f"{name}.musicxml")
    (folder / "a.txt").write_text(TUNE)
    return folder


def test_a_set_that_is_the_corpus_in_another_key_is_no_way_from_it(run: Run, scores: Path) -> None:
    done = run("evaluate", "a.txt", "--corpus", "body")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "1 piece against 2 of body, all voices"
    assert [line.split("  ")[0] for line in lines[3:12]] == [
        "pitch class",
        "melodic interval",
        "duration",
        "harmonic interval",
        "chord",
        "chord succession",
        "contour",
        "self-similarity",
        "phrase ending",
    ]
    assert all(line.split()[-3:] == ["0.0000"] * 3 for line in lines[3:12])
    assert "longest copy: 8 notes, by intervals, in a.txt from c; the corpus from itself 8 to 8" in lines
    assert "the corpus against itself: the mean of 10 samples of 1 piece against the rest" in lines


def test_json_holds_the_histograms_and_what_was_left_out(run: Run, scores: Path) -> None:
    (scores / "broken.mid").write_bytes(b"no music")
    done = run("evaluate", "a.txt", "broken.mid", "body", "--corpus", "body", "--part", "soprano", "--json")
    assert done.exit_code == 0, done.output
    assert done.stderr.startswith("1 score left out:\n  broken.mid is no MIDI file")
    found = json.loads(done.stdout)
    assert found["schema"] == 1 and found["pieces"] == 3 and found["part"] == "soprano"
    assert found["corpus"] == {"name": "body", "pieces": 2}
    assert found["samples"] == {"count": 10, "pieces": 1, "seed": 0}
    assert [each["score"] for each in found["skipped"]] == ["broken.mid"]
    pitches = found["distances"][0]
    assert pitches["total_variation"] == pitches["corpus_itself"] == 0
    assert pitches["counted"] == {"set": 24, "corpus": 16}
    assert [(bar["symbol"], bar["set"]) for bar in pitches["histogram"]] == [
        ("0", 0.5),
        ("2", 0.25),
        ("4", 0.25),
    ]
    bars = next(each for each in found["distances"] if each["feature"] == "self-similarity")
    assert {bar["symbol"]: bar["corpus"] for bar in bars["histogram"]} == {"new": 0.5, "repeated": 0.5}
    assert found["longest_copy"]["notes"] == 8
    assert [each["unit"] for each in found["figures"]] == ["bits", "share"]
    again = run("evaluate", "a.txt", "body", "--corpus", "body", "--part", "SOPRANO", "--json")
    assert json.loads(again.stdout)["distances"] == found["distances"]


def test_plots_are_one_svg_with_a_histogram_a_feature(run: Run, scores: Path) -> None:
    done = run("evaluate", "a.txt", "--corpus", "body", "--plots", "near.svg")
    assert done.exit_code == 0, done.output
    root = ElementTree.fromstring((scores / "near.svg").read_text(encoding="utf-8"))
    said = [element.text or "" for element in root if element.tag.endswith("}text")]
    assert sum(", the corpus from itself 0.000" in text for text in said) == 9
    assert len([element for element in root if element.tag.endswith("}path")]) == 9


def test_tunes_in_abc_are_compared(run: Run, folder: Path) -> None:
    write_tunes(folder / "body", 4)
    write_tunes(folder / "set", 2, seed=1)
    (folder / "set" / "notes.md").write_text("of no account")
    done = run("evaluate", "set", "--corpus", "body")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("2 pieces against 4 of body, all voices\n")
    assert "not compared, since one side has none: harmonic interval, chord, chord succession" in done.stdout


def test_a_style_hears_chords_where_none_are_stated(run: Run, scores: Path, small: Path) -> None:
    bare = "".join(line for line in TUNE.splitlines(keepends=True) if not line.startswith("harmony"))
    (scores / "bare.txt").write_text(bare)
    (scores / "other").mkdir()
    for name in ("one", "two"):
        write_musicxml(parse_score(bare), scores / "other" / f"{name}.musicxml")
    without = run("evaluate", "bare.txt", "--corpus", "other")
    assert "not compared, since one side has none: chord, chord succession" in without.stdout
    for _ in range(2):  # the second time from the cache
        done = run("evaluate", "bare.txt", "--corpus", "other", "--style", "small.rules")
        assert done.exit_code == 0, done.output
        assert ["chord", "succession", "0.0000"] in [line.split()[:3] for line in done.stdout.splitlines()]


def test_one_note_and_a_hundred_broken_files_are_no_trouble(run: Run, folder: Path) -> None:
    one = TUNE[: TUNE.index("voice bass")] + "soprano | C5:1 |\n"
    (folder / "one").mkdir()
    write_musicxml(parse_score(one), folder / "one" / "one.musicxml")
    for number in range(100):
        (folder / "one" / f"broken{number:02}.mid").write_bytes(b"")
    done = run("evaluate", "one", "--corpus", "one", "--plots", "near.svg")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("1 piece against 1 of one, all voices\n")
    assert "nothing is copied: no interval is shared" in done.stdout
    assert done.stderr.startswith("100 scores left out:\n") and "and 90 more" in done.stderr


IN_MINOR = TUNE.replace("C major", "A minor")


def test_one_mode_is_compared_and_the_others_are_counted(run: Run, scores: Path) -> None:
    (scores / "b.txt").write_text(IN_MINOR)
    for name in ("e", "f"):
        write_musicxml(parse_score(IN_MINOR), scores / "body" / f"{name}.musicxml")
    done = run("evaluate", "a.txt", "b.txt", "--corpus", "body", "--mode", "major")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "1 piece against 2 of body, all voices, in major"
    assert lines[-1] == "left out, in the other mode: 1 of the set, 2 of body"
    found = json.loads(run("evaluate", "b.txt", "--corpus", "body", "--mode", "minor", "--json").stdout)
    assert (found["mode"], found["other_mode"]) == ("minor", {"set": 0, "corpus": 2})
    assert (found["pieces"], found["corpus"]["pieces"]) == (1, 2)
    pitches = found["distances"][0]
    assert pitches["total_variation"] == 0
    assert {bar["symbol"] for bar in pitches["histogram"]} == {"2", "3", "5", "7"}  # above A
    both = json.loads(run("evaluate", "b.txt", "--corpus", "body", "--json").stdout)
    assert (both["mode"], both["beats"], both["other_mode"]) == (None, False, {"set": 0, "corpus": 0})
    assert both["corpus"]["pieces"] == 4


def test_chords_are_heard_in_the_pieces_of_one_mode_alone(run: Run, scores: Path, small: Path) -> None:
    bare = "".join(line for line in TUNE.splitlines(keepends=True) if not line.startswith("harmony"))
    write_musicxml(parse_score(bare), scores / "body" / "bare.musicxml")
    write_musicxml(parse_score(bare.replace("C major", "A minor")), scores / "body" / "dark.musicxml")
    done = run("evaluate", "a.txt", "--corpus", "body", "--mode", "major", "--style", "small.rules", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["corpus"]["pieces"] == 3 and found["other_mode"]["corpus"] == 1
    chords = next(each for each in found["distances"] if each["feature"] == "chord")
    assert chords["counted"]["corpus"] == 15  # five of each of the three pieces in major


def test_on_the_beats_passing_notes_are_of_no_account(run: Run, scores: Path) -> None:
    quick = TUNE.replace(
        "C5:1/4 D5 E5 C5 | C5 D5 E5 C5", "C5:1/4 D5:1/8 F5 E5 D5 C5:1/4 | C5 D5 E5 C5:1/8 B4"
    )
    (scores / "quick.txt").write_text(quick)
    whole = json.loads(run("evaluate", "quick.txt", "--corpus", "body", "--json").stdout)
    assert whole["distances"][0]["total_variation"] > 0
    done = run("evaluate", "quick.txt", "--corpus", "body", "--beats", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["beats"] is True
    assert [each["total_variation"] for each in found["distances"]] == [0] * 9
    read = run("evaluate", "quick.txt", "--corpus", "body", "--beats").stdout
    assert read.startswith("1 piece against 2 of body, all voices, on the beats\n")


OFF = TUNE[: TUNE.index("soprano |")] + "soprano | r:1/8 C5:1/16 r r:3/4 |\nbass | C3:1 |\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--corpus", "body"), 2, "Missing argument"),
        (("a.txt",), 2, "--corpus"),
        (("empty", "--corpus", "body"), 1, "there is no score in empty"),
        (("gone.mid", "--corpus", "body"), 1, "gone.mid: there is no such file or folder"),
        (("broken.mid", "--corpus", "body"), 1, "broken.mid"),
        (
            ("a.txt", "--corpus", "body", "--part", "alto"),
            1,
            "no notes in a voice alto; it has soprano, bass",
        ),
        (("high.txt", "--corpus", "body", "--part", "flute"), 1, "no piece of body has a voice flute"),
        (("a.txt", "--corpus", "empty"), 1, "empty holds no music"),
        (("a.txt", "--corpus", "nowhere"), 1, "nowhere is no folder"),
        (("a.txt", "--corpus", "body", "--style", "first_species"), 1, "first_species has no harmony"),
        (
            ("a.txt", "--corpus", "body", "--mode", "minor"),
            1,
            "no piece of the set is in minor: 1 piece, all",
        ),
        (
            ("minor.txt", "--corpus", "body", "--mode", "minor"),
            1,
            "no piece of body is in minor: 2 pieces, all",
        ),
        (("a.txt", "--corpus", "body", "--mode", "dorian"), 2, "--mode"),
        (
            ("off.txt", "--corpus", "body", "--beats", "--part", "soprano"),
            1,
            "it has no notes on a beat in a voice soprano; it has soprano, bass",
        ),
        (("a.txt", "--corpus", "body", "--plots", "no/near.svg"), 2, "no/near.svg cannot be written"),
        (("a.txt", "--corpus", "body", "--plots", "a.txt"), 2, "a.txt is one of the scores"),
    ],
)
def test_what_is_wrong_is_said(
    run: Run, scores: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (scores / "empty").mkdir()
    (scores / "broken.mid").write_bytes(b"no music")
    (scores / "high.txt").write_text(TUNE.replace("soprano", "flute"))
    (scores / "minor.txt").write_text(IN_MINOR)
    (scores / "off.txt").write_text(OFF)
    done = run("evaluate", *arguments)
    assert done.exit_code == code, done.output
    assert said in " ".join(done.stderr.split())
