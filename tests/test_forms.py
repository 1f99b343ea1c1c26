"""Styles whose form has alternatives: what is drawn, kept, told, graded, and what given tunes leave open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import rulegen
from rulegen.compose import Prepared, PreparedForms, compose, prepare, told_by
from rulegen.errors import StyleError, Unsatisfiable
from rulegen.grading.grade import grade
from rulegen.grading.report import report
from rulegen.io.musicxml import write_musicxml
from rulegen.io.read import read_score
from rulegen.lattice.store import Cache
from rulegen.plan.given import tunes_of
from rulegen.score.events import Score
from rulegen.style import open_forms
from rulegen.style.open_forms import OpenForms, forms_that_cover, is_open
from tests.oracle.brute import style_of

OPEN = """style "Open"  meter 4/4 | 3/4 weight -1  key C major | G major | A minor weight 0.5  pickup none | 1/4
voices { soprano C4..G5  bass C3..C4 }
harmony { chords major I IV V vi  chords minor i iv V VI  change every beat }
form {
  A = 1 bars | 2 bars weight -0.5, cadence half | authentic
  B = 2 bars in major V | home to V | vi, in minor III | home, cadence authentic
  C = 1 bars | 3 bars
  piece = A B | A A B weight -0.5 | A C weight -1
  hold phrases
}
rhythm { close 1/4 | 1/2 }
rule closes is required { "A close is on the tonic." source "an example"
  for chord c  when c.closes_phrase and c.cadence is authentic  then c.degree == 1
  right { harmony: I }  wrong { cadence authentic  harmony: V } at chord 1 }
