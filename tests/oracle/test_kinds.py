"""Foreign notes by kind: the law of tiny styles written out, with every kind judged here in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import pytest

from rulegen.lattice.count import count
from rulegen.theory.chord import Chord
from rulegen.theory.pitch import Pitch
from tests.oracle.agreement import Engine, assert_drawn_as_often, log_sum
from tests.oracle.brute import style_of
from tests.oracle.pieces import Key, Piece, key_of, pieces

TINY = 'style "kinds"  use ornaments  key C major  '


@dataclass(frozen=True)
class Tone:
    """What a voice sounds over one statement of a chord."""

    onset: float
    end: float
    pitch: Pitch
    chord: Chord
    strength: float
    statement: int = 0

    @property
    def belongs(self) -> bool:
        """Whether the chord has it."""
        return self.pitch.pitch_class in self.chord.tones


Around = tuple[Tone | None, ...]  # a note with two before and two behind it
Kind = Callable[[Around], bool]


def _steps(a: Tone, b: Tone) -> int:
    """1 or -1 where b lies a second above or below a, else 0."""
    way = b.pitch.diatonic - a.pitch.diatonic
    size = (b.pitch.midi - a.pitch.midi) * way
    return way if abs(way) == 1 and size in (1, 2) else 0


def _leaps(a: Tone, b: Tone) -> int:
    semitones = b.pitch.midi - a.pitch.midi
    wide = abs(b.pitch.diatonic - a.pitch.diatonic) > 1 or abs(semitones) > 2
    return (semitones > 0) - (semitones < 0) if wide else 0


def _three(judge: Callable[[Tone, Tone, Tone], bool]) -> Kind:
    def kind(around: Around) -> bool:
        _, a, n, b, _ = around
        return a is not None and n is not None and b is not None and judge(a, n, b)

    return kind


def _cambiata(around: Around) -> bool:
    _, a, n, b, c = around
    if a is None or n is None or b is None or c is None:
        return False
    third = n.pitch.diatonic - b.pitch.diatonic == 2 and n.pitch.midi - b.pitch.midi in (3, 4)
    return _steps(a, n) == -1 and third and _steps(b, c) == 1 and a.belongs and b.belongs


KINDS: dict[str, Kind] = {
    "passing": _three(
        lambda a, n, b: (
            _steps(a, n) * _steps(n, b) == 1 and n.strength <= b.strength and (a.belongs or b.belongs)
        )
    ),
    "accented_passing": _three(
        lambda a, n, b: _steps(a, n) * _steps(n, b) == 1 and n.strength > b.strength and b.belongs
    ),
    "neighbour": _three(lambda a, n, b: _steps(a, n) != 0 and a.pitch == b.pitch and a.belongs and b.belongs),
    "suspension": _three(
        lambda a, n, b: (
            a.pitch == n.pitch
            and (
                (n.pitch == b.pitch and not b.belongs)
                or (_steps(n, b) == -1 and b.belongs and (n.strength >= b.strength or not a.belongs))
            )
        )
    ),
    "anticipation": _three(
        lambda a, n, b: a.pitch != n.pitch and n.pitch == b.pitch and b.belongs and n.strength < b.strength
    ),
    "pedal": _three(lambda a, n, b: a.pitch == n.pitch == b.pitch),
    "escape_tone": _three(
        lambda a, n, b: (
            _steps(a, n) * _leaps(n, b) == -1 and a.belongs and b.belongs and n.strength <= b.strength
        )
    ),
    "cambiata": _cambiata,
    "first_of_two": lambda around: _double(around, first=True),
    "double_neighbour": lambda around: _double(around, first=True) or _double(around, first=False),
}


def _double(around: Around, first: bool) -> bool:
    y, a, n, b, c = around
    line = (a, n, b, c) if first else (y, a, n, b)
    if any(each is None for each in line):
        return False
    one, two, three, four = (each for each in line if each is not None)
    return one.pitch == four.pitch and _steps(one, two) * _steps(one, three) == -1 and one.belongs


Allowed = dict[
    str, tuple[tuple[str, float, bool | None], ...]
]  # voice → kind, weight, strong or weak or either


def _tones(piece: Piece, voice: str) -> list[Tone]:
    meter = piece.style.meter
    found = []
    for note in piece.lines[voice]:
        assert isinstance(note.what, Pitch)
        for chord in piece.chords:
            onset, end = max(note.onset, chord.onset), min(note.end, chord.end)
            if onset < end:
                assert isinstance(chord.what, Chord)
                statement = sum(each.onset <= onset for each in piece.statements) - 1
                strength = meter.strength(Fraction(onset))
                found.append(Tone(onset, end, note.what, chord.what, strength, statement))
    return sorted(found, key=lambda each: each.onset)


def law(text: str, allowed: Allowed) -> dict[Key, float]:
    """Every score of positive weight with its log weight; with any repeats, each kind looks one note around."""
    style = replace(style_of(text), uses=())
    found = {}
    for piece in pieces(style):
        weight = piece.length_weight
        for voice, kinds in allowed.items():
            weight += _weight(_tones(piece, voice), kinds, [each.repeat_of for each in piece.statements])
        if weight > -math.inf:
            found[key_of(piece.score())] = weight
    return found


def _weight(
    tones: list[Tone], kinds: tuple[tuple[str, float, bool | None], ...], repeats: list[float | None]
) -> float:
    padded: list[Tone | None] = [None, None, *tones, None, None]
    total = 0.0
    for place, tone in enumerate(tones):
        around = tuple(padded[place : place + 5])
        if tone.belongs:
            continue
        strong = tone.strength >= 0.5
        fitting = [each for each in kinds if each[2] in (None, strong) and KINDS[each[0]](around)]
        if not fitting:
            return -math.inf
        seen = [each for each in around[1:4] if each is not None]
        if repeats[tone.statement] is None or any(each.statement != tone.statement for each in seen):
            total += fitting[0][1]
    return total


BLOCKS = {
    "passing": "foreign soprano { passing }",
    "weights": "foreign soprano { passing weight 0.7, neighbour weight -1, accented_passing }",
    "beats": "foreign soprano { neighbour on weak beats, suspension on strong beats weight 1, anticipation weight -0.5 }",
    "first": "foreign soprano { pedal weight -1, suspension weight 2, anticipation, escape_tone weight 0.3 }",
    "four": "foreign soprano { cambiata weight 0.4, passing weight -0.2 }",
}
ALLOWED: dict[str, tuple[tuple[str, float, bool | None], ...]] = {
    "passing": (("passing", 0.0, None),),
    "weights": (("passing", 0.7, None), ("neighbour", -1.0, None), ("accented_passing", 0.0, None)),
    "beats": (("neighbour", 0.0, False), ("suspension", 1.0, True), ("anticipation", -0.5, None)),
    "first": (
        ("pedal", -1.0, None),
        ("suspension", 2.0, None),
        ("anticipation", 0.0, None),
        ("escape_tone", 0.3, None),
    ),
    "four": (("cambiata", 0.4, None), ("passing", -0.2, None)),
}
FRAMES = {
    "even": "meter 4/4  voices { soprano C4..G4 }  form { A = 1 bars }  harmony { chords I V  change every half bar }  rhythm { every beat }",
    "held": "meter 4/4  voices { soprano C4..F4 }  form { A = 2 bars }  harmony { chords I V  change every half bar }  rhythm { every bar }",
    "longer": "meter 2/4  voices { soprano B3..F4 }  form { A = 2 bars }  harmony { chords I V  change every bar }  rhythm { every 1/4  close 1/4 }",
}
"""Frames of one voice; in `held` it holds through two chords, so that preparation and suspension are one note."""


def _assert_the_law(text: str, allowed: Allowed) -> int:
    free = text + "  melody { notes scale }"
    expected, engine = law(free, allowed), Engine(style_of(free))
    assert count(engine.lattice) == len(expected)
    mass = log_sum(list(expected.values()))
    assert engine.log_mass == pytest.approx(mass, abs=1e-9, rel=0)
    ranked = dict(engine.ranked(len(expected)))
    assert ranked.keys() == expected.keys()
    for key, weight in ranked.items():
        assert weight == pytest.approx(expected[key], abs=1e-9, rel=0)
    usual = Engine(style_of(text))  # notes of its chord, but for the kinds
    assert usual.log_mass == pytest.approx(mass, abs=1e-9, rel=0)
    return len(expected)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("block", BLOCKS)
def test_a_foreign_note_is_of_the_first_kind_that_fits(frame: str, block: str) -> None:
    text = f"{TINY}{FRAMES[frame]}  {BLOCKS[block]}"
    assert _assert_the_law(text, {"soprano": ALLOWED[block]}) > 1


def test_two_voices_have_kinds_of_their_own() -> None:
    text = f"""{TINY}meter 2/4  voices {{ soprano D4..F4  bass B3..D4 }}  form {{ A = 2 bars }}
        harmony {{ chords I V  change every bar }}  rhythm {{ every 1/4 }}
        foreign soprano {{ passing weight 0.5, suspension }}  foreign bass {{ neighbour weight -0.3 }}"""
    allowed: Allowed = {
        "soprano": (("passing", 0.5, None), ("suspension", 0.0, None)),
        "bass": (("neighbour", -0.3, None),),
    }
    assert _assert_the_law(text, allowed) > 1


@pytest.mark.parametrize("order", ["A A", "A B A", "A A B"])
def test_a_section_that_comes_again_is_judged_at_each_of_its_seams(order: str) -> None:
    text = f"""{TINY}meter 2/4  voices {{ soprano C4..F4 }}  form {{ A = 1 bars  B = 1 bars  piece = {order} }}
        harmony {{ chords I V  change every bar }}  rhythm {{ every 1/4 }}
        foreign {{ passing weight 0.7, neighbour weight -1, anticipation }}"""
    if "B" not in order:
        text = text.replace("B = 1 bars", "")
    kinds = (("passing", 0.7, None), ("neighbour", -1.0, None), ("anticipation", 0.0, None))
    assert _assert_the_law(text, {"soprano": kinds}) > 1


def test_a_kind_of_ones_own_may_look_further_and_choose() -> None:
    text = f"""{TINY}meter 4/4  voices {{ soprano B3..F4 }}  form {{ A = 1 bars }}
        harmony {{ chords I V  change every bar }}  rhythm {{ every 1/4 }}
        define turns(a, b, c, d) = a.pitch == d.pitch and step(a, b) and step(a, c)
          and direction(a, b) != direction(a, c) and a.is_chord_tone
        define first_of_two(y, a, n, b, c) = foreign(n) and turns(a, n, b, c)
        define double_neighbour(y, a, n, b, c) = foreign(n) and (turns(a, n, b, c) or turns(y, a, n, b))
        foreign soprano {{ first_of_two weight 0.4, double_neighbour }}"""
    kinds = (("first_of_two", 0.4, None), ("double_neighbour", 0.0, None))
    assert _assert_the_law(text, {"soprano": kinds}) > 1


def test_what_is_asked_of_a_notes_kind_is_composed_with() -> None:
    text = f"""{TINY}meter 4/4  voices {{ soprano C4..G4 }}  form {{ A = 1 bars }}
        harmony {{ chords I V  change every half bar }}  rhythm {{ every 1/4 }}  melody {{ notes scale }}
        rule in_passing is required {{
          for note n in voice  when n.is_foreign  then n.kind in (passing, neighbour)  say "{{n}}"
        }}
        rule passed is preferred {{ for note n in voice  then n.kind is passing  say "{{n}}" }}
        require in_passing  prefer passed weight 0.6"""
    kinds = (("passing", 0.6, None), ("neighbour", 0.0, None))
    expected, engine = law(text, {"soprano": kinds}), Engine(style_of(text))
    assert count(engine.lattice) == len(expected)
    assert engine.log_mass == pytest.approx(log_sum(list(expected.values())), abs=1e-9, rel=0)


DRAWN = {
    "syncopated": "meter 2/4  voices { soprano B3..E4 }  form { A = 2 bars }  harmony { chords I V  change every 1/4 }",
    "long": "meter 2/4  voices { soprano B3..E4 }  form { A = 2 bars }  harmony { chords I V  change every bar }",
    "again": "meter 2/4  voices { soprano C4..E4 }  form { A = 1 bars  piece = A A }  harmony { chords I V  change every bar }",
}
"""Frames in which the lengths of notes are drawn, and notes may be held from chord to chord."""


@pytest.mark.parametrize("frame", DRAWN)
@pytest.mark.parametrize("block", BLOCKS)
def test_kinds_are_those_of_the_notes_that_are_drawn(frame: str, block: str) -> None:
    text = f"{TINY}{DRAWN[frame]}  rhythm {{ values 1/4, 1/8 weight 0.3, 3/8 }}  {BLOCKS[block]}"
    assert _assert_the_law(text.replace("1/8 weight", "1/2 weight"), {"soprano": ALLOWED[block]}) > 1


def test_two_voices_whose_notes_are_drawn_have_their_kinds() -> None:
    text = f"""{TINY}meter 2/4  voices {{ soprano D4..E4  bass C4..D4 }}  form {{ A = 1 bars }}
        harmony {{ chords I V  change every bar }}  rhythm {{ values 1/4, 1/8 }}
        foreign soprano {{ neighbour weight 0.5 }}  foreign bass {{ neighbour, anticipation }}"""
    allowed: Allowed = {
        "soprano": (("neighbour", 0.5, None),),
        "bass": (("neighbour", 0.0, None), ("anticipation", 0.0, None)),
    }
    assert _assert_the_law(text, allowed) > 1


def test_kinds_are_drawn_as_often_as_their_law_says() -> None:
    text = f"{TINY}{FRAMES['even']}  {BLOCKS['weights']}"
    expected = law(f"{text}  melody {{ notes scale }}", {"soprano": ALLOWED["weights"]})
    mass = log_sum(list(expected.values()))
    drawn = Engine(style_of(text)).draws(20_000, seed=5)
    assert_drawn_as_often(drawn, {key: math.exp(weight - mass) for key, weight in expected.items()}, 1e-4)
