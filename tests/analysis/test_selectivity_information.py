"""Mutual information of a unit and a class: scikit-learn's, its bins, and the null that its bias is taken off by."""

from __future__ import annotations

import numpy as np
import pytest
from made_recordings import Array, Made
from scipy import stats
from sklearn.metrics import normalized_mutual_info_score

from neuronaut.analysis.measures.entropy import EDGES, bin_edges, information, shuffled_information, table
from neuronaut.analysis.measures.ordered import Ordered, ordered


def kinds(n: int, classes: int = 3, seed: int = 0) -> Array:
    return np.array(list("abcdefghij"))[np.random.default_rng(seed).integers(0, classes, n)]


def sorted_unit(values: Array, codes: Array, classes: int) -> Ordered:
    labels = (2 * codes).astype(np.int32)
    return ordered(values, labels, np.bincount(labels, minlength=2 * classes).reshape(-1, 2))


def test_information_agrees_with_scikit_learn_before_corrections(made: Made) -> None:
    codes = np.random.default_rng(9).integers(0, 3, 600)
    values = codes + np.random.default_rng(10).normal(size=600)
    unit = sorted_unit(values, codes, 3)
    counts = table(unit, bin_edges(unit))
    occupied = [(counts.sum(axis) > 0).sum() - 1 for axis in (0, 1)]
    correction = (sum(occupied) - ((counts > 0).sum() - 1)) / (2 * 600)
    bins = np.repeat(np.arange(EDGES - 1), counts.sum(1))
    expected = normalized_mutual_info_score(bins, unit.labels >> 1, average_method="geometric") * np.sqrt(
        stats.entropy(counts.sum(0)) * stats.entropy(counts.sum(1))
    )
    assert information(counts) - correction == pytest.approx(expected, rel=1e-9)


def test_bins_are_of_equal_frequency_with_one_for_zeros_and_never_part_equal_values() -> None:
    rng = np.random.default_rng(11)
    codes = rng.integers(0, 2, 5000)
    plain = bin_edges(sorted_unit(rng.normal(size=5000), codes, 2))
    sizes = np.diff(plain)[np.diff(plain) > 0]
    assert len(sizes) == 16
    assert sizes.max() - sizes.min() <= 1
    relu = np.maximum(rng.normal(size=5000), 0)
    sizes = np.diff(bin_edges(sorted_unit(relu, codes, 2)))
    assert sizes[0] == (relu == 0).sum()
    assert len(sizes[sizes > 0]) == 16
    signed = np.where(rng.random(5000) < 0.5, 0.0, rng.normal(size=5000))
    edges = bin_edges(sorted_unit(signed, codes, 2))
    assert {(signed < 0).sum(), (signed <= 0).sum()} <= set(edges.tolist())
    tied = rng.integers(0, 40, 5000).astype(float)
    ends = np.cumsum(np.unique(tied, return_counts=True)[1])
    assert set(bin_edges(sorted_unit(tied, codes, 2)).tolist()) <= {0, *ends.tolist()}


def test_the_shared_null_is_that_of_shuffling_the_labels_of_the_unit_itself() -> None:
    rng = np.random.default_rng(12)
    codes = rng.integers(0, 4, 400)
    values = np.maximum(rng.normal(size=400), 0)
    edges = bin_edges(sorted_unit(values, codes, 4))
    null = shuffled_information(edges[None], np.bincount(codes), range(2000), seed=0)[:, 0]
    own = []
    for _ in range(2000):
        unit = sorted_unit(values, rng.permutation(codes), 4)
        own.append(float(information(table(unit, edges))))
    assert stats.ks_2samp(null, own).pvalue > 0.01
