"""Hidden Markov models: against enumeration of all hidden paths, and what training finds."""

from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

from rulegen.errors import ModelError
from rulegen.models.base import Alphabet, Tokens, normalised
from rulegen.models.hmm import PLACES, Hidden
from rulegen.models.learn.hmm import Search, train
from rulegen.models.store import Card, Model, load, save
from tests.models import laws
from tests.models.music import line

CHORDS = Alphabet("chord", ("I", "IV", "V", "vi"))
CARD = Card("hmm", "harmony", "made up", "free", "rulegen learn hmm", 0, {})


def random_model(hidden: int = 3, seed: int = 0) -> Hidden:
    generator = np.random.default_rng(seed)
    shapes = ((hidden,), (hidden, hidden), (PLACES, hidden, len(CHORDS)))
    return Hidden(CHORDS, *(normalised(generator.normal(size=shape)) for shape in shapes))


def two_functions(count: int, length: int, seed: int) -> list[Tokens]:
    """Tonic chords (I, vi) and others (IV, V) that follow each other strictly; which of the two is chance."""
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        symbols = [((0, 3), (1, 2))[place % 2][generator.integers(2)] for place in range(length)]
        found.append(line(symbols, [1] * length))
    return found


def test_a_hidden_model_keeps_the_laws() -> None:
    laws.is_a_hidden_law(random_model())
    laws.is_a_law_of_a_voice(random_model())


def test_the_filter_sums_over_all_hidden_paths() -> None:
    model = random_model()
    symbols, conditions = [0, 2, 2, 1], [0, 5, 18, 31]
    paths = [
        model.start[path[0]]
        + sum(model.emission(c)[h, s] for h, s, c in zip(path, symbols, conditions, strict=True))
        + sum(model.transition[a, b] for a, b in pairwise(path))
        for path in product(range(model.hidden), repeat=4)
    ]
    (found,) = model.losses([line(symbols, conditions)])
    assert found == pytest.approx(-np.logaddexp.reduce(paths), abs=1e-9)


def test_training_finds_the_hidden_functions() -> None:
    training, validation, test = (two_functions(count, 20, seed) for seed, count in enumerate((20, 5, 5)))
    said: list[str] = []
    model = train(training, validation, CHORDS, Search((1, 2), 3, rounds=20), said.append)
    laws.is_a_hidden_law(model)
    assert model.hidden == 2
    assert sum(model.losses(test)) / 100 < np.log(2) + 0.08
    assert said[-1] == "hidden states: 2, try 6 of 6"


def test_training_again_gives_the_same_model() -> None:
    training = two_functions(6, 12, 1)
    first, second = (
        train(training, training[:2], CHORDS, Search((2,), 2, seed=5, rounds=5), lambda _: None)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.emissions, second.emissions)
    np.testing.assert_array_equal(first.transition, second.transition)


def test_a_hidden_model_comes_back_from_its_file(tmp_path: Path) -> None:
    model = random_model()
    save(tmp_path / "a.model", Model(CARD, model))
    found = load(tmp_path / "a.model").law
    assert isinstance(found, Hidden)
    np.testing.assert_array_equal(found.emission(21), model.emission(21))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3.0])
@pytest.mark.parametrize("name", ["start", "transition", "emissions"])
def test_rows_that_are_no_distributions_are_refused(name: str, value: float, tmp_path: Path) -> None:
    model = random_model()
    getattr(model, name).flat[0] = value
    save(tmp_path / "a.model", Model(CARD, model))
    with pytest.raises(ModelError, match="numbers do not fit together"):
        load(tmp_path / "a.model")
