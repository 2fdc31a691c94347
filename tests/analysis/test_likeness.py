"""Likeness: intervals of correlations that hold as often as they say, also for units that seldom fire."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neuronaut.analysis.measures.likeness import likened

Array = np.ndarray


def pair(random: np.random.Generator, n: int, r: float, threshold: float | None) -> tuple[Array, Array]:
    """Two normal units with this correlation, or what rectifiers let through of them."""
    x = random.normal(size=n)
    y = r * x + np.sqrt(1 - r**2) * random.normal(size=n)
    return (x, y) if threshold is None else (np.maximum(x - threshold, 0), np.maximum(y - threshold, 0))


def covered(n: int, r: float, threshold: float | None, times: int = 1000) -> tuple[float, float]:
    """In how many of many draws the interval holds what a million samples show; and scipy's, Fisher's."""
    random = np.random.default_rng(0)
    truth = np.corrcoef(*pair(random, 1_000_000, r, threshold))[0, 1]
    held, fisher = 0, 0
    for _ in range(times):
        x, y = pair(random, n, r, threshold)
        found = likened(x[:, None], y[:, None], None, centre=True)
        held += bool(found.low[0] <= truth <= found.high[0])
        plain = stats.pearsonr(x, y).confidence_interval()
        fisher += bool(plain.low <= truth <= plain.high)
    return held / times, fisher / times


@pytest.mark.parametrize("r", [0.0, 0.6, 0.95])
def test_of_normal_values_it_is_fishers_and_never_narrower(r: float) -> None:
    x, y = pair(np.random.default_rng(1), 20_000, r, None)
    found, plain = likened(x[:, None], y[:, None], None, centre=True), stats.pearsonr(x, y)
    assert found.r[0] == pytest.approx(plain.statistic)
    expected = plain.confidence_interval()
    assert found.low[0] == pytest.approx(expected.low, abs=1e-3)
    assert found.high[0] == pytest.approx(expected.high, abs=1e-3)
    assert found.low[0] <= expected.low + 1e-9
    assert found.high[0] >= expected.high - 1e-9


@pytest.mark.parametrize(("n", "r"), [(40, 0.6), (200, 0.0), (200, 0.9)])
def test_it_holds_as_often_as_it_says_for_normal_values(n: int, r: float) -> None:
    assert 0.93 <= covered(n, r, None)[0] <= 0.98


@pytest.mark.parametrize(("n", "threshold", "least"), [(200, 0.0, 0.93), (1000, 0.0, 0.93), (1000, 1.5, 0.88)])
def test_it_holds_for_units_that_seldom_fire_where_fishers_does_not(n: int, threshold: float, least: float) -> None:
    held, fisher = covered(n, 0.6, threshold)
    assert held >= least
    assert fisher < held - 0.04


def test_the_standard_error_of_a_sparse_unit_is_that_of_the_bootstrap() -> None:
    random = np.random.default_rng(2)
    x, y = pair(random, 2000, 0.6, 0.5)
    draws = random.integers(0, 2000, (2000, 2000))
    again = np.array([np.arctanh(np.corrcoef(x[rows], y[rows])[0, 1]) for rows in draws])
    found = likened(x[:, None], y[:, None], None, centre=True)
    width = (np.arctanh(found.high[0]) - np.arctanh(found.low[0])) / 2 / 1.959964
    assert width == pytest.approx(again.std(), rel=0.1)


def test_a_cosine_is_that_of_numpy_and_twins_are_certain() -> None:
    random = np.random.default_rng(3)
    x, y = random.normal(size=50) + 1, random.normal(size=50) + 1
    found = likened(x[:, None], np.stack([y, 2 * x, -x], 1), None, centre=False)
    assert found.r[0] == pytest.approx(x @ y / np.linalg.norm(x) / np.linalg.norm(y))
    np.testing.assert_allclose(found.r[1:], [1, -1])
    np.testing.assert_allclose(found.low[1:], [1, -1], atol=1e-6)
    np.testing.assert_allclose(found.high[1:], [1, -1], atol=1e-6)


def test_fewer_than_twenty_pieces_have_no_interval_and_a_silent_unit_no_likeness() -> None:
    x, y = pair(np.random.default_rng(4), 60, 0.5, None)
    few = np.where(np.arange(60) < 41, np.nan, y)
    found = likened(x[:, None], np.stack([few, np.ones(60), y], 1), None, centre=True)
    assert found.n.tolist() == [19, 60, 60]
    assert np.isfinite(found.r).tolist() == [True, False, True]
    assert np.isfinite(found.low).tolist() == [False, False, True]
    grouped = likened(x[:, None], y[:, None], np.arange(60) // 4, centre=True)
    assert np.isnan(grouped.low[0])


def test_samples_of_one_group_that_are_alike_count_as_one() -> None:
    x, y = pair(np.random.default_rng(5), 60, 0.5, 0.0)
    once = likened(x[:, None], y[:, None], None, centre=True)
    groups = np.repeat(np.arange(60), 7)
    often = likened(np.repeat(x, 7)[:, None], np.repeat(y, 7)[:, None], groups, centre=True)
    blind = likened(np.repeat(x, 7)[:, None], np.repeat(y, 7)[:, None], None, centre=True)
    assert (often.low[0], often.high[0]) == pytest.approx((once.low[0], once.high[0]))
    assert blind.high[0] - blind.low[0] < 0.6 * (once.high[0] - once.low[0])
