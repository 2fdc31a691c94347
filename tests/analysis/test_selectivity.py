"""Selectivity against scikit-learn, scipy, closed forms and planted answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from made_recordings import Array, Made
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from neuronaut.analysis.measures.ordered import ordered, rank_sums
from neuronaut.analysis.selectivity import selectivity
from neuronaut.capture.record import record
from neuronaut.core.errors import DataError, UnknownName
from neuronaut.core.layer import Layer


def kinds(n: int, classes: int = 3, seed: int = 0) -> Array:
    return np.array(list("abcdefghij"))[np.random.default_rng(seed).integers(0, classes, n)]


def columns_of_every_sort(n: int, seed: int = 0) -> dict[str, Array]:
    """Continuous, many zeros, few values, one value, huge offset, signs of zero."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=n)
    return {
        "normal": normal,
        "relu": np.maximum(normal - 0.5, 0),
        "levels": rng.integers(-2, 3, n).astype(float),
        "few": np.round(normal, 1),
        "constant": np.full(n, 2.5),
        "offset": normal + 1000,
        "signed zeros": np.where(rng.random(n) < 0.5, 0.0, -0.0) + np.where(rng.random(n) < 0.3, normal, 0),
    }


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("classes", [2, 3])
def test_auroc_and_average_precision_are_those_of_scikit_learn(made: Made, dtype: type, classes: int) -> None:
    n = 211
    columns = np.stack([*columns_of_every_sort(n).values()], axis=1).astype(dtype)
    label = kinds(n, classes)
    found = selectivity(made({"fc": columns}, {"kind": label}), "kind", permutations=0)
    assert found.coords["class"] == sorted(set(label))
    for place, name in enumerate(found.coords["class"]):
        for unit in range(columns.shape[1]):
            values = columns[:, unit].astype(float)
            assert found["auroc"][place, unit] == pytest.approx(roc_auc_score(label == name, values), abs=1e-12)
            ap = average_precision_score(label == name, values)
            assert found["ap"][place, unit] == pytest.approx(ap, abs=1e-12), (name, unit)


def test_halves_are_ranked_each_by_itself(made: Made) -> None:
    n = 400
    columns = np.stack([*columns_of_every_sort(n).values()], axis=1)
    label, half = kinds(n, 2), np.random.default_rng(5).integers(0, 2, n)
    found = selectivity(made({"fc": columns}, {"kind": label}, half=half), "kind", permutations=0)
    for unit in range(columns.shape[1]):
        by_half = [roc_auc_score(label[half == h] == "a", columns[half == h, unit]) for h in (0, 1)]
        sign = 1 if by_half[0] > 0.5 else -1
        if unit == 4:
            assert found["heldout_class"][unit] == ""
            continue
        assert found["heldout_class"][unit] == ("a" if sign > 0 else "b")
        np.testing.assert_allclose(
            [found["found_auroc"][unit], found["heldout_auroc"][unit]],
            [one if sign > 0 else 1 - one for one in by_half],
            atol=1e-12,
        )


def test_p_is_that_of_scipy(made: Made) -> None:
    n = 300
    columns = np.stack([*columns_of_every_sort(n).values()], axis=1)
    label = kinds(n, 2)
    found = selectivity(made({"fc": columns}, {"kind": label}), "kind", permutations=0)
    for unit in range(columns.shape[1]):
        if unit == 4:
            assert np.isnan(found["p"][unit])
            continue
        a, b = columns[label == "a", unit], columns[label == "b", unit]
        expected = stats.mannwhitneyu(a, b, method="asymptotic", use_continuity=False).pvalue
        assert found["p"][unit] == pytest.approx(expected, rel=1e-9)


def test_choosing_among_classes_is_paid_for(made: Made) -> None:
    n = 300
    values = np.random.default_rng(1).normal(size=(n, 1))
    label = kinds(n, 3)
    found = selectivity(made({"fc": values}, {"kind": label}), "kind", permutations=0)
    best = found["best"][0]
    a, b = values[label == best, 0], values[label != best, 0]
    once = stats.mannwhitneyu(a, b, method="asymptotic", use_continuity=False).pvalue
    assert found["p"][0] == pytest.approx(min(1, 3 * once), rel=1e-9)


