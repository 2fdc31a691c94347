"""Quantisation: activations as one byte each, with the error that this makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Scheme = Literal["u8", "i8", "f16", "f32"]
Array = npt.NDArray[Any]

FINEST = 254
"""Levels above zero of an unsigned byte; 255 marks what is not finite."""
_SINGLE = np.finfo(np.float32)
NOT_FINITE = {"u8": 255, "i8": -128}


@dataclass(frozen=True, slots=True)
class Codes:
    """``values`` [row, unit] in ``scheme``; value = code * scale, off by at most ``error``."""

    values: Array
    scheme: Scheme
    levels: int
    scale: npt.NDArray[np.float32] | None
    error: float
    nonfinite: npt.NDArray[np.uint32]


def quantise(values: Array, *, signed: bool, coarseness: float = 0.0) -> Codes:
    """One byte for each value, on a scale of each unit's own.

    A step is ``coarseness`` standard deviations of the unit, but never finer than 254 codes from 0 to the largest value
    (127 on either side of zero for ``signed`` ones) can tell apart. Only zero is 0, so that the share of values above
    zero stays exact. The error is at most half a step, or a step for values nearer to zero than half of one; it is 0
    for a unit whose values are whole multiples of its smallest, or of the smallest of all units.

    >>> codes = quantise(np.array([[0.0, 2.54], [0.001, 1.0], [2.54, np.nan]]), signed=False)
    >>> codes.values.tolist(), codes.scheme, codes.nonfinite.tolist()
    ([[0, 254], [1, 100], [254, 255]], 'u8', [0, 1])
    >>> quantise(np.array([[3.0], [1.0], [2.0]]), signed=False).error
    0.0
    """
    finite = np.isfinite(values)
    known = np.where(finite, values, 0).astype(np.float64)
    most = FINEST // 2 if signed else FINEST
    # A unit that is silent has a step of 1; steps beyond what float32 can hold would be zero or infinite.
    top = np.abs(known).max(0, initial=0)
    step = np.maximum(np.where(top > 0, top / most, 1.0), coarseness * _spread(known, finite))
    scale = np.clip(_exact(known, most, step), _SINGLE.tiny, _SINGLE.max).astype(np.float32)
    codes = np.clip(np.rint(known / scale), -most, most)
    codes = np.where(codes == 0, np.sign(known), codes)
    error = float(np.abs(codes * scale - known).max(initial=0))
    levels = int(np.abs(codes).max(initial=0))
    codes[~finite] = NOT_FINITE["i8" if signed else "u8"]
    return Codes(
        codes.astype(np.int8 if signed else np.uint8),
        "i8" if signed else "u8",
        levels,
        scale,
        error,
        np.count_nonzero(~finite, axis=0).astype(np.uint32),
    )


def _exact(known: Array, most: int, step: Array) -> Array:
    """The step of each unit, or one that its values are whole multiples of, where a byte has room for them."""
    sizes = np.where(known == 0, np.inf, np.abs(known))
    own = sizes.min(0, initial=np.inf)
    for finer in (np.full_like(own, own.min(initial=np.inf)), own):
        # As a reader multiplies them: in single precision.
        unit = np.where(np.isfinite(finer), finer, 1).clip(_SINGLE.tiny, _SINGLE.max).astype(np.float32)
        with np.errstate(over="ignore"):
            codes = np.rint(known / unit)
            same = (codes.astype(np.float32) * unit == known) & (np.abs(codes) <= most)
        step = np.where(same.all(0), unit, step)
    return step


def _spread(known: Array, finite: Array) -> Array:
    """Standard deviation of each unit's finite values; 0 where it has none."""
    n = np.maximum(finite.sum(0), 1)
    largest = np.abs(known).max(0, initial=0)
    # Divided by the largest, so that no square overflows.
    unit = np.divide(known, largest, out=np.zeros_like(known), where=largest > 0)
    mean = unit.sum(0) / n
    return np.asarray(largest * np.sqrt((np.where(finite, unit - mean, 0) ** 2).sum(0) / n))


def as_floats(values: Array, scheme: Literal["f16", "f32"]) -> Codes:
    """The values themselves, in half or single precision; what overflows half precision counts as not finite."""
    with np.errstate(over="ignore"):
        kept = values.astype(np.float16 if scheme == "f16" else np.float32)
    finite = np.isfinite(kept)
    difference = np.subtract(kept, values, where=finite, out=np.zeros(values.shape, np.float64))
    return Codes(
        kept,
        scheme,
        0,
        None,
        float(np.abs(difference).max(initial=0)),
        np.count_nonzero(~finite, axis=0).astype(np.uint32),
    )


def beside(parts: Sequence[Codes]) -> Codes:
    """Codes of several units as one."""
    first = parts[0]
    scales = [part.scale for part in parts if part.scale is not None]
    return Codes(
        np.concatenate([part.values for part in parts], axis=1),
        first.scheme,
        max(part.levels for part in parts),
        np.concatenate(scales) if scales else None,
        max(part.error for part in parts),
        np.concatenate([part.nonfinite for part in parts]),
    )
