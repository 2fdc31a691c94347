"""Likeness: how well the correlation or cosine of two units is known."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from neuronaut.analysis.measures.neighbours import along
from neuronaut.analysis.shapes import Float, Int, Num
from neuronaut.analysis.statistics.pieces import sums_by
from neuronaut.analysis.statistics.two_groups import FEWEST, Z95

AT_ONCE = 256
"""Pairs that are looked at at a time."""


@dataclass(frozen=True, slots=True)
class Likened:
    """How alike pairs are, ``r`` with its 95 % interval, on so many samples each; NaN on fewer than 20 pieces."""

    r: Float[np.ndarray, "pair"]
    low: Float[np.ndarray, "pair"]
    high: Float[np.ndarray, "pair"]
    n: Int[np.ndarray, "pair"]


def likened(
    x: Num[np.ndarray, "sample #pair"],
    y: Num[np.ndarray, "sample pair"],
    groups: Int[np.ndarray, "sample"] | None,
    *,
    centre: bool,
) -> Likened:
    """Cosine, or with ``centre`` Pearson correlation, of pairs of units, each with a 95 % interval.

    ``x`` has one column for each of ``y``, or one for all.

    tanh(artanh r -+ 1.96 s), s the larger of two standard errors: Fisher's 1 / sqrt(n - 3), right for normal values,
    and that of what each sample pulls at r, u = x y - r (x^2 + y^2) / 2 of values scaled to a mean square of 1:
    sqrt(sum u^2 / n / (n - 3)) / (1 - r^2), right for many samples of any distribution, as of units that seldom fire,
    where Fisher's is far too small. Where samples come in groups the u of a group are added before they are squared,
    and n counts groups.

    >>> alike = likened(np.arange(40.0)[:, None], np.arange(40.0)[:, None] % 7, None, centre=True)
    >>> alike.r.round(3).tolist(), alike.low.round(2).tolist(), alike.high.round(2).tolist(), alike.n.tolist()
    ([0.069], [-0.25], [0.37], [40])

    Reference: Fisher, On the probable error of a coefficient of correlation, 1921; Steiger and Hakstian, The asymptotic
    distribution of elements of a correlation matrix, 1982; groups as in Liang and Zeger 1986.
    """
    codes = None if groups is None else np.unique(groups, return_inverse=True)[1]
    parts = [slice(start, start + AT_ONCE) for start in range(0, max(y.shape[1], 1), AT_ONCE)]
    wide = np.broadcast_to(x, y.shape)
    found = [_likened(wide[:, part], y[:, part], codes, centre) for part in parts]
    return Likened(*map(np.concatenate, zip(*map(astuple, found), strict=True)))


def _likened(
    x: Num[np.ndarray, "sample pair"],
    y: Num[np.ndarray, "sample pair"],
    codes: Int[np.ndarray, "sample"] | None,
    centre: bool,
) -> Likened:
    joint = np.isfinite(x) & np.isfinite(y)
    n = joint.sum(0)
    one, other = (along(values, joint, centre=centre) * np.sqrt(n) for values in (x, y))
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.clip((one * other).sum(0) / n, -1.0, 1.0)
        pull = one * other - r * (one**2 + other**2) / 2
        pieces = n
        if codes is not None:
            pull = sums_by(codes, int(codes.max(initial=-1)) + 1, pull)
            pieces = (sums_by(codes, len(pull), joint) > 0).sum(0)
        beyond = np.where(pieces >= FEWEST, pieces - 3.0, np.nan)
        own = np.sqrt((pull**2).sum(0) * pieces / beyond) / n / (1 - r**2)
        width = Z95 * np.fmax(own, 1 / np.sqrt(beyond))
        z = np.arctanh(r)
        return Likened(r, np.tanh(z - width), np.tanh(z + width), n)
