"""What counts as one observation: groups against scipy's tests, and the level when samples are copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from neuronaut.analysis.statistics.moments import moments
from neuronaut.analysis.statistics.pieces import counted, grouped
from neuronaut.analysis.statistics.two_groups import Uncertainty, independent, t_interval, t_test

Array = np.ndarray[Any, np.dtype[Any]]


def known(a: Array, b: Array, groups_a: Array, groups_b: Array) -> Uncertainty:
    return grouped(a, b, groups_a, groups_b, (moments(a), moments(b)))


def difference(a: Array, b: Array) -> Array:
    return moments(a).mean - moments(b).mean


def normal(n: int, seed: int, units: int = 3) -> Array:
    return np.random.default_rng(seed).normal(size=(n, units))


def test_groups_of_one_are_samples() -> None:
    a, b = normal(23, 0), 2 * normal(31, 1)
    one, other = known(a, b, np.arange(23), 100 + np.arange(31)), independent(moments(a), moments(b))
    np.testing.assert_allclose(one.variance, other.variance)
    np.testing.assert_allclose(one.df, other.df)


def test_two_samples_of_each_group_are_a_paired_test() -> None:
    before = normal(30, 0) * 5
    after = before + normal(30, 1) * 0.2 + 0.1
    found = known(after, before, np.arange(30), np.arange(30))
    oracle = stats.ttest_rel(after, before)
    np.testing.assert_allclose(t_test(difference(after, before), found), oracle.pvalue)
    interval = oracle.confidence_interval()
    np.testing.assert_allclose(t_interval(difference(after, before), found), [interval.low, interval.high])


def test_equal_groups_on_one_side_are_welch_of_their_means() -> None:
    a, b = normal(120, 0), normal(100, 1)
    groups_a, groups_b = np.repeat(np.arange(24), 5), 50 + np.repeat(np.arange(25), 4)
    means = a.reshape(24, 5, 3).mean(1), b.reshape(25, 4, 3).mean(1)
    np.testing.assert_allclose(
        t_test(difference(a, b), known(a, b, groups_a, groups_b)), stats.ttest_ind(*means, equal_var=False).pvalue
    )


def test_groups_with_nothing_but_nan_do_not_count() -> None:
    a, b = normal(40, 0, 1), normal(40, 1, 1)
    a[:10] = np.nan
    found = known(a, b, np.repeat(np.arange(20), 2), 100 + np.repeat(np.arange(20), 2))
    assert (found.pieces_a.tolist(), found.pieces_b.tolist()) == ([15], [20])
    kept = known(a[10:], b, np.repeat(np.arange(15), 2), 100 + np.repeat(np.arange(20), 2))
    np.testing.assert_allclose(found.variance, kept.variance)


def test_copies_keep_the_level_only_when_groups_are_counted() -> None:
    own_a, own_b = normal(30, 2, 400), normal(30, 3, 400)
    codes = np.repeat(np.arange(30), 8)
    a, b = own_a[codes], own_b[codes]
    apart = t_test(difference(a, b), known(a, b, codes, 100 + codes))
    blind = t_test(difference(a, b), independent(moments(a), moments(b)))
    assert 0.02 < (apart < 0.05).mean() < 0.08
    assert (blind < 0.05).mean() > 0.3


@pytest.mark.parametrize(("groups", "expected"), [(None, 3), (np.array([4, 4, 7, 7]), 2), (np.array([1, 1, 1, 0]), 1)])
def test_pieces_are_samples_or_their_groups(groups: Array | None, expected: int) -> None:
    assert counted(np.array([True, True, True, False]), groups) == expected
