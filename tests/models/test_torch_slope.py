"""Slopes: a unit as a function of whole layers, against autograd, finite differences and edits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch_zoo import ZOO, zoo

from neuronaut.core.errors import DataError, UnknownName, UnsupportedModel
from neuronaut.core.model import Attributable, Edit, Relevance, Site
from neuronaut.models.torch import TorchModel, wrap
from neuronaut.models.torch.tape import replace

KINKS = {("unet", "down")}
"""Layers whose values tie in a max-pool: there a finite difference is one-sided."""


def doubled(name: str) -> tuple[TorchModel, Any]:
    net, data = zoo(name)
    batch = replace(data, torch.Tensor, lambda one: one.double() if one.is_floating_point() else one)
    return wrap(net.double(), batch), batch


def layers(model: TorchModel) -> tuple[Site, list[Site]]:
    """The last layer, and the earlier ones that hold floating numbers."""
    readable = {site.layer: site for site in model.sites() if site.name == "post"}
    *earlier, last = [readable[name] for name in model.graph.names if name in readable]
    return last, [site for site in earlier if model.place_of(site).floating]


def pictures() -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(48, 2)).double().eval()


def test_the_torch_model_can_be_attributed() -> None:
    assert isinstance(wrap(nn.Linear(2, 1), torch.zeros(2, 2)), Attributable)


@pytest.mark.parametrize("name", ZOO)
def test_the_derivative_along_any_direction_is_the_finite_difference(name: str) -> None:
    model, batch = doubled(name)
    last, earlier = layers(model)
    rng, h = np.random.default_rng(0), 1e-6
    for site in earlier:
        here = model.slope(batch, last, 0, [site])
        if site not in here.gradient or (name, site.layer) in KINKS:
            continue
        way = rng.normal(size=here.activation[site].shape)
        sides = [model.slope(batch, last, 0, put={site: here.activation[site] + sign * h * way}) for sign in (1, -1)]
        expected = (sides[0].value - sides[1].value) / (2 * h)
        found = (here.gradient[site] * way).reshape(len(way), -1).sum(1)
        assert np.abs(found - expected).max() < 1e-4 * max(1.0, np.abs(expected).max()), site


@pytest.mark.parametrize("name", ZOO)
def test_putting_a_layers_own_values_changes_nothing(name: str) -> None:
    model, batch = doubled(name)
    last, earlier = layers(model)
    plain = model.slope(batch, last, 0)
    for site in earlier:
        own = model.slope(batch, last, 0, [site])
        assert np.array_equal(own.value, plain.value)
        again = model.slope(batch, last, 0, put={site: own.activation[site]})
        assert np.array_equal(again.value, plain.value)


def test_the_gradient_of_inputs_is_autograds_with_channels_last() -> None:
    net, x = pictures(), torch.randn(4, 2, 6, 6, dtype=torch.float64, requires_grad=True)
    (expected,) = torch.autograd.grad(net(x)[:, 1].sum(), x)
    found = wrap(net, x.detach()).slope(x.detach(), Site("3"), 1, [Site("input")])
    np.testing.assert_allclose(found.gradient[Site("input")], np.moveaxis(expected.numpy(), 1, -1), atol=1e-15)
    np.testing.assert_array_equal(found.value, net(x)[:, 1].detach().numpy())


def test_a_unit_with_positions_stands_for_their_mean() -> None:
    net, x = pictures(), torch.randn(3, 2, 6, 6, dtype=torch.float64)
    found = wrap(net, x).slope(x, Site("0"), 2, [Site("input")])
    np.testing.assert_allclose(found.value, net[:2](x)[:, 2].mean((1, 2)).detach().numpy())


def test_zeros_put_at_one_unit_are_what_an_edit_to_zero_does() -> None:
    net, x = pictures(), torch.randn(5, 2, 6, 6, dtype=torch.float64)
    model, site = wrap(net, x), Site("0")
    values = np.array(model.slope(x, Site("3"), 0, [site]).activation[site])
    values[..., 1] = 0
    edited = model.run(x, (), [Edit(site, (1,), "zero")]).outputs["output"][:, 0]
    np.testing.assert_allclose(model.slope(x, Site("3"), 0, put={site: values}).value, edited)


def test_a_later_layer_and_one_behind_a_detach_have_no_gradient() -> None:
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(2, 2), nn.Linear(2, 1)

        def forward(self, x: torch.Tensor) -> Any:
            return self.b(self.a(x).detach())

    x = torch.randn(3, 2)
    model = wrap(Cut(), x)
    assert model.slope(x, Site("b"), 0, [Site("input")]).gradient == {}
    assert model.slope(x, Site("a"), 0, [Site("b")]).gradient == {}


def test_the_module_is_left_as_it_was() -> None:
    net, x = pictures().train(), torch.randn(3, 2, 6, 6, dtype=torch.float64)
    net[3].weight.requires_grad_(False)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    model = wrap(net, x)
    with model.session():
        model.slope(x, Site("3"), 0, [Site("0")])
        model.slope(x, Site("3"), 0, [Site("input")], rule=Relevance())
    assert [parameter.requires_grad for parameter in net.parameters()] == [True, True, False, True]
    assert all(parameter.grad is None for parameter in net.parameters())
    assert net.training and not net[0]._forward_hooks
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_whole_numbers_other_shapes_and_unknown_units_are_refused_by_name() -> None:
    model, batch = doubled("tokens")
    last, _ = layers(model)
    with pytest.raises(DataError, match="input holds whole numbers"):
        model.slope(batch, last, 0, [Site("input")])
    net, x = pictures(), torch.randn(3, 2, 6, 6, dtype=torch.float64)
    with pytest.raises(DataError, match=r"0 takes values of shape \(3, 4, 4, 3\); got \(3, 3\)"):
        wrap(net, x).slope(x, Site("3"), 0, put={Site("0"): np.zeros((3, 3))})
    with pytest.raises(UnknownName, match="no unit 9 in 3"):
        wrap(net, x).slope(x, Site("3"), 9, [Site("0")])


def test_a_layer_inside_an_autograd_function_is_refused() -> None:
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
            return 2 * nn.functional.linear(x, weight)

        @staticmethod
        def backward(ctx: Any, gradient: torch.Tensor) -> Any:
            return gradient, None

    class Sealed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight, self.out = nn.Parameter(torch.ones(2, 2)), nn.Linear(2, 1)

        def forward(self, x: torch.Tensor) -> Any:
            return self.out(Twice.apply(x, self.weight))

    x = torch.randn(3, 2)
    model = wrap(Sealed(), x)
    sealed = next(site for site in model.sites() if model.place_of(site).sealed)
    with pytest.raises(UnsupportedModel, match=r"inside an autograd\.Function"):
        model.slope(x, Site("out"), 0, [sealed])
