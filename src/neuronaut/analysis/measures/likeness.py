"""Likeness: how well the correlation or cosine of two units is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.shapes import Bool, Float, Int, Num
from neuronaut.analysis.statistics.pieces import sums_by
from neuronaut.analysis.statistics.two_groups import FEWEST, Z95


@dataclass(frozen=True, slots=True)
class Likened:
    """How alike pairs are, ``r`` with its 95 % interval, on so many samples each; NaN on fewer than 20 pieces."""

    r: Float[np.ndarray, "pair"]
    low: Float[np.ndarray, "pair"]
    high: Float[np.ndarray, "pair"]
    n: Int[np.ndarray, "pair"]


def likened(
    x: Num[np.ndarray, "sample"],
    y: Num[np.ndarray, "sample pair"],
    groups: Int[np.ndarray, "sample"] | None,
    *,
    centre: bool,
) -> Likened:
    """Cosine, or with ``centre`` Pearson correlation, of one unit and others, each with a 95 % interval.

    tanh(artanh r -+ 1.96 s), s the larger of two standard errors: Fisher's 1 / sqrt(n - 3), right for normal values,
    and that of what each sample pulls at r, u = x y - r (x^2 + y^2) / 2 of values scaled to a mean square of 1:
    sqrt(sum u^2 / n / (n - 3)) / (1 - r^2), right for many samples of any distribution, as of units that seldom fire,
    where Fisher's is far too small. Where samples come in groups the u of a group are added before they are squared,
    and n counts groups.

    >>> alike = likened(np.arange(40.0), np.arange(40.0)[:, None] % 7, None, centre=True)
    >>> alike.r.round(3).tolist(), alike.low.round(2).tolist(), alike.high.round(2).tolist(), alike.n.tolist()
    ([0.069], [-0.25], [0.37], [40])

    Reference: Fisher, On the probable error of a coefficient of correlation, 1921; Steiger and Hakstian, The asymptotic
    distribution of elements of a correlation matrix, 1982; groups as in Liang and Zeger 1986.
    """
    joint = np.isfinite(y) & np.isfinite(x)[:, None]
    n = joint.sum(0)
    one, other = (_scaled(values, joint, centre=centre) for values in (np.broadcast_to(x[:, None], y.shape), y))
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.clip((one * other).sum(0) / n, -1.0, 1.0)
        pull = one * other - r * (one**2 + other**2) / 2
        pieces = n
        if groups is not None:
            _, codes = np.unique(groups, return_inverse=True)
            pull = sums_by(codes, int(codes.max(initial=-1)) + 1, pull)
            pieces = (sums_by(codes, len(pull), joint) > 0).sum(0)
        beyond = np.where(pieces >= FEWEST, pieces - 3.0, np.nan)
        own = np.sqrt((pull**2).sum(0) * pieces / beyond) / n / (1 - r**2)
        width = Z95 * np.fmax(own, 1 / np.sqrt(beyond))
        z = np.arctanh(r)
        return Likened(r, np.tanh(z - width), np.tanh(z + width), n)


def _scaled(
    values: Num[np.ndarray, "sample pair"], joint: Bool[np.ndarray, "sample pair"], *, centre: bool
) -> Float[np.ndarray, "sample pair"]:
    """Of mean square 1 over the samples where both are finite, 0 elsewhere."""
    n = np.maximum(joint.sum(0), 1)
    found = np.where(joint, values, 0.0).astype(np.float64)
    if centre:
        found -= joint * (found.sum(0) / n)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(found / np.sqrt((found**2).sum(0) / n))
