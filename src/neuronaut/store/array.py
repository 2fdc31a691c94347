"""Stored arrays: read any part of one, checked chunk by chunk, without reading the rest."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from neuronaut.core.errors import CorruptRecording, DataError
from neuronaut.store import shards
from neuronaut.store.dtypes import widen
from neuronaut.store.fs import File, Fs
from neuronaut.store.layout import Entry
from neuronaut.store.select import Cut, Places, Selection, Selector, select

Array = npt.NDArray[Any]
T = TypeVar("T")
FEW = 8
"""Chunks of one shard that are decoded in the calling thread; more are shared among threads."""
LARGE = 64 << 20
MANY = 4096
"""Before allocating more than LARGE bytes, or listing more than MANY files, the files must be there."""


class StoredArray:
    """An array of a recording, read only when asked.

    ``np.asarray(array)`` reads all of it; ``array[rows, ..., units]`` and ``read`` read a part, each axis by a number,
    a slice, numbers or a mask of its own. Damage raises CorruptRecording naming array and rows.
    """

    def __init__(self, fs: Fs, entry: Entry, rows: int) -> None:
        self._fs = fs
        self._entry = entry
        self._rows = rows

    @property
    def name(self) -> str:
        return self._entry.name

    @property
    def dims(self) -> tuple[str, ...]:
        return () if self._entry.scalar else self._entry.dims

    @property
    def shape(self) -> tuple[int, ...]:
        return () if self._entry.scalar else (self._rows, *self._entry.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float32) if self._entry.type.name == "bfloat16" else self._entry.type.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes in memory when read as a whole."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def shard_rows(self) -> int:
        """Rows that lie in one file; ``blocks`` are aligned to them."""
        return self._entry.height

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        axes = ", ".join(f"{dim}: {size}" for dim, size in zip(self.dims, self.shape, strict=True))
        return f"<StoredArray {self.name} ({axes}) {self.dtype}>"

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        whole = self.read()
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def __getitem__(self, key: Any) -> Array:
        keys = key if isinstance(key, tuple) else (key,)
        if Ellipsis in [one for one in keys if one is Ellipsis]:
            place = next(number for number, one in enumerate(keys) if one is Ellipsis)
            keys = (*keys[:place], *[None] * (self.ndim - len(keys) + 1), *keys[place + 1 :])
        return self.read(*keys)

    def read(self, *selectors: Selector) -> Array:
        """The chosen part, each axis on its own; axes not named are read whole, axes chosen by a number vanish."""
        entry = self._entry
        if entry.scalar:
            return self._widened(self._read([Selection(0, 1)])).reshape(())
        if len(selectors) > self.ndim:
            raise IndexError(f"{self.name} has {self.ndim} axes; {len(selectors)} were given.")
        padded = [*selectors, *[None] * (self.ndim - len(selectors))]
        chosen = [
            select(one, size, f"{dim!r} of {self.name}")
            for one, size, dim in zip(padded, self.shape, self.dims, strict=True)
        ]
        out = self._widened(self._read(chosen))
        return out[tuple(0 if one.single else slice(None) for one in chosen)]

    def blocks(self, *selectors: Selector) -> Iterator[tuple[int, Array]]:
        """The chosen part in order, a shard at a time: ``(start, block)`` with ``start`` its place along axis 0.

        The next block is read while one is used. Rows must be a range, a mask or rising numbers.
        """
        rows = select(selectors[0] if selectors else None, len(self), f"rows of {self.name}")
        if rows.places is not None and (np.diff(rows.places) <= 0).any():
            raise DataError(f"blocks of {self.name} need their rows in rising order; read takes them in any order.")
        with ThreadPoolExecutor(1, thread_name_prefix="neuronaut-read") as ahead:
            coming: tuple[int, Future[Array]] | None = None
            for start, span in _spans(rows, self.shard_rows):
                ready, coming = coming, (start, ahead.submit(self.read, span, *selectors[1:]))
                if ready is not None:
                    yield ready[0], ready[1].result()
            if coming is not None:
                yield coming[0], coming[1].result()

    def _widened(self, out: Array) -> Array:
        return widen(out) if self._entry.type.name == "bfloat16" else out

    def _read(self, chosen: Sequence[Selection]) -> Array:
        entry = self._entry
        shape = tuple(len(one) for one in chosen)
        if math.prod(shape) * entry.type.dtype.itemsize > LARGE or shape[0] > MANY * entry.height:
            self._require_files(chosen[0])
        out = np.empty(shape, entry.type.dtype)
        if out.size:
            across = [list(one.cuts(step)) for one, step in zip(chosen[1:], entry.chunk[1:], strict=True)]
            files = list(chosen[0].cuts(entry.height))
            if len(files) >= FEW and math.prod(map(len, across)) * entry.grid[0] <= FEW:
                _shared(lambda share: self._read_shards(share, across, out, alone=True), files)
            else:
                self._read_shards(files, across, out, alone=False)
        return out

    def _read_shards(self, files: Sequence[Cut], across: Sequence[Sequence[Cut]], out: Array, *, alone: bool) -> None:
        for cut in files:
            self._read_shard(cut, across, out, alone=alone)

    def _require_files(self, rows: Selection) -> None:
        entry = self._entry
        count = entry.grid[0] * entry.across
        for cut in rows.cuts(entry.height):
            size = self._fs.size(entry.file(cut.number))
            if size is None or size < shards.index_bytes(count):
                raise self._damage(cut.number * entry.height, entry.height, "the file is missing or too short")

    def _read_shard(self, shard: Cut, across: Sequence[Sequence[Cut]], out: Array, *, alone: bool) -> None:
        entry = self._entry
        first, step, count = shard.number * entry.height, entry.chunk[0], entry.grid[0] * entry.across
        try:
            with self._fs.open(entry.file(shard.number)) as file:
                try:
                    size = shards.index_bytes(count)
                    index = shards.parse_index(file.pread(size, max(0, file.size - size)), count, file.size)
                except ValueError as error:
                    raise self._damage(first, entry.height, str(error)) from error
                rows = [_within(cut, shard.outer) for cut in _selection(shard.inner).cuts(step)]
                chunks = list(itertools.product(rows, *across))
                if alone or len(chunks) <= FEW:
                    self._decode(file, index, first, chunks, out)
                else:
                    _shared(lambda share: self._decode(file, index, first, share, out), chunks)
        except OSError as error:
            raise self._damage(first, entry.height, f"the file cannot be read ({error})") from error

    def _decode(
        self, file: File, index: npt.NDArray[np.int64], first: int, chunks: Sequence[tuple[Cut, ...]], out: Array
    ) -> None:
        entry, scratch = self._entry, None
        for cuts in chunks:
            number = 0
            for cut, size in zip(cuts, entry.grid, strict=True):
                number = number * size + cut.number
            offset, length = index[number].tolist()
            target = _direct(out, cuts, entry.chunk)
            if target is not None:
                chunk = target
            else:
                chunk = scratch = np.empty(entry.chunk, entry.type.dtype) if scratch is None else scratch
            try:
                if offset < 0:
                    raise ValueError("a chunk is missing")
                shards.decode(file.pread(length, offset), chunk)
            except ValueError as error:
                raise self._damage(first + cuts[0].number * entry.chunk[0], entry.chunk[0], str(error)) from error
            if target is None:
                out[_across([cut.outer for cut in cuts])] = chunk[_across([cut.inner for cut in cuts])]

    def _damage(self, start: int, count: int, what: str) -> CorruptRecording:
        error = CorruptRecording(f"{self.name} rows {start}:{min(start + count, self._rows)}: {what}.")
        error.recording = str(self._fs.root)
        return error


def _direct(out: Array, cuts: Sequence[Cut], chunk: tuple[int, ...]) -> Array | None:
    """The part of ``out`` that takes a whole chunk as it is, if there is one."""
    if any(isinstance(cut.outer, np.ndarray) or isinstance(cut.inner, np.ndarray) for cut in cuts):
        return None
    part: Array = out[tuple(cut.outer for cut in cuts)]
    return part if part.shape == chunk and part.flags.c_contiguous else None


def _across(places: Sequence[Places]) -> tuple[Any, ...]:
    """Places on each axis as an index that takes all their combinations."""
    if sum(isinstance(one, np.ndarray) for one in places) < 2:
        return tuple(places)
    return np.ix_(*(np.arange(one.start, one.stop) if isinstance(one, slice) else one for one in places))


def _selection(places: Places) -> Selection:
    return Selection(places.start, places.stop) if isinstance(places, slice) else Selection(0, 0, places)


def _within(cut: Cut, outer: Places) -> Cut:
    """A cut of a cut: its places in the answer are looked up in the outer cut's."""
    if isinstance(outer, slice) and isinstance(cut.outer, slice):
        return Cut(cut.number, cut.inner, slice(cut.outer.start + outer.start, cut.outer.stop + outer.start))
    numbers = np.arange(outer.start, outer.stop) if isinstance(outer, slice) else outer
    return Cut(cut.number, cut.inner, numbers[cut.outer])


def _spans(rows: Selection, height: int) -> Iterator[tuple[int, Selector]]:
    """For each shard: where its rows start in the answer, and which they are. Rows must rise."""
    for cut in rows.cuts(height):
        first = cut.number * height
        inner = cut.inner
        start = cut.outer.start if isinstance(cut.outer, slice) else int(cut.outer[0])
        yield start, slice(inner.start + first, inner.stop + first) if isinstance(inner, slice) else inner + first


def _shared(work: Callable[[Sequence[T]], object], items: Sequence[T]) -> None:
    """Do the work on all items, a part of them in this thread. Never nested: a thread that waits does no work."""
    size = -(-len(items) // _threads())
    shares = [items[start : start + size] for start in range(0, len(items), size)]
    others = [_pool().submit(work, share) for share in shares[1:]]
    try:
        work(shares[0])
    finally:
        errors = [other.exception() for other in others]
    for error in errors:
        if error is not None:
            raise error


def _threads() -> int:
    return max(2, min(4, os.cpu_count() or 2))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_threads(), thread_name_prefix="neuronaut-decode")
