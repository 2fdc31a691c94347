"""The columns of a recording that filters can ask: metadata first, then what is known of each sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from neuronaut.core.columns import BoolColumn, Column, Columns, NumberColumn, TextColumn
from neuronaut.core.filters.text import is_whole
from neuronaut.core.frames import lazy_columns

if TYPE_CHECKING:
    from neuronaut.store.array import StoredArray
    from neuronaut.store.recording import Recording

UNKNOWN = 255
"""``correct`` where no label is known."""


def columns_of(recording: Recording) -> Columns:
    """Metadata, then sample, half, prediction (the class's name, or prediction_<target>), correct, loss, p_<class>.

    The user's columns win.
    """
    made: dict[str, Column | Callable[[], Column]] = {
        "sample": lambda: NumberColumn("sample", recording.sample_ids.astype(np.float64)),
        "half": lambda: NumberColumn("half", recording.half.astype(np.float64)),
    }
    for name in recording.outputs:
        made |= _output(recording, name)
    given: dict[str, Column | Callable[[], Column]] = dict(lazy_columns(recording.metadata))
    given |= {name: column for name, column in made.items() if name not in given}
    return Columns(recording.n, given, activation=lambda layer, unit: activation_column(recording, layer, unit))


def activation_column(recording: Recording, layer: str, unit: int) -> NumberColumn:
    """The activations of one unit as a column, for ``@act("layer", unit)``."""
    from neuronaut.core.address import Address

    at = Address(layer.removesuffix(".pre"), "pre", unit) if _is_pre(recording, layer) else Address(layer, unit=unit)
    return NumberColumn(str(at), recording.at(at).read().astype(np.float64))


def _is_pre(recording: Recording, layer: str) -> bool:
    return layer not in recording.layers and layer.endswith(".pre")


def _output(recording: Recording, name: str) -> dict[str, Callable[[], Column]]:
    array = recording.outputs[name]
    if len(array.shape) == 2 and name == "probability":
        return {f"p_{label}": _probability(recording, place, label) for place, label in _labels(recording)}
    if len(array.shape) == 2 and name == "prediction":
        targets = enumerate(map(str, recording.task.get("targets") or ()))
        return {f"prediction_{target}": _single(array, place, f"prediction_{target}") for place, target in targets}
    if len(array.shape) != 1:
        return {}
    if name == "correct":
        return {name: lambda: _correct(recording)}
    if name == "prediction" and array.dtype.kind in "iu" and _labels(recording):
        return {name: lambda: _prediction(recording)}
    return {name: lambda: NumberColumn(name, array.read().astype(np.float64))}


def _labels(recording: Recording) -> list[tuple[int, str]]:
    return list(enumerate(str(label) for label in recording.task.get("classes") or ()))


def _probability(recording: Recording, place: int, label: str) -> Callable[[], Column]:
    return lambda: NumberColumn(f"p_{label}", recording.outputs["probability"].read(None, place).astype(np.float64))


def _single(array: StoredArray, place: int, name: str) -> Callable[[], Column]:
    return lambda: NumberColumn(name, array.read(None, place).astype(np.float64))


def _correct(recording: Recording) -> BoolColumn:
    values = recording.outputs["correct"].read()
    return BoolColumn("correct", values == 1, values == UNKNOWN)


def _prediction(recording: Recording) -> Column:
    """Names of classes; numbers where every class is called by a whole number, as their labels are numbers too."""
    labels = tuple(label for _, label in _labels(recording))
    codes = recording.outputs["prediction"].read().astype(np.int64)
    known = (codes >= 0) & (codes < len(labels))
    if all(map(is_whole, labels)):
        values = np.array([float(label) for label in labels])
        return NumberColumn("prediction", np.where(known, values[np.where(known, codes, 0)], np.nan))
    return TextColumn("prediction", np.where(known, codes, -1).astype(np.int32), labels)
