"""Wiring: the weights into or out of each unit as one vector."""

from __future__ import annotations

import numpy as np

from neuronaut.analysis.shapes import Float
from neuronaut.analysis.weights import edge_weights
from neuronaut.core.layer import Layer
from neuronaut.store.recording import Recording


def weights_in(rec: Recording, layer: Layer) -> Float[np.ndarray, "weight unit"] | None:
    """The weights into each unit, a column each; None where the layer has none.

    A kernel counts with its whole window. Where groups of a convolution see different inputs, what they do not see
    counts as 0 and a window as its sum.
    """
    axes, path = layer.attributes.get("weight_axes"), layer.parameters.get("weight")
    if axes is not None and "out" in axes and int(layer.attributes.get("groups", 1)) == 1 and path in rec.parameters:
        weight = np.asarray(rec.parameters[str(path)]).astype(np.float64)
        if weight.ndim == len(axes) and weight.shape[axes.index("out")] == layer.unit_count:
            return np.moveaxis(weight, axes.index("out"), -1).reshape(-1, layer.unit_count)
    found = [edge_weights(rec, edge) for edge in rec.graph.into(layer.name)] if layer.name in rec.graph.names else []
    signed = [both[0] for both in found if both is not None]
    return np.concatenate(signed) if signed else None


def weights_out(rec: Recording, layer: Layer) -> Float[np.ndarray, "weight unit"] | None:
    """The weights from each unit to the units of all later layers that read it, a column each; a kernel as its sum."""
    found = [edge_weights(rec, edge) for edge in rec.graph.out_of(layer.name)] if layer.name in rec.graph.names else []
    signed = [both[0].T for both in found if both is not None]
    return np.concatenate(signed) if signed else None
