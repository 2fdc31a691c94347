"""Predicates: which questions a column gives, and why some give none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from neuronaut.analysis.search.predicates import MOST_VALUES, predicates_of, shortest_between
from neuronaut.core.columns import Columns
from neuronaut.core.filters import evaluate, parse, text_of


def asked(values: Any, *, insist: bool = False) -> tuple[list[str], str]:
    columns = Columns.from_frame(pd.DataFrame({"x": values}))
    nodes, why = predicates_of(columns["x"], insist=insist)
    return [text_of(node) for node in nodes], why


def test_texts_are_asked_by_equality_both_ways() -> None:
    assert asked(["a", "b", "c"])[0] == [
        'x == "a"', 'x == "b"', 'x == "c"', 'x != "a"', 'x != "b"', 'x != "c"',
    ]  # fmt: skip


def test_true_and_false_are_asked_by_name() -> None:
    assert asked([True, False, True])[0] == ["x", "not x"]


def test_few_numbers_are_asked_by_equality_and_by_cuts() -> None:
    assert asked([1, 2, 3])[0] == [
        "x == 1", "x == 2", "x == 3", "x != 1", "x != 2", "x != 3", "x <= 1", "x > 1", "x <= 2", "x > 2",
    ]  # fmt: skip


def test_nulls_are_asked_for_and_are_in_no_other_question() -> None:
    values = pd.Series(["a", "b", None] * 5)
    texts, _ = asked(values)
    assert texts[-2:] == ["x is null", "x is not null"]
    columns = Columns.from_frame(pd.DataFrame({"x": values}))
    for text in texts[:-2]:
        assert not evaluate(parse(text), columns)[values.isna()].any()


def test_many_numbers_are_cut_at_every_twentieth() -> None:
    values = np.random.default_rng(0).normal(size=1000)
    texts, _ = asked(values)
    columns = Columns.from_frame(pd.DataFrame({"x": values}))
    shares = [evaluate(parse(text), columns).mean() for text in texts if "<=" in text]
    np.testing.assert_allclose(shares, np.arange(1, 20) / 20, atol=1e-12)
    assert len(texts) == 38


def test_every_question_reads_back_as_it_was_meant() -> None:
    values = np.random.default_rng(1).normal(size=500) * 10.0 ** np.arange(-250, 250)
    columns = Columns.from_frame(pd.DataFrame({"an `odd` name": values}))
    for node in predicates_of(columns["an `odd` name"])[0]:
        assert parse(text_of(node)) == node


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([f"name {row}" for row in range(10_000)], "10,000 different texts"),
        (range(500), "nearly all of its 500 whole numbers are different"),
        ([None] * 50, "every value is null"),
        (["a"] * 50, "every value is the same"),
        ([7.0] * 50, "every value is the same"),
        ([True] * 50, "every value is the same"),
    ],
)
def test_a_column_without_questions_says_why(values: Any, said: str) -> None:
    texts, why = asked(list(values))
    assert texts == []
    assert said in why


def test_ten_thousand_different_numbers_are_cut_like_any_other() -> None:
    assert len(asked(np.random.default_rng(2).normal(size=10_000))[0]) == 38
    assert len(asked(np.repeat(np.arange(10_000), 3))[0]) == 38


def test_who_insists_gets_the_most_frequent_texts_and_whole_numbers() -> None:
    values = [f"name {row}" for row in range(1000)] + ["often"] * 5
    texts, why = asked(values, insist=True)
    assert why == ""
    assert 'x == "often"' in texts
    assert len(texts) == 2 * MOST_VALUES
    assert len(asked(list(range(500)), insist=True)[0]) == 38


def test_a_constant_column_with_nulls_asks_for_the_nulls_only() -> None:
    assert asked(["a", None, "a"])[0] == ["x is null", "x is not null"]


@pytest.mark.parametrize(
    ("low", "high", "cut"),
    [(1.0, 2.0, 1.0), (0.123456, 0.9, 0.5), (-2.5, -1.5, -2.0), (1e-9, 5.0, 3.0), (3.0, 3.0000001, 3.0)],
)
def test_a_cut_is_short_and_between(low: float, high: float, cut: float) -> None:
    found = shortest_between(low, high)
    assert low <= found < high
    assert len(f"{found:g}") <= len(f"{cut:g}")


def test_infinite_values_are_no_cuts_of_their_own() -> None:
    texts, _ = asked([-np.inf, 0.0, 1.0, np.inf] * 30)
    assert all("inf" not in text for text in texts)
