"""Statistics of two groups against hand-computed numbers, scipy, scikit-learn and planted answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jaxtyping
import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from neuronaut.analysis.statistics.moments import Moments, moments
from neuronaut.analysis.statistics.two_groups import auroc, benjamini_hochberg, guarded, hedges_g, replicated, welch

CASES = json.loads((Path(__file__).parents[1] / "conformance" / "stats.json").read_text(encoding="utf-8"))
SPECIAL = {None: np.nan, "Infinity": np.inf, "-Infinity": -np.inf}


def numbers(values: list[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([SPECIAL.get(value, value) for value in values], np.float64)


def column(values: list[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return numbers(values)[:, None]


def named(case: dict[str, Any]) -> str:
    return str(case["name"])


def pair(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
    ma, mb = moments(a), moments(b)
    g, low, high = hedges_g(ma, mb)
    return {
        "n_a": ma.n,
        "n_b": mb.n,
        "difference": ma.mean - mb.mean,
        "g": g,
        "g_low": low,
        "g_high": high,
        "auroc": auroc(a, b),
        "p": welch(ma, mb),
    }


@pytest.mark.parametrize("case", CASES["groups"], ids=named)
def test_moments_of_a_group_are_those_of_the_conformance_file(case: dict[str, Any]) -> None:
    found = moments(column(case["values"]))
    for name, expected in case["expect"].items():
        np.testing.assert_allclose(getattr(found, name), numbers([expected]), rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("case", CASES["pairs"], ids=named)
def test_a_pair_of_groups_has_the_numbers_of_the_conformance_file(case: dict[str, Any]) -> None:
    found = pair(column(case["a"]), column(case["b"]))
    for name, expected in case["expect"].items():
        np.testing.assert_allclose(found[name], numbers([expected]), rtol=1e-9, atol=1e-15, err_msg=name)


@pytest.mark.parametrize("case", CASES["families"], ids=named)
def test_q_values_are_those_of_the_conformance_file(case: dict[str, Any]) -> None:
    np.testing.assert_allclose(benjamini_hochberg(numbers(case["p"])), numbers(case["q"]), rtol=1e-12)


@pytest.mark.parametrize("case", CASES["replications"], ids=named)
def test_replication_is_that_of_the_conformance_file(case: dict[str, Any]) -> None:
    arguments = [numbers(case[name]) for name in ("difference0", "q0", "difference1", "q1")]
    np.testing.assert_array_equal(replicated(*arguments), numbers(case["replicated"]))


def test_the_q_values_of_the_design_page_round_to_its_four_digits() -> None:
    q = benjamini_hochberg(np.array([0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205]))
    assert np.round(q, 4).tolist() == [0.008, 0.032, 0.0672, 0.0672, 0.0672, 0.08, 0.0846, 0.205]


def test_g_of_two_triples_three_apart_is_minus_twelve_fifths() -> None:
    g, low, high = hedges_g(moments(np.array([[1.0], [2.0], [3.0]])), moments(np.array([[4.0], [5.0], [6.0]])))
    # d = -3, J = 1 - 3/15, v = 2/3 + 9/8 by Hedges and Olkin with df below the line, as the spreads are equal.
    assert g[0] == pytest.approx(-2.4)
    assert high[0] - low[0] == pytest.approx(2 * 1.959964 * 0.8 * (2 / 3 + 9 / 8) ** 0.5)


def test_welch_and_auroc_agree_with_scipy_and_scikit_learn_on_skewed_tied_data() -> None:
    rng = np.random.default_rng(0)
    a = np.maximum(rng.normal(0.3, 1.5, (57, 40)), 0).round(1)
    b = np.maximum(rng.normal(0, 1, (83, 40)), 0).round(1)
    found = pair(a, b)
    truth = np.r_[np.ones(57), np.zeros(83)]
    oracle = [roc_auc_score(truth, np.r_[a[:, unit], b[:, unit]]) for unit in range(40)]
    np.testing.assert_allclose(found["p"], stats.ttest_ind(a, b, equal_var=False).pvalue, rtol=1e-9)
    np.testing.assert_allclose(found["auroc"], oracle, rtol=1e-12)


def test_an_auroc_leaves_out_both_infinities() -> None:
    a, b = np.array([[np.inf], [2.0], [-np.inf]]), np.array([[0.0], [np.nan], [2.0]])
    assert auroc(a, b).tolist() == [0.75]


def test_an_auroc_of_shuffled_labels_stays_within_its_known_spread() -> None:
    rng = np.random.default_rng(1)
    values, n_a, n_b = rng.normal(size=(200, 1000)), 80, 120
    sigma = np.sqrt((n_a + n_b + 1) / (12 * n_a * n_b))
    inside = np.abs(auroc(values[:n_a], values[n_a:]) - 0.5) < 1.96 * sigma
    assert 0.93 < inside.mean() < 0.97


@pytest.mark.parametrize(("spread_b", "n_b"), [(1.0, 60), (3.0, 200), (0.3, 30)])
def test_the_interval_of_g_holds_the_true_effect_in_about_95_percent_of_samples(spread_b: float, n_b: int) -> None:
    rng = np.random.default_rng(2)
    n_a, units = 60, 4000
    a, b = rng.normal(0.7, 1, (n_a, units)), rng.normal(0, spread_b, (n_b, units))
    pooled = np.sqrt(((n_a - 1) + (n_b - 1) * spread_b**2) / (n_a + n_b - 2))
    _, low, high = hedges_g(moments(a), moments(b))
    assert 0.935 < np.mean((low < 0.7 / pooled) & (0.7 / pooled < high)) < 0.965


def test_swapping_the_groups_flips_the_sign_and_nothing_else() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(0.5, 2, (30, 8)), rng.normal(0, 1, (50, 8))
    there, back = pair(a, b), pair(b, a)
    np.testing.assert_allclose(there["g"], -back["g"])
    np.testing.assert_allclose(there["g_low"], -back["g_high"])
    np.testing.assert_allclose(there["auroc"], 1 - back["auroc"])
    np.testing.assert_allclose(there["p"], back["p"])


def test_below_twenty_per_group_nothing_is_claimed() -> None:
    p = np.array([0.001, 0.001, 0.001])
    np.testing.assert_array_equal(
        guarded(p, np.array([19, 20, 50]), np.array([50, 20, 19])), np.array([np.nan, 0.001, np.nan])
    )


def test_two_thousand_null_units_give_a_discovery_in_at_most_five_percent_of_runs() -> None:
    rng = np.random.default_rng(4)
    runs = 100
    discoveries = 0
    for _ in range(runs):
        values = rng.normal(size=(120, 2000)).astype(np.float32)
        q = benjamini_hochberg(welch(moments(values[:60]), moments(values[60:])))
        discoveries += bool((q < 0.05).any())
    assert discoveries <= 0.05 * runs


def test_planted_units_are_found_with_power_and_few_false_discoveries() -> None:
    values = np.random.default_rng(5).normal(size=(400, 1000))
    values[:200, :100] += 0.8
    found = benjamini_hochberg(welch(moments(values[:200]), moments(values[200:]))) < 0.05
    assert found[:100].mean() >= 0.95
    assert found[100:].sum() / found.sum() <= 0.07


def test_shapes_are_checked_while_tests_run() -> None:
    with pytest.raises(jaxtyping.TypeCheckError):
        auroc(np.zeros((3, 2)), np.zeros((3, 5)))


def test_moments_of_a_comparison_case_are_enough_for_its_whole_row() -> None:
    case = CASES["comparisons"][0]
    values = np.stack([numbers(unit) for unit in case["units"]], axis=1)
    found = pair(values[numbers(case["a"]) == 1], values[numbers(case["b"]) == 1])
    for name, row in found.items():
        np.testing.assert_allclose(row, numbers(case["expect"][name]), rtol=1e-9, err_msg=name)


def test_sd_keeps_its_digits_beside_a_large_offset() -> None:
    values = np.array([[1e9], [1e9 + 1], [1e9 + 2]])
    found: Moments = moments(values)
    assert found.sd.tolist() == [1.0]
