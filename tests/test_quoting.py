"""Guards against quotation as a user meets them: where their model is found, what is composed, graded and proved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rulegen.compose import best, cache_key, compose, prepare
from rulegen.errors import StyleError, Unsatisfiable
from rulegen.explain import relaxation
from rulegen.grading.grade import grade
from rulegen.language.parser import parse
from rulegen.language.source import read_source
from rulegen.models.quoted import pieces_with, quotable
from rulegen.resources import model_path
from rulegen.score.events import Score
from rulegen.score.notation import parse_score
from rulegen.style.check import check
from rulegen.style.model import Style
from tests.models.quoting import write_quotable

HEAD = """style "T"  meter 4/4  key C major
voices { v C4..C5 }  rhythm { every 1/4 }  melody { notes scale }
"""
SCALES = ((60, 62, 64, 65, 67, 65, 64, 62, 60), (67, 65, 64, 62, 60, 59, 57))
TALE = """title "T"
key C major
meter 4/4
tempo quarter = 96
voice v C4..C5

v | D4:1/4 E4 F#4 G4 | A4 B4 r C5 | C5 B4 A4 G4 | F4 E4 D4 r |
"""


def in_folder(folder: Path, text: str, **others: str) -> Style:
    for name, other in others.items():
        (folder / f"{name}.rules").write_text(other, encoding="utf-8")
    (folder / "style.rules").write_text(text, encoding="utf-8")
    source = read_source(folder / "style.rules")
    style, found = check(parse(source), source)
    if style is None:
        raise StyleError(found)
    return style


def longest(score: Score, voice: str, path: Path) -> int:
    """How many notes of a voice the longest quotation has."""
    lines = quotable(str(path))
    midi = np.array([note.pitch.midi for note in score.notes_of(voice) if note.pitch is not None])
    lengths = range(2, len(midi) + 1)
    windows = ((size, np.lib.stride_tricks.sliding_window_view(midi, size)) for size in lengths)
    return max((size for size, each in windows if (pieces_with(lines, each) >= 0).any()), default=1)


@pytest.mark.parametrize("name", ["mine", "mine.model"])
@pytest.mark.parametrize("file", ["mine.model", "mine.gru.model"])
def test_a_model_is_found_beside_the_style(name: str, file: str, tmp_path: Path) -> None:
    write_quotable(tmp_path / file, SCALES)
    text = f'{HEAD}form {{ A = 1 bars }} forbid quoting "{name}" beyond 4 notes'
    if name == file or name == "mine":
        assert in_folder(tmp_path, text).uses[0].title == f'forbid quoting "{name}" beyond 4 notes'
    else:
        with pytest.raises(StyleError, match=r"there is no file mine\.model"):
            in_folder(tmp_path, text)


def test_a_model_that_ships_is_found_in_any_of_its_kinds(tmp_path: Path) -> None:
    style = in_folder(tmp_path, HEAD + 'form { A = 1 bars } forbid quoting "folk-tune" beyond 4 notes')
    other = in_folder(tmp_path, HEAD + 'form { A = 1 bars } forbid quoting "folk-tune.lstm" beyond 4 notes')
    assert style.uses[0].rule.then != other.uses[0].rule.then  # another file, with the same lines


def test_a_model_without_lines_and_no_model_at_all_are_told(tmp_path: Path) -> None:
    write_quotable(tmp_path / "old.model", SCALES, with_lines=False)
    (tmp_path / "bad.model").write_bytes(b"no model")
    text = (
        HEAD + 'form { A = 1 bars }\nforbid quoting "old" beyond 4 notes\nforbid quoting "bad" beyond 4 notes'
    )
    with pytest.raises(StyleError) as error:
        in_folder(tmp_path, text)
    messages = [each.message for each in error.value.diagnostics]
    assert messages[0] == "old.model does not hold the lines that it was learned from: learn it again"
    assert messages[1].endswith("bad.model is no model of rulegen, or it is cut short")


def test_a_guard_of_a_pack_holds_until_it_is_taken_back_or_replaced(tmp_path: Path) -> None:
    write_quotable(tmp_path / "mine.model", SCALES)
    pack = 'pack "P"  forbid quoting "mine" beyond 4 notes'
    said = {
        line: [use.title for use in in_folder(tmp_path, f'{HEAD}form {{ A = 1 bars }}\nuse "p.rules"\n{line}', p=pack).uses]
        for line in ("", "without quoting", 'avoid quoting "mine" beyond 6 notes')
    }  # fmt: skip
    assert list(said.values()) == [
        ['forbid quoting "mine" beyond 4 notes'], [], ['avoid quoting "mine" beyond 6 notes']
    ]  # fmt: skip


def test_a_quotation_is_told_at_each_note_beyond_with_its_piece(tmp_path: Path) -> None:
    write_quotable(tmp_path / "mine.model", SCALES)
    style = in_folder(tmp_path, HEAD + 'form { A = 4 bars } forbid quoting "mine" beyond 4 notes')
    found = grade(parse_score(TALE), style)
    said = 'these are 5 notes in a row of {}, which "mine" was learned from'
    findings = [each for each in found.findings if each.rule != "silence"]
    assert [(each.bar, each.beat, each.notes, each.message) for each in findings] == [
        (2, 1, ("v A4",), said.format("tune 1")),
        (4, 3, ("v D4",), said.format("tune 2")),
    ]
    assert found.tallies[0].found == len(findings)


def test_what_is_composed_quotes_no_more_than_may_be(tmp_path: Path) -> None:
    path = write_quotable(tmp_path / "mine.model", SCALES)
    text = HEAD + 'form { A = 2 bars  piece = A A }\nmodel markov "mine.model" on v weight 2\n'
    free = compose(prepare(in_folder(tmp_path, text), {}), range(20))
    assert max(longest(piece.score, "v", path) for piece in free) > 3
    guarded = prepare(in_folder(tmp_path, text + 'forbid quoting "mine" beyond 3 notes'), {})
    assert guarded.is_exact
    drawn = compose(guarded, range(20))
    assert max(longest(piece.score, "v", path) for piece in drawn) == 3
    assert all(piece.grade.is_clean for piece in [*drawn, *best(guarded, 2)])


CHORALE = """style "T"  meter 4/4  key G major
voices { soprano D4..G5  bass E2..D4 }
form { A = 2 bars, cadence half, 2 bars, cadence authentic }
harmony { chords I ii6 IV V V7 vi  change every beat }
model lstm "bach-soprano" on soprano weight 1
"""


def test_a_guard_that_left_the_lattice_is_told_and_kept_beside_a_model_that_is_consulted(
    tmp_path: Path,
) -> None:
    style = in_folder(tmp_path, CHORALE + 'forbid quoting "bach-soprano" beyond 4 notes in soprano')
    prepared = prepare(style, {}, budget=100_000)
    warning = relaxation(prepared)
    assert warning is not None and warning.message.startswith(
        '`forbid quoting "bach-soprano" beyond 4 notes` costs most and left the look-ahead'
    )
    path = model_path("bach-soprano.markov")
    assert all(longest(piece.score, "soprano", path) <= 4 for piece in compose(prepared, range(3), 32))


def test_a_guard_in_the_lattice_goes_with_a_model_that_is_consulted(tmp_path: Path) -> None:
    text = HEAD + 'form { A = 3 bars }  model lstm "bach-soprano" on v weight 1\n'
    path = model_path("bach-soprano.markov")
    free = compose(prepare(in_folder(tmp_path, text), {}), range(3), 32)
    assert max(longest(piece.score, "v", path) for piece in free) > 4
    whole = prepare(in_folder(tmp_path, text + 'forbid quoting "bach-soprano" beyond 4 notes'), {})
    assert not whole.lattice.relaxed and whole.companions
    assert all(longest(piece.score, "v", path) <= 4 for piece in compose(whole, range(3), 32))


def test_a_guard_that_leaves_nothing_to_sing_is_proved_to_clash(tmp_path: Path) -> None:
    narrow = HEAD.replace("C4..C5", "C4..D4") + "form { A = 1 bars }\n"
    write_quotable(tmp_path / "all.model", ((60, 60, 60, 62, 60, 62, 62, 62, 60, 60),))
    text = f'{narrow}forbid quoting "all" beyond 2 notes\nrule r is avoided {{ for note n in v then n is D4 }} avoid r'
    with pytest.raises(Unsatisfiable) as error:
        prepare(in_folder(tmp_path, text), {})
    found = error.value.diagnostic
    assert found.message.startswith('no score keeps all of this: forbid quoting "all" beyond 2 notes; ')
    assert [label.source.cut(label.span) for label in found.labels] == ['forbid quoting "all" beyond 2 notes']


def test_the_key_of_the_cache_changes_with_the_lines(tmp_path: Path) -> None:
    text = HEAD + 'form { A = 1 bars } forbid quoting "mine" beyond 4 notes'
    keys = set()
    for tunes in (SCALES, SCALES[:1], SCALES):
        write_quotable(tmp_path / "mine.model", tunes)
        keys.add(cache_key(in_folder(tmp_path, text), {}, 10))
    assert len(keys) == 2
