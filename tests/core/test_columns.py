from __future__ import annotations

import datetime
import decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from neuronaut.core.columns import BoolColumn, Column, Columns, NumberColumn, TextColumn
from neuronaut.core.errors import DataError, UnknownName
from neuronaut.core.slices import where

NAN = float("nan")


def column_of(values: Any) -> Column:
    return Columns.from_frame(pd.DataFrame({"c": values}))["c"]


def plain(column: Column) -> list[Any]:
    """What a column holds, row by row."""
    null = column.null.tolist()
    if isinstance(column, TextColumn):
        held: list[Any] = [column.values[code] if code >= 0 else None for code in column.codes.tolist()]
    else:
        held = column.values.tolist()
    return [None if gone else value for gone, value in zip(null, held, strict=True)]


@pytest.mark.parametrize(
    "dtype", ["int8", "uint64", "int64", "Int64", "UInt8", "float32", "float64", "Float64", "int64[pyarrow]"]
)
def test_numbers_of_every_dtype_become_float64(dtype: str) -> None:
    column = column_of(pd.Series([3, 0, 7], dtype=dtype))
    assert isinstance(column, NumberColumn) and column.values.dtype == np.float64
    assert plain(column) == [3.0, 0.0, 7.0]


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "float32", "object", "double[pyarrow]", "int64[pyarrow]"])
def test_a_missing_number_is_null_in_every_dtype(dtype: str) -> None:
    assert plain(column_of(pd.Series([3, None, 7], dtype=dtype))) == [3.0, None, 7.0]


@pytest.mark.parametrize("dtype", ["str", "string", "object", "string[pyarrow]", "category"])
def test_texts_of_every_dtype_are_coded_by_their_distinct_values(dtype: str) -> None:
    column = column_of(pd.Series(["b", None, "a", "b", ""], dtype=dtype))
    assert isinstance(column, TextColumn) and column.codes.dtype == np.int32
    assert (column.codes.tolist(), column.values) == ([2, -1, 1, 2, 0], ("", "a", "b"))


@pytest.mark.parametrize("dtype", ["boolean", "object", "bool[pyarrow]"])
def test_true_and_false_keep_their_nulls(dtype: str) -> None:
    column = column_of(pd.Series([True, None, False], dtype=dtype))
    assert isinstance(column, BoolColumn)
    assert plain(column) == [True, None, False]


def test_none_nan_nat_and_na_are_all_null() -> None:
    assert column_of(pd.Series(["x", None, NAN, pd.NA, pd.NaT], dtype=object)).null.tolist() == [False] + [True] * 4


def test_infinity_is_a_number_and_not_null() -> None:
    assert plain(column_of([np.inf, -np.inf, NAN])) == [np.inf, -np.inf, None]


@pytest.mark.parametrize("dtype", ["int64", "Int64", "uint64", "object"])
def test_whole_numbers_beyond_2_to_53_become_text_and_stay_apart(dtype: str) -> None:
    columns = Columns.from_frame(pd.DataFrame({"id": pd.Series([2**53, 2**53 + 1, 2**53 + 2], dtype=dtype)}))
    assert "beyond 2^53" in columns["id"].note
    assert where('id == "9007199254740993"').mask(columns).tolist() == [False, True, False]


def test_whole_numbers_up_to_2_to_53_stay_numbers() -> None:
    assert plain(column_of([2**53, -(2**53)])) == [2.0**53, -(2.0**53)]


def test_categories_become_what_they_hold() -> None:
    assert plain(column_of(pd.Categorical([3, 1, None, 3]))) == [3.0, 1.0, None, 3.0]
    assert plain(column_of(pd.Categorical([True, None, False]))) == [True, None, False]


def test_ordered_categories_keep_their_order_and_unused_ones_go() -> None:
    column = column_of(pd.Categorical(["mid", "low"], categories=["low", "mid", "high"], ordered=True))
    assert isinstance(column, TextColumn) and column.values == ("low", "mid")
    column = column_of(pd.Categorical(["z", "a"], categories=["z", "q", "a"]))
    assert isinstance(column, TextColumn) and column.values == ("a", "z")


@pytest.mark.parametrize(
    ("times", "texts"),
    [
        (["1912-04-15", None], ["1912-04-15", None]),
        (["1912-04-15", "1912-04-14 23:40"], ["1912-04-15T00:00:00", "1912-04-14T23:40:00"]),
        (["2020-01-01 00:00:00.5"], ["2020-01-01T00:00:00.500"]),
        (["2020-01-01 00:00:00.000001"], ["2020-01-01T00:00:00.000001"]),
        (["2020-01-01 00:00:00.000000001"], ["2020-01-01T00:00:00.000000001"]),
    ],
)
def test_times_become_iso_text_as_fine_as_needed(times: list[Any], texts: list[Any]) -> None:
    assert plain(column_of(pd.to_datetime(pd.Series(times), format="ISO8601"))) == texts


def test_times_with_a_zone_are_told_in_utc() -> None:
    column = column_of(pd.Series(pd.to_datetime(["2020-06-01 02:00"])).dt.tz_localize("Europe/Berlin"))
    assert plain(column) == ["2020-06-01T00:00:00Z"] and "UTC" in column.note


