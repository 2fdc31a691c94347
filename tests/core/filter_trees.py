"""Random filters that fit a table, and random tables, for Hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from neuronaut.core.columns import Columns
from neuronaut.core.filters.nodes import (
    COMPARISONS,
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

Table = dict[str, list[Any]]
KINDS = {"x": "number", "y": "number", "t": "text", "u": "text", "p": "bool", "q": "bool"}

odd_numbers = st.sampled_from([0.0, -0.0, 0.1, 0.5, 1.5, 2.5, -2.5, 1e308, -1e308, 5e-324, 2.0**53, 1e-7, 1 / 3])
numbers = st.one_of(
    st.integers(-3, 3).map(float), odd_numbers, st.floats(allow_nan=False, allow_infinity=False, width=64)
)
texts = st.text(st.sampled_from("aAbBß😀é\u0301\ufffd\ue000Σσİ \"\\`'\n"), max_size=3)


def tables() -> st.SearchStrategy[Table]:
    """Columns x, y of numbers, t, u of texts, p, q of true and false; all with nulls, all of one length."""
    held: dict[str, st.SearchStrategy[Any]] = {
        "number": st.one_of(st.none(), numbers, st.sampled_from([float("inf"), float("-inf")])),
        "text": st.one_of(st.none(), texts),
        "bool": st.sampled_from([None, True, False]),
    }
    return st.integers(0, 6).flatmap(
        lambda rows: st.fixed_dictionaries(
            {name: st.lists(held[kind], min_size=rows, max_size=rows) for name, kind in KINDS.items()}
        )
    )


def columns_of(table: Table) -> Columns:
    dtypes = {"number": "float64", "text": "object", "bool": "boolean"}
    return Columns.from_frame(
        pd.DataFrame(
            {
                name: pd.Series([np.nan if one is None else one for one in values], dtype="float64")
                if KINDS[name] == "number"
                else pd.Series(values, dtype=dtypes[KINDS[name]])
                for name, values in table.items()
            }
        )
    )


def names(kind: str) -> st.SearchStrategy[Node]:
    return st.sampled_from([Name(name) for name, held in KINDS.items() if held == kind])


number_leaves: st.SearchStrategy[Node] = st.one_of(numbers.map(Number), names("number"), st.just(Null()))
text_leaves: st.SearchStrategy[Node] = st.one_of(texts.map(Text), names("text"), st.just(Null()))
truth_leaves: st.SearchStrategy[Node] = st.one_of(st.booleans().map(Truth), names("bool"), st.just(Null()))


def number_nodes(depth: int) -> st.SearchStrategy[Node]:
    if depth == 0:
        return number_leaves
    below = number_nodes(depth - 1)
    return st.one_of(
        number_leaves,
        st.builds(Negate, below),
        st.builds(Arithmetic, st.sampled_from("+-*/%"), below, below),
        st.builds(Call, st.sampled_from(["abs", "round"]), st.tuples(below)),
        st.builds(Call, st.just("len"), st.tuples(text_nodes(depth - 1))),
    )


def text_nodes(depth: int) -> st.SearchStrategy[Node]:
    if depth == 0:
        return text_leaves
    return st.one_of(text_leaves, st.builds(Call, st.just("lower"), st.tuples(text_nodes(depth - 1))))


def chains(operands: st.SearchStrategy[Node], ops: tuple[str, ...]) -> st.SearchStrategy[Node]:
    def chain(count: int) -> st.SearchStrategy[Node]:
        several = [operands] * count
        return st.builds(Compare, st.tuples(*several), st.tuples(*[st.sampled_from(ops)] * (count - 1)))

    return st.integers(2, 3).flatmap(chain)


def members(operand: st.SearchStrategy[Node], item: Callable[[Any], Node], held: Any) -> st.SearchStrategy[Node]:
    items = st.lists(st.one_of(held.map(item), st.just(Null())), max_size=4).map(tuple)
    return st.builds(Membership, operand, items, st.booleans())


def truth_nodes(depth: int) -> st.SearchStrategy[Node]:
    if depth == 0:
        return truth_leaves
    number, text, truth = number_nodes(depth - 1), text_nodes(depth - 1), truth_nodes(depth - 1)
    several = st.lists(truth, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        truth_leaves,
        chains(number, COMPARISONS),
        chains(text, COMPARISONS),
        chains(truth, ("==", "!=")),
        members(number, Number, numbers),
        members(text, Text, texts),
        members(truth, Truth, st.booleans()),
        st.builds(IsNull, st.one_of(number, text, truth), st.booleans()),
        st.builds(Call, st.sampled_from(["contains", "startswith"]), st.tuples(text, text)),
        st.builds(Not, truth),
        st.builds(And, several),
        st.builds(Or, several),
    )


filters = truth_nodes(3)
