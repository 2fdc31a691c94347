"""Truth: what the model was asked and what is right for each row, read back from a recording or from given labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuronaut.capture.item import label_array
from neuronaut.capture.labels import Classes, nulls
from neuronaut.capture.task import Task
from neuronaut.core.errors import DataError, unknown
from neuronaut.store.recording import Recording

Truth = npt.NDArray[Any] | None
"""Class numbers (-1: none) or target values (NaN: none), one row a sample; None where nothing is known."""


def task_of(rec: Recording) -> Task:
    """The task as it was decided when the recording was made."""
    card = rec.task
    names = card.get("classes")
    classes = None if names is None else Classes(tuple(names), tuple(map(str, names)))
    return Task(
        card.get("kind", "none"), card.get("output", ""), card.get("scale", "value"), classes, card.get("label")
    )


def recorded_truth(rec: Recording, task: Task, labels: Any = None) -> Truth:
    """What is right for each row of a recording: from ``labels`` (an array or a column), else as it was recorded.

    The recorded label column is believed only when it agrees with what the recording says of right and wrong answers.
    Raises DataError when given labels do not fit, UnknownName for a column that is not there.
    """
    if task.kind == "none":
        return None
    if labels is not None:
        if isinstance(labels, str) and labels not in rec.metadata:
            raise unknown("column", labels, rec.metadata.columns)
        given = rec.metadata[labels] if isinstance(labels, str) else labels
        name = labels if isinstance(labels, str) else None
        return encoded(task, label_array(given, rec.n), np.asarray(rec.sample_ids), name)
    judged = rec.outputs.get("correct" if task.classes is not None else "loss")
    if judged is None or task.label is None:
        return None
    for column in _columns(rec, task.label):
        for truth in _readings(task, column):
            if _agrees(rec, truth):
                return truth
    return None


def encoded(task: Task, labels: npt.NDArray[Any], ids: npt.NDArray[np.int64], column: str | None = None) -> Truth:
    """Labels as class numbers or target values. Raises DataError that names a sample whose label does not fit."""
    if task.classes is None:
        try:
            return np.where(nulls(labels), np.nan, labels).astype(np.float64)
        except (ValueError, TypeError) as error:
            raise DataError(f"the labels of a regression are numbers: {error}") from error
    codes = next(_codes(task.classes, labels))
    strange = np.flatnonzero((codes < 0) & ~nulls(labels))
    if strange.size:
        (value,) = labels[strange[:1]].tolist()
        shown = ", ".join(map(repr, task.classes.names[:8]))
        more = len(task.classes.names) - 8
        whose = "the label" if column is None else f"{column!r}"
        known = "" if task.label in (None, column) else f" (recorded with labels={task.label!r})"
        raise DataError(
            f"{whose} of sample {ids[strange[0]]} is {value!r}, which is none of "
            f"{shown}{f' and {more} more' if more > 0 else ''}. Give labels that hold the model's classes{known}."
        )
    return codes


def _columns(rec: Recording, label: str) -> list[npt.NDArray[Any]]:
    """The columns that may hold the label: of that name, or the name it got beside a column that had it already."""
    names = [name for name in rec.metadata if name == label or str(name).startswith(f"{label}_")]
    return [label_array(rec.metadata[name]) for name in names]


def _readings(task: Task, column: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    if task.classes is not None:
        yield from _codes(task.classes, column)
        return
    plain = pd.to_numeric(pd.Series(column), errors="coerce")
    yield plain.to_numpy(np.float64)


def _codes(classes: Classes, labels: npt.NDArray[Any]) -> Iterator[npt.NDArray[np.int32]]:
    """Class numbers (-1: none of them) by the classes' names; after that, whole numbers as numbers of the classes."""
    missing = nulls(labels)
    spelled = [_spelled(value) for value in np.asarray(labels, object).tolist()]
    by_name = pd.Index(classes.names, dtype=object).get_indexer(pd.Index(spelled, dtype=object))
    named = np.where(missing, -1, by_name).astype(np.int32)
    numbers = pd.to_numeric(pd.Series(labels), errors="coerce").to_numpy(np.float64)
    whole = np.isfinite(numbers) & (numbers == np.round(numbers)) & (numbers >= 0) & (numbers < len(classes.names))
    numbered = np.where(whole & ~missing, numbers, -1).astype(np.int32)
    fits = (named >= 0).sum() >= (numbered >= 0).sum()
    yield from (named, numbered) if fits else (numbered, named)


def _spelled(value: Any) -> str:
    """A label as the name of its class: whole numbers without a point."""
    plain = value.item() if isinstance(value, np.generic) else value
    return str(int(plain)) if isinstance(plain, float) and plain.is_integer() else str(plain)


def _agrees(rec: Recording, truth: npt.NDArray[Any]) -> bool:
    """Whether these labels give the answers that were recorded as right or wrong (or the recorded loss)."""
    if "correct" not in rec.outputs:
        prediction = rec.outputs["prediction"].read().astype(np.float64)
        if prediction.ndim != 1:
            return False
        loss = rec.outputs["loss"].read().astype(np.float64)
        return bool(np.allclose((prediction - truth) ** 2, loss, rtol=1e-3, atol=1e-6, equal_nan=True))
    correct, prediction = rec.outputs["correct"].read(), rec.outputs["prediction"].read()
    known = correct != 255
    same = (prediction == truth) == (correct == 1)
    return bool(same[known].all() and (truth[known] >= 0).all() and (truth[~known & (prediction >= 0)] < 0).all())


def strata_of(truth: Truth) -> npt.NDArray[np.int64] | None:
    """The class of each row, for a choice that holds as many of each; None without classes."""
    return truth.astype(np.int64) if truth is not None and truth.dtype.kind == "i" else None


def class_names(task: Task) -> Sequence[str]:
    return () if task.classes is None else task.classes.names
