"""The dict form of a filter: {"column", "op", "value"}, {"and": [...]}, {"or": [...]}, {"not": ...}."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from neuronaut.core.errors import FilterError
from neuronaut.core.filters.lex import shown
from neuronaut.core.filters.nearest import nearest
from neuronaut.core.filters.nodes import (
    MAX_DEPTH,
    MAX_LENGTH,
    And,
    Compare,
    Comparison,
    IsNull,
    Literals,
    Membership,
    Name,
    Node,
    Not,
    Null,
    Number,
    Or,
    Text,
    Truth,
)
from neuronaut.core.filters.parse import limit
from neuronaut.core.filters.text import text_of

OPS: Final[dict[str, Comparison]] = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_NAMES: Final = {op: name for name, op in OPS.items()}
_FLIPPED: Final[dict[Comparison, Comparison]] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ALL_OPS: Final = (*OPS, "in", "not_in")


def from_dict(form: Mapping[str, Any]) -> Node:
    """The syntax tree of a filter given as dicts; ``eq`` and ``ne`` with None ask for null and not null.

    >>> text_of(from_dict({"and": [{"column": "age", "op": "gt", "value": 30}, {"not": {"column": "sex", "op": "eq",
    ... "value": "male"}}]}))
    'age > 30 and not sex == "male"'

    Raises FilterError that names the place in the dict.
    """
    node = _read(form, "the filter", 1)
    limit(node)
    text = text_of(node)
    if len(text) > MAX_LENGTH:
        raise FilterError(
            f"the filter has {len(text)} characters as text; the most is {MAX_LENGTH}. "
            "Select rows by a mask or by index instead.",
            kind="length",
        )
    return node


def to_dict(node: Node) -> dict[str, Any]:
    """The dict form of a filter that has one: comparisons of columns with constants, joined by and, or, not.

    Raises FilterError for what only the text can say: arithmetic, functions, columns compared with columns.
    """
    match node:
        case And() | Or():
            return {"and" if isinstance(node, And) else "or": [to_dict(operand) for operand in node.operands]}
        case Not():
            return {"not": to_dict(node.operand)}
        case Name():
            return {"column": node.column, "op": "eq", "value": True}
        case IsNull(operand=Name(column=column)):
            return {"column": column, "op": "ne" if node.negated else "eq", "value": None}
        case Membership(operand=Name(column=column)):
            values = [_plain(item) for item in node.items]
            return {"column": column, "op": "not_in" if node.negated else "in", "value": values}
        case Compare():
            sides = zip(node.operands, node.operands[1:], node.ops, strict=False)
            pairs = [_pair(node, left, right, op) for left, right, op in sides]
            return pairs[0] if len(pairs) == 1 else {"and": pairs}
        case _:
            raise _only_text(node)


def literal(value: Any, where: str = "the value") -> Literals:
    """A constant of the language from a Python or NumPy one; dates become ISO text, None and NaN null.

    Raises FilterError for anything else.
    """
    if value is None:
        return Null()
    if isinstance(value, bool | np.bool_):
        return Truth(bool(value))
    if isinstance(value, str):
        if any("\ud800" <= sign <= "\udfff" for sign in value):
            raise FilterError(
                f"{where} {shown(value)} holds half a character and cannot be compared.", kind="character"
            )
        return Text(str(value))
    if isinstance(value, int | float | np.integer | np.floating | decimal.Decimal):
        return _number(value, where)
    if isinstance(value, datetime.date | datetime.datetime):
        return Text(value.isoformat())
    if isinstance(value, np.datetime64):
        return Null() if np.isnat(value) else Text(str(value))
    raise FilterError(
        f"{where} is a {type(value).__name__}; a filter compares with numbers, texts, true, false and None.",
        kind="type",
    )


def _number(value: Any, where: str) -> Literals:
    if value != value:
        return Null()
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    if np.isinf(number):
        raise FilterError(f"{where} is too large; numbers go up to 1.8e308.", kind="number")
    if isinstance(value, int | np.integer) and int(number) != int(value):
        raise FilterError(
            f"{where} {value} cannot be held exactly: beyond 2^53 numbers have gaps. Compare as text.", kind="number"
        )
    return Number(number)


def _read(form: Any, where: str, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise FilterError(f"the filter nests more than {MAX_DEPTH} deep.", kind="depth")
    if not isinstance(form, Mapping):
        raise FilterError(f"{where} is {type(form).__name__}; expected a dict like {_EXAMPLE}", kind="form")
    keys = set(form)
    for word in ("and", "or"):
        if keys == {word}:
            return _joined(word, form[word], where, depth)
    if keys == {"not"}:
        return Not(_read(form["not"], f"{where}, not", depth + 1))
    if keys != {"column", "op", "value"}:
        found = ", ".join(sorted(repr(key) for key in keys)) or "no keys"
        raise FilterError(f"{where} has {found}; expected a dict like {_EXAMPLE}, or one of and, or, not.", kind="form")
    return _condition(form["column"], form["op"], form["value"], where)


def _joined(word: str, parts: Any, where: str, depth: int) -> Node:
    if not isinstance(parts, Sequence) or isinstance(parts, str | bytes) or not parts:
        raise FilterError(f"{where}: {word!r} needs a list of at least one filter.", kind="form")
    nodes = tuple(_read(part, f"{where}, {word}[{place}]", depth + 1) for place, part in enumerate(parts))
    if len(nodes) == 1:
        return nodes[0]
    return And(nodes) if word == "and" else Or(nodes)


def _condition(column: Any, op: Any, value: Any, where: str) -> Node:
    if not isinstance(column, str):
        raise FilterError(f"{where}: the column is a {type(column).__name__}; expected its name.", kind="form")
    if any("\ud800" <= sign <= "\udfff" for sign in column):
        raise FilterError(f"{where}: column {shown(column)} holds half a character.", kind="character")
    if not isinstance(op, str) or op not in _ALL_OPS:
        near = nearest(op, _ALL_OPS) if isinstance(op, str) else None
        meant = f"; closest: {near!r}" if near else ""
        raise FilterError(
            f"{where}: no op {shown(str(op))}{meant}. There are: {', '.join(_ALL_OPS)}.", kind="form", suggestion=near
        )
    place = f"{where}: the value for {shown(column)}"
    if op in ("in", "not_in"):
        if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__iter__"):
            raise FilterError(f"{place} must be a list for {op!r}; it is {type(value).__name__}.", kind="form")
        return Membership(Name(column), tuple(literal(item, place) for item in value), op == "not_in")
    constant = literal(value, place)
    if isinstance(constant, Null) and op in ("eq", "ne"):
        return IsNull(Name(column), op == "ne")
    return Compare((Name(column), constant), (OPS[op],))


def _pair(node: Node, left: Node, right: Node, op: Comparison) -> dict[str, Any]:
    if isinstance(right, Name) and not isinstance(left, Name):
        left, right, op = right, left, _FLIPPED[op]
    if not isinstance(left, Name) or not isinstance(right, Number | Text | Truth):
        raise _only_text(node)
    return {"column": left.column, "op": _NAMES[op], "value": _plain(right)}


def _plain(item: Literals) -> Any:
    if isinstance(item, Null):
        return None
    if isinstance(item, Number) and item.value == int(item.value) and abs(item.value) <= 2**53:
        return int(item.value)
    return item.value


def _only_text(node: Node) -> FilterError:
    return FilterError(
        f"{shown(text_of(node))} has no dict form, which compares columns with constants only. Keep the text.",
        kind="form",
    )


_EXAMPLE: Final = '{"column": "age", "op": "gt", "value": 30}'
