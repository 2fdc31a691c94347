"""Sweeps: orders of all layers at once with few crossings, never more than at the start."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from neuronaut.analysis.ordering.barycentre import barycentre_sweep, by_barycentre
from neuronaut.analysis.ordering.links import Link, Orders, total_crossings
from neuronaut.analysis.ordering.sifting import sift_layer
from neuronaut.analysis.ordering.spectral import second_singular_vectors
from neuronaut.analysis.shapes import Int

SIFTED = 2048
"""Units of a layer beyond which it is swept but not sifted, which takes the square of them."""
RANDOM_STARTS = 12
WEIGHTS_OF_STARTS = 200_000
"""Small networks are tried from more random starts: so many weights are looked at together, at most."""
WORTH = 1e-4
"""A pass of sifting that saves less than this share of the crossings is the last."""
PATIENCE = 4
"""Sweeps without a new best after which no more are made."""


def fewest_crossings(
    links: Sequence[Link],
    sizes: Mapping[str, int],
    *,
    still: Collection[str] = (),
    passes: int = 24,
    seed: int = 0,
) -> dict[str, Int[np.ndarray, "place"]]:
    """For each layer its units in an order with few weighted crossings, never more than in index order.

    ``sizes`` names the layers in execution order; those in ``still`` keep index order. From index order, from the
    spectral order and its mirror image, and for small networks from random orders, barycentre sweeps run down and up,
    at most ``passes`` of them; the best of what they met is sifted, at most ``passes`` times. The same seed gives the
    same orders.

    >>> import numpy as np
    >>> crossed = Link("a", "b", np.array([[0.0, 1.0], [1.0, 0.0]]))
    >>> {name: order.tolist() for name, order in fewest_crossings([crossed], {"a": 2, "b": 2}, still=["a"]).items()}
    {'a': [0, 1], 'b': [1, 0]}
    """
    index: dict[str, Int[np.ndarray, "place"]] = {name: np.arange(size) for name, size in sizes.items()}
    tied = {name for link in links if link.weights.any() for name in (link.source, link.target)}
    free = [name for name in sizes if name in tied and name not in still and sizes[name] > 1]
    if not free or passes < 1:
        return index
    met = [_swept(links, start, free, passes) for start in _starts(links, index, free, seed)]
    met.sort(key=lambda one: one[0])
    best_total, best = total_crossings(links, index), index
    for swept, orders in met[: 1 + _extra(links)]:
        found = _sifted(links, orders, free, passes, WORTH * swept)
        if (total := total_crossings(links, found)) < best_total:
            best_total, best = total, found
    return best


def _extra(links: Sequence[Link]) -> int:
    return min(RANDOM_STARTS, WEIGHTS_OF_STARTS // max(1, sum(link.weights.size for link in links)))


def _starts(links: Sequence[Link], index: Orders, free: Sequence[str], seed: int) -> Iterator[Orders]:
    yield index
    spectral = _spectral_start(links, index, free, seed)
    yield spectral
    yield {name: order[::-1] if name in free else order for name, order in spectral.items()}
    rng = np.random.default_rng(seed)
    for _ in range(_extra(links)):
        yield {name: rng.permutation(order) if name in free else order for name, order in index.items()}


def _spectral_start(links: Sequence[Link], index: Orders, free: Sequence[str], seed: int) -> Orders:
    """The heaviest pair of layers by its singular vectors, the others outwards from it by barycentre."""
    usable = [link for link in links if link.source in free or link.target in free]
    heaviest = max(usable, key=lambda link: float(link.weights.sum()))
    coordinates = second_singular_vectors(heaviest.weights, seed)
    found = dict(index)
    for layer, coordinate in zip((heaviest.source, heaviest.target), coordinates, strict=True):
        if layer in free:
            found[layer] = np.argsort(coordinate, kind="stable")
    placed = {heaviest.source, heaviest.target}
    waiting = [layer for layer in free if layer not in placed]
    while waiting:
        near = {
            layer: [link for link in usable if layer in (link.source, link.target) and _other(link, layer) in placed]
            for layer in waiting
        }
        layer = max(waiting, key=lambda one: len(near[one]))
        if near[layer]:
            found[layer] = by_barycentre(layer, near[layer], found)
        placed.add(layer)
        waiting.remove(layer)
    return found


def _other(link: Link, layer: str) -> str:
    return link.target if layer == link.source else link.source


def _swept(links: Sequence[Link], start: Orders, free: Sequence[str], passes: int) -> tuple[float, Orders]:
    """The best that barycentre sweeps from a start meet, the start among them."""
    best_total, best = total_crossings(links, start), start
    orders, idle = start, 0
    for number in range(passes):
        orders = barycentre_sweep(links, orders, free, down=number % 2 == 0)
        total = total_crossings(links, orders)
        idle += 1
        if total < best_total:
            best_total, best, idle = total, orders, 0
        if idle >= PATIENCE:
            break
    return best_total, best


def _sifted(
    links: Sequence[Link], start: Orders, free: Sequence[str], passes: int, worth: float
) -> dict[str, Int[np.ndarray, "place"]]:
    """Every free layer sifted, down and up, until a pass saves no more than ``worth``."""
    orders = dict(start)
    layers = [layer for layer in free if orders[layer].size <= SIFTED]
    for number in range(passes):
        saved = 0.0
        for layer in layers if number % 2 == 0 else reversed(layers):
            orders[layer], gain = sift_layer(layer, links, orders)
            saved += gain
        if saved <= worth:
            break
    return orders
