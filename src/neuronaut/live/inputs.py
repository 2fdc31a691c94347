"""The model's inputs for rows of a recording: from the user's data, else from the recorded input layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuronaut.capture.batch import array, over, to_numpy
from neuronaut.capture.chunk import Chunk, rebatch, stacked
from neuronaut.capture.intake import take_in
from neuronaut.capture.item import frame_values
from neuronaut.capture.options import Options
from neuronaut.capture.source import Arrays, Samples, Source
from neuronaut.core.address import Address
from neuronaut.core.errors import DataError
from neuronaut.core.model import Batch
from neuronaut.store.activations import Activations
from neuronaut.store.recording import Recording

Rows = npt.NDArray[np.intp]
CHECKED = 32
"""Rows of the data that are compared with what was recorded of them."""


class Feed(Protocol):
    """The model's inputs by row, read when asked."""

    @property
    def scattered(self) -> bool:
        """Whether rows can be read in any order; else they must rise."""
        ...

    def batches(self, rows: Rows, size: int) -> Iterator[Chunk]:
        """Inputs (and labels, where the data carry them) of these rows, at most ``size`` at a time, in their order.

        The ids of a chunk are row numbers.
        """
        ...


def inputs_of(rec: Recording, data: Any = None, rows: npt.ArrayLike | None = None) -> Batch:
    """The model's inputs for rows of a recording (all of them without ``rows``), as one batch in the order of the rows.

    They come from ``data``, what was recorded (its samples are matched by their number), else from the recorded input
    layer, which holds tables whole.

    Raises DataError when the recording does not hold the inputs and no data are given, or they are other data.
    """
    chosen = np.arange(rec.n) if rows is None else np.asarray(rows)
    wanted = (np.flatnonzero(chosen) if chosen.dtype == bool else chosen).astype(np.intp)
    if not len(wanted):
        raise DataError("inputs of no rows were asked for.")
    if wanted.min() < 0 or wanted.max() >= rec.n:
        raise DataError(
            f"rows {wanted.min()} to {wanted.max()} were asked for; {rec.path.name} holds 0 to {rec.n - 1}."
        )
    feed = feed_of(rec, data)
    order = np.argsort(wanted, kind="stable")
    (chunk,) = rebatch(feed.batches(wanted[order], len(wanted)), len(wanted))
    back = np.empty(len(order), np.intp)
    back[order] = np.arange(len(order))
    return over(lambda leaf: leaf[back], [chunk.inputs])


def feed_of(rec: Recording, data: Any = None, *, inputs: Any = None) -> Feed:
    """Where the inputs of a recording's rows come from; see ``inputs_of``. ``inputs`` as ``record`` takes it."""
    if data is None:
        return StoredFeed(_whole_input(rec))
    feed = given_feed(data, features=_features(rec, data), inputs=inputs, ids=np.asarray(rec.sample_ids))
    _check_length(feed.source, rec)
    _check_same(feed, rec)
    return feed


def given_feed(
    data: Any,
    *,
    features: tuple[str, ...] | None = None,
    inputs: Any = None,
    ids: npt.NDArray[np.int64] | None = None,
) -> GivenFeed:
    """Whatever ``record`` takes as data, as a feed; ``ids`` are the numbers of the samples that are its rows.

    Raises DataError for an iterator whose items may be samples or batches.
    """
    intake = take_in(data, None, Options(features=features, inputs=inputs))
    if len(intake.readings) > 1:
        raise DataError(
            "the items of this iterator may be samples or batches of them. Give an array, a list of samples, "
            "a torch Dataset or a DataLoader."
        )
    return GivenFeed(intake.readings[0], ids)


@dataclass(frozen=True, slots=True)
class StoredFeed:
    """The inputs as the recording holds them."""

    stored: Activations

    @property
    def scattered(self) -> bool:
        return True

    def batches(self, rows: Rows, size: int) -> Iterator[Chunk]:
        for start in range(0, len(rows), size):
            some = rows[start : start + size]
            yield Chunk(self.stored.read(rows=some), None, some.astype(np.int64))


