"""Truth: what the model was asked and what is right for each row, read back from a recording or from given labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuronaut.capture.item import label_array
from neuronaut.capture.labels import Classes, nulls
from neuronaut.capture.task import Task, flat
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
        card.get("kind", "none"),
        card.get("output", ""),
        card.get("scale", "value"),
        classes,
        card.get("label"),
        targets=tuple(card.get("targets", ())),
    )


def recorded_truth(rec: Recording, task: Task, labels: Any = None) -> Truth:
    """What is right for each row of a recording: from ``labels`` (an array, a column or several), else as recorded.

    The recorded label columns are believed only when they agree with what the recording says of right and wrong.
    Raises DataError when given labels do not fit, UnknownName for a column that is not there.
    """
    if task.kind == "none":
        return None
    if labels is not None:
        name = labels if isinstance(labels, str) else None
        return encoded(task, label_array(_given(rec, task, labels), rec.n), np.asarray(rec.sample_ids), name)
    judged = rec.outputs.get("correct" if task.classes is not None else "loss")
    if judged is None:
        return None
    for column in _columns(rec, task):
        for truth in _readings(task, column):
            if _agrees(rec, truth):
                return truth
    return None


def _given(rec: Recording, task: Task, labels: Any) -> Any:
    """The labels, or the columns that they name; of a regression with several outputs one column for each."""
    several = isinstance(labels, (list, tuple)) and bool(task.targets) and all(isinstance(one, str) for one in labels)
    for name in labels if several else [labels] if isinstance(labels, str) else []:
        if name not in rec.metadata:
            raise unknown("column", name, rec.metadata.columns)
    return rec.metadata[list(labels) if several else labels] if several or isinstance(labels, str) else labels


def encoded(task: Task, labels: npt.NDArray[Any], ids: npt.NDArray[np.int64], column: str | None = None) -> Truth:
    """Labels as class numbers or target values. Raises DataError that names a sample whose label does not fit."""
    if task.classes is None:
        width = 1 if labels.ndim == 1 else labels.shape[1]
        if task.targets and width != len(task.targets):
            raise DataError(
                f"labels of {width} for each sample, but the regression has {len(task.targets)} outputs: "
                f"{', '.join(task.targets[:8])}{' …' if len(task.targets) > 8 else ''}. Give one number for each."
            )
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


def _columns(rec: Recording, task: Task) -> list[npt.NDArray[Any]]:
    """The columns that may hold the label: of that name, or the name it got beside a column that had it already.

    Of a regression with several outputs: the columns that were kept of each.
    """
    label = task.label
    if task.targets:
        kept = [str(name) for name in rec.task.get("labels", ())]
        whole = len(kept) == len(task.targets) and all(name in rec.metadata for name in kept)
        return [label_array(rec.metadata[kept])] if whole else []
    if label is None:
        return []
    names = [name for name in rec.metadata if name == label or str(name).startswith(f"{label}_")]
    return [label_array(rec.metadata[name]) for name in names]


def _readings(task: Task, column: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    if task.classes is not None:
        yield from _codes(task.classes, column)
        return
    yield pd.DataFrame(column).apply(pd.to_numeric, errors="coerce").to_numpy(np.float64).reshape(column.shape)


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
        if prediction.shape != truth.shape:
            return False
        loss = rec.outputs["loss"].read().astype(np.float64)
        own = flat((prediction - truth) ** 2).mean(1)
        return bool(np.allclose(own, loss, rtol=1e-3, atol=1e-6, equal_nan=True))
    correct, prediction = rec.outputs["correct"].read(), rec.outputs["prediction"].read()
    known = correct != 255
    same = (prediction == truth) == (correct == 1)
    return bool(same[known].all() and (truth[known] >= 0).all() and (truth[~known & (prediction >= 0)] < 0).all())


def strata_of(truth: Truth) -> npt.NDArray[np.int64] | None:
    """The class of each row, for a choice that holds as many of each; None without classes."""
    return truth.astype(np.int64) if truth is not None and truth.dtype.kind == "i" else None


def class_names(task: Task) -> Sequence[str]:
    return () if task.classes is None else task.classes.names
