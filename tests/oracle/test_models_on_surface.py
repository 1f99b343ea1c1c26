"""A model of the surface under rules, against its law written out: P(surface | skeleton) is what the rules of the
surface and its ornaments weigh, times what the model says of the strikes of all four voices at each eighth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from rulegen.compose import Prepared, compose, prepare
from rulegen.language.parser import parse
from rulegen.language.source import Source
from rulegen.lattice.best import best
from rulegen.models.attention import Attention
from rulegen.models.attention import shapes as attending
from rulegen.models.base import Alphabet, Law
from rulegen.models.laws import Mixture
from rulegen.models.quartet import ALPHABET, LOWEST, ORDER, SILENCE, VOICES, places_of
from rulegen.models.store import Card, Model, load, save
from rulegen.models.struck import HOLD, STRUCK
from rulegen.plan.given import tunes_of
from rulegen.plan.realise import realise
from rulegen.score.events import Score
from rulegen.stages.stage import Decided
from rulegen.stages.surface import Ornaments, SurfacePosed
from rulegen.style.check import check
from rulegen.style.model import Style
from tests.oracle.brute import style_of
from tests.oracle.pieces import Key, Piece, key_of, pieces
from tests.oracle.surfaces import scored
from tests.oracle.test_surface import HEAD

HARMONY = "harmony { chords I V  change every bar }  "
STYLES = {
    "two voices with ornaments, one in halves": HEAD
    + HARMONY
    + """voices { soprano D5..G5  alto G4..G4  tenor D4..E4  bass C3..D3 }  form { A = 1.5 bars }
        rhythm { every 1/4 }  rhythm alto { every 1/2 }
        embellish soprano { passing  neighbour  anticipation rarely }  embellish tenor { suspension often  neighbour }
        avoid turns on surface weight 0.6  avoid turns weight 0.3  forbid fifths""",
    "a section that is stated again": HEAD
    + HARMONY
    + """voices { soprano E5..F5  alto G4..G4  tenor D4..E4  bass C3..C3 }  melody bass { notes C }
        form { A = 1.5 bars  B = 0.5 bars  piece = A B A }  rhythm { every 1/4 }
        embellish soprano, tenor { neighbour  anticipation  skip rarely }""",
    "a given voice with a rest": HEAD
    + HARMONY
    + """voices { soprano D5..G5  alto G4..G4  tenor D4..E4  bass C3..D3 }  rhythm { every 1/4 }
        form { A = 1.5 bars, cadence half }  given soprano = E5:1/4 r D5
        embellish bass, tenor { passing  neighbour  anticipation rarely }""",
    "another key": HEAD
    + HARMONY
    + """voices { soprano D5..E5  alto G4..G4  tenor G3..E4  bass G3..G3 }  rhythm { every 1/4 }
        form { A = 1 bars in C major, 1 bars in G major }
        embellish soprano { neighbour  anticipation }  embellish tenor { skip often }""",
}
USE = '\nmodel attention "made.model" on surface weight {}\n'


def attention(alphabet: Alphabet, seed: int = 4) -> Attention:
    """A small network with made-up weights, strong enough to be heard."""
    rng = np.random.default_rng(seed)
    arrays = attending(6, 2, 2, 5)
    weights = {name: rng.normal(scale=0.5, size=shape).astype(np.float32) for name, shape in arrays.items()}
    return Attention(alphabet, 2, weights)


def beside(folder: Path, text: str, *laws: Attention) -> tuple[Style, list[Law]]:
    """A style of a text in a folder, beside files of models that it may consult, and these as they are read."""
    found = []
    for law, name in zip(laws, ("made.model", "other.model"), strict=False):
        save(folder / name, Model(Card("attention", "four voices", "made up", "none", "none", 1, {}), law))
        found.append(load(folder / name).law)
    source = Source(str(folder / "tiny.rules"), text)
    style, faults = check(parse(source), source)
    assert style is not None, faults
    return style, found


def said(law: Law, score: Score, tells_strikes: bool) -> float:
    """What a model says of a score, eighth by eighth; a section that is stated again is heard once."""
    states: dict[int, object] = {}
    total, state = 0.0, law.begin(1)
    lines = [score.notes_of(voice) for voice in VOICES]
    for place, section in enumerate(score.sections):
        if section.repeat_of is not None:
            state = states[section.repeat_of]
        else:
            for eighth in range(int(section.onset * 8), int(section.end * 8)):
                where, tokens = _moment(score, lines, eighth, tells_strikes)
                for rank, voice in enumerate(ORDER):
                    placed = tokens[:, list(ORDER[:rank])]
                    total += float(law.log_probs(state, where, placed)[0, tokens[0, voice]])
                state = law.advance(state, where, tokens, 2)
        states[place] = state
    return total


def _moment(
    score: Score, lines: Sequence[Sequence[object]], eighth: int, tells_strikes: bool
) -> tuple[np.ndarray, np.ndarray]:
    tonic = score.timeline.key_at(Fraction(eighth, 8)).tonic.chroma
    end = next(phrase.end for phrase in score.phrases if phrase.end * 8 > eighth)
    where = places_of(2 * eighth, 8, int(end * 16) - 2 * eighth - 1, tonic)
    tokens = []
    for line in lines:
        [note] = [each for each in line if each.onset * 8 <= eighth < (each.onset + each.duration) * 8]
        symbol = SILENCE if note.pitch is None else note.pitch.midi - 60 - tonic - LOWEST
        tokens.append(HOLD if tells_strikes and note.onset * 8 != eighth else symbol)
    return np.array([where], dtype=np.int32), np.array([tokens], dtype=np.int32)


def posed(style: Style) -> tuple[Piece, Ornaments, SurfacePosed]:
    """The first of the style's skeletons that has a dozen of surfaces, and what the stage poses around it."""
    prepared = prepare(style, tunes_of(style, {}))
    assert isinstance(prepared, Prepared)
    [ornaments] = prepared.later
    assert isinstance(ornaments, Ornaments)
    known = {key_of(piece.score()): piece for piece in pieces(replace(style, models=()))}
    for path in best(prepared.lattice, 100_000):
        surface = ornaments.pose(replace(Decided.begun(None), values=path.assignment))
        if surface is not None and len(best(surface.lattice, 12)) == 12:
            return known[key_of(realise(prepared.plan, path.assignment))], ornaments, surface
    raise AssertionError("no skeleton has so many surfaces")


