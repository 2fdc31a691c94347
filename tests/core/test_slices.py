from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from neuronaut.core.columns import Columns
from neuronaut.core.errors import DataError, FilterError
from neuronaut.core.slices import EVERYTHING, Slice, where
from neuronaut.filters import and_, eq, ge, gt, in_, le, lt, ne, not_, not_in, or_

COLUMNS = Columns.from_frame(
    pd.DataFrame(
        {"age": [22, None, 8, 40], "sex": ["male", "female", "female", None], "adult": [True, None, False, True]}
    )
)


def rows(chosen: Any) -> list[int]:
    return np.flatnonzero(where(chosen).mask(COLUMNS)).tolist()


def test_nothing_asked_for_is_every_sample() -> None:
    assert where() == where(None) == EVERYTHING
    assert rows(None) == [0, 1, 2, 3] and where().name == "all"


@pytest.mark.parametrize(
    "chosen",
    [
        "age > 20",
        {"column": "age", "op": "gt", "value": 20},
        np.array([True, False, False, True]),
        [True, False, False, True],
        np.array([3, 0]),
        [0, 3, 3],
        np.array([0, 3], np.uint8),
        pd.Series([True, False, False, True]),
        where("age > 20"),
    ],
)
def test_every_way_to_say_it_selects_the_same_rows(chosen: Any) -> None:
    assert rows(chosen) == [0, 3]


def test_keywords_ask_for_equality_membership_or_null() -> None:
    assert where(sex="male").expression == 'sex == "male"'
    assert where(sex=["male", "female"], adult=True).expression == 'sex in ["male", "female"] and adult == true'
    assert where("age > 1", sex=None).expression == "age > 1 and sex is null"
    assert where(sex={"b", "a"}).expression == 'sex in ["a", "b"]'


def test_and_or_are_the_sets_operations() -> None:
    young, men = where("age < 30"), where(sex="male")
    assert rows(young & men) == sorted(set(rows(young)) & set(rows(men)))
    assert rows(young | men) == sorted(set(rows(young)) | set(rows(men)))


def test_not_leaves_out_the_rows_where_the_answer_is_unknown() -> None:
    old = where("age > 20")
    assert rows(old) == [0, 3] and rows(~old) == [2]
    assert rows(~~old) == rows(old)


def test_without_nulls_a_slice_and_its_not_sum_to_the_whole() -> None:
    marked = where([0, 2])
    assert sorted(rows(marked) + rows(~marked)) == [0, 1, 2, 3]


def test_rows_and_filters_join() -> None:
    both = where([0, 1, 2]) & where("age > 10")
    assert rows(both) == [0] and both.expression is None
    assert rows(~both) == [2, 3]
    assert rows(where([1]) | where("age > 30")) == [1, 3]


def test_long_chains_stay_flat() -> None:
    joined = where("age > 0")
    for bound in range(1, 100):
        joined = joined & where(f"age > {-bound}")
    assert rows(joined) == [0, 2, 3]
    assert where(joined.expression).expression == joined.expression


def test_the_canonical_text_of_joined_slices_reads_back() -> None:
    joined = ~(where("age > 20 or adult") & (where("sex is null") | ~where("age % 2 == 0")))
    assert where(joined.expression) == joined
    assert rows(joined.expression) == rows(joined)


def test_a_slice_is_named_by_its_text_or_by_the_user() -> None:
    assert where(" age>20 ").name == "age > 20"
    named = where("age>20").named("old")
    assert (named.name, str(named)) == ("old", "old") and named == where("age > 20")
    assert where([0, 1]).name == "2 rows" and where([True, False]).name == "1 of 2 rows"


def test_equal_slices_have_equal_keys() -> None:
    assert where("age>20").key == where("age   > 20.0").key == "age > 20"
    assert where([2, 0]).key == where([0, 2, 2]).key != where([0, 1]).key
    assert where([True, False]).key != where([False, True]).key
    assert (where([0]) & where("age > 20")).key != (where([0]) & where("age > 30")).key


def test_slices_can_be_hashed_and_compared() -> None:
    assert len({where("age > 20"), where("age>20"), where([0]), where([0])}) == 2


def test_the_dict_form_of_a_slice_reads_back() -> None:
    form = {
        "or": [
            {
                "and": [
                    {"column": "age", "op": "ge", "value": 1.5},
                    {"not": {"column": "adult", "op": "eq", "value": True}},
                ]
            },
            {"column": "sex", "op": "in", "value": ["male", None, 3]},
            {"column": "sex", "op": "ne", "value": None},
        ]
    }
    assert where(form).to_dict() == form


def test_hints_explain_an_empty_slice() -> None:
    (hint,) = where("sex == 'femal'").hints(COLUMNS)
    assert (hint.kind, hint.suggestion, hint.position, hint.length) == ("value", '"female"', 7, 7)
    assert where("sex == 'female'").hints(COLUMNS) == ()


def test_an_error_shows_the_text_as_it_was_typed_with_carets() -> None:
    with pytest.raises(FilterError) as caught:
        where("sex == 'male'   and agee>3").mask(COLUMNS)
    assert str(caught.value).splitlines()[1:] == ["  sex == 'male'   and agee>3", "                      ^^^^"]


