"""Class order: sort keys from the class of a column that each unit answers to most, or the number it follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.shapes import Bool, Float, Int, Num
from neuronaut.core.columns import Column, NumberColumn, TextColumn
from neuronaut.core.errors import DataError

MOST_CLASSES = 100
WHOLE_NUMBERS = 20
"""A column of at most so many different whole numbers holds classes; other numbers are followed as numbers."""
FEW = 20
"""Samples of a class below which a note is due."""


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """The class of each sample, -1 where unknown, in the order of ``names``."""

    names: tuple[str, ...]
    codes: Int[np.ndarray, "sample"]


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A number for each sample, NaN where unknown."""

    values: Float[np.ndarray, "sample"]


def classes_of(column: Column, inside: Bool[np.ndarray, "sample"]) -> tuple[Classes | Numbers, list[str]]:
    """What the column says of the samples ``inside``, and what must be known about it.

    Raises DataError for a column that is null, holds one class only, or more than 100 different texts.
    """
    known = inside & ~column.null
    if not known.any():
        raise DataError(f"column {column.name!r} is null for all {int(inside.sum()):,} samples. Take another column.")
    notes: list[str] = []
    if isinstance(column, NumberColumn):
        distinct = np.unique(column.values[known])
        if len(distinct) > WHOLE_NUMBERS or bool((distinct % 1 != 0).any()):
            return _numbers(column, known)
        names = [f"{value:g}" for value in distinct.tolist()]
        codes = np.searchsorted(distinct, np.where(known, column.values, distinct[0]))
        if len(names) > 2:
            notes.append(f"{column.name} holds {len(names)} different whole numbers; they are taken as classes.")
    elif isinstance(column, TextColumn):
        names, codes = list(column.values), column.codes.astype(np.int64)
    else:
        names, codes = ["false", "true"], column.values.astype(np.int64)
    found = _present(names, np.where(known, codes, -1))
    _check(column.name, found, int(known.sum()))
    return found, [*notes, *_few(found)]


def _numbers(column: NumberColumn, known: Bool[np.ndarray, "sample"]) -> tuple[Numbers, list[str]]:
    finite = known & np.isfinite(column.values)
    if np.unique(column.values[finite]).size < 2:
        raise DataError(f"column {column.name!r} has fewer than two different finite numbers: no unit can follow it.")
    return Numbers(np.where(finite, column.values, np.nan)), []


def _present(names: Sequence[str], codes: Int[np.ndarray, "sample"]) -> Classes:
    """Only the classes that occur."""
    there = np.unique(codes[codes >= 0])
    renumbered = np.where(codes >= 0, np.searchsorted(there, codes), -1)
    return Classes(tuple(names[code] for code in there.tolist()), renumbered)


def _check(name: str, found: Classes, known: int) -> None:
    if len(found.names) < 2:
        raise DataError(
            f"column {name!r} is {found.names[0]!r} for all {known:,} samples where it is known: "
            "no unit can prefer one class to another. Take another column."
        )
    if len(found.names) > MOST_CLASSES:
        raise DataError(
            f"column {name!r} has {len(found.names):,} different values; an order by class takes at most "
            f"{MOST_CLASSES}. Take a column with fewer, or where= to look at some of them."
        )


def _few(found: Classes) -> list[str]:
    counts = np.bincount(found.codes[found.codes >= 0], minlength=len(found.names))
    few = [f"{name} ({count})" for name, count in zip(found.names, counts.tolist(), strict=True) if count < FEW]
    more = f" and {len(few) - 8} more" if len(few) > 8 else ""
    said = f"fewer than {FEW} samples speak for {', '.join(few[:8])}{more}: chance has a hand in that order."
    return [said] if few else []


def class_contrast(
    values: Num[np.ndarray, "sample unit"], codes: Int[np.ndarray, "sample"], classes: int
) -> Float[np.ndarray, "class unit"]:
    """How far each class' mean lies above that of all other samples, in standard deviations of the unit.

    NaN and infinity are left out; NaN for a unit that does not vary, or has no values in a class or outside it.

    >>> import numpy as np
    >>> class_contrast(np.array([[0.0], [0.0], [2.0], [2.0]]), np.array([0, 0, 1, 1]), 2).tolist()
    [[-2.0], [2.0]]
    """
    known = codes >= 0
    numbers = values[known].astype(np.float64)
    finite = np.isfinite(numbers)
    n_all = finite.sum(0)
    members = (codes[known] == np.arange(classes)[:, None]).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.where(finite, numbers, 0.0).sum(0) / n_all
        centred = np.where(finite, numbers - centre, 0.0)
        spread = np.sqrt((centred**2).sum(0) / n_all)
        n, sums = members @ finite.astype(np.float64), members @ centred
        contrast = sums / n - (centred.sum(0) - sums) / (n_all - n)
        return np.where(varying(numbers), contrast / spread, np.nan)


def varying(values: Num[np.ndarray, "sample unit"]) -> Bool[np.ndarray, "unit"]:
    """Whether a unit has two different finite values; exact, where a spread may be a rounding error above 0.

    >>> import numpy as np
    >>> varying(np.array([[0.1, 1.0], [0.1, np.nan], [0.1, 2.0]])).tolist()
    [False, True]
    """
    finite = np.isfinite(values)
    high = np.where(finite, values, -np.inf).max(0, initial=-np.inf)
    low = np.where(finite, values, np.inf).min(0, initial=np.inf)
    return np.asarray(high > low)


def class_keys(contrast: Float[np.ndarray, "class unit"]) -> Float[np.ndarray, "2 unit"]:
    """Sort keys, the first one first: units from one class to the other, or by the class they prefer, strongest first.

    NaN for a unit without any contrast.
    """
    if len(contrast) == 2:
        return np.stack([contrast[1], np.zeros(contrast.shape[1])])
    known = ~np.isnan(contrast)
    best = np.where(known, contrast, -np.inf).argmax(0)
    strongest = np.take_along_axis(contrast, best[None], 0)[0]
    return np.stack([np.where(known.any(0), best.astype(np.float64), np.nan), -strongest])


def number_keys(
    values: Num[np.ndarray, "sample unit"], numbers: Float[np.ndarray, "sample"]
) -> Float[np.ndarray, "2 unit"]:
    """Sort keys: each unit's correlation with the numbers where both are finite; NaN where one of them is constant."""
    both = np.isfinite(values) & np.isfinite(numbers)[:, None]
    own = np.where(both, values, np.nan).astype(np.float64)
    other = np.where(both, numbers[:, None], np.nan)
    n = both.sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.where(both, own - np.nansum(own, 0) / n, 0.0)
        y = np.where(both, other - np.nansum(other, 0) / n, 0.0)
        r = (x * y).sum(0) / np.sqrt((x**2).sum(0) * (y**2).sum(0))
    return np.stack([np.where(varying(own) & varying(other), r, np.nan), np.zeros(len(r))])


def by_keys(keys: Float[np.ndarray, "2 unit"]) -> Int[np.ndarray, "place"]:
    """Units by the first key, then the second, then their number; those without keys last.

    >>> import numpy as np
    >>> by_keys(np.array([[1.0, np.nan, 0.0, 1.0], [0.0, 0.0, 0.0, -1.0]])).tolist()
    [2, 3, 0, 1]
    """
    return np.asarray(np.lexsort((np.arange(keys.shape[1]), keys[1], keys[0])), np.int64)