def law_of(piece: Piece, law: Law, weight: float, tells_strikes: bool) -> dict[Key, float]:
    """Each surface of a skeleton, and its nats."""
    return {key_of(score): nats + weight * said(law, score, tells_strikes) for score, nats in scored(piece)}


def keeps_to(law: dict[Key, float], ornaments: Ornaments, surface: SurfacePosed, walks: int = 30) -> None:
    """Walkers estimate the mass without bias, and all that they find weighs what the law says."""
    total, rng, masses = float(np.logaddexp.reduce(list(law.values()))), np.random.default_rng(2), []
    for _ in range(walks):
        walked = surface.walk(rng, 24)
        masses.append(math.exp(walked.log_mass - total))
        for values, nats in list(zip(walked.found, walked.log_weights.tolist(), strict=True))[:5]:
            key = key_of(realise(ornaments.plan, surface.music_of(values)))
            assert nats == pytest.approx(law[key], abs=1e-4)
    assert abs(np.mean(masses) - 1) < 4 * np.std(masses) / math.sqrt(walks) + 1e-6
    assert np.std(masses) > 1e-6  # the model is heard


@pytest.mark.parametrize(("name", "weight"), list(zip(STYLES, (0.5, 1.5, 0.7, 1.0), strict=True)))
def test_walkers_on_the_surface_estimate_its_mass_without_bias_and_weigh_by_the_law(
    name: str, weight: float, tmp_path: Path
) -> None:
    style, [law] = beside(tmp_path, STYLES[name] + USE.format(weight), attention(STRUCK))
    piece, ornaments, surface = posed(style)
    assert not surface.is_exact
    keeps_to(law_of(piece, law, weight, True), ornaments, surface)


@pytest.mark.parametrize("is_geometric", [False, True])
def test_models_learned_as_pieces_sound_may_speak_of_the_surface_mixed(
    is_geometric: bool, tmp_path: Path
) -> None:
    how = "mix geometric" if is_geometric else "mix"
    line = f'\nmodel {how} {{ attention "made.model" 0.6, attention "other.model" 0.4 }} on surface\n'
    text = STYLES["two voices with ornaments, one in halves"] + line
    style, laws = beside(tmp_path, text, attention(ALPHABET), attention(ALPHABET, 7))
    law = Mixture(tuple(laws), (0.6, 0.4), is_geometric)
    piece, ornaments, surface = posed(style)
    keeps_to(law_of(piece, law, 1.0, False), ornaments, surface)


def test_what_is_drawn_nears_the_law_and_the_best_is_found(tmp_path: Path) -> None:
    name = "two voices with ornaments, one in halves"
    style, [law] = beside(tmp_path, STYLES[name] + USE.format(1.5), attention(STRUCK))
    piece, ornaments, surface = posed(style)
    own = law_of(piece, law, 1.5, True)
    shares = np.exp(np.array(list(own.values())) - np.logaddexp.reduce(list(own.values())))
    draws, seen = 150, dict.fromkeys(own, 0)
    draft = replace(Decided.begun(5), values=np.zeros((0, 0), dtype=np.int32))
    for drawn in surface.draw([draft] * draws, 64):
        seen[key_of(realise(ornaments.plan, drawn.values))] += 1
    off = np.abs(np.array(list(seen.values())) / draws - shares).sum() / 2
    exact = np.random.default_rng(1).multinomial(draws, shares / shares.sum(), size=200) / draws
    noise = np.abs(exact - shares).sum(axis=1) / 2
    assert off < noise.mean() + 4 * noise.std()
    found = surface.best(draft, 32)
    assert found.log_weight == pytest.approx(max(own.values()), abs=1e-4)


def test_a_style_that_consults_a_model_on_its_surface_says_that_its_pieces_are_not_exact(
    tmp_path: Path,
) -> None:
    text = STYLES["two voices with ornaments, one in halves"]
    style, _ = beside(tmp_path, text + USE.format(1), attention(STRUCK))
    [heard] = compose(prepare(style, {}), [3], 16)
    [unheard] = compose(prepare(style_of(text), {}), [3], 16)
    assert (heard.is_exact, heard.is_walked) == (False, True) and 1 <= (heard.effective_size or 0) <= 16
    assert (unheard.is_exact, unheard.is_walked, unheard.effective_size) == (True, False, None)
