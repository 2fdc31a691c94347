"""Margins: how far a unit's partner is ahead of the next best, on samples that chose neither."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.measures.likeness import Likened, likened
from neuronaut.analysis.measures.matching import TOLERANCE
from neuronaut.analysis.shapes import Float, Int, Num


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
    x: Num[np.ndarray, "sample unit"],
    y: Num[np.ndarray, "sample other"],
    groups: Int[np.ndarray, "sample"] | None,
) -> Margins:
    """Partners against rivals: both from the correlations ``found`` on one half, compared on the other.

    ``x`` and ``y`` are the values of the two layers on that other half, whose samples may come in groups.
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
        ahead, behind = (likened(x[:, there], y[:, place], groups, centre=True) for place in (one, other))
        between = likened(y[:, one], y[:, other], groups, centre=True).r
        low, high = difference_interval(ahead, behind, between)
        for column, value in zip(columns, (behind.r, ahead.r - behind.r, low, high), strict=True):
            column[there] = value
    return Margins(rival, *columns)


def difference_interval(
    one: Likened, other: Likened, between: Float[np.ndarray, "pair"]
) -> tuple[Float[np.ndarray, "pair"], Float[np.ndarray, "pair"]]:
    """The 95 % interval of r(x, y) - r(x, z) from that of each, with ``between`` = r(y, z).

    >>> apart = [Likened(*(np.array([value]) for value in own)) for own in
    ...     ((0.396, 0.170, 0.582, 66), (0.179, -0.066, 0.404, 66))]
    >>> low, high = difference_interval(*apart, np.array([0.088]))
    >>> round(float(low[0]), 2), round(float(high[0]), 2)
    (-0.09, 0.52)

    Reference: Zou, Toward using confidence intervals to compare correlations, Psychological Methods 2007.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = (between - one.r * other.r / 2) * (1 - one.r**2 - other.r**2 - between**2) + between**3
        c = np.nan_to_num(inner / ((1 - one.r**2) * (1 - other.r**2))).clip(-1.0, 1.0)
    down = (one.r - one.low, other.high - other.r)
    up = (one.high - one.r, other.r - other.low)
    below = np.sqrt(np.maximum(0.0, down[0] ** 2 + down[1] ** 2 - 2 * c * down[0] * down[1]))
    above = np.sqrt(np.maximum(0.0, up[0] ** 2 + up[1] ** 2 - 2 * c * up[0] * up[1]))
    return one.r - other.r - below, one.r - other.r + above
