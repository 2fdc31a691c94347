"""Ranking: the rows of a table that are worth printing first, and a word about the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from neuronaut.core.errors import unknown

if TYPE_CHECKING:
    import pandas as pd


def with_names(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the units' own names, where they have any, beside their addresses."""
    return table.assign(
        unit=[f"{unit} {name}".rstrip() for unit, name in zip(table["unit"], table["name"], strict=True)]
    )


def check_sort(by: str, columns: Iterable[str]) -> None:
    """Refuse to sort by what is neither ``unit`` nor one of the columns of numbers. Raises UnknownName."""
    choices = ["unit", *columns]
    if by not in choices:
        raise unknown("column to sort by", by, choices, most=None)


def ranked(table: pd.DataFrame, by: str, limit: int) -> tuple[pd.DataFrame, str]:
    """The first ``limit`` rows by falling size of a column (``unit``: as they are), and what is said of the rest.

    Raises UnknownName when the table has no such column.
    """
    check_sort(by, [name for name in table.columns if table[name].dtype.kind in "iuf"])
    ordered = table if by == "unit" else table.sort_values(by, key=abs, ascending=False, kind="stable")
    if not limit or len(ordered) <= limit:
        return ordered, ""
    return ordered.head(limit), f"… {len(ordered) - limit:,} more units; --limit 0 prints all."
