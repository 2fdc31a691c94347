"""Batches: what the model takes, as tensors on its device."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from neuronaut.core.errors import DataError
from neuronaut.core.model import Batch
from neuronaut.models.torch.tape import replace, tensors

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def to_batch(rows: Batch, dtype: torch.dtype = torch.float32, device: torch.device | str | None = None) -> Batch:
    """Arrays as tensors: floating numbers in ``dtype``, integers and booleans as they are, on ``device``.

    >>> to_batch(np.array([[0.5, 1.5]])).dtype, to_batch({"ids": np.array([1, 2], np.int32)})["ids"].dtype
    (torch.float32, torch.int64)
    """
    arrays = replace(rows, np.ndarray, _from_numpy)
    return replace(arrays, torch.Tensor, lambda tensor: _fit(tensor, dtype, device))


def _from_numpy(array: np.ndarray[Any, Any]) -> torch.Tensor:
    if array.dtype.kind not in "fiub":
        raise DataError(f"a batch of {array.dtype} values. A model takes numbers: encode them as float or integer.")
    if array.dtype.kind in "iu" and array.dtype != np.uint8:
        array = array.astype(np.int64, copy=False)
    if not array.flags.writeable or array.dtype.byteorder == ">" or any(step < 0 for step in array.strides):
        array = array.astype(array.dtype.newbyteorder("="), copy=True)
    return torch.from_numpy(array)


def _fit(tensor: torch.Tensor, dtype: torch.dtype, device: torch.device | str | None) -> torch.Tensor:
    return tensor.to(device=device, dtype=dtype if tensor.is_floating_point() else None)


def arguments(batch: Batch) -> Arguments:
    """How the model is called: a tuple gives positional inputs, a dict keyword inputs, anything else is the input."""
    if isinstance(batch, dict):
        return (), dict(batch)
    if isinstance(batch, (tuple, list)):
        return tuple(batch), {}
    return (batch,), {}


def sample_count(batch: Batch) -> int:
    """Rows of the batch; DataError when its tensors do not agree."""
    counts = {tensor.shape[0] for _, tensor in tensors(batch) if tensor.ndim}
    if len(counts) != 1:
        raise DataError(
            f"inputs with {sorted(counts)} samples. Give every input the same first axis: the samples."
            if counts
            else "a batch without a tensor. Give an array, a tuple of arrays or a dict of arrays, samples first."
        )
    return int(counts.pop())


def take_rows(batch: Batch, rows: Sequence[int]) -> Batch:
    """Some rows of every tensor of a batch."""
    return replace(batch, torch.Tensor, lambda tensor: tensor[list(rows)] if tensor.ndim else tensor)


def input_names(model: nn.Module, batch: Batch, modules: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """The name of each input tensor and its place in the call: ``input``, or ``input.<argument name or index>``."""
    places = [key for key, _ in tensors(arguments(batch))]
    if len(places) == 1:
        return {_free("input", modules): places[0]}
    given = _argument_names(model)
    names: dict[str, tuple[Any, ...]] = {}
    for kind, *rest in places:
        first, *deeper = rest
        word = str(first) if kind == 1 else given[first] if first < len(given) else str(first)
        names[_free(".".join(["input", word, *map(str, deeper)]), modules)] = (kind, *rest)
    return names


def _argument_names(model: nn.Module) -> list[str]:
    try:
        parameters = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):
        return []
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [parameter.name for parameter in parameters if parameter.kind in plain]


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name
