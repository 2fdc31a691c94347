"""Together: units whose activations rise and fall together stand side by side."""

from __future__ import annotations

import numpy as np

from neuronaut.analysis.ordering.class_order import varying
from neuronaut.analysis.ordering.spectral import second_singular_vectors
from neuronaut.analysis.shapes import Float, Int, Num

LEAVES = 512
"""Up to so many units the tree is ordered exactly; beyond, units are put on a line spectrally."""


def fire_together(values: Num[np.ndarray, "sample unit"], seed: int = 0) -> Int[np.ndarray, "place"]:
    """Units in an order where neighbours correlate; those that do not vary, or are nowhere finite, come last.

    The correlation is Pearson's over the samples, missing values at the unit's mean. Up to 512 units: the leaves of the
    average-linkage tree of 1 - r, turned so that neighbours are nearest; beyond: by the second singular vector of the
    normalised similarity (1 + r) / 2. The half with the lowest unit comes first.

    >>> import numpy as np
    >>> fire_together(np.array([[0, 0, 1], [1, 0, 0], [0, 1, 1], [1, 1, 0], [2, 0, 0.0]])).tolist()
    [0, 1, 2]

    Reference: Bar-Joseph, Gifford and Jaakkola, Fast optimal leaf ordering for hierarchical clustering, 2001.
    """
    standard = standardised(values)
    placed = np.flatnonzero(standard.any(0))
    if placed.size > 2:
        chosen = standard[:, placed]
        similarity = np.clip(chosen.T @ chosen / len(chosen), -1.0, 1.0)
        placed = placed[_leaves(similarity) if placed.size <= LEAVES else _line(similarity, seed)]
    if placed.size and 2 * int(placed.argmin()) > placed.size - 1:
        placed = placed[::-1]
    return np.concatenate([placed, np.setdiff1d(np.arange(values.shape[1]), placed)]).astype(np.int64)


def standardised(values: Num[np.ndarray, "sample unit"]) -> Float[np.ndarray, "sample unit"]:
    """Each unit with mean 0 and standard deviation 1 over its finite values; 0 for others, and for constants."""
    finite = np.isfinite(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        clean = np.where(finite, values, 0.0).astype(np.float64)
        centred = np.where(finite, clean - clean.sum(0) / finite.sum(0), 0.0)
        spread = np.sqrt((centred**2).mean(0))
        return np.where(varying(values) & (spread > 0), centred / spread, 0.0)


def _leaves(similarity: Float[np.ndarray, "unit unit"]) -> Int[np.ndarray, "unit"]:
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering

    distance = 1.0 - similarity[np.triu_indices(len(similarity), 1)]
    return np.asarray(leaves_list(optimal_leaf_ordering(linkage(distance, "average"), distance)), np.int64)


def _line(similarity: Float[np.ndarray, "unit unit"], seed: int) -> Int[np.ndarray, "unit"]:
    return np.argsort(second_singular_vectors((1.0 + similarity) / 2, seed)[0], kind="stable")