@dataclass(frozen=True, slots=True)
class GivenFeed:
    """The inputs as the user hands them in; row k is sample ``ids[k]`` of the data."""

    source: Source
    ids: npt.NDArray[np.int64] | None = None

    @property
    def scattered(self) -> bool:
        return isinstance(self.source, (Arrays, Samples))

    def batches(self, rows: Rows, size: int) -> Iterator[Chunk]:
        if not isinstance(self.source, (Arrays, Samples)):
            yield from rebatch(self._streamed(rows), size)
            return
        for start in range(0, len(rows), size):
            some = rows[start : start + size]
            numbers = some if self.ids is None else self.ids[some]
            inputs, labels = _taken(self.source, numbers)
            yield Chunk(inputs, labels, some.astype(np.int64))

    def _streamed(self, rows: Rows) -> Iterator[Chunk]:
        """The chunks of the stream, only those samples of them that are wanted."""
        numbers = rows.astype(np.int64) if self.ids is None else self.ids[rows]
        done = 0
        for chunk in self.source.chunks(256):
            inside = np.isin(chunk.ids, numbers)
            if inside.any():
                kept = int(inside.sum())
                inputs = over(lambda leaf, inside=inside: leaf[np.flatnonzero(inside)], [chunk.inputs])
                labels = None if chunk.labels is None else chunk.labels[inside]
                yield Chunk(inputs, labels, rows[done : done + kept].astype(np.int64))
                done += kept
            if done == len(rows):
                return
        if done < len(rows):
            raise DataError(f"the data ended after {done:,} of the {len(rows):,} samples that were asked for.")


def _taken(source: Arrays | Samples, numbers: Rows | npt.NDArray[np.int64]) -> tuple[Batch, npt.NDArray[Any] | None]:
    """Some samples of data that can be read in any order."""
    if isinstance(source, Samples):
        chunk = stacked([source.split(source.items[int(number)]) for number in numbers], numbers)
        return chunk.inputs, chunk.labels

    def some(leaf: Any) -> Any:
        return frame_values(leaf.iloc[numbers]) if isinstance(leaf, pd.DataFrame) else array(leaf[numbers])

    return over(some, [source.inputs]), None if source.labels is None else source.labels[numbers]


def _whole_input(rec: Recording) -> Activations:
    """The recorded input layer, where it holds the model's input number for number."""
    traced = [layer for layer in rec.graph.layers if layer.kind == "input"]
    recorded = [layer.name for layer in traced if layer.name in rec.layers]
    why = ""
    if len(traced) != 1:
        why = f"the model has {len(traced)} inputs"
    elif not recorded:
        why = "its input layer was not recorded"
    elif traced[0].position_axes:
        why = f"of its {'images' if rec.samples.get('kind') == 'images' else 'inputs'} only summaries were recorded"
    elif rec.card.options.get("dtype"):
        why = f"its values were narrowed to {rec.card.options['dtype']}"
    if why:
        raise DataError(
            f"{rec.path.name} does not hold the model's inputs: {why}. "
            "Pass what was recorded as data= (in the shell: --data)."
        )
    return rec.at(Address(recorded[0]))


def _features(rec: Recording, data: Any) -> tuple[str, ...] | None:
    """Of a table with more columns, those that the model takes."""
    known = rec.samples.get("features")
    if known and isinstance(data, pd.DataFrame) and set(known) <= set(map(str, data.columns)):
        return tuple(known)
    return None


def _check_length(source: Source, rec: Recording) -> None:
    total, last = source.total, int(np.max(rec.sample_ids, initial=-1))
    recorded = rec.card.options.get("total")
    limited = rec.card.options.get("limit") is not None
    if total is None or (total == recorded and total > last) or (limited and total > last):
        return
    if total <= last or recorded is not None:
        raise DataError(
            f"the data hold {total:,} samples, but {rec.path.name} was recorded from {recorded or last + 1:,}. "
            "Pass the same data, in the same order."
        )


def _check_same(feed: GivenFeed, rec: Recording) -> None:
    """Raise DataError when the first rows of the data are not what was recorded of them."""
    inputs = [layer for layer in rec.graph.layers if layer.kind == "input" and layer.name in rec.layers]
    if len(inputs) != 1 or not rec.n:
        return
    layer = inputs[0]
    rows = np.arange(min(CHECKED, rec.n))
    (chunk,) = rebatch(feed.batches(rows, CHECKED), CHECKED)
    given = to_numpy(chunk.inputs) if hasattr(chunk.inputs, "shape") else None
    if given is None or given.dtype.kind not in "fiub":
        return
    stored = rec.at(Address(layer.name)).reduce("mean").read(rows=rows).astype(np.float64)
    own = given.reshape(len(rows), -1).astype(np.float64)
    scale = np.abs(own).mean(1, keepdims=True) + 1e-12
    if layer.position_axes:  # of images only summaries are there to be compared
        own, stored = own.mean(1, keepdims=True), stored.mean(1, keepdims=True)
    loose = 1e-2 if rec.card.options.get("dtype") == "float16" else 1e-4
    same_shape = own.shape == stored.shape
    off = (np.abs(own - stored) > loose * scale).any(1) if same_shape else np.ones(len(rows), bool)
    if off.any():
        sample = int(rec.sample_ids[int(np.flatnonzero(off)[0])])
        raise DataError(
            f"sample {sample} of the data is not what was recorded. Pass the same data, in the same order, prepared "
            "in the same way."
        )
