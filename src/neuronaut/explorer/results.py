"""Results of analyses on a page: the same names, axes and notes as in Python, their arrays as blobs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.recorded import by_layer
from neuronaut.analysis.registry import canonical
from neuronaut.core.result import Result
from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.contract import ResultCard, ValueCard
from neuronaut.explorer.network import rounded
from neuronaut.explorer.numbers import wide

LARGE = 2048
"""Numbers in a value up to which it travels in single precision; those of a larger one are rounded by 0.2 % at most."""
_BITS = 8

Array = npt.NDArray[Any]


def result_card(result: Result, pack: Packer, *, only: Sequence[str] | None = None, exact: bool = False) -> ResultCard:
    """A Result for the page; ``only`` these of its values. ``exact`` ones have every digit that Python's have.

    The axis ``unit`` is not labelled by addresses: it runs through the units of ``layers``, one layer after the other.
    """
    names = [name for name in result.values if only is None or name in only]
    axes = {axis for name in names for axis in result.dims[name]} - {"unit"}
    return ResultCard(
        name=result.name,
        params=json.dumps(canonical(dict(result.params)), sort_keys=True, ensure_ascii=False),
        layers=list(by_layer(result)) if "unit" in result.coords else [],
        coords={axis: [str(label) for label in labels] for axis, labels in result.coords.items() if axis in axes},
        values={name: _value(np.asarray(result.values[name]), result.dims[name], pack, exact) for name in names},
        n={str(name): int(count) for name, count in result.n.items()},
        notes=list(result.notes),
    )


def _value(array: Array, dims: tuple[str, ...], pack: Packer, exact: bool) -> ValueCard:
    if array.dtype.kind in "UOS":
        known = sorted({str(text) for text in array.ravel().tolist()})
        place = {text: number for number, text in enumerate(known)}
        codes = np.array([place[str(text)] for text in array.ravel().tolist()]).reshape(array.shape)
        return ValueCard(dims=list(dims), data=pack.add(_smallest(codes), "understanding"), texts=known)
    return ValueCard(dims=list(dims), data=pack.add(_number(array, exact), "understanding"), texts=None)


def _number(array: Array, exact: bool) -> Array:
    if array.dtype.kind == "b":
        return array.astype(np.uint8)
    if array.dtype.kind in "iu":
        return _smallest(array)
    if exact:
        return array
    with np.errstate(over="ignore"):
        narrow = array.astype(np.float32)
    if narrow.size > LARGE:
        narrow = np.where(np.isfinite(narrow), rounded(narrow, _BITS), narrow)
    return wide(array, narrow)


def _smallest(array: Array) -> Array:
    """Whole numbers in the narrowest type that holds them."""
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    types: tuple[Any, ...] = (np.uint8, np.uint16, np.uint32) if low >= 0 else (np.int8, np.int16, np.int32)
    fits = [dtype for dtype in types if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max]
    return array.astype(fits[0] if fits else np.float64)
