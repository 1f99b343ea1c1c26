"""Markov models: a distribution in every context, smoothed as the docstring says."""

import numpy as np
import pytest

from rulegen.models.base import Alphabet
from rulegen.models.laws import MixedStandIn, Mixture
from rulegen.models.markov import counted
from rulegen.models.places import condition_of
from tests.models import laws
from tests.models.music import line, walks

SIX = Alphabet("pitch", tuple(range(6)))
HERE = condition_of(False, 0, 1)


@pytest.mark.parametrize("order", [0, 1, 2, 3])
@pytest.mark.parametrize("least", [1, 3])
def test_a_model_of_any_order_keeps_the_laws(order: int, least: int) -> None:
    model = counted(walks(6, 20, 6), SIX, order, least)
    laws.is_a_finite_law(model)
    laws.is_a_law_of_a_voice(model)


def test_smoothing_is_interpolated_witten_bell() -> None:
    two = Alphabet("pitch", (0, 1))
    model = counted([line([0, 0, 1], [HERE] * 3)], two, 0)
    chances = np.array([0.5, 0.5])
    for _ in range(3):  # mode, then phrase with it, then strength with them: three equal links of the chain
        chances = (np.array([2, 1]) + 8 * chances) / (3 + 8)
    np.testing.assert_allclose(np.exp(model.table(HERE))[0], chances)


def test_a_longer_history_is_mixed_with_the_shorter_one() -> None:
    two = Alphabet("pitch", (0, 1))
    sequences = [line([0, 1, 0, 1, 1], [HERE] * 5)]
    shorter, longer = counted(sequences, two, 0), counted(sequences, two, 1)
    after_zero = longer.following[0, 0]
    expected = (np.array([0, 2]) + 4 * np.exp(shorter.table(HERE)[0])) / (2 + 4)
    np.testing.assert_allclose(np.exp(longer.table(HERE))[after_zero], expected)


def test_a_place_that_was_never_heard_falls_back_on_what_was() -> None:
    model = counted(walks(4, 30, 6), SIX, 1)
    laws.rows_sum_to_one(model.table(31))
    only_major = counted([line(each.symbols[:, 0], [HERE] * 30) for each in walks(4, 30, 6)], SIX, 0)
    minor = np.exp(only_major.table(condition_of(True, 0, 1)))
    np.testing.assert_allclose(minor, 1 / 6)


def test_contexts_are_the_histories_that_were_heard_often_enough() -> None:
    sequences = [line([0, 1, 2, 0, 1, 3], [HERE] * 6)]
    assert counted(sequences, SIX, 2).contexts == 1 + 3 + 3  # (), 0 1 2, 01 12 20: nothing follows 3 or 13
    assert counted(sequences, SIX, 2, least=2).contexts == 1 + 2 + 1


def test_order_helps_where_music_has_memory() -> None:
    training, test = walks(20, 40, 6, seed=1), walks(5, 40, 6, seed=2)
    by_order = [sum(counted(training, SIX, order).losses(test)) for order in (0, 1)]
    assert by_order[1] < 0.6 * by_order[0]
    assert by_order[0] == pytest.approx(200 * np.log(6), rel=0.1)


def test_a_mixture_is_between_its_parts_and_keeps_the_laws() -> None:
    zero, one = (counted(walks(6, 20, 6), SIX, order) for order in (0, 1))
    mixed = Mixture((zero, one), (1.0, 3.0))
    laws.is_a_law_of_a_voice(mixed)
    where = np.array([HERE], dtype=np.int32), np.zeros((1, 0), dtype=np.int32)
    first = [np.exp(part.log_probs(part.begin(1), *where)) for part in (zero, one)]
    found = np.exp(mixed.log_probs(mixed.begin(1), *where))
    np.testing.assert_allclose(found, 0.25 * first[0] + 0.75 * first[1])


def test_a_geometric_mixture_multiplies_its_parts_by_their_shares() -> None:
    parts = tuple(counted(walks(6, 20, 6), SIX, order) for order in (0, 1))
    mixed = Mixture(parts, (1.0, 3.0), is_geometric=True)
    laws.is_a_law_of_a_voice(mixed)
    where = np.array([HERE], dtype=np.int32), np.zeros((1, 0), dtype=np.int32)
    first = [np.exp(part.log_probs(part.begin(1), *where)) for part in parts]
    raised = first[0] ** 0.25 * first[1] ** 0.75
    found = np.exp(mixed.log_probs(mixed.begin(1), *where))
    np.testing.assert_allclose(found, raised / raised.sum())
    ahead = MixedStandIn(parts, (1.0, 3.0), is_geometric=True).foreseen(HERE, 0)
    laws.rows_sum_to_one(ahead)
    np.testing.assert_allclose(np.exp(ahead[-1]), found)  # nothing stood before


def test_a_mixture_of_other_alphabets_or_without_weight_is_refused() -> None:
    one = counted(walks(2, 9, 6), SIX, 1)
    other = counted(walks(2, 9, 6), Alphabet("pitch", tuple(range(1, 7))), 1)
    with pytest.raises(ValueError, match="one alphabet"):
        Mixture((one, other), (1.0, 1.0))
    for weights in ((1.0, 0.0), (1.0,), (1.0, float("nan"))):
        with pytest.raises(ValueError, match="weight above zero"):
            Mixture((one, one), weights)


def test_losses_of_a_batch_are_those_of_each_sequence() -> None:
    model = counted(walks(6, 20, 6), SIX, 2)
    several = walks(3, 7, 6, seed=3) + walks(2, 12, 6, seed=4)
    together = model.losses(several)
    for place, one in enumerate(several):
        assert model.losses([one])[0] == pytest.approx(together[place])
