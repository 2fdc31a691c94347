"""Sources: whatever the user calls data, as a stream of chunks of samples."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuronaut.capture.batch import array, count, is_tensor, over
from neuronaut.capture.chunk import Chunk, stacked
from neuronaut.capture.item import Split, frame_values, label_array
from neuronaut.core.model import Batch

_PIECE = 256
"""Single samples that are stacked at a time, before they are cut into the batches of the model."""


Skip = Callable[[npt.NDArray[np.int64], Exception], None]
"""Told of samples that could not be read or run, when errors are skipped."""


class Source(Protocol):
    """Samples in order. ``total`` is None when nobody knows; ``batch_size`` is what the data themselves ask for."""

    total: int | None = None
    features: tuple[str, ...] | None = None
    batch_size: int | None = None

    def chunks(self, size: int, start: int = 0, skip: Skip | None = None) -> Iterator[Chunk]:
        """Chunks of any length from sample ``start`` on; ``size`` is what would suit."""
        ...

    def settle(self) -> None:
        """The next pass is the last one: a stream need not remember what it hands out."""
        ...


class Arrays(Source):
    """Data in memory (or memory-mapped): every leaf has the samples along its first axis."""

    def __init__(self, inputs: Batch, labels: npt.NDArray[Any] | None, features: tuple[str, ...] | None) -> None:
        self.inputs, self.labels, self.features = inputs, labels, features
        self.total = count(inputs)

    def chunks(self, size: int, start: int = 0, skip: Skip | None = None) -> Iterator[Chunk]:
        total = self.total or 0
        for first in range(start, total, size):
            rows = slice(first, min(first + size, total))
            inputs = over(lambda leaf, rows=rows: _rows_of(leaf, rows), [self.inputs])
            yield Chunk(inputs, None if self.labels is None else self.labels[rows], np.arange(rows.start, rows.stop))

    def settle(self) -> None:
        """Nothing to do: every pass reads the same memory."""


class Samples(Source):
    """A list or a map-style data set: one sample per item, in order."""

    def __init__(self, items: Any, split: Split) -> None:
        self.items, self.split = items, split
        self.total = len(items)

    def chunks(self, size: int, start: int = 0, skip: Skip | None = None) -> Iterator[Chunk]:
        places = iter(range(start, self.total or 0))
        while wanted := list(itertools.islice(places, min(size, _PIECE))):
            read = [(place, item) for place in wanted for item in self._read(place, skip)]
            if read:
                yield stacked([item for _, item in read], np.array([place for place, _ in read]))

    def _read(self, place: int, skip: Skip | None) -> list[tuple[Batch, Any]]:
        try:
            return [self.split(self.items[place])]
        except Exception as error:
            if skip is None:
                raise
            skip(np.array([place]), error)
            return []

    def settle(self) -> None:
        """Nothing to do: every pass asks for the items anew."""


class Batches(Source):
    """A stream whose items are batches, such as a DataLoader."""

    def __init__(
        self,
        items: Replay,
        split: Split,
        total: int | None = None,
        batch_size: int | None = None,
        features: tuple[str, ...] | None = None,
    ) -> None:
        self.items, self.split, self.total, self.batch_size = items, split, total, batch_size
        self.features = features

    def settle(self) -> None:
        self.items.settled = True

    def chunks(self, size: int, start: int = 0, skip: Skip | None = None) -> Iterator[Chunk]:
        first = 0
        for item in self.items:
            inputs, label = self.split(item)
            rows = count(inputs)
            labels = None if label is None else label_array(label, rows)
            chunk = Chunk(inputs, labels, np.arange(first, first + rows))
            first += rows
            if first > start and rows:
                yield chunk.rows(slice(max(0, start - (first - rows)), None))


class Singles(Source):
    """A stream whose items are single samples."""

    def __init__(self, items: Replay, split: Split) -> None:
        self.items, self.split = items, split

    def settle(self) -> None:
        self.items.settled = True

    def chunks(self, size: int, start: int = 0, skip: Skip | None = None) -> Iterator[Chunk]:
        numbered = enumerate(self.items)
        waiting: list[tuple[Batch, Any]] = []
        first = start
        for place, item in numbered:
            if place < start:
                continue
            waiting.append(self.split(item))
            if len(waiting) >= min(size, _PIECE):
                yield stacked(waiting, np.arange(first, place + 1))
                waiting, first = [], place + 1
        if waiting:
            yield stacked(waiting, np.arange(first, first + len(waiting)))


class Replay:
    """An iterable that can be read from its start again until it is settled; then once more, keeping nothing.

    Unless its items are ``fresh`` they are copied, since a generator may fill the same array again and again.
    """

    def __init__(self, items: Iterable[Any], *, fresh: bool = False) -> None:
        self.head: list[Any] = []
        self.fresh = fresh
        self.items, self.settled = items, False
        self.rest: Iterator[Any] | None = None

    def __iter__(self) -> Iterator[Any]:
        place = 0
        while True:
            if self.settled and self.head:
                yield self.head.pop(0)
            elif not self.settled and place < len(self.head):
                yield self.head[place]
            else:
                try:
                    item = next(self._rest())
                    item = item if self.fresh else _owned(item)
                except StopIteration:
                    return
                if not self.settled:
                    self.head.append(item)
                yield item
            place += 1

    def _rest(self) -> Iterator[Any]:
        # A DataLoader starts its workers here, not before.
        if self.rest is None:
            self.rest = iter(self.items)
        return self.rest


def _owned(item: Any) -> Any:
    """The same item with arrays of its own."""
    if isinstance(item, Mapping):
        return {name: _owned(part) for name, part in item.items()}
    if isinstance(item, (tuple, list)):
        return type(item)(map(_owned, item)) if type(item) in (tuple, list) else tuple(map(_owned, item))
    if isinstance(item, (np.ndarray, pd.DataFrame)):
        return item.copy()
    return item.detach().clone() if is_tensor(item) else item


def _rows_of(leaf: Any, rows: slice) -> Any:
    return frame_values(leaf.iloc[rows]) if isinstance(leaf, pd.DataFrame) else array(leaf[rows])
