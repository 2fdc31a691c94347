"""A Result as two files: a sealed card, and its arrays one after the other, each compressed with a checksum."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.core.errors import CorruptRecording, DataError
from neuronaut.core.result import Result
from neuronaut.store import shards
from neuronaut.store.sealed import seal, unseal

FORMAT = "neuronaut-result"
VERSION = 1
EXPANSION = 40_000
"""zstd makes data at most about this many times smaller; who claims more is lying."""
_KINDS = "biuf"


def pack(result: Result, key: str) -> tuple[bytes, bytes]:
    """Card and values of a Result. Raises DataError for values that no file can hold."""
    cards, blocks, offset = [], [], 0
    for name, given in result.values.items():
        array = np.asarray(given)
        card: dict[str, Any] = {"name": name, "dims": list(result.dims[name]), "shape": list(array.shape)}
        if array.dtype.kind == "U":
            cards.append(card | {"texts": array.ravel().tolist()})
            continue
        if array.dtype.kind not in _KINDS or array.dtype.itemsize > 8:
            raise DataError(
                f"{name!r} of {result.name} is {array.dtype}. Results hold numbers, truth values and texts."
            )
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        data = shards.encode(little) if array.size else b""
        cards.append(card | {"dtype": little.dtype.str, "offset": offset, "length": len(data)})
        blocks.append(data)
        offset += len(data)
    body = {
        "format": FORMAT,
        "version": VERSION,
        "name": result.name,
        "key": key,
        "result_version": result.version,
        "seed": result.seed,
        "n": {name: int(count) for name, count in result.n.items()},
        "params": _plain(dict(result.params)),
        "coords": {axis: _plain(list(labels)) for axis, labels in result.coords.items()},
        "notes": list(result.notes),
        "values": cards,
        "bytes": offset,
    }
    return seal(body), b"".join(blocks)


def unpack(card: bytes, values: bytes, where: str) -> Result:
    """A Result from its files. Raises CorruptRecording when either is not as it was written."""
    body = unseal(card, f"{where}/result.json")
    try:
        if body["format"] != FORMAT or body["version"] > VERSION or body["bytes"] != len(values):
            raise ValueError("of another format, or not as long as it says")
        arrays = {str(one["name"]): _array(one, values) for one in body["values"]}
        return Result(
            name=str(body["name"]),
            values=arrays,
            dims={str(one["name"]): tuple(str(dim) for dim in one["dims"]) for one in body["values"]},
            coords=_back(body["coords"]),
            params=_back(body["params"]),
            n={str(name): int(count) for name, count in body["n"].items()},
            seed=int(body["seed"]),
            version=int(body["result_version"]),
            notes=tuple(str(note) for note in body["notes"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CorruptRecording(f"{where}: {error}. Remove the folder to compute it again.") from error


def _array(card: Mapping[str, Any], values: bytes) -> npt.NDArray[Any]:
    shape = tuple(_size(size) for size in card["shape"])
    if "texts" in card:
        return np.array([str(text) for text in card["texts"]], dtype=str).reshape(shape)
    dtype = np.dtype(str(card["dtype"]))
    offset, length = _size(card["offset"]), _size(card["length"])
    count = math.prod(shape)
    if dtype.kind not in _KINDS or dtype.itemsize > 8 or offset + length > len(values):
        raise ValueError(f"values of {card['name']!r:.60} lie outside the file")
    if count * dtype.itemsize > length * EXPANSION:
        raise ValueError(f"values of {card['name']!r:.60} are said to be larger than they can be")
    out = np.empty(shape, dtype)
    if count:
        shards.decode(values[offset : offset + length], out)
    return out.astype(dtype.newbyteorder("="), copy=False)


def _size(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 48:
        raise ValueError(f"{value!r:.60} is no size")
    return value


def _plain(value: Any) -> Any:
    """JSON for what params and coords hold; a float that JSON lacks becomes ``{"float": "nan"}``."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, np.ndarray) or (isinstance(value, Sequence) and not isinstance(value, str)):
        return [_plain(item) for item in value]
    return value


def _back(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"float"} and value["float"] in ("nan", "inf", "-inf"):
            return float(value["float"])
        return {name: _back(item) for name, item in value.items()}
    return [_back(item) for item in value] if isinstance(value, list) else value
