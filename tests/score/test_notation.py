"""The short text notation: what is written reads back equal."""

from dataclasses import replace
from fractions import Fraction as F

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegen.score import notation
from rulegen.score.events import (
    ARTICULATIONS,
    DYNAMICS,
    HAIRPINS,
    ChordEvent,
    Dynamic,
    Hairpin,
    Note,
    Score,
    Voice,
)
from rulegen.score.notation import format_score, parse_line, parse_score
from rulegen.score.timeline import MeterChange, Phrase, Section, Tempo, Timeline
from rulegen.theory.chord import parse_chord
from rulegen.theory.meter import Meter
from rulegen.theory.pitch import Pitch, PitchClass
from rulegen.theory.scale import Key

CHORALE = """\
title "Four bars"
key G major
meter 4/4
tempo quarter = 72
pickup 1/4
meta composer "A \\"quoted\\" name"
voice soprano C4..A5
voice bass E2..D4
section A 0..17/4
section A 17/4..21/4 statement 2 repeats 0
phrase 0..9/4 section A cadence half
phrase 9/4..17/4 section A statement 2 cadence authentic

soprano | D4:1/4"When" | G4:1/4 A4 B4:1/2!   | _:1/4 A4:3/8 G4:1/8* A4:1/4 | r:1/1    |
bass    | r:1/4        | G3:1/2 D3:1/4 C3:1/8 B2 | C3:1/1                      | s:1/2 D3 |
harmony | I:1/4        | _:1/2 V6           | [D major] V7:1/1            | I        |

soprano | D5:1/1 |
bass    | G3:1/1 |
harmony | IV:1/1 |
"""


def pairs(text: str) -> list[tuple[str | None, F]]:
    return [(pitch.name if pitch else None, duration) for pitch, duration in parse_line(text)]


def test_a_duration_holds_until_another_is_written() -> None:
    assert pairs("C4:1/2 D4 E4:1/4 r _") == [
        ("C4", F(1, 2)),
        ("D4", F(1, 2)),
        ("E4", F(1, 4)),
        (None, F(1, 2)),
    ]


def test_a_line_without_durations_is_in_quarters_or_in_what_is_asked() -> None:
    assert pairs("F#4 Bb3") == [("F#4", F(1, 4)), ("Bb3", F(1, 4))]
    assert parse_line("F#4 G4", F(1)) == [(Pitch.parse("F#4"), F(1)), (Pitch.parse("G4"), F(1))]


def test_bar_lines_may_stand_in_a_line() -> None:
    assert pairs("| C4 D4|E4 _:1/2 |") == [("C4", F(1, 4)), ("D4", F(1, 4)), ("E4", F(3, 4))]
    assert pairs("") == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("C4:", "'C4:' is no note"),
        ("C4:0/1", "it has no length"),
        ("C", "it needs its octave, as in C4"),
        ("_ C4", "_ holds the note before it, and there is none"),
        ("c4", "note letters are capitals"),
        ('C4"open', "is no note"),
    ],
)
def test_what_is_no_note_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_line(text)
    assert why in str(caught.value)


def test_a_score_is_read() -> None:
    score = parse_score(CHORALE)
    assert score.title == "Four bars"
    assert (score.key, score.meter, score.timeline.tempo.quarter_bpm) == (
        Key.parse("G major"),
        Meter.parse("4/4"),
        72,
    )
    assert (score.timeline.pickup, score.repeat_style) == (F(1, 4), "signs")
    assert score.voices[1] == Voice("bass", Pitch.parse("E2"), Pitch.parse("D4"))
    assert score.metadata == (("composer", 'A "quoted" name'),)
    assert score.sections == (Section("A", F(0), F(17, 4)), Section("A", F(17, 4), F(21, 4), 2, 0))
    assert score.phrases[1] == Phrase(F(9, 4), F(17, 4), "A", 2, "authentic")
    soprano = score.notes_of("soprano")
    assert soprano[0] == Note("soprano", F(0), F(1, 4), Pitch.parse("D4"), lyric="When")
    assert soprano[3] == Note("soprano", F(3, 4), F(3, 4), Pitch.parse("B4"), fermata=True)
    assert soprano[5] == Note("soprano", F(15, 8), F(1, 8), Pitch.parse("G4"), ornament=True)
    assert [note.onset for note in score.notes_of("bass")] == [
        F(0),
        F(1, 4),
        F(3, 4),
        F(1),
        F(9, 8),
        F(5, 4),
        F(11, 4),
        F(13, 4),
    ]


def test_chords_are_read_in_the_key_that_stands_before_them() -> None:
    chords = parse_score(CHORALE).chords
    assert [(event.chord.label, event.chord.key.name, event.duration) for event in chords] == [
        ("I", "G major", F(3, 4)),
        ("V6", "G major", F(1, 2)),
        ("V7", "D major", F(1)),
        ("I", "D major", F(1)),
        ("IV", "D major", F(1)),
    ]


