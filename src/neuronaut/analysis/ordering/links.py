"""Links: how strongly the units of two layers are tied, as ordering sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuronaut.analysis.ordering.crossings import crossings, random_crossings
from neuronaut.analysis.shapes import Float
from neuronaut.analysis.weights import edge_weights
from neuronaut.core.layer import Edge, Layer
from neuronaut.store.recording import Recording

LARGEST = 1 << 25
"""Weights between two layers beyond which an edge is left out."""

Orders = Mapping[str, np.ndarray[Any, np.dtype[np.int64]]]
"""For each layer its units in drawn order."""
Scales = Mapping[str, np.ndarray[Any, np.dtype[np.float64]]]
"""For each layer a factor for each unit."""


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """Weights of at least 0 from the units of one layer to those of another."""

    source: str
    target: str
    weights: Float[np.ndarray, "source target"]

    def ordered(self, orders: Orders) -> Float[np.ndarray, "source target"]:
        """The weights with both sides in drawn order."""
        return np.asarray(self.weights[np.ix_(orders[self.source], orders[self.target])])

    def seen_from(self, layer: str, orders: Orders) -> Float[np.ndarray, "unit other"]:
        """A row for each unit of this layer as numbered, a column for each unit of the other in drawn order."""
        if layer == self.target:
            return np.ascontiguousarray(self.weights[orders[self.source]].T)
        return np.asarray(self.weights[:, orders[self.target]])


def total_crossings(links: Iterable[Link], orders: Orders) -> float:
    """Crossings of all links together; links of different pairs of layers are not held to cross."""
    return sum(crossings(link.ordered(orders)) for link in links)


def expected_crossings(links: Iterable[Link], still: Iterable[str], orders: Orders) -> float:
    """The same on average over random orders of all layers but those that stand ``still``."""
    fixed = set(still)
    return sum(
        crossings(link.ordered(orders)) if {link.source, link.target} <= fixed else random_crossings(link.weights)
        for link in links
    )


def links_of(rec: Recording, edges: Sequence[Edge], scales: Scales) -> tuple[list[Link], list[str]]:
    """The links of a recording's edges, and what must be said of those that count and those that do not.

    The weight is the absolute of the recorded one; of a kernel the norm over its window. A layer without parameters
    that passes units on, such as a sum, ties each unit to its own with weight 1. ``scales`` holds a factor for each
    unit of a source, where there is one. What is not finite counts as 0.
    """
    links: list[Link] = []
    without: list[str] = []
    broken: list[str] = []
    for edge in edges:
        named = f"{edge.source} → {edge.target}"
        found = _strengths(rec, edge)
        if found is None:
            without.append(named)
            continue
        if edge.source in scales:
            with np.errstate(invalid="ignore"):
                found = found * scales[edge.source][:, None]
        finite = np.isfinite(found)
        if not finite.all():
            broken.append(f"{int((~finite).sum()):,} of {named}")
            found = np.where(finite, found, 0.0)
        links.append(Link(edge.source, edge.target, found))
    return links, _said(links, without, broken)


def _said(links: Sequence[Link], without: Sequence[str], broken: Sequence[str]) -> list[str]:
    notes = []
    if links:
        notes.append(f"crossings are counted in {_named([f'{one.source} → {one.target}' for one in links])}.")
    if without:
        notes.append(
            f"not counted, as no weight from unit to unit is known (or there are more than {LARGEST:,}): "
            f"{_named(without)}."
        )
    if broken:
        notes.append(f"weights that are NaN or infinite count as 0: {_named(broken)}.")
    return notes


def _named(names: Sequence[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _strengths(rec: Recording, edge: Edge) -> Float[np.ndarray, "source target"] | None:
    source, target = rec.graph[edge.source], rec.graph[edge.target]
    if source.unit_count * target.unit_count > LARGEST:
        return None
    found = edge_weights(rec, edge)
    return found[1] if found is not None else _passed_on(edge, source, target)


def _passed_on(edge: Edge, source: Layer, target: Layer) -> Float[np.ndarray, "source target"] | None:
    """Weight 1 from each unit to the one that it becomes in a sum or a concatenation."""
    take = None if edge.take is None else edge.take.decode()
    if target.kind != "junction" or take is None or take.size != target.unit_count or not (take >= 0).any():
        return None
    weights = np.zeros((source.unit_count, target.unit_count))
    carried = np.flatnonzero(take >= 0)
    weights[take[carried], carried] = 1.0
    return weights
