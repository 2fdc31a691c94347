"""Gathering: small batches are handed to the store together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

GATHERED_BYTES = 1 << 20
"""Rows wait until there are so many bytes of them."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of all arrays, with the metadata, number and half of each sample."""

    arrays: dict[str, npt.NDArray[Any]]
    metadata: pa.Table | None
    ids: npt.NDArray[np.int64]
    half: npt.NDArray[np.uint8]

    @property
    def nbytes(self) -> int:
        own = 0 if self.metadata is None else self.metadata.nbytes
        return own + sum(array.nbytes for array in self.arrays.values())


@dataclass(slots=True)
class Gather:
    """Hands rows on, a few MB at a time.

    Each append leaves small things behind until the next commit; thousands of tiny ones would scatter the memory.
    """

    append: Callable[[Rows], None]
    waiting: list[Rows] = field(default_factory=list)
    held: int = 0

    def add(self, rows: Rows) -> None:
        """Take rows; they are handed on when enough have come together."""
        self.waiting.append(rows)
        self.held += rows.nbytes
        if self.held >= GATHERED_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand on what is waiting."""
        waiting, self.waiting, self.held = self.waiting, [], 0
        if waiting:
            self.append(joined(waiting))


def joined(parts: list[Rows]) -> Rows:
    """The rows of several batches, in order."""
    if len(parts) == 1:
        return parts[0]
    arrays = {name: np.concatenate([part.arrays[name] for part in parts]) for name in parts[0].arrays}
    tables = [part.metadata for part in parts if part.metadata is not None]
    metadata = pa.concat_tables(tables).combine_chunks() if tables else None
    ids, half = (np.concatenate([getattr(part, name) for part in parts]) for name in ("ids", "half"))
    return Rows(arrays, metadata, ids, half)