require closes
"""


def test_a_seed_has_its_form_whatever_was_drawn_before(tmp_path: Path) -> None:
    style = style_of(OPEN)
    together = compose(prepare(style, {}, Cache(tmp_path, 10**9)), range(12))
    for seed in (3, 11, 0):
        [alone] = compose(prepare(style, {}), [seed])
        assert alone.score == together[seed].score
    forms = {dict(each.score.metadata)["form"] for each in together}
    assert len(forms) >= 8
    assert all(each.grade.is_clean for each in together)


def test_each_form_is_built_once_and_only_when_it_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    style, built = style_of(OPEN), list[str]()
    prepared = prepare(style, {}, Cache(tmp_path, 10**9))
    assert isinstance(prepared, PreparedForms)
    make = prepared.make

    def counting(form: rulegen.style.model.Style) -> Prepared:  # type: ignore[name-defined]
        built.append(form.form_taken)
        return make(form)

    monkeypatch.setattr(prepared, "make", counting)
    pieces = [piece for first in range(0, 40, 4) for piece in compose(prepared, range(first, first + 4))]
    drawn = {dict(each.score.metadata)["form"] for each in pieces}
    assert len(built) == len(set(built))
    assert drawn <= set(built)
    assert sum(each.again for each in pieces) >= len(set(built) - drawn)


def test_lattices_are_found_kept_form_by_form(tmp_path: Path) -> None:
    style, cache = style_of(OPEN), Cache(tmp_path, 10**9)
    first = compose(prepare(style, {}, cache), range(6))
    kept = set(tmp_path.glob("*.lattice"))
    assert len(kept) == len({dict(each.score.metadata)["form"] for each in first})
    again = compose(prepare(style, {}, cache), range(6))
    assert [each.score for each in again] == [each.score for each in first]
    assert set(tmp_path.glob("*.lattice")) == kept


def test_paths_that_come_to_one_form_are_one() -> None:
    text = 'style "T"  meter 4/4  key C major | G major  voices { soprano C4..E4 }  rhythm { every beat }\n'
    style = style_of(text + "form { A = 1 bars in V | G major | D major }")
    forms = OpenForms(style)
    listed = {forms[number].form_taken: chance for number, chance in forms.listed()}
    assert len(listed) == 4, "V of C major is G major, and V of G major D major"
    assert sorted(listed.values()) == pytest.approx([1 / 6, 1 / 6, 1 / 3, 1 / 3])


def test_a_style_without_alternatives_has_one_form() -> None:
    style = style_of(OPEN.replace(" | 3/4 weight -1", "").replace(" | G major | A minor weight 0.5", ""))
    assert style.alternatives is not None
    plain = 'style "T"  meter 4/4  key C major  voices { soprano C4..E4 }  form { A = 1 bars in minor III, in major V }'
    closed = style_of(plain)
    assert closed.alternatives is None
    assert closed.form.sections[0].phrases[0].key == "V"
    assert list(forms_that_cover(closed)) == [closed]


def test_a_score_says_its_form_and_one_that_does_not_is_graded_in_what_fits_best(tmp_path: Path) -> None:
    style = style_of(OPEN)
    pieces = compose(prepare(style, {}), range(6))
    for piece in pieces:
        file = tmp_path / "piece.musicxml"
        write_musicxml(piece.score, file)
        read = read_score(file)
        graded = grade(read, style)
        assert graded.is_clean
        assert graded.form == dict(piece.score.metadata)["form"]
        assert graded.forms_tried == 0
        assert f"its form: {graded.form}" in report(graded)
        bare = without_form(piece.score)
        guessed = grade(bare, style)
        assert guessed.is_clean
        assert guessed.forms_tried >= 1
        assert guessed.cost <= grade(piece.score, style).cost + 1e-9
        assert "the score says no form: it was graded in that which fits it best" in report(guessed)


def without_form(score: Score) -> Score:
    """The score as someone else would write it."""
    timeline = replace(score.timeline, sections=(), phrases=(), modulations=())
    return replace(score, timeline=timeline, metadata=(), chords=score.chords)


def test_a_tune_leaves_open_what_it_does_not_say() -> None:
    text = OPEN.replace("key C major", "key from soprano  key C major").replace("hold phrases", "")
    tune = rulegen.read("examples/tune.musicxml").score
    own = style_of(text + "form from soprano")
    assert isinstance(prepare(own, {}), PreparedForms)
    told = told_by(own, tunes_of(own, {"soprano": tune}))
    assert told.key == tune.key
    assert not is_open(own, told)
    form_alone = style_of(text.replace("key from soprano", "") + "form from soprano")
    told = told_by(form_alone, tunes_of(form_alone, {"soprano": tune}))
    open_forms = OpenForms(form_alone, told)
    keys = [str(open_forms[number].key) for number, _ in open_forms.listed()]
    assert sorted(keys) == ["A minor", "C major", "G major"]


def test_a_key_from_a_tune_says_which_alternatives_hold() -> None:
    text = """style "T"  meter 3/4  key from soprano  key A minor | E minor
    voices { soprano C4..G5  bass C3..C4 }  rhythm { every beat }
    form { A = 1 bars in major V | IV, in minor III | v }  given soprano = G4:1/4 A4 B4"""
    style = style_of(text.split("given")[0])
    heard = rulegen.read("examples/tune.musicxml").score
    short = replace(
        heard,
        notes=tuple(note for note in heard.notes if note.end <= 1)[:3],
        timeline=replace(heard.timeline, meters=style_timeline(style).meters, phrases=(), sections=()),
    )
    prepared = prepare(style, tunes_of(style, {"soprano": short}), sources={"soprano": short})
    assert isinstance(prepared, PreparedForms)
    forms = [prepared.forms[number].form.sections[0].phrases[0].key for number, _ in prepared.forms.listed()]
    assert forms == ["V", "IV"]


def style_timeline(style: rulegen.style.model.Style) -> rulegen.score.timeline.Timeline:  # type: ignore[name-defined]
    from rulegen.plan.rows import timeline_of

    return timeline_of(replace(style, key_from=None), {})


def test_forms_that_have_no_piece_name_what_clashes() -> None:
    never = 'rule never is avoided { "No." source "none" for note n in voice  then n.midi > 0 }  forbid never'
    prepared = prepare(style_of(OPEN + never.replace('"No." source "none"', "")), {})
    with pytest.raises(Unsatisfiable) as raised:
        compose(prepared, [1])
    assert "forbid never" in str(raised.value)
    assert "forms were drawn and have no piece" in str(raised.value)


def test_where_none_of_a_few_forms_has_a_piece_a_clash_of_one_is_named() -> None:
    """They are all known to be empty long before the draws are given up."""
    few = """style "Few"  meter 4/4  key C major | G major  voices { soprano C4..G5 }  form { A = 1 bars }
    rhythm { every beat }
    rule never is avoided { for note n in voice  then n.midi > 0 }  forbid never"""
    with pytest.raises(Unsatisfiable) as raised:
        compose(prepare(style_of(few), {}), [1])
    assert "forbid never" in str(raised.value)
    assert "2 forms were drawn and have no piece" in str(raised.value)


def test_too_many_forms_can_be_drawn_from_and_not_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_forms, "MOST_FORMS", 200)
    lengths = " | ".join(f"{bars} bars" for bars in range(1, 30))
    text = f"""style "T"  meter 4/4  key C major  voices {{ soprano C4..E4 }}  rhythm {{ every bar }}
    form {{ A = {lengths}  B = {lengths}  C = {lengths}  piece = A B C }}"""
    style = rulegen.load(text)
    assert [piece.seed for piece in style.compose(seed=1, count=3)] == [1, 2, 3]
    with pytest.raises(StyleError, match="more than 200 forms"):
        style.count()


def test_an_alternative_that_fits_nowhere_is_told_and_left_out() -> None:
    style = rulegen.load(
        'style "T"  meter 4/4  key C major | D dorian  voices { soprano C4..E4 }  form { A = 2 bars }'
        "  harmony { chords major I V }"
    )
    [warning] = style.warnings
    assert "in D dorian, and the harmony names no chords for it" in warning.message
    assert {piece.score.key.name for piece in style.compose(seed=1, count=8)} == {"C major"}


def test_the_best_of_each_form_is_told_beside_its_probability() -> None:
    style = rulegen.load(OPEN)
    first, second = style.best(2)
    assert first.report.form != second.report.form
    assert first.report.form_probability is not None and second.report.form_probability is not None
    assert first.report.form_probability >= second.report.form_probability
    assert "in a form of probability 0." in first.report.line


def test_inspect_tells_the_forms_and_their_lattices() -> None:
    explained = rulegen.load(OPEN).explain(seconds=0)
    first, *others = explained.forms
    assert first.layers is not None and all(each.layers is None for each in others)
    assert sum(each.probability for each in explained.forms) == pytest.approx(1)
    assert str(explained).count("key A minor") > 3
    assert f"forms     {len(explained.forms)}" in str(explained)