def test_an_error_in_a_dict_points_at_its_place() -> None:
    with pytest.raises(FilterError, match=r"the filter, and\[1\], not: no op 'eqals'; closest: 'eq'"):
        where({"and": [{"column": "a", "op": "eq", "value": 1}, {"not": {"column": "a", "op": "eqals", "value": 1}}]})


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "no keys"),
        ({"and": []}, "'and' needs a list of at least one filter"),
        ({"or": "age > 3"}, "'or' needs a list"),
        ({"and": [1]}, r"and\[0\] is int; expected a dict like"),
        ({"and": [], "or": []}, "has 'and', 'or'"),
        ({"column": "a", "op": "eq"}, "has 'column', 'op'"),
        ({"column": 3, "op": "eq", "value": 1}, "the column is a int"),
        ({"column": "a", "op": "eq", "value": object()}, "the value for 'a' is a object"),
        ({"column": "a", "op": "eq", "value": b"x"}, "the value for 'a' is a bytes"),
        ({"column": "a", "op": "in", "value": "abc"}, "must be a list for 'in'; it is str"),
        ({"column": "a", "op": "in", "value": 3}, "must be a list for 'in'; it is int"),
        ({"column": "a", "op": "eq", "value": "\ud800"}, "half a character"),
        ({"column": "a", "op": "eq", "value": 2**53 + 1}, "cannot be held exactly"),
        ({"column": "a", "op": "eq", "value": float("inf")}, "too large"),
        ({"column": "a", "op": "eq", "value": 10**400}, "too large"),
        ({"column": "a", "op": ["eq"], "value": 1}, "no op"),
        ({"column": "a", "op": "in", "value": ["x" * 5000]}, "5009 characters as text; the most is 4096"),
        ({"column": "a", "op": "in", "value": [1] * 1200}, "1202 parts; the most is 1000"),
    ],
)
def test_a_dict_that_is_no_filter_is_refused_in_words(form: dict[str, Any], words: str) -> None:
    with pytest.raises(FilterError, match=words):
        where(form)


def test_a_dict_that_holds_itself_is_refused() -> None:
    form: dict[str, Any] = {}
    form["not"] = form
    with pytest.raises(FilterError, match="nests more than 64 deep"):
        where(form)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (np.zeros((2, 2), bool), "2 axes"),
        (np.array([0.5]), "got float64"),
        (["a"], "got <U1"),
        ([-1], "row -1 was asked for"),
        (3, "0 axes"),
        ([[1], [2, 3]], "lists within a list"),
        ([1, {"a": 2}, []], "lists within a list"),
    ],
)
def test_what_is_neither_mask_nor_rows_is_refused(chosen: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        where(chosen)


def test_a_mask_of_another_length_is_refused() -> None:
    with pytest.raises(DataError, match="a mask of 3 rows was asked of 4 rows"):
        rows([True, False, True])
    with pytest.raises(DataError, match="row 4 was asked for; there are 4 rows"):
        rows([4])


def test_no_rows_at_all_are_a_slice_too() -> None:
    assert rows([]) == [] and rows([False] * 4) == []


def test_a_slice_survives_being_copied_by_pickle_in_a_worker_process() -> None:
    for one in (where("age > 20").named("old"), where([0, 2])):
        again = pickle.loads(pickle.dumps(one))  # noqa: S301
        assert again == one and again.mask(COLUMNS).tolist() == one.mask(COLUMNS).tolist()


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (eq("a", "x"), 'a == "x"'),
        (ne("a", 1), "a != 1"),
        (lt("a", 1.5), "a < 1.5"),
        (le("a", -1), "a <= -1"),
        (gt("a", np.float32(0.5)), "a > 0.5"),
        (ge("a", np.int64(3)), "a >= 3"),
        (in_("a", ["x", "y"]), 'a in ["x", "y"]'),
        (not_in("a", (1, 2)), "a not in [1, 2]"),
        (in_("a", np.array([1, 2])), "a in [1, 2]"),
        (eq("a", None), "a is null"),
        (ne("a", float("nan")), "a is not null"),
        (eq("a", True), "a == true"),
        (eq("a", np.bool_(False)), "a == false"),
        (ge("a", pd.Timestamp("2020-01-02")), 'a >= "2020-01-02T00:00:00"'),
        (eq("a", np.datetime64("2020-01-02")), 'a == "2020-01-02"'),
        (eq("two words", 1), "`two words` == 1"),
        (and_(eq("a", 1), "b > 2", {"column": "c", "op": "lt", "value": 3}), "a == 1 and b > 2 and c < 3"),
        (or_(eq("a", 1), and_("b", "c")), "a == 1 or b and c"),
        (and_(or_("a", "b"), "c"), "(a or b) and c"),
        (not_(eq("a", 1)), "not a == 1"),
        (not_("a or b"), "not (a or b)"),
        (and_("a"), "a"),
    ],
)
def test_the_helpers_say_what_the_text_says(made: Slice, text: str) -> None:
    assert made.expression == text and where(text) == made


def test_and_of_nothing_is_refused() -> None:
    with pytest.raises(FilterError, match="and_ needs at least one filter"):
        and_()
