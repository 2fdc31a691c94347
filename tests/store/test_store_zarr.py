"""zarr-python and xarray as oracles: they open every recording, finished or not, and read what we read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import xarray
import zarr
from store_scenario import SPECS, STATIC, append, expected, make, shrink

import neuronaut.store as store
from neuronaut.core.errors import DataError
from neuronaut.core.layer import Graph
from neuronaut.store import ArraySpec, RecordingCard
from neuronaut.store.dtypes import TYPES, widen
from neuronaut.store.fs import Fs

CARD = RecordingCard(Graph(()))


def zarr_array(path: Path, name: str) -> np.ndarray[Any, Any]:
    return np.asarray(zarr.open_group(path, mode="r")[name][...])


def test_zarr_and_xarray_read_the_committed_rows_after_every_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shrink(monkeypatch)
    writer = make(Fs(tmp_path / "a.naut"))
    for size in (0, 1, 2, 4, 9, 40):
        append(writer, size)
        rows = writer.commit()
        for spec in SPECS:
            np.testing.assert_array_equal(zarr_array(writer.path, spec.path), expected(spec, 0, rows), strict=True)
        opened = xarray.open_zarr(writer.path, group="activations/conv")
        assert dict(opened.sizes) == {"sample": rows, "reduction": 3, "unit": 2}
        np.testing.assert_array_equal(opened["post"].values, expected(SPECS[1], 0, rows))
    tree = xarray.open_datatree(writer.path, engine="zarr")
    assert tree["activations/fc1"].sizes["unit"] == 6
    writer.finish()
    alone = zarr.open_group(writer.path, mode="r", use_consolidated=False)
    for spec in SPECS:
        np.testing.assert_array_equal(alone[spec.path][...], expected(spec, 0, rows))
    np.testing.assert_array_equal(zarr_array(writer.path, "parameters/fc1.weight"), STATIC["parameters/fc1.weight"])


@pytest.mark.parametrize("name", TYPES)
def test_every_type_reads_the_same_here_and_there(tmp_path: Path, name: str) -> None:
    kind = TYPES[name]
    random = np.random.default_rng(0)
    bits = random.integers(0, 256, (1100, 70, kind.dtype.itemsize), np.uint8)
    values = (bits[..., 0] < 100) if name == "bool" else bits.view(kind.dtype)[..., 0]
    spec = ArraySpec("activations/x/post", name, (70,), ("sample", "unit"))
    with store.create(tmp_path / "a.naut", CARD, [spec]) as writer:
        writer.append({spec.path: values[:300]})
        writer.append({spec.path: values[300:]})
    rec = store.open(tmp_path / "a.naut")
    stored = zarr_array(rec.path, spec.path)
    assert stored.tobytes() == np.ascontiguousarray(values).tobytes()
    ours = rec["x"].read()
    wanted = widen(values) if name == "bfloat16" else values
    assert ours.tobytes() == np.ascontiguousarray(wanted).tobytes()
    assert ours.dtype == rec["x"].dtype == wanted.dtype
    assert rec.verify() == []


@pytest.mark.parametrize(
    ("shape", "dims"),
    [
        ((), ("sample",)),
        ((1,), ("sample", "unit")),
        ((0,), ("sample", "unit")),
        ((64,), ("sample", "unit")),
        ((65,), ("sample", "unit")),
        ((3, 65), ("sample", "reduction", "unit")),
        ((4, 5, 3), ("sample", "y", "x", "unit")),
        ((2, 3, 4, 65), ("sample", "z", "y", "x", "unit")),
        ((7, 5, 3), ("sample", "y", "x", "channel")),
    ],
)
def test_every_shape_reads_the_same_here_and_there(tmp_path: Path, shape: tuple[int, ...], dims: Any) -> None:
    spec = ArraySpec("outputs/x", "float32", shape, dims)
    values = np.random.default_rng(0).standard_normal((1030, *shape)).astype(np.float32)
    writer = store.create(tmp_path / "a.naut", CARD, [spec])
    for start, stop in ((0, 0), (0, 1), (1, 1030)):
        writer.append({spec.path: values[start:stop]})
        assert writer.commit() == stop
        rec = store.open(tmp_path / "a.naut")
        np.testing.assert_array_equal(zarr_array(rec.path, spec.path), values[:stop], strict=True)
        np.testing.assert_array_equal(np.asarray(rec.outputs["x"]), values[:stop], strict=True)
        assert rec.verify() == []
    writer.finish()


@pytest.mark.parametrize("shape", [(), (0,), (1,), (10,), (3, 0), (70, 5), (2, 3, 3, 3), (3000, 20)])
@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_parameters_keep_their_own_shape(tmp_path: Path, shape: tuple[int, ...], dtype: str) -> None:
    array = np.random.default_rng(0).integers(-9, 9, shape).astype(dtype)
    with store.create(tmp_path / "a.naut", CARD, [], static={"parameters/a.weight": np.asarray(array)}):
        pass
    rec = store.open(tmp_path / "a.naut")
    np.testing.assert_array_equal(np.asarray(rec.parameters["a.weight"]), array, strict=True)
    np.testing.assert_array_equal(zarr_array(rec.path, "parameters/a.weight").reshape(shape), array, strict=True)
    assert xarray.open_zarr(rec.path, group="parameters")["a.weight"].size == array.size
    assert rec.verify() == []


def test_a_training_by_step_reads_the_same_here_and_there(tmp_path: Path) -> None:
    specs = [
        ArraySpec("activations/fc/post", "float32", (20, 40), ("step", "sample", "unit")),
        ArraySpec("parameters/fc.weight", "float32", (7, 40), ("step", "unit_in", "unit")),
        ArraySpec("scalars/loss", "float64", (), ("step",)),
    ]
    random = np.random.default_rng(0)
    values = {spec.path: random.standard_normal((35, *spec.shape)).astype(spec.dtype) for spec in specs}
    card = RecordingCard(Graph(()), append_axis="step")
    probes = pa.table({"age": list(range(20))})
    writer = store.create(tmp_path / "a.naut", card, specs, samples=probes)
    for start, stop in ((0, 1), (1, 18), (18, 35)):
        writer.append({name: array[start:stop] for name, array in values.items()})
        writer.commit()
        rec = store.open(tmp_path / "a.naut")
        assert (rec.rows, rec.n) == (stop, 20)
        for name, array in values.items():
            np.testing.assert_array_equal(zarr_array(rec.path, name), array[:stop], strict=True)
            np.testing.assert_array_equal(rec.arrays[name].read(), array[:stop], strict=True)
    writer.finish()
    assert rec["fc"].dims == ("step", "sample", "unit")
    np.testing.assert_array_equal(rec["fc:3"].read(17), values["activations/fc/post"][17, :, 3])
    assert rec.metadata["age"].tolist() == list(range(20))
    assert rec.mask("age < 3").sum() == 3
    with pytest.raises(DataError, match="rows of fc are no samples but 'step'"):
        rec["fc"].where("age < 3")
    assert xarray.open_zarr(rec.path, group="scalars")["loss"].dims == ("step",)
    assert rec.verify() == []


def test_ragged_texts_keep_their_lengths(tmp_path: Path) -> None:
    specs = [
        ArraySpec("activations/h.0/post", "float32", (5,), ("token", "unit")),
        ArraySpec("samples/token_ids", "int32", (), ("token",)),
        ArraySpec("outputs/loss", "float32", (), ("sample",)),
    ]
    lengths = [np.array([3, 0]), np.array([4]), np.zeros(0, int), np.array([1, 2, 0])]
    ends = np.cumsum(np.concatenate(lengths))
    rows = np.random.default_rng(0).standard_normal((int(ends[-1]), 5)).astype(np.float32)
    writer = store.create(tmp_path / "a.naut", CARD, specs)
    done, texts = 0, 0
    for length in lengths:
        stop = done + int(length.sum())
        writer.append(
            {
                "activations/h.0/post": rows[done:stop],
                "samples/token_ids": np.arange(done, stop, dtype=np.int32),
                "outputs/loss": np.zeros(len(length), np.float32),
            },
            lengths={"token": length},
        )
        done, texts = stop, texts + len(length)
        writer.commit()
        rec = store.open(tmp_path / "a.naut")
        offsets = np.r_[0, ends][: texts + 1]
        assert rec.n == texts
        np.testing.assert_array_equal(rec["h.0"].offsets, offsets)
        np.testing.assert_array_equal(zarr_array(rec.path, "samples/token.offsets"), offsets)
        np.testing.assert_array_equal(zarr_array(rec.path, "activations/h.0/post"), rows[:done])
    writer.close()
    writer = store.resume(tmp_path / "a.naut")
    writer.append(
        {
            "activations/h.0/post": rows[:2],
            "samples/token_ids": np.arange(2, dtype=np.int32),
            "outputs/loss": np.zeros(1, np.float32),
        },
        lengths={"token": [2]},
    )
    writer.finish()
    rec = store.open(tmp_path / "a.naut")
    np.testing.assert_array_equal(rec["h.0"].offsets, [0, 3, 3, 7, 8, 10, 10, 12])
    last = rec["h.0"].read(slice(10, 12))
    np.testing.assert_array_equal(last, rows[:2])
    assert xarray.open_zarr(rec.path, group="samples")["token.offsets"].shape == (8,)
    assert rec.verify() == []


def test_arrays_declared_in_any_order_are_all_found_by_zarr(tmp_path: Path) -> None:
    names = ["samples/b", "outputs/x", "samples/a", "activations/l/post", "outputs/a", "activations/l/pre"]
    specs = [ArraySpec(name, "float32", (2,), ("sample", "unit")) for name in names]
    with store.create(tmp_path / "a.naut", CARD, specs, static={"samples/0": np.ones(3)}) as writer:
        writer.append({name: np.full((1, 2), number, np.float32) for number, name in enumerate(names)})
    for number, name in enumerate(names):
        assert zarr_array(tmp_path / "a.naut", name).tolist() == [[number, number]]
    tree = xarray.open_datatree(tmp_path / "a.naut", engine="zarr")
    assert set(tree["samples"].data_vars) == {"a", "b", "0"}


def test_a_recording_without_samples_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)
    with make(Fs(tmp_path / "a.naut")):
        pass
    rec = store.open(tmp_path / "a.naut")
    assert rec.finished and rec.n == 0 and rec.verify() == []
    assert rec["fc1"].read().shape == (0, 6)
    assert list(rec.metadata.columns) == ["age", "sample"] and len(rec.metadata) == 0
    assert xarray.open_zarr(rec.path, group="activations/fc1").sizes["sample"] == 0


def test_any_layer_name_is_kept_and_opened_by_zarr(tmp_path: Path) -> None:
    names = HOSTILE
    specs = [ArraySpec(f"activations/{name}/post", "float32", (1,), ("sample", "unit")) for name in names]
    with store.create(tmp_path / "a.naut", CARD, specs) as writer:
        writer.append({spec.path: np.full((2, 1), number, np.float32) for number, spec in enumerate(specs)})
    rec = store.open(tmp_path / "a.naut")
    assert list(rec.layers) == names
    assert [float(rec[name].read()[1, 0]) for name in names] == list(range(len(names)))
    folders = sorted(child.name for child in (tmp_path / "a.naut" / "activations").iterdir() if child.is_dir())
    assert len({folder.lower() for folder in folders}) == len(names)
    assert {child.name for child in tmp_path.iterdir()} == {"a.naut"}
    group = zarr.open_group(rec.path, mode="r")
    assert sorted(float(layer["post"][1, 0]) for _, layer in group["activations"].groups()) == list(range(len(names)))
    assert rec.verify() == []


HOSTILE = [
    "</script><script>alert(1)</script>",
    "__proto__",
    "..",
    ".",
    "../../etc/passwd",
    "a/b/post",
    "x" * 300,
    "layer",
    "Layer",
    "LAYER",
    "zarr.json",
    "c.0.0",
    "CON",
    "nul.txt",
    "trailing.",
    " ",
    "a:1",
    "fc.pre",
    "😀",
    "e\u0301",
    "\u00e9",
    "\u202eabc",
    "a\nb\0c",
    "layer-0002",
    "'; drop table",
    "lone \ud800 surrogate",
]
