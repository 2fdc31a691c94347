"""Slices: named sets of samples, from a filter, a dict, a mask or row numbers; joined by & | ~."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from neuronaut.core.columns import Columns
from neuronaut.core.errors import DataError, FilterError
from neuronaut.core.filters import Hint, Node, evaluate, from_dict, hints, parse, text_of, to_dict
from neuronaut.core.filters.dictform import literal
from neuronaut.core.filters.nodes import And, Compare, IsNull, Membership, Name, Not, Null, Or, Rows, Truth, walk
from neuronaut.core.filters.parse import limit

Where = Any
"""What selects samples: a filter text, a dict, a Slice, a boolean mask, row numbers, or None for all."""


class HasColumns(Protocol):
    """What holds samples with columns, as a recording does."""

    @property
    def columns(self) -> Columns: ...


@dataclass(frozen=True)
class Slice:
    """A named set of samples.

    ``&`` and ``|`` join two slices, ``~`` is the filter's ``not``: a row where the answer is unknown (a null age in
    ``age < 16``) is in neither a slice nor its ``~``. For every other row, take the complement of the mask.

    >>> import pandas as pd
    >>> columns = Columns.from_frame(pd.DataFrame({"age": [22, None, 8], "sex": ["male", "female", "female"]}))
    >>> young = where("age < 16")
    >>> (~young).mask(columns).tolist()
    [True, False, False]
    >>> (young | where(sex="male")).expression
    'age < 16 or sex == "male"'
    """

    node: Node
    name: str = field(compare=False)
    source: str = field(default="", compare=False, repr=False)

    @property
    def expression(self) -> str | None:
        """The canonical text, or None when the slice holds rows that were given as a mask or by index."""
        return None if self._has_rows else text_of(self.node)

    @property
    def _has_rows(self) -> bool:
        return any(isinstance(node, Rows) for node, _ in walk(self.node))

    @property
    def key(self) -> str:
        """A text that is equal for equal slices, short; for cache keys."""
        return (
            self.expression or "rows:" + hashlib.blake2b(repr(_spelled(self.node)).encode(), digest_size=16).hexdigest()
        )

    def mask(self, columns: Columns | HasColumns) -> npt.NDArray[np.bool_]:
        """Which rows of a recording, or of columns, are in the slice.

        Raises FilterError when the filter does not fit the columns, DataError when the rows do not.
        """
        return evaluate(self.node, _columns(columns), self.source)

    def hints(self, columns: Columns | HasColumns) -> tuple[Hint, ...]:
        """What looks like a mistake although it can be computed, for example a text that never occurs."""
        return hints(self.node, _columns(columns), self.source)

    def named(self, name: str) -> Slice:
        """The same slice under another name."""
        return replace(self, name=name)

    def to_dict(self) -> dict[str, Any]:
        """The dict form. Raises FilterError when there is none."""
        return to_dict(self.node)

    def __and__(self, other: Slice) -> Slice:
        return _slice(And((*_parts(self.node, And), *_parts(other.node, And))))

    def __or__(self, other: Slice) -> Slice:
        return _slice(Or((*_parts(self.node, Or), *_parts(other.node, Or))))

    def __invert__(self) -> Slice:
        return _slice(Not(self.node))

    def __str__(self) -> str:
        return self.name


def _columns(given: Columns | HasColumns) -> Columns:
    held = given if isinstance(given, Columns) else getattr(given, "columns", None)
    if not isinstance(held, Columns):
        raise DataError(f"a slice is taken of a recording or its columns, not of a {type(given).__name__}.")
    return held


EVERYTHING = Slice(Truth(True), "all")


def where(chosen: Where = None, /, **equals: Any) -> Slice:
    """The samples that a filter selects; keywords ask for equality, or membership when given a list.

    >>> where("age > 30 and sex == 'male'").expression
    'age > 30 and sex == "male"'
    >>> where(survived="yes", pclass=[1, 2]).expression
    'survived == "yes" and pclass in [1, 2]'
    >>> where([4, 0]).name
    '2 rows'

    ``chosen`` is a filter text, a dict, a Slice, a boolean mask, or row numbers; nothing at all means every sample.
    Raises FilterError when a text or dict cannot be read.
    """
    slices = [] if chosen is None and equals else [_chosen(chosen)]
    slices += [_slice(_equal(column, value)) for column, value in equals.items()]
    joined = slices[0]
    for one in slices[1:]:
        joined = joined & one
    return joined


def _chosen(chosen: Where) -> Slice:
    if chosen is None:
        return EVERYTHING
    if isinstance(chosen, Slice):
        return chosen
    if isinstance(chosen, str):
        node = parse(chosen)
        return Slice(node, text_of(node), chosen)
    if isinstance(chosen, Mapping):
        return _slice(from_dict(chosen))
    try:
        array = np.asarray(chosen)
    except ValueError:
        raise DataError("a slice needs one axis of rows; got lists within a list.") from None
    return _rows(array)


def _slice(node: Node) -> Slice:
    limit(node)
    if isinstance(node, Rows):
        return Slice(node, _rows_name(node))
    parts = [_rows_name(one) for one, _ in walk(node) if isinstance(one, Rows)]
    return Slice(node, text_of(node) if not parts else f"selection of {', '.join(parts)}")


def _rows_name(rows: Rows) -> str:
    if rows.form == "mask":
        chosen = int(np.unpackbits(np.frombuffer(rows.packed, np.uint8), count=rows.count).sum())
        return f"{chosen} of {rows.count} rows"
    return f"{rows.count} row{'' if rows.count == 1 else 's'}"


def _rows(array: npt.NDArray[Any]) -> Slice:
    if array.ndim != 1:
        raise DataError(f"a slice needs one axis of rows; got {array.ndim} axes. Give a mask or row numbers.")
    if array.dtype == np.bool_:
        return _slice(Rows("mask", np.packbits(array).tobytes(), len(array)))
    if array.size == 0:
        array = array.astype(np.int64)
    if array.dtype == object and all(isinstance(item, bool | np.bool_) for item in array):
        return _rows(array.astype(np.bool_))
    if not np.issubdtype(array.dtype, np.integer):
        raise DataError(f"a slice needs a boolean mask or whole row numbers; got {array.dtype}.")
    places = np.unique(array.astype(np.int64))
    if places.size and places[0] < 0:
        raise DataError(f"row {int(places[0])} was asked for; rows are numbered from 0.")
    return _slice(Rows("index", places.tobytes(), len(places)))


def _equal(column: str, value: Any) -> Node:
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        items = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        return Membership(Name(column), tuple(literal(item, f"a value for {column!r}") for item in items))
    constant = literal(value, f"the value for {column!r}")
    return IsNull(Name(column)) if isinstance(constant, Null) else Compare((Name(column), constant), ("==",))


def _parts(node: Node, kind: type[And] | type[Or]) -> tuple[Node, ...]:
    return node.operands if isinstance(node, kind) else (node,)


def _spelled(node: Node) -> object:
    """Everything that makes a node what it is, the rows as their digest."""
    return [
        (type(one).__name__, depth, hashlib.blake2b(one.packed).hexdigest() if isinstance(one, Rows) else repr(one))
        for one, depth in walk(node)
    ]


__all__ = ["EVERYTHING", "FilterError", "Slice", "Where", "where"]
