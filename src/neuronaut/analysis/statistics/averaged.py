"""Averaged: a mean over few samples, how well it is known, and whether both halves of them show it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from neuronaut.analysis.shapes import Float, Int
from neuronaut.analysis.statistics.two_groups import FEWEST


@dataclass(frozen=True, slots=True)
class Averaged:
    """Means of columns with their 95 % interval; NaN on fewer than 20 independent pieces."""

    mean: Float[np.ndarray, "unit"]
    low: Float[np.ndarray, "unit"]
    high: Float[np.ndarray, "unit"]


def averaged(sums: Float[np.ndarray, "piece unit"], counts: Int[np.ndarray, "piece"]) -> Averaged:
    """The mean over samples that come in pieces, single samples or groups; ``sums`` and ``counts`` are of each piece.

    mean -+ t s, s^2 = G / (G - 1) sum over pieces of (S_g - n_g mean)^2 / n^2, with G - 1 degrees of freedom; where a
    piece is a sample, s is the standard error of the mean.

    >>> found = averaged(np.arange(20.0)[:, None], np.ones(20, int))
    >>> found.mean.tolist(), found.low.round(2).tolist(), found.high.round(2).tolist()
    ([9.5], [6.73], [12.27])

    Reference: Student 1908; groups as in Liang and Zeger 1986.
    """
    n, pieces = counts.sum(), len(counts)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums.sum(0) / n
        if pieces < FEWEST:
            empty = np.full_like(mean, np.nan)
            return Averaged(mean, empty, empty)
        spread = np.sqrt(((sums - counts[:, None] * mean) ** 2).sum(0) * pieces / (pieces - 1)) / n
        width = float(special.stdtrit(pieces - 1, 0.975)) * spread
    return Averaged(mean, mean - width, mean + width)


def on_both_halves(first: Averaged, second: Averaged) -> Float[np.ndarray, "unit"]:
    """1 where both halves lie on one side of 0 with their intervals, 0 where not, NaN where a half is too small."""
    above = (first.low > 0) & (second.low > 0)
    below = (first.high < 0) & (second.high < 0)
    known = np.isfinite(first.low) & np.isfinite(second.low)
    return np.where(known, (above | below).astype(np.float64), np.nan)
