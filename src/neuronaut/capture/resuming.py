"""Resuming: is this the same model on the same data, and where does it go on?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from neuronaut.capture.batch import leaves, to_numpy
from neuronaut.capture.chunk import Chunk
from neuronaut.core.errors import DataError
from neuronaut.store.card import RecordingCard
from neuronaut.store.recording import Recording


def check_same(begun: Recording, card: RecordingCard) -> None:
    """Raise DataError, naming what differs, unless the recording was begun just as ``card`` says."""
    old, new = _facts(begun.card), _facts(card)
    different = [what for what in new if old.get(what) != new[what]]
    if different:
        shown = "; ".join(f"{what} ({_short(old.get(what))} there, {_short(new[what])} now)" for what in different)
        raise DataError(
            f"cannot resume {str(begun.path)!r}, it was begun with another {shown}. "
            "Give the same model, data and options, or record anew with overwrite=True."
        )


def _facts(card: RecordingCard) -> dict[str, Any]:
    options = card.options
    names = {
        "data": "data or metadata", "sites": "choice of layers", "position": "position", "dtype": "dtype",
        "batch_size": "batch_size", "limit": "limit", "total": "number of samples",
    }  # fmt: skip
    facts = {said: options.get(name) for name, said in names.items()}
    return {"model": card.model.get("fingerprint"), **facts, "task": dict(card.task)}


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "..."


def next_sample(begun: Recording | None) -> int:
    """The number of the first sample that is not committed yet."""
    return int(begun.sample_ids[-1]) + 1 if begun is not None and begun.n else 0


def continued(chunks: Iterable[Chunk], begun: Recording) -> Iterator[Chunk]:
    """The same chunks; on the way the last committed sample is compared with what was recorded of it.

    Raises DataError when it is another one: the data come in another order than before.
    """
    last = next_sample(begun) - 1
    for chunk in chunks:
        place = np.searchsorted(chunk.ids, last)
        if last >= 0 and place < len(chunk) and chunk.ids[place] == last:
            _compare(chunk, int(place), begun)
        yield chunk


def _compare(chunk: Chunk, place: int, begun: Recording) -> None:
    tables = [layer.name for layer in begun.layers.values() if layer.kind == "input" and not layer.position_axes]
    parts = leaves(chunk.inputs)
    if len(tables) != 1 or len(parts) != 1:
        return
    stored = np.asarray(begun[tables[0]].read(rows=slice(begun.n - 1, begun.n)))[0]
    now = to_numpy(parts[0][place]).reshape(-1)
    if now.shape != stored.shape or not np.array_equal(
        now.astype(stored.dtype), stored, equal_nan=stored.dtype.kind == "f"
    ):
        raise DataError(
            f"cannot resume {str(begun.path)!r}: sample {chunk.ids[place]} is another one than the one recorded. "
            "Give the data in the same order, or record anew with overwrite=True."
        )
