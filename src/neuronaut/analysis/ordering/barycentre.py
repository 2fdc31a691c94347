"""Barycentre: each unit goes where its neighbours are, on weighted average."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuronaut.analysis.ordering.links import Link, Orders
from neuronaut.analysis.shapes import Float, Int


def barycentre_sweep(
    links: Sequence[Link], orders: Orders, free: Sequence[str], *, down: bool
) -> dict[str, Int[np.ndarray, "place"]]:
    """New orders after one sweep over the free layers: down by what leads into each, up by what leads out of it.

    Reference: Sugiyama, Tagawa and Toda, Methods for visual understanding of hierarchical system structures, 1981.
    """
    found = dict(orders)
    for layer in free if down else reversed(free):
        near = [link for link in links if (link.target if down else link.source) == layer]
        if near:
            found[layer] = by_barycentre(layer, near, found)
    return found


def by_barycentre(layer: str, near: Sequence[Link], orders: Orders) -> Int[np.ndarray, "place"]:
    """The units of a layer by the weighted mean place of their neighbours in ``near``.

    Places run from 0 to 1 in each layer, so that layers of unlike size weigh alike. A unit without neighbours keeps
    its place, and so do units with equal means towards each other.
    """
    order = orders[layer]
    pull, weight = np.zeros(order.size), np.zeros(order.size)
    for link in near:
        other, weights = (link.source, link.weights.T) if layer == link.target else (link.target, link.weights)
        pull += weights @ places(orders[other])
        weight += weights.sum(1)
    own = places(order)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.where(weight > 0, pull / weight, own)
    return np.asarray(order[np.argsort(centre[order], kind="stable")])


def places(order: Int[np.ndarray, "place"]) -> Float[np.ndarray, "unit"]:
    """Where each unit stands in its layer, between 0 and 1.

    >>> import numpy as np
    >>> places(np.array([1, 0])).tolist()
    [0.75, 0.25]
    """
    found = np.empty(order.size)
    found[order] = (np.arange(order.size) + 0.5) / order.size
    return found
