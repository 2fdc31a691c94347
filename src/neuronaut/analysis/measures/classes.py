"""Classes: the values of a column as groups of samples, for what is asked "by a column"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.shapes import Bool, Float, Int
from neuronaut.core.columns import BoolColumn, Column, NumberColumn, TextColumn
from neuronaut.core.errors import DataError
from neuronaut.core.filters.text import number_text
from neuronaut.core.slices import where

MOST = 1_000
"""Classes that are told apart at most."""
MOST_NUMBERS = 32
"""Different numbers that count as classes without being asked to."""
Bins = int | str | Sequence[int | float] | np.ndarray | None
EACH = "each"


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Names of classes, and for each sample the place of its class among them; -1 for a sample in none."""

    names: tuple[str, ...]
    codes: Int[np.ndarray, "sample"]
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> Int[np.ndarray, "class"]:
        """Samples in each class."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))

    def pieces(self, groups: Int[np.ndarray, "sample"] | None, rows: Bool[np.ndarray, "sample"]) -> np.ndarray:
        """Independent observations of each class among some rows: samples, or groups of samples."""
        inside = rows & (self.codes >= 0)
        codes = self.codes[inside].astype(np.int64)
        if groups is not None:
            codes = np.unique(np.stack([codes, groups[inside].astype(np.int64)]), axis=1)[0]
        return np.bincount(codes, minlength=len(self.names))


def classes_of(column: Column, mask: Bool[np.ndarray, "sample"], bins: Bins = None) -> Classes:
    """The classes of the samples in ``mask`` by a column; those whose value is missing are in none, and that is said.

    A text, truth value or one of few numbers is a class each. ``bins`` parts numbers: a count asks for groups of about
    equal size, a list for cuts at these numbers, ``"each"`` for every number as a class of its own. A group of numbers
    is named by the filter that selects it.

    >>> from neuronaut.core.columns import NumberColumn
    >>> age = NumberColumn("age", np.array([4.0, 30.0, np.nan, 70.0]))
    >>> found = classes_of(age, np.ones(4, bool), bins=[18])
    >>> found.names, found.codes.tolist()
    (('age < 18', 'age >= 18'), [0, 1, -1, 1])

    Raises DataError for a column with more values than can be told apart, and for bins that do not fit.
    """
    known = mask & ~column.null
    names, codes = (
        _values(column, known)
        if bins is None or (isinstance(bins, str) and bins == EACH)
        else _parted(column, known, bins)
    )
    if bins is None and isinstance(column, NumberColumn) and len(names) > MOST_NUMBERS:
        raise DataError(_too_many_numbers(column, len(names)))
    _check_count(column, len(names), int(known.sum()))
    missing = int(mask.sum() - known.sum())
    notes = [f"{missing:,} samples without {column.name!r} are left out."] if missing and names else []
    if not names:
        notes = [f"{column.name!r} is empty for each of the {int(mask.sum()):,} samples; there is no class to tell."]
    elif len(names) == 1:
        notes.append(
            f"{column.name!r} is {names[0]!r} for every one of the {int(known.sum()):,} samples: a class needs others "
            "to be told from, and what compares classes is left empty."
        )
    return Classes(names, codes, tuple(notes))


def _values(column: Column, known: Bool[np.ndarray, "sample"]) -> tuple[tuple[str, ...], Int[np.ndarray, "sample"]]:
    """Each value that occurs is a class, in the order of the column."""
    codes = np.full(len(column), -1, np.int32)
    if isinstance(column, TextColumn):
        there, codes[known] = np.unique(column.codes[known], return_inverse=True)
        return tuple(column.values[place] for place in there.tolist()), codes
    there, codes[known] = np.unique(column.values[known], return_inverse=True)
    if isinstance(column, BoolColumn):
        return tuple("true" if one else "false" for one in there.tolist()), codes
    return tuple(number_text(float(one)) for one in there.tolist()), codes


def _parted(
    column: Column, known: Bool[np.ndarray, "sample"], bins: Bins
) -> tuple[tuple[str, ...], Int[np.ndarray, "sample"]]:
    if not isinstance(column, NumberColumn):
        raise DataError(f"{column.name!r} holds no numbers, so that bins cannot part it. Leave bins out.")
    cuts = _cuts(column, known, bins)
    codes = np.full(len(column), -1, np.int32)
    there, codes[known] = np.unique(np.searchsorted(cuts, column.values[known], side="right"), return_inverse=True)
    return tuple(_between(column.name, cuts, place) for place in there.tolist()), codes


def _cuts(column: NumberColumn, known: Bool[np.ndarray, "sample"], bins: Bins) -> Float[np.ndarray, "cut"]:
    if isinstance(bins, (int, np.integer)) and not isinstance(bins, bool):
        if not 2 <= bins <= MOST:
            raise DataError(f"bins={bins}: give a count of 2 to {MOST:,} groups, or a list of numbers to cut at.")
        values = column.values[known]
        if not values.size:
            return np.zeros(0)
        shares = np.arange(1, int(bins)) / int(bins)
        cuts = np.unique(np.quantile(values, shares, method="higher"))
        return np.asarray(cuts[cuts > values.min()], np.float64)
    try:
        cuts = np.asarray([] if isinstance(bins, str) or bins is None else bins, np.float64)
    except (TypeError, ValueError):
        cuts = np.zeros(0)
    if cuts.ndim != 1 or not cuts.size or not np.isfinite(cuts).all() or (np.diff(cuts) <= 0).any():
        raise DataError(f"bins={bins!r}: give a count, as in bins=4, rising numbers to cut at, or {EACH!r}.")
    return cuts


def _between(name: str, cuts: Float[np.ndarray, "cut"], place: int) -> str:
    """The filter that selects what lies between two cuts."""
    sides = []
    if place:
        sides.append(where({"column": name, "op": "ge", "value": float(cuts[place - 1])}))
    if place < len(cuts):
        sides.append(where({"column": name, "op": "lt", "value": float(cuts[place])}))
    if not sides:
        sides.append(where({"column": name, "op": "ne", "value": None}))
    return str((sides[0] & sides[1] if len(sides) == 2 else sides[0]).expression)


def _too_many_numbers(column: NumberColumn, found: int) -> str:
    return (
        f"{column.name!r} holds {found:,} different numbers, too many to be a class each. Pass bins=4 for groups of "
        f"about equal size, numbers to cut at, as in bins=[10, 20], or bins={EACH!r} when they are names of classes."
    )


def _check_count(column: Column, found: int, samples: int) -> None:
    if found > MOST:
        remedy = "bins=4, or " if isinstance(column, NumberColumn) else ""
        raise DataError(
            f"{column.name!r} holds {found:,} different values; at most {MOST:,} classes can be told apart. "
            f"Pass {remedy}where= with a filter that leaves fewer, or choose another column."
        )
    if found > MOST_NUMBERS and found > samples / 2:
        raise DataError(
            f"{column.name!r} holds {found:,} different values in {samples:,} samples: hardly two samples share one, "
            "so that there are no classes to compare. Choose another column."
        )
