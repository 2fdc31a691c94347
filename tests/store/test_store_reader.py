"""Reading: any part of any array equals NumPy's answer; activations by address; filters; what is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_scenario import SPECS, append, make, shrink

import neuronaut.store as store
from neuronaut.core.columns import BoolColumn, NumberColumn, TextColumn
from neuronaut.core.errors import AddressError, DataError, FilterError, NeedsModel, UnknownName
from neuronaut.core.layer import Graph, Layer
from neuronaut.core.slices import where
from neuronaut.store import ArraySpec, Recording, RecordingCard
from neuronaut.store.fs import Fs

ROWS = 50
RANDOM = np.random.default_rng(0)
GRAPH = Graph(
    (
        Layer("input", "input", 2, "input", 0, unit_names=("age", "fare")),
        Layer("conv", "conv", 70, "conv2d", 1, ("y", "x"), (2, 3), sites=("pre", "post")),
        Layer("fc", "dense", 5, "linear", 2, sites=("pre", "post")),
        Layer("head", "dense", 3, "linear", 3, output=True),
    )
)
SPEC = (
    ArraySpec("activations/conv/post", "float32", (3, 70), ("sample", "reduction", "unit")),
    ArraySpec("activations/conv/post.argmax", "int32", (70,), ("sample", "unit")),
    ArraySpec("activations/conv/post.full", "float32", (2, 3, 70), ("sample", "y", "x", "unit")),
    ArraySpec("activations/conv/pre", "float32", (3, 70), ("sample", "reduction", "unit")),
    ArraySpec("activations/fc/post", "float16", (5,), ("sample", "unit")),
    ArraySpec("activations/input/post", "float32", (2,), ("sample", "unit")),
    ArraySpec("outputs/prediction", "int32", (), ("sample",)),
    ArraySpec("outputs/probability", "float32", (3,), ("sample", "class")),
    ArraySpec("outputs/loss", "float32", (), ("sample",)),
    ArraySpec("outputs/correct", "uint8", (), ("sample",)),
)
VALUES: dict[str, np.ndarray[Any, Any]] = {
    spec.path: RANDOM.standard_normal((ROWS, *spec.shape)).astype(spec.dtype) for spec in SPEC
}
VALUES["outputs/prediction"] = (np.arange(ROWS) % 3).astype(np.int32)
VALUES["outputs/correct"] = np.where(np.arange(ROWS) % 5 == 4, 255, np.arange(ROWS) % 2).astype(np.uint8)
AGE = np.arange(ROWS, dtype=float)
TASK = {"kind": "classes", "classes": ["cat", "dog", "</script>"], "label": "what"}


@pytest.fixture(scope="module")
def rec(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    path = tmp_path_factory.mktemp("reader") / "a.naut"
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        with store.create(path, RecordingCard(GRAPH, task=TASK, samples={"kind": "table"}), SPEC) as writer:
            for start in (0, 7):
                stop = 7 if start == 0 else ROWS
                table = pa.table({"age": AGE[start:stop], "loss": ["mine"] * (stop - start)})
                writer.append({name: array[start:stop] for name, array in VALUES.items()}, table)
                writer.commit()
    return store.open(path)


# Any part


def selectors(size: int) -> st.SearchStrategy[Any]:
    number = st.integers(-size, size - 1)
    return st.one_of(
        st.none(),
        number,
        st.slices(size),
        st.lists(number, max_size=12).map(lambda numbers: np.array(numbers, int)),
        st.lists(st.booleans(), min_size=size, max_size=size).map(np.array),
    )


def picked(array: np.ndarray[Any, Any], chosen: list[Any]) -> np.ndarray[Any, Any]:
    """NumPy's answer, one axis after the other, the last first so that axes keep their numbers."""
    for axis in reversed(range(array.ndim)):
        one = chosen[axis]
        if one is not None:
            array = array[(slice(None),) * axis + (one,)]
    return array