def test_d_prime_is_its_formula(made: Made) -> None:
    n = 200
    columns, label = np.random.default_rng(2).normal(size=(n, 3)) + 5, kinds(n, 3)
    found = selectivity(made({"fc": columns}, {"kind": label}), "kind", permutations=0)
    for place, name in enumerate("abc"):
        own, rest = columns[label == name], columns[label != name]
        expected = (own.mean(0) - rest.mean(0)) / np.sqrt((own.var(0, ddof=1) + rest.var(0, ddof=1)) / 2)
        np.testing.assert_allclose(found["dprime"][place], expected, rtol=1e-9)
        np.testing.assert_allclose(found["mean"][place], own.mean(0), rtol=1e-12)


def test_a_unit_identical_to_the_label_is_perfect(made: Made) -> None:
    codes = np.random.default_rng(3).integers(0, 4, 500)
    rec = made({"fc": codes[:, None].astype(np.float32)}, {"kind": [f"k{code}" for code in codes]})
    found = selectivity(rec, "kind")
    assert found["auroc"][3, 0] == 1
    assert found["ap"][3, 0] == 1
    assert found["mi"][0] + found["mi_null"][0] == pytest.approx(1, abs=1e-12)
    assert found["mi"][0] == pytest.approx(1, abs=0.01)
    assert found["mi_p"][0] == pytest.approx(1 / 101)
    two = selectivity(made({"fc": (codes[:, None] > 1).astype(float)}, {"kind": codes > 1}), "kind")
    assert np.isposinf(two["dprime"][1, 0])
    assert np.isneginf(two["dprime"][0, 0])


def test_shuffled_classes_give_auroc_near_a_half(made: Made) -> None:
    n, units = 400, 300
    values = np.random.default_rng(4).normal(size=(n, units)).astype(np.float32)
    label = kinds(n, 2, seed=9)
    found = selectivity(made({"fc": values}, {"kind": label}), "kind")
    a = int((label == "a").sum())
    bound = 1.96 * np.sqrt((n + 1) / (12 * a * (n - a)))
    inside = np.abs(found["auroc"][0] - 0.5) <= bound
    assert 0.91 <= inside.mean() <= 0.99
    assert not (found["q"] < 0.05).any()
    assert np.nansum(found["replicated"]) == 0
    assert abs(found["mi"].mean()) < 0.005
    assert 0.01 <= (found["mi_p"] <= 0.05).mean() <= 0.1


def test_class_means_three_one_one_one_give_an_index_of_a_half(made: Made) -> None:
    values = np.repeat([3.0, 1, 1, 1], 24)[:, None] + np.tile([0.5, -0.5], 48)[:, None]
    found = selectivity(made({"fc": values}, {"kind": np.repeat(list("abcd"), 24)}), "kind", permutations=0)
    assert found["csi"][0] == pytest.approx(0.5, abs=1e-6)
    assert found["modality"][0] == pytest.approx(1)
    assert found["best"][0] == "a"


def test_sparseness_of_one_answer_is_one_and_of_equal_answers_none(made: Made) -> None:
    values = np.zeros((40, 2))
    values[3, 0] = 7
    values[:, 1] = 3
    found = selectivity(made({"fc": values}, {"kind": kinds(40, 2)}), "kind", permutations=0)
    np.testing.assert_allclose(found["sparseness"], [1, 0], atol=1e-12)
    np.testing.assert_allclose(found["hoyer"], [1, 0], atol=1e-12)


def test_signed_units_have_no_index_and_that_is_said(made: Made) -> None:
    values = np.random.default_rng(5).normal(size=(60, 2))
    values[:, 1] **= 2
    found = selectivity(made({"fc": values}, {"kind": kinds(60, 2)}), "kind", permutations=0)
    assert np.isnan(found["csi"][0])
    assert np.isnan(found["sparseness"][0])
    assert np.isfinite([found["csi"][1], found["sparseness"][1], found["hoyer"][0], found["modality"][0]]).all()
    assert "csi and sparseness are made for values of at least 0; they are left empty: 1 unit (fc:0)." in found.notes


