"""A wrapped model: its layers, its values, and that it is left as it was."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from neuronaut.core.model import Site
from neuronaut.core.selection import select_layers
from neuronaut.models.torch import wrap


def mlp() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(), nn.Linear(4, 2)).eval()


def test_a_sequential_mlp_has_its_inputs_and_linear_layers_as_layers() -> None:
    model = wrap(mlp(), torch.zeros(2, 3))
    assert model.graph.names == ("input", "0", "4")
    assert [layer.unit_count for layer in model.graph.layers] == [3, 4, 2]
    assert [layer.rank for layer in model.graph.layers] == [0, 1, 2]
    assert [layer.output for layer in model.graph.layers] == [False, False, True]


def test_values_at_pre_and_post_are_those_of_the_modules_themselves() -> None:
    net, x = mlp(), torch.randn(5, 3)
    run = wrap(net, x).run(x.numpy(), [Site("0", "pre"), Site("0"), Site("4")])
    with torch.no_grad():
        assert np.array_equal(run.captured[Site("0", "pre")]["value"], net[0](x).numpy())
        assert np.array_equal(run.captured[Site("0")]["value"], net[:3](x).numpy())
        assert np.array_equal(run.outputs["output"], net(x).numpy())


def test_all_selected_layers_are_taken_by_the_star() -> None:
    model = wrap(mlp(), torch.zeros(2, 3))
    assert [site.layer for site in select_layers(model.graph)] == ["input", "0", "4"]
