"""Weights between the units of two layers, from the parameters a recording holds."""

from __future__ import annotations

import math

import numpy as np

from neuronaut.analysis.shapes import Float, Int, Num
from neuronaut.core.layer import MIXED, Edge, Layer
from neuronaut.store.recording import Recording


def edge_weights(
    rec: Recording, edge: Edge
) -> tuple[Float[np.ndarray, "source target"], Float[np.ndarray, "source target"]] | None:
    """The signed weight from each unit of ``edge.source`` to each unit of ``edge.target``, and its norm.

    A dense weight stands as it is. A kernel gives the sum over its window (the effect of shifting a channel as a whole,
    at an inner position) and the root of the sum of squares; a transposed kernel is divided by its stride, as only so
    many of its taps meet at a place. Inputs that carry the same source unit, as after a flatten, are added. What lies
    between source and target is told by ``edge.kind``. None where the target has no weight matrix, or where an input
    mixes several units of the source: ``influence`` answers there.
    """
    target = rec.graph[edge.target]
    path = target.parameters.get("weight")
    if path is None or path not in rec.parameters or edge.take is None:
        return None
    parts = input_weights(np.asarray(rec.parameters[path]), target)
    take = edge.take.decode()
    if parts is None or take.size != len(parts[0]) or bool((take == MIXED).any()):
        return None
    signed, norm = parts
    units = rec.graph[edge.source].unit_count
    return _gather(signed, take, units), np.sqrt(_gather(norm**2, take, units))


def input_weights(
    weight: Num[np.ndarray, "..."], layer: Layer
) -> tuple[Float[np.ndarray, "input unit"], Float[np.ndarray, "input unit"]] | None:
    """Signed sum over the window and norm of the weight from each input of the operation to each unit of the layer.

    >>> import numpy as np
    >>> conv = Layer("c", "conv", 2, "conv1d", 1, ("x",), (5,), attributes={"weight_axes": ["out", "in", "window"]})
    >>> signed, norm = input_weights(np.array([[[3.0, -4.0]], [[0.0, 2.0]]]), conv)
    >>> signed.tolist(), norm.tolist()
    ([[-1.0, 2.0]], [[5.0, 2.0]])
    """
    axes = layer.attributes.get("weight_axes")
    if axes is None or "in" not in axes or "out" not in axes or len(axes) != weight.ndim:
        return None
    values = np.moveaxis(weight.astype(np.float64), (axes.index("in"), axes.index("out")), (0, 1))
    window = tuple(range(2, values.ndim))
    overlap = _stride(layer, len(window)) if layer.attributes.get("transposed") else 1
    return (
        _spread(values.sum(window) / overlap, layer),
        np.sqrt(_spread((values**2).sum(window) / overlap, layer)),
    )


def _spread(matrix: Float[np.ndarray, "rows columns"], layer: Layer) -> Float[np.ndarray, "input unit"]:
    """All inputs by all units: zero between the groups of a grouped convolution, which the weight leaves out."""
    groups = int(layer.attributes.get("groups", 1))
    if groups == 1:
        return matrix
    blocks = np.split(matrix, groups, axis=0 if layer.attributes.get("transposed") else 1)
    rows, columns = blocks[0].shape
    spread = np.zeros((rows * groups, columns * groups))
    for group, block in enumerate(blocks):
        spread[group * rows : (group + 1) * rows, group * columns : (group + 1) * columns] = block
    return spread


def _stride(layer: Layer, axes: int) -> int:
    stride = layer.attributes.get("stride", 1)
    return int(stride) ** axes if isinstance(stride, int) else math.prod(int(step) for step in stride)


def _gather(
    weights: Float[np.ndarray, "input unit"], take: Int[np.ndarray, "input"], units: int
) -> Float[np.ndarray, "source unit"]:
    gathered = np.zeros((units, weights.shape[1]))
    carried = take >= 0
    if np.bincount(take[carried]).max(initial=0) > 1:
        np.add.at(gathered, take[carried], weights[carried])
    else:
        gathered[take[carried]] = weights[carried]
    return gathered
