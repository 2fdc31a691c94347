"""From a checked syntax tree to a mask of rows, one vectorised step per node.

Truth is 0 false, 1 unknown, 2 true, so ``and`` is a minimum, ``or`` a maximum and ``not x`` is 2 - x (Kleene's logic,
which is SQL's). A number is float64 with NaN for null. A text is a code into distinct values, -1 for null, so that a
text test costs one look-up per distinct value.

Reference: ISO/IEC 9075-2, truth tables of AND, OR, NOT; Kleene, Introduction to Metamathematics, 1952, section 64.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from neuronaut.core.columns import BoolColumn, Columns, NumberColumn
from neuronaut.core.errors import DataError
from neuronaut.core.filters.check import check
from neuronaut.core.filters.nodes import (
    Act,
    And,
    Arithmetic,
    Call,
    Compare,
    Comparison,
    IsNull,
    Membership,
    Name,
    Negate,
    Node,
    Not,
    Null,
    Number,
    Or,
    Rows,
    Text,
    Truth,
)

FALSE: Final = 0
UNKNOWN: Final = 1
TRUE: Final = 2

Truths = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Texts:
    """Codes into ``values``, -1 where null; a constant has codes without axes. ``values`` may repeat."""

    codes: npt.NDArray[np.int32]
    values: tuple[str, ...]

    def table(self, of: Callable[[str], Any], null: Any, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """``of`` each row's text, ``null`` where there is none; asked once per distinct value."""
        answers = np.array([*(of(value) for value in self.values), null], dtype)
        return np.asarray(answers[self.codes])


Value = Truths | Numbers | Texts | None
"""None is the constant null, which fits every kind."""

