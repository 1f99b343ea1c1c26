"""Where bars, tuplets, sections and keys end on paper, and that it all comes back as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

import rulegen
from rulegen.errors import ScoreReadError
from rulegen.io.bars import Bar, printed_bars
from rulegen.io.container import read_tree
from rulegen.io.musicxml import musicxml_text, write_musicxml
from rulegen.io.read import read_score
from rulegen.io.read_musicxml import score_of
from rulegen.score.events import Score
from rulegen.score.notation import parse_score

EXAMPLES = Path(__file__).parents[2] / "examples"


def composed(form: str, rhythm: str = "every beat", more: str = "") -> Score:
    style = (
        'style "Endings"\nkey C major\nmeter 4/4\nvoices { upper C4..C5  lower C3..C4 }\n'
        f"form {{\n{form}\n}}\nrhythm {{ {rhythm} }}\n{more}\n"
    )
    return rulegen.load(style).compose(seed=1).score


def back(score: Score) -> Score:
    return score_of(read_tree(musicxml_text(score).encode(), "it"), "it")


def lines(bars: Sequence[Bar]) -> str:
    """The line after each bar: single, double, final, or a repeat sign."""
    return "".join(
        ":" if bar.repeats_to > 1 else {"regular": "|", "double": "D", "final": "F"}[bar.line] for bar in bars
    )


@pytest.mark.parametrize(
    ("form", "rhythm"),
    [
        ("A = pickup 1/4, 2 bars\nB = pickup 1/8, 2 bars\npiece = A B A", "every 1/8"),
        ("A = 2.5 bars, cadence authentic", "every beat"),
        ("A = 2.5 bars\npiece = A A", "every beat"),
        ("A = pickup 1/4, 2 bars\npiece = A A", "every beat"),
        ("A = pickup 1/8, 2 bars\nB = pickup 1/4, 1.5 bars\npiece = A B B", "every 1/8"),
        ("A = 1 bars\nB = 1.25 bars in G major\npiece = A B B", "every 1/8"),
        ("A = 0.5 bars", "every beat"),
    ],
)
def test_music_that_ends_within_a_bar_comes_back_equal(form: str, rhythm: str) -> None:
    score = composed(form, rhythm)
    assert back(score) == score


def test_a_rest_of_the_music_is_kept_and_the_rest_that_fills_the_bar_is_not() -> None:
    score = parse_score("key C major\nmeter 4/4\nvoice v C4..C5\nv | C4:1/1 | D4:1/4 r:1/4 |")
    assert "<rest" in musicxml_text(score)
    assert back(score) == score


def test_a_repeat_that_ends_within_a_bar_has_no_bar_of_rests_after_it() -> None:
    score = composed("A = 2.5 bars\npiece = A A")
    root = ElementTree.fromstring(musicxml_text(score))
    assert not list(root.iter("rest"))


def tuplets(part: Element) -> Iterator[str]:
    """A word for every bar: a tuplet in brackets, a note of one `3`, any other `.`."""
    for measure in part.iter("measure"):
        word = ""
        for note in measure.iter("note"):
            edges = [edge.get("type") for edge in note.iter("tuplet")]
            word += "(" * ("start" in edges)
            word += "3" if note.find("time-modification") is not None else "."
            word += ")" * ("stop" in edges)
        yield word


def test_every_tuplet_has_its_bracket_however_much_of_it_there_is() -> None:
    score = composed("A = pickup 1/4, 2 bars\nB = pickup 1/3, meter 3/4, 2 bars\npiece = A B")
    assert back(score) == score
    words = list(tuplets(next(ElementTree.fromstring(musicxml_text(score)).iter("part"))))
    assert any("(" in word for word in words)
    for word in words:
        assert "3" not in word.replace("(33)", "").replace("(3)", "").replace("(333)", "")


def test_a_tuplet_ends_with_its_beat_and_where_plain_notes_break_it_off() -> None:
    music = "C4:1/12 D4 E4 C4:1/6 D4:1/12 E4:1/6 F4 G4 | C4:1/12 D4:1/4 E4:1/6 C4:1/2 |"
    score = parse_score(f"key C major\nmeter 4/4\nvoice v C4..C5\nv | {music}")
    words = list(tuplets(next(ElementTree.fromstring(musicxml_text(score)).iter("part"))))
    assert words == ["(333)(33)(33)(33)", "(33)(33)."]


def test_a_relative_key_is_said_by_the_numeral_and_not_by_a_second_signature() -> None:
    score = rulegen.load(EXAMPLES / "14_keys_and_meters.rules").compose(seed=3).score
    root = ElementTree.fromstring(musicxml_text(score))
    shown = [kind.get("text", "") for kind in root.iter("kind")]
    assert [text for text in shown if ":" in text] == ["C: I", "d: i", "F: I"]
    assert [len(list(part.iter("key"))) for part in root.iter("part")] == [1, 1, 1, 1]
    assert back(score) == score


def test_a_repeat_is_read_in_its_own_key_though_the_music_before_it_is_in_another() -> None:
    harmony = "harmony {\n chords major I IV V\n chords minor i iv V\n change every bar\n}"
    score = composed("A = 1 bars\nB = 1 bars in vi\nC = 1 bars\npiece = A B A B C", more=harmony)
    bare = musicxml_text(score).replace('name="rulegen-form"', 'name="lost"')
    read = score_of(read_tree(bare.encode(), "it"), "it")
    assert [event.chord for event in read.chords] == [event.chord for event in score.chords]
    assert back(score) == score


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ("A = 2 bars\nB = meter 3/4, 2 bars\npiece = A B", "|D|F"),
        ("A = 2 bars, 2 bars\nB = 1 bars\npiece = A B A", "|||DD|||F"),
        ("A = 2 bars\nB = 2 bars\nC = 1 bars\npiece = A B A B C", "|||:F"),
    ],
)
def test_a_double_line_ends_a_section_but_no_phrase_and_nothing_within_a_repeat(
    form: str, found: str
) -> None:
    assert lines(printed_bars(composed(form))) == found


def test_what_is_said_of_a_damaged_file_is_one_short_printable_line(tmp_path: Path) -> None:
    score = parse_score("key C major\nmeter 4/4\nvoice v C4..C5\nv | C4:1/1 |")
    place = tmp_path / "it.mxl"
    write_musicxml(score, place)
    content = place.read_bytes()
    refused = []
    for at in [*range(120), *range(len(content) - 180, len(content))]:  # names, lengths, and the directory
        place.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        try:
            read_score(place)
        except ScoreReadError as error:
            refused.append(str(error).removeprefix(str(place)))
    assert refused
    assert all(said.isprintable() for said in refused)
    assert max(map(len, refused)) < 200


def test_what_a_file_says_of_itself_is_quoted_on_one_line_and_not_at_any_length(tmp_path: Path) -> None:
    place = tmp_path / "it.musicxml"
    name = "so\nlong\x85" * 1000
    place.write_text(
        f"<score-partwise><part-list><score-part id='P1'><part-name>{name}</part-name></score-part></part-list>"
        "<part id='P1'><measure><note><pitch/></note></measure></part></score-partwise>"
    )
    with pytest.raises(ScoreReadError) as refused:
        read_score(place)
    said = str(refused.value).removeprefix(str(place))
    assert said.isprintable()
    assert len(said) < 320


def test_bars_are_called_as_they_are_printed(tmp_path: Path) -> None:
    attributes = "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
    back = '<barline location="right"><repeat direction="backward"/></barline>'
    measures = "".join(
        f'<measure number="{number}">{attributes if number == 5 else ""}<note><pitch><step>C</step><octave>4</octave>'
        f"</pitch><duration>4</duration></note>{back if number == 6 else ''}</measure>"
        for number in (5, 6, 7)
    )
    path = tmp_path / "it.musicxml"
    path.write_text(
        '<score-partwise version="4.0"><part-list><score-part id="P"><part-name>v</part-name></score-part>'
        f'</part-list><part id="P">{measures}</part></score-partwise>'
    )
    score = read_score(path)
    assert [score.bar_name(Fraction(onset)) for onset in range(5)] == [
        "5", "6", "5, second time", "6, second time", "7",
    ]  # fmt: skip
    assert score.bar_name(Fraction(1, 2)) == "5"
