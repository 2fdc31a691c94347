"""The task: what the model's output means, decided once from labels and output, and kept in the recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from neuronaut.capture.labels import Classes, Seen, classes_of
from neuronaut.core.errors import DataError, unknown
from neuronaut.core.layer import Graph

TaskKind = Literal["binary", "classes", "regression", "none"]
Scale = Literal["logits", "probability", "value"]

KINDS: tuple[TaskKind, ...] = ("binary", "classes", "regression", "none")


@dataclass(frozen=True, slots=True)
class Task:
    """``output`` names the model's output that answers; ``scale`` what its numbers are; ``label`` what is predicted.

    A binary task has one output unit and two classes.
    """

    kind: TaskKind
    output: str = ""
    scale: Scale = "value"
    classes: Classes | None = None
    label: str | None = None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        names = None if self.classes is None else list(self.classes.names)
        return {"kind": self.kind, "classes": names, "label": self.label, "output": self.output, "scale": self.scale}


def decide(
    outputs: Mapping[str, npt.NDArray[Any]],
    seen: Seen | None,
    graph: Graph,
    *,
    task: str = "auto",
    classes: Sequence[Any] | None = None,
    label: str | None = None,
) -> Task:
    """The task that fits the outputs of the first batch and the labels.

    ``task="auto"``: without labels or classes the outputs are judged only when they are probabilities of classes.
    One output unit with two kinds of label is binary: sigmoid, threshold 0.5. Raises DataError when they do not fit.
    """
    if task not in ("auto", *KINDS):
        raise unknown("task", task, ("auto", *KINDS))
    if task == "none":
        return Task("none", label=label)
    name = _answer(outputs)
    if name is None:
        if task == "auto":
            return Task("none", label=label, note=_no_answer(outputs))
        raise DataError(f"task={task!r}, but {_no_answer(outputs)}.")
    values = flat(outputs[name])
    units = values.shape[1]
    kind = _kind(seen, units, values, classes) if task == "auto" else task
    if kind in ("none", "regression"):
        if kind == "regression" and seen is not None and (seen.columns != units or seen.kind in ("text", "bool")):
            raise DataError(
                f"regression with {seen.columns} {seen.kind} labels a sample; the model has {units} outputs."
            )
        return Task("regression" if kind == "regression" else "none", name, "value", None, label)
    if kind == "binary" and units != 1:
        raise DataError(f"task='binary' needs one output unit, the model has {units}. Use task='classes'.")
    if kind == "classes" and units == 1:
        raise DataError("task='classes' needs an output unit for each class, the model has one. Use task='binary'.")
    scale, note = _scale(values, graph)
    known = classes_of(seen, classes, 2 if kind == "binary" else units)
    return Task("binary" if kind == "binary" else "classes", name, scale, known, label, note)


def flat(output: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """An output as [sample, unit]; positions of length one vanish."""
    return output.reshape(len(output), -1) if output.ndim != 2 else output


def _answer(outputs: Mapping[str, npt.NDArray[Any]]) -> str | None:
    """The output that is one vector a sample; one called logits before others, the first before later ones."""
    fitting = [
        name
        for name, values in outputs.items()
        if values.dtype.kind == "f"
        and values.ndim >= 1
        and values[:1].size == (values.shape[1] if values.ndim > 1 else 1)
    ]
    return min(fitting, key=lambda name: "logit" not in name.casefold(), default=None)


def _no_answer(outputs: Mapping[str, npt.NDArray[Any]]) -> str:
    shapes = ", ".join(f"{name} {values.shape}" for name, values in outputs.items())
    return f"no output of the model is one vector of numbers a sample ({shapes or 'it has none'})"


def _kind(seen: Seen | None, units: int, values: npt.NDArray[Any], classes: Sequence[Any] | None) -> TaskKind:
    many: TaskKind = "classes" if units > 1 else "binary"
    if classes is not None:
        return many
    if seen is None:
        return many if units > 1 and sums_to_one(values) else "none"
    if seen.columns > 1:
        return "regression"
    if units > 1:
        return "regression" if seen.kind == "number" else "classes"
    if seen.kind in ("text", "bool"):
        return "binary"
    return "binary" if seen.kind == "integer" and _two(seen) else "regression"


def _two(seen: Seen) -> bool:
    return set(seen.values) <= {0, 1} or (seen.whole and len(seen.values) == 2)


def _scale(values: npt.NDArray[Any], graph: Graph) -> tuple[Scale, str]:
    """Whether the output is already a probability: by the last activation of the graph, or by rows that sum to one."""
    last = [layer.activation or "" for layer in graph.layers if layer.output and layer.unit_count == values.shape[1]]
    named = last[-1].casefold() if last else ""
    inside = bool(((values >= 0) & (values <= 1)).all())
    if values.shape[1] == 1:
        ends = "sigmoid" in named and "logsigmoid" not in named
        return (
            ("probability", "the model ends in a sigmoid: its output is the probability")
            if ends and inside
            else _LOGITS
        )
    if inside and (sums_to_one(values) or ("softmax" in named and "log" not in named)):
        return "probability", "the model's outputs sum to one: they are the probabilities, no softmax is added"
    return _LOGITS


_LOGITS: tuple[Scale, str] = ("logits", "")


def sums_to_one(values: npt.NDArray[Any]) -> bool:
    """Whether every row holds non-negative numbers that sum to one."""
    wide = values.astype(np.float64)
    return bool(
        len(wide) and (wide >= 0).all() and np.allclose(wide.sum(1), 1, atol=1e-3 if values.itemsize < 4 else 1e-5)
    )