_OPERATORS: Final[dict[Comparison, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def evaluate(node: Node, columns: Columns, source: str = "") -> npt.NDArray[np.bool_]:
    """Which rows the filter selects; rows where the answer is unknown are not selected.

    >>> import pandas as pd
    >>> from neuronaut.core.filters.parse import parse
    >>> columns = Columns.from_frame(pd.DataFrame({"age": [22, None, 40]}))
    >>> evaluate(parse("not age > 30"), columns).tolist()
    [True, False, False]

    Raises FilterError when the filter does not fit the columns.
    """
    check(node, columns, source)
    with np.errstate(all="ignore"):
        answer = truths(value_of(node, columns))
    return np.array(np.broadcast_to(answer == TRUE, (columns.n,)))


def value_of(node: Node, columns: Columns) -> Value:
    """The value of a checked node for every row."""
    match node:
        case Number():
            return np.asarray(node.value, np.float64)
        case Text():
            return Texts(np.asarray(0, np.int32), (node.value,))
        case Truth():
            return np.asarray(TRUE if node.value else FALSE, np.uint8)
        case Null():
            return None
        case Name():
            return _column(node, columns)
        case Act():
            return _activation(node, columns)
        case Negate():
            return np.asarray(-numbers(value_of(node.operand, columns)))
        case Arithmetic():
            return _arithmetic(node, columns)
        case Call():
            return _call(node, columns)
        case Compare():
            values = [value_of(operand, columns) for operand in node.operands]
            pairs = [_compare(op, *values[place : place + 2]) for place, op in enumerate(node.ops)]
            return np.asarray(reduce(np.minimum, pairs))
        case Membership():
            found = _member(value_of(node.operand, columns), node)
            return np.asarray(TRUE - found) if node.negated else found
        case IsNull():
            missing = is_null(value_of(node.operand, columns))
            return np.where(missing != node.negated, np.uint8(TRUE), np.uint8(FALSE))
        case Not():
            return np.asarray(TRUE - truths(value_of(node.operand, columns)))
        case And() | Or():
            merge = np.minimum if isinstance(node, And) else np.maximum
            return np.asarray(reduce(merge, [truths(value_of(operand, columns)) for operand in node.operands]))
        case Rows():
            return _rows(node, columns.n)


def truths(value: Value) -> Truths:
    """A checked value as truth."""
    if value is None or isinstance(value, Texts):
        return np.asarray(UNKNOWN, np.uint8)
    return value.astype(np.uint8, copy=False)


def numbers(value: Value) -> Numbers:
    """A checked value as numbers."""
    if value is None or isinstance(value, Texts):
        return np.asarray(np.nan)
    return value.astype(np.float64, copy=False)


def texts(value: Value) -> Texts:
    """A checked value as text."""
    return value if isinstance(value, Texts) else Texts(np.asarray(-1, np.int32), ())


def is_null(value: Value) -> npt.NDArray[np.bool_]:
    if value is None:
        return np.asarray(True)
    if isinstance(value, Texts):
        return np.asarray(value.codes < 0)
    return np.asarray(value == UNKNOWN if value.dtype == np.uint8 else np.isnan(value))


def _column(node: Name, columns: Columns) -> Value:
    column = columns[node.column]
    if isinstance(column, NumberColumn):
        return column.values
    if isinstance(column, BoolColumn):
        return np.where(column.null, np.uint8(UNKNOWN), column.values * np.uint8(TRUE))
    return Texts(column.codes, column.values)


def _activation(node: Act, columns: Columns) -> Numbers:
    if columns.activation is None:
        return np.asarray(np.nan)
    values = columns.activation(node.layer, node.unit).values
    if values.shape != (columns.n,):
        raise DataError(f"activation {node.layer}:{node.unit} has {len(values)} rows; the columns have {columns.n}.")
    return values


def _rows(node: Rows, n: int) -> Truths:
    chosen = np.zeros(n, np.uint8)
    if node.form == "mask":
        if node.count != n:
            raise DataError(f"a mask of {node.count} rows was asked of {n} rows.")
        bits = np.unpackbits(np.frombuffer(node.packed, np.uint8), count=n)
        return np.asarray(bits * np.uint8(TRUE))
    places = np.frombuffer(node.packed, np.int64)
    if places.size and int(places[-1]) >= n:
        raise DataError(f"row {int(places[-1])} was asked for; there are {n} rows, numbered from 0.")
    chosen[places] = TRUE
    return chosen


def _arithmetic(node: Arithmetic, columns: Columns) -> Numbers:
    left, right = numbers(value_of(node.left, columns)), numbers(value_of(node.right, columns))
    match node.op:
        case "+":
            return np.asarray(left + right)
        case "-":
            return np.asarray(left - right)
        case "*":
            return np.asarray(left * right)
        case "/":
            return np.where(right == 0, np.nan, left / right)
        case "%":
            return np.where(right == 0, np.nan, np.mod(left, right))


def _call(node: Call, columns: Columns) -> Value:
    values = [value_of(argument, columns) for argument in node.arguments]
    match node.function:
        case "abs":
            return np.asarray(np.abs(numbers(values[0])))
        case "round":
            return np.asarray(np.rint(numbers(values[0])))
        case "len":
            return texts(values[0]).table(len, np.nan, np.float64)
        case "lower":
            text = texts(values[0])
            return Texts(text.codes, tuple(value.lower() for value in text.values))
        case "contains":
            return _text_test(operator.contains, texts(values[0]), texts(values[1]))
        case "startswith":
            return _text_test(str.startswith, texts(values[0]), texts(values[1]))


def _compare(op: Comparison, left: Value, right: Value) -> Truths:
    if left is None or right is None:
        return np.asarray(UNKNOWN, np.uint8)
    apply = _OPERATORS[op]
    if isinstance(left, Texts) or isinstance(right, Texts):
        return _text_test(apply, texts(left), texts(right))
    unknown = is_null(left) | is_null(right)
    return np.where(unknown, np.uint8(UNKNOWN), apply(left, right) * np.uint8(TRUE))


def _text_test(test: Callable[[str, str], bool], left: Texts, right: Texts) -> Truths:
    """``test`` of each row's two texts, asked once per distinct pair."""
    if right.codes.ndim == 0 and right.codes >= 0:
        constant = right.values[int(right.codes)]
        return left.table(lambda value: TRUE if test(value, constant) else FALSE, UNKNOWN, np.uint8)
    if left.codes.ndim == 0 and left.codes >= 0:
        constant = left.values[int(left.codes)]
        return right.table(lambda value: TRUE if test(constant, value) else FALSE, UNKNOWN, np.uint8)
    width = len(right.values)
    pair = np.asarray(left.codes.astype(np.int64) * width + right.codes)
    pair = np.where((left.codes < 0) | (right.codes < 0), -1, pair)
    distinct, place = np.unique(pair, return_inverse=True)
    answers = [
        UNKNOWN if one < 0 else TRUE if test(left.values[one // width], right.values[one % width]) else FALSE
        for one in distinct.tolist()
    ]
    return np.asarray(np.array(answers, np.uint8)[place.reshape(pair.shape)])


def _member(value: Value, node: Membership) -> Truths:
    """Whether the value is one of the items; unknown when it is null, or when only a null item could match."""
    if not node.items:
        return np.asarray(FALSE, np.uint8)
    if value is None:
        return np.asarray(UNKNOWN, np.uint8)
    otherwise = UNKNOWN if any(isinstance(item, Null) for item in node.items) else FALSE
    if isinstance(value, Texts):
        wanted = {item.value for item in node.items if isinstance(item, Text)}
        return value.table(lambda text: TRUE if text in wanted else otherwise, UNKNOWN, np.uint8)
    if value.dtype == np.uint8:
        codes = [TRUE if item.value else FALSE for item in node.items if isinstance(item, Truth)]
        found = np.isin(value, codes)
    else:
        found = np.isin(value, [item.value for item in node.items if isinstance(item, Number)])
    answer = np.where(found, np.uint8(TRUE), np.uint8(otherwise))
    return np.where(is_null(value), np.uint8(UNKNOWN), answer)
