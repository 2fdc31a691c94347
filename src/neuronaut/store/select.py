"""Selections along one axis, cut where the chunks are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.core.errors import DataError, UnknownName

Selector = Any
"""None (all), a number, a slice, an array of numbers, or a boolean mask."""
Places = slice | npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of a selection that lies in one chunk: where in the chunk, and where in the answer."""

    number: int
    inner: Places
    outer: Places


@dataclass(frozen=True, slots=True)
class Selection:
    """Chosen places along an axis: a contiguous range, or numbers in any order."""

    start: int
    stop: int
    places: npt.NDArray[np.int64] | None = None
    single: bool = False

    def __len__(self) -> int:
        return self.stop - self.start if self.places is None else len(self.places)

    def numbers(self) -> npt.NDArray[np.int64]:
        return np.arange(self.start, self.stop) if self.places is None else self.places

    def cuts(self, step: int) -> Iterator[Cut]:
        """The selection in pieces of the chunks of length ``step`` they lie in, in the order of the chunks."""
        if self.places is None:
            for number in range(self.start // step, -(-self.stop // step) if len(self) else 0):
                low, high = max(self.start, number * step), min(self.stop, (number + 1) * step)
                inner, outer = (
                    slice(low - number * step, high - number * step),
                    slice(low - self.start, high - self.start),
                )
                yield Cut(number, inner, outer)
            return
        order = np.argsort(self.places, kind="stable")
        chunks = self.places[order] // step
        ends = np.flatnonzero(np.r_[chunks[1:] != chunks[:-1], True]) + 1 if len(chunks) else ()
        start = 0
        for end in ends:
            picked, number = order[start:end], int(chunks[start])
            yield Cut(number, _tight(self.places[picked] - number * step), _tight(picked))
            start = int(end)


def select(selector: Selector, size: int, what: str) -> Selection:
    """Which of ``size`` places a selector means. Raises UnknownName beyond the end, DataError for what is none."""
    if selector is None:
        return Selection(0, size)
    if isinstance(selector, slice):
        start, stop, step = selector.indices(size)
        if step == 1:
            return Selection(start, max(start, stop))
        return Selection(0, 0, np.arange(start, stop, step, dtype=np.int64))
    chosen = np.asarray(selector)
    if chosen.dtype == bool:
        if chosen.shape != (size,):
            raise DataError(f"a mask of shape {chosen.shape} for {size} places of {what}. Give one value for each.")
        chosen = np.flatnonzero(chosen)
    if chosen.size == 0 and chosen.ndim == 1:
        chosen = chosen.astype(np.int64)
    if chosen.ndim > 1 or chosen.dtype.kind not in "iu":
        raise DataError(
            f"cannot select {what} by {type(selector).__name__}. Give a number, a slice, numbers or a mask."
        )
    places = np.atleast_1d(chosen).astype(np.int64)
    places = np.where(places < 0, places + size, places)
    if len(places) and (places.min() < 0 or places.max() >= size):
        raise UnknownName(f"{what} has places 0 to {size - 1}; asked for {selector!r:.60}.")
    if chosen.ndim == 0:
        return Selection(int(places[0]), int(places[0]) + 1, single=True)
    return Selection(0, 0, places)


def _tight(places: npt.NDArray[np.int64]) -> Places:
    """A slice where the places are one run."""
    if len(places) and places[-1] - places[0] == len(places) - 1 and (np.diff(places) == 1).all():
        return slice(int(places[0]), int(places[-1]) + 1)
    return places
