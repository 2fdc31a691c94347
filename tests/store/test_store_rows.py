"""What is refused: rows, arrays and names that do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from store_scenario import SPECS, append, card, check_disk, expected, make, metadata, shrink

import neuronaut.store as store
from neuronaut.core.errors import DataError, UnknownName
from neuronaut.core.layer import Graph, Layer
from neuronaut.store import ArraySpec, RecordingCard
from neuronaut.store.fs import Fs


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)


def rows(start: int, stop: int) -> dict[str, Any]:
    return {spec.path: expected(spec, start, stop) for spec in SPECS}


def test_rows_that_do_not_fit_are_refused_by_name_and_nothing_of_them_is_kept(tmp_path: Path) -> None:
    writer = make(Fs(tmp_path / "a.naut"))
    good = rows(0, 4)
    first, second, third = (spec.path for spec in SPECS)
    wrong = [
        ({**good, "activations/fc9/post": good[first]}, UnknownName, "closest: 'activations/fc1/post'"),
        ({first: good[first], second: good[second]}, DataError, "no rows for 'outputs/prediction'"),
        ({**good, third: good[third][:3]}, DataError, "has 3 rows where 4"),
        ({**good, first: good[first][:, :5]}, DataError, r"rows of shape \(5,\), \(6,\) was declared"),
        ({**good, first: good[first].astype(np.float64)}, DataError, "is float64, float32 was declared"),
    ]
    for arrays, kind, message in wrong:
        with pytest.raises(kind, match=message):
            writer.append(arrays, metadata(0, 4))
    with pytest.raises(DataError, match="3 rows of metadata for 4 samples"):
        writer.append(good, metadata(0, 3))
    with pytest.raises(DataError, match="4 samples need as many whole numbers as ids"):
        writer.append(good, metadata(0, 4), samples=[1, 2])
    with pytest.raises(DataError, match="as many halves, each 0 or 1"):
        writer.append(good, metadata(0, 4), half=[0, 1, 2, 1])
    with pytest.raises(DataError, match=r"\['age'\] missing, \['year'\] new"):
        writer.append(good, metadata(0, 4).rename_columns(["year", "sample"]))
    with pytest.raises(DataError, match="type"):
        writer.append(good, pa.table({"age": ["old"] * 4, "sample": ["a"] * 4}))
    assert writer.rows == 0
    append(writer, 4)
    writer.finish()
    assert check_disk(Fs(tmp_path / "a.naut"), 4) == 4


def test_a_narrower_type_is_widened_exactly(tmp_path: Path) -> None:
    spec = ArraySpec("outputs/x", "float32", (), ("sample",))
    with store.create(tmp_path / "a.naut", RecordingCard(Graph(())), [spec]) as writer:
        writer.append({"outputs/x": np.array([1.5, np.nan], np.float16)})
    values = store.open(tmp_path / "a.naut").outputs["x"].read()
    assert values.dtype == np.float32 and values[0] == 1.5 and np.isnan(values[1])


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (ArraySpec("weights/x", "float32", (2,), ("sample", "unit")), "has no place"),
        (ArraySpec("activations/x", "float32", (2,), ("sample", "unit")), "has no place"),
        (ArraySpec("activations/x/../../y", "float32", (2,), ("sample", "unit")), None),
        (ArraySpec("outputs/x", "complex64", (2,), ("sample", "unit")), "'complex64' cannot be stored"),
        (ArraySpec("outputs/x", "object", (2,), ("sample", "unit")), "'object' cannot be stored"),
        (ArraySpec("outputs/x", "float32", (2, 3), ("sample", "unit")), "cannot name axis 0"),
        (ArraySpec("outputs/x", "float32", (2, 3), ("sample", "unit", "unit")), "cannot name axis 0"),
        (ArraySpec("outputs/x", "float32", (-2,), ("sample", "unit")), "is none"),
        (ArraySpec("activations/fc1/post", "float32", (5,), ("sample", "unit")), "has not the units of its layer"),
    ],
)
def test_arrays_that_cannot_be_stored_are_refused_before_anything_is_made(
    tmp_path: Path, spec: ArraySpec, message: str | None
) -> None:
    fine = RecordingCard(Graph((Layer("fc1", "dense", 6, "linear", 0),)))
    if message is None:
        store.create(tmp_path / "a.naut", fine, [spec]).finish()
        assert {child.name for child in tmp_path.iterdir()} == {"a.naut"}
        return
    with pytest.raises(DataError, match=message):
        store.create(tmp_path / "a.naut", fine, [spec])
    assert not (tmp_path / "a.naut").exists()


def test_two_arrays_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two arrays are named 'outputs/prediction'"):
        store.create(tmp_path / "a.naut", card(), [*SPECS, SPECS[-1]])


def test_lengths_must_fit_the_ragged_rows(tmp_path: Path) -> None:
    spec = ArraySpec("samples/ids", "int32", (), ("token",))
    with store.create(tmp_path / "a.naut", RecordingCard(Graph(())), [spec]) as writer:
        for lengths, message in (
            ({}, r"lengths for \[\], but the ragged axes are \['token'\]"),
            ({"token": [1, 1]}, "has 3 rows where 2"),
            ({"token": [4, -1]}, "whole numbers"),
            ({"token": [1.5, 1.5]}, "whole numbers"),
        ):
            with pytest.raises(DataError, match=message):
                writer.append({"samples/ids": np.arange(3, dtype=np.int32)}, lengths=lengths)
        writer.append({"samples/ids": np.arange(3, dtype=np.int32)}, lengths={"token": [2, 1]})
    assert store.open(tmp_path / "a.naut").n == 2
