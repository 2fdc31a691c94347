"""Permutation tests against scipy over all labellings, the level of max-T, and labels that come in groups."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy import stats

from neuronaut.analysis.statistics.permutation import MaxT, Shuffles

Array = np.ndarray[Any, np.dtype[Any]]


def labels(n: int, chosen: int) -> Array:
    return np.arange(n) < chosen


def test_over_all_labellings_p_is_that_of_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=(9, 3)) + np.array([0.0, 1.0, 2.0]) * labels(9, 4)[:, None]
    every = [np.isin(np.arange(9), places) for places in combinations(range(9), 4)]
    others = np.array([one for one in every if not np.array_equal(one, labels(9, 4))])

    def all_of_them(_: Shuffles) -> Iterator[Array]:
        yield others

    monkeypatch.setattr(Shuffles, "chunks", all_of_them)
    test = MaxT(Shuffles(labels(9, 4), None, len(others), 0))
    test.add(values, np.ones(3, bool))
    oracle = stats.permutation_test(
        (values[:4], values[4:]),
        lambda a, b, axis: np.abs(stats.ttest_ind(a, b, axis=axis, equal_var=False).statistic),
        alternative="greater",
        n_resamples=np.inf,
        vectorized=True,
    )
    np.testing.assert_allclose(test.p, oracle.pvalue)
    np.testing.assert_allclose(
        test.adjusted, [(oracle.null_distribution.max(1) >= seen - 1e-9).mean() for seen in oracle.statistic]
    )


def test_random_shuffles_come_close_to_all_of_them() -> None:
    values = np.random.default_rng(1).normal(size=(40, 1)) + 0.6 * labels(40, 20)[:, None]
    test = MaxT(Shuffles(labels(40, 20), None, 4999, 0))
    test.add(values, np.ones(1, bool))
    oracle = stats.permutation_test(
        (values[:20, 0], values[20:, 0]), lambda a, b: abs(a.mean() - b.mean()), alternative="greater", rng=2
    )
    assert test.p[0] == pytest.approx(oracle.pvalue, abs=0.012)
    assert test.p[0] == test.adjusted[0]


def test_the_largest_of_two_hundred_null_units_is_below_five_percent_in_five_percent_of_runs() -> None:
    hits = 0
    for run in range(60):
        test = MaxT(Shuffles(labels(40, 20), None, 199, run))
        test.add(np.random.default_rng(run).normal(size=(40, 200)), np.ones(200, bool))
        hits += bool((test.adjusted <= 0.05).any())
    assert hits <= 6


def test_blocks_of_units_share_one_family() -> None:
    values = np.random.default_rng(3).normal(size=(50, 30))
    values[:25, 3] += 1.5
    whole, parts = (MaxT(Shuffles(labels(50, 25), None, 499, 0)) for _ in range(2))
    whole.add(values, np.ones(30, bool))
    for start in range(0, 30, 10):
        parts.add(values[:, start : start + 10], np.ones(10, bool))
    np.testing.assert_array_equal(whole.p, parts.p)
    np.testing.assert_array_equal(whole.adjusted, parts.adjusted)
    assert whole.adjusted[3] == 1 / 500
    assert (whole.adjusted >= whole.p).all()


def test_a_unit_that_may_not_be_claimed_is_no_member_and_gets_no_p() -> None:
    values = np.random.default_rng(3).normal(size=(50, 2))
    values[:25, 0] += 9
    test = MaxT(Shuffles(labels(50, 25), None, 99, 0))
    test.add(values, np.array([False, True]))
    assert np.isnan([test.p[0], test.adjusted[0]]).all()
    assert test.p[1] == test.adjusted[1]


def test_constant_and_absent_units_get_no_p_and_nan_values_are_left_out() -> None:
    values = np.random.default_rng(4).normal(size=(60, 4))
    values[:, 0] = 3
    values[:, 1] = np.nan
    values[::5, 2] = np.nan
    values[:30, 2] += 2
    test = MaxT(Shuffles(labels(60, 30), None, 199, 0))
    test.add(values, np.ones(4, bool))
    assert np.isnan(test.p[:2]).all()
    assert test.p[2] == 1 / 200
    assert test.p[3] > 0.05


def test_labels_that_differ_within_groups_are_exchanged_within_them() -> None:
    groups = np.random.default_rng(0).permutation(np.repeat(np.arange(10), 6))
    label = np.random.default_rng(1).random(60) < 0.4
    (shuffled,) = Shuffles(label, groups, 50, 0).chunks()
    assert len(np.unique(shuffled, axis=0)) == 50
    for group in range(10):
        assert (shuffled[:, groups == group].sum(1) == label[groups == group].sum()).all()


def test_groups_of_one_label_are_exchanged_whole() -> None:
    groups = np.repeat(np.arange(12), [1, 2, 3] * 4)
    label = groups % 2 == 0
    (shuffled,) = Shuffles(label, groups, 50, 0).chunks()
    for group in range(12):
        own = shuffled[:, groups == group]
        assert (own == own[:, :1]).all()
    assert (shuffled[:, np.unique(groups, return_index=True)[1]].sum(1) == 6).all()


def test_copies_of_samples_in_groups_are_not_taken_for_evidence() -> None:
    rejected = {True: 0, False: 0}
    for run in range(20):
        own = np.random.default_rng(run).normal(size=(20, 10))
        groups = np.repeat(np.arange(20), 30)
        for grouped in (True, False):
            test = MaxT(Shuffles(groups < 10, groups if grouped else None, 99, 0))
            test.add(own[groups], np.ones(10, bool))
            rejected[grouped] += int((test.p <= 0.05).sum())
    assert rejected[True] <= 20
    assert rejected[False] >= 120
