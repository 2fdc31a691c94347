"""Stored influence, read for one unit."""

from __future__ import annotations

import numpy as np
import pytest
from made_recordings import Made

from neuronaut.analysis.influence import influence
from neuronaut.core.errors import NeedsModel, UnknownName

SHAPES = {"x": np.zeros((2, 2), np.float32), "h": np.zeros((2, 3), np.float32), "y": np.zeros((2, 1), np.float32)}
STORED = {
    "x\th": np.array([[1, -2, 3], [4, 5, 6]], np.float32),
    "h\ty": np.array([[0.5], [-8], [2]], np.float32),
    "x\ty": np.array([[9], [-1]], np.float32),
}
FEW = {
    "x\th\tforward.index": np.array([[1, 2], [0, 2]], np.int32),
    "x\th\tforward.value": np.array([[7, -3], [1, 2]], np.float32),
    "x\th\tbackward.index": np.array([[1], [0], [0]], np.int32),
    "x\th\tbackward.value": np.array([[1], [7], [-3]], np.float32),
}


def test_a_unit_in_the_middle_moves_later_units_and_is_moved_by_earlier_ones(made: Made) -> None:
    found = influence(made(SHAPES, influence=STORED), "h:1")
    assert found.coords["unit"] == ["y:0", "x:1", "x:0"]
    assert found["effect"].tolist() == [-8, 5, -2]
    assert found["forwards"].tolist() == [True, False, False]


def test_effects_that_are_not_finite_are_counted(made: Made) -> None:
    broken = STORED | {"x\th": np.array([[1, np.nan, 3], [4, 5, 6]], np.float32)}
    found = influence(made(SHAPES, influence=broken), "h:1", 1)
    assert found.coords["unit"] == ["y:0"]
    (note,) = found.notes
    assert note.startswith("1 of 3 effects are NaN or infinite (at 'x')")
    assert influence(made(SHAPES, influence=STORED), "h:1").notes == ()


def test_only_the_strongest_are_given_when_asked(made: Made) -> None:
    found = influence(made(SHAPES, influence=STORED), "x:0", 2)
    assert list(zip(found.coords["unit"], found["effect"].tolist(), strict=True)) == [("y:0", 9), ("h:2", 3)]


def test_where_only_the_strongest_were_stored_those_are_read_both_ways(made: Made) -> None:
    rec = made(SHAPES, influence=FEW)
    forwards, backwards = influence(rec, "x:0"), influence(rec, "h:2")
    assert list(zip(forwards.coords["unit"], forwards["effect"].tolist(), strict=True)) == [("h:1", 7), ("h:2", -3)]
    assert list(zip(backwards.coords["unit"], backwards["effect"].tolist(), strict=True)) == [("x:0", -3)]


def test_without_stored_influence_the_live_model_is_asked_for(made: Made) -> None:
    with pytest.raises(NeedsModel, match="holds no influence"):
        influence(made(SHAPES), "h:1")


def test_a_unit_that_is_not_there_is_refused(made: Made) -> None:
    with pytest.raises(UnknownName, match="its units are 0 to 2"):
        influence(made(SHAPES, influence=STORED), "h:3")
