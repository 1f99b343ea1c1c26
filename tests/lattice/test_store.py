"""A stored lattice comes back whole or not at all, and the cache keeps within its size."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

from rulegen.lattice.build import build
from rulegen.lattice.lookahead import look_ahead
from rulegen.lattice.marginals import marginals
from rulegen.lattice.store import Cache, load, save
from rulegen.sampling.exact import draw
from tests.lattice.chorale import chorale
from tests.lattice.problems import random_problem


@pytest.mark.parametrize("order", ["A", "AAB", "ABACA", "ABACB"])
def test_a_stored_lattice_answers_as_before(order: str, tmp_path: Path) -> None:
    lattice = build(random_problem(3, order, hard=0.0))
    ahead = look_ahead(lattice)
    save(tmp_path / "x", lattice, ahead)
    stored = load(tmp_path / "x")
    assert stored is not None
    uniforms = np.random.default_rng(0).random((30, lattice.layers))
    expected = draw(lattice, uniforms)
    assert np.array_equal(draw(stored.lattice, uniforms, stored.ahead), expected)
    assert np.array_equal(draw(stored.lattice, uniforms), expected)
    for one, other in zip(marginals(lattice), marginals(stored.lattice), strict=True):
        assert all(np.array_equal(a.probabilities, b.probabilities) for a, b in zip(one, other, strict=True))


def test_shared_arcs_are_stored_once_and_stay_shared(tmp_path: Path) -> None:
    for layers in (16, 64):
        save(tmp_path / str(layers), build(chorale(layers)))
    assert os.path.getsize(tmp_path / "64") < 1.1 * os.path.getsize(tmp_path / "16")
    stored = load(tmp_path / "64")
    assert stored is not None
    assert stored.ahead is None
    assert len(stored.lattice.distinct_arcs()) == 4


def test_what_was_relaxed_is_remembered(tmp_path: Path) -> None:
    lattice = build(chorale(6, memories=2), budget=150_000)
    assert lattice.relaxed
    save(tmp_path / "x", lattice)
    stored = load(tmp_path / "x")
    assert stored is not None
    assert stored.lattice.relaxed == lattice.relaxed


def test_truncated_damaged_and_foreign_files_are_as_none(tmp_path: Path) -> None:
    path = tmp_path / "x"
    assert load(path) is None
    save(path, build(random_problem(3, "AAB", hard=0.0)))
    whole = path.read_bytes()
    assert load(path) is not None
    for cut in (0, 10, 40, 200, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        assert load(path) is None
    for place in (3, 25, 60, len(whole) // 2 // 64 * 64, len(whole) - 64):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert load(path) is None
    for foreign in (b"PK\x03\x04", whole + b"more", whole.replace(b"lattice 2", b"lattice 3")):
        path.write_bytes(foreign)
        assert load(path) is None


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lattice = build(random_problem(3, hard=0.0))
    save(tmp_path / "x", lattice)
    before = (tmp_path / "x").read_bytes()

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path / "x", lattice)
    assert (tmp_path / "x").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_the_cache_lets_go_of_what_was_unused_longest(tmp_path: Path) -> None:
    lattice = build(random_problem(3, hard=0.0))
    save(tmp_path / "sample", lattice)
    size = os.path.getsize(tmp_path / "sample")
    cache = Cache(tmp_path / "cache", 2 * size + size // 2)
    for age, key in enumerate("ab"):
        cache.put(key, lattice)
        os.utime(tmp_path / "cache" / f"{key}.lattice", (1000 + age, 1000 + age))
    assert cache.get("a") is not None
    cache.put("c", lattice)
    assert cache.get("b") is None
    assert cache.get("a") is not None
    assert cache.get("c") is not None
    assert cache.get("never kept") is None


def test_a_folder_that_cannot_be_written_to_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file" / "cache", 1 << 20)
    cache.put("a", build(random_problem(3, hard=0.0)))
    assert cache.get("a") is None


def _put_and_get(folder: Path, number: int) -> None:
    lattice = build(random_problem(number, hard=0.0))
    cache = Cache(folder, 20_000)
    for i in range(30):
        cache.put(f"key {(i * 7 + number) % 5}", lattice)
        cache.get(f"key {i % 5}")


def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_put_and_get, args=(tmp_path, number)) for number in (3, 4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert not list(tmp_path.glob(".*.part"))
