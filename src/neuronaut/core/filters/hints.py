"""Hints: what in a filter looks like a mistake although it can be computed; they explain an empty result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neuronaut.core.columns import Columns, NumberColumn, TextColumn
from neuronaut.core.filters.check import check, short
from neuronaut.core.filters.evaluate import evaluate
from neuronaut.core.filters.lex import shown
from neuronaut.core.filters.nearest import nearest
from neuronaut.core.filters.nodes import (
    And,
    Call,
    Compare,
    Comparison,
    Membership,
    Name,
    Node,
    Null,
    Number,
    Text,
    walk,
)
from neuronaut.core.filters.text import number_text, quoted


@dataclass(frozen=True)
class Hint:
    """``kind`` is ``value`` (a text that never occurs), ``range`` (a number no row reaches), ``null`` (a comparison
    that is never true) or ``apart`` (parts that select rows, but none in common). Positions as in FilterError."""

    kind: str
    message: str
    position: int
    length: int
    suggestion: str | None = None


def hints(node: Node, columns: Columns, source: str = "") -> tuple[Hint, ...]:
    """Everything that looks like a mistake, in the order of the text.

    >>> import pandas as pd
    >>> from neuronaut.core.filters.parse import parse
    >>> columns = Columns.from_frame(pd.DataFrame({"survived": ["yes", "no"]}))
    >>> hints(parse('survived == "yess"'), columns)[0].message
    'no row of survived holds "yess"; closest: "yes"'

    Raises FilterError when the filter does not fit the columns.
    """
    check(node, columns, source)
    found = [hint for one, _ in walk(node) for hint in _of(one, columns)]
    if not found and isinstance(node, And):
        found += _apart(node, columns)
    return tuple(found)


def _of(node: Node, columns: Columns) -> Iterator[Hint]:
    if isinstance(node, Membership):
        for item in node.items:
            if isinstance(item, Null) and node.negated:
                yield _hint("null", "not in a list that holds null is never true; leave the null out", item)
            elif isinstance(item, Text):
                yield from _value(node.operand, item, columns)
    elif isinstance(node, Compare):
        for place, op in enumerate(node.ops):
            yield from _comparison(node, op, node.operands[place], node.operands[place + 1], columns)


def _comparison(whole: Compare, op: Comparison, left: Node, right: Node, columns: Columns) -> Iterator[Hint]:
    if isinstance(left, Null) or isinstance(right, Null):
        asked = short(right if isinstance(left, Null) else left)
        form = f"{asked} {'is not null' if op == '!=' else 'is null'}"
        replace = form if len(whole.ops) == 1 and not asked.endswith("…") else None
        yield _hint("null", f"a comparison with null is never true; write {form}", whole, replace)
    elif isinstance(right, Text) or isinstance(left, Text):
        text, other = (right, left) if isinstance(right, Text) else (left, right)
        if op in ("==", "!=") and isinstance(text, Text):
            yield from _value(other, text, columns)
    elif isinstance(left, Name) and isinstance(right, Number):
        yield from _range(op, left, right, columns)


def _value(operand: Node, text: Text, columns: Columns) -> Iterator[Hint]:
    lowered = isinstance(operand, Call) and operand.function == "lower"
    name = operand.arguments[0] if isinstance(operand, Call) and lowered else operand
    column = columns.get(name.column) if isinstance(name, Name) else None
    if not isinstance(column, TextColumn):
        return
    values = tuple(dict.fromkeys(value.lower() for value in column.values)) if lowered else column.values
    if text.value in values:
        return
    if not values:
        yield _hint("value", f"{short(name)} is null in every row", name)
        return
    near = nearest(text.value, values)
    meant = f"; closest: {quoted(near)}" if near is not None else ""
    if near is None and len(values) <= 8:
        meant = f"; there are {', '.join(map(shown, values))}"
    message = f"no row of {short(operand)} holds {short(text)}{meant}"
    yield _hint("value", message, text, None if near is None else quoted(near))


def _range(op: Comparison, left: Name, right: Number, columns: Columns) -> Iterator[Hint]:
    column = columns[left.column]
    if not isinstance(column, NumberColumn):
        return
    known = column.values[~np.isnan(column.values)]
    if not known.size:
        yield _hint("range", f"{short(left)} is null in every row", left)
    elif op in ("<", "<=", ">", ">=", "==") and not evaluate(Compare((left, right), (op,)), columns).any():
        low, high = number_text(float(known.min())), number_text(float(known.max()))
        message = f"no row has {short(left)} {op} {short(right)}; it runs from {low} to {high}"
        if op == "==" and known.min() <= right.value <= known.max():
            near = number_text(float(known[np.argmin(np.abs(known - right.value))]))
            message = f"no row has {short(left)} == {short(right)}; the nearest is {near}"
        yield _hint("range", message, right)


def _apart(node: And, columns: Columns) -> Iterator[Hint]:
    masks = [evaluate(operand, columns) for operand in node.operands]
    counts = [int(mask.sum()) for mask in masks]
    if all(counts) and not np.logical_and.reduce(masks).any():
        told = ", ".join(f"{short(one)} {count}" for one, count in zip(node.operands, counts, strict=True))
        yield _hint("apart", f"each part selects rows ({told}), but no row is in all of them", node)


def _hint(kind: str, message: str, node: Node, suggestion: str | None = None) -> Hint:
    return Hint(kind, message, node.at, node.length, suggestion)
