"""Groups: slices laid over a recording, as the rows that an analysis looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.shapes import Bool
from neuronaut.core.errors import DataError
from neuronaut.core.slices import EVERYTHING, Slice, Where, where
from neuronaut.store.recording import Recording


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of a recording that are in a slice; ``emptiness`` says why there are none."""

    slice: Slice
    mask: Bool[np.ndarray, "sample"]
    emptiness: str = ""

    @property
    def name(self) -> str:
        return self.slice.name

    @property
    def n(self) -> int:
        return int(self.mask.sum())

    @property
    def last(self) -> int:
        """One beyond the last row of the group."""
        return int(np.flatnonzero(self.mask)[-1]) + 1 if self.mask.any() else 0


def group_of(rec: Recording, chosen: Where) -> Group:
    """The rows that one filter, mask, list of rows or Slice selects; None selects all.

    Raises FilterError or DataError when it does not fit the recording.
    """
    found = where(chosen)
    mask = np.asarray(found.mask(rec.columns), bool)
    return Group(found, mask, "" if mask.any() else _why_empty(found, rec))


def groups(rec: Recording, slices: Where | Sequence[Where]) -> list[Group]:
    """One group for each slice, or one group of all samples.

    Raises DataError when no slice is given, or two have the same name, since their results could not be told apart.
    """
    if _several(slices) and not len(slices):
        raise DataError("an empty list of slices was given. Give at least one, or None for all samples.")
    found = [group_of(rec, one) for one in (slices if _several(slices) else [slices])]
    names = [group.name for group in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"two slices are named {twice!r}. Name one with where(...).named('another name').")
    return found


def two_groups(rec: Recording, a: Where, b: Where) -> tuple[Group, Group]:
    """The groups of a comparison; without ``b`` its opposite, ``not (a)``."""
    first = group_of(rec, a)
    if b is not None:
        return first, group_of(rec, b)
    opposite = ~first.slice
    if first.name == EVERYTHING.name:
        raise DataError('all samples were to be compared with no others. Give a filter, such as "age > 30".')
    named_by_user = first.name != first.slice.expression
    return first, group_of(rec, opposite.named(f"not {first.name}") if named_by_user else opposite)


def _several(slices: Where) -> bool:
    """Whether this is a list of slices; a list of nothing but whole numbers is one slice of rows."""
    if isinstance(slices, (str, Mapping, Slice, np.ndarray)) or not isinstance(slices, Sequence):
        return False
    return not slices or not all(isinstance(item, (int, np.integer, bool, np.bool_)) for item in slices)


def _why_empty(empty: Slice, rec: Recording) -> str:
    if not rec.n:
        return "the recording holds no samples yet"
    return "; ".join(hint.message for hint in empty.hints(rec.columns)) or "the filter is true for none of them"


def notes_on(found: Sequence[Group]) -> list[str]:
    """What must be said about the groups themselves: which are empty, and why."""
    return [f"no sample is in {group.name}: {group.emptiness}." for group in found if not group.n]
