"""Compare against the conformance file, scipy, planted effects and nulls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_recordings import Array, Made
from scipy import stats

from neuronaut.analysis.compare import compare
from neuronaut.core.errors import CorruptRecording, DataError
from neuronaut.core.layer import Layer
from neuronaut.store.activations import Activations

CASES = json.loads((Path(__file__).parents[1] / "conformance" / "stats.json").read_text(encoding="utf-8"))
SPECIAL = {None: np.nan, "Infinity": np.inf, "-Infinity": -np.inf}
RENAMED = {"g": "hedges_g"}


def numbers(values: list[Any]) -> Array:
    return np.array([SPECIAL.get(value, value) for value in values], np.float64)


def groups_of(n: int, seed: int = 0) -> dict[str, Array]:
    return {"kind": np.random.default_rng(seed).permutation(np.repeat(["a", "b"], [n // 2, n - n // 2]))}


@pytest.mark.parametrize("case", CASES["comparisons"], ids=lambda case: str(case["name"]))
def test_a_whole_comparison_is_that_of_the_conformance_file(made: Made, case: dict[str, Any]) -> None:
    values = np.stack([numbers(unit) for unit in case["units"]], axis=1)
    found = compare(made({"fc": values}, half=case["half"]), np.array(case["a"]) == 1, np.array(case["b"]) == 1)
    for name, expected in case["expect"].items():
        column = found[RENAMED.get(name, name)]
        np.testing.assert_allclose(column, numbers(expected), rtol=1e-9, atol=1e-15, err_msg=name)


@pytest.mark.parametrize("stored", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("overlap", [0, 40])
def test_each_unit_has_the_numbers_of_scipy_and_scikit_learn(made: Made, stored: type, overlap: int) -> None:
    rng = np.random.default_rng(3)
    values = (np.maximum(rng.normal(-0.5, 1, (300, 7)), 0) - 0.25 * (np.arange(7) % 2)).astype(stored)
    values[5, 3], values[9, 4], values[200, 4] = np.nan, np.inf, -np.inf
    values[:, 6] = 0.1
    values[:120, 5] = 0
    values[0, 2] = -0.0
    half = rng.integers(0, 2, 300)
    a, b = np.arange(300) < 120 + overlap, np.arange(300) >= 120
    found = compare(made({"fc": values}, half=half), a, b)
    for unit in range(6):
        for part, name in ((np.ones(300, bool), ""), (half == 0, "_half0"), (half == 1, "_half1")):
            one, other = (values[group & part, unit].astype(np.float64) for group in (a, b))
            one, other = one[np.isfinite(one)], other[np.isfinite(other)]
            pooled = (len(one) - 1) * one.var(ddof=1) + (len(other) - 1) * other.var(ddof=1)
            d = (one.mean() - other.mean()) / np.sqrt(pooled / (len(one) + len(other) - 2))
            g = d * (1 - 3 / (4 * (len(one) + len(other) - 2) - 1))
            assert found[f"g{name}" if name else "hedges_g"][unit] == pytest.approx(g, rel=1e-9)
            if not name:
                assert found["mean_a"][unit] == pytest.approx(one.mean(), rel=1e-12)
                assert found["sd_b"][unit] == pytest.approx(other.std(ddof=1), rel=1e-12)
                assert found["p"][unit] == pytest.approx(stats.ttest_ind(one, other, equal_var=False).pvalue, rel=1e-9)
                area = stats.mannwhitneyu(one, other).statistic / len(one) / len(other)
                assert found["auroc"][unit] == pytest.approx(area, rel=1e-12)
    assert found["sd_a"][5 if not overlap else 6] == 0
    assert found["sd_a"][6] == found["sd_b"][6] == found["difference"][6] == 0


def test_a_comparison_that_was_stopped_goes_on_with_the_layers_that_are_left(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(4)
    rec = made({"one": rng.normal(size=(90, 3)), "two": rng.normal(size=(90, 4))})
    read: list[str] = []
    reading = Activations.read

    def damaged(self: Activations, *args: Any, **kwargs: Any) -> Array:
        read.append(self.layer)
        if self.layer == "two" and read.count("two") == 1:
            raise CorruptRecording("gone")
        return reading(self, *args, **kwargs)

    monkeypatch.setattr(Activations, "read", damaged)
    a = np.arange(90) < 40
    with pytest.raises(CorruptRecording):
        compare(rec, a, ~a)
    found = compare(rec, a, ~a)
    assert sorted(read) == ["one", "two", "two"]
    other = compare(made({"one": rec["one"].read(), "two": rec["two"].read()}), a, ~a)
    for name in ("hedges_g", "auroc", "p", "q", "replicated"):
        np.testing.assert_array_equal(found[name], other[name])
    assert compare(rec, ~a, a)["hedges_g"][0] == -found["hedges_g"][0]


def test_planted_units_are_found_and_replicate_and_nulls_are_not(made: Made) -> None:
    n, rows = 800, groups_of(800)
    values = np.random.default_rng(1).normal(size=(n, 300)).astype(np.float32)
    values[rows["kind"] == "a", :30] += 0.8
    found = compare(made({"fc": values}, rows), "kind == 'a'")
    assert (found["q"][:30] < 0.05).all()
    assert np.nansum(found["replicated"][:30]) >= 29
    assert np.nansum(found["replicated"][30:]) == 0
    assert np.abs(found["hedges_g"][:30].mean() - 0.8) < 0.05


def test_null_units_show_something_in_at_most_five_percent_of_comparisons_and_never_twice(made: Made) -> None:
    values = np.random.default_rng(2).normal(size=(80, 2000)).astype(np.float32)
    recs = [made({"fc": values[:, 100 * run : 100 * run + 100]}, groups_of(80, run)) for run in range(20)]
    runs = [compare(rec, "kind == 'a'") for rec in recs]
    assert sum(bool((run["q"] < 0.05).any()) for run in runs) <= 1
    assert sum(np.nansum(run["replicated"]) for run in runs) == 0


def test_an_effect_of_one_half_alone_does_not_replicate(made: Made) -> None:
    rows = groups_of(400)
    half = np.random.default_rng(0).integers(0, 2, 400)
    values = np.random.default_rng(3).normal(size=(400, 2)).astype(np.float32)
    values[(rows["kind"] == "a") & (half == 0), 0] += 2
    found = compare(made({"fc": values}, rows, half=half), "kind == 'a'", "kind == 'b'")
    assert found["q"][0] < 1e-6
    assert found["q_half0"][0] < 1e-6
    assert found["replicated"][0] == 0


def test_the_family_of_q_is_all_units_of_all_layers(made: Made) -> None:
    rows = groups_of(100)
    values = np.random.default_rng(4).normal(size=(100, 12)).astype(np.float32)
    found = compare(made({"fc1": values[:, :5], "fc2": values[:, 5:]}, rows), "kind == 'a'")
    np.testing.assert_allclose(found["q"], stats.false_discovery_control(found["p"]))
    first = compare(made({"fc1": values[:, :5], "fc2": values[:, 5:]}, rows), "kind == 'a'", layers="fc1")
    np.testing.assert_allclose(first["q"], stats.false_discovery_control(found["p"][:5]))


def test_without_b_unknown_samples_are_in_neither_group_and_that_is_said(made: Made) -> None:
    values = np.random.default_rng(5).normal(size=(100, 1)).astype(np.float32)
    age = [None if row < 30 else row for row in range(100)]
    found = compare(made({"fc": values}, {"age": age}), "age < 60")
    assert dict(found.n) == {"age < 60": 30, "not age < 60": 40}
    assert found.notes[0] == "30 samples are in neither group, as age < 60 is unknown for them."


def test_overlapping_groups_are_allowed_and_said(made: Made) -> None:
    values = np.random.default_rng(6).normal(size=(100, 1)).astype(np.float32)
    found = compare(made({"fc": values}, {"x": range(100)}), "x < 60", "x >= 40")
    said = "20 samples are in both groups; they pull the groups together, and p and q are only a guide."
    assert found.notes == (said,)
    np.testing.assert_allclose(found["difference"], values[:60].mean() - values[40:].mean(), rtol=1e-5)


def test_below_twenty_samples_nothing_is_claimed_and_that_is_said(made: Made) -> None:
    values = np.random.default_rng(7).normal(size=(60, 3)).astype(np.float32)
    found = compare(made({"fc": values}, {"x": range(60)}), "x < 19", "x >= 19")
    assert np.isfinite(found["p"]).all()
    assert np.isnan(found["q"]).all()
    assert np.isnan(found["replicated"]).all()
    assert found.notes == ("x < 19 has 19: with fewer than 20 samples in a group nothing is claimed, q is left empty.",)


def test_halves_too_small_to_check_are_said(made: Made) -> None:
    values = np.random.default_rng(8).normal(size=(60, 3)).astype(np.float32)
    found = compare(made({"fc": values}, {"x": range(60)}, half=[0, 1] * 30), "x < 30", "x >= 30")
    assert np.isfinite(found["q"]).all()
    assert np.isnan(found["replicated"]).all()
    assert found.notes == (
        "one half of the samples holds only 15 of a group, fewer than 20: replication could not be checked.",
    )


def test_samples_in_groups_are_said_to_count_as_independent(made: Made) -> None:
    rec = made({"fc": np.ones((60, 1), np.float32)}, groups_of(60), options={"groups": "patient"})
    assert any("count each sample as independent" in note for note in compare(rec, "kind == 'a'").notes)


def test_intervals_p_and_the_guard_count_groups_of_samples(made: Made) -> None:
    groups = np.repeat(np.arange(50), 6)
    rows = {"kind": np.where(groups % 2, "a", "b")}
    values = np.random.default_rng(0).normal(size=(50, 40)).astype(np.float32)[groups]
    half = groups // 25
    found = compare(made({"fc": values}, rows, groups=groups, half=half), "kind == 'a'")
    blind = compare(made({"fc": values}, rows, half=half), "kind == 'a'")
    means = values[::6].astype(float)
    oracle = stats.ttest_ind(means[1::2], means[::2], equal_var=False)
    np.testing.assert_allclose(found["p"], oracle.pvalue, rtol=1e-6)
    np.testing.assert_allclose(found["difference_low"], oracle.confidence_interval().low, rtol=1e-4)
    assert ((found["g_high"] - found["g_low"]) > 2 * (blind["g_high"] - blind["g_low"])).all()
    assert found.notes[0].endswith("p, q and the intervals count 25 and 25 groups, not samples.")
    assert np.isnan(found["replicated"]).all()
    assert found.notes[1].startswith("one half of the samples holds only 12 groups of samples of one side")


def test_many_samples_of_few_groups_claim_nothing(made: Made) -> None:
    groups = np.repeat(np.arange(30), 20)
    rows = {"kind": np.where(groups < 15, "a", "b")}
    values = np.random.default_rng(0).normal(size=(600, 3)).astype(np.float32) + (groups < 15)[:, None]
    found = compare(made({"fc": values.astype(np.float32)}, rows, groups=groups), "kind == 'a'")
    assert np.isnan(found["q"]).all()
    assert 'kind == "a" has 15 and not kind == "a" has 15: with fewer than 20 groups' in found.notes[1]


def test_the_difference_comes_with_welchs_interval(made: Made) -> None:
    rows = groups_of(90)
    values = np.random.default_rng(1).gamma(2.0, size=(90, 5))
    found = compare(made({"fc": values}, rows), "kind == 'a'")
    a = rows["kind"] == "a"
    interval = stats.ttest_ind(values[a], values[~a], equal_var=False).confidence_interval()
    np.testing.assert_allclose(found["difference_low"], interval.low)
    np.testing.assert_allclose(found["difference_high"], interval.high)


def test_a_bootstrap_interval_is_there_when_asked_for(made: Made) -> None:
    rows = groups_of(120)
    values = np.random.default_rng(2).gamma(0.5, size=(120, 6))
    rec = made({"fc1": values[:, :2], "fc2": values[:, 2:]}, rows)
    found = compare(rec, "kind == 'a'", interval="bca", resamples=999, seed=4)
    a = rows["kind"] == "a"
    for unit in range(6):
        pair = (values[a, unit], values[~a, unit])
        oracle = stats.bootstrap(pair, lambda x, y: x.mean() - y.mean(), n_resamples=999, rng=0).confidence_interval
        np.testing.assert_allclose([found["bca_low"][unit], found["bca_high"][unit]], oracle, atol=0.06)
    assert found.seed == 4
    assert "bca_low" not in compare(rec, "kind == 'a'").values


def test_max_t_finds_planted_units_and_holds_for_all_units_together(made: Made) -> None:
    rows = groups_of(200)
    values = np.random.default_rng(3).normal(size=(200, 100)).astype(np.float32)
    values[rows["kind"] == "a", :4] += 1
    rec = made({"fc1": values[:, :50], "fc2": values[:, 50:]}, rows)
    found = compare(rec, "kind == 'a'", max_t=499)
    assert (found["p_max"][:4] == 1 / 500).all()
    assert (found["p_max"][4:] > 0.05).all()
    assert (found["p_max"] >= found["p_permutation"]).all()
    np.testing.assert_allclose(found["p_permutation"][4:], found["p"][4:], atol=0.08)


def test_labels_of_overlapping_groups_cannot_be_shuffled_and_that_is_said(made: Made) -> None:
    values = np.random.default_rng(6).normal(size=(100, 1)).astype(np.float32)
    found = compare(made({"fc": values}, {"x": range(100)}), "x < 60", "x >= 40", max_t=99)
    assert np.isnan([found["p_permutation"], found["p_max"]]).all()
    assert found.notes[-1].startswith("labels cannot be shuffled while samples are in both groups")


def test_replication_and_shrinkage_of_the_whole_comparison_are_told(made: Made) -> None:
    rng = np.random.default_rng(7)
    rows, half = groups_of(800), rng.integers(0, 2, 800)
    is_a = rows["kind"] == "a"
    values = rng.normal(size=(800, 20)).astype(np.float32)
    values[is_a, :6] += 1
    values[is_a & (half == 0), 6:8] += 1
    found = compare(made({"fc": values}, rows, half=half), "kind == 'a'")
    assert found["replication_rate"] == pytest.approx(6 / 8)
    x, y = found["g_half0"][:8], found["g_half1"][:8]
    assert found["shrinkage"] == pytest.approx(np.linalg.lstsq(x[:, None], y)[0][0])
    assert found.notes[-1].startswith("8 units differ on half 0; 6 of them again on half 1 (75%), with effects 0.7")
    assert np.isnan(compare(made({"fc": values[:, 9:]}, rows, half=half), "kind == 'a'")["replication_rate"])


def test_the_twin_tells_what_a_network_that_learned_nothing_shows(made: Made) -> None:
    rows = groups_of(300)
    is_a = rows["kind"] == "a"
    rng = np.random.default_rng(8)
    values, other = (rng.normal(size=(300, 40)).astype(np.float32) for _ in range(2))
    values[is_a, 0] += 1.5
    other[is_a] += np.linspace(0, 1, 40, dtype=np.float32)
    inputs = Layer("input", "input", 1, "input", 0)
    given = np.ones((300, 1), np.float32)
    rec = made({"input": given, "fc": values}, rows, layers=[inputs])
    twin = made({"input": given, "fc": other}, rows, layers=[inputs])
    found = compare(rec, "kind == 'a'", twin=twin)
    g, theirs = (compare(one, "kind == 'a'")["hedges_g"][1:] for one in (rec, twin))
    expected = [stats.percentileofscore(np.abs(theirs), abs(one), kind="mean") for one in g]
    np.testing.assert_allclose(found["twin_percentile"][1:], expected)
    assert np.isnan(found["twin_percentile"][0])
    assert found.notes[-1] == "layer input is the input, which no weights change: its twin_percentile is empty."


def test_a_twin_of_other_samples_is_refused(made: Made) -> None:
    rec = made({"fc": np.ones((60, 1), np.float32)}, groups_of(60))
    twin = made({"fc": np.ones((60, 1), np.float32)}, groups_of(60), ids=np.arange(60) + 1)
    with pytest.raises(DataError, match="holds other samples"):
        compare(rec, "kind == 'a'", twin=twin)


def test_units_that_cannot_be_compared_are_named_with_the_reason(made: Made) -> None:
    rows = groups_of(160)
    is_a = rows["kind"] == "a"
    values = np.random.default_rng(9).normal(size=(160, 8))
    values[:, :4] = 2
    values[:, 4] = is_a
    values[:, 5] = np.nan
    values[np.flatnonzero(is_a)[1:], 6] = np.inf
    found = compare(made({"fc": values}, rows), "kind == 'a'")
    assert np.isnan(found["q"][[0, 1, 2, 3, 5, 6]]).all()
    assert found.notes == (
        "fc:0, fc:1, fc:2 and 1 more are the same for all these samples: nothing differs, and g, p and q are empty.",
        "fc:4 is constant in either group, and another constant: g is infinite and has no interval.",
        "fc:5, fc:6 have fewer than two finite values in a group: p and q are empty.",
        "1 unit differs on half 0; 1 of it again on half 1 (100%).",
    )


def test_units_compared_on_fewer_samples_than_the_groups_have_are_named_with_how_many(made: Made) -> None:
    values = np.random.default_rng(3).normal(size=(160, 6))
    values[[0, 1, 2, 120], 1], values[7, 2] = np.nan, -np.inf
    rows = groups_of(160)
    is_a = rows["kind"] == "a"
    finite = np.isfinite(values)
    found = compare(made({"fc": values}, rows), "kind == 'a'")
    left = [f"{finite[of].sum(0).min()} of {of.sum()}" for of in (is_a, ~is_a)]
    assert found.notes[0] == (
        f"fc:1, fc:2 have NaN or infinite values, which are left out: n_a is down to {left[0]}, n_b to {left[1]}."
    )
    assert not any("left out" in note for note in compare(made({"fc": values[:, 3:]}, rows), "kind == 'a'").notes)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"interval": "bootstrap"}, "no interval 'bootstrap'"),
        ({"interval": "bca", "resamples": 3}, "3 resamples says nothing"),
        ({"max_t": 5}, "cannot give a p below .05"),
        ({"max_t": -1}, "cannot give a p below .05"),
        ({"seed": -1}, "a seed is a whole number"),
    ],
)
def test_options_that_make_no_sense_are_refused(made: Made, options: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        compare(made({"fc": np.ones((40, 2), np.float32)}, {"x": range(40)}), "x < 20", **options)


def test_an_empty_group_gives_no_numbers_and_the_reason(made: Made) -> None:
    found = compare(made({"fc": np.ones((40, 2), np.float32)}, {"x": range(40)}), "x > 99", "x < 30")
    assert np.isnan(found["difference"]).all()
    assert found.notes == ("no sample is in x > 99: no row has x > 99; it runs from 0 to 39.",)


def test_all_samples_against_nothing_is_refused(made: Made) -> None:
    with pytest.raises(DataError, match="compared with no others"):
        compare(made({"fc": np.ones((40, 2), np.float32)}), None)


def test_shuffling_the_samples_changes_nothing(made: Made) -> None:
    rng = np.random.default_rng(9)
    rows, half = groups_of(300), rng.integers(0, 2, 300)
    values = np.maximum(rng.normal(size=(300, 8)), 0).astype(np.float32)
    order = rng.permutation(300)
    before = compare(made({"fc": values}, rows, half=half), "kind == 'a'")
    after = compare(made({"fc": values[order]}, {"kind": rows["kind"][order]}, half=half[order]), "kind == 'a'")
    for name, column in before.values.items():
        np.testing.assert_allclose(column, after[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_a_table_has_a_row_for_each_unit(made: Made) -> None:
    values = np.random.default_rng(10).normal(size=(60, 3)).astype(np.float32)
    table = compare(made({"fc": values}, groups_of(60)), "kind == 'a'").table()
    assert table["unit"].tolist() == ["fc:0", "fc:1", "fc:2"]
    assert {"n_a", "mean_a", "difference", "hedges_g", "g_low", "g_high", "auroc", "p", "q"} <= set(table)
