"""Which recorded arrays an analysis looks at, and what their units are called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from neuronaut.core.address import Address
from neuronaut.core.axes import REDUCTIONS
from neuronaut.core.errors import DataError
from neuronaut.core.layer import Graph
from neuronaut.core.result import Result
from neuronaut.core.selection import select_layers
from neuronaut.store.activations import Activations
from neuronaut.store.recording import Recording

T = TypeVar("T")
THREADS = 2
BLOCK_BYTES = 32 << 20
"""Bytes of a block of columns, for each thread."""


def chosen(rec: Recording, layers: str | Sequence[str], site: str, reduction: str) -> list[Activations]:
    """The recorded arrays of these layers, in execution order: ``reduction`` of the positions, where there are any.

    Raises UnknownName for a layer that was not recorded, DataError for a site or a reduction that was not.
    """
    if reduction not in REDUCTIONS:
        raise DataError(f"no reduction {reduction!r}. There are: {', '.join(map(repr, REDUCTIONS))}.")
    if site not in ("post", "pre"):
        raise DataError(f"no site {site!r}. There are: 'post', 'pre'.")
    names = named(rec, layers)
    arrays = [reduced(rec, layer, site, reduction) for layer in names if holds(rec, layer, site)]
    if not arrays:
        said = ", ".join(repr(layer) for layer in names[:4]) + (" …" if len(names) > 4 else "")
        raise DataError(
            f"the site {site!r} of {said or 'any layer'} was not recorded. Record with sites=('pre', 'post')."
        )
    return arrays


def named(rec: Recording, layers: str | Sequence[str]) -> list[str]:
    """The recorded layers that names and patterns ask for, in execution order; raises UnknownName."""
    if layers == "*":
        return list(rec.layers)
    recorded = Graph(tuple(rec.layers.values()))
    wanted = {site.layer for site in select_layers(recorded, layers, ("post",))}
    return [name for name in rec.layers if name in wanted]


def holds(rec: Recording, layer: str, site: str) -> bool:
    """Whether this site of a layer was recorded."""
    return f"activations/{layer}/{site}" in rec.arrays


def reduced(rec: Recording, layer: str, site: str, reduction: str) -> Activations:
    """One layer's values per sample and unit."""
    return rec.at(Address(layer, "pre" if site == "pre" else "post")).reduce(reduction)


def unit_coords(rec: Recording, arrays: Sequence[Activations]) -> dict[str, list[str]]:
    """The address of every unit of these arrays, in order; beside it the layer, and the unit's name if it has one."""
    places = [(array, unit) for array in arrays for unit in range(units_of(array))]
    names = {array.layer: rec.layers[array.layer].unit_names for array in arrays}
    return {
        "unit": [str(Address(array.layer, array.site, unit)) for array, unit in places],
        "layer": [array.layer for array, _ in places],
        "name": [known[unit] if (known := names[array.layer]) else "" for array, unit in places],
    }


def units_of(array: Activations) -> int:
    return array.shape[-1]


def by_layer(result: Result) -> dict[str, slice]:
    """Where each layer's units lie on the unit axis of a result.

    >>> import numpy as np
    >>> coords = {"unit": ["fc1:0", "fc1:1", "fc2:0"], "layer": ["fc1", "fc1", "fc2"]}
    >>> by_layer(Result("r", {"mean": np.zeros(3)}, {"mean": ("unit",)}, coords))
    {'fc1': slice(0, 2, None), 'fc2': slice(2, 3, None)}
    """
    ranges: dict[str, slice] = {}
    for place, name in enumerate(result.coords["layer"]):
        start = ranges[name].start if name in ranges else place
        ranges[name] = slice(start, place + 1)
    return ranges


def spans(array: Activations, rows: int) -> list[slice]:
    """Rows 0 to ``rows`` in the pieces in which the store holds them."""
    height = array.array.shard_rows
    return [slice(start, min(start + height, rows)) for start in range(0, rows, height)]


def shared_out(pieces: Sequence[slice], of: Callable[[Sequence[slice]], T]) -> list[T]:
    """``of`` some of the pieces, and ``of`` the others, at the same time.

    Each thread has pieces of its own, so that the order of sums, and with it the last digit, never changes.
    """
    shares = [pieces[thread::THREADS] for thread in range(min(THREADS, len(pieces)))]
    if len(shares) < 2:
        return [of(pieces)]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(of, shares))


def unit_blocks(array: Activations, rows: int) -> list[slice]:
    """The units in blocks whose columns of ``rows`` samples fit in memory.

    The store's chunks are 64 units wide: a block is such a one, or half, a quarter ..., so that none lies across two.
    """
    fitting = max(1, BLOCK_BYTES // max(rows * 8, 1))
    width = min(64, 1 << (fitting.bit_length() - 1))
    return [slice(start, min(start + width, units_of(array))) for start in range(0, units_of(array), width)]