@pytest.mark.parametrize("name", ["activations/conv/post.full", "activations/fc/post", "outputs/loss"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_part_of_an_array_is_what_numpy_says(rec: Recording, name: str, data: st.DataObject) -> None:
    array = VALUES[name]
    chosen = [data.draw(selectors(size)) for size in array.shape]
    np.testing.assert_array_equal(rec.arrays[name].read(*chosen), picked(array, chosen), strict=True)


def test_indexing_takes_numbers_slices_and_dots(rec: Recording) -> None:
    stored, array = rec.arrays["activations/conv/post.full"], VALUES["activations/conv/post.full"]
    np.testing.assert_array_equal(stored[3], array[3])
    np.testing.assert_array_equal(stored[..., 5], array[..., 5])
    np.testing.assert_array_equal(stored[2:9, ..., 5], array[2:9, ..., 5])
    np.testing.assert_array_equal(stored[:, 1, 2], array[:, 1, 2])
    np.testing.assert_array_equal(np.asarray(stored, np.float64), array.astype(np.float64), strict=True)
    with pytest.raises(IndexError, match="has 4 axes; 5 were given"):
        stored.read(0, 0, 0, 0, 0)


def test_a_place_beyond_the_end_is_named(rec: Recording) -> None:
    with pytest.raises(UnknownName, match="'sample' of outputs/loss has places 0 to 49"):
        rec.outputs["loss"].read(50)
    with pytest.raises(DataError, match=r"a mask of shape \(3,\) for 50 places"):
        rec.outputs["loss"].read(np.array([True, False, True]))
    with pytest.raises(DataError, match="by float"):
        rec.outputs["loss"].read(1.5)


@pytest.mark.parametrize(
    "rows",
    [None, slice(3, 41), slice(3, 3), np.array([1, 2, 30, 49]), np.arange(ROWS) % 7 == 0, np.zeros(ROWS, bool)],
)
@pytest.mark.parametrize("units", [None, 3, slice(60, 70), np.array([69, 0])])
def test_blocks_joined_are_what_read_gives(rec: Recording, rows: Any, units: Any) -> None:
    activations = rec["conv"]
    starts, blocks = [], []
    for start, block in activations.blocks(units, rows):
        starts.append(start)
        blocks.append(block)
    whole = activations.read(rows, units)
    assert starts == list(np.cumsum([0, *map(len, blocks)])[:-1])
    np.testing.assert_array_equal(np.concatenate([whole[:0], *blocks]), whole, strict=True)
    assert all(len(block) <= activations.array.shard_rows for block in blocks)


def test_blocks_need_rising_rows(rec: Recording) -> None:
    with pytest.raises(DataError, match="rising order"):
        list(rec["fc"].blocks(rows=np.array([3, 1])))


def test_blocks_may_be_left_in_the_middle(rec: Recording) -> None:
    start, block = next(iter(rec["conv"].blocks()))
    assert start == 0 and len(block) == rec["conv"].array.shard_rows


def test_reading_from_many_threads_gives_the_same(rec: Recording) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda unit: rec["conv"].full.read(units=unit), range(70)))
    np.testing.assert_array_equal(np.stack(read, axis=-1), VALUES["activations/conv/post.full"])


# Activations


def test_layers_come_in_the_order_they_ran(rec: Recording) -> None:
    assert list(rec.layers) == ["input", "conv", "fc"]
    assert rec.layers["conv"] == GRAPH["conv"]
    assert rec.graph == GRAPH


def test_a_layer_with_positions_is_its_mean_with_the_rest_beside_it(rec: Recording) -> None:
    conv = rec["conv"]
    assert (conv.reduction, conv.dims, conv.shape) == ("mean", ("sample", "unit"), (ROWS, 70))
    post = VALUES["activations/conv/post"]
    for number, name in enumerate(("mean", "max", "min")):
        np.testing.assert_array_equal(np.asarray(getattr(conv, name)), post[:, number], strict=True)
    np.testing.assert_array_equal(conv.argmax.read(), VALUES["activations/conv/post.argmax"], strict=True)
    assert conv.full.dims == ("sample", "y", "x", "unit")
    np.testing.assert_array_equal(conv.pre.max.read(), VALUES["activations/conv/pre"][:, 1], strict=True)
    np.testing.assert_array_equal(conv.max.pre.read(), rec["conv.pre"].max.read(), strict=True)


def test_a_layer_without_positions_is_its_values_whatever_reduction_is_asked(rec: Recording) -> None:
    fc = rec["fc"]
    assert fc.reduction == "value" and fc.max is fc and fc.dtype == np.float16
    np.testing.assert_array_equal(np.asarray(fc), VALUES["activations/fc/post"], strict=True)
    with pytest.raises(NeedsModel, match="'fc' has no positions, so there is no 'argmax' of them"):
        _ = fc.argmax


