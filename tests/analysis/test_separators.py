"""Separators: the order of units that tell two groups apart."""

from __future__ import annotations

import numpy as np
import pytest
from made_recordings import Made

from neuronaut.analysis.compare import compare
from neuronaut.analysis.separators import separators
from neuronaut.core.errors import DataError

ROWS = {"kind": np.random.default_rng(0).permutation(np.repeat(["a", "b"], 300))}
IS_A = ROWS["kind"] == "a"
HALF = np.random.default_rng(1).integers(0, 2, 600)


def test_what_replicates_comes_first_and_the_strongest_of_it_foremost(made: Made) -> None:
    values = np.random.default_rng(2).normal(size=(600, 30)).astype(np.float32)
    values[IS_A, 4] += 1
    values[IS_A, 9] -= 2
    values[IS_A & (HALF == 0), 12] += 5
    values[:, 20] = 1
    rec = made({"fc1": values[:, :10], "fc2": values[:, 10:]}, ROWS, half=HALF)
    found = separators(rec, "kind == 'a'", k=3)
    assert found.coords["unit"] == ["fc1:9", "fc1:4", "fc2:2"]
    assert found.coords["layer"] == ["fc1", "fc1", "fc2"]
    assert found["replicated"].tolist() == [1, 1, 0]
    assert separators(rec, "kind == 'a'", k=99).coords["unit"][-1] == "fc2:10"


def test_the_numbers_are_those_of_compare(made: Made) -> None:
    rec = made({"fc": np.random.default_rng(3).normal(size=(600, 5)).astype(np.float32)}, ROWS, half=HALF)
    ordered = separators(rec, "kind == 'a'").table().sort_values("unit", ignore_index=True)
    assert ordered.equals(compare(rec, "kind == 'a'").table())


def test_at_least_one_unit_must_be_asked_for(made: Made) -> None:
    with pytest.raises(DataError, match="at least 1"):
        separators(made({"fc": np.ones((600, 1), np.float32)}, ROWS), "kind == 'a'", k=0)
