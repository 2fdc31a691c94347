"""How often something is found where there is nothing, and how much of what is there: the figures, in small."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from neuronaut.analysis.statistics.contrast import Halves, contrast, corrected
from neuronaut.analysis.statistics.two_groups import benjamini_hochberg

Array = np.ndarray[Any, np.dtype[Any]]


def found_among(units: int, planted: int, seed: int, *, pieces: int = 1) -> dict[str, Array]:
    """200 samples a group, the first units higher by 0.8 in one; samples may be copies that come in groups."""
    random = np.random.default_rng((seed, units))
    is_a = np.arange(400) < 200
    values = random.normal(size=(400 // pieces, units)).repeat(pieces, 0).astype(np.float32)
    values[is_a, :planted] += 0.8
    groups = None if pieces == 1 else np.arange(400) // pieces
    return corrected(contrast(values, Halves(is_a, ~is_a, np.arange(400) // 8 % 2, groups)))


def test_q_values_are_those_of_the_fixture() -> None:
    p = np.array([0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205])
    expected = [0.008, 0.032, 0.0672, 0.0672, 0.0672, 0.08, 0.0846, 0.205]
    np.testing.assert_allclose(benjamini_hochberg(p), expected, atol=5e-5)
    np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p))


def test_two_thousand_null_units_show_something_in_at_most_five_percent_of_runs_and_never_twice() -> None:
    runs = [found_among(2000, 0, seed) for seed in range(20)]
    assert sum(bool((run["q"] < 0.05).any()) for run in runs) <= 1
    assert sum(np.nansum(run["replicated"]) for run in runs) == 0


def test_a_hundred_planted_units_of_a_thousand_are_found_with_few_others() -> None:
    power, false = [], []
    for seed in range(5):
        found = found_among(1000, 100, seed)["q"] < 0.05
        power.append(found[:100].mean())
        false.append(found[100:].sum() / found.sum())
    assert np.mean(power) >= 0.95
    assert np.mean(false) <= 0.07


@pytest.mark.parametrize("pieces", [4, 8])
def test_copies_of_samples_in_groups_keep_the_level(pieces: int) -> None:
    runs = [found_among(500, 0, seed, pieces=pieces) for seed in range(10)]
    assert np.mean([(run["p"] < 0.05).mean() for run in runs]) == pytest.approx(0.05, abs=0.01)
