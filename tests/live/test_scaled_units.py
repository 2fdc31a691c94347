"""Scaled units: ``ablate(..., how="scale", scale=2)`` is what NumPy says of the network with the units multiplied."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import neuronaut as naut
from neuronaut.core.errors import DataError
from neuronaut.live.ablate import ablate
from neuronaut.store.results import list_results

UNITS = 6
X = np.random.default_rng(0).normal(size=(80, 3)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)


@pytest.fixture(scope="module")
def net() -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(3, UNITS), nn.ReLU(), nn.Linear(UNITS, 2)).eval()


def loss(net: Any, factors: np.ndarray, rows: slice = slice(None)) -> np.ndarray:
    """The cross-entropy of each sample with the hidden units multiplied, in float64."""
    first, second = ([one.detach().numpy().astype(float) for one in (net[at].weight, net[at].bias)] for at in (0, 2))
    hidden = np.maximum(X[rows].astype(float) @ first[0].T + first[1], 0) * factors
    scores = hidden @ second[0].T + second[1]
    return np.log(np.exp(scores).sum(1)) - scores[np.arange(len(scores)), Y[rows]]


def times(factor: float, *units: int) -> np.ndarray:
    factors = np.ones(UNITS)
    factors[list(units)] = factor
    return factors


@pytest.mark.parametrize("scale", [2, 0.5, -1.5])
@pytest.mark.parametrize("units", [[1], [0, 4]])
def test_the_effect_is_that_of_the_units_multiplied(net: Any, scale: float, units: list[int]) -> None:
    found = ablate(net, X, [f"0:{unit}" for unit in units], how="scale", scale=scale, labels=Y, metric="loss", null=0)
    expected = (loss(net, times(scale, *units)) - loss(net, times(1))).mean()
    assert found["effect"][0] == pytest.approx(expected, abs=1e-6)
    assert abs(expected) > 1e-4
    assert (found.params["how"], found.params["scale"]) == ("scale", scale)


def test_the_other_units_of_the_layer_are_multiplied_by_the_same(net: Any) -> None:
    found = ablate(net, X, "0:1", how="scale", scale=2, labels=Y, metric="loss", null=20)
    before = loss(net, times(1))
    others = [(loss(net, times(2, unit)) - before).mean() for unit in range(UNITS) if unit != 1]
    assert found["null_mean"][0] == pytest.approx(np.mean(others), abs=1e-6)
    assert found.params["null"] == UNITS - 1


def test_multiplied_by_one_nothing_changes_and_by_zero_they_are_out(net: Any) -> None:
    same = ablate(net, X, "0:1", how="scale", scale=1, labels=Y)
    assert (same["effect"] == 0).all() and (same["low"] == 0).all() and (same["high"] == 0).all()
    out, zero = ablate(net, X, "0:1", how="scale", scale=0, labels=Y), ablate(net, X, "0:1", how="zero", labels=Y)
    for name in ("effect", "low", "high", "null_mean", "output_effect"):
        np.testing.assert_array_equal(out[name], zero[name])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"how": "scale"}, "give both how='scale' and scale=2"),
        ({"how": "zero", "scale": 2}, "how='zero' and scale=2; give both"),
        ({"scale": 2}, "how='mean' and scale=2; give both"),
        ({"how": "scale", "scale": float("nan")}, "multiplied by a finite number"),
    ],
)
def test_a_factor_and_the_way_it_belongs_to_are_given_together(net: Any, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        ablate(net, X, "0:1", labels=Y, **asked)


def test_a_kept_one_stands_beside_the_others_of_the_unit(net: Any, tmp_path: Any) -> None:
    rec = naut.record(net, X, labels=Y, influence=False, to=tmp_path / "kept.naut")
    rec = naut.open(rec.path, writable=True)
    asked: list[dict[str, Any]] = [{"how": "zero"}, {"how": "scale", "scale": 2}, {"how": "scale", "scale": 3}]
    for one in asked:
        ablate(net, rec, "0:1", resamples=20, null=2, **one)
    assert len([name for name, _ in list_results(rec) if name == "ablate"]) == 3
