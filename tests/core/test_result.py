from __future__ import annotations

import json

import numpy as np
import pytest

from neuronaut.core.errors import UnknownName
from neuronaut.core.result import Result


def example() -> Result:
    return Result(
        "activity",
        values={"mean": np.array([[1.0, np.nan], [np.inf, 4.0]]), "n": np.array([10, 20])},
        dims={"mean": ("slice", "unit"), "n": ("slice",)},
        coords={"slice": ["yes", "no"], "unit": ["fc:0", "fc:1"]},
    )


def test_a_table_has_one_row_for_each_slice_and_unit() -> None:
    table = example().table()
    assert table.columns.tolist() == ["slice", "unit", "mean", "n"]
    assert table["slice"].tolist() == ["yes", "yes", "no", "no"]
    assert table["n"].tolist() == [10, 10, 20, 20]
    assert table["mean"].iloc[3] == 4.0


def unrelated() -> Result:
    return Result(
        "health",
        {"dead": np.array([True, False, True]), "share": np.array([0.5, 1.0]), "rate": np.array(0.25)},
        {"dead": ("unit",), "share": ("layers",), "rate": ()},
        {"unit": ["a:0", "a:1", "b:0"], "layers": ["a", "b"]},
    )


def test_a_table_does_not_cross_axes_that_have_nothing_to_do_with_each_other() -> None:
    table = unrelated().table()
    assert table.columns.tolist() == ["unit", "dead", "rate"]
    assert table["unit"].tolist() == ["a:0", "a:1", "b:0"]
    assert table["dead"].tolist() == [True, False, True]
    shares = unrelated().table("layers")
    assert shares.to_dict("list") == {"layers": ["a", "b"], "share": [0.5, 1.0]}


def test_a_table_takes_the_axes_that_later_values_add_to_the_first() -> None:
    values = {"best": np.array([1, 2]), "auroc": np.arange(6.0).reshape(3, 2)}
    table = Result("made", values, {"best": ("unit",), "auroc": ("class", "unit")}).table()
    assert table.columns.tolist() == ["unit", "class", "best", "auroc"]
    assert table.set_index(["class", "unit"])["auroc"].sort_index().tolist() == [0, 1, 2, 3, 4, 5]


def test_an_unknown_axis_names_what_there_is() -> None:
    with pytest.raises(UnknownName, match="closest: 'layers'"):
        unrelated().table("layer")


def test_json_holds_no_bare_nan() -> None:
    text = json.dumps(example().to_json(), allow_nan=False)
    assert json.loads(text)["values"]["mean"] == [[1.0, None], ["Infinity", 4.0]]


def test_an_unknown_value_names_what_there_is() -> None:
    with pytest.raises(UnknownName, match="closest: 'mean'"):
        example()["means"]


def test_its_text_is_short_whatever_it_holds() -> None:
    many = {f"a{k}\tb": np.zeros((1000, k + 1)) for k in range(40)} | {"rate": np.array(0.5)}
    result = Result(
        "made\x1b[31m", many, {name: ("source", "target") for name in many if name != "rate"},
        n={"all": 1234}, notes=("two of\nthem are odd",),
    )  # fmt: skip
    lines = repr(result).split("\n")
    assert lines[0] == "Result made\ufffd[31m"
    assert lines[1] == "  values  a0 → b (source: 1000, target: 1) float64"
    assert lines[9:] == [
        "          and 33 more",
        "  n       all 1,234",
        "  note    two of\ufffdthem are odd",
        "  .table() for a DataFrame; ['a0\\tb'] for one array",
    ]


def test_values_of_one_shape_stand_in_one_line() -> None:
    assert repr(example()).split("\n")[1:3] == [
        "  values  mean (slice: 2, unit: 2) float64",
        "  values  n (slice: 2) int64",
    ]
    numbers = {name: np.array(1.0) for name in "abcdefghijk"}
    assert "  values  a, b, c, d, e, f, g, h and 3 more (one number)" in repr(Result("r", numbers, {}))
