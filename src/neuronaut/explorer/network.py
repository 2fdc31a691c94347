"""The network of a page: its layers, and the edges between them with their strongest weights."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.weights import edge_weights
from neuronaut.core.labels import layer_labels
from neuronaut.core.layer import Edge, EdgeKind, Layer, Take
from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.contract import EdgeCard, LayerCard, Weights

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording

STRONGEST = 16
"""Weights kept into and out of each unit."""
STRONGEST_OF_MANY = 8
"""The same between layers of more than ``MANY`` weights; a page draws six unless told otherwise."""
MANY = 65_536
LINES = 128
"""Rows or columns of a matrix that are sorted at a time: they stay in the cache."""
SMALL = 4096
"""Arrays up to this size are shipped whole and as they are; of larger ones the strongest, without the last digits."""
_WORST: tuple[EdgeKind, ...] = ("linear", "scaled", "nonlinear")
Floats = npt.NDArray[np.float32]
Array = npt.NDArray[Any]


def layer_cards(layers: Sequence[Layer], signed: Mapping[str, bool]) -> list[LayerCard]:
    """One card for each layer, in the order they ran."""
    labels = layer_labels(layers)
    return [
        LayerCard(
            name=layer.name,
            label=label,
            kind=layer.kind,
            unit_word=cast("Literal['neuron']", layer.unit_word),
            activation=layer.activation,
            operator=operator_name(layer),
            module=layer.module,
            units=layer.unit_count,
            rank=layer.rank,
            position=list(layer.position_shape),
            unit_names=None if layer.unit_names is None else list(layer.unit_names),
            signed=signed[layer.name],
            output=layer.output,
            parametrised=bool(layer.parameters),
        )
        for layer, label in zip(layers, labels, strict=True)
    ]


def operator_name(layer: Layer) -> str:
    """What the layer computes, and the normalisation that is a part of it: "linear with BatchNorm"."""
    norm = str(layer.attributes.get("norm", "")).removeprefix("native_")
    if not norm or norm == layer.operator.removeprefix("native_"):
        return layer.operator
    name = "".join(word.upper() if word == "rms" else word.capitalize() for word in norm.split("_"))
    return f"{layer.operator} with {name}"


def edge_cards(rec: Recording, shown: Collection[str], pack: Packer, *, full: bool = False) -> list[EdgeCard]:
    """Edges between the layers that are shown; through layers that are not, structure only.

    ``full`` ships the whole matrix too where it is small.
    """
    cards = []
    for edge, direct in visible_edges(rec, shown):
        matrix = _matrix(rec, edge) if direct else None
        weights = None if matrix is None else _weights(matrix, pack)
        whole = pack.add(matrix, "matrices") if full and matrix is not None and matrix.size <= SMALL else None
        cards.append(EdgeCard(source=edge.source, target=edge.target, kind=edge.kind, weights=weights, full=whole))
    return cards


def visible_edges(rec: Recording, shown: Collection[str]) -> Iterator[tuple[Edge, bool]]:
    """Each edge between two shown layers, and whether it is direct or leads through layers that are not shown."""
    for target in rec.layers:
        if target not in shown:
            continue
        found: dict[str, EdgeKind] = {}
        for edge in rec.graph.into(target):
            through = [edge] if edge.source in shown else _composed(rec, edge, shown)
            if through is None:
                _behind(rec, edge, shown, found, set())
            else:
                yield from ((one, True) for one in through)
        for source, kind in found.items():
            yield Edge(source, target, kind), False


def _composed(rec: Recording, edge: Edge, shown: Collection[str]) -> list[Edge] | None:
    """What reaches ``edge`` through a hidden concatenation or sum that only moves units; None where it does more."""
    hidden = rec.graph[edge.source]
    if hidden.kind != "junction" or hidden.attributes.get("fold", "linear") != "linear" or edge.take is None:
        return None
    after = edge.take.decode()
    found: list[Edge] = []
    for before in rec.graph.into(hidden.name):
        take = None if before.take is None else before.take.decode()
        if take is None or len(take) != hidden.unit_count or before.kind != "linear":
            return None
        moved = Take.encode(np.where(after >= 0, take[np.maximum(after, 0)], after))
        whole = Edge(before.source, edge.target, edge.kind, moved, (*before.via, hidden.operator, *edge.via))
        deeper = [whole] if before.source in shown else _composed(rec, whole, shown)
        if deeper is None:
            return None
        found += deeper
    return found or None


def _behind(rec: Recording, edge: Edge, shown: Collection[str], found: dict[str, EdgeKind], seen: set[str]) -> None:
    """Shown layers that reach ``edge`` through hidden ones, with the worst operation on the way."""
    waiting = [(edge.source, edge.kind)]
    while waiting:
        hidden, kind = waiting.pop()
        if hidden in seen:
            continue
        seen.add(hidden)
        for before in rec.graph.into(hidden):
            worst = max(kind, before.kind, "scaled", key=_WORST.index)
            if before.source in shown:
                found[before.source] = max(found.get(before.source, "linear"), worst, key=_WORST.index)
            else:
                waiting.append((before.source, worst))


def _matrix(rec: Recording, edge: Edge) -> Floats | None:
    weights = edge_weights(rec, edge)
    return None if weights is None else np.nan_to_num(weights[0].astype(np.float32), posinf=0, neginf=0)


def _weights(matrix: Floats, pack: Packer) -> Weights:
    k = max(matrix.shape) if matrix.size <= SMALL else STRONGEST if matrix.size <= MANY else STRONGEST_OF_MANY
    source, target = strongest(matrix, k)
    value = matrix[source, target]
    return Weights(
        k=k,
        count=len(value),
        source=pack.add(source.astype(np.uint32), "edges"),
        target=pack.add(target.astype(np.uint32), "edges"),
        value=pack.add(value if value.size <= SMALL else rounded(value, 12), "edges"),
    )


def strongest(matrix: Floats, k: int) -> tuple[Array, Array]:
    """Row and column of the ``k`` largest entries of each row and of each column, by falling size; no zeros.

    >>> strongest(np.array([[1, -3], [0, 2]], np.float32), 1)
    (array([0, 1, 0]), array([1, 1, 0]))
    """
    size = np.abs(matrix)
    kept = np.zeros(matrix.shape, bool)
    for lines, flags in ((np.ascontiguousarray(size.T), kept.T), (size, kept)):
        most = min(k, lines.shape[1])
        for start in range(0, len(lines), LINES):
            part = slice(start, start + LINES)
            best = np.argpartition(-lines[part], most - 1, axis=1)[:, :most]
            np.put_along_axis(flags[part], best, True, axis=1)
    kept &= size > 0
    rows, columns = np.nonzero(kept)
    order = np.argsort(-size[rows, columns], kind="stable")
    return rows[order], columns[order]


def rounded(values: Floats, bits: int) -> Floats:
    """The values with ``bits`` significant bits: their last bytes become zeros, which cost nothing.

    >>> rounded(np.array([1.0001, -3.14159], np.float32), 8).tolist()
    [1.0, -3.140625]
    """
    drop = 24 - bits
    values = np.where(np.isfinite(values), values, 0)
    as_bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((as_bits + (1 << (drop - 1))) & np.uint32(2**32 - (1 << drop))).view(np.float32)
