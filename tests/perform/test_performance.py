"""A performance has its own tempi, lengths and loudness; the score stays as it is."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import pytest

from rulegen.perform.manner import FIELD, Manner, manner_of
from rulegen.perform.performance import Performance, perform
from rulegen.score.events import Score
from rulegen.score.notation import parse_score

EIGHTHS = "key C major\nmeter 4/4\ntempo quarter = 60\nvoice it C4..C5\n"
EIGHTHS += "it | C4:1/8 D4 E4 F4 G4 F4 E4 D4 | C4:1/4 E4 G4 C5 |"
HELD = "key C major\nmeter 4/4\ntempo quarter = 60\nvoice it C4..C5\nvoice low C3..C4\n"
HELD += "section A 0..2\nphrase 0..1 section A\nphrase 1..2 section A\nit | C4:1/4 D4 E4:1/2! | C5:1/4 B4 C5:1/2 |\nlow | C3:1/2 C3:1/4 D3 | C3:1/1 |"


def played(text: str, **manner: F | int) -> Performance:
    return perform(parse_score(text), Manner(**{name: F(value) for name, value in manner.items()}))


def test_without_a_manner_it_is_played_as_it_is_written() -> None:
    score = parse_score(HELD)
    found = perform(score)
    assert [(note.onset, note.end) for note in found.notes] == [
        (note.onset, note.end) for note in score.notes
    ]
    assert found.tempi == ((F(0), 60.0),)
    assert found.seconds(found.end) == 8


def test_a_ritardando_slows_the_last_bar_to_what_it_says() -> None:
    found = played(EIGHTHS, ritardando=F(1, 2))
    assert found.seconds(F(1)) == 4
    tempi = [quarters for onset, quarters in found.tempi if onset >= 1]
    assert len(tempi) == 16 and tempi == sorted(tempi, reverse=True)
    assert tempi[-1] == pytest.approx(60 * (1 - 0.5 * 31 / 32))
    assert found.seconds(F(2)) - 4 == pytest.approx(4 * 2 * 0.6931, rel=0.01)  # the integral of 1 / (1 - x/2)
    longer = played(EIGHTHS, ritardando=F(1, 2), over=F(2))
    assert longer.tempi[0][1] < 60 and longer.seconds(F(2)) > found.seconds(F(2))


def test_a_fermata_holds_what_sounds_last_under_it() -> None:
    found = played(HELD, fermatas=3)
    assert found.tempi == ((F(0), 60.0), (F(3, 4), 20.0), (F(1), 60.0))
    assert found.seconds(found.end) == 8 + 2


def test_swing_divides_each_pair_and_leaves_the_beats() -> None:
    found = played(EIGHTHS, swing=2)
    onsets = [note.onset for note in found.notes]
    assert onsets[:4] == [F(0), F(1, 6), F(1, 4), F(5, 12)]
    assert onsets[8:] == [F(1), F(5, 4), F(3, 2), F(7, 4)]
    assert [note.end for note in found.notes][:2] == [F(1, 6), F(1, 4)]
    assert found.end == 2
    sixteenths = played(EIGHTHS, swing=3, swing_of=F(1, 4))
    assert [note.onset for note in sixteenths.notes][:5] == [F(0), F(3, 16), F(3, 8), F(7, 16), F(1, 2)]


def test_an_odd_note_before_a_bar_line_does_not_swing() -> None:
    text = "key C major\nmeter 3/8\nvoice it C4..C5\nit | C4:1/8 D4 E4 | F4 E4 D4 |"
    onsets = [note.onset for note in played(text, swing=2).notes]
    assert onsets == [F(0), F(1, 6), F(1, 4), F(3, 8), F(3, 8) + F(1, 6), F(5, 8)]


def test_phrases_end_softer_and_breathe() -> None:
    plain, shaped = played(HELD), played(HELD, phrases=F(1, 2), breath=F(1, 16))
    first = [(before.velocity, after.velocity, after.end) for before, after in
             zip(plain.notes, shaped.notes, strict=True) if before.voice == "it"]  # fmt: skip
    assert first[2][1] == pytest.approx(first[2][0] / 2, abs=1)  # the last of its phrase
    assert first[0][1] == pytest.approx(first[0][0] * 3 / 4, abs=1)
    assert first[1][1] > 0.85 * first[1][0]
    assert first[2][2] == F(15, 16) and first[-1][2] == 2  # the last of all rings


def test_marks_say_how_long_notes_sound() -> None:
    score = parse_score(EIGHTHS)
    marks: list[dict[str, object]] = [{"articulations": ("staccato",)}, {"slurred": True}, {}]
    notes = [replace(note, **marks[min(place, 2)]) for place, note in enumerate(score.notes)]  # type: ignore[arg-type]
    found = perform(replace(score, notes=tuple(notes)), Manner(staccato=F(1, 4), plain=F(4, 5)))
    assert [note.end - note.onset for note in found.notes][:3] == [F(1, 32), F(1, 8), F(1, 10)]


def test_humanised_notes_are_the_same_for_the_same_seed_alone() -> None:
    def of_seed(seed: str) -> Performance:
        score = replace(parse_score(HELD), metadata=(("seed", seed), (FIELD, "humanise 10, velocity 3")))
        return perform(score)

    assert of_seed("1") == of_seed("1") != of_seed("2")
    late = [note.late for note in of_seed("1").notes]
    assert any(late) and all(abs(each) <= 30 for each in late)
    plain = perform(parse_score(HELD))
    assert all(
        abs(a.velocity - b.velocity) <= 9 for a, b in zip(of_seed("1").notes, plain.notes, strict=True)
    )
    assert [note.onset for note in of_seed("1").notes] == [note.onset for note in plain.notes]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ritardando",
        "ritardando x",
        "ritardando 1/0",
        "swing 100",
        "fermatas -1",
        "volume 3",
        "; ; ,,",
        "perform",
    ],
)
def test_metadata_that_makes_no_sense_is_as_usual(text: str) -> None:
    assert manner_of([(FIELD, text)]) == Manner()


def test_a_manner_is_kept_as_text() -> None:
    manner = Manner(ritardando=F(1, 4), swing=F(3, 2), humanise=F(5))
    assert str(manner) == "ritardando 1/4, swing 3/2, humanise 5"
    assert manner_of([(FIELD, str(manner))]) == manner
    assert str(Manner()) == ""


def test_the_score_of_what_is_performed_stays_as_it_is(tmp_path: object) -> None:
    from rulegen.io.midi import midi_bytes
    from rulegen.io.midi_file import read_midi_file
    from rulegen.io.musicxml import musicxml_text

    score = parse_score(HELD)
    slow: Score = replace(score, metadata=((FIELD, "ritardando 1/2, fermatas 2"),))
    assert len(read_midi_file(midi_bytes(slow)).tempi) > len(read_midi_file(midi_bytes(score)).tempi)
    assert musicxml_text(slow).count("<metronome") == musicxml_text(score).count("<metronome") == 1
