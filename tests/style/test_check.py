"""What a style says of voices, form, harmony, rhythm, melody and what is given."""

from fractions import Fraction
from pathlib import Path

import pytest

from rulegen.errors import StyleError
from rulegen.style.check import load_style
from rulegen.style.model import Form, NoteDomain, PhrasePlan, Rhythm, SectionPlan
from rulegen.theory.pitch import Pitch, PitchClass
from tests.style.building import HEAD, faults, style_of

QUARTER, HALF, WHOLE = Fraction(1, 4), Fraction(1, 2), Fraction(1)


def test_a_section_is_phrases_and_a_piece_is_sections() -> None:
    assert style_of("pickup 1/4 repeats written").form == Form(
        sections=(
            SectionPlan("A", (PhrasePlan(Fraction(4), None),)),
            SectionPlan("B", (PhrasePlan(Fraction(2), "half"), PhrasePlan(Fraction(2), "authentic"))),
        ),
        order=("A", "A", "B"),
        repeats="written",
        pickup=QUARTER,
    )


def test_one_section_is_a_piece() -> None:
    head = 'style "T" meter 3/4 key C major voices { soprano C4..A5 } form { A = 4 bars }'
    assert style_of("", head).form.order == ("A",)


def test_the_form_can_come_from_a_given_voice() -> None:
    text = "form from soprano given soprano = C4:1/2 D4"
    assert style_of(text, HEAD.split("form")[0]).form.from_voice == "soprano"


def test_settings_are_read() -> None:
    style = style_of('tempo dotted quarter = 60 composer "N." title "Song"')
    assert (style.title, style.composer, style.tempo.quarter_bpm) == ("Song", "N.", 90)
    assert str(style.meter) == "4/4"
    assert style.key is not None and style.key.name == "C major"


def test_without_harmony_a_voice_sounds_the_scale_a_bar_at_a_time() -> None:
    plan = style_of("").voice("soprano")
    assert (plan.notes, plan.rhythm) == (NoteDomain("scale"), Rhythm(None))


def test_with_harmony_a_voice_sounds_its_chord() -> None:
    style = style_of("harmony { chords I ii6 V7/V change every half bar }")
    assert style.voice("alto").notes == NoteDomain("chord")
    assert style.harmony is not None
    assert style.harmony.chords == ((None, ("I", "ii6", "V7/V")),)
    assert style.harmony.change == "half bar"


@pytest.mark.parametrize("text", ["chromatic", "scale, chromatic", "chromatic scale", "scale, C#, chromatic"])
def test_the_chromatic_scale_has_all_that_the_key_has(text: str) -> None:
    notes = style_of(f"melody soprano {{ notes {text} }}").voice("soprano").notes
    assert notes.kind == "chromatic"


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("beat", "beat"),
        ("bar", "bar"),
        ("half bar", "half bar"),
        ("1/2", HALF),
        ("triplet half", Fraction(1, 3)),
    ],
)
def test_harmony_changes_as_often_as_is_said(text: str, change: str | Fraction) -> None:
    harmony = style_of(f"harmony {{ chords I V change every {text} }}").harmony
    assert harmony is not None and harmony.change == change


def test_chords_are_listed_by_mode() -> None:
    harmony = style_of("harmony { chords major I V chords minor i V }").harmony
    assert harmony is not None
    assert harmony.labels("minor") == ("i", "V")
    assert harmony.labels("major") == ("I", "V")


def test_a_rhythm_is_even_or_has_values_with_weights() -> None:
    style = style_of(
        "rhythm soprano { values 1/8 weight 0.5, 1/4, dotted quarter weight -1 grid 1/8 close 1/2 }"
        "rhythm { every beat close 1/1 }"
    )
    values = ((Fraction(1, 8), 0.5), (QUARTER, 0.0), (Fraction(3, 8), -1.0))
    assert style.voice("soprano").rhythm == Rhythm(None, values, Fraction(1, 8), HALF)
    assert style.voice("bass").rhythm == Rhythm(QUARTER, close=WHOLE, pulse="beat")


