"""Buckets: like neighbours together, outliers alone, the same groups on both sides of a matrix."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from made_recordings import Made

from neuronaut.analysis.buckets import bucket_values, bucket_weights, buckets, runs_alike
from neuronaut.core.errors import DataError, UnknownName


def planted(samples: int = 200) -> tuple[np.ndarray, list[list[int]]]:
    """Twelve units: runs of 3, 1, 5 and 3 that follow four signals, with a little noise."""
    rng = np.random.default_rng(0)
    runs = [[0, 1, 2], [3], [4, 5, 6, 7, 8], [9, 10, 11]]
    signals = rng.normal(size=(samples, 4))
    values = np.concatenate([signals[:, [number] * len(run)] for number, run in enumerate(runs)], axis=1)
    return (values + 0.05 * rng.normal(size=values.shape)).astype(np.float32), runs


def test_planted_runs_are_found_and_a_unit_like_no_other_stays_alone(made: Made) -> None:
    values, runs = planted()
    found = buckets(made({"fc": values}), "fc", at_most=4)
    assert [group.tolist() for group in found.groups] == runs
    assert found.number.tolist() == [0, 0, 0, 1, 2, 2, 2, 2, 2, 3, 3, 3]


def test_buckets_follow_the_order_that_is_given(made: Made) -> None:
    values, runs = planted()
    shuffled = np.random.default_rng(1).permutation(12)
    back = np.argsort(shuffled)
    found = buckets(made({"fc": values[:, shuffled]}), "fc", back, at_most=4)
    assert [shuffled[group].tolist() for group in found.groups] == runs
    assert found.order.tolist() == back.tolist()


def test_a_bucket_says_mean_largest_and_spread_of_its_units_activity(made: Made) -> None:
    values = np.array([[1, 3, 10], [1, 5, 10]], np.float32)
    found = buckets(made({"fc": values}), "fc", [0, 1, 2], at_most=3).activity
    assert found.mean.tolist() == [1, 4, 10]
    both = bucket_values(np.array([1.0, 4.0, np.nan]), [np.array([0, 1]), np.array([2])])
    assert both.mean.tolist()[0] == 2.5
    assert (both.max[0], both.spread[0]) == (4, 1.5)
    assert np.isnan([both.mean[1], both.max[1], both.spread[1]]).all()


def test_a_narrow_layer_has_a_bucket_for_each_unit(made: Made) -> None:
    found = buckets(made({"fc": planted()[0]}), "fc")
    assert [group.tolist() for group in found.groups] == [[unit] for unit in range(12)]


def test_units_that_are_all_alike_are_shared_out_evenly() -> None:
    sizes = [len(run) for run in runs_alike(np.zeros((256, 1)), np.arange(256), 64)]
    assert sizes == [4] * 64


@pytest.mark.parametrize("at_most", [1, 2, 3, 7, 40, 41])
def test_all_units_are_in_one_bucket_each_and_there_are_as_many_as_asked(at_most: int) -> None:
    order = np.random.default_rng(0).permutation(41)
    runs = runs_alike(np.random.default_rng(1).normal(size=(41, 5)), order, at_most)
    assert len(runs) == at_most
    assert np.concatenate(runs).tolist() == order.tolist()


def test_each_joining_is_the_cheapest_there_is() -> None:
    profiles = np.random.default_rng(3).normal(size=(14, 2))
    runs = [[place] for place in range(14)]

    def spread(members: list[int]) -> float:
        return float(((profiles[members] - profiles[members].mean(0)) ** 2).sum())

    for at_most in range(13, 0, -1):
        costs = [spread(a + b) - spread(a) - spread(b) for a, b in itertools.pairwise(runs)]
        place = int(np.argmin(costs))
        runs[place : place + 2] = [runs[place] + runs[place + 1]]
        assert [run.tolist() for run in runs_alike(profiles, np.arange(14), at_most)] == runs


def test_weights_between_buckets_are_those_between_their_units() -> None:
    rng = np.random.default_rng(4)
    weights = rng.normal(size=(6, 5))
    source = [np.array([4, 0]), np.array([1]), np.array([5, 3, 2])]
    target = [np.array([2, 1, 0]), np.array([4, 3])]
    found = bucket_weights(weights, source, target)
    for a, rows in enumerate(source):
        for b, columns in enumerate(target):
            members = np.abs(weights[np.ix_(rows, columns)])
            assert found.mean[a, b] == pytest.approx(members.mean())
            assert found.max[a, b] == members.max()
            assert found.spread[a, b] == pytest.approx(members.std())


def test_units_that_are_nan_are_put_in_buckets_too(made: Made) -> None:
    values = planted()[0]
    values[:, 4] = np.nan
    found = buckets(made({"fc": values}), "fc", at_most=5)
    assert sorted(np.concatenate(found.groups).tolist()) == list(range(12))
    assert np.isfinite(found.activity.mean[found.number[0]])


def test_what_is_no_order_of_the_layer_is_refused(made: Made) -> None:
    rec = made({"fc": planted()[0]})
    with pytest.raises(DataError, match="units 0 to 11 once"):
        buckets(rec, "fc", [0, 0, 1])
    with pytest.raises(DataError, match="at least 1"):
        buckets(rec, "fc", at_most=0)
    with pytest.raises(UnknownName, match="no layer 'fd'"):
        buckets(rec, "fd")
