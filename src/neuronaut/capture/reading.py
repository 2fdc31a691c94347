"""Recognising data: what the user handed in, as one of the sources."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from neuronaut.capture.batch import count, leaves
from neuronaut.capture.item import Split, label_array, leading
from neuronaut.capture.source import Arrays, Batches, Replay, Samples, Singles, Source
from neuronaut.core.errors import DataError
from neuronaut.core.model import Batch


def sources(data: Any, split: Split, features: tuple[str, ...] | None = None) -> list[Source]:
    """The ways to read ``data``; more than one only for an iterator, whose items may be samples or batches.

    Raises DataError for something that holds no samples, by type.
    """
    torch_data = sys.modules.get("torch.utils.data")
    if torch_data is not None and isinstance(data, torch_data.DataLoader):
        return _loader(data, split)
    if torch_data is not None and type(data) is torch_data.TensorDataset:
        data = tuple(data.tensors)
    if isinstance(data, list) and data and not hasattr(data[0], "shape") and _numbers(data):
        data = np.asarray(data)
    if isinstance(data, (str, bytes, pd.Series)):
        raise _no_samples(data)
    if _is_array(data) or _columns(data):
        return [_arrays(data, split, features)]
    if torch_data is not None and isinstance(data, torch_data.IterableDataset):
        return [Singles(Replay(data), split)]
    if isinstance(data, Mapping):
        raise _no_samples(data)
    if hasattr(data, "__getitem__") and hasattr(data, "__len__"):
        return [Samples(data, split)]
    if not hasattr(data, "__iter__"):
        raise _no_samples(data)
    return _stream(data, split)


def _no_samples(data: Any) -> DataError:
    return DataError(
        f"data of type {type(data).__name__}. Give an array, a tensor, a DataFrame, a list of samples, "
        "a torch Dataset or DataLoader, or an iterator."
    )


def _stream(items: Iterable[Any], split: Split) -> list[Source]:
    """Single samples where the first item shows it; else both ways, and the model decides which it can take."""
    replay = Replay(items)
    first = next(iter(replay), None)
    if first is None:
        return [Singles(replay, split)]
    frame = first[0] if isinstance(first, tuple) and first else first
    if isinstance(frame, pd.DataFrame):
        return [Batches(replay, split, features=tuple(str(name) for name in frame.columns))]
    if _surely_single(*split(first)):
        return [Singles(replay, split)]
    return [Batches(replay, split), Singles(replay, split)]


def _surely_single(inputs: Batch, label: Any) -> bool:
    shapes = [tuple(leaf.shape) for leaf in leaves(inputs)]
    if shapes == [shapes[0]] and len(shapes[0]) <= 1:
        return True
    if any(not shape for shape in shapes) or len({shape[0] for shape in shapes}) > 1:
        return True
    scalar = isinstance(label, str) or not hasattr(label, "__len__") or getattr(label, "ndim", 1) == 0
    return label is not None and scalar


def _loader(loader: Any, split: Split) -> list[Source]:
    if loader.batch_sampler is None:
        return _stream(loader, split)
    try:
        total = len(loader.batch_sampler.sampler)
        if loader.drop_last:
            total -= total % loader.batch_size
    except (TypeError, AttributeError):
        total = None
    size = loader.batch_size
    return [Batches(Replay(loader, fresh=True), split, total, size if size is not None and size > 1 else None)]


def _arrays(data: Any, split: Split, features: tuple[str, ...] | None) -> Source:
    if _is_array(data):
        inputs, label = data, None
        if (split.inputs or 1) != 1:
            raise DataError(f"inputs={split.inputs!r}, but data is a single array. Give a tuple of arrays.")
    else:
        inputs, label = _split_columns(data, split)
    if isinstance(inputs, pd.DataFrame) and features is None:
        features = tuple(str(name) for name in inputs.columns)
    for leaf in leaves(inputs):
        dtype = getattr(leaf, "dtype", None)
        if isinstance(dtype, np.dtype) and dtype.kind not in "biufc":
            raise DataError(f"the input is an array of {dtype}, a model takes numbers. Encode it, or use the metadata.")
    return Arrays(inputs, None if label is None else label_array(label, count(inputs)), features)


def _split_columns(data: Any, split: Split) -> tuple[Batch, Any]:
    """As Split does for items, without touching the values."""
    if isinstance(data, Mapping):
        names = split.inputs if isinstance(split.inputs, tuple) else [name for name in data if name != split.label]
        label = data.get(split.label) if split.label else None
        return {name: data[name] for name in names}, label
    expected = leading(split.inputs, len(data))
    if not expected or len(data) not in (expected, expected + 1):
        raise DataError(
            f"data is a tuple of {len(data)} arrays; which are inputs of the model? "
            "Say inputs=2 when the first two are."
        )
    label = data[expected] if len(data) > expected else None
    parts = tuple(data[:expected])
    if isinstance(split.inputs, tuple):
        return dict(zip(split.inputs, parts, strict=True)), label
    return parts if expected > 1 else parts[0], label


def _columns(data: Any) -> bool:
    if isinstance(data, Mapping):
        return bool(data) and any(_is_array(value) for value in data.values())
    return isinstance(data, tuple) and bool(data) and _is_array(data[0]) and len(data[0].shape) > 0


def _is_array(data: Any) -> bool:
    return isinstance(data, pd.DataFrame) or (
        hasattr(data, "shape") and hasattr(data, "dtype") and hasattr(data, "ndim")
    )


def _numbers(data: list[Any]) -> bool:
    first = data[0]
    while isinstance(first, list) and first:
        first = first[0]
    return isinstance(first, (bool, int, float))
