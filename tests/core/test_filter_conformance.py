"""The corpus that Python and the page share: which rows, which problem where, which words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filter_tables import columns_of

from neuronaut.core.errors import FilterError
from neuronaut.core.filters import evaluate, from_dict, hints, parse, text_of, to_dict
from neuronaut.core.filters.nearest import nearest
from neuronaut.core.filters.text import number_text
from neuronaut.core.slices import where

ROOT = Path(__file__).resolve().parents[2]

CORPUS: dict[str, Any] = json.loads((ROOT / "tests" / "conformance" / "filters.json").read_text())
NAMES: list[dict[str, Any]] = json.loads((ROOT / "tests" / "conformance" / "names.json").read_text())


def of(*fields: str) -> Any:
    """A readable name for a case."""
    return lambda case: " ".join(str(case[field])[:60] for field in fields)


@pytest.mark.parametrize("case", CORPUS["masks"], ids=of("table", "expression"))
def test_a_filter_selects_the_rows_worked_out_by_hand(case: dict[str, Any]) -> None:
    columns = columns_of(case["table"])
    assert evaluate(parse(case["expression"]), columns).astype(int).tolist() == case["mask"]


@pytest.mark.parametrize("case", CORPUS["masks"], ids=of("table", "expression"))
def test_the_canonical_text_is_the_same_filter(case: dict[str, Any]) -> None:
    node = parse(case["expression"])
    assert parse(text_of(node)) == node
    assert text_of(parse(text_of(node))) == text_of(node)


@pytest.mark.parametrize("case", CORPUS["masks"], ids=of("table", "expression"))
def test_a_filter_with_a_dict_form_selects_the_same_rows_by_it(case: dict[str, Any]) -> None:
    try:
        form = to_dict(parse(case["expression"]))
    except FilterError as problem:
        assert problem.kind == "form"
        return
    assert evaluate(from_dict(form), columns_of(case["table"])).astype(int).tolist() == case["mask"]


@pytest.mark.parametrize("case", NAMES, ids=of("name"))
def test_the_slice_of_a_value_is_named_as_its_filter_is_written(case: dict[str, Any]) -> None:
    column, value, name = case["column"], case["value"], case["name"]
    assert where({"column": column, "op": "eq", "value": value}).name == name
    assert where(**{column: value}).name == where(name).name == name


@pytest.mark.parametrize("case", CORPUS["errors"], ids=of("table", "expression"))
def test_a_problem_points_at_the_characters_to_blame(case: dict[str, Any]) -> None:
    with pytest.raises(FilterError) as caught:
        evaluate(parse(case["expression"]), columns_of(case["table"]), case["expression"])
    problem = caught.value
    found = {"kind": problem.kind, "position": problem.position, "length": problem.length}
    assert found | {"suggestion": problem.suggestion, "message": problem.message} == {
        key: case[key] for key in ("kind", "position", "length", "suggestion", "message")
    }


@pytest.mark.parametrize("case", CORPUS["hints"], ids=of("table", "expression"))
def test_a_hint_explains_what_is_probably_a_mistake(case: dict[str, Any]) -> None:
    found = hints(parse(case["expression"]), columns_of(case["table"]), case["expression"])
    if case["kind"] is None:
        assert found == ()
    else:
        (hint,) = found
        assert (hint.kind, hint.position, hint.length) == (case["kind"], case["position"], case["length"])
        assert (hint.suggestion, hint.message) == (case["suggestion"], case["message"])


@pytest.mark.parametrize("case", CORPUS["canonical"], ids=of("expression"))
def test_there_is_one_way_to_write_a_filter(case: dict[str, str]) -> None:
    assert text_of(parse(case["expression"])) == case["text"]
    assert parse(case["text"]) == parse(case["expression"])


def test_numbers_are_written_in_the_fewest_digits_that_read_back() -> None:
    assert [number_text(case["number"]) for case in CORPUS["numbers"]] == [case["text"] for case in CORPUS["numbers"]]
    assert [float(case["text"]) for case in CORPUS["numbers"]] == [case["number"] for case in CORPUS["numbers"]]


def test_the_nearest_name_is_the_one_a_typist_meant() -> None:
    found = [nearest(case["word"], case["options"]) for case in CORPUS["nearest"]]
    assert found == [case["nearest"] for case in CORPUS["nearest"]]


def test_the_corpus_is_what_its_script_writes() -> None:
    script = ROOT / "scripts" / "build_conformance.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
