"""Items: what a data set hands out, split into the model's input and the label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuronaut.capture.batch import array, is_tensor, to_numpy
from neuronaut.core.errors import DataError
from neuronaut.core.model import Batch


@dataclass(frozen=True, slots=True)
class Split:
    """How items are taken apart: how many leading parts (or which names) are inputs, which dict key a label."""

    inputs: int | tuple[str, ...] | None = None
    label: str | None = None

    def __call__(self, item: Any) -> tuple[Batch, Any]:
        """The model's input and the label (None without one).

        >>> Split()((np.zeros(3), 1))[1]
        1
        """
        if isinstance(item, Mapping):
            return self._mapping(item)
        if isinstance(item, pd.DataFrame):
            return frame_values(item), None
        if isinstance(item, tuple) or (isinstance(item, list) and any(hasattr(part, "shape") for part in item)):
            return self._parts(tuple(item))
        if isinstance(self.inputs, tuple) or (self.inputs or 1) > 1:
            raise DataError(f"inputs={self.inputs!r}, but an item is a single {type(item).__name__}.")
        return array(item), None

    def _mapping(self, item: Mapping[str, Any]) -> tuple[Batch, Any]:
        names = self.inputs if isinstance(self.inputs, tuple) else tuple(name for name in item if name != self.label)
        absent = [name for name in (*names, *([self.label] if self.label else [])) if name not in item]
        if absent:
            raise DataError(f"an item has no {absent[0]!r}; it has {', '.join(map(repr, item))}.")
        return {name: array(item[name]) for name in names}, item[self.label] if self.label else None

    def _parts(self, item: tuple[Any, ...]) -> tuple[Batch, Any]:
        expected = leading(self.inputs, len(item))
        if not expected or len(item) not in (expected, expected + 1):
            raise DataError(
                f"an item has {len(item)} parts; which are inputs of the model? Say inputs=2 when the first two are "
                "(at most one more part may follow, the label)."
            )
        parts = item[:expected]
        label = item[expected] if len(item) > expected else None
        if expected == 1 and isinstance(parts[0], Mapping):
            return self._mapping(parts[0])[0], label
        values = tuple(_values(part) for part in parts)
        if isinstance(self.inputs, tuple):
            return dict(zip(self.inputs, values, strict=True)), label
        return values if expected > 1 else values[0], label


def leading(inputs: int | tuple[str, ...] | None, parts: int) -> int:
    """How many of the parts of an item are inputs of the model; 0 when nobody said."""
    if inputs is None:
        return 1 if parts <= 2 else 0
    return inputs if isinstance(inputs, int) else len(inputs)


def _values(part: Any) -> Any:
    return frame_values(part) if isinstance(part, pd.DataFrame) else array(part)


def frame_values(frame: pd.DataFrame) -> npt.NDArray[Any]:
    """The rows of a table of numbers, [sample, feature]; missing values are NaN.

    Raises DataError when a column holds anything but numbers.
    """
    for place, dtype in enumerate(frame.dtypes):
        if not pd.api.types.is_numeric_dtype(dtype):
            raise DataError(
                f"feature {frame.columns[place]!r} holds {dtype} values, a model takes numbers. "
                "Encode it, or pass it in the metadata."
            )
    single = all(dtype == np.float32 for dtype in frame.dtypes)
    # Contiguous: for another memory layout a matrix product may take another kernel, and other last bits.
    return np.ascontiguousarray(frame.to_numpy(dtype=np.float32 if single else np.float64, na_value=np.nan))


def label_array(labels: Any, rows: int | None = None) -> npt.NDArray[Any]:
    """Labels as an array [sample] or [sample, output]; text and nulls as objects, [sample, 1] as [sample].

    >>> label_array(["cat", None]).tolist()
    ['cat', None]

    Raises DataError when there are not ``rows`` of them.
    """
    if isinstance(labels, pd.DataFrame):
        made = frame_values(labels)
    elif is_tensor(labels):
        made = to_numpy(labels)
    elif isinstance(labels, np.ndarray) and labels.dtype.kind in "biuf":
        made = labels
    else:
        series = labels if isinstance(labels, pd.Series) else pd.Series(_flat(labels))
        plain = isinstance(series.dtype, np.dtype) and series.dtype.kind in "biuf"
        made = series.to_numpy() if plain else _objects(series)
    if made.ndim == 2 and made.shape[1] == 1:
        made = made[:, 0]
    if made.ndim not in (1, 2):
        raise DataError(f"labels of shape {made.shape}; one label (or one row of targets) per sample is needed.")
    if rows is not None and len(made) != rows:
        raise DataError(f"{len(made)} labels for {rows} samples; one each is needed.")
    return made


def stack_labels(labels: Sequence[Any]) -> npt.NDArray[Any]:
    """The labels of single samples as one array."""
    plain = [_scalar(label) for label in labels]
    if all(isinstance(label, np.ndarray) for label in plain):
        return label_array(np.stack(plain))
    return label_array(plain)


def _scalar(label: Any) -> Any:
    value = to_numpy(label) if is_tensor(label) or isinstance(label, np.ndarray) else label
    if isinstance(value, np.ndarray) and value.size == 1:
        return value.reshape(()).item()
    return value


def _flat(labels: Any) -> list[Any]:
    if isinstance(labels, str) or not hasattr(labels, "__iter__"):
        raise DataError(f"labels are {labels!r}; a column name, or one label per sample is needed.")
    return [_scalar(label) for label in labels]


def _objects(series: pd.Series[Any]) -> npt.NDArray[Any]:
    values = series.astype(object)
    return values.where(values.notna(), None).to_numpy()
