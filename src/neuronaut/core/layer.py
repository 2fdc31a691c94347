"""Layers of a model and the edges between them, as they ran: plain data, in execution order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from neuronaut.core.axes import SiteName

EdgeKind = Literal["linear", "scaled", "nonlinear"]
LayerKind = Literal["input", "dense", "conv", "embedding", "junction", "norm", "parameter"]

ABSENT = -1
"""In a take: this input of the target comes from somewhere else."""
MIXED = -2
"""In a take: several source units are mixed in this input."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A named place with units.

    ``name`` is the module's path in the user's model, with ``~2`` for its second call. ``operator`` is the call that
    computed it (``linear``, ``conv2d``, ``add``, ``cat``, ``input``). ``parameters`` maps the operand's role
    (``weight``, ``bias``) to the parameter's path in the model. ``attributes`` holds what is needed to read the
    weight as a unit-to-unit matrix (``groups``, ``transposed``, ``stride``). ``rank`` is the longest path from an
    input, in layers. ``selected`` tells whether ``layers="*"`` takes it.
    """

    name: str
    kind: LayerKind
    unit_count: int
    operator: str
    rank: int
    position_axes: tuple[str, ...] = ()
    position_shape: tuple[int, ...] = ()
    sites: tuple[SiteName, ...] = ("post",)
    activation: str | None = None
    module: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    unit_names: tuple[str, ...] | None = None
    selected: bool = True
    output: bool = False

    @property
    def unit_word(self) -> str:
        """What the interface calls one unit: a feature, a neuron or a channel."""
        if self.kind == "input":
            return "feature" if not self.position_axes else "channel"
        return "channel" if self.position_axes else "neuron"

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "unit_count": self.unit_count,
            "operator": self.operator,
            "rank": self.rank,
            "position_axes": list(self.position_axes),
            "position_shape": list(self.position_shape),
            "sites": list(self.sites),
            "activation": self.activation,
            "module": self.module,
            "parameters": dict(self.parameters),
            "attributes": dict(self.attributes),
            "unit_names": None if self.unit_names is None else list(self.unit_names),
            "selected": self.selected,
            "output": self.output,
        }

    @classmethod
    def from_json(cls, card: Mapping[str, Any]) -> Layer:
        names = card.get("unit_names")
        return cls(
            name=str(card["name"]),
            kind=card["kind"],
            unit_count=int(card["unit_count"]),
            operator=str(card["operator"]),
            rank=int(card["rank"]),
            position_axes=tuple(str(axis) for axis in card["position_axes"]),
            position_shape=tuple(int(size) for size in card["position_shape"]),
            sites=tuple(card["sites"]),
            activation=card.get("activation"),
            module=card.get("module"),
            parameters=dict(card.get("parameters", {})),
            attributes=dict(card.get("attributes", {})),
            unit_names=None if names is None else tuple(str(name) for name in names),
            selected=bool(card.get("selected", True)),
            output=bool(card.get("output", False)),
        )


@dataclass(frozen=True, slots=True)
class Take:
    """Which unit of the source each input of the target is, run-length encoded.

    ``runs`` are ``(start, count, repeat)``: the values start, start+1, ... (count of them), each repeated ``repeat``
    times; ABSENT and MIXED stand as runs of count 1. So a flatten of 3 channels of 2 x 2 is ``((0, 3, 4),)``.

    >>> Take.encode(np.array([0, 0, 1, 1, -1, -1, -1])).runs
    ((0, 2, 2), (-1, 1, 3))
    >>> Take(((0, 2, 2), (-1, 1, 3))).decode().tolist()
    [0, 0, 1, 1, -1, -1, -1]
    """

    runs: tuple[tuple[int, int, int], ...]

    @classmethod
    def encode(cls, units: Iterable[int] | np.ndarray[Any, Any]) -> Take:
        values = np.asarray(list(units) if not isinstance(units, np.ndarray) else units, dtype=np.int64)
        if values.size == 0:
            return cls(())
        starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
        lengths = np.diff(np.r_[starts, values.size])
        runs: list[tuple[int, int, int]] = []
        for value, length in zip(values[starts].tolist(), lengths.tolist(), strict=True):
            if runs and value >= 0 and runs[-1][0] >= 0:
                start, count, repeat = runs[-1]
                if start + count == value and repeat == length:
                    runs[-1] = (start, count + 1, repeat)
                    continue
            runs.append((value, 1, length))
        return cls(tuple(runs))

    def decode(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        if not self.runs:
            return np.zeros(0, np.int64)
        return np.concatenate(
            [np.repeat(np.arange(start, start + count), repeat) for start, count, repeat in self.runs]
        )


@dataclass(frozen=True, slots=True)
class Edge:
    """What flows from one layer's ``post`` into another layer's ``pre``.

    ``take`` gives, for each input unit of the target's operation, the source unit it carries (None: unknown).
    ``kind`` is the worst operation on the way: ``linear`` (movement, sums, averages), ``scaled`` (constant factors),
    ``nonlinear`` (maxima, activations after a junction, gates). ``cut`` names a detach on the way.
    """

    source: str
    target: str
    kind: EdgeKind
    take: Take | None = None
    via: tuple[str, ...] = ()
    cut: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "target": self.target,
            "kind": self.kind,
            "take": None if self.take is None else [list(run) for run in self.take.runs],
            "via": list(self.via),
            "cut": self.cut,
        }

    @classmethod
    def from_json(cls, card: Mapping[str, Any]) -> Edge:
        take = card.get("take")
        return cls(
            source=str(card["source"]),
            target=str(card["target"]),
            kind=card["kind"],
            take=None if take is None else Take(tuple((int(s), int(c), int(r)) for s, c, r in take)),
            via=tuple(str(op) for op in card.get("via", ())),
            cut=card.get("cut"),
        )


@dataclass(frozen=True, slots=True)
class Graph:
    """Layers in execution order (inputs first) and the edges between them."""

    layers: tuple[Layer, ...]
    edges: tuple[Edge, ...] = ()
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Layer:
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(layer.name for layer in self.layers)

    def into(self, target: str) -> Sequence[Edge]:
        return [edge for edge in self.edges if edge.target == target]

    def out_of(self, source: str) -> Sequence[Edge]:
        return [edge for edge in self.edges if edge.source == source]

    def to_json(self) -> dict[str, Any]:
        return {
            "layers": [layer.to_json() for layer in self.layers],
            "edges": [edge.to_json() for edge in self.edges],
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, card: Mapping[str, Any]) -> Graph:
        return cls(
            tuple(Layer.from_json(layer) for layer in card["layers"]),
            tuple(Edge.from_json(edge) for edge in card["edges"]),
            tuple(str(note) for note in card.get("notes", ())),
        )