def test_times_of_arrow_and_of_python_are_iso_text_too() -> None:
    arrow = pd.Series(pd.to_datetime(["2020-01-02", None])).astype("timestamp[ns][pyarrow]")
    assert plain(column_of(arrow)) == ["2020-01-02", None]
    assert plain(column_of(pd.Series([datetime.date(2020, 1, 2), None], dtype=object))) == ["2020-01-02", None]


def test_durations_are_seconds() -> None:
    column = column_of(pd.to_timedelta(["1 min", None, "0.5 s"]))
    assert plain(column) == [60.0, None, 0.5] and "seconds" in column.note


def test_objects_of_mixed_types_become_text_and_say_so() -> None:
    column = column_of(pd.Series(["a", 1, 2.0, True, None, [1, 2], decimal.Decimal("1.50")], dtype=object))
    assert plain(column) == ["a", "1", "2", "true", None, "[1, 2]", "1.50"]
    assert column.note == "values of type Decimal, bool, float, int, list, str, as text"


def test_decimals_and_whole_objects_are_numbers() -> None:
    assert plain(column_of(pd.Series([decimal.Decimal("1.5"), 2, None, NAN], dtype=object))) == [1.5, 2.0, None, None]


def test_complex_numbers_and_sparse_columns_are_read() -> None:
    assert plain(column_of(np.array([1 + 2j]))) == ["(1+2j)"]
    assert plain(column_of(pd.arrays.SparseArray([0.0, NAN, 2.0]))) == [0.0, None, 2.0]


def test_half_characters_become_the_replacement_character() -> None:
    column = column_of(pd.Series(["\ud83d\ude00", "\ud800", "\udfff", "😀"], dtype=object))
    assert plain(column) == ["\ufffd\ufffd", "\ufffd", "\ufffd", "😀"]


def test_an_empty_and_an_entirely_null_column_are_read() -> None:
    assert plain(column_of(pd.Series([], dtype=object))) == []
    assert plain(column_of(pd.Series([None, None], dtype=object))) == [None, None]
    assert plain(column_of(pd.Series([], dtype="datetime64[ns]"))) == []
    assert plain(column_of(pd.Series([pd.NaT, pd.NaT]))) == [None, None]


def test_column_names_of_the_same_text_are_refused_by_name() -> None:
    with pytest.raises(DataError, match="2 column names occur more than once: 'a', '1'"):
        Columns.from_frame(pd.DataFrame([[1, 2, 3, 4, 5]], columns=["a", "a", 1, "1", "b"]))


@pytest.mark.parametrize("name", ["__proto__", "</script>", "..", "", "😀", "n" * 300, "a\nb", "\ud800", 7, None])
def test_a_column_may_have_any_name(name: object) -> None:
    columns = Columns.from_frame(pd.DataFrame([[5]], columns=pd.Index([name], dtype=object)))
    (text,) = columns
    assert columns[text].values.tolist() == [5.0]


def test_a_column_is_converted_only_when_asked_for() -> None:
    class Loud:
        def __str__(self) -> str:
            raise RuntimeError("read")

    columns = Columns.from_frame(pd.DataFrame({"calm": [1], "loud": pd.Series([Loud()], dtype=object)}))
    assert where("calm == 1").mask(columns).tolist() == [True]
    with pytest.raises(RuntimeError, match="read"):
        columns["loud"]


def test_a_later_change_of_the_frame_does_not_reach_the_columns() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    columns = Columns.from_frame(frame)
    first = columns["a"]
    frame.loc[0, "a"] = 9.0
    assert plain(first) == [1.0, 2.0]


def test_an_unknown_column_names_the_closest() -> None:
    with pytest.raises(UnknownName, match="no column 'agee'; closest: 'age'"):
        Columns.from_frame(pd.DataFrame({"age": [1]}))["agee"]


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(DataError, match="column 'a' has 1 rows; the others have 2"):
        Columns(2, [NumberColumn("a", np.zeros(1))])
    with pytest.raises(DataError, match="columns of 1 rows cannot stand beside columns of 2 rows"):
        Columns(1, []).beside(Columns(2, []))


def test_columns_beside_others_come_first() -> None:
    ours = Columns(1, [NumberColumn("a", np.array([1.0]))])
    theirs = Columns(1, [NumberColumn("a", np.array([2.0])), NumberColumn("b", np.array([3.0]))])
    both = ours.beside(theirs)
    assert list(both) == ["a", "b"]
    assert plain(both["a"]) == [1.0] and plain(both["b"]) == [3.0]


@pytest.mark.parametrize(
    "make",
    [
        lambda: NumberColumn("c", np.zeros(2, np.float32)),
        lambda: NumberColumn("c", np.zeros((2, 2))),
        lambda: TextColumn("c", np.zeros(2, np.int64), ("a",)),
        lambda: TextColumn("c", np.array([0, 1], np.int32), ("a",)),
        lambda: TextColumn("c", np.array([-2], np.int32), ("a",)),
        lambda: BoolColumn("c", np.zeros(2, bool), np.zeros(1, bool)),
        lambda: Columns(1, [NumberColumn("c", np.zeros(1)), NumberColumn("c", np.zeros(1))]),
    ],
)
def test_columns_that_do_not_fit_are_refused_by_name(make: Any) -> None:
    with pytest.raises(DataError, match="'c'"):
        make()
