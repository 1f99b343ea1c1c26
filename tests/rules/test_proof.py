"""Proofreading finds a breach exactly where running a rule does, and where it looks is kept between processes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rulegen.compose import Composition, compose, prepare
from rulegen.folds.proof import broken, proofs_of
from rulegen.folds.proof_store import recall_proofs, remember_proofs
from rulegen.folds.run import places_of
from rulegen.grading.reader import ScoreReader
from rulegen.lattice.build import build
from rulegen.lattice.store import Cache
from rulegen.plan.given import tunes_of
from rulegen.plan.problem import Plan, plan_of, problem_of
from rulegen.plan.realise import realise
from rulegen.rules import draft as drafts
from rulegen.rules.music import Sounding, music_of
from rulegen.rules.places import finding_of
from rulegen.sampling.exact import draw
from rulegen.style.check import load_style
from rulegen.style.model import Style, Use
from tests.oracle.brute import style_of
from tests.oracle.styles import STYLES

ROOT = Path(__file__).parents[2]
PIECES = 12


def hard(use: Use) -> Use:
    """The use as one that must be kept."""
    return replace(use, verb={"avoid": "forbid", "prefer": "require"}.get(use.verb, use.verb), hard=True)


def unruled(plan: Plan) -> list[Sounding]:
    """Pieces that were drawn without any rule."""
    lattice = build(problem_of(plan, ()))
    values = draw(lattice, np.random.default_rng(1).random((PIECES, lattice.layers)))
    if plan.draft.free:
        return [music_of(realise(plan, each)) for each in values]
    return [Sounding(plan.draft, each[plan.draft.layer_of].T.astype(np.int64)) for each in values]


def assert_as_run(uses: Sequence[Use], pieces: Sequence[Sounding]) -> list[bool]:
    """Proofs tell of each piece what running each use alone tells; what they told."""
    told, together = [], Sounding(pieces[0].draft, np.stack([piece.codes for piece in pieces]))
    for use in map(hard, uses):
        expected = (places_of(use, finding_of(use), together) > 0).tolist()
        assert broken([use], pieces).tolist() == expected, use.title
        told += expected
    return told


@pytest.mark.parametrize("name", sorted(STYLES))
def test_proofs_tell_what_running_tells_in_every_style(name: str) -> None:
    style = style_of(STYLES[name])
    plan = plan_of(style, tunes_of(style, {}))
    pieces = unruled(plan)
    for alike in [[each] for each in pieces] if plan.draft.free else [pieces]:
        assert_as_run(style.uses, alike)


def jumbled(piece: Composition) -> list[Sounding]:
    """A piece with some of its notes and chords in another order."""
    music, rng = ScoreReader(piece.style).music_of(piece.score), np.random.default_rng(2)
    found = []
    for number in range(PIECES):
        codes = music.codes.copy()
        for row in codes:
            moved = np.flatnonzero((rng.random(row.size) < number / PIECES) & (row >= 0))
            row[moved] = rng.permutation(row[moved])
        found.append(Sounding(music.draft, codes))
    return found


@pytest.mark.parametrize("name", ["first_species_three", "chorale", "minuet"])
def test_proofs_tell_what_running_tells_of_the_rules_of_the_packs(name: str) -> None:
    style = load_style(ROOT / "styles" / f"{name}.rules")
    (piece,) = compose(prepare(style, tunes_of(style, {})), [1])
    told = assert_as_run(piece.style.uses, jumbled(piece))
    assert 100 < sum(told) < len(told) - 100


def fresh(style: Style, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A plan of which nothing is known, as in another process."""
    monkeypatch.setattr(drafts, "_KEPT", {})
    return plan_of(style, tunes_of(style, {}))


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path, 1 << 28)


def test_proofs_that_were_kept_are_those_that_were_found(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    style = load_style(ROOT / "styles" / "first_species_three.rules")
    made = fresh(style, monkeypatch)
    uses = [hard(use) for use in style.uses]
    found = [proofs_of(use, made.draft) for use in uses]
    assert sum(proofs is None for proofs in found) < len(found) // 4
    remember_proofs(made.draft, cache, 0)
    plan = fresh(style, monkeypatch)
    recall_proofs(plan.draft, cache)
    assert list(plan.draft.proofs) == [use.content for use in uses]
    for use, before in zip(uses, found, strict=True):
        after = proofs_of(use, plan.draft)
        assert (before is None) == (after is None)
        for one, other in zip(before or (), after or (), strict=True):
            assert repr(one.event) == repr(other.event) and one.places == other.places
            for mine, own in zip(one.sights, other.sights, strict=True):
                assert mine.component.tolist() == own.component.tolist()
                assert mine.moment.tolist() == own.moment.tolist()


@pytest.mark.parametrize("damage", ["cut", "header"])
def test_a_damaged_file_of_proofs_is_as_none(
    damage: str, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    style = style_of(STYLES["two notes"])
    made = fresh(style, monkeypatch)
    for use in style.uses:
        proofs_of(hard(use), made.draft)
    remember_proofs(made.draft, cache, 0)
    [path] = cache.folder.glob("*.proofs")
    data = path.read_bytes()
    path.write_bytes(data[:-40] if damage == "cut" else data.replace(b'"nodes"', b'"notes"'))
    plan = fresh(style, monkeypatch)
    recall_proofs(plan.draft, cache)
    assert not plan.draft.proofs
    assert_as_run(style.uses, unruled(plan))
