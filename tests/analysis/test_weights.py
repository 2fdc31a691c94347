"""Unit-to-unit weights against torch's own derivatives and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from made_recordings import Array, Made
from torch import nn

from neuronaut.analysis.weights import edge_weights
from neuronaut.core.layer import Edge, Layer, Take
from neuronaut.store.recording import Recording


def recorded(made: Made, weight: Array, target: Layer, units: int, take: Array | None) -> tuple[Recording, Edge]:
    source = Layer("source", "dense", units, "input", 0)
    edge = Edge("source", target.name, "linear", None if take is None else Take.encode(take))
    values = {"source": np.zeros((1, units), np.float32), target.name: np.zeros((1, target.unit_count), np.float32)}
    return made(values, layers=(source, target), edges=(edge,), parameters={"w": weight}), edge


def dense(units: int, *axes: str) -> Layer:
    attributes = {"weight_axes": list(axes or ("out", "in"))}
    return Layer("target", "dense", units, "linear", 1, parameters={"weight": "w"}, attributes=attributes)


def conv(module: nn.Module, operator: str) -> Layer:
    axes = ("y", "x")[: len(module.stride)]
    order = ("in", "out") if module.transposed else ("out", "in")
    attributes = {
        "groups": module.groups,
        "stride": list(module.stride),
        "transposed": module.transposed,
        "weight_axes": [*order, *("window" for _ in axes)],
    }
    return Layer(
        "target", "conv", module.out_channels, operator, 1, axes, (1,) * len(axes),
        parameters={"weight": "w"}, attributes=attributes,
    )  # fmt: skip


def test_a_dense_weight_is_turned_to_source_by_target(made: Made) -> None:
    weight = np.array([[1, 2, 3], [4, 5, -6]], np.float32)
    rec, edge = recorded(made, weight, dense(2), 3, np.arange(3))
    signed, norm = edge_weights(rec, edge)
    assert signed.tolist() == [[1, 4], [2, 5], [3, -6]]
    assert norm.tolist() == [[1, 4], [2, 5], [3, 6]]


def test_after_a_flatten_the_weights_of_a_channels_places_are_added(made: Made) -> None:
    weight = np.array([[3, -4, 1, 1]], np.float32)
    rec, edge = recorded(made, weight, dense(1), 2, np.array([0, 0, 1, 1]))
    signed, norm = edge_weights(rec, edge)
    assert signed.tolist() == [[-1], [2]]
    np.testing.assert_allclose(norm, [[5], [2**0.5]])


def test_of_a_concatenation_only_the_part_of_this_source_counts(made: Made) -> None:
    weight = np.array([[1, 2, 3, 4]], np.float32)
    rec, edge = recorded(made, weight, dense(1), 2, np.array([-1, 0, 1, -1]))
    signed, _ = edge_weights(rec, edge)
    assert signed.tolist() == [[2], [3]]


def test_inputs_that_mix_units_have_no_weights(made: Made) -> None:
    rec, edge = recorded(made, np.ones((1, 2), np.float32), dense(1), 2, np.array([0, -2]))
    assert edge_weights(rec, edge) is None


def test_an_unknown_mapping_has_no_weights(made: Made) -> None:
    rec, edge = recorded(made, np.ones((1, 2), np.float32), dense(1), 2, None)
    assert edge_weights(rec, edge) is None


def test_a_layer_without_parameters_has_no_weights(made: Made) -> None:
    add = Layer("target", "junction", 2, "add", 1)
    rec, edge = recorded(made, np.ones((1, 2), np.float32), add, 2, np.arange(2))
    assert edge_weights(rec, edge) is None


@pytest.mark.parametrize(
    ("module", "operator", "channels"),
    [
        (nn.Conv1d(3, 4, 3), "conv1d", 3),
        (nn.Conv2d(4, 6, 3, groups=2), "conv2d", 4),
        (nn.Conv2d(4, 4, 3, groups=4), "conv2d", 4),
        (nn.Conv2d(3, 5, 3, dilation=2, stride=2), "conv2d", 3),
        (nn.ConvTranspose2d(3, 5, 3, stride=1), "conv_transpose2d", 3),
        (nn.ConvTranspose2d(4, 6, 4, stride=2, groups=2), "conv_transpose2d", 4),
    ],
    ids=str,
)
def test_a_kernel_sum_is_the_effect_of_shifting_a_channel_at_inner_places(
    made: Made, module: nn.Module, operator: str, channels: int
) -> None:
    weight = module.weight.detach().numpy()
    target = conv(module, operator)
    rec, edge = recorded(made, weight, target, channels, np.arange(channels))
    signed, norm = edge_weights(rec, edge)
    axes = len(target.position_axes)
    base = torch.zeros(1, channels, *(24,) * axes)
    inner = (slice(None), slice(8, 16)) if axes == 1 else (slice(None), slice(8, 16), slice(8, 16))
    for unit in range(channels):
        shifted = base.clone()
        shifted[:, unit] = 1
        with torch.no_grad():
            effect = (module(shifted) - module(base))[0][inner].numpy()
        np.testing.assert_allclose(signed[unit], effect.reshape(len(effect), -1).mean(1), atol=1e-5)
    assert (norm + 1e-9 >= np.abs(signed) / np.sqrt(weight[0, 0].size)).all()
    assert np.array_equal(signed == 0, norm == 0)


def test_a_bare_product_is_read_the_way_it_was_written(made: Made) -> None:
    weight = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    rec, edge = recorded(made, weight, dense(3, "in", "out"), 2, np.arange(2))
    signed, _ = edge_weights(rec, edge)
    assert signed.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_a_weight_whose_axes_are_not_clear_has_no_matrix(made: Made) -> None:
    rec, edge = recorded(made, np.ones((3, 2), np.float32), dense(3, "out", "other"), 2, np.arange(2))
    assert edge_weights(rec, edge) is None
