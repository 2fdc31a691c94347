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


def test_json_holds_no_bare_nan() -> None:
    text = json.dumps(example().to_json(), allow_nan=False)
    assert json.loads(text)["values"]["mean"] == [[1.0, None], ["Infinity", 4.0]]


def test_an_unknown_value_names_what_there_is() -> None:
    with pytest.raises(UnknownName, match="closest: 'mean'"):
        example()["means"]
