"""Chunks: consecutive samples on their way to the model; cut into equal batches here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.capture.batch import join, stack, take
from neuronaut.capture.item import stack_labels
from neuronaut.core.errors import DataError
from neuronaut.core.model import Batch


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive samples: the model's input, the labels if the data carry them, and the sample numbers."""

    inputs: Batch
    labels: npt.NDArray[Any] | None
    ids: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, rows: slice) -> Chunk:
        return Chunk(take(self.inputs, rows), None if self.labels is None else self.labels[rows], self.ids[rows])


def rebatch(chunks: Iterable[Chunk], size: int) -> Iterator[Chunk]:
    """The same samples in batches of ``size``; only the last may be shorter."""
    waiting: list[Chunk] = []
    held = 0
    for chunk in chunks:
        waiting.append(chunk)
        held += len(chunk)
        if held < size:
            continue
        joined = _joined(waiting)
        whole = held - held % size
        yield from (joined.rows(slice(start, start + size)) for start in range(0, whole, size))
        waiting, held = ([joined.rows(slice(whole, None))] if whole < held else []), held - whole
    if held:
        yield _joined(waiting)


def upto(chunks: Iterable[Chunk], limit: int | None) -> Iterator[Chunk]:
    """The samples numbered below ``limit``; nothing beyond them is read."""
    if limit is None:
        yield from chunks
        return
    for chunk in chunks:
        inside = int(np.searchsorted(chunk.ids, limit))
        if inside:
            yield chunk if inside == len(chunk) else chunk.rows(slice(0, inside))
        if chunk.ids[-1] >= limit - 1:
            return


def stacked(samples: list[tuple[Batch, Any]], ids: npt.NDArray[np.int64]) -> Chunk:
    """Single samples, each an input and a label, as one chunk."""
    try:
        inputs = stack([inputs for inputs, _ in samples])
    except (KeyError, IndexError) as error:
        raise DataError(f"samples {ids[0]} to {ids[-1]} do not all have the same inputs.") from error
    labelled = [label is not None for _, label in samples]
    return Chunk(inputs, stack_labels([label for _, label in samples]) if any(labelled) else None, ids.astype(np.int64))


def _joined(chunks: list[Chunk]) -> Chunk:
    if len(chunks) == 1:
        return chunks[0]
    labels = [chunk.labels for chunk in chunks if chunk.labels is not None]
    if labels and len(labels) != len(chunks):
        raise DataError("some items carry a label and some do not.")
    inputs = join([chunk.inputs for chunk in chunks])
    return Chunk(inputs, np.concatenate(labels) if labels else None, np.concatenate([chunk.ids for chunk in chunks]))
