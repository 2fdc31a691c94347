"""Crossing counts against counting by definition, and the random baseline against all orders there are."""

from __future__ import annotations

from itertools import combinations, permutations, product

import numpy as np
import pytest

from neuronaut.analysis.ordering.crossings import crossings, dense_crossings, random_crossings, sparse_crossings
from neuronaut.analysis.ordering.sifting import crossing_matrix

COUNTED = np.arange(1, 10).reshape(3, 3)


def by_definition(weights: np.ndarray) -> float:
    rows, columns = weights.shape
    return float(
        sum(
            weights[i, j] * weights[k, m]
            for i, k in combinations(range(rows), 2)
            for j, m in product(range(columns), repeat=2)
            if j > m
        )
    )


def some_matrices(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [
        rng.integers(0, 5, size) * (rng.random(size) < 0.7)
        for size in (tuple(rng.integers(1, 7, 2)) for _ in range(count))
    ]


def test_the_worked_matrix_has_219_crossings_and_171_with_its_rows_reversed() -> None:
    assert dense_crossings(COUNTED) == 219
    assert dense_crossings(COUNTED[::-1]) == 171


def test_dense_fenwick_and_the_definition_agree_on_200_random_matrices() -> None:
    for weights in some_matrices(200):
        source, target = np.nonzero(weights)
        expected = by_definition(weights)
        assert dense_crossings(weights) == expected
        assert dense_crossings(weights.T) == expected
        assert sparse_crossings(source, target, weights[source, target]) == expected
        shuffled = np.random.default_rng(1).permutation(len(source))
        mixed = sparse_crossings(source[shuffled], target[shuffled], weights[source, target][shuffled])
        assert mixed == expected


def test_a_long_thin_tie_is_counted_the_same_however_it_is_counted() -> None:
    reversed_ties = np.fliplr(np.eye(1500))
    assert crossings(reversed_ties) == dense_crossings(reversed_ties) == 1500 * 1499 / 2
    assert crossings(np.eye(1500)) == 0


def test_the_random_baseline_is_the_mean_over_all_orders_of_one_side_or_both() -> None:
    for weights in some_matrices(12):
        rows = [list(order) for order in permutations(range(min(len(weights), 4)))]
        columns = [list(order) for order in permutations(range(min(weights.shape[1], 4)))]
        small = weights[:4, :4]
        one_side = np.mean([by_definition(small[order]) for order in rows])
        both = np.mean([by_definition(small[order][:, other]) for order in rows for other in columns])
        if len(small) > 1:
            assert random_crossings(small) == pytest.approx(one_side)
        assert random_crossings(small) == pytest.approx(both)


def test_nothing_crosses_where_there_is_nothing_or_one_unit() -> None:
    for shape in ((0, 3), (3, 0), (1, 5), (5, 1), (4, 4)):
        empty = np.zeros(shape)
        assert crossings(empty) == random_crossings(empty) == 0
    assert crossings(np.ones((1, 5))) == random_crossings(np.ones((1, 5))) == 0


def test_the_crossing_matrix_sums_to_the_crossings_of_its_order() -> None:
    for weights in some_matrices(50):
        assert np.triu(crossing_matrix(weights), 1).sum() == by_definition(weights)
