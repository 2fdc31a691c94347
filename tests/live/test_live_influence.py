"""Influence measured on the live model, against ablation, gradients and finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import neuronaut as naut
from neuronaut.analysis.groups import group_of
from neuronaut.core.errors import AddressError, DataError, NeedsModel, UnknownName
from neuronaut.core.model import Edit, Site
from neuronaut.core.result import Result
from neuronaut.live.influence import influence, probe_rows
from neuronaut.live.questions import live_questions
from neuronaut.live.wrapped import as_model


def seeded(make: Any, seed: int = 0) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module: nn.Module = make().double().eval()
        return module


def rows(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner, self.outer, self.last = nn.Linear(4, 6), nn.Linear(6, 4), nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.last(torch.tanh(x + self.outer(torch.tanh(self.inner(x)))))
        return out


def conv_net() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.SiLU(), nn.AvgPool2d(2),
        nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(16, 2),
    )  # fmt: skip


def linear_net() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 6), nn.Linear(6, 3))


def relu_net() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3))


def effects(found: Result, layer: str) -> np.ndarray:
    """The effects on (or of) one layer, by unit."""
    by_unit = {
        int(address.rpartition(":")[2]): value
        for address, at, value in zip(found.coords["unit"], found.coords["layer"], found["effect"], strict=True)
        if at == layer
    }
    return np.array([by_unit[unit] for unit in sorted(by_unit)])


def mean_change(module: nn.Module, X: np.ndarray, edit: Edit, target: str) -> np.ndarray:
    """What an edit does to a layer, averaged over samples (and positions): untouched minus edited."""
    model, at = as_model(module, X[:2]), Site(target)
    captured = [model.run(X, (at,), edits).captured[at] for edits in ((), (edit,))]
    before, after = [seen["mean" if "mean" in seen else "value"] for seen in captured]
    return np.asarray((before - after).mean(0))


@pytest.mark.parametrize(("source", "targets"), [("0", ("1", "2")), ("1", ("2",)), ("input", ("0", "1", "2"))])
def test_in_a_linear_network_it_is_the_true_difference_that_removing_the_unit_makes(
    source: str, targets: tuple[str, ...]
) -> None:
    net, X = seeded(linear_net), rows(30, 4)
    rec = naut.record(net, X, influence=False)
    found = influence(rec, f"{source}:2", model=net, direction="forward")
    for target in targets:
        removed = mean_change(net, X, Edit(Site(source), (2,), "zero"), target)
        assert np.allclose(effects(found, target), removed, rtol=1e-5)


def test_in_a_relu_network_it_is_gradient_times_activation() -> None:
    net, X = seeded(relu_net), rows(40, 4)
    rec = naut.record(net, X, influence=False)
    hidden = net[:2](torch.from_numpy(X)).detach().requires_grad_()
    out = net[2:](hidden)
    expected = np.stack(
        [
            (torch.autograd.grad(out[:, k].sum(), hidden, retain_graph=True)[0] * hidden).mean(0).detach()
            for k in range(3)
        ],
        1,
    )
    forwards = np.stack(
        [effects(influence(rec, f"0:{unit}", model=net, direction="forward"), "4") for unit in range(8)]
    )
    backwards = np.stack([effects(influence(rec, f"4:{k}", model=net, direction="backward"), "0") for k in range(3)], 1)
    assert np.abs(forwards - expected).max() < 1e-5
    assert np.abs(backwards - expected).max() < 1e-5


@pytest.mark.parametrize(
    ("make", "shape", "source", "target"),
    [
        (conv_net, (10, 1, 8, 8), "0:1", "3"),
        (conv_net, (10, 1, 8, 8), "0:1", "6"),
        (conv_net, (10, 1, 8, 8), "input:0", "6"),
        (Residual, (25, 4), "inner:3", "last"),
        (Residual, (25, 4), "input:2", "last"),
        (Residual, (25, 4), "outer:1", "last"),
    ],
)
def test_in_convolutional_and_residual_networks_it_is_the_finite_difference(
    make: Any, shape: tuple[int, ...], source: str, target: str
) -> None:
    net, X, h = seeded(make), rows(*shape), 1e-4
    rec = naut.record(net, X, influence=False)
    layer, _, unit = source.partition(":")
    more, less = (
        mean_change(net, X, Edit(Site(layer), (int(unit),), "scale", np.array([1 + sign * h])), target)
        for sign in (1, -1)
    )
    found = influence(rec, source, model=net, data=X, direction="forward")
    assert np.allclose(effects(found, target), (less - more) / (2 * h), rtol=1e-4, atol=1e-9)


def test_both_directions_are_the_same_effect_seen_from_either_end() -> None:
    net, X = seeded(conv_net), rows(9, 1, 8, 8)
    rec = naut.record(net, X, influence=False)
    ahead = np.stack(
        [effects(influence(rec, f"0:{unit}", model=net, data=X, direction="forward"), "3") for unit in range(3)]
    )
    back = np.stack(
        [effects(influence(rec, f"3:{unit}", model=net, data=X, direction="backward"), "0") for unit in range(4)], 1
    )
    assert np.allclose(ahead, back, rtol=1e-4, atol=1e-8)
    both = influence(rec, "3:1", model=net, data=X)
    assert np.allclose(effects(both, "0"), back[:, 1])
    assert set(both.coords["layer"]) == {"input", "0", "6"}


def test_on_all_samples_it_is_what_was_stored_and_on_a_slice_it_is_that_slice_alone() -> None:
    net, X = seeded(relu_net), rows(40, 4)
    rec = naut.record(net, X, metadata={"side": ["l", "r"] * 20}, influence=True)
    stored, fresh = influence(rec, "0:3"), influence(rec, "0:3", model=net)
    for layer in ("input", "2", "4"):
        assert np.allclose(effects(stored, layer), effects(fresh, layer), atol=1e-6)
    half = influence(rec, "0:3", "side == 'l'", net)
    alone = influence(naut.record(net, X[::2], influence=False), "0:3", model=net)
    assert np.allclose(effects(half, "4"), effects(alone, "4"))
    assert dict(half.n) == {'side == "l"': 20}


def test_shares_of_a_layer_have_the_sign_of_the_effects_and_sum_to_one_in_size() -> None:
    net, X = seeded(relu_net), rows(40, 4)
    rec = naut.record(net, X, influence=True)
    for found in (influence(rec, "2:1"), influence(rec, "2:1", model=net)):
        layers = np.array(found.coords["layer"])
        for layer in ("input", "0", "4"):
            mine = layers == layer
            assert np.abs(found["share"][mine]).sum() == pytest.approx(1, abs=1e-5)
            assert (np.sign(found["share"][mine]) == np.sign(found["effect"][mine])).all()


def test_effects_that_cancel_over_samples_still_show_their_size() -> None:
    net = seeded(lambda: nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)))
    with torch.no_grad():
        net[0].weight.fill_(1.0), net[1].weight.fill_(3.0)
    found = influence(
        naut.record(net, np.array([[1.0], [-1.0]]), influence=False), "0:0", model=net, direction="forward"
    )
    assert found["effect"].tolist() == [0.0]
    assert found["mean_abs"].tolist() == [3.0]


def test_many_samples_are_measured_on_at_most_256_with_as_many_of_each_class_and_it_is_said() -> None:
    net, X = seeded(relu_net), rows(2000, 4)
    y = np.where(np.arange(2000) % 50 == 0, 2, np.arange(2000) % 2)
    rec = naut.record(net, X, labels=y, influence=False)
    assert np.bincount(y[probe_rows(rec, group_of(rec, None))]).tolist() == [86, 86, 40]
    found = influence(rec, "0:0", model=net)
    assert dict(found.n) == {"all": 212}
    assert "measured on 212 of the 2,000 samples in all" in found.notes[0]
    even = naut.record(net, X, labels=np.arange(2000) % 2, influence=False)
    assert dict(influence(even, "0:0", model=net).n) == {"all": 256}


def test_a_unit_before_the_activation_is_asked_for_by_its_address() -> None:
    net, X = seeded(relu_net), rows(12, 4)
    rec = naut.record(net, X, influence=True)
    with pytest.raises(NeedsModel, match=r"that of '0:1', not of '0\.pre:1'"):
        influence(rec, "0.pre:1")
    before = net[0](torch.from_numpy(X)).detach().requires_grad_()
    (slope,) = torch.autograd.grad(net[1:](before)[:, 2].sum(), before)
    found = influence(rec, "0.pre:1", model=net, direction="forward")
    assert effects(found, "4")[2] == pytest.approx((slope * before).detach().mean(0)[1].item(), rel=1e-5)


def test_the_model_is_left_as_it_was() -> None:
    net, X = seeded(relu_net).train(), rows(12, 4)
    rec = naut.record(net, X, influence=False)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    drawn = torch.get_rng_state()
    influence(rec, "0:1", model=net)
    assert net.training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), drawn)
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in net.modules())
    assert all(parameter.grad is None for parameter in net.parameters())


def test_what_cannot_be_answered_is_refused_with_the_reason() -> None:
    net, X = seeded(relu_net), rows(12, 4)
    rec = naut.record(net, X, metadata={"age": range(12)}, influence=False)
    with pytest.raises(NeedsModel, match=r"chosen samples is measured on the live model.*Pass model="):
        influence(rec, "0:1", where="age > 3")
    with pytest.raises(NeedsModel, match=r"holds no influence.*Pass model="):
        influence(rec, "0:1")
    with pytest.raises(DataError, match="no sample is in age > 30"):
        influence(rec, "0:1", "age > 30", net)
    with pytest.raises(DataError, match="its structure or weights are others"):
        influence(rec, "0:1", model=seeded(relu_net, 1))
    with pytest.raises(AddressError, match="names a layer of 8 units"):
        influence(rec, "0", model=net)
    with pytest.raises(UnknownName, match="no direction 'up'"):
        influence(rec, "0:1", model=net, direction="up")


def test_a_page_is_answered_by_the_live_model_where_no_influence_was_recorded() -> None:
    net, X = seeded(relu_net), rows(40, 4)
    rec = naut.record(net, X, influence=False)
    other = naut.record(seeded(linear_net), rows(30, 4), influence=False)
    asked = live_questions(rec, net)["effects"]
    found, places = asked(rec, "2:3"), dict(zip(rec.layers, (0, 4, 12, 18), strict=True))
    assert found.params["live"] and found.notes[0] == "Computed now by the live model, on 40 of 40 samples."
    for layer, way in (("4", "forward"), ("0", "backward"), ("input", "backward")):
        told = effects(influence(rec, "2:3", model=net, direction=way), layer)
        start = places[layer]
        assert np.array_equal(found[way][start : start + len(told)], told)
    assert not found["forward"][:18].any() and not found["backward"][12:].any()
    nothing = asked(other, "1:0")
    assert not nothing.n and "holds no influence" in nothing.notes[0]
    assert "effects" not in live_questions(naut.record(net, X, influence=True), net)
