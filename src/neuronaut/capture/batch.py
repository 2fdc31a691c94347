"""Batches: an array, or a tuple or dict of arrays, with the sample axis first; counted, cut and joined here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.core.errors import DataError
from neuronaut.core.model import Batch


def leaves(batch: Batch) -> list[Any]:
    """The arrays of a batch, in order."""
    if isinstance(batch, Mapping):
        return [leaf for part in batch.values() for leaf in leaves(part)]
    if isinstance(batch, tuple):
        return [leaf for part in batch for leaf in leaves(part)]
    return [batch]


def over(change: Callable[..., Any], batches: Sequence[Batch]) -> Batch:
    """The batch whose every array is ``change`` of the arrays that stand at that place in ``batches``.

    >>> over(lambda *parts: sum(parts), [{"a": 1, "b": 2}, {"a": 10, "b": 20}])
    {'a': 11, 'b': 22}
    """
    first = batches[0]
    if isinstance(first, Mapping):
        return {name: over(change, [batch[name] for batch in batches]) for name in first}
    if isinstance(first, tuple):
        return tuple(over(change, [batch[place] for batch in batches]) for place in range(len(first)))
    return change(*batches)


def count(batch: Batch) -> int:
    """The number of samples of a batch.

    Raises DataError when its arrays do not agree, or have no axis at all.
    """
    sizes = {int(leaf.shape[0]) if len(leaf.shape) else -1 for leaf in leaves(batch)}
    if sizes == {-1} or not sizes:
        raise DataError("the model's input is a single number; the first axis of an input is the sample.")
    if len(sizes) > 1:
        shapes = ", ".join(str(tuple(leaf.shape)) for leaf in leaves(batch))
        raise DataError(f"the inputs of one batch differ in their number of samples: shapes {shapes}.")
    return sizes.pop()


def take(batch: Batch, rows: slice | npt.NDArray[np.intp]) -> Batch:
    """Some samples of a batch; a slice gives views, not copies."""
    return over(lambda leaf: leaf[rows], [batch])


def join(batches: Sequence[Batch]) -> Batch:
    """One batch of the samples of several, in order; a single one is returned as it is."""
    return batches[0] if len(batches) == 1 else over(lambda *parts: _concatenate(parts), batches)


def stack(samples: Sequence[Batch]) -> Batch:
    """One batch of single samples, which gain the sample axis."""
    return over(lambda *parts: _concatenate([part[None] for part in map(array, parts)]), samples)


def copied(batch: Batch) -> Batch:
    """The same values in memory of their own."""
    return over(lambda leaf: leaf.copy() if isinstance(leaf, np.ndarray) else leaf.detach().clone(), [batch])


def array(leaf: Any) -> Any:
    """``leaf`` as something with a shape: tensors stay tensors, numbers and lists of numbers become arrays.

    Raises DataError for anything else, by type.
    """
    if hasattr(leaf, "shape") and hasattr(leaf, "dtype") and not hasattr(leaf, "iloc"):
        return leaf if is_tensor(leaf) or isinstance(leaf, np.ndarray) else np.asarray(leaf)
    if isinstance(leaf, (bool, int, float, complex, list, tuple)):
        made = np.asarray(leaf)
        if made.dtype.kind in "biuf":
            return made
    raise DataError(
        f"an input is a {type(leaf).__name__}, a model takes arrays or tensors of numbers. Convert it in the data set."
    )


def is_tensor(value: Any) -> bool:
    """Whether ``value`` is a torch tensor; imports nothing, since a tensor proves that torch is there."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def to_numpy(value: Any) -> npt.NDArray[Any]:
    """A host array of ``value``; bfloat16 becomes float32."""
    if is_tensor(value):
        host = value.detach().cpu()
        return np.asarray(host.float().numpy() if str(host.dtype) == "torch.bfloat16" else host.numpy())
    return np.asarray(value)


def _concatenate(parts: Sequence[Any]) -> Any:
    shapes = {tuple(part.shape[1:]) for part in parts}
    if len(shapes) > 1:
        raise DataError(f"samples differ in shape: {', '.join(map(str, sorted(shapes)))}. Bring them to one size.")
    if is_tensor(parts[0]):
        return sys.modules["torch"].cat(list(parts))
    return np.concatenate(parts)
