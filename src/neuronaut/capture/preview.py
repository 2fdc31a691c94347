"""Previews: what an image sample looks like, as 8-bit pixels small enough for a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.capture.batch import leaves, to_numpy
from neuronaut.core.layer import Layer
from neuronaut.core.model import Batch

SIDE = 64
"""Previews are at most this many pixels wide and high."""


@dataclass(frozen=True, slots=True)
class Preview:
    """How the input of ``place`` (its number among the inputs) becomes [sample y x channel] of uint8.

    Values from ``low`` to ``high``, by channel, become 0 to 255; blocks of ``factor`` pixels a side are averaged.
    """

    place: int
    low: tuple[float, ...]
    high: tuple[float, ...]
    factor: int

    def draw(self, inputs: Batch) -> npt.NDArray[np.uint8]:
        """The previews of one batch, [sample y x channel]."""
        pixels = to_numpy(leaves(inputs)[self.place])
        n, channels, height, width = pixels.shape
        rows, columns = max(1, height // self.factor), max(1, width // self.factor)
        cut = pixels[:, :, : rows * self.factor, : columns * self.factor].astype(np.float32)
        small = cut.reshape(n, channels, rows, self.factor, columns, self.factor).mean((3, 5))
        low = np.asarray(self.low, np.float32)[:, None, None]
        span = np.maximum(np.asarray(self.high, np.float32)[:, None, None] - low, 1e-12)
        with np.errstate(invalid="ignore"):
            scaled = np.nan_to_num((small - low) / span * 255, nan=0, posinf=255, neginf=0)
        return np.ascontiguousarray(np.clip(np.rint(scaled), 0, 255).astype(np.uint8).transpose(0, 2, 3, 1))

    def to_json(self) -> dict[str, Any]:
        return {"low": list(self.low), "high": list(self.high), "factor": self.factor}


def preview_of(inputs: Batch, layers: list[Layer]) -> Preview | None:
    """How to draw the samples, judged by the first batch; None when no input is an image of 1 or 3 channels.

    8-bit pixels stay; values within 0..1, -1..1 or 0..255 keep that scale; others are stretched, by channel, from the
    0.5th to the 99.5th percentile of the first batch.
    """
    for place, leaf in enumerate(leaves(inputs)):
        shape = tuple(leaf.shape)
        image = next((layer for layer in layers if (layer.unit_count, *layer.position_shape) == shape[1:]), None)
        if len(shape) == 4 and shape[1] in (1, 3) and image is not None and min(shape) > 0:
            pixels = to_numpy(leaf)
            low, high = _range(pixels)
            factor = max(1, -(-max(shape[2:]) // SIDE))
            return Preview(place, low, high, min(factor, *shape[2:]))
    return None


def _range(pixels: npt.NDArray[Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    channels = pixels.shape[1]
    finite = pixels[np.isfinite(pixels)] if pixels.dtype.kind == "f" else pixels
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    for bottom, top in ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)):
        if pixels.dtype != np.uint8 and bottom <= low and high <= top:
            return (bottom,) * channels, (top,) * channels
    if pixels.dtype == np.uint8:
        return (0.0,) * channels, (255.0,) * channels
    values = np.where(np.isfinite(pixels), pixels, np.nan)
    bounds = np.nanpercentile(values, [0.5, 99.5], axis=(0, 2, 3))
    return tuple(bounds[0].tolist()), tuple(bounds[1].tolist())
