"""Effects of one unit on later units: differences, both directions, and what each network can do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch_zoo import ZOO, zoo

from neuronaut.core.errors import UnknownName
from neuronaut.core.model import Differentiable, Edit, Site
from neuronaut.models.torch import TorchModel, push, wrap
from neuronaut.models.torch.seeds import Seeds

NETS = [name for name in ZOO if name not in ("compiled", "data parallel")]


def exact(name: str) -> tuple[TorchModel, Any, list[Site]]:
    net, batch = zoo(name)
    model = wrap(net.double(), batch)
    return model, model.to_batch(batch), [site for site in model.sites() if site.name == "post"]


def by_scaling(model: TorchModel, batch: Any, source: Site, unit: int, target: Site) -> np.ndarray[Any, Any]:
    """The slope of the target as the source unit is scaled up and down, ``[sample, target unit]``."""

    def scaled(factor: float) -> np.ndarray[Any, Any]:
        edit = Edit(source, (unit,), "scale", np.array([factor]))
        found = model.run(batch, [target], [edit]).captured[target]
        return found["value"] if "value" in found else found["mean"]

    h = 1e-5
    return (scaled(1 + h) - scaled(1 - h)) / (2 * h)


@pytest.mark.parametrize("name", NETS)
def test_forward_mode_is_the_slope_of_scaling_a_unit(name: str) -> None:
    model, batch, sites = exact(name)
    with model.session():
        for number, source in enumerate(sites[:-1]):
            if model.place_of(source).floating:
                unit = model.graph[source.layer].unit_count - 1
                effects = model.jvp(batch, source, [unit], sites[number + 1 :])
                for target, effect in effects.items():
                    expected = by_scaling(model, batch, source, unit, target)
                    np.testing.assert_allclose(effect[0], expected, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("name", NETS)
def test_reverse_mode_is_forward_mode(name: str) -> None:
    model, batch, sites = exact(name)
    floating = [site for site in sites if model.place_of(site).floating]
    target, sources = floating[-1], floating[:-1]
    units = range(model.graph[target.layer].unit_count)
    backward = model.vjp(batch, target, units, sources)
    for source in sources:
        count = range(model.graph[source.layer].unit_count)
        places = {target: model.place_of(target)}
        with model.session():
            seeds = Seeds(model._session.call, batch, 4, source, model.place_of(source), count)
            forward = push.push(seeds, places)[target]
        np.testing.assert_allclose(backward[source], forward.permute(2, 1, 0).numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("way", ["by_vmap", "by_rows", "by_two_backwards", "by_rows_alone", "by_differences"])
def test_every_way_forward_gives_the_same(way: str) -> None:
    model, batch, _ = exact("functional")
    source, target = Site("a"), Site("d", "pre")
    expected = model.vjp(batch, target, range(3), [source])[source].transpose(2, 1, 0)
    with model.session():
        seeds = Seeds(model._session.call, batch, 4, source, model.place_of(source), range(8))
        found = getattr(push, way)(seeds, {target: model.place_of(target)})
    np.testing.assert_allclose(found[target].numpy(), expected, atol=1e-8)


def test_on_a_relu_network_the_effect_is_gated_weight_times_activation() -> None:
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2))
    model, x = wrap(net, torch.zeros(2, 3)), torch.randn(6, 3)
    effect = model.jvp(x, Site("0"), range(4), [Site("2")])[Site("2")]
    with torch.no_grad():
        h = net[:2](x)
        gate = (net[2](h) > 0).float()
        expected = torch.einsum("bi,ji,bj->ibj", h, net[2].weight, gate)
    np.testing.assert_allclose(effect, expected.numpy(), atol=1e-6)


def test_all_units_of_a_wide_layer_take_the_short_way_round(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    model = wrap(nn.Sequential(nn.Linear(6, 40), nn.ReLU(), nn.Linear(40, 2)), torch.zeros(2, 6))
    monkeypatch.setattr(push, "_push_some", lambda *given: taken.append("forwards"))
    assert model.jvp(torch.randn(3, 6), Site("0"), range(40), [Site("2")])[Site("2")].shape == (40, 3, 2)
    assert taken == []


class Doubling(torch.autograd.Function):
    """Has a backward and no forward mode."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return 2 * x

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        return 2 * gradients[0]


class OwnFunction(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(3, 4), nn.Linear(4, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.b(Doubling.apply(self.a(x)))


@pytest.mark.parametrize("site", [Site("a", "pre"), Site("a")])
def test_an_operation_without_forward_mode_is_passed_all_the_same(site: Site) -> None:
    torch.manual_seed(2)
    net = OwnFunction().double()
    x = torch.randn(3, 3, dtype=torch.float64)
    effect = wrap(net, x).jvp(x, site, [1], [Site("b")])[Site("b")]
    expected = 2 * net.a(x)[:, 1:2] * net.b.weight[:, 1]
    np.testing.assert_allclose(effect[0], expected.detach().numpy(), atol=1e-8)


def test_a_frozen_model_gives_the_same_effects_and_keeps_no_gradient() -> None:
    model, batch, sites = exact("residual")
    free = model.vjp(batch, sites[-1], [0, 2], sites[1:-1])
    for parameter in model.module.parameters():
        parameter.requires_grad_(False)
    held = model.vjp(batch, sites[-1], [0, 2], sites[1:-1])
    assert all(np.array_equal(free[site], held[site]) for site in free)
    assert all(parameter.grad is None for parameter in model.module.parameters())


def test_integers_have_no_effect_and_the_shape_stays() -> None:
    model, batch, _ = exact("categories")
    effect = model.jvp(batch, Site("input.kinds"), [0, 1], [Site("fc2")])[Site("fc2")]
    assert effect.shape == (2, 4, 1)
    assert not effect.any()


def test_a_detach_stops_the_effect_and_the_edge_says_so() -> None:
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(3, 4), nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.b(self.a(x).flip(1).detach())

    x = torch.randn(3, 3)
    model = wrap(Cut(), x)
    assert model.graph.into("b")[0].cut == "detach"
    assert not model.jvp(x, Site("a"), [0], [Site("b")])[Site("b")].any()


def test_a_unit_that_is_not_there_is_named() -> None:
    model, batch, sites = exact("lenet")
    with pytest.raises(UnknownName, match="no unit 4 in conv1: it has 4, 0 to 3"):
        model.jvp(batch, Site("conv1"), [4], sites[2:])
    with pytest.raises(UnknownName, match="no unit 9 in conv1"):
        model.run(batch, (), [Edit(Site("conv1"), (9,), "zero")])


def test_a_wrapped_model_is_differentiable() -> None:
    assert isinstance(exact("lenet")[0], Differentiable)
