"""The number types of stored arrays, with the value that stands where nothing was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.core.errors import DataError


@dataclass(frozen=True, slots=True)
class StoredType:
    """One number type: its name here, in Zarr, in memory; the fill as JSON and as a value."""

    name: str
    zarr: str
    dtype: np.dtype[Any]
    fill_json: Any
    fill: Any


def _types() -> dict[str, StoredType]:
    table = {}
    for name in ("float16", "float32", "float64"):
        table[name] = StoredType(name, name, np.dtype(name), "NaN", np.nan)
    for name in ("int8", "int16", "int32", "int64"):
        low = int(np.iinfo(name).min)
        table[name] = StoredType(name, name, np.dtype(name), low, low)
    for name in ("uint8", "uint16", "uint32", "uint64"):
        high = int(np.iinfo(name).max)
        table[name] = StoredType(name, name, np.dtype(name), high, high)
    table["bool"] = StoredType("bool", "bool", np.dtype(bool), False, False)
    table["bfloat16"] = StoredType("bfloat16", "uint16", np.dtype(np.uint16), 0x7FC0, 0x7FC0)
    return table


TYPES = _types()


def stored_type(name: str) -> StoredType:
    """The stored type of that name, or of NumPy's other spellings. Raises DataError for one that cannot be stored.

    >>> stored_type("<f4").name
    'float32'
    """
    try:
        known = name if name in TYPES else np.dtype(name).name
    except TypeError:
        known = ""
    if known not in TYPES:
        raise DataError(f"numbers of type {name!r} cannot be stored. Convert to one of: {', '.join(TYPES)}.")
    return TYPES[known]


def widen(words: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """bfloat16 words as float32: the same numbers, exactly.

    >>> widen(np.array([0x3F80, 0xC000], np.uint16)).tolist()
    [1.0, -2.0]
    """
    return (words.astype(np.uint32) << np.uint32(16)).view(np.float32)
