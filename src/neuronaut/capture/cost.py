"""The cost of measuring influence, counted before anything runs: the same on every machine, busy or idle."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from neuronaut.core.layer import Graph, Layer

FORWARD = 2
"""A forward run costs about as much as this many backward runs: it carries values and changes through every operation,
a backward run only changes."""
ELEMENT = 32
"""Steps for each activation: activation functions, copies and sums wait for the memory, not for arithmetic."""
RATE = 5e9
"""Steps a second of an ordinary computer (two cores of 2024 do 6e9 to 15e9)."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Steps (a multiplication and an addition) of one sample through the model up to and with each layer."""

    upto: Mapping[str, float]
    total: float

    def run(self, layer: str, *, forward: bool) -> float:
        """Steps of one unit of one sample: from its layer through all that follow, or through all before."""
        return FORWARD * (self.total - self.upto[layer]) if forward else self.upto[layer]


def cost_of(graph: Graph, shapes: Mapping[str, tuple[int, ...]]) -> Cost:
    """The cost of a model from its layers and the shapes of its parameters.

    >>> fc = Layer("fc", "dense", 2, "linear", 1, parameters={"weight": "w"})
    >>> cost = cost_of(Graph((Layer("input", "input", 3, "input", 0), fc)), {"w": (2, 3)})
    >>> cost.total == 3 * ELEMENT + 2 * 3 + 2 * ELEMENT
    True
    """
    upto: dict[str, float] = {}
    total = 0.0
    for layer in graph.layers:
        total += _steps(layer, graph, shapes)
        upto[layer.name] = total
    return Cost(upto, total)


def _steps(layer: Layer, graph: Graph, shapes: Mapping[str, tuple[int, ...]]) -> float:
    positions = math.prod(layer.position_shape)
    steps = float(ELEMENT * layer.unit_count * positions)
    if layer.kind in ("dense", "conv"):
        shape = shapes.get(layer.parameters.get("weight", ""))
        entering = sum(graph[edge.source].unit_count for edge in graph.into(layer.name))
        steps += positions * (math.prod(shape) if shape is not None else entering * layer.unit_count)
    return steps


def spoken(steps: float) -> str:
    """How long that takes, for people.

    >>> spoken(RATE * 20), spoken(RATE * 700), spoken(RATE * 90_000)
    ('20 seconds', '12 minutes', '25 hours')
    """
    seconds = steps / RATE
    if seconds < 100:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 6000 else f"{seconds / 3600:,.0f} hours"
