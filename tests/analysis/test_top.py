"""Top: signed order, ties by sample id, positions."""

from __future__ import annotations

import numpy as np
import pytest
from made_recordings import Made

from neuronaut.analysis.top import top
from neuronaut.core.errors import AddressError, UnknownName

VALUES = {"fc": np.array([[5, 0], [-9, 0], [7, 0], [5, 0], [-1, 0]], np.float32)}
IDS = [40, 10, 20, 30, 50]


def test_the_largest_come_first_and_equal_ones_by_sample_id(made: Made) -> None:
    found = top(made(VALUES, ids=IDS), "fc:0", 3)
    assert found["value"].tolist() == [7, 5, 5]
    assert found["sample"].tolist() == [20, 30, 40]
    assert found["row"].tolist() == [2, 3, 0]
    assert found.coords["rank"] == [1, 2, 3]


def test_the_lowest_are_the_most_negative_not_the_smallest(made: Made) -> None:
    found = top(made(VALUES, ids=IDS), "fc:0", 2, largest=False)
    assert found["value"].tolist() == [-9, -1]
    assert found["sample"].tolist() == [10, 50]


def test_more_than_there_are_gives_all(made: Made) -> None:
    assert top(made(VALUES), "fc:1", 99)["sample"].tolist() == [0, 1, 2, 3, 4]


def test_a_filter_restricts_the_samples(made: Made) -> None:
    assert top(made(VALUES, {"x": range(5)}), "fc:0", 1, where="x > 2")["row"].tolist() == [3]


def test_nan_and_infinity_are_left_out_and_said(made: Made) -> None:
    values = np.array([[np.nan], [np.inf], [2], [-np.inf]], np.float32)
    found = top(made({"fc": values}), "fc:0")
    assert found["value"].tolist() == [2]
    assert found.notes == ("3 samples with NaN or infinite values are left out.",)


def test_a_channel_is_ranked_by_its_peak_and_says_where_it_was(made: Made) -> None:
    values = np.array([[[1], [3], [0]], [[2], [2], [2]], [[0], [9], [-4]]], np.float32)
    rec = made({"conv": values}, argmax={"conv": np.array([[5], [0], [15]], np.int32)})
    found = top(rec, "conv:0", 2)
    assert (found["row"].tolist(), found["position"].tolist()) == ([2, 0], [15, 5])
    assert top(rec, "conv:0", 1, by="mean")["row"].tolist() == [1]
    assert top(rec, "conv:0", 1, by="min", largest=False)["row"].tolist() == [2]


def test_a_layer_without_a_unit_is_refused_with_an_example(made: Made) -> None:
    with pytest.raises(AddressError, match="'fc' names a layer of 2 units; name one of them, as in 'fc:0'"):
        top(made(VALUES), "fc")


def test_a_unit_beyond_the_last_is_refused_with_the_range(made: Made) -> None:
    with pytest.raises(UnknownName, match="no unit 2 in layer 'fc': its units are 0 to 1"):
        top(made(VALUES), "fc:2")
