"""Bootstrap intervals and nulls: coverage by planting, ranks by hand."""

from __future__ import annotations

import numpy as np
import pytest

from neuronaut.core.layer import Graph, Layer
from neuronaut.core.model import Site
from neuronaut.live.interval import null_p, null_range, paired_interval, percentile
from neuronaut.live.unit_sets import UnitSet, random_sets, unit_set


def test_the_interval_holds_the_planted_mean_in_about_95_of_100_cases() -> None:
    random = np.random.default_rng(0)
    trials = random.exponential(size=(200, 400)) - 1 + 0.3  # 400 experiments of 200 samples, skewed, mean 0.3
    low, high = paired_interval(trials, resamples=1000)
    assert 0.92 <= np.mean((low <= 0.3) & (high >= 0.3)) <= 0.975


def test_with_groups_the_interval_holds_the_planted_mean_where_samples_alone_would_not() -> None:
    random = np.random.default_rng(0)
    people = np.repeat(np.arange(50), 8)
    trials = random.normal(size=(50, 400))[people] + 0.3 * random.normal(size=(400, 400))
    low, high = paired_interval(trials, people, resamples=1000)
    assert 0.91 <= np.mean((low <= 0) & (high >= 0)) <= 0.975
    low, high = paired_interval(trials, resamples=1000)
    assert np.mean((low <= 0) & (high >= 0)) < 0.7


def test_the_interval_is_that_of_a_plain_bootstrap_of_pairs() -> None:
    random = np.random.default_rng(0)
    before, after = random.normal(size=(2, 60))
    low, high = paired_interval((after - before)[:, None])
    drawn = random.integers(0, 60, (4000, 60))
    means = after[drawn].mean(1) - before[drawn].mean(1)
    spread = np.quantile(means, 0.975) - np.quantile(means, 0.025)
    assert low[0] == pytest.approx(np.quantile(means, 0.025), abs=0.04 * spread)
    assert high[0] == pytest.approx(np.quantile(means, 0.975), abs=0.04 * spread)


def test_values_that_are_not_finite_are_left_out_and_a_column_without_any_has_no_interval() -> None:
    values = np.array([[1.0, np.nan], [np.nan, np.nan], [3.0, np.nan], [np.inf, np.nan]] * 20)
    low, high = paired_interval(values)
    clean = np.array([[1.0], [3.0]] * 20)
    assert low[0] == pytest.approx(paired_interval(clean)[0][0], abs=0.15)
    assert high[0] == pytest.approx(paired_interval(clean)[1][0], abs=0.15)
    assert np.isnan([low[1], high[1]]).all()


def test_many_columns_are_as_each_alone() -> None:
    values = np.random.default_rng(0).normal(size=(30, 70))
    low, _ = paired_interval(values, resamples=200)
    assert low[66] == paired_interval(values[:, [66]], resamples=200)[0][0]


def test_ranks_among_random_sets_are_exact() -> None:
    others = np.arange(20.0)[:, None]
    assert null_range(others)[0].tolist() == [0.0]
    assert null_range(others)[1].tolist() == [19.0]
    assert null_p(np.array([40.0]), others).tolist() == [1 / 21]
    assert null_p(np.array([10.0]), others).tolist() == [1.0]
    assert percentile(np.array([5.0]), others)[0] == pytest.approx(27.5)
    many = np.arange(1.0, 100.0)[:, None]
    assert null_range(many)[0].tolist() == [2.5]
    assert null_range(many)[1][0] == pytest.approx(97.5)


def test_a_set_that_is_as_good_as_random_is_called_special_in_at_most_one_case_of_twenty() -> None:
    random = np.random.default_rng(0)
    effects = random.standard_cauchy(size=(21, 20_000))
    assert np.mean(null_p(effects[0], effects[1:]) <= 0.05) == pytest.approx(1 / 21, abs=0.005)


GRAPH = Graph((Layer("a", "dense", 6, "linear", 1), Layer("b", "dense", 4, "linear", 2, sites=("pre", "post"))))


def test_random_sets_are_distinct_seeded_of_the_same_size_and_layers_and_never_the_chosen_one() -> None:
    chosen = unit_set(GRAPH, ["b.pre:1", "a:2", "a:4", "a:2"])
    assert chosen == UnitSet(((Site("a"), (2, 4)), (Site("b", "pre"), (1,))))
    drawn = random_sets(GRAPH, chosen, 20, seed=0)
    assert len(set(drawn)) == 20
    assert chosen not in drawn
    assert all(one.sites == chosen.sites and [len(units) for _, units in one.units] == [2, 1] for one in drawn)
    assert drawn == random_sets(GRAPH, chosen, 20, seed=0) != random_sets(GRAPH, chosen, 20, seed=1)


def test_where_fewer_sets_exist_all_of_them_are_taken() -> None:
    assert len(random_sets(GRAPH, unit_set(GRAPH, ["a:0", "a:1"]), 20, seed=0)) == 14
    assert random_sets(GRAPH, unit_set(GRAPH, "a"), 20, seed=0) == []
    assert random_sets(GRAPH, unit_set(GRAPH, "a:0"), 0, seed=0) == []
