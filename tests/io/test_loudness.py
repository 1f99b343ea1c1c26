"""Articulations, slurs, dynamics and hairpins are written, sound, and are read back."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree

import pytest

from rulegen.io.bars import found_folds
from rulegen.io.container import read_tree
from rulegen.io.midi import midi_bytes
from rulegen.io.musicxml import musicxml_text
from rulegen.io.read_musicxml import score_of
from rulegen.score.events import DYNAMICS, Dynamic, Hairpin, Note, Score
from rulegen.score.notation import parse_score

LINE = "key C major\nmeter 4/4\nvoice v C4..C5\nv | C4:1/4 D4 E4 F4 | G4:1/2 A4 | B4:1/1 |"
FOLDED = (
    "key C major\nmeter 4/4\nvoice v C4..C5\nsection A 0..1\nsection A 1..2 statement 2 repeats 0\n"
    "section B 2..3\nv | C4:1/4 D4 E4 F4 | C4:1/4 D4 E4 F4 | G4:1/1 |"
)


def back(score: Score) -> Score:
    return score_of(read_tree(musicxml_text(score).encode(), "it"), "it")


def marked(text: str, marks: dict[int, dict[str, object]]) -> Score:
    """A score of one voice with marks on the notes of some places."""
    score = parse_score(text)
    notes = [replace(note, **marks.get(place, {})) for place, note in enumerate(score.notes)]  # type: ignore[arg-type]
    return replace(score, notes=tuple(notes))


def sounding(score: Score) -> list[tuple[int, float]]:
    """The velocity and the length, in quarters, of each note in the MIDI file of a score."""
    import pretty_midi

    midi = pretty_midi.PrettyMIDI(io.BytesIO(midi_bytes(score)))
    return [
        (note.velocity, round((note.end - note.start) * score.timeline.tempo.quarter_bpm / 60, 3))
        for note in midi.instruments[0].notes
    ]


def test_a_slur_goes_from_its_first_note_to_the_note_after_the_last_that_it_binds() -> None:
    score = marked(LINE, {0: {"slurred": True}, 1: {"slurred": True}, 4: {"slurred": True}})
    root = ElementTree.fromstring(musicxml_text(score))
    notes = list(root.iter("note"))
    found = [(place, slur.get("type")) for place, note in enumerate(notes) for slur in note.iter("slur")]
    assert found == [(0, "start"), (2, "stop"), (4, "start"), (5, "stop")]
    assert back(score) == score


def test_a_slur_over_a_tied_note_ends_with_the_tie() -> None:
    text = "key C major\nmeter 4/4\nvoice v C4..C5\nv | C4:3/4 D4:1/4 | _:1/4 E4:3/4 |"
    score = marked(text, {0: {"slurred": True, "articulations": ("accent",)}})
    notes = list(ElementTree.fromstring(musicxml_text(score)).iter("note"))
    assert [[slur.get("type") for slur in note.iter("slur")] for note in notes] == [
        ["start"],
        [],
        ["stop"],
        [],
    ]
    assert back(score) == score


def test_what_others_call_their_marks_is_understood() -> None:
    text = musicxml_text(marked(LINE, {0: {"articulations": ("staccato",)}}))
    for name, marks in (("staccatissimo", ("staccato",)), ("detached-legato", ("staccato", "tenuto")),
                        ("strong-accent", ("marcato",)), ("doit", ())):  # fmt: skip
        other = text.replace("<staccato />", f"<{name} />")
        assert score_of(read_tree(other.encode(), "it"), "it").notes[0].articulations == marks
    loud = musicxml_text(replace(parse_score(LINE), dynamics=(Dynamic(Fraction(0), "f"),)))
    for name, levels in (("ffff", ["fff"]), ("sfz", []), ("mp", ["mp"])):
        read = score_of(read_tree(loud.replace("<f />", f"<{name} />").encode(), "it"), "it")
        assert [each.level for each in read.dynamics] == levels


def test_a_slur_that_is_never_closed_or_belongs_to_a_grace_note_binds_no_others() -> None:
    score = marked(LINE, {0: {"slurred": True}})
    text = musicxml_text(score)
    grace = (
        "<note><grace/><pitch><step>B</step><octave>4</octave></pitch><notations>"
        '<slur type="{}" number="{}"/></notations></note><note>'
    )
    starts = text.replace("<note>", grace.format("start", 2), 1)
    assert back(score) == score == score_of(read_tree(starts.encode(), "it"), "it")
    head, stop, rest = text.partition('<slur type="stop" number="1" />')
    assert stop
    at = head.rindex("<note>")
    ends = head[:at] + grace.format("stop", 1) + head[at + len("<note>") :] + rest
    read = score_of(read_tree(ends.replace("<notations></notations>", "").encode(), "it"), "it")
    assert [note.slurred for note in read.notes][1:] == [False] * (len(read.notes) - 1)


def test_what_all_voices_say_stands_in_every_part_and_is_read_as_one(chorale: Score) -> None:
    dynamics = (Dynamic(Fraction(0), "p"), Dynamic(Fraction(2), "f"), Dynamic(Fraction(2), "mf", "alto"))
    hairpins = (
        Hairpin(Fraction(1), Fraction(2), "crescendo"),
        Hairpin(Fraction(3), Fraction(4), "diminuendo"),
    )
    score = replace(chorale, dynamics=dynamics[:2], hairpins=hairpins)
    root = ElementTree.fromstring(musicxml_text(score))
    for part in root.findall("part"):
        assert [len(list(part.iter(tag))) for tag in ("p", "f", "wedge")] == [1, 1, 4]
    assert back(score) == score
    own = replace(chorale, dynamics=(dynamics[0], dynamics[2]), hairpins=())
    assert back(own) == own


def test_repeats_are_folded_where_they_are_as_loud() -> None:
    score = parse_score(FOLDED)
    soft = Dynamic(Fraction(0), "p")
    steady = replace(score, dynamics=(soft,))
    assert len(found_folds(steady)) == 1 and back(steady) == steady
    louder = replace(score, dynamics=(soft, Dynamic(Fraction(1), "f")))
    assert not found_folds(louder) and back(louder) == louder
    hairpin = replace(steady, hairpins=(Hairpin(Fraction(0), Fraction(1, 2), "crescendo"),))
    assert not found_folds(hairpin) and back(hairpin) == hairpin
    short = tuple(
        replace(note, articulations=("staccato",)) if place == 5 else note
        for place, note in enumerate(score.notes)
    )
    assert not found_folds(replace(score, notes=short))


def test_midi_is_louder_and_shorter_as_marked() -> None:
    plain = parse_score(LINE)
    levels = [sounding(replace(plain, dynamics=(Dynamic(Fraction(0), level),)))[0][0] for level in DYNAMICS]
    assert levels == sorted(set(levels)) and levels[DYNAMICS.index("mf")] == sounding(plain)[0][0]
    marks: dict[int, dict[str, object]] = {
        1: {"articulations": ("staccato",)},
        2: {"articulations": ("tenuto",)},
        3: {"articulations": ("staccato", "tenuto")},
        5: {"articulations": ("accent",)},
    }
    heard = sounding(marked(LINE, marks))
    assert [length for _, length in heard[1:4]] == pytest.approx([0.5, 1, 0.75])
    assert heard[5][0] > sounding(plain)[5][0]
    swell = replace(
        plain,
        dynamics=(Dynamic(Fraction(0), "p"),),
        hairpins=(Hairpin(Fraction(0), Fraction(2), "crescendo"),),
    )
    first, _, _, _, second, *_ = (velocity for velocity, _ in sounding(swell))
    assert first < second


def test_every_mark_comes_back_on_its_note() -> None:
    score = parse_score(LINE)
    for mark in ("staccato", "tenuto", "accent", "marcato"):
        notes: tuple[Note, ...] = tuple(replace(note, articulations=(mark,)) for note in score.notes)
        assert back(replace(score, notes=notes)).notes == notes
