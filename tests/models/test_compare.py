"""Comparing sets of pieces: figures that can be worked out by hand, and what has to hold of any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from rulegen.io.pieces import CorpusPiece, Sung
from rulegen.models import features
from rulegen.models.compare import Comparison, Copied, Distance, compare, entropy, variation
from rulegen.models.features import ComparedPiece, heard
from rulegen.models.plots import plotted
from rulegen.models.quotes import distinct, lines_of, longest_shared, runs
from rulegen.theory.meter import Meter
from tests.models.music import chorale

QUARTER = Fraction(1, 4)


def tune(*pitches: int, tonic: int = 0, name: str = "tune", chords: Sequence[str] = ()) -> CorpusPiece:
    """Quarters in 4/4, one voice, one phrase."""
    notes = tuple(
        Sung(place * QUARTER, QUARTER, midi, place * QUARTER % 1) for place, midi in enumerate(pitches)
    )
    ends = (len(pitches) * QUARTER,)
    stated = tuple((Fraction(place, 4), label) for place, label in enumerate(chords))
    return CorpusPiece(name, tonic, False, Meter.parse("4/4"), Fraction(0), (("tune", notes),), ends, stated)


def all_of(*pieces: CorpusPiece, part: str = "all") -> list[ComparedPiece]:
    found = [heard(piece, part) for piece in pieces]
    return [music for music in found if music is not None]


def of(comparison: Comparison, feature: str) -> Distance:
    return next(each for each in comparison.distances if each.feature == feature)


def moved(piece: CorpusPiece, by: int) -> CorpusPiece:
    voices = tuple(
        (name, tuple(replace(note, midi=note.midi + by) for note in notes)) for name, notes in piece.voices
    )
    return replace(piece, tonic=(piece.tonic + by) % 12, voices=voices)


def test_distances_are_what_is_worked_out_by_hand() -> None:
    ours = all_of(tune(60, 62, 64, 60, chords=["I", "I", "V"]))  # steps +2 +2 -4
    corpus = all_of(tune(60, 62, 60, 60, chords=["I", "IV", "I", "V"]))  # steps +2 -2 0
    found = compare(ours, corpus)
    assert of(found, "pitch class").distance == pytest.approx(1 / 4)  # ½, ¼, ¼ against ¾, ¼, 0
    assert of(found, "melodic interval").distance == pytest.approx(2 / 3)  # they share one of three steps
    assert of(found, "duration").distance == 0
    assert of(found, "contour").distance == 1 / 2  # up up, up down against up down, down same
    assert of(found, "self-similarity").distance == 0
    assert of(found, "phrase ending").distance == 1  # 4 0 against 0 0
    assert of(found, "chord").distance == pytest.approx(1 / 4)  # ½ I, ½ V against ½ I, ¼ IV, ¼ V
    assert of(found, "chord succession").distance == pytest.approx(2 / 3)
    assert of(found, "chord").counted == (2, 4)  # I that is stated again counts once
    assert found.missing == ("harmonic interval",)
    assert found.sample == 0 and of(found, "pitch class").itself is None
    assert found.copied == Copied(2, "tune", "tune", ())
    entropies, diversity = found.figures
    assert entropies.ours == pytest.approx(np.log2(3) - 2 / 3)
    assert entropies.corpus == pytest.approx(np.log2(3))
    assert diversity.ours == 0  # no run of four intervals


def test_a_set_is_no_way_from_itself_nor_transposed() -> None:
    pieces = [chorale(f"c{seed}", seed) for seed in range(6)]
    for ours in (pieces, [moved(piece, 5) for piece in pieces], [moved(piece, -13) for piece in pieces]):
        found = compare(all_of(*ours), all_of(*pieces))
        assert [each.distance for each in found.distances] == [0] * 7
        assert all(figure.ours == figure.corpus for figure in found.figures)
        assert found.copied is not None and found.copied.notes == 16  # whole voices


def test_what_has_nothing_in_common_is_one_away() -> None:
    found = compare(all_of(tune(60, 61, 60, 61, 60)), all_of(tune(62, 66, 62, 66, 62)))
    assert of(found, "pitch class").distance == of(found, "melodic interval").distance == 1
    assert found.copied is None


def test_the_corpus_is_measured_against_itself_by_samples_as_large_as_the_set() -> None:
    same, other = tune(60, 62, 64), tune(60, 59, 57)
    found = compare(all_of(same), all_of(same, same, other, other))
    itself = of(found, "melodic interval")
    assert found.sample == 1 and len(itself.samples) == 10
    assert itself.samples == pytest.approx([2 / 3] * 10)  # one piece from the three others, whichever
    assert itself.itself == pytest.approx(2 / 3)
    assert found.copied is not None and found.copied.samples == (3,) * 10  # each has its equal in the rest
    assert compare(all_of(same), all_of(same, same, other, other)) == found  # the seed is fixed
    assert compare(all_of(*[same] * 9), all_of(same, same, other, other)).sample == 2


def test_harmony_is_counted_above_the_lowest_note_where_one_of_the_two_begins() -> None:
    low = (Sung(Fraction(0), Fraction(1), 48, Fraction(0)),)
    high = tuple(Sung(place * QUARTER, QUARTER, midi, place * QUARTER) for place, midi in ((0, 64), (1, 67)))
    middle = (Sung(QUARTER, QUARTER, 45, QUARTER),)  # below the lowest voice
    voices = (("high", high), ("middle", middle), ("low", low))
    piece = replace(tune(60), voices=voices)
    (music,) = all_of(piece)
    assert sorted(features.harmonic_intervals(music)) == [3, 4, 10]  # C-E; A-C and A-G
    (music,) = all_of(piece, part="high")
    assert sorted(features.harmonic_intervals(music)) == [4, 10]
    assert heard(piece, "bassoon") is None


def test_a_bar_equals_an_earlier_one_in_pitches_and_rhythm() -> None:
    (music,) = all_of(tune(60, 62, 64, 65, 60, 62, 64, 65, 60, 62, 64, 67, 60, 62, 64, 65))
    assert list(features.bars(music)) == ["new", "repeated", "new", "repeated"]


def test_each_phrase_of_two_notes_or_more_has_an_ending() -> None:
    piece = replace(
        tune(67, 69, 71, 67, 74, tonic=7), phrase_ends=(Fraction(1, 2), Fraction(1), Fraction(5, 4))
    )
    (music,) = all_of(piece)
    assert list(features.endings(music)) == [(0, 2), (4, 0)]


def test_of_many_symbols_those_met_most_are_drawn_and_the_others_counted() -> None:
    pitches = [48, 49, 51, 54, 58, 63, 69, 76, 84, 75, 65, 54, 42, 55, 42, 55]  # each interval once, 13 twice
    found = compare(all_of(tune(*pitches)), all_of(tune(*pitches)))
    drawn = plotted(found, "a <corpus>")
    assert "a &lt;corpus&gt;, 1 pieces" in drawn
    assert drawn.count(">2 others: 0.13 of the set, 0.13 of the corpus</text>") == 1
    assert all(f">{step}</text>" in drawn for step in (13, -13, 6)) and ">♭3</text>" in drawn


def test_variation_and_entropy_have_their_bounds() -> None:
    assert variation(np.array([1.0, 0.0]), np.array([0.0, 5.0])) == 1
    assert entropy(np.ones(8)) == 3
    assert entropy(np.array([4.0, 0.0])) == entropy(np.array([])) == 0


def test_the_longest_shared_run_is_that_of_trying_all() -> None:
    generator = np.random.default_rng(3)
    for _ in range(60):
        ours, theirs = (
            [generator.integers(0, 3, generator.integers(0, 12)).tolist() for _ in range(3)] for _ in range(2)
        )
        first = np.arange(6) < 3
        found = longest_shared(lines_of([*ours, *theirs]), first, ~first)
        longest = max((len(run) for run in _all_runs(ours) & _all_runs(theirs)), default=0)
        assert (found.length if found else 0) == longest
        if found:
            assert longest == max(
                len(run) for run in _all_runs([ours[found.one]]) & _all_runs([theirs[found.other - 3]])
            )


def _all_runs(lines: Sequence[Sequence[int]]) -> set[tuple[int, ...]]:
    return {
        tuple(line[start:stop])
        for line in lines
        for start in range(len(line))
        for stop in range(start + 1, len(line) + 1)
    }


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_runs_have_equal_numbers_where_they_are_equal(length: int) -> None:
    lines = np.random.default_rng(1).integers(0, 2, (4, 9)).tolist()
    numbers = runs(lines_of(lines), length)
    grams = [tuple(line[start : start + length]) for line in lines for start in range(10 - length)]
    there = numbers[numbers >= 0].tolist()
    assert len(set(zip(grams, there, strict=True))) == len(set(grams)) == len(set(there))
    assert distinct(numbers) == len(set(grams)) / len(grams)
