"""Bootstrap intervals against scipy on the same resamples, by coverage, and with samples that come in groups."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from neuronaut.analysis.statistics.bootstrap import Bootstrap, Redraws

Array = np.ndarray[Any, np.dtype[Any]]


def skewed(n: int, seed: int, units: int = 4) -> Array:
    return np.random.default_rng(seed).exponential(size=(n, units)) + 1000.0


def resampled_difference(a: Array, b: Array, plan: Bootstrap) -> Array:
    """The difference of means of every resample of one unit, drawn value by value."""
    sides = []
    for values, redraws in zip((a, b), plan.redraws, strict=True):
        weights = np.concatenate(list(redraws.chunks()))
        sides.append([np.repeat(values, row.astype(int)).mean() for row in weights])
    return np.subtract(*sides)


def test_bca_is_that_of_scipy_on_the_same_resamples() -> None:
    a, b = skewed(30, 1), skewed(45, 2)
    plan = Bootstrap.plan(30, 45, None, None, resamples=500, seed=3)
    low, high = plan.bca(a, b)
    for unit in range(a.shape[1]):
        same = SimpleNamespace(bootstrap_distribution=resampled_difference(a[:, unit], b[:, unit], plan))
        oracle = stats.bootstrap(
            (a[:, unit], b[:, unit]),
            lambda x, y, axis: x.mean(axis) - y.mean(axis),
            n_resamples=0,
            method="BCa",
            bootstrap_result=same,
            vectorized=True,
        ).confidence_interval
        np.testing.assert_allclose([low[unit], high[unit]], oracle, rtol=1e-8)


def test_the_interval_holds_the_true_difference_about_as_often_as_it_says() -> None:
    units = 400
    a, b = skewed(40, 4, units), skewed(40, 5, units)
    low, high = Bootstrap.plan(40, 40, None, None, resamples=999, seed=0).bca(a, b)
    assert 0.91 <= ((low <= 0) & (high >= 0)).mean() <= 0.98


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    a, b = skewed(30, 1), skewed(30, 2)
    ends = [Bootstrap.plan(30, 30, None, None, resamples=200, seed=seed).bca(a, b)[0].tolist() for seed in (0, 0, 1)]
    assert ends[0] == ends[1] != ends[2]


def test_values_that_are_not_finite_are_left_out() -> None:
    a, b = skewed(40, 1, 1), skewed(40, 2, 1)
    holes = a.copy()
    holes[::4] = np.nan
    low, high = Bootstrap.plan(40, 40, None, None, resamples=500, seed=0).bca(holes, b)
    whole = stats.bootstrap(
        (holes[np.isfinite(holes)], b[:, 0]), lambda x, y: x.mean() - y.mean(), n_resamples=500, rng=0
    ).confidence_interval
    np.testing.assert_allclose([low[0], high[0]], whole, atol=0.15)


def test_a_unit_that_never_varies_has_no_interval() -> None:
    low, high = Bootstrap.plan(30, 30, None, None, resamples=100, seed=0).bca(np.ones((30, 1)), np.zeros((30, 1)))
    assert np.isnan([low, high]).all()


def test_groups_are_drawn_whole_so_that_copies_add_no_certainty() -> None:
    a, b = skewed(30, 1), skewed(30, 2)
    alone = Bootstrap.plan(30, 30, None, None, resamples=400, seed=0).bca(a, b)
    groups = np.repeat(np.arange(30), 5)
    plan = Bootstrap.plan(150, 150, groups, 100 + groups, resamples=400, seed=0)
    np.testing.assert_allclose(plan.bca(np.repeat(a, 5, 0), np.repeat(b, 5, 0)), alone, rtol=1e-9)


def test_groups_with_samples_on_both_sides_are_drawn_once_for_both() -> None:
    base = np.random.default_rng(0).normal(scale=10, size=(40, 1))
    noise = np.random.default_rng(1).normal(scale=0.1, size=(40, 1))
    groups = np.arange(40)
    low, high = Bootstrap.plan(40, 40, groups, groups, resamples=400, seed=0).bca(base + 1, base + noise)
    assert 0.8 < low[0] < 1 - noise.mean() < high[0] < 1.2


@pytest.mark.parametrize("pieces", [1, 7, 300])
def test_every_resample_draws_as_many_pieces_as_there_are(pieces: int) -> None:
    drawn = np.concatenate(list(Redraws(pieces, 50, seed=1).chunks()))
    assert drawn.shape == (50, pieces)
    assert (drawn.sum(1) == pieces).all()
