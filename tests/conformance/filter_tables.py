"""The small tables on which the filter cases are asked; rows are labelled a, b, c, ... in their order."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd

from neuronaut.core.columns import Columns, NumberColumn
from neuronaut.core.errors import UnknownName

INF, BIG = "Infinity", 2.0**53


def _column(name: str, kind: str, *values: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "values": list(values)}


TABLES: dict[str, dict[str, Any]] = {
    "people": {
        "rows": 8,
        "columns": [
            _column("age", "number", 22, 38, 26, 35, None, 54, 2, 14),
            _column("fare", "number", 7.25, 71.2833, 7.925, 53.1, 8.4583, 51.8625, 21.075, 30.0708),
            _column("pclass", "number", 3, 1, 3, 1, 3, 1, 3, 2),
            _column("sex", "text", "male", "female", "female", "female", "male", "male", "male", "female"),
            _column("survived", "text", "no", "yes", "yes", "yes", "no", "no", "no", "yes"),
            _column("deck", "text", None, "C", None, "C", None, "E", None, None),
            _column("adult", "bool", True, True, True, True, None, True, False, False),
            _column(
                "name", "text", "Braund, Mr. Owen", "Cumings, Mrs. John", "Heikkinen, Miss. Laina",
                "Futrelle, Mrs. Jacques", "Moran, Mr. James", "McCarthy, Mr. Timothy", "Palsson, Master. Gosta",
                "Nasser, Mrs. Nicholas",
            ),
            _column("home.dest", "text", "A", "B", "A", None, None, "B", "A", "C"),
        ],
        "activations": {
            "fc1": [[0.0, 0.5, 1.0, None, 2.0, -1.0, 0.25, 0.75], [1, 1, 1, 1, 1, 1, 1, 1]],
            'a "b".0': [[1, 2, 3, 4, 5, 6, 7, 8]],
        },
    },
    # every pair of true, false, null
    "logic": {
        "rows": 9,
        "columns": [
            _column("p", "bool", True, True, True, False, False, False, None, None, None),
            _column("q", "bool", True, False, None, True, False, None, True, False, None),
        ],
    },
    "numbers": {
        "rows": 12,
        "columns": [
            _column("x", "number", 0.0, -0.0, 1, -1, 0.1, 2.5, 3.5, 1e308, INF, "-Infinity", None, BIG),
            _column("y", "number", 0.0, 1, 3, 3, 0.2, -2, 2, 10, INF, 1, 1, 1),
            _column("z", "number", None, None, None, None, None, None, None, None, None, None, None, None),
        ],
    },
    "texts": {
        "rows": 10,
        "columns": [
            # 😀 (U+1F600) stands above U+FFFD by code point, below it by UTF-16 unit
            _column(
                "t", "text", "a", "B", "\u00e9", "e\u0301", "\ufffd", "\U0001f600", "", "stra\u00dfe",
                None, "\u0130\u03a3",
            ),
            _column("u", "text", "a", "b", "e", "e", "\ue000", "\U0001f600\U0001f600", "", None, None, "x"),
            _column("half", "text", "\ud800", "a\udfff", "\ufffd", "b", "b", "b", "b", "b", "b", "b"),
        ],
    },
    "names": {
        "rows": 3,
        "columns": [
            _column("__proto__", "number", 1, 2, 3),
            _column("constructor", "text", "x", "y", "z"),
            _column("hasOwnProperty", "bool", True, False, None),
            _column("</script>", "number", 1, 2, 3),
            _column("two words", "number", 1, 2, 3),
            _column("tick`ed", "number", 1, 2, 3),
            _column("", "number", 1, 2, 3),
            _column("gr\u00f6\u00dfe", "number", 1, 2, 3),
            _column("in", "number", 1, 2, 3),
            _column("len", "number", 1, 2, 3),
            _column("1st", "number", 1, 2, 3),
            _column("\U0001f600", "number", 1, 2, 3),
            _column("n" * 300, "number", 1, 2, 3),
            _column("a\nb", "number", 1, 2, 3),
            _column("..", "number", 1, 2, 3),
        ],
    },
    "unfilled": {"rows": 2, "columns": [_column("note", "text", None, None)]},
    "nothing": {"rows": 0, "columns": [_column("x", "number"), _column("t", "text"), _column("b", "bool")]},
}  # fmt: skip


@functools.cache
def columns_of(table: str) -> Columns:
    """The table as columns, made the way a user's DataFrame is."""
    made = TABLES[table]
    frame = pd.DataFrame({column["name"]: _series(column) for column in made["columns"]}, index=range(made["rows"]))
    held = made.get("activations", {})

    def activation(layer: str, unit: int) -> NumberColumn:
        if layer not in held or unit >= len(held[layer]):
            raise UnknownName(f"{layer}:{unit} is not recorded")
        return NumberColumn(f"{layer}:{unit}", np.array(held[layer][unit], np.float64))

    return Columns.from_frame(frame, activation=activation if held else None)


def _series(column: dict[str, Any]) -> pd.Series[Any]:
    if column["kind"] == "number":
        return pd.Series([float("nan") if value is None else float(value) for value in column["values"]], dtype=float)
    return pd.Series(column["values"], dtype=object if column["kind"] == "text" else "boolean")
