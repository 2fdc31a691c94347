"""The choice of probes: spread over the labels, the same however the samples arrive."""

from __future__ import annotations

import numpy as np
import pytest

from neuronaut.capture.probes import Probes, probe_count, scattered

X = np.arange(1000, dtype=np.float32)[:, None]
LABELS = np.where(np.arange(1000) < 20, 1, 0)


def choose(sizes: list[int], limit: int = 40, seed: int = 0) -> np.ndarray:
    probes, start = Probes(limit, 2, seed), 0
    for size in sizes:
        rows = slice(start, start + size)
        probes.offer(X[rows], np.arange(1000)[rows], LABELS[rows])
        start += size
    found = probes.batch()
    assert found is not None
    assert np.array_equal(found[0][:, 0], found[1])
    return found[1]


def test_each_label_gets_its_share_where_it_has_as_many() -> None:
    chosen = choose([1000])
    assert len(chosen) == 40
    assert np.count_nonzero(LABELS[chosen]) == 20


@pytest.mark.parametrize("sizes", [[500, 500], [1] * 1000, [999, 1], [64] * 16])
def test_batches_do_not_change_the_choice(sizes: list[int]) -> None:
    assert np.array_equal(choose(sizes), choose([1000]))


def test_another_seed_chooses_others() -> None:
    assert set(choose([1000], seed=1)) != set(choose([1000], seed=0))


def test_those_of_lowest_rank_are_chosen() -> None:
    ranks = scattered(np.arange(1000), 0)
    common = np.flatnonzero(LABELS == 0)
    assert set(choose([1000])) == {*range(20), *common[np.argsort(ranks[common])][:20]}


def test_ranks_are_spread_evenly() -> None:
    ranks = scattered(np.arange(100_000), 0) / 2.0**64
    assert abs(ranks.mean() - 0.5) < 0.01
    assert np.allclose(np.histogram(ranks, 10, (0, 1))[0] / 1e4, 1, atol=0.05)


def test_what_is_kept_is_a_copy() -> None:
    probes, x = Probes(4, 1, 0), X[:4].copy()
    probes.offer(x, np.arange(4), None)
    x[:] = -1
    assert probes.batch()[0][:, 0].tolist() == [0, 1, 2, 3]


def test_large_inputs_get_fewer_probes() -> None:
    assert probe_count(np.zeros((2, 4), np.float32), 2) == 256
    assert probe_count(np.zeros((1, 1024, 1024), np.float32), 1) == 16


def test_no_samples_give_no_probes() -> None:
    assert Probes(4, 1, 0).batch() is None


def test_with_more_labels_than_probes_chance_decides() -> None:
    probes = Probes(40, 500, 0)
    probes.offer(X, np.arange(1000), np.arange(1000) % 500)
    found = probes.batch()
    assert found is not None
    assert set(found[1]) == set(np.argsort(scattered(np.arange(1000), 0))[:40])
