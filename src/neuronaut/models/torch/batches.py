"""Batches: what the model takes, as tensors on its device."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from neuronaut.core.errors import DataError
from neuronaut.core.model import Batch
from neuronaut.models.torch.tape import replace, tensors

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


class Call(NamedTuple):
    """A batch as the user's own call of the model gives it."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


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


def arguments(batch: Batch, *, whole: bool = False) -> Arguments:
    """How the model is called: a tuple gives positional inputs, a dict keyword inputs, anything else is the input.

    ``whole``: a dict is the one input.
    """
    if isinstance(batch, Call):
        return batch.args, dict(batch.kwargs)
    if isinstance(batch, dict):
        return ((dict(batch),), {}) if whole else ((), dict(batch))
    if isinstance(batch, (tuple, list)):
        return tuple(batch), {}
    return (batch,), {}


def takes_whole(model: nn.Module, batch: Batch) -> bool:
    """Whether ``forward`` takes a dict as its one argument, since it has no arguments of those names.

    Raises DataError when it can take the dict neither way.
    """
    signature = _signature(model)
    if not isinstance(batch, dict) or signature is None or _fits(signature, (), batch):
        return False
    if _fits(signature, (batch,), {}):
        return True
    raise DataError(
        f"the data give {_listed(batch)}, but forward of {type(model).__name__} takes {_listed(signature.parameters)}. "
        "Name the inputs as forward does, or give a tuple in its order."
    )


def _signature(model: nn.Module) -> inspect.Signature | None:
    try:
        return inspect.signature(model.forward)
    except (TypeError, ValueError):
        return None


def _fits(signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[Any, Any]) -> bool:
    if not all(isinstance(name, str) for name in kwargs):
        return False
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(map(repr, names)) or "nothing"


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
    """The name of each input tensor and its place in the call: ``input``, or ``input.<name, key or index>``."""
    alone = isinstance(batch, Call) and len(batch.args) == 1 and not batch.kwargs
    whole = takes_whole(model, batch.args[0] if alone else batch)
    places = [key for key, _ in tensors(arguments(batch, whole=whole))]
    if whole:
        return {_free(".".join(["input", *map(str, key[2:])]), modules): key for key in places}
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
    signature = _signature(model)
    if signature is None:
        return []
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [parameter.name for parameter in signature.parameters.values() if parameter.kind in plain]


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name
