"""Arrays: what one batch contributes to the recording, by the names of the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.capture.tally import Tally
from neuronaut.core.axes import REDUCTION, REDUCTIONS, SAMPLE, UNIT
from neuronaut.core.errors import LayerNeverFired
from neuronaut.core.layer import Graph
from neuronaut.core.model import Captured, Site
from neuronaut.store.layout import ArraySpec


def site_arrays(
    captured: Mapping[Site, Captured], sites: tuple[Site, ...], dtype: np.dtype[Any] | None, tally: Tally
) -> dict[str, npt.NDArray[Any]]:
    """The activations of one batch by array name.

    Raises LayerNeverFired naming a site that gave nothing.
    """
    found: dict[str, npt.NDArray[Any]] = {}
    for site in sites:
        values = captured.get(site)
        if not values:
            raise LayerNeverFired(f"layer {site.layer!r} produced nothing in this batch. Leave it out of layers=.")
        name = f"activations/{site.layer}/{site.name}"
        for part, array in _parts(values).items():
            whole = name + part
            tally.add(whole, array)
            found[whole] = tally.narrow(whole, array, dtype)
    return found


def _parts(values: Captured) -> dict[str, npt.NDArray[Any]]:
    """By what follows the site's name: the values themselves, or the reductions stacked, with argmax and full."""
    if "value" in values:
        return {"": values["value"]}
    parts: dict[str, npt.NDArray[Any]] = {}
    if all(reduction in values for reduction in REDUCTIONS):
        parts[""] = np.stack([values[reduction] for reduction in REDUCTIONS], 1)
    if "argmax" in values:
        parts[".argmax"] = values["argmax"].astype(np.int32, copy=False)
    if "full" in values:
        parts[".full"] = values["full"]
    return parts


def specs(arrays: Mapping[str, npt.NDArray[Any]], graph: Graph) -> list[ArraySpec]:
    """How the store must lay out these arrays, and all that follow of the same names."""
    return [
        ArraySpec(name, array.dtype.name, array.shape[1:], _dims(name, array, graph)) for name, array in arrays.items()
    ]


def _dims(name: str, array: npt.NDArray[Any], graph: Graph) -> tuple[str, ...]:
    group, _, rest = name.partition("/")
    if group == "outputs":
        return (SAMPLE, "class" if rest == "probability" else "output")[: array.ndim]
    if group == "samples":
        return (SAMPLE, "y", "x", "channel")
    layer = graph[rest.rpartition("/")[0]]
    if name.endswith(".full"):
        return (SAMPLE, *layer.position_axes, UNIT)
    if array.ndim == 3:
        return (SAMPLE, REDUCTION, UNIT)
    return (SAMPLE, UNIT)


def row_bytes(arrays: Mapping[str, npt.NDArray[Any]]) -> int:
    """Bytes of one sample in all arrays, before compression."""
    return sum(array.nbytes // max(1, len(array)) for array in arrays.values())
