"""Shared: the samples that two recordings both hold, and whether they are the same samples at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.shapes import Int
from neuronaut.analysis.statistics.two_groups import FEWEST
from neuronaut.core.columns import BoolColumn, Column, TextColumn
from neuronaut.core.errors import DataError
from neuronaut.store.recording import Recording

ALIKE = 0.5
"""Agreement beyond chance (kappa) from which a column says that the samples are the same."""
NAMED = 4


@dataclass(frozen=True, slots=True)
class Shared:
    """Rows of two recordings that are the same samples, in the order of the first; ``notes`` say how sure that is."""

    rows: Int[np.ndarray, "sample"]
    others: Int[np.ndarray, "sample"]
    notes: tuple[str, ...] = ()


def shared_samples(rec: Recording, other: Recording) -> Shared:
    """The samples of both, found by their ids.

    Ids are numbers, and rows of any two data sets count from 0: so the recordings must be of the same data by their
    digest, or most of the metadata that both have must agree beyond chance. Where there is no metadata, a note says
    that nothing was checked.

    Raises DataError with fewer than 20 samples in common, for ids that occur twice, and for different data.
    """
    for one in (rec, other):
        if len(np.unique(one.sample_ids)) < one.n:
            raise DataError(f"{one.path.name} holds samples of the same id. Its samples cannot be told apart.")
    _, rows, others = np.intersect1d(rec.sample_ids, other.sample_ids, assume_unique=True, return_indices=True)
    if len(rows) < FEWEST:
        raise DataError(
            f"{rec.path.name} and {other.path.name} share {len(rows):,} samples (of {rec.n:,} and {other.n:,}), fewer "
            f"than {FEWEST}. Record both models on the same data."
        )
    order = np.argsort(rows, kind="stable")
    rows, others = rows[order].astype(np.int64), others[order].astype(np.int64)
    return Shared(rows, others, _checked(rec, other, rows, others))


def agreement(one: Column, other: Column) -> float:
    """Share of rows on which two columns say the same, beyond what two unrelated ones would: Cohen's kappa.

    1 for the same, about 0 for unrelated ones, NaN where nothing varies or a column is empty.

    Reference: Cohen, A coefficient of agreement for nominal scales, 1960.
    """
    known = ~(one.null | other.null)
    pair = [_plain(column)[known] for column in (one, other)]
    if one.kind != other.kind:
        pair = [values.astype(str) for values in pair]
    if not known.any():
        return float("nan")
    _, codes = np.unique(np.concatenate(pair), return_inverse=True)
    first, second = codes[: int(known.sum())], codes[int(known.sum()) :]
    kinds = int(codes.max()) + 1
    shares = [np.bincount(each, minlength=kinds) / len(first) for each in (first, second)]
    chance = float(shares[0] @ shares[1])
    return float("nan") if chance >= 1 else float(((first == second).mean() - chance) / (1 - chance))


def _checked(
    rec: Recording, other: Recording, rows: Int[np.ndarray, "sample"], others: Int[np.ndarray, "sample"]
) -> tuple[str, ...]:
    """What must be said about the samples being the same; raises DataError when they are not."""
    digests = [one.card.options.get("data") for one in (rec, other)]
    if digests[0] is not None and digests[0] == digests[1]:
        return ()
    named = [[str(name) for name in one.metadata.columns] for one in (rec, other)]
    both = [name for name in named[0] if name in named[1]]
    found = {name: agreement(_at(rec, name, rows), _at(other, name, others)) for name in both}
    judged = {name: kappa for name, kappa in found.items() if not np.isnan(kappa)}
    alike = [name for name, kappa in judged.items() if kappa >= ALIKE]
    kinds = [one.samples.get("kind") for one in (rec, other)]
    names = f"{rec.path.name} and {other.path.name}"
    if judged:
        apart = [name for name in judged if name not in alike]
        if 2 * len(alike) < len(judged):
            raise DataError(
                f"{names} are of different data: under the same sample ids {_listed(apart)} {_differ(apart)}. "
                "Record both models on the same samples, in the same order."
            )
        return (f"under the same sample ids {_listed(apart)} {_differ(apart)}.",) if apart else ()
    if (all(named) and not both) or (None not in kinds and kinds[0] != kinds[1]):
        what = f"{kinds[0]} and {kinds[1]}" if kinds[0] != kinds[1] else "their metadata have no column in common"
        raise DataError(
            f"{names} are of different data: {what}, and sample ids alone are row numbers. Record both models on the "
            "same samples with the same metadata."
        )
    return (f"nothing but the numbers of the samples says that those of {names} are the same.",)


def _at(rec: Recording, name: str, rows: Int[np.ndarray, "sample"]) -> Column:
    column = rec.columns[name]
    if isinstance(column, TextColumn):
        return TextColumn(name, column.codes[rows], column.values)
    if isinstance(column, BoolColumn):
        return BoolColumn(name, column.values[rows], column.null[rows])
    return type(column)(name, column.values[rows])


def _plain(column: Column) -> np.ndarray:
    return np.array([*column.values, ""])[column.codes] if isinstance(column, TextColumn) else column.values


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(map(repr, names[:NAMED])) + more


def _differ(names: list[str]) -> str:
    return "differs" if len(names) == 1 else "differ"
