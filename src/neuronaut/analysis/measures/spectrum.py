"""Spectrum: how many directions a layer's answers take, from its singular values."""

from __future__ import annotations

import numpy as np

from neuronaut.analysis.shapes import Float, Num


def singular_values(matrix: Num[np.ndarray, "sample unit"], *, centre: bool = True) -> Float[np.ndarray, "value"]:
    """Singular values, largest first, of a matrix whose columns have their mean taken off (unless told not to).

    >>> singular_values(np.eye(3), centre=False).tolist()
    [1.0, 1.0, 1.0]
    """
    values = matrix.astype(np.float64)
    return np.asarray(np.linalg.svd(values - values.mean(0) if centre else values, compute_uv=False))


def from_gram(gram: Float[np.ndarray, "side side"]) -> Float[np.ndarray, "value"]:
    """Singular values of A from A'A or AA', largest first; what only rounding leaves is 0."""
    found = np.linalg.eigvalsh(gram)[::-1]
    limit = len(gram) * np.finfo(np.float64).eps * max(float(found[0]), 0.0) if len(found) else 0.0
    return np.sqrt(np.where(found > limit, found, 0.0))


def effective_rank(values: Float[np.ndarray, "value"]) -> float:
    """exp(entropy of the singular values' shares of their sum): n when n are alike, 1 for one; NaN without any.

    >>> round(effective_rank(np.ones(5)), 9), effective_rank(np.array([3.0, 0.0]))
    (5.0, 1.0)

    Reference: Roy and Vetterli, The effective rank: a measure of effective dimensionality, EUSIPCO 2007.
    """
    share = _shares(values)
    return float(np.exp(-(share * np.log(share)).sum())) if share.size else float("nan")


def srank(values: Float[np.ndarray, "value"], missing: float = 0.01) -> float:
    """The smallest number of largest singular values that hold all but this share of their sum.

    >>> srank(np.array([98.0, 1.5, 0.5])), srank(np.ones(100))
    (2.0, 99.0)

    Reference: Kumar et al., Implicit under-parameterization inhibits data-efficient deep RL, ICLR 2021.
    """
    share = np.sort(_shares(values))[::-1]
    return float(np.searchsorted(np.cumsum(share), 1 - missing - 1e-12) + 1) if share.size else float("nan")


def stable_rank(values: Float[np.ndarray, "value"]) -> float:
    """Sum of squared singular values over the largest squared.

    >>> stable_rank(np.array([2.0, 1.0]))
    1.25

    Reference: Rudelson and Vershynin, Sampling from large matrices, 2007.
    """
    return float((values**2).sum() / values.max() ** 2) if _shares(values).size else float("nan")


def participation_ratio(values: Float[np.ndarray, "value"]) -> float:
    """(sum of variances)^2 / sum of their squares, a variance being a squared singular value.

    >>> participation_ratio(np.ones(4))
    4.0

    Reference: Gao et al., A theory of multineuronal dimensionality, dynamics and measurement, 2017.
    """
    squares = (values / values.max()) ** 2 if _shares(values).size else values
    return float(squares.sum() ** 2 / (squares**2).sum()) if squares.any() else float("nan")


def _shares(values: Float[np.ndarray, "value"]) -> Float[np.ndarray, "positive"]:
    positive = values[values > 0]
    return np.asarray(positive / positive.sum())
