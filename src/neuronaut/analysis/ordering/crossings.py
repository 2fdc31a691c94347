"""Crossings: how much the lines between two columns of units cross, weighted, and what chance would give."""

from __future__ import annotations

import numpy as np

from neuronaut.analysis.shapes import Float, Int, Num

SPARSE = 1024
"""A matrix with fewer than one nonzero weight in so many is counted edge by edge."""


def crossings(weights: Num[np.ndarray, "source target"]) -> float:
    """Sum of w_ij w_kl over all pairs of lines that cross, i above k and j below l; weights are not negative.

    Dense matrices take O(n m): C = sum_k (sum_{i<k} w_i) . (sum_{l<j} w_kl). Very sparse ones are counted edge by edge.

    >>> import numpy as np
    >>> crossings(np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])), crossings(np.array([[7, 8, 9], [4, 5, 6], [1, 2, 3]]))
    (219.0, 171.0)

    Reference: Barth, Mutzel and Juenger, Simple and efficient bilayer cross counting, JGAA 2004, with weights.
    """
    if np.count_nonzero(weights) * SPARSE < weights.size:
        source, target = np.nonzero(weights)
        return sparse_crossings(source, target, weights[source, target])
    return dense_crossings(weights)


def dense_crossings(weights: Num[np.ndarray, "source target"]) -> float:
    """``crossings`` by running sums over the shorter side."""
    rows = np.ascontiguousarray(weights if len(weights) <= weights.shape[1] else weights.T, np.float64)
    above = np.zeros(rows.shape[1])
    total = 0.0
    for row, to_the_left in zip(rows, _before(rows), strict=True):
        total += float(above @ to_the_left)
        above += row
    return total


def _before(rows: Float[np.ndarray, "row column"]) -> Float[np.ndarray, "row column"]:
    """For each place the sum of the row up to, and without, that place."""
    sums = np.zeros(rows.shape)
    np.cumsum(rows[:, :-1], axis=1, out=sums[:, 1:])
    return sums


def sparse_crossings(
    source: Int[np.ndarray, "edge"], target: Int[np.ndarray, "edge"], weight: Num[np.ndarray, "edge"]
) -> float:
    """``crossings`` of a list of edges in O(E log V): sorted by source, summed in a Fenwick tree over the targets.

    >>> import numpy as np
    >>> sparse_crossings(np.array([0, 1]), np.array([1, 0]), np.array([2.0, 3.0]))
    6.0

    Reference: Barth, Mutzel and Juenger 2004; Fenwick, A new data structure for cumulative frequency tables, 1994.
    """
    if not source.size:
        return 0.0
    tree = [0.0] * (int(target.max()) + 2)
    total = passed = 0.0
    # Equal sources never cross: from the last target to the first, an edge meets none of its own source beyond it.
    order = np.lexsort((target, source))
    ends, steps = target[order].tolist(), weight[order].astype(float).tolist()
    starts = source[order].tolist()
    waiting = 0
    for edge, end in enumerate(ends):
        while starts[waiting] < starts[edge]:
            place = ends[waiting] + 1
            while place < len(tree):
                tree[place] += steps[waiting]
                place += place & -place
            passed += steps[waiting]
            waiting += 1
        place, not_beyond = end + 1, 0.0
        while place:
            not_beyond += tree[place]
            place -= place & -place
        total += steps[edge] * (passed - not_beyond)
    return total


def random_crossings(weights: Num[np.ndarray, "source target"]) -> float:
    """What ``crossings`` is on average when the units of one side, or of both, stand in random order.

    Two edges that share no unit cross in half of all orders: C = ((sum w)^2 - sum of squared row sums - sum of squared
    column sums + sum w^2) / 4. No drawing of lots is needed.

    >>> import numpy as np
    >>> random_crossings(np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]]))
    195.0
    """
    values = weights.astype(np.float64)
    rows, columns = values.sum(1), values.sum(0)
    apart = values.sum() ** 2 - (rows**2).sum() - (columns**2).sum() + (values**2).sum()
    return max(float(apart) / 4, 0.0)