GOLDEN = """\
title "Two bars"
key A minor
meter 3/4
tempo quarter = 96.5
voice soprano C4..A5
voice bass E2..D4

soprano | A4:1/4 B4 C5 | _ B4:1/2 |
bass    | A3:3/4       | E3       |
harmony | i:3/4        | V7       |
"""


def test_a_score_is_written_with_its_bars_aligned() -> None:
    key = Key.parse("A minor")
    voices = parse_score(CHORALE).voices
    melody = [
        ("A4", F(0), F(1, 4)),
        ("B4", F(1, 4), F(1, 4)),
        ("C5", F(1, 2), F(1, 2)),
        ("B4", F(1), F(1, 2)),
    ]
    bass = [("A3", F(0), F(3, 4)), ("E3", F(3, 4), F(3, 4))]
    notes = [
        Note(name, onset, duration, Pitch.parse(pitch))
        for name, line in (("soprano", melody), ("bass", bass))
        for pitch, onset, duration in line
    ]
    chords = [
        ChordEvent(F(3 * place, 4), F(3, 4), parse_chord(label, key))
        for place, label in enumerate(["i", "V7"])
    ]
    score = Score(
        "Two bars",
        voices,
        Timeline.plain(key, Meter.parse("3/4"), Tempo(96.5)),
        tuple(notes),
        tuple(chords),
    )
    assert format_score(score) == GOLDEN
    assert parse_score(GOLDEN) == score


def test_a_score_that_was_read_is_written_to_read_the_same() -> None:
    score = parse_score(CHORALE)
    assert parse_score(format_score(score)) == score
    assert format_score(parse_score(format_score(score))) == format_score(score)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("soprano | G4:1/2 | A4 |", "soprano: the bar line in bar 1 stands 1/2 after its downbeat"),
        ("soprano | X4:1/1 |", "'X4' is not a pitch"),
        ("alto | A4:1/1 |", "the score has notes for alto, but no such voice"),
        ("harmony | Q7:1/1 |", "harmony: 'Q7' is not a Roman numeral"),
        ("tempo fast", "line 5: 'fast' cannot be read here: write it as in quarter = 72"),
        ("voice alto C4", "line 5: 'alto C4' cannot be read here"),
        ("key G", "line 5: "),
        ("colour blue", "line 5: 'colour' begins no line"),
        ("section A 0..1/0", "line 5: "),
        ("tempo quarter = 0", "a tempo of 0.0 quarters a minute cannot be played"),
        ("repeats folded", "repeats are signs or written"),
    ],
)
def test_what_cannot_be_read_is_refused(line: str, why: str) -> None:
    text = f'title "x"\nkey G major\nmeter 4/4\nvoice soprano C4..A5\n{line}\n'
    with pytest.raises(ValueError) as caught:
        parse_score(text)
    assert why in str(caught.value)


def test_the_example_in_the_notations_own_description_can_be_read() -> None:
    described = (notation.__doc__ or "").splitlines()
    score = parse_score("\n".join(line for line in described if line.startswith("    ")))
    assert [note.duration for note in score.notes] == [F(1, 4), F(1, 4), F(3, 4), F(3, 4)]
    assert [event.chord.label for event in score.chords] == ["I", "V6", "vi", "V"]


def test_a_score_needs_a_key() -> None:
    with pytest.raises(ValueError, match="the score has no key"):
        parse_score('title "x"')


def test_notes_that_overlap_in_one_voice_cannot_be_written() -> None:
    score = parse_score(GOLDEN)
    extra = Note("bass", F(1, 4), F(1, 4), Pitch.parse("C3"))
    clash = replace(score, notes=(*score.notes, extra))
    with pytest.raises(ValueError, match="C3 at 1/4 overlaps what stands before it"):
        format_score(clash)


lengths = st.sampled_from([F(1, 12), F(1, 8), F(1, 4), F(3, 8), F(1, 2), F(1), F(7, 4), F(5, 16)])
times = st.fractions(min_value=0, max_value=8, max_denominator=16)
pitches = st.builds(Pitch, st.integers(0, 6), st.integers(-2, 2), st.integers(0, 8))
texts = st.text(max_size=12)
meters = st.sampled_from(["4/4", "3/4", "6/8", "7/8 = 2+2+3", "5/4 = 3+2", "2/2"]).map(Meter.parse)
tonics = st.sampled_from(["C", "G", "D", "A", "Bb", "Eb", "F#", "Ab"]).map(PitchClass.parse)
keys = st.builds(Key, tonics, st.sampled_from(["major", "minor", "dorian"]))
labels = st.sampled_from(["I", "i", "V7", "V65/V", "viio7", "N6", "Ger65", "iiø65", "Dm7b5", "C/E", "F#m7"])


@st.composite
def timelines(draw: st.DrawFn) -> list[tuple[F, F]]:
    """Onsets and durations that follow one another, some with time between."""
    clock, events = F(0), []
    for gap, length in draw(
        st.lists(st.tuples(st.sampled_from([F(0), F(0), F(1, 8)]), lengths), max_size=10)
    ):
        events.append((clock + gap, length))
        clock += gap + length
    return events


