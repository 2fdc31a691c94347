"""Numbers read the same in Python and on the page: both are held to tests/conformance/numbers.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neuronaut.core import numerals

CASES = json.loads((Path(__file__).parents[1] / "conformance" / "numbers.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("rule", "cases"), CASES.items(), ids=list(CASES))
def test_numbers_read_as_on_the_page(rule: str, cases: list[tuple[float | str | None, str]]) -> None:
    values = [float("nan") if value is None else float(value) for value, _ in cases]
    assert [getattr(numerals, rule)(value) for value in values] == [text for _, text in cases]


@pytest.mark.parametrize(("value", "text"), [(0.0312, "q = 0.031"), (0.0, "q < 1e−300"), (float("nan"), "q = –")])
def test_a_chance_is_said_behind_its_name(value: float, text: str) -> None:
    assert numerals.equals("q", value) == text
