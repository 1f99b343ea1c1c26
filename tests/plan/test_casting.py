"""Whose part is whose: by name, cut short or whole, by how high it lies, or as one says; and what is left out."""

from __future__ import annotations

import pytest

from rulegen.errors import ScoreReadError
from rulegen.plan.casting import cast, in_key_of
from rulegen.score.events import Dynamic, Score
from rulegen.score.notation import parse_score
from rulegen.theory.scale import Key
from tests.oracle.brute import style_of

CHOIR = style_of("""style "T"  meter 4/4  key D dorian  form { A = 1 bars }
voices { soprano C4..A5  alto G3..D5  tenor C3..G4  bass E2..C4 }  rhythm { every bar }""")
LINES = ("C5", "G4", "E4", "C3")


def score_of(names: str, pitches: tuple[str, ...] = LINES) -> Score:
    voices = names.split()
    ranges = "".join(f"voice {name} C2..C6\n" for name in voices)
    lines = "".join(f"{name} | {pitch}:1 |\n" for name, pitch in zip(voices, pitches, strict=True))
    return parse_score(f"key C major\nmeter 4/4\n{ranges}\n{lines}")


def sung(names: str, pitches: tuple[str, ...] = LINES, **told: str) -> tuple[list[str], tuple[str, ...]]:
    """The first note of each voice of the style, and what was assumed."""
    found = cast(score_of(names, pitches), CHOIR, told)
    assert [voice.name for voice in found.score.voices] == ["soprano", "alto", "tenor", "bass"]
    return [str(found.score.notes_of(voice.name)[0].pitch) for voice in found.score.voices], found.assumed


@pytest.mark.parametrize(
    "names", ["bass tenor alto soprano", "B T A S", "bas ten alt sop", "Bass Tenor Alto Soprano"]
)
def test_voices_go_by_their_names_whole_or_cut_short(names: str) -> None:
    notes, assumed = sung(names, LINES[::-1])
    assert notes == list(LINES)
    assert bool(assumed) is (names in ("B T A S", "bas ten alt sop"))


def test_without_names_they_go_by_order_and_by_height_where_that_is_another() -> None:
    in_order = ("voices, in the order of the score: soprano is a, alto is b, tenor is c, bass is d",)
    assert sung("a b c d") == (list(LINES), in_order)
    upside_down = ("voices, by how high they lie: soprano is d, alto is c, tenor is b, bass is a",)
    assert sung("a b c d", LINES[::-1]) == (list(LINES), upside_down)
    close = (
        "D4",
        "E4",
        "D3",
        "C3",
    )  # the alto a step above the soprano: a fault of the score, not another order
    assert sung("a b c d", close)[0] == list(close)


def test_what_is_told_goes_before_all_else() -> None:
    told = {"soprano": "2", "alto": "a"}
    assert sung("a b c d", **told)[0] == ["G4", "C5", "E4", "C3"]
    with pytest.raises(ScoreReadError, match="its voices are 1 a, 2 b, 3 c, 4 d"):
        sung("a b c d", soprano="5")
    with pytest.raises(ScoreReadError, match="the style has no voice 'descant'"):
        sung("a b c d", descant="1")
    with pytest.raises(ScoreReadError, match="a of the score cannot be two voices"):
        sung("a b c d", soprano="1", alto="a")


def test_parts_that_are_silent_or_not_asked_for_are_left_out_and_said() -> None:
    silent = score_of("a b c d e", (*LINES, "r"))
    assert cast(silent, CHOIR).assumed[1:] == ("e is left out: silent",)
    organ = cast(score_of("soprano alto tenor bass organ", (*LINES, "C2")), CHOIR)
    assert organ.assumed == ("organ is left out: not asked for",)
    with pytest.raises(ScoreReadError, match="say which they are, as in soprano=1, alto=2"):
        sung("a b c d e", (*LINES, "C2"))
    with pytest.raises(ScoreReadError, match=r"the score has 1 voice \(a\), the style 4"):
        cast(score_of("a", ("C4",)), CHOIR)


def test_marks_go_with_their_voices() -> None:
    score = score_of("B T A S", LINES[::-1])
    marked = Score(
        score.title,
        score.voices,
        score.timeline,
        score.notes,
        dynamics=(Dynamic(0, "p", "S"), Dynamic(0, "f", None)),
    )
    assert [each.voice for each in cast(marked, CHOIR).score.dynamics] == ["soprano", None]


def test_the_key_is_that_of_the_style_where_signature_and_final_agree() -> None:
    lines = ("D5", "A4", "F4", "D3")
    found, assumed = in_key_of(score_of("soprano alto tenor bass", lines), CHOIR)
    assert found.key == Key.parse("D dorian")
    assert assumed == ("the key is D dorian, as in the style, and not C major: the bass ends on D",)
    elsewhere = score_of("soprano alto tenor bass")
    assert in_key_of(elsewhere, CHOIR) == (elsewhere, ())
    told, said = in_key_of(elsewhere, CHOIR, Key.parse("A minor"))
    assert (told.key.name, said) == ("A minor", ())


def test_labels_are_read_in_the_key_that_is_told() -> None:
    score = parse_score("key C major\nmeter 4/4\nvoice a C2..C6\n\na | E4:1 |\nharmony | V:1 |\n")
    found, _ = in_key_of(score, CHOIR, Key.parse("A minor"))
    assert found.chords[0].chord.root.name == "E"