@st.composite
def clocks(draw: st.DrawFn) -> Timeline:
    """Timelines in which keys, meters, upbeats and tempi change."""
    onsets = [F(0), *draw(st.lists(times, max_size=3, unique=True))]
    upbeats = st.sampled_from([F(0), F(1, 8), F(1, 4)])
    tempi = st.builds(Tempo, st.floats(1, 1000), st.sampled_from([F(1, 4), F(1, 2), F(3, 8), F(5, 16)]))
    sections = st.builds(Section, texts, times, times, st.integers(1, 3), st.none() | st.integers(0, 3))
    phrases = st.builds(Phrase, times, times, texts, st.integers(1, 3), st.none() | texts)
    return Timeline(
        tuple((onset, draw(keys)) for onset in onsets),
        tuple(MeterChange(onset, draw(meters), draw(upbeats)) for onset in onsets),
        tuple((onset, draw(tempi)) for onset in onsets),
        tuple((onset, draw(keys)) for onset in onsets[: draw(st.integers(0, 3))]),
        tuple(draw(st.lists(sections, max_size=2))),
        tuple(draw(st.lists(phrases, max_size=2))),
    )


@st.composite
def scores(draw: st.DrawFn) -> Score:
    names = draw(
        st.lists(st.sampled_from(["soprano", "voice", "harmony", "2nd horn", "Ténor", "r"]), unique=True)
    )
    notes = [
        Note(
            name,
            onset,
            length,
            draw(st.none() | pitches),
            draw(st.booleans()),
            draw(st.booleans()),
            draw(st.none() | texts),
            tuple(mark for mark in ARTICULATIONS if draw(st.integers(0, 3)) == 0),
            draw(st.booleans()),
        )
        for name in names
        for onset, length in draw(timelines())
    ]
    chords = [
        ChordEvent(onset, length, parse_chord(draw(labels), draw(keys)))
        for onset, length in draw(timelines())
    ]
    of_voice = st.sampled_from([None, *names])
    dynamics = st.builds(Dynamic, times, st.sampled_from(DYNAMICS), of_voice)
    hairpins = st.builds(Hairpin, times, times, st.sampled_from(HAIRPINS), of_voice)
    return Score(
        title=draw(texts),
        voices=tuple(Voice(name, draw(pitches), draw(pitches)) for name in names),
        timeline=draw(clocks()),
        notes=tuple(notes),
        chords=tuple(chords),
        metadata=tuple(draw(st.lists(st.tuples(texts, texts), max_size=2))),
        repeat_style=draw(st.sampled_from(["signs", "written"])),
        dynamics=tuple(draw(st.lists(dynamics, max_size=2))),
        hairpins=tuple(draw(st.lists(hairpins, max_size=2))),
    )


@settings(deadline=None)
@given(scores())
def test_any_score_reads_back_equal(score: Score) -> None:
    text = format_score(score)
    assert parse_score(text) == score
    assert format_score(parse_score(text)) == text


@given(st.lists(st.tuples(st.none() | pitches, lengths), max_size=12))
def test_any_line_reads_back_equal(line: list[tuple[Pitch | None, F]]) -> None:
    words = (
        f"{pitch.name if pitch else 'r'}:{length.numerator}/{length.denominator}" for pitch, length in line
    )
    assert parse_line(" ".join(words)) == line


@given(st.text(alphabet='titlekymrao ="GC4:1/2|_[]sI.\n', max_size=40))
def test_any_text_is_a_score_or_refused_with_a_message(text: str) -> None:
    try:
        parse_score(f"key C major\nvoice a C4..C5\n{text}\nharmony | {text} |")
    except ValueError as error:
        assert str(error)


@given(st.text(alphabet='CDr_|:/1248#b *!"[]\\s', max_size=30))
def test_any_text_is_read_or_refused_with_a_message(text: str) -> None:
    try:
        parse_line(text)
    except ValueError as error:
        assert str(error)


def test_marks_follow_the_duration() -> None:
    text = (
        'key C major\nvoice v C4..C5\ndynamic 0 p\nhairpin 0..1 crescendo voice v\nv | C4:1/2\'>~ D4!="la" |'
    )
    score = parse_score(text)
    first, second = score.notes
    assert (first.articulations, first.slurred, first.fermata) == (("staccato", "accent"), True, False)
    assert (second.articulations, second.slurred, second.fermata) == (("tenuto",), False, True)
    assert score.dynamics == (Dynamic(F(0), "p"),)
    assert score.hairpins == (Hairpin(F(0), F(1), "crescendo", "v"),)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dynamic 0 ffff", "'ffff' is none of ppp"),
        ("dynamic p", "write it as in 2 mf voice soprano"),
        ("hairpin 0..1 swell", "'swell' is none of crescendo"),
        ("hairpin 0 crescendo", r"write it as in 0\.\.2 crescendo voice soprano"),
    ],
)
def test_loudness_that_is_none_is_refused(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_score(f"key C major\nvoice v C4..C5\n{line}\nv | C4:1/1 |")
