"""Letters of factors with memory, those that act alike taken as one."""

from __future__ import annotations

import numpy as np
import pytest

from rulegen.lattice.build import Construction
from rulegen.lattice.classed import Classed, _alike
from rulegen.lattice.join import LayerStep
from rulegen.lattice.problem import Factor, Output, Part
from rulegen.lattice.workshop import Workshop
from tests.lattice.chorale import chorale


def _part(name: str, size: int) -> Part:
    return Part(name, (), (0,), size, lambda before, after: after[0])


def test_letters_are_one_class_where_no_memory_and_nothing_heard_tells_them_apart() -> None:
    """The factor hears 0 or 1 between what it reads of the pair; only what it weighs sets letters apart."""
    weight = np.zeros((2, 3, 2, 2))  # memory, first part, heard, second part
    weight[1, 2, 1, 0] = -1.0
    following = np.zeros((2, 12), dtype=np.int32)
    reads = (_part("first", 3), Output("heard", 2), _part("second", 2))
    factor = Factor("f", "f", 0, reads, weight.reshape(2, 12), 0, following)
    classed = Classed.of(factor, (False, True, False))
    first, second = np.repeat(np.arange(3), 2), np.tile(np.arange(2), 3)
    classes = classed.column([first.astype(np.int32), second.astype(np.int32)])
    assert classes.tolist() == [1, 1, 1, 1, 0, 1]
    assert classed.reads == (reads[0], reads[2])
    assert classed.factor.reads[0] == reads[1]
    for heard in range(2):
        own = classed.factor.log_weight[:, heard * 2 + classes]
        assert np.array_equal(own, weight[:, first, heard, second])


def test_weights_that_forbid_and_that_differ_are_told_apart() -> None:
    weight = np.array([[0.0, -np.inf, -0.5, 0.0, -np.inf]])
    classes = Classed.of(Factor("f", "f", 0, (_part("only", 5),), weight), (False,)).classes
    a, b, c = classes[0], classes[1], classes[2]
    assert classes.tolist() == [a, b, c, a, b]
    assert len({a, b, c}) == 3


def test_moves_have_few_combinations_where_memories_tell_few_apart() -> None:
    problem = chorale(6, memories=2)
    construction = Construction(problem, Workshop.of(problem), 1_000_000)
    shop, layers, readers = construction.workshop, construction.problem.layers, construction.readers
    before, after = (shop.moments_of(shop.kind(layers[i], readers[i])) for i in (2, 3))
    moves = shop.moves_of(LayerStep(before, after, readers[3]))
    assert (moves.before.size, len(moves.classes)) == (84737, 23)


@pytest.mark.parametrize("largest", [0, 1, 2, 6, 300, 2059])
@pytest.mark.parametrize("letters", [1, 25, 700])
def test_columns_that_are_alike_are_found_in_tables_of_many_rows(largest: int, letters: int) -> None:
    rng = np.random.default_rng(largest * 1000 + letters)
    known = [
        rng.integers(0, most + 1, (rows, 9), dtype=np.int32) for most, rows in ((largest, 200), (1, 130))
    ]
    chosen = rng.integers(0, 9, letters)
    columns = np.vstack([table[:, chosen] for table in known])
    _, expected = np.unique(columns, axis=1, return_inverse=True)
    firsts, classes = _alike([table[:, chosen] for table in known], letters)
    assert classes.tolist() == expected.reshape(-1).tolist()
    assert (columns[:, firsts][:, classes] == columns).all()
