"""Names of units: features at the input, classes at the output."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from neuronaut.capture.task import Task
from neuronaut.core.errors import DataError
from neuronaut.core.layer import Graph, Layer


def named(graph: Graph, task: Task, features: Sequence[str] | None, *, given: bool) -> Graph:
    """The graph with the features as names of the input's units, and the classes as names of the output's.

    A single logit is called after the label. Raises DataError when features were ``given`` and do not fit the input.
    """
    inputs = [layer for layer in graph.layers if layer.kind == "input" and not layer.position_axes]
    fitting = [layer.name for layer in inputs if features is not None and layer.unit_count == len(features)]
    if given and features is not None and not fitting:
        sizes = ", ".join(f"{layer.name} has {layer.unit_count}" for layer in inputs) or "no input is a table"
        raise DataError(f"{len(features)} features were named, but {sizes}.")
    layers = []
    for layer in graph.layers:
        if features is not None and layer.name in fitting[:1]:
            layer = dataclasses.replace(layer, unit_names=tuple(str(name) for name in features))
        elif layer.output and (names := _answers(task, layer)):
            layer = dataclasses.replace(layer, unit_names=names)
        layers.append(layer)
    return dataclasses.replace(graph, layers=tuple(layers))


def _answers(task: Task, layer: Layer) -> tuple[str, ...] | None:
    if task.kind == "classes" and task.classes is not None and layer.unit_count == len(task.classes.names):
        return task.classes.names
    if task.kind in ("binary", "regression") and layer.unit_count == 1 and task.label is not None:
        return (task.label,)
    if task.kind == "regression" and len(task.targets) == layer.unit_count and not task.targets[0].isdecimal():
        return task.targets
    return None
