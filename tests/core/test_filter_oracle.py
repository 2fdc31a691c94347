"""Random filters against SQLite, whose null logic is the standard's, and against their own other spellings."""

from __future__ import annotations

import math
import sqlite3
from typing import Any

from filter_trees import KINDS, Table, columns_of, filters, tables
from hypothesis import HealthCheck, given, settings

from neuronaut.core.errors import FilterError
from neuronaut.core.filters import evaluate, from_dict, parse, text_of, to_dict
from neuronaut.core.filters.nodes import (
    And,
    Arithmetic,
    Call,
    Compare,
    IsNull,
    Membership,
    Name,
    Negate,
    Node,
    Not,
    Null,
    Number,
    Or,
    Text,
    Truth,
)

quick = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@given(tables(), filters)
@quick
def test_a_filter_selects_what_sql_selects(table: Table, node: Node) -> None:
    assert evaluate(node, columns_of(table)).tolist() == by_sqlite(table, node)


@given(tables(), filters)
@quick
def test_every_spelling_of_a_filter_selects_the_same(table: Table, node: Node) -> None:
    assert parse(text_of(node)) == node
    try:
        form = to_dict(node)
    except FilterError:
        return
    columns = columns_of(table)
    assert evaluate(from_dict(form), columns).tolist() == evaluate(node, columns).tolist()


def by_sqlite(table: Table, node: Node) -> list[bool]:
    connection = sqlite3.connect(":memory:")
    for name, count, function in (
        ("mod_", 2, remainder),
        ("round_", 1, lambda value: float(round(value)) if math.isfinite(value) else value),
        ("len_", 1, len),
        ("lower_", 1, str.lower),
        ("contains_", 2, lambda text, part: part in text),
        ("startswith_", 2, str.startswith),
    ):
        connection.create_function(name, count, null_in_null_out(function))
    types = {"number": "REAL", "text": "TEXT", "bool": "INTEGER"}
    connection.execute(f"CREATE TABLE samples (row INTEGER, {', '.join(f'{n} {types[k]}' for n, k in KINDS.items())})")
    rows = list(zip(*(table[name] for name in KINDS), strict=True))
    connection.executemany("INSERT INTO samples VALUES (?,?,?,?,?,?,?)", [(i, *row) for i, row in enumerate(rows)])
    bound: list[Any] = []
    query = f"SELECT row FROM samples WHERE {sql(node, bound)}"  # noqa: S608
    chosen = {row for (row,) in connection.execute(query, bound)}
    connection.close()
    return [row in chosen for row in range(len(rows))]


def remainder(a: float, b: float) -> float | None:
    return None if b == 0 or math.isinf(a) else a % b


def null_in_null_out(function: Any) -> Any:
    return lambda *given: None if None in given else function(*given)


def sql(node: Node, bound: list[Any]) -> str:
    def of(child: Node) -> str:
        return sql(child, bound)

    match node:
        case Number() | Text() | Truth():
            bound.append(node.value)
            return "CAST(? AS REAL)" if isinstance(node, Number) else "?"
        case Null():
            return "NULL"
        case Name():
            return node.column
        case Negate():
            return f"(-{of(node.operand)})"
        case Arithmetic(op="%"):
            return f"mod_({of(node.left)}, {of(node.right)})"
        case Arithmetic():
            return f"({of(node.left)} {node.op} {of(node.right)})"
        case Call():
            name = "abs" if node.function == "abs" else f"{node.function}_"
            return f"{name}({', '.join(of(argument) for argument in node.arguments)})"
        case Compare():
            pairs = zip(node.operands, node.ops, node.operands[1:], strict=False)
            return "(" + " AND ".join(f"({of(left)} {op} {of(right)})" for left, op, right in pairs) + ")"
        case Membership():
            operand = of(node.operand)
            items = ", ".join(of(item) for item in node.items)
            return f"({operand} {'NOT IN' if node.negated else 'IN'} ({items}))"
        case IsNull():
            return f"({of(node.operand)} IS {'NOT ' if node.negated else ''}NULL)"
        case Not():
            return f"(NOT {of(node.operand)})"
        case And() | Or():
            return "(" + (" AND " if isinstance(node, And) else " OR ").join(map(of, node.operands)) + ")"
        case _:
            raise AssertionError(node)
