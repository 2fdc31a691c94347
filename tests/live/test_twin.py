"""The random twin: the same network, other weights, the same samples; and where units stand against it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import neuronaut as naut
from neuronaut.core.errors import DataError, NeedsModel, UnsupportedModel
from neuronaut.live.twin import random_twin
from neuronaut.models.torch.reinitialise import reinitialised

Array = np.ndarray[Any, np.dtype[Any]]


def table(n: int = 200) -> Array:
    return np.random.default_rng(0).normal(size=(n, 5)).astype(np.float32)


def net() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(5, 24), nn.ReLU(), nn.Linear(24, 1))


def states(module: nn.Module) -> dict[str, Array]:
    return {name: value.numpy().copy() for name, value in module.state_dict().items()}


def test_the_twin_has_the_layers_and_samples_of_the_recording_and_other_values() -> None:
    model, X = net(), table()
    rec = naut.record(model, X, influence=False)
    before = states(model)
    twin = random_twin(rec, model)
    assert list(twin.layers) == list(rec.layers)
    np.testing.assert_array_equal(twin.sample_ids, rec.sample_ids)
    np.testing.assert_array_equal(twin.half, rec.half)
    np.testing.assert_array_equal(twin["input"].read(), X)
    fresh, _ = reinitialised(model, seed=0)
    with torch.no_grad():
        np.testing.assert_allclose(twin["0"].read(), torch.relu(fresh[0](torch.from_numpy(X))).numpy(), atol=1e-6)
    assert np.abs(twin["0"].read() - rec["0"].read()).mean() > 0.1
    assert twin.verify() == []
    for name, value in states(model).items():
        np.testing.assert_array_equal(value, before[name])


def test_the_same_seed_gives_the_same_twin_and_another_seed_another(tmp_path: Path) -> None:
    model = net()
    rec = naut.record(model, table(), influence=False)
    torch.manual_seed(9)
    state = torch.get_rng_state()
    first, again = random_twin(rec, model), random_twin(rec, model, to=tmp_path / "again.naut")
    other = random_twin(rec, model, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(first["2"].read(), again["2"].read())
    assert first.id == again.id != other.id
    assert (first["2"].read() != other["2"].read()).any()


def test_images_need_the_data_and_give_the_same_reductions() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 2))
    model[1].running_mean += 5
    images = np.random.default_rng(1).normal(size=(40, 1, 6, 6)).astype(np.float32)
    rec = naut.record(model, images, influence=False)
    with pytest.raises(DataError, match="Pass what was recorded as data="):
        random_twin(rec, model)
    twin = random_twin(rec, model, images)
    fresh, _ = reinitialised(model, seed=0)
    fresh.eval()
    with torch.no_grad():
        expected = torch.relu(fresh[1](fresh[0](torch.from_numpy(images)))).numpy()
    np.testing.assert_allclose(twin["0"].max.read(), expected.max((2, 3)), atol=1e-5)
    assert (fresh[1].running_mean == 0).all()


def test_every_part_is_drawn_anew_or_shuffled_and_the_shuffled_are_named() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.utils.parametrizations.weight_norm(nn.Linear(4, 4))
            self.attention = nn.MultiheadAttention(4, 2)
            self.own = nn.Parameter(torch.arange(6.0))
            self.scale = nn.Parameter(torch.ones(1))
            self.norm = nn.LayerNorm(4)

    torch.manual_seed(1)
    module = Odd()
    with torch.no_grad():
        module.norm.weight.mul_(2)
    twin, notes = reinitialised(module)
    for (name, old), new in zip(module.named_parameters(), twin.parameters(), strict=True):
        if name != "scale" and "bias" not in name:
            assert not torch.equal(old, new), name
    assert sorted(twin.own.tolist()) == list(range(6))
    assert len(notes) == 1
    assert notes[0].startswith("own, linear.parametrizations.weight.original")


def test_tied_weights_stay_tied() -> None:
    module = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
    module[2].weight = module[0].weight
    twin, _ = reinitialised(module)
    assert twin[2].weight is twin[0].weight
    assert not torch.equal(twin[0].weight, module[0].weight)


def trained() -> tuple[nn.Sequential, Array, Array]:
    """A network that learned the sign of a faint direction of the inputs."""
    X = np.random.default_rng(5).normal(size=(800, 20)).astype(np.float32)
    y = (X[:, 0] > 0).astype(np.float32)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 1))
    adam = torch.optim.Adam(model.parameters(), 0.02)
    for _ in range(80):
        loss = nn.functional.binary_cross_entropy_with_logits(model(torch.from_numpy(X))[:, 0], torch.from_numpy(y))
        adam.zero_grad()
        loss.backward()
        adam.step()
    return model, X, y


def test_what_was_learned_stands_out_against_the_twin_and_what_was_not_does_not() -> None:
    model, X, y = trained()
    chance = np.random.default_rng(6).random(800) < 0.5
    rec = naut.record(model, X, metadata={"y": y == 1, "chance": chance}, influence=False)
    learned = naut.compare(rec, "y", layers="2", twin=True, model=model)["twin_percentile"]
    noise = naut.compare(rec, "chance", layers="2", twin=True, model=model)["twin_percentile"]
    assert np.nanmedian(learned) == 100
    assert np.nanmedian(noise) < 90


def test_a_twin_that_was_recorded_before_gives_the_same_answer() -> None:
    model, X = net(), table()
    rec = naut.record(model, X, metadata={"a": X[:, 0] > 0}, influence=False)
    made = naut.compare(rec, "a", twin=True, model=model, seed=2)
    given = naut.compare(rec, "a", twin=random_twin(rec, model, seed=2), seed=2)
    np.testing.assert_array_equal(made["twin_percentile"], given["twin_percentile"])


def test_what_cannot_be_made_is_refused_with_what_to_do() -> None:
    model, X = net(), table()
    rec = naut.record(model, X, metadata={"a": X[:, 0] > 0}, influence=False)
    with pytest.raises(NeedsModel, match="Pass model= as well"):
        naut.compare(rec, "a", twin=True)
    with pytest.raises(DataError, match="Pass twin=True"):
        naut.compare(rec, "a", model=model)
    with pytest.raises(UnsupportedModel, match="cannot be drawn anew"):
        naut.compare(rec, "a", twin=True, model=object())
    torch.manual_seed(4)
    with pytest.raises(DataError, match="is not the"):
        naut.compare(rec, "a", twin=True, model=nn.Sequential(nn.Linear(5, 24), nn.ReLU(), nn.Linear(24, 1)))
    with pytest.raises(DataError, match="from 0 on"):
        random_twin(rec, model, seed=-1)
