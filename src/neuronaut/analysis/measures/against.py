"""Against: one unit beside each other unit of its layer, from one pass over the samples."""

from __future__ import annotations

import numpy as np

from neuronaut.analysis.measures.neighbours import ROUNDING
from neuronaut.analysis.shapes import Float, Num
from neuronaut.analysis.statistics.moments import single, strips

SUMS = ("rows", "finite", "n", "own", "own_squares", "other", "other_squares", "product")


class Against:
    """Running sums of one unit and each other; feed it rows, add another's, then ask how alike they are.

    Two units are looked at on the rows where both are finite. ``pivot`` is a number near the values of each unit, 0
    where likeness is to be a cosine; for Pearson correlations it changes rounding only.
    """

    def __init__(self, unit: int, pivot: Float[np.ndarray, "unit"]) -> None:
        self.unit = unit
        self.pivot = pivot
        self.rows = 0
        self.finite = np.zeros(pivot.size, np.int64)
        self.n = np.zeros(pivot.size)
        self.own, self.own_squares = np.zeros(pivot.size), np.zeros(pivot.size)
        self.other, self.other_squares = np.zeros(pivot.size), np.zeros(pivot.size)
        self.product = np.zeros(pivot.size)
        self.high, self.low = np.full(pivot.size, -np.inf), np.full(pivot.size, np.inf)

    def add_rows(self, rows: Num[np.ndarray, "sample unit"]) -> None:
        """Count these samples in."""
        for strip in strips(rows):
            self._add_strip(single(strip))

    def _add_strip(self, strip: Num[np.ndarray, "sample unit"]) -> None:
        high, low = strip.max(0), strip.min(0)
        with np.errstate(invalid="ignore", over="ignore"):
            values = np.subtract(strip, self.pivot, dtype=np.float64)
            # One NaN makes both NaN, an infinity is one of them: a clean strip needs no look at its values.
            if np.isfinite(high).all() and np.isfinite(low).all():
                mine = values[:, self.unit].copy()
                self.finite += len(strip)
                self.n += len(strip)
                self.own += mine.sum()
                self.own_squares += mine @ mine
            else:
                finite = np.isfinite(strip)
                both = finite & finite[:, [self.unit]]
                values[~both] = 0.0
                mine = values[:, self.unit].copy()
                self.finite += finite.sum(0)
                self.n += both.sum(0)
                self.own += mine @ both
                self.own_squares += mine**2 @ both
                high, low = np.where(finite, strip, -np.inf).max(0), np.where(finite, strip, np.inf).min(0)
            self.other += values.sum(0)
            self.other_squares += np.einsum("su,su->u", values, values)
            self.product += np.einsum("s,su->u", mine, values)
        self.rows += len(strip)
        np.maximum(self.high, high, out=self.high)
        np.minimum(self.low, low, out=self.low)

    def add(self, others: Against) -> None:
        """Count in the samples of another part, taken with the same pivot."""
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(others, name))
        self.high, self.low = np.maximum(self.high, others.high), np.minimum(self.low, others.low)

    def likeness(self, *, centre: bool) -> Float[np.ndarray, "unit"]:
        """Cosine, or with ``centre`` the Pearson correlation, of the unit and each; NaN where there is none.

        That is where one of the two has no direction, and where they have less than half of the rows in common.

        >>> beside = Against(0, np.zeros(3))
        >>> beside.add_rows(np.array([[1.0, -2.0, 5.0], [2.0, -4.0, 5.0], [3.0, -6.0, 5.0]]))
        >>> beside.likeness(centre=True).tolist()
        [1.0, -1.0, nan]
        """
        n, product = self.n, self.product
        own, other = (self.own, self.own_squares, self.pivot[self.unit]), (self.other, self.other_squares, self.pivot)
        enough = (n > 0) & ((n == self.rows) | (2 * n >= max(self.rows, 4)))
        lengths = []
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            for sums, squares, pivot in (own, other):
                length = squares - sums**2 / n if centre else squares
                before = squares + 2 * pivot * sums + n * pivot**2
                enough &= np.isfinite(length) & (length > (ROUNDING**2 * before if centre else 0.0))
                lengths.append(length)
            if centre:
                product = product - self.own * self.other / n
            return np.where(enough, product / np.sqrt(lengths[0] * lengths[1]), np.nan)
