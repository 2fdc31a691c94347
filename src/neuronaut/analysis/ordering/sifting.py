"""Sifting: each unit in turn goes to the best of all places in its layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuronaut.analysis.ordering.links import Link, Orders
from neuronaut.analysis.shapes import Float, Int, Num

LEAST_GAIN = 1e-10
"""A move must save more than this share of the largest entry, so that rounding never moves a unit."""


def crossing_matrix(weights: Num[np.ndarray, "unit other"]) -> Float[np.ndarray, "unit unit"]:
    """c_uv: the crossings between the lines of u and those of v when u stands before v.

    c_uv = sum_j w_uj sum_{l<j} w_vl, one matrix product.

    >>> import numpy as np
    >>> crossing_matrix(np.array([[0.0, 2.0], [3.0, 0.0]])).tolist()
    [[0.0, 6.0], [0.0, 0.0]]
    """
    values = weights.astype(np.float64)
    before = np.zeros(values.shape)
    np.cumsum(values[:, :-1], axis=1, out=before[:, 1:])
    return np.asarray(values @ before.T)


def sift(
    excess: Float[np.ndarray, "unit unit"], order: Int[np.ndarray, "place"], turns: Int[np.ndarray, "unit"]
) -> tuple[Int[np.ndarray, "place"], float]:
    """The order after each unit in ``turns`` went to its best place, and what that saved.

    ``excess[u, v]`` is c_uv - c_vu, what it costs that u stands before v. A unit costs O(d): passing v saves
    ``excess[u, v]``, so that the best place is where the running sum over the others is largest.

    Reference: Matuszewski, Schoenfeld and Molitor, Using sifting for k-layer straightline crossing minimization, 1999.
    """
    placed = order.copy()
    least = LEAST_GAIN * float(np.abs(excess).max(initial=0.0))
    saved = 0.0
    for unit in turns.tolist():
        at = int((placed == unit).argmax())
        passed = excess[unit].take(placed).cumsum()
        to = int(passed.argmax())
        best = float(passed[to])
        gain = max(best, 0.0) - float(passed[at])
        if gain > least:
            saved += gain
            _move(placed, at, 0 if best < 0 else to if to >= at else to + 1)
    return placed, saved


def _move(placed: Int[np.ndarray, "place"], at: int, to: int) -> None:
    unit = int(placed[at])
    if to > at:
        placed[at:to] = placed[at + 1 : to + 1].copy()
    else:
        placed[to + 1 : at + 1] = placed[to:at].copy()
    placed[to] = unit


def sift_layer(layer: str, links: Sequence[Link], orders: Orders) -> tuple[Int[np.ndarray, "place"], float]:
    """One layer sifted against the drawn orders of all its neighbours, heaviest units first, and what that saved."""
    size = orders[layer].size
    excess, weight = np.zeros((size, size)), np.zeros(size)
    for link in links:
        if layer in (link.source, link.target):
            weights = link.seen_from(layer, orders)
            cost = crossing_matrix(weights)
            excess += cost
            excess -= cost.T
            weight += weights.sum(1)
    return sift(excess, orders[layer], np.argsort(-weight, kind="stable"))
