"""Phrases as a style reads them: where they stand in their piece, and what each voice sounds on its points."""

from __future__ import annotations

from fractions import Fraction

from rulegen.fit.evidence import KINDS, evidence_of
from rulegen.fit.phrases import Heard, phrases_of
from rulegen.score.frame import Frame
from rulegen.score.notation import parse_score
from rulegen.style.model import Style
from tests.oracle.brute import style_of
from tests.oracle.pieces import pieces
from tests.oracle.styles import LONGER

ONE_VOICE = """style "one"  meter 4/4  key C major
voices { soprano C4..C6 }  rhythm { every 1/4 }
form { A = 1 bars }
"""
CHORDS = """style "chords"  meter 4/4  key C major
voices { soprano C4..C6 }  form { A = 1 bars }
harmony { chords I V  change every half bar }
"""


def attributes(frame: Frame, first: int, stop: int) -> dict[str, list[object]]:
    return {
        name: column[first:stop].tolist()
        for name, column in frame.note_rows[0].attributes.items()
        if name not in ("onset", "since_rest")  # which a phrase by itself counts from its own beginning
    }


def test_a_phrase_knows_where_in_its_piece_it_stood() -> None:
    style = style_of(LONGER)
    score = next(iter(pieces(style))).score()
    whole = phrases_of(score, style, "piece")
    assert [each.frame.opens_piece for each in whole] == [True, False]
    assert [each.frame.closes_piece for each in whole] == [False, True]
    frame = Frame(
        score.timeline.as_judged(),
        tuple(Fraction(n, 4) for n in range(6)), ("soprano",),
        (tuple(e for p, o in zip(whole, (0, Fraction(3, 4)), strict=True) for e in moved(p, Fraction(o))),),
        (),
    )  # fmt: skip
    assert attributes(whole[0].frame, 0, 3) == attributes(frame, 0, 3)
    assert attributes(whole[1].frame, 0, 3) == attributes(frame, 3, 6)


def moved(phrase: Heard, by: Fraction) -> list[object]:
    from rulegen.score.timeline import Event

    return [Event(event.onset + by, event.end + by) for event in phrase.frame.notes[0]]


def pitches(text: str, style: Style) -> list[list[str]]:
    score = parse_score(text)
    return [[str(pitch) for pitch in each.pitches[0]] for each in phrases_of(score, style, "piece")]


HEAD = 'title "x"\nkey C major\nmeter 4/4\nvoice soprano C4..C6\n'


def test_a_voice_that_moves_evenly_is_read_on_its_points() -> None:
    found = pitches(f"{HEAD}soprano | C4:1/8 D4 E4:1/2 F4:1/4 | G4:1/1 |\n", style_of(ONE_VOICE))
    assert found == [["C4", "E4", "E4", "F4", "G4"]]


def test_a_note_foreign_to_its_chord_gives_way_to_the_next_that_is_not() -> None:
    text = f"{HEAD}soprano | D4:1/4 C4 B4 A4 | C5:1/2 E5 |\nharmony | I:1/2 V | I V |\n"
    assert pitches(text, style_of(CHORDS)) == [["C4", "B4", "C5", "E5"]]


CHANGING = """title "x"
key C major
meter 4/4
at 1 meter 3/4
at 7/4 meter 2/4
at 9/4 meter 4/4
voice soprano C4..C6
phrase 0..1 section A statement 1
phrase 1..7/4 section A statement 1
phrase 7/4..13/4 section A statement 1
soprano | C4:1/4 D4 E4 F4 | G4 A4 B4 | C5 B4 | C5 B4 A4 G4 |
"""


def test_phrases_are_read_in_their_own_meter_as_far_as_the_style_speaks_of_it() -> None:
    assert pitches(CHANGING, style_of(ONE_VOICE)) == [["C4", "D4", "E4", "F4"]]
    both = ONE_VOICE.replace("A = 1 bars", "A = 1 bars  B = 1 bars meter 3/4  piece = A B")
    found = phrases_of(parse_score(CHANGING), style_of(both), "piece")
    assert [[str(pitch) for pitch in each.pitches[0]] for each in found] == [
        ["C4", "D4", "E4", "F4"],
        ["G4", "A4", "B4"],
    ]
    assert [str(each.frame.timeline.meter) for each in found] == ["4/4", "3/4"]


def test_what_kinds_of_foreign_notes_weigh_is_not_read() -> None:
    style = style_of(
        """style "kinds"  use ornaments, melody  meter 4/4  key C major  voices { soprano C4..G5 }  form { A = 1 bar }
        harmony { chords I V  change every bar }  foreign { passing weight 1, neighbour }  avoid leap weight 1"""
    )
    evidence = evidence_of((), style)
    assert [(use.rule.name, beyond) for use, beyond in evidence.unread] == [("passing", KINDS)]
    assert [use.rule.name for use in evidence.uses] == ["leap", "foreign_note"]
