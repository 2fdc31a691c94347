"""The growing end of one array: the compressed chunks of its unfinished shard, and the last rows as they are."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.store import shards
from neuronaut.store.fs import Fs, write_file
from neuronaut.store.jobs import Jobs, done
from neuronaut.store.layout import Entry
from neuronaut.store.shards import Line

Array = npt.NDArray[Any]
Chunks = tuple[Future[Line], ...]
Mark = tuple[int, Chunks, Array | None, int, bool]


class Tail:
    """Takes rows, encodes each full row of chunks in the background, writes each full shard once."""

    def __init__(self, fs: Fs, entry: Entry, jobs: Jobs) -> None:
        self.entry = entry
        self.unsynced = False
        """Files were renamed in the array's folder since it was last synced."""
        self._fs = fs
        self._jobs = jobs
        self._shard = 0
        self._chunks: Chunks = ()
        self._block: Array | None = None
        self._filled = 0
        self._fresh = False

    def append(self, rows: Array) -> None:
        """Copy the rows; encoding and writing go on in the background."""
        if self.entry.empty:
            return
        step, start = self.entry.chunk[0], 0
        while start < len(rows):
            if self._block is None:
                self._block = np.empty((step, *self.entry.shape), self.entry.type.dtype)
            count = min(step - self._filled, len(rows) - start)
            self._block[self._filled : self._filled + count] = rows[start : start + count]
            self._filled += count
            start += count
            self._fresh = True
            if self._filled == step:
                self._turn(self._block)

    def _turn(self, block: Array) -> None:
        self._chunks += (self._jobs.submit(encode_rows, self.entry, block, weight=block.nbytes),)
        self._block, self._filled = None, 0
        if len(self._chunks) == self.entry.grid[0]:
            self._jobs.submit(self._write, self._shard, self._chunks, disk=True)
            self._shard, self._chunks, self._fresh = self._shard + 1, (), False

    def flush(self) -> None:
        """Write the unfinished shard with all rows so far, when there are new ones."""
        if not self._fresh or not (self._chunks or self._filled):
            return
        chunks = self._chunks
        if self._block is not None and self._filled:
            self._block[self._filled :] = self.entry.type.fill
            chunks += (done(encode_rows(self.entry, self._block)),)
        self._write(self._shard, chunks)
        self._fresh = False

    def _write(self, shard: int, chunks: Sequence[Future[Line]]) -> None:
        count = self.entry.grid[0] * self.entry.across
        lines = [line.result() for line in chunks]
        write_file(self._fs, self.entry.file(shard), shards.shard(lines, count))
        self.unsynced = True

    def sync(self) -> None:
        """Return when the names of written shards are on the disk."""
        if self.unsynced:
            self._fs.sync_folder(self.entry.path)
            self.unsynced = False

    def mark(self) -> Mark:
        """The state before an append, for ``restore``."""
        return (self._shard, self._chunks, self._block, self._filled, self._fresh)

    def restore(self, mark: Mark) -> None:
        """Forget the rows appended since ``mark``; no job may be running."""
        self._shard, self._chunks, self._block, self._filled, _ = mark
        self._fresh = True

    def load(self, rows: int) -> None:
        """Take up where ``rows`` committed rows end. Raises ValueError when the last shard is damaged."""
        entry = self.entry
        self._shard, inside = divmod(rows, entry.height)
        if entry.empty or not inside:
            return
        whole, self._filled = divmod(inside, entry.chunk[0])
        count = entry.grid[0] * entry.across
        with self._fs.open(entry.file(self._shard)) as file:
            size = shards.index_bytes(count)
            index = shards.parse_index(file.pread(size, max(0, file.size - size)), count, file.size)
            stored = [
                file.pread(int(length), int(offset)) if offset >= 0 else b""
                for offset, length in index[: -(-inside // entry.chunk[0]) * entry.across]
            ]
        lines = [Line.of(stored[start : start + entry.across]) for start in range(0, len(stored), entry.across)]
        decoded = [decode_rows(entry, line) for line in lines]
        self._chunks = tuple(done(line) for line in lines[:whole])
        self._block = decoded[whole] if self._filled else None


def pieces(entry: Entry) -> Iterator[tuple[slice, ...]]:
    """Where the chunks of one row of chunks lie on the axes after the first, in C order."""
    steps = [
        [slice(start, start + step) for start in range(0, max(size, 1), step)]
        for size, step in zip(entry.shape, entry.chunk[1:], strict=True)
    ]
    return itertools.product(*steps)


def encode_rows(entry: Entry, block: Array) -> Line:
    """One row of chunks as bytes, each padded with the fill value to its full shape."""

    def whole(part: Array) -> Array:
        if part.shape == entry.chunk:
            return part
        padded = np.full(entry.chunk, entry.type.fill, entry.type.dtype)
        padded[tuple(slice(size) for size in part.shape)] = part
        return padded

    return Line.encoded(whole(block[(slice(None), *piece)]) for piece in pieces(entry))


def decode_rows(entry: Entry, line: Line) -> Array:
    """One row of chunks from its bytes. Raises ValueError for damaged ones."""
    block = np.empty((entry.chunk[0], *entry.shape), entry.type.dtype)
    chunk = np.empty(entry.chunk, entry.type.dtype)
    for data, piece in zip(line.chunks(), pieces(entry), strict=True):
        shards.decode(data, chunk)
        part = block[(slice(None), *piece)]
        part[...] = chunk[tuple(slice(size) for size in part.shape)]
    return block
