"""Quantisation: activations as one byte each, with the error that this makes."""

from __future__ import annotations

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
    """``values`` [row, unit] in ``scheme``; value = code * scale. ``error``: the largest absolute error of any value."""

    values: Array
    scheme: Scheme
    levels: int
    scale: npt.NDArray[np.float32] | None
    error: float
    nonfinite: npt.NDArray[np.uint32]


def quantise(values: Array, levels: int = FINEST) -> Codes:
    """One byte for each value, on a scale of each unit's own.

    Values that are never negative take codes 0 to ``levels``, others ``levels // 2`` codes on either side of zero. Only
    zero is 0, so that the share of values above zero stays exact. The largest error is half a step, or a step for
    values nearer to zero than half of one.

    >>> codes = quantise(np.array([[0.0, 2.54], [0.001, 1.0], [2.54, np.nan]]))
    >>> codes.values.tolist(), codes.scheme, codes.nonfinite.tolist()
    ([[0, 254], [1, 100], [254, 255]], 'u8', [0, 1])
    """
    finite = np.isfinite(values)
    known = np.where(finite, values, 0).astype(np.float64)
    signed = bool((known < 0).any())
    half = levels // 2 if signed else levels
    top = np.abs(known).max(0, initial=0)
    # Steps beyond what float32 can hold would be zero or infinite.
    step = np.clip(np.where(top > 0, top, half) / half, _SINGLE.tiny, _SINGLE.max)
    scale = step.astype(np.float32)
    codes = np.clip(np.rint(known / scale), -half, half)
    codes = np.where(codes == 0, np.sign(known), codes)
    error = float(np.abs(codes * scale - known).max(initial=0))
    codes[~finite] = NOT_FINITE["i8" if signed else "u8"]
    return Codes(
        codes.astype(np.int8 if signed else np.uint8),
        "i8" if signed else "u8",
        half,
        scale,
        error,
        np.count_nonzero(~finite, axis=0).astype(np.uint32),
    )


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