def test_precision_at_k_is_the_share_of_the_commonest_class_and_ties_count_in_part(made: Made) -> None:
    values = np.array([9.0, 8, 7, 1, 1, 1, 0, 0])[:, None]
    rec = made({"fc": values}, {"kind": list("aabaabbb")})
    assert selectivity(rec, "kind", k=3, permutations=0)["precision_at_k"][0] == pytest.approx(2 / 3)
    assert selectivity(rec, "kind", k=4, permutations=0)["precision_at_k"][0] == pytest.approx((2 + 2 / 3) / 4)
    assert np.isnan(selectivity(rec, "kind", k=9, permutations=0)["precision_at_k"][0])


def test_planted_units_are_found_with_their_class_and_replicate(made: Made) -> None:
    n, label = 900, kinds(900)
    values = np.random.default_rng(6).normal(size=(n, 60)).astype(np.float32)
    for unit, name in enumerate("abc"):
        values[label == name, unit] += 1
    values[label == "a", 3] -= 1
    found = selectivity(made({"fc": values}, {"kind": label}), "kind")
    assert found["best"][:4].tolist() == ["a", "b", "c", "a"]
    assert found["heldout_class"][:4].tolist() == ["a", "b", "c", "a"]
    assert found["best_auroc"][3] < 0.3
    assert found["replicated"][:4].tolist() == [1] * 4
    assert (found["q"][:4] < 1e-6).all()
    assert np.nansum(found["replicated"][4:]) == 0
    assert (found["mi_p"][:4] < 0.02).all()


def test_an_effect_of_one_half_alone_does_not_replicate(made: Made) -> None:
    n, label = 600, kinds(600, 2)
    half = np.random.default_rng(7).integers(0, 2, n)
    values = np.random.default_rng(8).normal(size=(n, 3)).astype(np.float32)
    values[(label == "a") & (half == 0), 0] += 2
    found = selectivity(made({"fc": values}, {"kind": label}, half=half), "kind", permutations=0)
    assert found["q"][0] < 1e-6
    assert found["heldout_class"][0] in ("a", "b")
    assert found["replicated"][0] == 0


def test_values_that_are_not_finite_are_counted_and_left_out(made: Made) -> None:
    n, label = 200, kinds(200, 2)
    values = np.random.default_rng(13).normal(size=(n, 3))
    values[label == "a", 0] += 1
    broken = values.copy()
    broken[[3, 5], 0] = [np.nan, np.inf]
    broken[:, 1] = np.nan
    found = selectivity(made({"fc": broken}, {"kind": label}), "kind")
    assert found["nonfinite"].tolist() == [2, n, 0]
    keep = np.delete(np.arange(n), [3, 5])
    left = selectivity(made({"fc": values[keep]}, {"kind": label[keep]}), "kind")
    for name in ("auroc", "ap", "dprime", "mean"):
        np.testing.assert_allclose(found[name][:, 0], left[name][:, 0], rtol=1e-12, err_msg=name)
    assert found["mi"][0] == pytest.approx(left["mi"][0], abs=0.01)
    for name in ("auroc", "ap", "dprime", "mean"):
        assert np.isnan(found[name][:, 1]).all(), name
    for name in ("q", "mi", "mi_p", "csi", "sparseness", "hoyer", "modality", "precision_at_k"):
        assert np.isnan(found[name][1]), name
    assert found["best"][1] == ""
    assert any("2 units (fc:0, fc:1)" in note for note in found.notes)


def test_samples_without_a_value_are_left_out_and_counted(made: Made) -> None:
    values = np.random.default_rng(14).normal(size=(100, 1))
    label = [None if row < 30 else "ab"[row % 2] for row in range(100)]
    found = selectivity(made({"fc": values}, {"kind": label}), "kind", permutations=0)
    assert dict(found.n) == {"a": 35, "b": 35}
    assert found.notes[0] == "30 samples without 'kind' are left out."
    assert found["auroc"][1, 0] == pytest.approx(roc_auc_score(np.arange(30, 100) % 2 == 1, values[30:, 0]))


