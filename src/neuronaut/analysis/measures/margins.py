"""Margins: how far a unit's partner is ahead of the next best, on samples that chose neither."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.measures.matching import TOLERANCE, along
from neuronaut.analysis.shapes import Float, Int, Num
from neuronaut.analysis.statistics.two_groups import Z95


@dataclass(frozen=True, slots=True)
class Margins:
    """``rival``, the next best of each unit (-1 for none), ``r`` of the two, and by how much the partner has more."""

    rival: Int[np.ndarray, "unit"]
    r: Float[np.ndarray, "unit"]
    margin: Float[np.ndarray, "unit"]
    low: Float[np.ndarray, "unit"]
    high: Float[np.ndarray, "unit"]

    def ahead(self) -> Float[np.ndarray, "unit"]:
        """1 where the partner is ahead beyond chance, or has no rival; 0 where not, NaN where nobody could say."""
        ahead = np.where(np.isnan(self.low), np.nan, (self.low > TOLERANCE).astype(np.float64))
        return np.where(self.rival < 0, 1.0, ahead)


def margins(
    partner: Int[np.ndarray, "unit"],
    found: Float[np.ndarray, "unit other"],
    checked: Float[np.ndarray, "unit other"],
    y: Num[np.ndarray, "sample other"],
    pieces: int,
) -> Margins:
    """Partners against rivals: both from the correlations ``found`` on one half, compared by those on the other.

    ``y`` are the values of the other layer on that other half, in ``pieces`` independent pieces.
    """
    rows = np.arange(len(partner))
    paired = np.flatnonzero(partner >= 0)
    scores = np.where(np.isnan(found), -np.inf, found)
    scores[paired, partner[paired]] = -np.inf
    rival = scores.argmax(1) if scores.shape[1] else np.full(len(partner), -1, np.int64)
    rival = np.where((partner >= 0) & np.isfinite(scores[rows, rival] if scores.shape[1] else -np.inf), rival, -1)
    columns = [np.full(len(partner), np.nan) for _ in range(4)]
    there = np.flatnonzero(rival >= 0)
    if there.size:
        one, other = partner[there], rival[there]
        joint = np.isfinite(y[:, one]) & np.isfinite(y[:, other])
        between = np.einsum("ij,ij->j", along(y[:, one], joint), along(y[:, other], joint)).clip(-1.0, 1.0)
        ahead, behind = checked[there, one], checked[there, other]
        low, high = difference_interval(ahead, behind, between, pieces)
        for column, value in zip(columns, (behind, ahead - behind, low, high), strict=True):
            column[there] = value
    return Margins(rival, *columns)


def difference_interval(
    one: Float[np.ndarray, "pair"], other: Float[np.ndarray, "pair"], between: Float[np.ndarray, "pair"], n: int
) -> tuple[Float[np.ndarray, "pair"], Float[np.ndarray, "pair"]]:
    """The 95 % interval of r(x, y) - r(x, z), with ``between`` = r(y, z), over ``n`` independent samples.

    >>> low, high = difference_interval(np.array([0.396]), np.array([0.179]), np.array([0.088]), 66)
    >>> round(float(low[0]), 2), round(float(high[0]), 2)
    (-0.09, 0.52)

    Reference: Zou, Toward using confidence intervals to compare correlations, Psychological Methods 2007.
    """
    half_width = Z95 / np.sqrt(n - 3) if n > 3 else np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        low = [np.tanh(np.arctanh(r) - half_width) for r in (one, other)]
        high = [np.tanh(np.arctanh(r) + half_width) for r in (one, other)]
        inner = (between - one * other / 2) * (1 - one**2 - other**2 - between**2) + between**3
        c = np.nan_to_num(inner / ((1 - one**2) * (1 - other**2))).clip(-1.0, 1.0)
    down = (one - low[0], high[1] - other)
    up = (high[0] - one, other - low[1])
    below = np.sqrt(np.maximum(0.0, down[0] ** 2 + down[1] ** 2 - 2 * c * down[0] * down[1]))
    above = np.sqrt(np.maximum(0.0, up[0] ** 2 + up[1] ** 2 - 2 * c * up[0] * up[1]))
    return one - other - below, one - other + above
