"""What an order saves: weighted crossings against two classic orderings on the same weights, and the time it takes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from torch import nn

import neuronaut as naut
from benchmarks import workloads
from benchmarks.row import Row, seconds
from neuronaut.analysis.ordering.crossings import dense_crossings
from neuronaut.analysis.ordering.sifting import crossing_matrix
from neuronaut.analysis.weights import edge_weights

Array = np.ndarray
SWEEPS = 30


def matrices(rec: naut.Recording) -> list[Array]:
    """The absolute weights of a chain of layers [source target]."""
    found = [edge_weights(rec, edge) for edge in rec.graph.edges]
    return [np.abs(signed) for pair in found if pair is not None for signed in pair[:1]]


def total(weights: list[Array], orders: list[Array]) -> float:
    return sum(
        dense_crossings(matrix[np.ix_(orders[number], orders[number + 1])]) for number, matrix in enumerate(weights)
    )


def barycentre(weights: list[Array], orders: list[Array], free: list[int]) -> float:
    """The best of thirty sweeps of the weighted barycentre, down and up."""
    orders = list(orders)
    best = total(weights, orders)
    for sweep in range(SWEEPS):
        for layer in free if sweep % 2 == 0 else reversed(free):
            other = layer - 1 if sweep % 2 == 0 else layer + 1
            if not 0 <= other <= len(weights):
                continue
            ties = weights[other].T if other < layer else weights[layer]
            place = np.argsort(orders[other])
            centre = (ties @ place) / np.maximum(ties.sum(1), 1e-300)
            orders[layer] = orders[layer][np.argsort(centre[orders[layer]], kind="stable")]
        best = min(best, total(weights, orders))
    return best


def adjacent_exchange(weights: list[Array], orders: list[Array], free: list[int]) -> float:
    """Neighbours change places while that saves crossings, each layer against the current order of both its sides."""
    orders = [order.copy() for order in orders]
    for _ in range(SWEEPS):
        moved = False
        for layer in free:
            cost = np.zeros((orders[layer].size,) * 2)
            if layer > 0:
                cost += crossing_matrix(weights[layer - 1][orders[layer - 1]].T)
            if layer < len(weights):
                cost += crossing_matrix(weights[layer][:, orders[layer + 1]])
            order = orders[layer]
            for place in range(order.size - 1):
                first, second = order[place], order[place + 1]
                if cost[second, first] < cost[first, second]:
                    order[place], order[place + 1] = second, first
                    moved = True
        if not moved:
            break
    return total(weights, orders)


def networks() -> Iterator[tuple[str, nn.Sequential, Array]]:
    for name, make in (
        ("W-titanic", workloads.titanic),
        ("W-synth", workloads.synth),
        ("W-digits256", workloads.digits256),
        ("W-digits512", workloads.digits512),
    ):
        model, X, _ = make()
        yield name, model, X


def saved(name: str, rec: naut.Recording) -> list[Row]:
    """One row with the ends still, as ``order`` leaves them, and one with all layers free, as peers order them."""
    weights = matrices(rec)
    index = [np.arange(len(weights[0])), *(np.arange(matrix.shape[1]) for matrix in weights)]
    rows = []
    for freed in (False, True):
        result = naut.order(rec, inputs=freed, outputs=freed)
        before, after, chance = (float(result[f"crossings_{one}"]) for one in ("before", "after", "random"))
        assert abs(before / total(weights, index) - 1) < 1e-9
        assert after <= before
        free = list(range(len(index))) if freed else list(range(1, len(index) - 1))
        centred, exchanged = barycentre(weights, index, free), adjacent_exchange(weights, index, free)
        how = (
            f"{after:,.0f}; before {before:,.0f}, barycentre {centred:,.0f}, exchange {exchanged:,.0f}, "
            f"random {chance:,.0f}"
        )
        which = "all layers free" if freed else "ends still"
        rows.append(
            Row(f"weighted crossings / better of barycentre and exchange, {name}, {which}", 1.0,
                after / min(centred, exchanged), "x", how)
        )  # fmt: skip
    return rows


def took(rec: naut.Recording) -> float:
    """Seconds of an order; another seed is another question, so that nothing is read from what was kept."""
    return min(seconds(partial(naut.order, rec, seed=seed)) for seed in range(1, 6))


def run() -> list[Row]:
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, model, X in networks():
            rec = naut.record(model, X, to=Path(scratch) / f"{name}.naut", influence=False)
            rows += saved(name, rec)
            if name == "W-digits512":
                rows.append(Row(f"{name} ordered", 1.0, took(rec), "s", "weights read, all sweeps; the best of 5 runs"))
            rec.close()
    return rows
