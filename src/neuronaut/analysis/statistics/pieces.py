"""Pieces: what counts as one independent observation, a sample or a group of samples that belong together."""

from __future__ import annotations

import numpy as np

from neuronaut.analysis.shapes import Bool, Float, Int, Num, Shaped
from neuronaut.analysis.statistics.moments import Centre
from neuronaut.analysis.statistics.two_groups import Uncertainty, independent


def sums_by(
    codes: Int[np.ndarray, "sample"], count: int, values: Shaped[np.ndarray, "sample unit"]
) -> Float[np.ndarray, "piece unit"]:
    """The sum of each piece's samples; ``codes`` number the pieces from 0 to ``count - 1``.

    >>> import numpy as np
    >>> sums_by(np.array([1, 0, 1]), 3, np.array([[1.0], [2.0], [3.0]])).tolist()
    [[2.0], [4.0], [0.0]]
    """
    totals = np.zeros((count, values.shape[1]))
    if len(codes):
        order = np.argsort(codes, kind="stable")
        ordered = codes[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        totals[ordered[starts]] = np.add.reduceat(values[order].astype(np.float64), starts, axis=0)
    return totals


def common(
    a: Int[np.ndarray, "sample_a"], b: Int[np.ndarray, "sample_b"]
) -> tuple[Int[np.ndarray, "sample_a"], Int[np.ndarray, "sample_b"], int]:
    """Numbers of groups made dense, alike for both, and how many groups there are."""
    found, places = np.unique(np.concatenate([a, b]), return_inverse=True)
    return places[: len(a)], places[len(a) :], len(found)


def grouped(
    a: Num[np.ndarray, "sample_a unit"],
    b: Num[np.ndarray, "sample_b unit"],
    groups_a: Int[np.ndarray, "sample_a"],
    groups_b: Int[np.ndarray, "sample_b"],
    found: tuple[Centre, Centre],
) -> Uncertainty:
    """The uncertainty of a difference of means when samples of one group are not independent.

    Every group weighs as a whole: var = sum over groups of (S_ga c_a / n_a - S_gb c_b / n_b)^2, S_ga the sum of the
    group's deviations from the mean of a, c = sqrt(G / (G - 1)). Where every sample is a group of its own this is
    Welch's; a group with samples in both a and b counts its difference, as a paired test does, with min(G_a, G_b) - 1
    degrees of freedom.

    Reference: Liang and Zeger, Longitudinal data analysis using generalized linear models, Biometrika 1986; the
    correction G / (G - 1) as in Cameron and Miller, A practitioner's guide to cluster-robust inference, 2015.
    """
    codes_a, codes_b, count = common(groups_a, groups_b)
    sides = [_side(values, codes, count, of) for values, codes, of in ((a, codes_a, found[0]), (b, codes_b, found[1]))]
    (share_a, number_a), (share_b, number_b) = sides
    with np.errstate(divide="ignore", invalid="ignore"):
        own = [(share**2).sum(0) for share in (share_a, share_b)]
        apart = (own[0] + own[1]) ** 2 / (own[0] ** 2 / (number_a - 1) + own[1] ** 2 / (number_b - 1))
    paired = bool(np.intersect1d(codes_a, codes_b).size)
    df = np.minimum(number_a, number_b) - 1.0 if paired else apart
    return Uncertainty(((share_a - share_b) ** 2).sum(0), df, number_a, number_b)


def _side(
    values: Num[np.ndarray, "sample unit"], codes: Int[np.ndarray, "sample"], count: int, of: Centre
) -> tuple[Float[np.ndarray, "piece unit"], Int[np.ndarray, "unit"]]:
    """What each piece adds to the error of one mean, and in how many pieces a unit has a finite value."""
    finite = np.isfinite(values)
    deviations = np.where(finite, values - of.mean, 0.0)
    number = np.asarray((sums_by(codes, count, finite) > 0).sum(0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return sums_by(codes, count, deviations) / of.n * np.sqrt(number / (number - 1)), number


def uncertainty(
    a: Num[np.ndarray, "sample_a unit"],
    b: Num[np.ndarray, "sample_b unit"],
    groups_a: Int[np.ndarray, "sample_a"] | None,
    groups_b: Int[np.ndarray, "sample_b"] | None,
    found: tuple[Centre, Centre],
) -> Uncertainty:
    """How well the difference of means is known, counting groups where there are any, else samples."""
    if groups_a is None or groups_b is None:
        return independent(*found)
    return grouped(a, b, groups_a, groups_b, found)


def counted(mask: Bool[np.ndarray, "sample"], groups: Int[np.ndarray, "sample"] | None) -> int:
    """How many independent pieces are among these samples."""
    return int(mask.sum()) if groups is None else len(np.unique(groups[mask]))
