"""`rulegen compose`: what it writes, what it says, and that nothing is lost when it fails."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from rulegen.compose import compose, prepare
from rulegen.io.musicxml import write_musicxml
from rulegen.io.read import read_score
from rulegen.score.notation import parse_score
from rulegen.style.check import load_style

Run = Callable[..., Result]
Files = dict[str, bytes]


def files_in(folder: Path) -> Files:
    return {each.name: each.read_bytes() for each in sorted(folder.iterdir()) if each.suffix != ".rules"}


def test_without_an_output_musicxml_and_midi_are_named_after_style_and_seed(
    run: Run, small: Path, folder: Path
) -> None:
    done = run("compose", "small.rules", "--seed", "7")
    assert done.exit_code == 0, done.output
    assert list(files_in(folder)) == ["small-7.mid", "small-7.musicxml"]
    assert "seed 7 -> small-7.musicxml, small-7.mid" in done.stdout
    assert "exact" in done.stdout
    assert done.stderr == ""


def test_a_seed_that_is_not_given_is_fresh_and_printed(run: Run, small: Path, folder: Path) -> None:
    said = [run("compose", "small.rules", "-o", f"{name}.txt").stdout for name in "ab"]
    seeds = [re.search(r"seed (\d+) \(fresh\)", text) for text in said]
    assert seeds[0] and seeds[1] and seeds[0][1] != seeds[1][1]
    run("compose", "small.rules", "--seed", seeds[0][1], "-o", "c.txt")
    assert (folder / "a.txt").read_bytes() == (folder / "c.txt").read_bytes()


def test_piece_i_of_a_count_is_the_piece_of_the_seed_and_i(run: Run, small: Path, folder: Path) -> None:
    (folder / "out").mkdir()
    done = run("compose", "small.rules", "--seed", "5", "--count", "3", "-o", "out/c.txt")
    assert done.exit_code == 0, done.output
    together = files_in(folder / "out")
    assert list(together) == ["c-001.txt", "c-002.txt", "c-003.txt"]
    for number, seed in ((1, 5), (3, 7)):
        run("compose", "small.rules", "--seed", str(seed), "-o", "one.txt")
        assert (folder / "one.txt").read_bytes() == together[f"c-00{number}.txt"]


def test_a_seed_gives_the_same_bytes_with_and_without_the_cache(run: Run, small: Path, folder: Path) -> None:
    outputs = ("-o", "a.musicxml", "-o", "a.mid", "-o", "a.mxl", "-o", "a.txt")
    found = []
    for more in ((), (), ("--no-cache",)):
        assert run("compose", "small.rules", "--seed", "3", *outputs, *more).exit_code == 0
        found.append(files_in(folder))
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == 4


def test_every_score_format_holds_the_same_piece(run: Run, small: Path, folder: Path) -> None:
    run(
        "compose",
        "small.rules",
        "--seed",
        "3",
        "-o",
        "a.musicxml",
        "-o",
        "a.mxl",
        "-o",
        "a.txt",
        "-o",
        "a.midi",
    )
    text = parse_score((folder / "a.txt").read_text(encoding="utf-8"))
    for name in ("a.musicxml", "a.mxl", "a.midi"):
        score = read_score(folder / name)
        assert [note.pitch.midi for note in score.notes if note.pitch] == [
            n.pitch.midi for n in text.notes if n.pitch
        ]


def test_the_score_goes_to_standard_output_and_all_else_to_standard_error(run: Run, small: Path) -> None:
    done = run("compose", "small.rules", "--seed", "3", "-o", "-", "--format", "txt")
    assert parse_score(done.stdout).title == "Small duo"
    assert "seed 3" in done.stderr
    assert run("compose", "small.rules", "--seed", "3", "-o", "-").stdout.startswith("<?xml")


def test_the_best_scores_are_ranked_and_proved(run: Run, small: Path, folder: Path) -> None:
    done = run("compose", "small.rules", "--best", "--count", "3", "--format", "txt")
    assert done.exit_code == 0, done.output
    weights = [float(each) for each in re.findall(r"log weight (\S+) nats", done.stdout)]
    assert len(weights) == 3
    assert weights == sorted(weights, reverse=True)
    assert "proved" in done.stdout
    assert list(files_in(folder)) == ["small-best-001.txt", "small-best-002.txt", "small-best-003.txt"]


def test_a_given_voice_is_kept(run: Run, small: Path, folder: Path) -> None:
    run("compose", "small.rules", "--seed", "1", "-o", "one.musicxml")
    done = run("compose", "small.rules", "--seed", "2", "--given", "soprano=one.musicxml", "-o", "two.txt")
    assert done.exit_code == 0, done.output
    one, two = (
        read_score(folder / "one.musicxml"),
        parse_score((folder / "two.txt").read_text(encoding="utf-8")),
    )
    assert [n.pitch for n in one.notes_of("soprano")] == [n.pitch for n in two.notes_of("soprano")]


def tune(folder: Path, *lines: str) -> Path:
    """A score file with these lines of the short notation."""
    voices = [f"voice {line.split()[0]} C3..C6" for line in lines]
    score = parse_score("\n".join(["key C major", "meter 4/4", *voices, *lines]))
    write_musicxml(score, folder / "tune.musicxml")
    return folder / "tune.musicxml"


def test_why_the_key_of_a_tune_is_not_that_of_its_signature_is_said(run: Run, folder: Path) -> None:
    (folder / "hymn.rules").write_text(
        """style "Hymn"  meter 4/4  key C major  key from upper  form from upper
        voices { upper C4..C6  lower C3..C4 }
        harmony { chords major I V  chords minor i iv V  change every beat }""",
        encoding="utf-8",
    )
    tune(folder, "upper | D4:1/4 F4 G4 A4 | F4 E4 D4:1/2 |")
    done = run("compose", "hymn.rules", "--seed", "1", "--given", "upper=tune.musicxml", "-o", "a.txt")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[:2] == [
        "Hymn: D minor, 2 bars, 2 voices",
        "D minor and not C major, as its signature says: the tune ends on D and has F above it",
    ]


def test_a_given_voice_outside_the_range_is_refused(run: Run, small: Path, folder: Path) -> None:
    before = tune(folder, "cantus | C4:1 | D4 | C4 | G5 |").read_bytes()
    done = run("compose", "small.rules", "--given", "soprano=tune.musicxml")
    assert done.exit_code == 1
    assert "the G5 that is given for soprano lies outside its range C4..E5" in done.stderr
    assert files_in(folder) == {"tune.musicxml": before}


def test_a_given_file_with_several_parts_none_of_which_is_meant_is_refused(
    run: Run, small: Path, folder: Path
) -> None:
    tune(folder, "oboe | C4:1 | D4 | C4 | C4 |", "horn | C4:1 | D4 | C4 | C4 |")
    done = run("compose", "small.rules", "--given", "soprano=tune.musicxml")
    assert done.exit_code == 1
    assert "has 2 parts (oboe, horn)" in done.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"<score-partwise><part>", "XML is broken"),
        (b"PK\x03\x04rubbish", "damaged"),
        (b"\x00\xff\x01", "broken"),
    ],
)
def test_a_broken_given_file_is_refused(
    run: Run, small: Path, folder: Path, content: bytes, said: str
) -> None:
    (folder / "tune.musicxml").write_bytes(content)
    done = run("compose", "small.rules", "--given", "soprano=tune.musicxml")
    assert done.exit_code == 1
    assert said in done.stderr
    assert (folder / "tune.musicxml").read_bytes() == content


@pytest.mark.parametrize(
    "arguments",
    [
        ("-o", "a.doc"),
        ("-o", "a"),
        ("-o", "a.mid", "--format", "txt"),
        ("-o", "-", "--count", "2"),
        ("-o", "a.txt", "-o", "a.txt"),
        ("--given", "soprano"),
        ("--given", "soprano=a.mid", "-o", "a.mid"),
        ("--best", "--seed", "3"),
        ("--seed", "-1"),
        ("--count", "0"),
        ("--no-such-option",),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    run: Run, small: Path, folder: Path, arguments: tuple[str, ...]
) -> None:
    done = run("compose", "small.rules", *arguments)
    assert done.exit_code == 2, done.output
    assert done.stderr
    assert files_in(folder) == {}


def test_a_folder_that_is_not_there_is_found_out_before_the_work(
    run: Run, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rulegen.compose.prepare", None)
    done = run("compose", "small.rules", "-o", "nowhere/a.mid")
    assert done.exit_code == 1
    assert "there is no folder nowhere" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_refused(run: Run, small: Path, folder: Path) -> None:
    (folder / "shut").mkdir(mode=0o500)
    done = run("compose", "small.rules", "-o", "shut/a.mid")
    assert done.exit_code == 1
    assert "cannot be written" in done.stderr


def test_what_is_no_plain_file_is_not_replaced_by_one(run: Run, small: Path, folder: Path) -> None:
    os.mkfifo(folder / "pipe.txt")
    done = run("compose", "small.rules", "-o", "pipe.txt")
    assert done.exit_code == 1
    assert "no plain file" in done.stderr
    assert (folder / "pipe.txt").is_fifo()


def test_ctrl_c_leaves_the_old_file_and_no_part_of_a_new_one(
    run: Run, small: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("compose", "small.rules", "--seed", "1", "-o", "a.txt")
    before = files_in(folder)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    done = run("compose", "small.rules", "--seed", "2", "-o", "a.txt", "--no-cache")
    assert done.exit_code == 130
    assert "interrupted" in done.stderr
    assert files_in(folder) == before


def test_a_bug_is_told_with_style_seed_and_version(
    run: Run, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("rulegen.compose.compose", broken)
    done = run("compose", "small.rules", "--seed", "9")
    assert done.exit_code == 3
    assert (
        "a bug in rulegen: ZeroDivisionError: by nothing (style small.rules, seed 9, version" in done.stderr
    )
    assert "Traceback" not in done.stderr
    monkeypatch.setenv("RULEGEN_TRACEBACK", "1")
    assert "Traceback" in run("compose", "small.rules", "--seed", "9").stderr


def test_a_style_that_no_score_can_keep_is_refused_with_the_lines_that_clash(
    run: Run, small: Path, folder: Path
) -> None:
    clashing = ("contrary_motion", "oblique_motion", "similar_motion", "parallel_motion", "repeated_note")
    lines = "\n".join(f"forbid {rule}" for rule in clashing)
    small.write_text(small.read_text().replace("prefer contrary_motion weight 1", lines))
    done = run("compose", "small.rules")
    assert done.exit_code == 1
    assert "error[unsatisfiable]" in done.stderr
    assert "--> small.rules:" in done.stderr
    assert files_in(folder) == {}


def test_ranges_that_leave_no_voicing_are_told(run: Run, small: Path) -> None:
    small.write_text(small.read_text().replace("C4..E5", "D4..D#4").replace("I IV V V6 vi", "I"))
    done = run("compose", "small.rules")
    assert done.exit_code == 1
    assert "soprano has no note to sing" in done.stderr


def test_a_cache_that_cannot_be_used_is_done_without(
    run: Run, small: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").write_text("")
    monkeypatch.setenv("RULEGEN_CACHE", str(folder / "file" / "below"))
    done = run("compose", "small.rules", "--seed", "1", "-o", "a.txt")
    assert done.exit_code == 0, done.output


def test_what_a_piece_is_made_from_is_never_written_over(run: Run, small: Path, folder: Path) -> None:
    before = small.read_bytes()
    done = run("compose", "small.rules", "-o", "small.rules", "--format", "txt")
    assert done.exit_code == 1
    assert "not written over" in done.stderr
    assert small.read_bytes() == before
    run("compose", "small.rules", "--seed", "1", "-o", "small-2.musicxml")
    tune = files_in(folder)
    done = run("compose", "small.rules", "--seed", "2", "--given", "soprano=small-2.musicxml")
    assert done.exit_code == 1
    assert files_in(folder) == tune


RELAXED = """
rule far_back is forbidden {
  "The first and the last of five notes are not the same."
  source "made for this test"
  for    consecutive notes a, b, c, d, e in voice
  then   a.pitch == e.pitch
  right  { voice: C4 D4 E4 F4 G4 }
  right  { voice: C4 D4 E4 F4 }
  wrong  { voice: C4 D4 E4 F4 C4 } at note 5
  wrong  { voice: D4 D4 D4 D4 D4 } at note 5
}
forbid far_back in soprano
"""


def test_what_passes_the_budget_is_named_and_kept_by_particles(run: Run, small: Path) -> None:
    small.write_text(small.read_text() + RELAXED)
    done = run("compose", "small.rules", "--seed", "4", "--budget", "5000", "-o", "-", "--format", "txt")
    assert done.exit_code == 0, done.output
    assert "warning[relaxed]: `forbid far_back` costs most" in done.stderr
    [piece] = compose(prepare(load_style(small), {}, budget=5000), [4])
    assert f"seed 4, least effective sample size {piece.effective_size:.1f} -> " in done.stderr
    stopped = run("compose", "small.rules", "--seed", "4", "--budget", "5000", "--exact")
    assert stopped.exit_code == 1
    assert "error[relaxed]" in stopped.stderr
    unproved = run("compose", "small.rules", "--best", "--budget", "5000")
    assert unproved.exit_code == 1
    assert "cannot be proved" in unproved.stderr


TURNS = """style "Turns"
meter 4/4
key C major
voices { soprano C4..G5 }
rhythm { every 1/4 }
melody { notes scale }
form { A = 4 bars }
rule turns is required {
  for  phrase p
  then count(consecutive notes a, b, c in soprano in p where a == c and a != b) == 5
}
require turns
"""


def test_a_draw_that_is_biased_says_so(run: Run, folder: Path) -> None:
    (folder / "turns.rules").write_text(TURNS)
    pieces = compose(prepare(load_style(folder / "turns.rules"), {}, budget=300), range(6))
    done = run("compose", "turns.rules", "--seed", "0", "--count", "6", "--budget", "300")
    lines = [line for line in done.stdout.splitlines() if line.startswith("seed ")]
    told = [int(found[1]) if (found := re.search(r"went back (\d+) time", line)) else 0 for line in lines]
    assert told == [piece.returns for piece in pieces]
    assert sorted({bool(number) for number in told}) == [False, True]
    assert [", biased: all particles died and went back" in line for line in lines] == [bool(n) for n in told]


def test_a_voice_has_the_clef_and_the_sound_that_it_says(run: Run, small: Path, folder: Path) -> None:
    text = small.read_text().replace("soprano C4..E5", "soprano C4..E5 clef alto instrument viola", 1)
    small.write_text(text.replace('style "Small duo"', 'style "Small duo"  composer "A. Person"', 1))
    done = run("compose", "small.rules", "--seed", "1", "-o", "a.musicxml", "-o", "a.mid", "-o", "a.txt")
    assert done.exit_code == 0, done.output
    notation = (folder / "a.musicxml").read_text(encoding="utf-8")
    assert re.search(r"<sign>C</sign>\s*<line>3</line>", notation)
    assert '<creator type="composer">A. Person</creator>' in notation
    assert "<midi-program>42</midi-program>" in notation
    read = read_score(folder / "a.musicxml")
    written = parse_score((folder / "a.txt").read_text(encoding="utf-8"))
    assert dict(read.metadata)["clef soprano"] == dict(written.metadata)["clef soprano"] == "alto"


def test_a_part_of_a_file_is_chosen_by_its_number_or_name(run: Run, small: Path, folder: Path) -> None:
    run("compose", "small.rules", "--seed", "1", "-o", "one.musicxml")
    top = [note.pitch for note in read_score(folder / "one.musicxml").notes_of("soprano")]
    for which in ("1", "soprano"):
        done = run(
            "compose", "small.rules", "--seed", "2", "--given", f"soprano=one.musicxml:{which}", "-o", "a.txt"
        )
        assert done.exit_code == 0, done.stderr
        kept = parse_score((folder / "a.txt").read_text(encoding="utf-8")).notes_of("soprano")
        assert [note.pitch for note in kept] == top
    done = run("compose", "small.rules", "--seed", "2", "--given", "bass=one.musicxml:1", "-o", "b.txt")
    assert done.exit_code == 1
    assert f"the {top[0]} that is given for bass lies outside its range" in done.stderr
    done = run("compose", "small.rules", "--seed", "2", "--given", "soprano=one.musicxml:7", "-o", "b.txt")
    assert done.exit_code == 1
    assert "has 2 parts" in done.stderr and "FILE:2" in done.stderr


def test_what_a_given_voice_breaks_by_itself_is_told_and_found_again_by_grade(run: Run, folder: Path) -> None:
    (folder / "leap.rules").write_text(
        """style "Leap"  meter 4/4  key C major  voices { upper C4..A5  lower C4..E4 }  rhythm { every beat }
        form { A = 2 bars }  melody { notes scale }  given upper = C4:1/4 A4 C5 D5
        rule wide is forbidden { for consecutive notes a, b in voice  then abs(interval(a, b)) > P5 }  forbid wide
        """
    )
    done = run("compose", "leap.rules", "--seed", "1", "-o", "leap.musicxml")
    assert done.exit_code == 0
    assert done.stdout.endswith("what is given does not keep wide, which is no fault of the piece: bar 1\n")
    graded = run("grade", "leap.musicxml", "--style", "leap.rules")
    assert graded.exit_code == 0
    assert "in what was given\n  bar 1, beat 2: upper: " in graded.stdout
    run("compose", "leap.rules", "--seed", "1", "-o", "leap.mid")  # which cannot say what was given
    assert run("grade", "leap.mid", "--style", "leap.rules").exit_code == 1
    assert run("grade", "leap.mid", "--style", "leap.rules", "--given", "upper").exit_code == 0
    assert "no voice called `up`" in run("grade", "leap.mid", "--style", "leap.rules", "--given", "up").stderr


@pytest.mark.parametrize("name", ["mid", ".mid", "midi"])
def test_a_format_may_be_said_as_its_files_end(name: str, run: Run, small: Path, folder: Path) -> None:
    assert run("compose", "small.rules", "--seed", "1", "--format", name).exit_code == 0
    assert [each.name for each in folder.glob("*.mid*")] == ["small-1.mid"]
