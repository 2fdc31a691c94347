"""Edges against the network itself: every layer but two held still, one unit shifted, the other layer read."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
import torch
from torch_zoo import ZOO, zoo

from neuronaut.core.layer import Edge, Layer
from neuronaut.core.model import Site
from neuronaut.models.torch import TorchModel, wrap
from neuronaut.models.torch.batches import take_rows
from neuronaut.models.torch.reduce import canonical

SHIFT = 2.0**-10
NETS = [name for name in ZOO if name not in ("compiled", "compiled child", "data parallel")]


@functools.cache
def still(name: str) -> tuple[TorchModel, dict[tuple[str, str], np.ndarray[Any, Any]]]:
    """A net in float64, and how each layer moves, ``[source unit, sample, *position, target unit]``, when one unit of
    an earlier layer is shifted everywhere and all other layers are held at what they were."""
    net, batch = zoo(name)
    model = wrap(net.double(), batch)
    layers = [layer for layer in model.graph.layers if Site(layer.name) in model.sites()]
    floating = [layer for layer in layers if model.place_of(Site(layer.name)).floating]
    with model.session(), torch.no_grad():
        clean = {Site(layer.name): raw(model, Site(layer.name)) for layer in floating}
        return model, {
            (source.name, target.name): moved(model, clean, source, target)
            for number, source in enumerate(floating)
            for target in layers[layers.index(source) + 1 :]
            if target.kind != "input"
        }


def raw(model: TorchModel, site: Site) -> torch.Tensor:
    kept: list[torch.Tensor] = []
    model._session.call(model._found.example, [site], lambda _, tensor: kept.append(tensor.clone()), (), leave)
    return kept[0]


def leave(site: Site, tensor: torch.Tensor) -> torch.Tensor:
    return tensor


def moved(model: TorchModel, clean: dict[Site, torch.Tensor], source: Layer, target: Layer) -> np.ndarray[Any, Any]:
    """One pass: the two samples once as they were, then once more for each unit."""
    copies = source.unit_count + 1
    seen: list[torch.Tensor] = []

    def see(site: Site, tensor: torch.Tensor) -> None:
        found = canonical(tensor, model.place_of(site), 2 * copies)
        seen.append(found.reshape(copies, 2, *found.shape[1:]).clone())

    def change(site: Site, tensor: torch.Tensor) -> torch.Tensor:
        value = torch.cat([clean[site]] * copies, model.place_of(site).sample_axis)
        if site.layer == source.name:
            units = canonical(value, model.place_of(site), 2 * copies)
            for unit in range(source.unit_count):
                units[2 * unit + 2 : 2 * unit + 4, ..., unit] += SHIFT
        return tensor.copy_(value) if model.place_of(site).inplace else value

    batch = take_rows(model._found.example, [0, 1] * copies)
    held = [site for site in clean if site.layer != target.name]
    model._session.call(batch, [Site(target.name, target.sites[0])], see, held, change)
    return ((seen[0][1:] - seen[0][:1]) / SHIFT).numpy()


@pytest.mark.parametrize("name", NETS)
def test_the_edge_list_is_where_the_direct_jacobian_is_not_zero(name: str) -> None:
    model, jacobians = still(name)
    sources = {source for source, _ in jacobians}
    found = {pair for pair, jacobian in jacobians.items() if np.abs(jacobian).max() > 1e-9}
    assert found == {(edge.source, edge.target) for edge in model.graph.edges if edge.source in sources}


@pytest.mark.parametrize("name", NETS)
def test_straight_edges_into_weights_are_those_weights(name: str) -> None:
    model, jacobians = still(name)
    parameters = model.parameters()
    for edge in model.graph.edges:
        target = model.graph[edge.target]
        if edge.kind == "linear" and "weight" in target.parameters and edge.take is not None and edge.source != "pos":
            expected = weights(edge, target, model.graph[edge.source].unit_count, parameters)
            np.testing.assert_allclose(read(jacobians[edge.source, edge.target], target), expected, atol=1e-9)


@pytest.mark.parametrize("name", ["inception", "unet", "residual", "structures", "reused", "categories"])
def test_straight_edges_into_junctions_pass_units_on(name: str) -> None:
    model, jacobians = still(name)
    for edge in model.graph.edges:
        target = model.graph[edge.target]
        if target.kind == "junction" and edge.kind == "linear" and edge.take is not None:
            take = edge.take.decode()
            expected = np.zeros((model.graph[edge.source].unit_count, target.unit_count))
            expected[take[take >= 0], np.flatnonzero(take >= 0)] = 1
            np.testing.assert_allclose(read(jacobians[edge.source, edge.target], target), expected, atol=1e-9)


def read(jacobian: np.ndarray[Any, Any], target: Layer) -> np.ndarray[Any, Any]:
    """``[source unit, target unit]`` at an inner position; over all positions where windows do not overlap evenly."""
    middle = jacobian.mean(1)
    if target.attributes.get("transposed") and target.attributes["stride"] != [1] * (middle.ndim - 2):
        return middle.mean(tuple(range(1, middle.ndim - 1)))
    while middle.ndim > 2:
        middle = middle[:, middle.shape[1] // 2]
    return middle


def weights(edge: Edge, target: Layer, units: int, parameters: Any) -> np.ndarray[Any, Any]:
    """The unit by unit matrix from the graph and NumPy alone."""
    axes, attributes = target.attributes["weight_axes"], target.attributes
    weight = np.moveaxis(parameters[target.parameters["weight"]], (axes.index("in"), axes.index("out")), (0, 1))
    weight = weight.reshape(*weight.shape[:2], -1).sum(2)
    groups, transposed = attributes.get("groups", 1), attributes.get("transposed", False)
    if transposed:
        weight = weight / np.prod(attributes["stride"])
    blocks = np.split(weight, groups, axis=0 if transposed else 1)
    inputs, outputs = blocks[0].shape
    full = np.zeros((inputs * groups, outputs * groups))
    for group, block in enumerate(blocks):
        full[group * inputs : (group + 1) * inputs, group * outputs : (group + 1) * outputs] = block
    matrix = np.zeros((units, full.shape[1]))
    for place, unit in enumerate(edge.take.decode()):
        if unit >= 0:
            matrix[unit] += full[place]
    return matrix