def test_a_melody_names_its_notes() -> None:
    style = style_of(
        "melody soprano { notes C D F# leading_tone ornaments off beats }melody { notes scale, leading_tone }"
    )
    soprano, bass = style.voice("soprano"), style.voice("bass")
    classes = tuple(map(PitchClass.parse, ("C", "D", "F#")))
    assert soprano.notes == NoteDomain("listed", classes, leading_tone=True)
    assert (soprano.ornaments, bass.ornaments) == (True, False)
    assert bass.notes == NoteDomain("scale", leading_tone=True)


def test_given_notes_have_durations_that_stick() -> None:
    (given,) = style_of("given soprano = C4:1/2 D4 | r:1/4 E4 _ F4:1/1").givens
    pitches = (Pitch.parse("C4"), Pitch.parse("D4"), None, Pitch.parse("E4"), Pitch.parse("F4"))
    assert given.notes == tuple(zip(pitches, (HALF, HALF, QUARTER, HALF, WHOLE), strict=True))


def test_given_chords_fill_their_bars() -> None:
    style = style_of("given harmony = | I | ii6 V | I:3/4 V:1/4 | % |")
    assert style.givens[0].labels == (
        ("I", WHOLE),
        ("ii6", HALF),
        ("V", HALF),
        ("I", Fraction(3, 4)),
        ("V", QUARTER),
        ("V", WHOLE),
    )
    assert style.harmony is not None and style.harmony.labels("major") == ("I", "ii6", "V")


def test_a_given_file_keeps_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cantus.musicxml").write_text("")
    (given,) = style_of('given bass from "cantus.musicxml"').givens
    assert (given.subject, given.file, given.notes) == ("bass", "cantus.musicxml", ())


def test_all_faults_are_reported_in_the_order_of_the_text() -> None:
    found = faults("tempo 9000 forbid nothing given soprano = H4 rhythm bas { every beat }")
    assert [each.code for each in found] == ["bad-tempo", "unknown-rule", "bad-note", "unknown-voice"]


def test_what_follows_from_a_fault_of_syntax_is_not_reported() -> None:
    codes = {
        each.code for each in faults("rule r is required { for note n in voice then n.foo == ( }\nrequire r")
    }
    assert "unknown-attribute" not in codes and "unknown-rule" not in codes


def test_a_file_is_loaded_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "style.rules"
    path.write_text(HEAD, encoding="utf-8")
    assert load_style(path).title == "T"
    path.write_text(HEAD + "avoid a, b", encoding="utf-8")
    with pytest.raises(StyleError) as refused:
        load_style(path)
    assert len(refused.value.diagnostics) == 2


def test_a_pack_is_no_style() -> None:
    assert faults("", 'pack "P"')[0].code == "not-a-style"


def test_a_range_of_one_note_is_a_drone() -> None:
    (voice,) = style_of("", HEAD.replace("soprano C4..A5  alto G3..D5  bass C3..C4", "bass C3..C3")).voices
    assert voice.voice.low == voice.voice.high


def test_what_is_said_of_one_voice_comes_before_what_is_said_of_all() -> None:
    head = HEAD.replace("soprano C4..A5  alto G3..D5  bass C3..C4", "bass C3..C4")
    (voice,) = style_of("rhythm bass { every 1/2 }  rhythm { every 1/4 }", head).voices
    assert voice.rhythm.every == HALF
    (fault,) = faults("rhythm { every 1/2 }  rhythm { every 1/4 }", head)
    assert fault.message == "the rhythm of all voices is said twice"


def test_drums_alone_need_no_key() -> None:
    head = 'style "T"  meter 4/4  voices { drums percussion { kick snare } }  form { A = 1 bar }'
    assert style_of("", head).key is not None