def test_small_classes_are_shown_but_nothing_is_claimed_about_them(made: Made) -> None:
    label = np.array(["a"] * 60 + ["b"] * 60 + ["c"] * 5 + ["d"])
    values = np.random.default_rng(15).normal(size=(126, 4))
    values[label == "c"] += 50
    found = selectivity(made({"fc": values}, {"kind": label}), "kind", permutations=0)
    assert (found["auroc"][2] > 0.9).all()
    assert np.isnan(found["dprime"][3]).all()
    assert set(found["best"]) <= {"a", "b"}
    assert any("fewer than 20 samples in 'c', 'd'" in note for note in found.notes)
    tiny = selectivity(made({"fc": values[120:]}, {"kind": label[120:]}), "kind", permutations=0)
    assert np.isnan(tiny["q"]).all()
    assert np.isnan(tiny["replicated"]).all()


def test_one_class_alone_gives_no_numbers_that_compare_and_the_reason(made: Made) -> None:
    values = np.abs(np.random.default_rng(16).normal(size=(80, 2)))
    found = selectivity(made({"fc": values}, {"kind": ["a"] * 80}), "kind")
    assert "'kind' is 'a' for every one of the 80 samples" in found.notes[0]
    for name in ("auroc", "ap", "dprime", "q", "mi", "mi_p", "csi", "precision_at_k"):
        assert np.isnan(found[name]).all(), name
    assert np.isfinite(found["sparseness"]).all()


def test_no_sample_and_no_value_at_all_are_told_apart(made: Made) -> None:
    rec = made({"fc": np.ones((40, 2), np.float32)}, {"x": range(40), "empty": [None] * 40})
    nobody = selectivity(rec, "x", where="x > 99")
    assert nobody.notes == ("no sample is in x > 99: no row has x > 99; it runs from 0 to 39.",)
    assert nobody["auroc"].shape == (0, 2)
    assert np.isnan(nobody["mi"]).all()
    empty = selectivity(rec, "empty")
    assert "'empty' is empty for each of the 40 samples" in empty.notes[0]


def test_a_column_that_is_not_there_or_has_too_many_values_is_refused_with_advice(made: Made) -> None:
    n = 12_000
    rows = {"name": [f"person {row % 10_000}" for row in range(n)], "age": np.arange(n) % 88, "id": range(n)}
    rec = made({"fc": np.ones((n, 1), np.float32)}, rows)
    with pytest.raises(UnknownName, match="closest: 'age'"):
        selectivity(rec, "agee")
    with pytest.raises(DataError, match=r"'name' holds 10,000 different values.*where="):
        selectivity(rec, "name")
    with pytest.raises(DataError, match=r"88 different numbers.*bins=4.*bins='each'"):
        selectivity(rec, "age")
    with pytest.raises(DataError, match=r"12,000 different values.*bins=4"):
        selectivity(rec, "id", bins="each")
    with pytest.raises(DataError, match="holds no numbers"):
        selectivity(rec, "name", bins=4)
    for bins in ([3, 2], [], "four", 1, [np.nan]):
        with pytest.raises(DataError, match="bins="):
            selectivity(rec, "age", bins=bins)
    with pytest.raises(DataError, match="hardly two samples share one"):
        selectivity(rec, "name", where="id < 500")


def test_numbers_in_bins_are_named_by_the_filter_that_selects_them(made: Made) -> None:
    n = 400
    age = np.random.default_rng(17).integers(0, 80, n).astype(float)
    age[:40] = np.nan
    rec = made({"fc": age[:, None].clip(0) * (age[:, None] > 0)}, {"my age": age})
    for bins in (4, [18, 65], "each"):
        found = selectivity(rec, "my age", bins=bins, permutations=0)
        for name, count in found.n.items():
            chosen = rec.mask(name) if bins != "each" else age == float(name)
            assert chosen.sum() == count
    quarters = list(selectivity(rec, "my age", bins=4, permutations=0).n.values())
    assert max(quarters) - min(quarters) <= 12


