"""Spectral: units on a line so that strongly tied ones are near, from the second singular vectors."""

from __future__ import annotations

import numpy as np

from neuronaut.analysis.shapes import Float, Num

WHOLE = 96
"""Up to this size all singular vectors are computed, beyond it only two."""


def second_singular_vectors(
    weights: Num[np.ndarray, "source target"], seed: int = 0
) -> tuple[Float[np.ndarray, "source"], Float[np.ndarray, "target"]]:
    """Coordinates of both sides of a bipartite graph: second singular vectors of D_r^-1/2 W D_c^-1/2, scaled back.

    The first pair belongs to the singular value 1 and says nothing. A unit without weights is at 0. The sign is
    arbitrary; here the largest coordinate of the sources is positive.

    Reference: Dhillon, Co-clustering documents and words using bipartite spectral graph partitioning, KDD 2001.
    """
    values = weights.astype(np.float64)
    rows, columns = _inverse_roots(values.sum(1)), _inverse_roots(values.sum(0))
    left, right = _second(rows[:, None] * values * columns, seed)
    source, target = left * rows, right * columns
    sign = -1.0 if source.size and source[np.abs(source).argmax()] < 0 else 1.0
    return sign * source, sign * target


def _inverse_roots(sums: Float[np.ndarray, "unit"]) -> Float[np.ndarray, "unit"]:
    with np.errstate(divide="ignore"):
        return np.where(sums > 0, 1 / np.sqrt(sums), 0.0)


def _second(
    matrix: Float[np.ndarray, "source target"], seed: int
) -> tuple[Float[np.ndarray, "source"], Float[np.ndarray, "target"]]:
    if min(matrix.shape) < 2:
        return np.zeros(len(matrix)), np.zeros(matrix.shape[1])
    if min(matrix.shape) > WHOLE:
        from scipy.sparse.linalg import ArpackNoConvergence, svds

        start = np.random.default_rng(seed).random(min(matrix.shape))
        try:
            left, strengths, right = svds(matrix, k=2, v0=start, solver="arpack")
        except ArpackNoConvergence:
            pass
        else:
            place = int(np.argsort(-strengths)[1])
            return np.asarray(left[:, place]), np.asarray(right[place])
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    return left[:, 1], right[1]
