"""The task: what the model's output means, decided once from labels and output, and kept in the recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from neuronaut.capture.labels import Classes, Seen, classes_of, order_note
from neuronaut.core.errors import DataError, unknown
from neuronaut.core.layer import Graph

TaskKind = Literal["binary", "classes", "regression", "none"]
Scale = Literal["logits", "probability", "value"]

SEVERAL = 32
"""A regression with more outputs gets no columns for each of them, only the array of its predictions."""
_WORDS = {"text": "text", "bool": "true and false"}
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
    targets: tuple[str, ...] = ()
    """Names of the outputs of a regression that has several."""

    def to_json(self) -> dict[str, Any]:
        names = None if self.classes is None else list(self.classes.names)
        several = {"targets": list(self.targets)} if self.targets else {}
        return {
            "kind": self.kind,
            "classes": names,
            "label": self.label,
            "output": self.output,
            "scale": self.scale,
            **several,
        }


def decide(
    outputs: Mapping[str, npt.NDArray[Any]],
    seen: Seen | None,
    graph: Graph,
    *,
    task: str = "auto",
    classes: Sequence[Any] | None = None,
    label: str | None = None,
    targets: tuple[str, ...] | None = None,
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
    if kind == "regression":
        several = _targets(seen, units, targets)
        return Task("regression", name, "value", None, None if several else label, targets=several)
    if kind == "none":
        return Task("none", name, "value", None, label)
    if seen is not None and seen.columns > 1:
        raise DataError(f"{seen.columns} numbers a sample are the targets of a regression. Give one class a sample.")
    if kind == "binary" and units != 1:
        raise DataError(f"task='binary' needs one output unit, the model has {units}. Use task='classes'.")
    if kind == "classes" and units == 1:
        raise DataError("task='classes' needs an output unit for each class, the model has one. Use task='binary'.")
    scale, note = _scale(values, graph)
    known = classes_of(seen, classes, 2 if kind == "binary" else units)
    notes = "; ".join(one for one in (note, order_note(known)) if one)
    return Task("binary" if kind == "binary" else "classes", name, scale, known, label, notes)


def _targets(seen: Seen | None, units: int, names: tuple[str, ...] | None) -> tuple[str, ...]:
    """What the outputs of a regression are called; nothing for a single one, or for more than can be columns.

    Raises DataError when there is not one number for each output.
    """
    if seen is not None and seen.kind in ("text", "bool"):
        raise DataError(f"regression needs numbers as labels; these are {_WORDS[seen.kind]}. Leave task='auto'.")
    if seen is not None and seen.columns != units:
        raise DataError(
            f"each label has {_counted(seen.columns, 'number')}, but the model has {_counted(units, 'output')}. "
            "Give one number for each output."
        )
    if not 1 < units <= SEVERAL:
        return ()
    return names if names is not None and len(names) == units else tuple(map(str, range(units)))


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


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
