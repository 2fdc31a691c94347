"""Health: planted dead, dormant, constant, always-on and saturated units, for each kind of activation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from made_recordings import Array, Made
from torch import nn

from neuronaut.analysis.health import health
from neuronaut.core.errors import DataError
from neuronaut.core.layer import Layer

N = 400
FLAGS = ("dead", "dormant", "constant", "always_on", "saturated")


def layer(activation: str | None, units: int, **more: object) -> Layer:
    return Layer("fc", "dense", units, "linear", 1, activation=activation, **more)


def normal(units: int, seed: int = 0) -> torch.Tensor:
    return torch.tensor(np.random.default_rng(seed).normal(size=(N, units)).astype(np.float32))


def named(found: object, name: str) -> list[int]:
    return np.flatnonzero(found[name]).tolist()


def test_planted_units_after_a_relu(made: Made) -> None:
    before = normal(8)
    before[:, 0] -= 100
    before[:, 1] = 3
    before[:, 2] += 100
    before[:, 3] *= 0.001
    found = health(made({"fc": nn.functional.relu(before).numpy()}, layers=[layer("relu", 8)]))
    assert {name: named(found, name) for name in FLAGS} == {
        "dead": [0], "dormant": [0, 3], "constant": [1], "always_on": [1, 2], "saturated": []
    }  # fmt: skip
    assert found["status"].tolist() == ["dead", "constant", "always on", "dormant", "ok", "ok", "ok", "ok"]
    np.testing.assert_allclose(found["firing_bound"], [3 / N] + [np.nan] * 7)
    assert found["share_dead"].tolist() == [1 / 8]
    assert found["share_dormant"].tolist() == [2 / 8]
    assert np.isnan(found["share_saturated"]).all()


@pytest.mark.parametrize(
    "after",
    [lambda on: on * 0.5 - 0.5, lambda on: -on, lambda on: torch.log(on + 0.1) - 3, lambda on: on * 0.5 + 0.5],
    ids=["shifted down", "negated", "logarithm", "shifted up"],
)
def test_what_follows_a_rectifier_inside_its_layer_makes_no_live_unit_dead(
    made: Made, after: Callable[[torch.Tensor], torch.Tensor]
) -> None:
    before = normal(6)
    before[:, :3] *= 0.1
    found = health(made({"fc": after(nn.functional.relu(before)).numpy()}, layers=[layer("relu", 6)]))
    assert named(found, "dead") == []
    assert named(found, "always_on") == []
    assert np.isnan(found["firing_rate"]).all()
    assert any("fc: its values are not those that relu gives, so that something follows it" in x for x in found.notes)
    silent = before.clone()
    silent[:, 5] = -1
    still = health(made({"fc": after(nn.functional.relu(silent)).numpy()}, layers=[layer("relu", 6)]))
    assert still["status"].tolist()[:5] == found["status"].tolist()[:5]
    assert still["status"][5] in ("dead", "constant")


def test_a_scaled_tanh_is_not_held_to_the_limits_of_tanh(made: Made) -> None:
    found = health(made({"fc": 5 * torch.tanh(normal(3)).numpy()}, layers=[layer("tanh", 3)]))
    assert named(found, "saturated") == []
    assert np.isnan(found["saturation"]).all()


@pytest.mark.parametrize("name", ["gelu", "silu"])
def test_planted_units_after_a_smooth_activation(made: Made, name: str) -> None:
    before = normal(8)
    before[:, 0] -= 30
    before[:, 1] = 3
    before[:, 2] += 100
    before[:, 3] = -0.5 + 0.001 * before[:, 3]
    found = health(made({"fc": getattr(nn.functional, name)(before).numpy()}, layers=[layer(name, 8)]))
    assert named(found, "dead") == [0]
    assert named(found, "constant") == [1]
    assert named(found, "dormant") == [0, 3]
    assert named(found, "always_on") == []
    assert np.isnan(found["share_always_on"]).all()
    assert np.isnan(found["firing_rate"]).all()
    assert any(f"fc: {name} is no rectifier, so that always on is not asked" in note for note in found.notes)


def test_planted_units_after_a_tanh(made: Made) -> None:
    before = normal(6)
    before[:, 0] *= 1e-5
    before[:, 1] = 50
    before[:, 2] = 50 * torch.sign(before[:, 2])
    before[:, 3] = 0.5
    found = health(made({"fc": torch.tanh(before).numpy()}, layers=[layer("tanh", 6)]))
    assert found["status"].tolist() == ["dead", "constant", "saturated", "constant", "ok", "ok"]
    assert named(found, "saturated") == [1, 2]
    values = torch.tanh(before).numpy()
    np.testing.assert_allclose(found["saturation"], (np.abs(values) >= 0.97).mean(0))


def test_a_sigmoid_saturates_at_both_ends_and_hard_limits_where_they_are(made: Made) -> None:
    before = normal(3)
    before[:, 0] += 20
    before[:, 1] -= 4.5
    found = health(made({"fc": torch.sigmoid(before).numpy()}, layers=[layer("sigmoid", 3)]))
    assert named(found, "saturated") == [0, 1] if (before[:, 1] < np.log(0.03 / 0.97)).float().mean() >= 0.95 else [0]
    hard = health(made({"fc": nn.functional.hardtanh(10 * before).numpy()}, layers=[layer("hardtanh", 3)]))
    assert hard["saturation"][0] == 1
    six = torch.cat([before, 20 + 0 * before[:, :1]], 1)
    rail = health(made({"fc": nn.functional.relu6(six).numpy()}, layers=[layer("relu6", 4)]))
    assert named(rail, "saturated") == [0, 3]
    assert named(rail, "dead") == [1]


def test_scores_are_sizes_relative_to_their_layer(made: Made) -> None:
    a, b = np.random.default_rng(1).normal(size=(2, N, 5)).astype(np.float32)
    layers = [layer("relu", 5), Layer("fc2", "dense", 5, "linear", 2, activation="tanh")]
    found = health(made({"fc": np.maximum(a, 0), "fc2": np.tanh(5 * b)}, layers=layers))
    for place, values in enumerate((np.maximum(a, 0), np.tanh(5 * b))):
        size = np.abs(values.astype(float)).mean(0)
        np.testing.assert_allclose(found["score"][5 * place : 5 * place + 5], size / (size.mean() + 1e-9), rtol=1e-6)
    assert found.coords["layers"] == ["fc", "fc2"]
    assert found.table("unit").shape[0] == 10
    assert found.table("layers")["share_dead"].tolist() == [0, 0]


def test_tau_and_the_saturated_share_are_the_users(made: Made) -> None:
    values = np.abs(normal(4).numpy())
    values[:, 0] *= 0.05
    rec = made({"fc": values}, layers=[layer("relu", 4)])
    assert named(health(rec), "dormant") == []
    assert named(health(rec, tau=0.1), "dormant") == [0]
    tanh = made({"fc": np.tanh(4 * normal(2).numpy())}, layers=[layer("tanh", 2)])
    assert named(health(tanh), "saturated") == []
    assert named(health(tanh, saturated=0.3), "saturated") == [0, 1]
    for wrong in ({"tau": -1.0}, {"saturated": 0.0}, {"saturated": 2.0}):
        with pytest.raises(DataError, match=f"^{next(iter(wrong))} is"):
            health(rec, **wrong)


def test_features_are_never_dead_and_answers_never_dormant(made: Made) -> None:
    inputs = normal(4).numpy()
    inputs[:, 0], inputs[:, 1] = 0, 7
    answers = normal(3).numpy()
    answers[:, 0] *= 1e-6
    answers[:, 1] = 2
    layers = [
        Layer("input", "input", 4, "input", 0),
        Layer("out", "dense", 3, "linear", 2, output=True),
    ]
    found = health(made({"input": inputs, "out": answers}, layers=layers))
    assert found["status"].tolist() == ["constant", "constant", "ok", "ok", "dead", "constant", "ok"]
    assert np.isnan(found["share_dormant"]).all()
    assert np.isnan(found["share_dead"][0])
    assert np.isnan(found["score"]).all()
    assert "only whether they are constant is asked" in found.notes[0]


def test_the_bound_counts_groups_where_samples_come_in_groups(made: Made) -> None:
    values = np.zeros((N, 1), np.float32)
    free = health(made({"fc": values}, layers=[layer("relu", 1)]))
    tied = health(made({"fc": values}, layers=[layer("relu", 1)], groups=np.arange(N) // 10))
    assert free["firing_bound"][0] == 3 / N
    assert tied["firing_bound"][0] == 3 / (N // 10)
    few = health(made({"fc": values[:2]}, layers=[layer("relu", 1)]))
    assert few["firing_bound"][0] == 1
    assert any("only 2 samples" in note for note in few.notes)


def test_channels_count_all_their_positions(made: Made) -> None:
    maps = np.random.default_rng(3).normal(size=(N, 6, 4, 4)).astype(np.float32)
    maps[:, 0] = -5
    maps[:, 1] = -5
    maps[7, 1, 2, 2] = 3
    maps[:, 2] += 50
    maps[:, 3] = 2
    rectified = np.maximum(maps, 0)
    stored = np.stack([rectified.mean((2, 3)), rectified.max((2, 3)), rectified.min((2, 3))], axis=1)
    conv = Layer("conv", "conv", 6, "conv2d", 1, ("y", "x"), (4, 4), activation="relu")
    found = health(made({"conv": stored}, layers=[conv]))
    assert found["status"].tolist() == ["dead", "dormant", "always on", "constant", "ok", "ok"]
    size = rectified.mean((0, 2, 3))
    np.testing.assert_allclose(found["score"], size / size.mean(), rtol=1e-5)
    maps[:, 2] = 2.5 + 0.05 * maps[:, 4]
    signed = np.tanh(maps)
    stored = np.stack([signed.mean((2, 3)), signed.max((2, 3)), signed.min((2, 3))], axis=1)
    tanh = health(made({"conv": stored}, layers=[Layer(**{**vars_of(conv), "activation": "tanh"})]))
    assert tanh["status"].tolist()[2] == "saturated"
    assert tanh["saturation"][4] == 0
    assert "its largest over the positions" in tanh.notes[0]


def vars_of(one: Layer) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__slots__}


def test_units_without_a_finite_value_are_unknown(made: Made) -> None:
    values = np.abs(normal(3).numpy())
    values[:, 0] = np.nan
    values[3, 1] = np.inf
    found = health(made({"fc": values}, layers=[layer("relu", 3)]))
    assert found["status"].tolist() == ["unknown", "ok", "ok"] or found["status"].tolist()[0] == "unknown"
    assert not any(found[name][0] for name in FLAGS)
    assert np.isnan(found["score"][0])
    assert np.isfinite(found["score"][1:]).all()
    assert found["nonfinite"].tolist() == [N, 1, 0]
    assert "2 units (fc:0, fc:1)" in found.notes[-1]


def test_an_unknown_activation_is_judged_by_what_it_gives(made: Made) -> None:
    values = np.maximum(normal(3).numpy(), 0)
    values[:, 0] = 0
    assert health(made({"fc": values}))["status"].tolist() == ["dead", "ok", "ok"]
    signed = normal(3).numpy()
    signed[:, 0] *= 1e-6
    found = health(made({"fc": signed}))
    assert found["status"].tolist() == ["dead", "ok", "ok"]
    assert any("no rectifier follows" in note for note in found.notes)


def test_a_filter_restricts_the_samples_and_an_empty_one_says_why(made: Made) -> None:
    values = np.maximum(normal(2).numpy(), 0)
    values[:200, 0] = 0
    rec = made({"fc": values}, {"x": range(N)}, layers=[layer("relu", 2)])
    assert named(health(rec), "dead") == []
    assert named(health(rec, "x < 200"), "dead") == [0]
    nobody = health(rec, "x > 9999")
    assert nobody["status"].tolist() == ["unknown", "unknown"]
    assert np.isnan(nobody["share_dead"]).all()
    assert nobody.notes[0].startswith("no sample is in x > 9999")


def test_the_site_before_the_activation_is_signed(made: Made) -> None:
    rec = made({"fc": normal(2).numpy()}, layers=[layer("relu", 2)])
    with pytest.raises(DataError, match="pre"):
        health(rec, site="pre")


def test_the_dead_set_of_a_trained_network_is_its_dormant_set(made: Made) -> None:
    rng = np.random.default_rng(4)
    weights: Array = rng.normal(size=(8, 24)).astype(np.float32)
    bias = np.where(np.arange(24) % 3 == 0, -50, 0).astype(np.float32)
    values = np.maximum(rng.normal(size=(N, 8)).astype(np.float32) @ weights + bias, 0)
    found = health(made({"fc": values}, layers=[layer("relu", 24)]))
    assert named(found, "dead") == named(found, "dormant") == list(range(0, 24, 3))
