"""The mean activation map of every channel of a page, where whole maps were recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.statistics.moments import single
from neuronaut.core.address import Address
from neuronaut.core.errors import DataError, unknown
from neuronaut.core.layer import Layer
from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.contract import MapsCard

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording

SIDE = 14
"""Longest side of a map on a page."""
LARGEST = 200_000_000
"""Recorded numbers of a layer up to which all samples are averaged; beyond, evenly spaced ones."""
CHANNELS = 4096
"""Channels whose maps one answer holds, at most."""
GAP = 255
"""Code of a place where no sample is finite."""
_BLOCK_VALUES = 4_000_000

Floats = npt.NDArray[np.float64]


def map_cards(rec: Recording, layers: Mapping[str, Layer], pack: Packer) -> list[MapsCard]:
    """One card for each layer of images whose maps were kept (``position="keep"``)."""
    return [_card(rec, name, pack) for name in layers if has_maps(rec, name)]


def has_maps(rec: Recording, layer: str) -> bool:
    """Whether whole maps of this layer were recorded."""
    stored = rec.arrays.get(f"activations/{layer}/post.full")
    return stored is not None and len(stored.shape) == 4 and all(stored.shape)


def _card(rec: Recording, layer: str, pack: Packer) -> MapsCard:
    mean, n = mean_maps(rec, layer)
    small = shrunk(mean)
    codes, scale = coded(np.moveaxis(small, -1, 0))
    return MapsCard(
        layer=layer,
        site="post",
        height=small.shape[0],
        width=small.shape[1],
        full=list(mean.shape[:2]),
        n=n,
        data=pack.add(codes, "maps"),
        scale=pack.add(scale, "maps"),
    )


def mean_maps(rec: Recording, layer: str) -> tuple[Floats, int]:
    """Mean over the samples [y, x, unit] and how many; what is not finite is left out, NaN where nothing is left."""
    full = rec.at(Address(layer)).full
    size = int(np.prod(full.shape[1:]))
    stride = max(1, -(-rec.n * size // LARGEST))
    total, count = np.zeros(full.shape[1:]), np.zeros(full.shape[1:])
    step = stride * max(1, _BLOCK_VALUES // max(size, 1))
    for start in range(0, rec.n, step):
        block = single(full.read(slice(start, min(start + step, rec.n), stride)))
        sums, n = block.sum(axis=0, dtype=np.float64), len(block)
        if not np.isfinite(sums).all():
            finite = np.isfinite(block)
            sums, n = np.where(finite, block, 0).sum(axis=0, dtype=np.float64), finite.sum(axis=0)
        total += sums
        count += n
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, total / count, np.nan), -(-rec.n // stride)


def maps_asked(rec: Recording, layers: Sequence[str]) -> list[str]:
    """Those of ``layers`` that are images. Raises UnknownName, or DataError for more than 4,096 channels."""
    for name in layers:
        if name not in rec.layers:
            raise unknown("layer", name, rec.layers)
    found = [name for name in dict.fromkeys(layers) if len(rec.layers[name].position_axes) == 2]
    channels = sum(rec.layers[name].unit_count for name in found)
    if channels > CHANNELS:
        raise DataError(f"maps of {channels:,} channels were asked for; at most {CHANNELS:,} are given at a time.")
    return found


def sample_maps(full: Mapping[str, npt.NDArray[Any]]) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    """Maps [y, x, unit] of one sample by layer, as values and axes of a Result: ``map\\tLAYER`` [unit, y, x].

    >>> table, dims = sample_maps({"conv": np.zeros((28, 28, 3))})
    >>> table["map\\tconv"].shape, dims["map\\tconv"]
    ((3, 14, 14), ('conv.unit', 'conv.y', 'conv.x'))
    """
    table = {f"map\t{name}": np.moveaxis(shrunk(one), -1, 0).astype(np.float32) for name, one in full.items()}
    return table, {f"map\t{name}": (f"{name}.unit", f"{name}.y", f"{name}.x") for name in full}


def shrunk(maps: npt.NDArray[Any], side: int = SIDE) -> Floats:
    """Maps [y, x, unit] of at most ``side`` by ``side``: each place the mean of what falls into it.

    >>> shrunk(np.arange(4.0).reshape(1, 4, 1), 2)[0, :, 0].tolist()
    [0.5, 2.5]
    """
    for axis in (0, 1):
        length = maps.shape[axis]
        if length > side:
            ends = np.linspace(0, length, side + 1).round().astype(int)
            parts = [maps.take(np.arange(a, b), axis=axis) for a, b in pairwise(ends)]
            maps = np.stack([_mean(part, axis) for part in parts], axis=axis)
    return maps.astype(np.float64)


def _mean(part: npt.NDArray[Any], axis: int) -> Floats:
    finite = np.isfinite(part)
    count = finite.sum(axis=axis)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(count > 0, np.where(finite, part, 0).sum(axis=axis) / count, np.nan))


def coded(maps: Floats) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Maps [unit, y, x] as codes 0 to 254 between the least and the largest value of each unit, and their scale.

    >>> codes, scale = coded(np.array([[[1.0, 3.0]], [[2.0, np.nan]]]))
    >>> codes.tolist(), scale[0].tolist()
    ([[[0, 254]], [[0, 255]]], [1.0, 2.0])
    """
    finite = np.isfinite(maps)
    low = np.where(finite, maps, np.inf).min(axis=(1, 2))
    low = np.where(np.isfinite(low), low, 0)
    high = np.where(finite, maps, -np.inf).max(axis=(1, 2))
    high = np.where(np.isfinite(high), high, low)
    step = (high - low) / (GAP - 1)
    steps = np.where(step > 0, step, 1)[:, None, None]
    codes = np.where(finite, np.rint((np.where(finite, maps, 0) - low[:, None, None]) / steps), GAP)
    return codes.astype(np.uint8), np.stack([low, step]).astype(np.float32)