def test_one_unit_is_a_column(rec: Recording) -> None:
    unit = rec["conv:69"]
    assert (unit.unit, unit.dims, unit.shape, len(unit)) == (69, ("sample",), (ROWS,), ROWS)
    np.testing.assert_array_equal(unit.max.read(), VALUES["activations/conv/post"][:, 1, 69])
    np.testing.assert_array_equal(unit[5:8], VALUES["activations/conv/post"][5:8, 0, 69])


def test_one_place_of_one_unit_is_read_from_the_full_map(rec: Recording) -> None:
    place = rec["conv:3@1,2"]
    assert (place.reduction, place.dims) == ("full", ("sample",))
    np.testing.assert_array_equal(place.read(), VALUES["activations/conv/post.full"][:, 1, 2, 3])


@pytest.mark.parametrize(
    ("address", "kind", "message"),
    [
        ("cov", UnknownName, "no layer 'cov'; closest: 'conv'"),
        ("hat", UnknownName, "no layer 'hat'. There are: 'input', 'conv', 'fc'"),
        ("head:2", UnknownName, r"'head' was not recorded; recorded are 'input', 'conv', 'fc'. .*layers=\['head', "),
        ("fc:5", UnknownName, "no unit 5 in layer 'fc': its units are 0 to 4"),
        ("input.pre", NeedsModel, "layer 'input' has no pre: nothing is folded into it, so take 'input'"),
        ("fc.pre:1", NeedsModel, r"'fc.pre:1' was not recorded: of 'fc' there is only post.*sites=\('pre', 'post'\)"),
        ("fc:1@2,3", NeedsModel, "'fc' has no positions, so there is no 'full' of them"),
        ("conv:1@2", NeedsModel, "positions of 'conv' were not kept"),
        ("conv:1@2,0", UnknownName, "'y'.* has places 0 to 1"),
        ("", AddressError, "an empty address"),
    ],
)
def test_what_is_not_recorded_is_refused_by_name(
    rec: Recording, address: str, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        rec[address].read()


def test_where_restricts_the_rows(rec: Recording) -> None:
    old = rec["conv"].where("age > 30")
    assert old.shape == (19, 70)
    wanted = VALUES["activations/conv/post"][:, 0][AGE > 30]
    np.testing.assert_array_equal(old.read(), wanted)
    np.testing.assert_array_equal(old.read(rows=slice(2, 5), units=[1, 0]), wanted[2:5][:, [1, 0]])
    np.testing.assert_array_equal(old.read(rows=4), wanted[4])
    np.testing.assert_array_equal(old.max.where("age < 40").read(), VALUES["activations/conv/post"][31:40, 1])
    np.testing.assert_array_equal(np.concatenate([block for _, block in old.blocks()]), wanted)


def test_activations_become_xarray(rec: Recording) -> None:
    array = rec["conv:2"].where("age < 3").to_xarray()
    assert array.dims == ("sample",) and array.name == "conv:2"
    np.testing.assert_array_equal(array.values, VALUES["activations/conv/post"][:3, 0, 2])


def test_a_recording_says_what_it_is(rec: Recording) -> None:
    assert repr(rec) == "<Recording a.naut 3 layers, 50 samples, finished>"
    assert repr(rec["fc:1"]) == "<Activations fc:1 value (sample: 50) float16>"
    assert "class: 3" in repr(rec.outputs["probability"])
    assert rec.size == sum(file.stat().st_size for file in rec.path.rglob("*.*") if file.is_file()) - lock_size(rec)
    with store.open(rec.path) as other:
        assert other.id == rec.id and other.task == TASK and other.samples == {"kind": "table"}


def lock_size(rec: Recording) -> int:
    return (rec.path / ".lock").stat().st_size


# Filters


def test_filters_ask_metadata_outputs_and_activations(rec: Recording) -> None:
    number = np.arange(ROWS)
    for text, mask in {
        "age >= 48": AGE >= 48,
        "prediction == 'dog'": number % 3 == 1,
        "correct": VALUES["outputs/correct"] == 1,
        "not correct": VALUES["outputs/correct"] == 0,
        "p_cat > 0.5": VALUES["outputs/probability"][:, 0] > 0.5,
        '@act("fc", 2) > 0': VALUES["activations/fc/post"][:, 2] > 0,
        '@act("conv.pre", 2) > 0': VALUES["activations/conv/pre"][:, 0, 2] > 0,
        "sample in [3, 4]": np.isin(number, (3, 4)),
        "half == 1": rec.half == 1,
    }.items():
        np.testing.assert_array_equal(rec.mask(text), mask, err_msg=text)
    assert rec.mask().all() and rec.mask(None).shape == (ROWS,)
    np.testing.assert_array_equal(rec.mask(where(age=3)), AGE == 3)
    np.testing.assert_array_equal(rec.mask({"column": "age", "op": "lt", "value": 2}), AGE < 2)
    np.testing.assert_array_equal(rec.mask(AGE > 9), AGE > 9)
    with pytest.raises(FilterError, match="ages"):
        rec.mask("ages > 3")


def test_the_users_columns_win_over_outputs_of_the_same_name(rec: Recording) -> None:
    assert rec.mask("loss == 'mine'").all()
    np.testing.assert_array_equal(rec.outputs["loss"].read(), VALUES["outputs/loss"])
    kinds = {"age": NumberColumn, "prediction": TextColumn, "correct": BoolColumn, "p_</script>": NumberColumn}
    assert {name: type(rec.columns[name]) for name in kinds} == kinds
    assert list(rec.columns)[:2] == ["age", "loss"]


def test_sample_ids_and_halves_have_defaults(rec: Recording) -> None:
    from neuronaut.core.halves import half_of

    assert rec.sample_ids.tolist() == list(range(ROWS))
    np.testing.assert_array_equal(rec.half, half_of(np.arange(ROWS)))


def test_metadata_columns_may_have_any_name_and_keep_their_kind(tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame(
        {
            "neuronaut.sample": [5, 6, 7],
            "neuronaut.column.x": [1, 2, 3],
            "sample": ["a", "b", "c"],
            "</script>": [1.5, np.nan, 2.5],
            "__proto__": pd.array([1, None, 3], dtype="Int64"),
            "": pd.array([True, None, False], dtype="boolean"),
            "😀" * 100: pd.to_datetime(["2020-01-01", None, "2021-01-01"]),
            "a\0b": pd.Categorical(["lo", "hi", "lo"], categories=["lo", "mid", "hi"], ordered=True),
        }
    )
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with store.create(tmp_path / "a.naut", RecordingCard(Graph(())), []) as writer:
        for row in range(3):
            writer.append({}, table.slice(row, 1), samples=[row * 10])
            writer.commit()
    rec = store.open(tmp_path / "a.naut")
    pd.testing.assert_frame_equal(rec.metadata, frame)
    assert rec.sample_ids.tolist() == [0, 10, 20]
    assert rec.mask("sample == 'b'").tolist() == [False, True, False]
    assert rec.verify() == []


def test_a_column_may_become_wider_in_later_batches(tmp_path: Path) -> None:
    batches: list[list[Any]] = [[None, None], [1, 2], [1.5, None]]
    with store.create(tmp_path / "a.naut", RecordingCard(Graph(())), []) as writer:
        for values in batches:
            writer.append({}, pa.table({"x": values}))
            writer.commit()
    column = store.open(tmp_path / "a.naut").columns["x"]
    np.testing.assert_array_equal(column.values, [np.nan, np.nan, 1, 2, 1.5, np.nan])


def test_samples_without_metadata_have_an_empty_row_each(tmp_path: Path) -> None:
    spec = ArraySpec("outputs/loss", "float32", (), ("sample",))
    with store.create(tmp_path / "a.naut", RecordingCard(Graph(())), [spec]) as writer:
        writer.append({"outputs/loss": np.zeros(4, np.float32)})
    rec = store.open(tmp_path / "a.naut")
    assert rec.metadata.shape == (4, 0) and rec.n == 4
    assert rec.mask("loss == 0").all()


def test_reading_a_part_opens_only_the_files_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)
    with make(Fs(tmp_path / "a.naut")) as writer:
        append(writer, 100)
    opened: list[str] = []
    plain = Fs.open
    monkeypatch.setattr(Fs, "open", lambda fs, name: opened.append(name) or plain(fs, name))
    rec = store.open(tmp_path / "a.naut")
    assert opened == ["commit.json", "recording.json"]
    opened.clear()
    rec[SPECS[0].path.split("/")[1]].read(rows=slice(9, 10))
    assert opened == ["activations/fc1/post/c.1.0"]
