"""Relevance: by hand, by the formula, against Captum, conserved in every kind of network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import LRP
from captum.attr._utils.lrp_rules import EpsilonRule, GammaRule
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch_zoo import ZOO, zoo

from neuronaut.core.errors import UnsupportedModel
from neuronaut.core.model import Relevance, Site, Slope
from neuronaut.models.torch import wrap
from neuronaut.models.torch.tape import replace

REFUSED = {
    "functional": "sigmoid",
    "batch norm, dropout": "layer_norm",
    "mbconv": "sigmoid",
    "one dict": "mul",
    "raw parameters": "glu",
    "reused": "layer_norm",
    "tokens": "mul",
}
"""What has no rule, by network."""


def seeded(*parts: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    for part in parts:
        reset = getattr(part, "reset_parameters", None)
        if reset is not None:
            reset()
    return nn.Sequential(*parts).double().eval()


def data(*shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(1).normal(size=shape))


def relevance(found: Slope, layer: str = "input") -> np.ndarray:
    return np.asarray(found.activation[Site(layer)] * found.gradient[Site(layer)])


def test_the_epsilon_rule_by_hand() -> None:
    """x = (1, 2), z = (1 + 4, 3 - 2 + 1) = (5, 2), F = 1 * 5 - 2 * 2 = 1: R of z is (5, -4).

    x0 gets 1/5 of 5 and 3/2 of -4, that is -5; x1 gets 4/5 of 5 and -2/2 of -4, that is 8; the bias 1/2 of -4.
    """
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)).double()
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[1.0, 2.0], [3.0, -1.0]]))
        net[0].bias.copy_(torch.tensor([0.0, 1.0]))
        net[2].weight.copy_(torch.tensor([[1.0, -2.0]]))
        net[2].bias.zero_()
    x = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    found = wrap(net, x).slope(x, Site("2"), 0, [Site("input")], rule=Relevance(0.0, 0.0))
    np.testing.assert_allclose(relevance(found), [[-5.0, 8.0]])
    assert found.absorbed == pytest.approx(-2.0) and found.value.tolist() == [1.0]


@pytest.mark.parametrize("epsilon", [1e-9, 0.3])
def test_in_a_dense_network_it_is_the_formula(epsilon: float) -> None:
    net, x = seeded(nn.Linear(4, 7), nn.Tanh(), nn.Linear(7, 5), nn.ReLU(), nn.Linear(5, 3)), data(6, 4)
    weights = [(part.weight.detach().numpy(), part.bias.detach().numpy()) for part in net if hasattr(part, "weight")]
    activations = [x.numpy(), net[:2](x).detach().numpy(), net[:4](x).detach().numpy()]
    R = np.zeros((6, 3))
    R[:, 1] = net(x).detach().numpy()[:, 1]
    for a, (W, b) in zip(reversed(activations), reversed(weights), strict=True):
        z = a @ W.T + b
        R = np.einsum("ni,ji,nj->ni", a, W, R / (z + epsilon * np.where(z < 0, -1, 1)))
    found = wrap(net, x).slope(x, Site("4"), 1, [Site("input")], rule=Relevance(epsilon, 0.0))
    np.testing.assert_allclose(relevance(found), R, atol=1e-12)


class Pictures(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.head = nn.Conv2d(1, 3, 3, bias=False), nn.Conv2d(3, 4, 2, bias=False), nn.Linear(16, 2)
        self.relu, self.relu2, self.pool = nn.ReLU(), nn.ReLU(), nn.MaxPool2d(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.head(self.relu2(self.two(self.pool(self.relu(self.one(x))))).flatten(1))
        return out


@pytest.mark.parametrize("gamma", [0.0, 0.25, 2.0])
def test_it_is_what_captum_gives_for_a_convolutional_network(gamma: float) -> None:
    torch.manual_seed(0)
    net, x = Pictures().double().eval(), data(4, 1, 8, 8).abs()
    for part in net.children():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            gentle = gamma and isinstance(part, nn.Conv2d)
            part.rule = GammaRule(gamma=gamma) if gentle else EpsilonRule(1e-9)
    expected = LRP(net).attribute(x.requires_grad_(), target=1).detach().numpy()
    found = wrap(net, x.detach()).slope(x.detach(), Site("head"), 1, [Site("input")], rule=Relevance(1e-9, gamma))
    np.testing.assert_allclose(relevance(found), np.moveaxis(expected, 1, -1), atol=1e-9)


@pytest.mark.parametrize("gamma", [0.0, 0.25])
@pytest.mark.parametrize("name", sorted(set(ZOO) - set(REFUSED)))
def test_it_is_conserved_in_every_layer_of_every_network(name: str, gamma: float) -> None:
    net, rows = zoo(name)
    batch = replace(rows, torch.Tensor, lambda one: one.double() if one.is_floating_point() else one)
    model = wrap(net.double(), batch)
    *earlier, last = [Site(layer.name) for layer in model.graph.layers]
    for site in earlier:
        if not model.place_of(site).floating:
            continue
        found = model.slope(batch, last, 0, [site], rule=Relevance(1e-9, gamma))
        assert found.around is not None
        held = relevance(found, site.layer).sum() if site in found.gradient else 0.0
        assert held + found.absorbed + found.around.sum() == pytest.approx(found.value.sum(), abs=1e-9), site


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_rule_is_refused_by_name(name: str) -> None:
    net, batch = zoo(name)
    model = wrap(net, batch)
    names = [site.layer for site in model.sites() if site.name == "post"]
    start = next(layer for layer in names if model.place_of(Site(layer)).floating)
    with pytest.raises(UnsupportedModel, match=rf"no rule for {REFUSED[name]}: .*method='integrated'"):
        model.slope(batch, Site(names[-1]), 0, [Site(start)], rule=Relevance())


@pytest.mark.parametrize(
    ("part", "word"),
    [
        (nn.Sigmoid(), "sigmoid"),
        (nn.Softplus(), "softplus"),
        (nn.Softmax(1), "softmax"),
        (nn.BatchNorm1d(5, track_running_stats=False), "batch_norm"),
        (nn.GroupNorm(1, 5), "group_norm"),
    ],
)
def test_activations_that_are_not_0_at_0_and_norms_of_the_batch_have_no_rule(part: nn.Module, word: str) -> None:
    net, x = seeded(nn.Linear(4, 5), part, nn.Linear(5, 2)), data(6, 4)
    with pytest.raises(UnsupportedModel, match=f"no rule for {word}"):
        wrap(net, x).slope(x, Site("2"), 0, [Site("input")], rule=Relevance())


@pytest.mark.parametrize("part", [nn.GELU(), nn.SiLU(), nn.ELU(), nn.LeakyReLU(), nn.PReLU(), nn.Hardtanh(), nn.Mish()])
def test_activations_that_are_0_at_0_pass_all_relevance(part: nn.Module) -> None:
    net, x = seeded(nn.Linear(4, 5, bias=False), part, nn.Linear(5, 2, bias=False)), data(6, 4)
    found = wrap(net, x).slope(x, Site("2"), 0, [Site("input")], rule=Relevance(0.0, 0.0))
    np.testing.assert_allclose(relevance(found).sum(1), found.value, atol=1e-12)


@pytest.mark.parametrize("inplace", [False, True])
def test_a_norm_after_a_convolution_counts_as_part_of_its_weights(inplace: bool) -> None:
    torch.manual_seed(3)
    conv, norm = nn.Conv2d(2, 4, 3).double(), nn.BatchNorm2d(4).double()
    for held in (norm.weight.data, norm.bias.data, norm.running_mean):
        held.normal_()
    norm.running_var.uniform_(0.5, 2)
    tail: Any = (nn.ReLU(inplace), nn.Flatten(), nn.Linear(64, 2).double())
    apart = nn.Sequential(conv, norm, *tail).eval()
    fused = nn.Sequential(fuse_conv_bn_eval(conv.eval(), norm.eval()), *tail).eval()
    x = data(3, 2, 6, 6)
    one, other = (
        wrap(net, x).slope(x, Site(last), 1, [Site("input")], rule=Relevance(1e-9, 0.25))
        for net, last in ((apart, "4"), (fused, "3"))
    )
    np.testing.assert_allclose(relevance(one), relevance(other), atol=1e-9)
    assert one.absorbed == pytest.approx(other.absorbed)
