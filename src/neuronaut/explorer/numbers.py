"""The exact numbers of a page: statistics of its slices, comparisons of its groups."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.activity import activity
from neuronaut.analysis.compare import compare
from neuronaut.analysis.recorded import by_layer
from neuronaut.core.columns import BoolColumn, Column, NumberColumn, TextColumn
from neuronaut.core.result import Result
from neuronaut.core.slices import EVERYTHING, Slice, where
from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.contract import ComparisonCard, SliceCard
from neuronaut.explorer.network import rounded

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording

STATISTICS = ("n", "mean", "mean_abs", "sd", "firing_rate", "max")
COMPARISON = ("difference", "hedges_g", "g_low", "g_high", "auroc", "p", "q", "replicated")
MOST_CATEGORIES = 12
LONGEST_CATEGORY = 100
LARGE = 1024
"""Units beyond which the statistics of a page have 16 significant bits, an error of 1e-5 at most."""
_BITS = 16
BUDGET = 20_000
"""Bytes of statistics of opposites and category values on one page; those of named slices always fit."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A slice of the page: what it is called, how a filter writes it, and its samples."""

    name: str
    expression: str
    kind: Literal["all", "named", "category"]
    slice: Slice


@dataclass(frozen=True, slots=True)
class Numbers:
    """``activity`` over the shown slices in order; ``compare`` of pairs, by position, None being the opposite."""

    shown: Sequence[Shown]
    activity: Result
    comparisons: Sequence[tuple[int, int | None, Result]]

    def signed(self) -> dict[str, bool]:
        """Whether any value of a layer is below zero."""
        return {layer: bool((self.activity["min"][0, units] < 0).any()) for layer, units in self.layers().items()}

    def layers(self) -> dict[str, slice]:
        return by_layer(self.activity)


def numbers(
    rec: Recording, layers: Sequence[str], named: Sequence[Shown], units: int, columns: Collection[str] | None = None
) -> Numbers:
    """Everything exact that the page ships: all samples, the named slices, small categories, and comparisons.

    Categories are those of ``columns`` alone, where it is given.
    """
    shown, pairs = plan(rec, named, units, columns)
    # Slices may share a name, results may not: they go by number here.
    by_number = [one.slice.named(str(number)) for number, one in enumerate(shown)]
    found = activity(rec, by_number, layers=list(layers))
    return Numbers(shown, found, [(a, b, _compare(rec, shown, a, b, layers)) for a, b in pairs])


def plan(
    rec: Recording, named: Sequence[Shown], units: int, columns: Collection[str] | None
) -> tuple[list[Shown], list[tuple[int, int | None]]]:
    """Slices and comparisons to ship: the named slices and A against B; then what else the budget allows."""
    slice_cost, pair_cost = 4 * units * len(STATISTICS), 4 * units * len(COMPARISON)
    budget = BUDGET
    wanted: list[tuple[int, int | None]] = [(1, 2)] if len(named) > 1 else []
    wanted += [(number, None) for number in range(1, min(2, len(named)) + 1)]
    wanted += list(pairwise(range(2, len(named) + 1)))
    pairs = wanted[:1]
    for pair in wanted[1:]:
        if pair_cost <= budget:
            budget -= pair_cost
            pairs.append(pair)
    shown = [Shown("all", "", "all", EVERYTHING), *named]
    for values in categories(rec, columns):
        new = [one for one in values if one.expression not in {other.expression for other in shown}]
        if len(new) * slice_cost <= budget:
            budget -= len(new) * slice_cost
            shown += new
    return shown, pairs


def _compare(rec: Recording, shown: Sequence[Shown], a: int, b: int | None, layers: Sequence[str]) -> Result:
    first = shown[a].slice
    return compare(rec, first, shown[b].slice if b is not None else None, layers=list(layers))


def categories(rec: Recording, columns: Collection[str] | None = None) -> Iterator[list[Shown]]:
    """For each column of few distinct values, a slice for each; the label's column first."""
    label = rec.task.get("label")
    given = [str(name) for name in rec.metadata.columns]
    names = [name for name in given if columns is None or name in columns]
    names += [name for name in ("prediction", "correct") if name in rec.columns and name not in given]
    for name in sorted(names, key=lambda name: name != label):
        values = _distinct(rec.columns[name])
        if 1 < len(values) <= MOST_CATEGORIES:
            slices = [where({"column": name, "op": "eq", "value": value}) for value in values]
            yield [Shown(one.name, one.expression or "", "category", one) for one in slices]


def _distinct(column: Column) -> list[Any]:
    """The values of a column, or nothing where there are more than a category may have."""
    if isinstance(column, TextColumn):
        texts = [column.values[code] for code in np.unique(column.codes[column.codes >= 0])[: MOST_CATEGORIES + 1]]
        return texts if max(map(len, texts), default=0) <= LONGEST_CATEGORY else []
    if isinstance(column, BoolColumn):
        return [bool(value) for value in np.unique(column.values[~column.null])]
    values = np.unique(column.values[~column.null])[: MOST_CATEGORIES + 1]
    whole = isinstance(column, NumberColumn) and bool((values == np.rint(values)).all())
    return [int(value) for value in values] if whole else []


def slice_cards(found: Numbers, pack: Packer) -> list[SliceCard]:
    """One card for each shown slice; slice 0 is all samples."""
    table = shipped(np.stack([np.asarray(found.activity[name], np.float64) for name in STATISTICS]))
    table[STATISTICS.index("n")] = found.activity["n"]
    return [
        SliceCard(
            name=one.name,
            expression=one.expression,
            kind=one.kind,
            n=found.activity.n[str(number)],
            stats={layer: pack.add(table[:, number, units], "statistics") for layer, units in found.layers().items()},
        )
        for number, one in enumerate(found.shown)
    ]


def comparison_cards(found: Numbers, pack: Packer) -> list[ComparisonCard]:
    """One card for each comparison."""
    cards = []
    for a, b, result in found.comparisons:
        whole = np.stack([np.asarray(result[name], np.float64) for name in COMPARISON])
        table = wide(whole, shipped(whole))
        stats = {layer: pack.add(table[:, units], "statistics") for layer, units in by_layer(result).items()}
        cards.append(ComparisonCard(a=a, b=b, stats=stats))
    return cards


def shipped(table: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Statistics ``[statistic, …, unit]`` as a page carries them: of a large network to five digits, else to seven."""
    narrow = single(table)
    if narrow.shape[-1] <= LARGE:
        return narrow
    return np.where(np.isfinite(narrow), rounded(narrow, _BITS), narrow)


def wide(values: npt.NDArray[Any], narrow: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
    """The narrow numbers, in double precision where single has none so small; of those only as many digits.

    >>> wide(np.array([0.5, 8.4e-75]), np.array([0.5, 0.0], np.float32)).tolist()
    [0.5, 8.400000128330606e-75]
    """
    lost = (np.abs(values) < np.finfo(np.float32).tiny) & (values != 0)
    if not lost.any():
        return narrow
    digits, exponent = np.frexp(np.where(lost, values, 0.0))
    return np.where(lost, np.ldexp(np.rint(digits * 2**24) / 2**24, exponent), narrow.astype(np.float64))


def single(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """In single precision; what overflows is infinite."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32)
