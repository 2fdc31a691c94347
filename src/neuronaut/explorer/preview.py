"""Small pictures of the samples of a page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neuronaut.explorer.blobs import BLOCK_BYTES, Packer
from neuronaut.explorer.contract import PreviewCard
from neuronaut.explorer.rows import Rows

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording

MOST_BYTES = 8_000_000
"""Bytes of all pictures of a page before compression; larger ones are shrunk to fit."""
SMALLEST = 8
PREVIEW = "samples/preview"

Pictures = npt.NDArray[np.uint8]


def preview_card(rec: Recording, rows: Rows, pack: Packer) -> PreviewCard | None:
    """The recorded pictures [row, y, x, channel], as large as fits; None where there are none."""
    stored = rec.arrays.get(PREVIEW)
    if stored is None or len(stored.shape) != 4 or not len(rows):
        return None
    whole, short_side = len(rows) * math.prod(stored.shape[1:]), min(stored.shape[1:3])
    factor = 1
    while whole / factor**2 > MOST_BYTES and short_side // factor > SMALLEST:
        factor += 1
    height = _height(stored.shape, factor)
    pieces = [shrink(stored.read(rows[start : start + height]), factor) for start in range(0, len(rows), height)]
    return PreviewCard(
        blobs=[pack.add(piece, "pictures") for piece in pieces],
        height=pieces[0].shape[1],
        width=pieces[0].shape[2],
        channels=pieces[0].shape[3],
        rows_per_chunk=height,
    )


def _height(shape: tuple[int, ...], factor: int) -> int:
    """Pictures in one block."""
    size = (shape[1] // factor) * (shape[2] // factor) * shape[3]
    return max(1, BLOCK_BYTES // max(size, 1))


def shrink(pictures: npt.NDArray[Any], factor: int) -> Pictures:
    """Each square of ``factor`` pixels as their mean; what does not fill a square is cut off.

    >>> shrink(np.array([[[[0], [2]], [[4], [6]]]], np.uint8), 2).tolist()
    [[[[3]]]]
    """
    if factor == 1:
        return pictures.astype(np.uint8)
    count, height, width, channels = pictures.shape
    cut = pictures[:, : height // factor * factor, : width // factor * factor]
    squares = cut.reshape(count, height // factor, factor, width // factor, factor, channels)
    return np.asarray(np.rint(squares.mean((2, 4))), np.uint8)
