"""Matrices: recorded layers as numbers of samples by units, for what looks at a whole layer at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from neuronaut.analysis.recorded import spans, units_of
from neuronaut.analysis.shapes import Bool, Float, Int
from neuronaut.analysis.statistics.moments import single
from neuronaut.store.activations import Activations

FEW = 0.05
"""Of the samples; where no more hold what is not finite, they are left out and not the units."""
HEAP_ROWS = 1024
"""Rows of which square products are taken at once, at least where there are so many."""


def thinned(mask: Bool[np.ndarray, "sample"], most: int, seed: int) -> Bool[np.ndarray, "sample"]:
    """At most so many of the samples of a mask, drawn by a seed."""
    rows = np.flatnonzero(mask)
    if len(rows) <= most:
        return mask
    fewer = np.zeros_like(mask)
    fewer[np.random.default_rng(seed).choice(rows, most, replace=False)] = True
    return fewer


def row_blocks(
    arrays: Sequence[Activations], mask: Bool[np.ndarray, "sample"]
) -> Iterator[Float[np.ndarray, "row unit"]]:
    """The samples of a mask, a piece at a time, with the units of all arrays side by side as float64."""
    for piece in spans(arrays[0], len(mask)):
        inside = mask[piece]
        if inside.any():
            parts = [single(array.read(rows=piece)[inside]) for array in arrays]
            yield np.concatenate(parts, axis=1, dtype=np.float64)


def rows_of(array: Activations, rows: int, wanted: Int[np.ndarray, "sample"]) -> Float[np.ndarray, "sample unit"]:
    """The wanted of so many rows, in their order, each read once."""
    mask = np.zeros(rows, bool)
    mask[wanted] = True
    read = np.concatenate([np.zeros((0, units_of(array))), *row_blocks([array], mask)])
    return np.asarray(read[np.searchsorted(np.flatnonzero(mask), wanted)])


def heaped(blocks: Iterable[Float[np.ndarray, "row unit"]]) -> Iterator[Float[np.ndarray, "row unit"]]:
    """The same rows in larger pieces: a square product of few rows takes as long to add up as to compute."""
    heap: list[Float[np.ndarray, "row unit"]] = []
    for block in blocks:
        heap.append(block)
        if sum(map(len, heap)) >= HEAP_ROWS:
            yield np.concatenate(heap)
            heap = []
    if heap:
        yield np.concatenate(heap)


def usable(
    arrays: Sequence[Activations], mask: Bool[np.ndarray, "sample"]
) -> tuple[Float[np.ndarray, "unit"], Bool[np.ndarray, "unit"]]:
    """The mean of each unit, 0 where one of its values is not finite, and which units are finite throughout."""
    total = np.zeros(sum(units_of(array) for array in arrays))
    finite, n = np.ones(len(total), bool), 0
    for block in row_blocks(arrays, mask):
        finite &= np.isfinite(block).all(0)
        total += np.where(np.isfinite(block), block, 0.0).sum(0)
        n += len(block)
    return np.where(finite, total / max(n, 1), 0.0), finite


def sound(arrays: Sequence[Activations], mask: Bool[np.ndarray, "sample"]) -> Bool[np.ndarray, "sample"]:
    """The mask without the few samples that hold NaN or infinities in units which are finite for most samples."""
    odd = np.zeros(sum(units_of(array) for array in arrays), np.int64)
    for block in row_blocks(arrays, mask):
        odd += (~np.isfinite(block)).sum(0)
    rows = np.flatnonzero(mask)
    seldom = (odd > 0) & (odd <= FEW * len(rows))
    if not seldom.any():
        return mask
    broken = np.concatenate([~np.isfinite(block[:, seldom]).all(1) for block in row_blocks(arrays, mask)])
    if broken.sum() > FEW * len(rows):
        return mask
    left = mask.copy()
    left[rows[broken]] = False
    return left


def centred_blocks(
    arrays: Sequence[Activations],
    mask: Bool[np.ndarray, "sample"],
    mean: Float[np.ndarray, "unit"],
    finite: Bool[np.ndarray, "unit"],
) -> Iterator[Float[np.ndarray, "row unit"]]:
    """The same with each unit's mean taken off; a unit with values that are not finite is 0 throughout."""
    for block in row_blocks(arrays, mask):
        block -= mean
        block[:, ~finite] = 0.0
        yield block
