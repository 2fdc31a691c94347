"""Moments: what one pass over the samples tells of each unit, NaN and infinity counted apart.

Sums are float64 whatever the stored precision; values are taken relative to a pivot, so that a large offset costs no
digits of the spread.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.shapes import Float, Int, Num, Shaped

STRIP_VALUES = 1 << 18
"""Values summed at a time; they stay in the cache."""
STRIP_ROWS = 255
"""Rows summed at a time at most: so many firings fit in a byte."""

TURNED = 512
"""Rows turned at a time."""

_EXPONENT = np.uint16(0x7C00)
_SIGN_AND_REST = np.int32(-0x70000001)
_REBIASED = np.float32(2.0**112)


@dataclass(frozen=True, slots=True)
class Centre:
    """Where each unit's finite values lie over one group of samples, and how far apart.

    ``sd`` has n - 1 below the line: NaN below two values, exactly 0 for a constant. The mean of none is NaN.
    """

    n: Int[np.ndarray, "unit"]
    mean: Float[np.ndarray, "unit"]
    sd: Float[np.ndarray, "unit"]


@dataclass(frozen=True, slots=True)
class Moments(Centre):
    """All statistics of each unit over the finite values of one group of samples.

    ``firing_rate`` is the share of values above 0. Every statistic of a group without finite values is NaN.
    """

    nonfinite: Int[np.ndarray, "unit"]
    mean_abs: Float[np.ndarray, "unit"]
    firing_rate: Float[np.ndarray, "unit"]
    max: Float[np.ndarray, "unit"]
    min: Float[np.ndarray, "unit"]


class Sums:
    """Running sums of one group of samples; feed it strips of rows, add another's, then ask for the moments.

    ``pivot`` is a number near the values of each unit; it changes rounding only.
    """

    def __init__(self, pivot: Float[np.ndarray, "unit"]) -> None:
        units = pivot.size
        self.pivot = pivot
        self.rows = 0
        self.nonfinite = np.zeros(units, np.int64)
        self.firing = np.zeros(units, np.int64)
        self.centred = np.zeros(units)
        self.squares = np.zeros(units)
        self.absolutes = np.zeros(units)
        self.max = np.full(units, -np.inf)
        self.min = np.full(units, np.inf)

    def add_rows(self, rows: Num[np.ndarray, "sample unit"]) -> None:
        """Count these samples in."""
        for strip in strips(rows):
            self._add_strip(single(strip))

    def _add_strip(self, strip: Num[np.ndarray, "sample unit"]) -> None:
        high, low = strip.max(0), strip.min(0)
        deviations = np.subtract(strip, self.pivot, dtype=np.float64)
        magnitudes: Float[np.ndarray, "unit"] | None = None
        # One NaN makes both NaN, an infinity is one of them: a clean strip needs no look at its values.
        if not (np.isfinite(high).all() and np.isfinite(low).all()):
            finite = np.isfinite(strip)
            self.nonfinite += len(strip) - finite.sum(0)
            deviations[~finite] = 0.0
            high, low = np.where(finite, strip, -np.inf).max(0), np.where(finite, strip, np.inf).min(0)
            magnitudes = np.where(finite, np.abs(strip), 0.0).sum(0, dtype=np.float64)
            strip = np.where(finite, strip, 0.0)
        sums = deviations.sum(0)
        if magnitudes is None:
            signed = low.min(initial=0.0) < 0
            magnitudes = np.abs(strip).sum(0, dtype=np.float64) if signed else sums + len(strip) * self.pivot
        self.rows += len(strip)
        self.firing += np.add.reduce((strip > 0).view(np.uint8), axis=0, dtype=np.uint8)
        self.centred += sums
        self.squares += np.einsum("su,su->u", deviations, deviations)
        self.absolutes += magnitudes
        np.maximum(self.max, high, out=self.max)
        np.minimum(self.min, low, out=self.min)

    def add(self, other: Sums) -> None:
        """Count in the samples of another part, taken with the same pivot."""
        for name in ("rows", "nonfinite", "firing", "centred", "squares", "absolutes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.max = np.maximum(self.max, other.max)
        self.min = np.minimum(self.min, other.min)

    def moments(self) -> Moments:
        n = self.rows - self.nonfinite
        constant = self.max == self.min
        with np.errstate(divide="ignore", invalid="ignore"):
            offset = self.centred / n
            spread = np.maximum(self.squares - self.centred * offset, 0.0) / (n - 1)
            return Moments(
                n=n,
                nonfinite=self.nonfinite,
                mean=np.where(constant, self.max, self.pivot + offset),
                mean_abs=np.where(constant, np.abs(self.max), np.maximum(self.absolutes, 0.0) / n),
                sd=np.where(n < 2, np.nan, np.where(constant, 0.0, np.sqrt(spread))),
                firing_rate=self.firing / n,
                max=np.where(n == 0, np.nan, self.max),
                min=np.where(n == 0, np.nan, self.min),
            )


def moments(values: Num[np.ndarray, "sample unit"]) -> Moments:
    """Statistics of each unit over samples held in memory.

    >>> import numpy as np
    >>> m = moments(np.array([[-2.0, np.nan], [0.0, 1.0], [0.0, 3.0], [2.0, np.inf]]))
    >>> m.mean.tolist(), m.mean_abs.tolist(), m.n.tolist(), m.nonfinite.tolist()
    ([0.0, 2.0], [1.0, 2.0], [4, 2], [0, 2])
    """
    sums = Sums(pivot(values))
    sums.add_rows(values)
    return sums.moments()


def pivot(values: Num[np.ndarray, "sample unit"]) -> Float[np.ndarray, "unit"]:
    """A number near each unit's values: the mean of the finite ones of the first strip, 0 where there is none."""
    strip = values[:STRIP_ROWS].astype(np.float64)
    finite = np.isfinite(strip)
    return np.asarray(np.where(finite, strip, 0.0).sum(0) / np.maximum(finite.sum(0), 1))


def strips(rows: Shaped[np.ndarray, "sample unit"]) -> Iterator[Shaped[np.ndarray, "strip unit"]]:
    """The rows in pieces that stay in the cache."""
    height = min(STRIP_ROWS, max(1, STRIP_VALUES // max(rows.shape[1], 1)))
    return (rows[start : start + height] for start in range(0, len(rows), height))


def transposed(columns: Num[np.ndarray, "sample unit"]) -> Num[np.ndarray, "unit sample"]:
    """A row for each unit; turned in pieces that stay in the cache."""
    turned = np.empty(columns.shape[::-1], columns.dtype)
    for start in range(0, len(columns), TURNED):
        turned[:, start : start + TURNED] = columns[start : start + TURNED].T
    return turned


def single(values: Num[np.ndarray, "*shape"]) -> Num[np.ndarray, "*shape"]:
    """float16 as float32, each exactly; other types as they are.

    The exponent and fraction are moved to their places and the exponent's bias is multiplied away: NumPy's own
    conversion takes ten times as long. NaN and infinity, which do not survive that, are converted by NumPy.
    """
    if values.dtype != np.float16:
        return values
    words = np.ascontiguousarray(values)
    if ((words.view(np.uint16) & _EXPONENT) == _EXPONENT).any():
        return words.astype(np.float32)
    bits = words.view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= _SIGN_AND_REST
    found: Num[np.ndarray, "*shape"] = bits.view(np.float32)
    found *= _REBIASED
    return found
