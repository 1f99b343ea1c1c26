"""`rulegen check`: every fault at its place, and quick to start."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from rulegen.face import checking

Run = Callable[..., Result]

HEAVY = {"music21", "numpy", "scipy", "torch", "pretty_midi", "rich", "hmmlearn"}


def test_a_style_without_fault_is_fine(run: Run, small: Path) -> None:
    done = run("check", "small.rules")
    assert done.exit_code == 0
    assert done.stdout == 'small.rules: no fault; "Small duo", 2 voices, 3 hard rules, 1 soft rule\n'
    assert done.stderr == ""


def test_a_ready_style_is_found_by_its_name(run: Run) -> None:
    assert run("check", "chorale").exit_code == 0


def test_what_too_many_voices_cannot_be_composed_with_is_told(run: Run, folder: Path) -> None:
    voices = "".join(f"v{number} C3..C5 " for number in range(40))
    text = f'style "b" meter 4/4 key C major use common_practice voices {{ {voices}}} form {{ A = 1 bars }} '
    (folder / "crowd.rules").write_text(text + "harmony { chords I V  change every beat }")
    done = run("check", "crowd.rules")
    assert done.exit_code == 0
    assert "warning[too-wide]: `all_voices_same_direction` cannot be composed with" in done.stderr


def test_all_faults_are_told_at_their_places(run: Run, small: Path) -> None:
    small.write_text(
        small.read_text().replace("parallel_fifths", "parallel_fifth").replace("voice_crossing", "crossing")
    )
    done = run("check", "small.rules")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.count("error[unknown-rule]") == 2
    assert "--> small.rules:24:8" in done.stderr
    assert "did you mean `parallel_fifths`?" in done.stderr
    assert "\033[" not in done.stderr
    assert done.stderr.endswith("small.rules: 2 faults\n")


def test_one_faulty_style_among_several_is_enough(run: Run, small: Path, folder: Path) -> None:
    (folder / "empty.rules").write_text("")
    done = run("check", "empty.rules", "small.rules")
    assert done.exit_code == 1
    assert "small.rules: no fault" in done.stdout
    assert "empty.rules is empty" in done.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x7fELF\x00\x01", "is not a text file"),
        (b"\xff\xfe\xfa", "is not UTF-8 text"),
        (b'style "T"\n' + b"# filling\n" * 1_000_000, "is larger than 1 MB"),
        (b'pack "T"\n', "a pack is used by styles"),
    ],
)
def test_what_is_no_style_is_refused(run: Run, folder: Path, content: bytes, said: str) -> None:
    (folder / "x.rules").write_bytes(content)
    checked = () if content.startswith(b"pack") else (("check", "x.rules"),)
    for command in (*checked, ("compose", "x.rules"), ("inspect", "x.rules")):
        done = run(*command)
        assert done.exit_code == 1
        assert said in done.stderr
    assert [each.name for each in folder.iterdir()] == ["x.rules"]


def test_an_unknown_style_is_told_with_the_nearest(run: Run) -> None:
    done = run("check", "choral")
    assert done.exit_code == 1
    assert "did you mean `chorale`?" in done.stderr
    assert "there is no file missing.rules" in run("check", "missing.rules").stderr


PACK = """pack "P"
rule meets is forbidden {
  "Two voices do not meet."
  source "an exercise"
  for   voices upper, lower
  for   moment m
  then  upper@m == lower@m
  wrong { upper: C4 D4  lower: C4 D4 }  at moment 2
  right { upper: C4 D4  lower: C4 A3 }
  wrong { upper: C4 D4  lower: A3 B3 }
  wrong { upper: D4 D4  lower: C4 D4 }  at moment 2
  right { upper: D4 D4  lower: C4 B3 }
}
forbid meets
"""


WORDS = """pack "Words"
use harmony
rule falls(by = -M3) is forbidden {
  "No third down."  source "an exercise"
  for   consecutive notes a, b in voice
  then  interval(a, b) == by
  right { voice: C4 E4 G4 }
  wrong { voice: C4 E4 C4 }  at note 3
}
rule falls_far is forbidden {
  "No fourth down."  source "an exercise"
  for   consecutive notes a, b in voice
  then  -interval(a, b) == P4
  right { voice: C4 F4 }
  wrong { voice: F4 C4 }  at note 2
}
rule too_long(most = 1/4) is forbidden {
  "No note is long."  source "an exercise"
  for   note n in voice
  then  n.duration > most
  right { voice: C4 D4 }
  wrong { voice: C4 D4:1/2 }  at note 2
}
rule late is forbidden {
  "The highest note does not come late."  source "an exercise"
  for   consecutive notes a, b in voice
  then  b.midi > 72 and phrase.position > 0.5
  right { voice: C5 D5 D5 C5 }
  wrong { voice: C5 C5 C5 D5 }  at note 4
}
rule opens_low is forbidden {
  "The first note is not low."  source "an exercise"
  for   moment m
  then  m.phrase_position == 0 and m.lowest.midi < 60
  right { voice: C4 B3 }
  wrong { voice: B3 C4 }  at moment 1
}
rule false_relation is forbidden {
  "No cross relation."  source "an exercise"
  for   voices upper, lower
  for   consecutive moments s, t
  then  cross_relation(upper, lower, s, t)
  right { upper: F4 A4  lower: D3 F3 }
  wrong { upper: F4 A4  lower: D3 F#3 }  at moment 2
}
"""


def test_a_pack_is_checked_by_itself(run: Run, folder: Path) -> None:
    (folder / "p.rules").write_text(PACK)
    done = run("check", "p.rules")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == 'p.rules: no fault; "P", a pack, 1 rule, 1 use\n'
    (folder / "p.rules").write_text(PACK.replace('  source "an exercise"\n', "") + "voices { alto C4..C5 }")
    done = run("check", "p.rules")
    assert done.exit_code == 1
    assert done.stderr.count("error[") == 2
    assert "error[no-source]" in done.stderr
    assert "error[not-in-a-pack]" in done.stderr


def test_cases_that_do_not_come_true_are_told_with_what_is_found(run: Run, folder: Path) -> None:
    (folder / "p.rules").write_text(PACK)
    done = run("check", "--cases", "p.rules")
    assert done.exit_code == 1
    assert [line for line in done.stderr.splitlines() if line.startswith("error[case-fails]")] == [
        "error[case-fails]: `meets`: the case states a place at moment 2, and found is at moment 1, at moment 2",
        "error[case-fails]: `meets`: the case states nothing to be found, and found is at moment 1",
        "error[case-fails]: `meets`: the case states some place, and found is nothing",
    ]
    assert "--> p.rules:8:3" in done.stderr
    assert done.stderr.endswith("p.rules: 3 faults\n")


def test_cases_that_come_true_are_counted(run: Run, small: Path) -> None:
    rule = PACK.partition("\n")[2].replace("lower: C4 D4 }  at moment 2", "lower: C4 D4 }", 1)
    small.write_text(small.read_text() + rule.replace("C4 A3 }", "B3 A3 }").replace("A3 B3 }", "A3 D4 }"))
    done = run("check", "--cases", "small.rules")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.endswith("4 hard rules, 1 soft rule, 5 cases\n")


def test_words_of_the_language_mean_what_their_cases_say(run: Run, folder: Path) -> None:
    (folder / "words.rules").write_text(WORDS)
    done = run("check", "--cases", "words.rules")
    assert (done.exit_code, done.stderr) == (0, "")


def test_a_use_that_meets_nothing_is_a_warning(run: Run, small: Path) -> None:
    small.write_text(small.read_text() + "forbid leap at plagal cadences\n")
    for command in (("check", "small.rules"), ("compose", "small.rules", "--seed", "1", "-o", "a.txt")):
        done = run(*command)
        assert done.exit_code == 0
        assert done.stderr.startswith("warning[vacuous]: `forbid leap` never meets anything")
    done = run("grade", "a.txt", "--style", "small.rules")
    assert "5 uses of rules; 1 of them met nothing that they speak of: forbid leap\n" in done.stdout


def test_a_file_given_on_the_command_line_spares_the_one_that_is_not_there(run: Run, small: Path) -> None:
    small.write_text(small.read_text() + 'given bass from "nope.musicxml"\n')
    for command in ("check", "compose", "inspect"):
        done = run(command, "small.rules")
        assert done.exit_code == 1
        assert "error[no-such-file]: there is no file nope.musicxml\n  --> small.rules:28:17" in done.stderr
    done = run("inspect", "small.rules", "--given", "bass=other.musicxml")
    assert "other.musicxml does not exist" in done.stderr


def test_a_given_file_that_is_no_score_is_told_where_it_is_given(run: Run, small: Path) -> None:
    small.write_text(small.read_text() + 'given bass from "empty.mid"\n')
    Path("empty.mid").write_bytes(b"no music")
    assert run("check", "small.rules").exit_code == 0
    done = run("compose", "small.rules")
    assert done.exit_code == 1
    assert done.stderr.startswith("error[unreadable-score]: empty.mid is no MIDI file")
    assert "--> small.rules:28:1" in done.stderr


def test_checking_imports_nothing_heavy(small: Path) -> None:
    program = (
        "import sys\nfrom rulegen.cli import program\n"
        f"program.main(['check', {str(small)!r}], standalone_mode=False)\n"
        f"print(sorted(set(sys.modules) & {HEAVY!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


ROOT = Path(__file__).resolve().parents[2]


REPEATS = """style "T"  meter 4/4  key C major  voices { v C4..G4 }  rhythm { every beat }
form { A = 1 bars  piece = A A }  use melody  forbid leap in %s
"""


def test_a_use_in_a_repeat_alone_is_a_warning(run: Run, folder: Path) -> None:
    for narrowed, warned in (("bars 2", True), ("phrases 2", True), ("bars 1", False), ("bars 1..2", False)):
        (folder / "t.rules").write_text(REPEATS % narrowed)
        done = run("check", "t.rules")
        assert done.exit_code == 0
        assert ("repeat-alone" in done.stderr) == warned, narrowed


FAR = """style "T"  meter 3/4  key C major  voices { v C4..G4 }  rhythm v { values 1/8, 1/4 }  form { A = 2 bars }
rule before is avoided { for note n in voice  then n.before_close }  avoid before
"""


def test_a_rule_that_can_be_graded_by_and_not_composed_with_is_a_warning_at_its_use(
    run: Run, folder: Path
) -> None:
    (folder / "t.rules").write_text(FAR)
    done = run("check", "t.rules")
    assert done.exit_code == 0
    assert "warning[too-wide]: `before` cannot be composed with" in done.stderr
    assert "--> t.rules:2:70" in done.stderr
    assert "scores can be graded by it all the same" in done.stderr


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("form { A = 1 bar meter 3/8, 2 bars }  rhythm { every beat close 1/1 }", "long-close"),
        (
            "form { A = 1 bar home to V, cadence authentic }  harmony { chords I V ii  change every half bar }",
            "short-modulation",
        ),
        ("form { A = 2 bars }  pickup 1/8  rhythm { values 1/4, 1/2 grid 1/4 }", "off-the-grid"),
    ],
)
def test_what_cannot_be_laid_out_in_time_is_told_as_compose_tells_it(
    said: str, code: str, run: Run, folder: Path
) -> None:
    (folder / "x.rules").write_text(
        f'style "T"  meter 4/4  key C major\nvoices {{ soprano C4..A5 }}\n{said}\n'
    )
    checked, composed = run("check", "x.rules"), run("compose", "x.rules", "-o", "x.txt")
    assert (checked.exit_code, composed.exit_code) == (1, 1)
    assert checked.stderr == f"{composed.stderr}x.rules: 1 fault\n"
    assert checked.stderr.startswith(f"error[{code}]")


def test_what_was_found_fit_is_not_looked_at_again_until_it_changes(
    run: Run, small: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RULEGEN_CACHE", str(folder / "kept"))
    looked, look = list[object](), checking._hindering
    monkeypatch.setattr(checking, "_hindering", lambda *asked: looked.append(asked) or look(*asked))
    said = {run("check", "small.rules").stdout for _ in range(3)}
    assert len(said) == len(looked) == 1
    small.write_text(small.read_text() + "\n# Changed\n")
    run("check", "small.rules")
    assert len(looked) == 2
