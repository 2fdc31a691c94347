"""Weights, asked when they are shown: the strongest between two layers, and those of one unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.statistics.moments import single
from neuronaut.analysis.top import known_unit
from neuronaut.analysis.weights import edge_weights
from neuronaut.core.address import Address, parse_address
from neuronaut.core.errors import DataError
from neuronaut.core.layer import Edge
from neuronaut.core.result import Result
from neuronaut.explorer.network import STRONGEST, visible_edges
from neuronaut.explorer.network import strongest as strongest_of
from neuronaut.store.array import StoredArray
from neuronaut.store.recording import Recording

MOST = 64


def weights(rec: Recording, source: str, target: str, k: int = STRONGEST) -> Result:
    """The k strongest weights into and out of each unit between two neighbouring layers, by falling size.

    ``source`` and ``target`` are units, ``value`` signed, all [edge]. Empty, with a note, where no weights stand
    between the two. Raises DataError when they are no neighbours.
    """
    if not 1 <= k <= MOST:
        raise DataError(f"1 to {MOST} weights of a unit are given; got {k}.")
    matrix = _signed(rec, _edge(rec, source, target))
    if matrix is None:
        empty = np.zeros(0, np.int64)
        return _edges(empty, empty, np.zeros(0), (f"no single weight stands between units of {source} and {target}.",))
    narrow = matrix.astype(np.float32, copy=False)
    finite = narrow if np.isfinite(narrow).all() else np.nan_to_num(narrow, posinf=0, neginf=0)
    rows, columns = strongest_of(finite, k)
    return _edges(rows, columns, matrix[rows, columns].astype(np.float64), ())


def neighbours(rec: Recording, at: str, k: int = STRONGEST) -> Result:
    """The k strongest weights into a unit, and the k strongest out of it.

    ``source`` and ``target`` are addresses, ``value`` is signed, [edge]; those into the unit come first.
    """
    if not 1 <= k <= 1000:
        raise DataError(f"1 to 1,000 weights of a unit are given; got {k}.")
    address = parse_address(at, list(rec.layers))
    unit = known_unit(rec.layers[address.layer], address.unit, at)
    pieces: list[tuple[str, str, float]] = []
    for edge, direct in visible_edges(rec, rec.layers):
        if not direct or address.layer not in (edge.source, edge.target):
            continue
        into = edge.target == address.layer
        other = edge.source if into else edge.target
        line = _line(rec, edge, unit, into)
        for place in _largest(line, k):
            far, near = str(Address(other, unit=int(place))), str(Address(address.layer, unit=unit))
            pieces.append((far, near, float(line[place])) if into else (near, far, float(line[place])))
    pieces.sort(key=lambda one: one[1] != str(Address(address.layer, unit=unit)))
    return _edges(
        np.array([one[0] for one in pieces], object).astype(str),
        np.array([one[1] for one in pieces], object).astype(str),
        np.array([one[2] for one in pieces], np.float64),
        (),
    )


WEIGHTS: Mapping[str, Any] = {"weights": weights, "neighbours": neighbours}


def _edges(
    source: npt.NDArray[Any], target: npt.NDArray[Any], value: npt.NDArray[Any], notes: tuple[str, ...]
) -> Result:
    table = {"source": source, "target": target, "value": value}
    return Result("weights", table, dict.fromkeys(table, ("edge",)), n={"edges": len(value)}, notes=notes)


def _edge(rec: Recording, source: str, target: str) -> Edge:
    for edge, _ in visible_edges(rec, rec.layers):
        if (edge.source, edge.target) == (source, target):
            return edge
    raise DataError(f"no edge leads from {source!r} to {target!r}.")


def _signed(rec: Recording, edge: Edge) -> npt.NDArray[np.floating[Any]] | None:
    plain = _plain(rec, edge)
    if plain is not None:
        stored, order = plain
        if np.array_equal(order, np.arange(rec.graph[edge.source].unit_count)):
            return single(stored.read()).T
    found = edge_weights(rec, edge)
    return None if found is None else found[0]


def _plain(rec: Recording, edge: Edge) -> tuple[StoredArray, npt.NDArray[np.int64]] | None:
    """The matrix [out, in] that stands between two layers as it is, and the source unit of each of its inputs."""
    target = rec.graph[edge.target]
    stored = rec.parameters.get(target.parameters.get("weight", ""))
    plain = stored is not None and len(stored.shape) == 2 and target.attributes.get("weight_axes") == ["out", "in"]
    if not plain or stored is None or edge.take is None or int(target.attributes.get("groups", 1)) != 1:
        return None
    return stored, edge.take.decode()


def _line(rec: Recording, edge: Edge, unit: int, into: bool) -> npt.NDArray[np.floating[Any]]:
    """All weights into a unit, or out of it; of a plain matrix no more is read than they need."""
    plain = _plain(rec, edge)
    if plain is None:
        whole = _signed(rec, edge)
        if whole is None:
            return np.zeros(0)
        return whole[:, unit] if into else whole[unit]
    stored, order = plain
    if len(order) != stored.shape[1] or bool((order < -1).any()):
        return np.zeros(0)
    units = rec.graph[edge.source].unit_count
    if into:
        line = np.zeros(units)
        np.add.at(line, order[order >= 0], stored.read(unit).astype(np.float64)[order >= 0])
        return line
    places = np.flatnonzero(order == unit)
    return np.asarray(stored.read(None, places).astype(np.float64).sum(1)) if places.size else np.zeros(stored.shape[0])


def _largest(line: npt.NDArray[np.floating[Any]], k: int) -> npt.NDArray[np.int64]:
    order = np.argsort(-np.abs(np.nan_to_num(line, posinf=0, neginf=0)), kind="stable")[:k]
    return np.asarray(order[line[order] != 0], np.int64)
