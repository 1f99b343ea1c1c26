"""What stands in for networks: fitted to them, kept with them, and refused where it does not fit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rulegen.errors import ModelError
from rulegen.models.learn.stand_in import table_of
from rulegen.models.quartet import ANY_KEY, NOTHING, ORDER, Quartet, places_of
from rulegen.models.stand_ins import PARTNERS, PLACES, VoicingTable, place_of
from rulegen.models.store import Model, load, save
from tests.models import test_quartet as four
from tests.models.laws import rows_sum_to_one


@pytest.fixture(scope="module")
def model() -> Quartet:
    own = four.task()
    return own.model(own.network).rounded()


@pytest.fixture(scope="module")
def table(model: Quartet) -> VoicingTable:
    return table_of(model, four.grids(4))


def test_every_note_has_a_chance_after_every_other(table: VoicingTable) -> None:
    for place in range(PLACES):
        for rank, partner in enumerate(PARTNERS):
            found = table.foreseen(place, rank)
            assert found.shape == (NOTHING + 1, 1 if partner < 0 else NOTHING, NOTHING)
            rows_sum_to_one(found)


def test_a_table_comes_nearer_to_its_network_than_equal_chances(model: Quartet, table: VoicingTable) -> None:
    grid = four.grids(1)[0]
    state, off = model.begin(1), np.zeros(4)
    entropy = np.zeros(4)
    for step, symbols in enumerate(grid.symbols[:, None, :]):
        where = grid.places[step : step + 1]
        for rank, voice in enumerate(ORDER):
            heard = model.log_probs(state, where, symbols[:, list(ORDER[:rank])])[0]
            beside = int(symbols[0, ORDER[PARTNERS[rank]]]) if PARTNERS[rank] >= 0 else 0
            foreseen = table.foreseen(int(place_of(where[0])), rank)[int(state.notes[0, voice]), beside]
            off[rank] += float(np.exp(heard) @ (heard - foreseen))
            entropy[rank] += float(np.exp(heard) @ (heard + np.log(NOTHING)))
        state = model.advance(state, where, symbols)
    assert np.all(off < 0.9 * entropy)


def test_places_are_the_beat_and_the_mode() -> None:
    rows = [places_of(0, 16, None, 3), places_of(2, 16, None, 3), places_of(8, 12, None, 15),
            places_of(5, 8, None, 15), places_of(4, 16, None, ANY_KEY), places_of(4, 16, None, ANY_KEY + 1)]  # fmt: skip
    assert place_of(np.array(rows, dtype=np.int32)).tolist() == [0, 1, 2, 3, 0, 2]


def test_a_table_comes_back_with_its_model(model: Quartet, table: VoicingTable, tmp_path: Path) -> None:
    save(tmp_path / "a.model", Model(four.CARD, model, table))
    found = load(tmp_path / "a.model")
    kept, beside = found.law, found.stand_in
    assert isinstance(beside, VoicingTable) and isinstance(kept, Quartet)
    assert np.array_equal(beside.own, table.own) and np.array_equal(beside.beside, table.beside)
    assert all(np.array_equal(kept.weights[name], array) for name, array in model.weights.items())


@pytest.mark.parametrize("name", ["own", "beside"])
def test_a_table_that_does_not_fit_is_refused(
    name: str, model: Quartet, table: VoicingTable, tmp_path: Path
) -> None:
    array = getattr(table, name)
    for damaged in (array[..., :-1], np.full_like(array, np.nan), array[:1]):
        save(tmp_path / "a.model", Model(four.CARD, model, replace(table, **{name: damaged})))
        with pytest.raises(ModelError, match="numbers do not fit together"):
            load(tmp_path / "a.model")