def test_channels_are_told_by_the_reduction_that_is_asked(made: Made) -> None:
    values = np.random.default_rng(19).normal(size=(80, 3, 2)).astype(np.float32)
    label = kinds(80, 2)
    rec = made({"conv": values}, {"kind": label})
    for place, reduction in enumerate(("mean", "max", "min")):
        found = selectivity(rec, "kind", reduction=reduction, permutations=0)
        assert found["auroc"][0, 1] == pytest.approx(roc_auc_score(label == "a", values[:, place, 1]))


def test_shuffling_the_samples_changes_nothing_but_the_null(made: Made) -> None:
    rng = np.random.default_rng(20)
    label, half, order = kinds(300), rng.integers(0, 2, 300), rng.permutation(300)
    values = np.maximum(rng.normal(size=(300, 6)), 0).astype(np.float32)
    before = selectivity(made({"fc": values}, {"kind": label}, half=half), "kind")
    after = selectivity(made({"fc": values[order]}, {"kind": label[order]}, half=half[order]), "kind")
    for name, array in before.values.items():
        if array.dtype.kind == "f":
            np.testing.assert_allclose(array, after[name], rtol=1e-9, atol=1e-12, err_msg=name)
        else:
            assert array.tolist() == after[name].tolist(), name


def test_layers_wider_than_a_block_and_several_layers_stand_side_by_side(made: Made) -> None:
    rng = np.random.default_rng(21)
    a, b, label = rng.normal(size=(50, 150)), rng.normal(size=(50, 3)), kinds(50, 2)
    layers = (Layer("input", "input", 150, "input", 0), Layer("fc", "dense", 3, "linear", 1))
    found = selectivity(made({"input": a, "fc": b}, {"kind": label}, layers=layers), "kind", permutations=3)
    together = np.concatenate([a, b], axis=1)
    expected = [roc_auc_score(label == "a", column) for column in together.T]
    np.testing.assert_allclose(found["auroc"][0], expected, atol=1e-12)
    assert len(found.coords["unit"]) == 153
    assert found.table("class", "unit").shape[0] == 306
    assert found.table("unit").shape[0] == 153


def test_rank_sums_add_up_whatever_the_ties() -> None:
    rng = np.random.default_rng(22)
    for values in columns_of_every_sort(101).values():
        codes, half = rng.integers(0, 3, 101), rng.integers(0, 2, 101)
        labels = (2 * codes + half).astype(np.int32)
        unit = ordered(values, labels, np.bincount(labels, minlength=6).reshape(-1, 2))
        sums = rank_sums(unit)
        np.testing.assert_allclose(sums.whole, np.bincount(codes, stats.rankdata(values), 3))
        for which in (0, 1):
            inside = half == which
            expected = np.bincount(codes[inside], stats.rankdata(values[inside]), 3)
            np.testing.assert_allclose(sums.halves[:, which], expected)
            sizes = np.unique(values[inside], return_counts=True)[1]
            assert sums.half_ties[which] == (sizes**3 - sizes).sum()


def test_the_numbers_of_a_label_are_classes_however_many(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    label = np.arange(1600) % 40
    X = np.eye(40, dtype=np.float32)[label] + random.normal(0, 0.1, (1600, 40)).astype(np.float32)
    model = torch.nn.Sequential(torch.nn.Linear(40, 40))
    with torch.no_grad():
        model[0].weight.copy_(torch.eye(40))
    rec = record(model, X, labels=label, metadata={"code": label}, to=tmp_path / "a.naut")
    found = selectivity(rec, "label", layers="0", permutations=0)
    assert found.values["best"].tolist() == [str(unit) for unit in range(40)]  # each output is its own class
    with pytest.raises(DataError, match="40 different numbers"):
        selectivity(rec, "code")
