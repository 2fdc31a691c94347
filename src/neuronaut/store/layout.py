"""Where each array lies and how it is cut: folder, chunk and shard height, from its shape alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuronaut.core.axes import REDUCTION, SAMPLE, STEP
from neuronaut.core.errors import DataError
from neuronaut.store.dtypes import StoredType, stored_type
from neuronaut.store.naming import PREFIX, folders, split_name

SHARD_BYTES = 16 << 20
"""A shard of one array holds at most this many bytes, before compression (or one row)."""
COMMIT_BYTES = 1 << 30
"""The shards that are being filled hold at most this many bytes together."""
CHUNK_ROWS = 1024
FEW_CHUNK_ROWS = 256
ROW_CHUNK_BYTES = 256 << 20
"""Chunks of CHUNK_ROWS rows of all arrays together hold at most this; else chunks have FEW_CHUNK_ROWS."""
GRID_CHUNK_BYTES = 256 << 10
STEP_SAMPLE_CHUNK_BYTES = 512 << 10
STEP_CHUNK_BYTES = 1 << 20
MAX_HEIGHT = 16_384


@dataclass(frozen=True, slots=True)
class ArraySpec:
    """An array to record: ``shape`` without axis 0, which grows; ``dims`` names all axes, axis 0 first.

    ``dims[0]`` is the recording's append axis ("sample" or "step"), or a ragged axis such as "token" with its own
    number of rows for each sample. ``dtype`` is NumPy's name or "bfloat16" (handed over as uint16 words).
    """

    path: str
    dtype: str
    shape: tuple[int, ...]
    dims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An array as it is stored. ``axis`` counts its rows ("" for arrays written once, which have ``fixed`` rows).

    ``lead`` rows are there before the first sample (the leading 0 of offsets). ``scalar``: one row stands for a number.
    """

    name: str
    path: str
    type: StoredType
    shape: tuple[int, ...]
    dims: tuple[str, ...]
    chunk: tuple[int, ...]
    height: int
    axis: str
    lead: int = 0
    fixed: int = 0
    scalar: bool = False

    @property
    def grid(self) -> tuple[int, ...]:
        """Chunks in one shard, by axis."""
        inner = (max(1, -(-size // step)) for size, step in zip(self.shape, self.chunk[1:], strict=True))
        return (self.height // self.chunk[0], *inner)

    @property
    def across(self) -> int:
        """Chunks in one row of chunks."""
        return math.prod(self.grid[1:])

    @property
    def chunk_bytes(self) -> int:
        return math.prod(self.chunk) * self.type.dtype.itemsize

    @property
    def row_bytes(self) -> int:
        return math.prod(self.shape) * self.type.dtype.itemsize

    @property
    def empty(self) -> bool:
        """Whether a row holds nothing, so that nothing is written."""
        return self.row_bytes == 0

    def file(self, shard: int) -> str:
        """The shard's file: ``c.<shard>.0`` with one 0 for each further axis."""
        return f"{self.path}/c.{shard}" + ".0" * len(self.shape)

    def rows(self, counts: Mapping[str, int]) -> int:
        """Committed rows of this array."""
        return counts[self.axis] + self.lead if self.axis else self.fixed


def plan(specs: Sequence[ArraySpec], static: Mapping[str, np.ndarray[Any, Any]], append_axis: str) -> tuple[Entry, ...]:
    """Entries of all arrays: those that grow, offsets of ragged axes, those written once.

    Raises DataError for arrays that cannot be stored, naming them.
    """
    ragged = tuple(dict.fromkeys(spec.dims[0] for spec in specs if spec.dims and spec.dims[0] != append_axis))
    if ragged and append_axis != SAMPLE:
        raise DataError(f"the ragged axis {ragged[0]!r} needs samples as the axis that grows, not {append_axis!r}.")
    names = [spec.path for spec in specs] + [offsets_name(axis) for axis in ragged] + list(static)
    places = _places(names)
    total = sum(_row_bytes(spec) for spec in specs)
    entries = [_growing(spec, places[spec.path], total) for spec in specs]
    entries += [_offsets(axis, places[offsets_name(axis)], append_axis) for axis in ragged]
    entries += [_static(name, array, places[name]) for name, array in static.items()]
    return tuple(entries)


def offsets_name(axis: str) -> str:
    return f"samples/{axis}.offsets"


def _places(names: Sequence[str]) -> dict[str, str]:
    twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if twice is not None:
        raise DataError(f"two arrays are named {twice!r}. Give each its own name.")
    parts = {name: split_name(name) for name in names}
    table = {group: folders((inner for g, inner, _ in parts.values() if g == group), PREFIX[group]) for group in PREFIX}
    return {
        name: "/".join(part for part in (group, table[group][inner], leaf) if part)
        for name, (group, inner, leaf) in parts.items()
    }


def _row_bytes(spec: ArraySpec) -> int:
    return math.prod(spec.shape) * stored_type(spec.dtype).dtype.itemsize


def _growing(spec: ArraySpec, path: str, total: int) -> Entry:
    if len(spec.dims) != len(spec.shape) + 1 or len(set(spec.dims)) != len(spec.dims):
        raise DataError(f"{spec.path}: {spec.dims} cannot name axis 0 and {spec.shape}. Give each axis its own name.")
    if min(spec.shape, default=0) < 0 or not all(spec.dims):
        raise DataError(f"{spec.path}: a shape of {spec.shape} with the axes {spec.dims} is none.")
    height = shard_height(_row_bytes(spec), total)
    chunk = chunk_shape(spec, total)
    chunk = (min(chunk[0], height), *chunk[1:])
    return Entry(spec.path, path, stored_type(spec.dtype), spec.shape, spec.dims, chunk, height, spec.dims[0])


def shard_height(row: int, total: int) -> int:
    """Rows of a shard: a power of two, by the bytes of this array's row and of all arrays' rows.

    >>> shard_height(4096 * 2, 50 * 4096 * 2), shard_height(64 * 4, 2000 * 64 * 4), shard_height(2048, 8 * 2048)
    (2048, 2048, 8192)
    """
    room = min(SHARD_BYTES // max(row, 1), COMMIT_BYTES // max(total, 1), MAX_HEIGHT)
    return power_below(room)


def power_below(room: int) -> int:
    """The largest power of two not above ``room``, at least 1."""
    return 1 << max(0, room.bit_length() - 1)


def chunk_shape(spec: ArraySpec, total: int) -> tuple[int, ...]:
    """Shape of one chunk, axis 0 first: few chunks for one unit of all samples, and for all units of one sample."""
    dims, shape = spec.dims, spec.shape
    item = stored_type(spec.dtype).dtype.itemsize
    if not shape:
        return (CHUNK_ROWS,)
    middle = tuple(1 if dim == REDUCTION else max(1, size) for dim, size in zip(dims[1:-1], shape[:-1], strict=True))
    if dims[0] == STEP and len(shape) >= 2:
        width, budget = (32, STEP_SAMPLE_CHUNK_BYTES) if SAMPLE in dims else (128, STEP_CHUNK_BYTES)
        rows = CHUNK_ROWS
    elif math.prod(middle) > 1:
        rows, width, budget = CHUNK_ROWS, 64, GRID_CHUNK_BYTES
    else:
        rows, width, budget = (CHUNK_ROWS if CHUNK_ROWS * total <= ROW_CHUNK_BYTES else FEW_CHUNK_ROWS), 64, 1 << 62
    width = min(width, max(1, shape[-1]))
    rows = min(rows, power_below(budget // (math.prod(middle) * width * item)))
    return (rows, *middle, width)


def _offsets(axis: str, path: str, append_axis: str) -> Entry:
    kind = stored_type("int64")
    height = shard_height(kind.dtype.itemsize, kind.dtype.itemsize)
    return Entry(
        offsets_name(axis), path, kind, (), (f"{axis}_offset",), (min(CHUNK_ROWS, height),), height, append_axis, lead=1
    )


def _static(name: str, array: np.ndarray[Any, Any], path: str) -> Entry:
    kind = stored_type(array.dtype.name)
    shape, fixed = (array.shape[1:], array.shape[0]) if array.ndim else ((), 1)
    row = math.prod(shape) * kind.dtype.itemsize
    height = min(shard_height(row, row), power_below(2 * fixed - 1))
    chunk = (min(height, power_below(STEP_CHUNK_BYTES // max(row, 1))), *(max(1, size) for size in shape))
    dims = tuple(f"{path.replace('/', '_')}_{axis}" for axis in range(max(1, array.ndim)))
    return Entry(name, path, kind, shape, dims, chunk, height, "", fixed=fixed, scalar=array.ndim == 0)
