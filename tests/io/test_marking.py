"""What is marked in a score: the notes that a finding speaks of, wherever they are written."""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from xml.etree.ElementTree import Element

from rulegen.grading.finding import Finding
from rulegen.grading.marking import HARD, SOFT, mark
from rulegen.io.container import read_tree
from rulegen.io.musicxml import musicxml_text, text_of_tree
from rulegen.score.events import Score


def found(rule: str, onsets: tuple[Fraction, ...], *voices: str, hard: bool = True) -> Finding:
    weight = None if hard else 1.0
    return Finding(
        rule, "forbid", hard, weight, 1, Fraction(1), onsets[-1], voices, (), "it is so", onsets=onsets
    )


def tree_of(score: Score) -> tuple[Element, dict[str, str]]:
    return read_tree(musicxml_text(score).encode(), "it"), {voice.name: voice.name for voice in score.voices}


def coloured(root: Element) -> list[tuple[str, str, str | None]]:
    """Colour, id and letter of the notes that bear one."""
    return [
        (note.get("color", ""), note.get("id", ""), note.findtext("pitch/step"))
        for note in root.iter("note")
        if note.get("color")
    ]


def test_notes_of_the_voices_at_the_times_are_coloured_hard_before_soft(chorale: Score, schema: Any) -> None:
    root, sung = tree_of(chorale)
    quarter = Fraction(1, 4)
    parallel = found("parallel_fifths", (Fraction(0), quarter), "soprano", "bass")
    leap = found("leap", (quarter,), "bass", hard=False)
    late = found("leap", (2 * quarter,), "alto", hard=False)
    notes = mark(root, [leap, parallel, late], sung)
    assert [len(ids) for ids in notes] == [1, 4, 1]
    assert set(notes[0]) <= set(notes[1])
    assert [(colour, letter) for colour, _, letter in coloured(root)] == [
        (HARD, "D"), (HARD, "B"), (SOFT, "G"), (HARD, "G"), (HARD, "G"),
    ]  # fmt: skip
    assert {note for ids in notes for note in ids} == {own for _, own, _ in coloured(root)}
    assert [words.text for words in root.iter("words")].count("parallel fifths") == 1
    schema.validate(text_of_tree(root))


def test_a_repeat_is_written_once_and_marked_once(repeated: Score) -> None:
    root, sung = tree_of(repeated)
    first, again = (found("leap", (Fraction(1, 8) + start,), "melody") for start in (0, Fraction(3, 2)))
    notes = mark(root, [first, again], sung)
    assert notes[0] == notes[1] and len(coloured(root)) == 1
    assert [words.text for words in root.iter("words")].count("leap") == 1


def test_what_speaks_of_no_voice_marks_all_that_sound(chorale: Score) -> None:
    root, sung = tree_of(chorale)
    assert len(mark(root, [found("weak_close", (Fraction(0),))], sung, words=False)[0]) == 4
    assert "weak close" not in [words.text for words in root.iter("words")]
