"""CKA: its invariances, its unbiased form, and both ways of computing it."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from made_recordings import Array, Made

from neuronaut.analysis import cka, linear_cka
from neuronaut.core.errors import DataError


def data(n: int = 60, units: int = 5, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=(n, units)) * np.arange(1, units + 1) + 3


def by_definition(x: Array, y: Array) -> float:
    x, y = x - x.mean(0), y - y.mean(0)
    norm = np.linalg.norm
    return float(norm(x.T @ y) ** 2 / (norm(x.T @ x) * norm(y.T @ y)))


def unbiased_by_definition(x: Array, y: Array) -> float:
    """Song's HSIC of the kernels as they are, nothing centred."""

    def hsic(a: Array, b: Array) -> float:
        n = len(a)
        k, m = a @ a.T, b @ b.T
        np.fill_diagonal(k, 0)
        np.fill_diagonal(m, 0)
        ones = np.ones(n)
        first = np.trace(k @ m) + (ones @ k @ ones) * (ones @ m @ ones) / ((n - 1) * (n - 2))
        return float((first - 2 / (n - 2) * ones @ k @ m @ ones) / (n * (n - 3)))

    return hsic(x, y) / np.sqrt(hsic(x, x) * hsic(y, y))


@pytest.mark.parametrize("unbiased", [False, True])
@pytest.mark.parametrize("units", [5, 90])
def test_rotation_and_one_scale_change_nothing_but_other_maps_do(units: int, unbiased: bool) -> None:
    rng = np.random.default_rng(1)
    x, y = data(units=units), np.tanh(data(units=units) @ rng.normal(size=(units, 7)) / 30)
    before = linear_cka(x, y, unbiased=unbiased)
    turn = np.linalg.qr(rng.normal(size=(units, units)))[0]
    assert linear_cka(x @ turn, y, unbiased=unbiased) == pytest.approx(before)
    assert linear_cka(x, -4 * y + 9, unbiased=unbiased) == pytest.approx(before)
    assert linear_cka(x, 2 * x @ turn, unbiased=unbiased) == pytest.approx(1)
    assert abs(linear_cka(x @ np.diag(np.geomspace(1, 1e3, units)), y, unbiased=unbiased) - before) > 0.01


@pytest.mark.parametrize(("n", "units"), [(60, 5), (20, 40)])
def test_both_values_are_their_definitions(n: int, units: int) -> None:
    x, y = data(n, units), data(n, 4, seed=2) + data(n, units)[:, :4]
    assert linear_cka(x, y) == pytest.approx(by_definition(x, y))
    assert linear_cka(x, y, unbiased=True) == pytest.approx(unbiased_by_definition(x, y))


def test_unrelated_layers_of_many_units_look_alike_only_to_the_plain_value() -> None:
    rng = np.random.default_rng(3)
    pairs = [(rng.normal(size=(40, 400)), rng.normal(size=(40, 400))) for _ in range(5)]
    assert min(linear_cka(x, y) for x, y in pairs) > 0.85
    assert abs(np.mean([linear_cka(x, y, unbiased=True) for x, y in pairs])) < 0.02


def test_different_samples_are_refused() -> None:
    with pytest.raises(DataError, match="60 samples beside 50"):
        linear_cka(data(60), data(50))


@pytest.mark.parametrize("features", [4096, 0])
def test_the_layers_of_a_recording_are_compared_each_with_each(
    made: Made, monkeypatch: pytest.MonkeyPatch, features: int
) -> None:
    monkeypatch.setattr(sys.modules["neuronaut.analysis.cka"], "FEATURES", features)
    layers = {"a": data(300, 4), "b": data(300, 6, seed=1), "c": np.maximum(data(300, 4) - 3, 0)}
    found = cka(made(layers))
    for row, x in enumerate(layers.values()):
        for column, y in enumerate(layers.values()):
            assert found["cka"][row, column] == pytest.approx(by_definition(x, y))
            assert found["debiased"][row, column] == pytest.approx(unbiased_by_definition(x, y))
    assert found.coords["layers"] == found.coords["others"] == ["a", "b", "c"]


def test_large_networks_are_looked_at_on_fewer_samples_and_that_is_said(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["neuronaut.analysis.cka"]
    monkeypatch.setattr(module, "FEATURES", 0)
    monkeypatch.setattr(module, "SAMPLES", 1000)
    x = data(3000, 4)
    found = cka(made({"a": x, "b": x[:, :2]}))
    assert found["cka"][0, 1] == pytest.approx(by_definition(x, x[:, :2]), abs=0.03)
    assert "looked at on 1,000 of 3,000 samples" in found.notes[0]


def test_what_does_not_vary_is_like_nothing_and_broken_units_are_left_out(made: Made) -> None:
    x = data(50, 3)
    found = cka(made({"a": x, "still": np.ones((50, 2)), "b": np.c_[x, np.full(50, np.inf)]}))
    assert np.isnan(found["cka"][1]).all()
    assert np.isnan(found["debiased"][:, 1]).all()
    assert found["cka"][0, 2] == pytest.approx(1)
    assert any("nothing varies in 'still'" in note for note in found.notes)
    assert any("1 unit (b:3)" in note for note in found.notes)


def test_too_few_samples_have_no_debiased_value(made: Made) -> None:
    found = cka(made({"a": data(3, 2), "b": data(3, 2, seed=1)}))
    assert np.isfinite(found["cka"]).all()
    assert np.isnan(found["debiased"]).all()
    assert "too few" in found.notes[-1]
    nobody = cka(made({"a": data(9, 2)}, {"x": range(9)}), "x > 99")
    assert np.isnan(nobody["cka"]).all()
