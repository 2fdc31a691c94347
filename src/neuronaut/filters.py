"""Filters built by functions, as a filter text or dict would say them.

>>> from neuronaut.filters import and_, eq, gt
>>> and_(eq("sex", "female"), gt("age", 30)).expression
'sex == "female" and age > 30'
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any

from neuronaut.core.errors import FilterError
from neuronaut.core.slices import Slice, Where, where


def eq(column: str, value: Any) -> Slice:
    """Samples whose column equals the value; None asks for null."""
    return where({"column": column, "op": "eq", "value": value})


def ne(column: str, value: Any) -> Slice:
    """Samples whose column is known and differs from the value; None asks for not null."""
    return where({"column": column, "op": "ne", "value": value})


def lt(column: str, value: Any) -> Slice:
    """Samples whose column is below the value."""
    return where({"column": column, "op": "lt", "value": value})


def le(column: str, value: Any) -> Slice:
    """Samples whose column is at most the value."""
    return where({"column": column, "op": "le", "value": value})


def gt(column: str, value: Any) -> Slice:
    """Samples whose column is above the value."""
    return where({"column": column, "op": "gt", "value": value})


def ge(column: str, value: Any) -> Slice:
    """Samples whose column is at least the value."""
    return where({"column": column, "op": "ge", "value": value})


def in_(column: str, values: Iterable[Any]) -> Slice:
    """Samples whose column is one of the values."""
    return where({"column": column, "op": "in", "value": values})


def not_in(column: str, values: Iterable[Any]) -> Slice:
    """Samples whose column is known and none of the values."""
    return where({"column": column, "op": "not_in", "value": values})


def and_(*filters: Where) -> Slice:
    """Samples in all of the filters, each a Slice, a text, a dict or a mask."""
    return reduce(lambda left, right: left & right, _slices("and_", filters))


def or_(*filters: Where) -> Slice:
    """Samples in at least one of the filters."""
    return reduce(lambda left, right: left | right, _slices("or_", filters))


def not_(chosen: Where) -> Slice:
    """Samples for which the filter is false; where it is unknown they are left out, as everywhere."""
    return ~where(chosen)


def _slices(word: str, filters: tuple[Where, ...]) -> list[Slice]:
    if not filters:
        raise FilterError(f"{word} needs at least one filter.", kind="form")
    return [where(one) for one in filters]


__all__ = ["and_", "eq", "ge", "gt", "in_", "le", "lt", "ne", "not_", "not_in", "or_"]
