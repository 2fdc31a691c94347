"""What is recorded is what the model computed, bit for bit, with the words a user needs beside it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from oracle import cnn, hooked, mlp, rows
from torch import nn

import neuronaut as naut
from neuronaut.core.errors import DataError, UnknownName, UnsupportedModel

record = functools.partial(naut.record, influence=False)
X = rows(50)
SEXES = pd.DataFrame({"sex": ["f", "m"] * 25, "age": np.arange(50.0)})


def test_every_layer_is_recorded_bit_for_bit(tmp_path: Path) -> None:
    model = mlp()
    rec = record(model, X, to=tmp_path / "a.naut", batch_size=16)
    seen = hooked(model, X, ["1", "3", "4"], 16)
    assert list(rec.layers) == ["input", "0", "2", "4"]
    assert np.array_equal(rec["input"].read(), X)
    for layer, module in (("0", "1"), ("2", "3"), ("4", "4")):
        assert np.array_equal(rec[layer].read(), seen[module])
    assert rec.verify() == []
    assert rec.finished


def test_values_before_the_activation_are_recorded_on_request(tmp_path: Path) -> None:
    model = mlp()
    rec = record(model, X, to=tmp_path / "a.naut", sites=("pre", "post"), batch_size=16)
    assert np.array_equal(rec["0.pre"].read(), hooked(model, X, ["0"], 16)["0"])
    assert np.array_equal(rec["0"].read(), np.maximum(rec["0.pre"].read(), 0))


def test_positions_are_reduced_to_mean_max_min_and_argmax(tmp_path: Path) -> None:
    model, images = cnn(), rows(20, 64).reshape(20, 1, 8, 8)
    rec = record(model, images, to=tmp_path / "a.naut", batch_size=8)
    full = hooked(model, images, ["1"], 8)["1"].reshape(20, 4, 64)
    assert np.array_equal(rec["0"].max.read(), full.max(2))
    assert np.array_equal(rec["0"].min.read(), full.min(2))
    assert np.array_equal(rec["0"].argmax.read(), full.argmax(2))
    assert np.allclose(rec["0"].read(), full.mean(2, dtype=np.float64), atol=1e-6)


def test_kept_positions_are_the_whole_maps(tmp_path: Path) -> None:
    model, images = cnn(), rows(20, 64).reshape(20, 1, 8, 8)
    rec = record(model, images, to=tmp_path / "a.naut", batch_size=8, position="keep")
    assert rec["0"].full.dims == ("sample", "y", "x", "unit")
    assert np.array_equal(rec["0"].full.read(), hooked(model, images, ["1"], 8)["1"].transpose(0, 2, 3, 1))


def test_parameters_are_kept_in_their_own_shape(tmp_path: Path) -> None:
    model = mlp()
    rec = record(model, X, to=tmp_path / "a.naut")
    assert set(rec.parameters) == set(model.state_dict())
    for name, value in model.state_dict().items():
        assert np.array_equal(np.asarray(rec.parameters[name]), value.numpy())


def test_the_model_and_the_random_state_are_left_as_they_were() -> None:
    model = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Dropout(), nn.ReLU(), nn.Linear(4, 2))
    model.train()
    model[1].eval()
    modes = [module.training for module in model.modules()]
    state = {name: value.clone() for name, value in model.state_dict().items()}
    random, numbers = torch.get_rng_state(), np.random.get_state()[1].copy()
    record(model, X, labels=np.arange(50) % 2)
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    assert np.array_equal(np.random.get_state()[1], numbers)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


class Greedy(nn.Module):
    """Works in place on what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(5, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(x.relu_())


@pytest.mark.parametrize("kind", [np.array, torch.tensor])
def test_data_are_left_as_they_were_by_a_model_that_works_in_place(kind: Callable[[np.ndarray], Any]) -> None:
    given = kind(X)
    model = Greedy()
    rec = record(model, given, batch_size=16)
    assert np.array_equal(np.asarray(given), X)
    assert np.array_equal(rec["input"].read(), X)
    assert np.array_equal(rec["fc"].read(), hooked(model, X.copy(), ["fc"], 16)["fc"])


def test_metadata_come_back_as_they_were_given(tmp_path: Path) -> None:
    names = ["</script>", "__proto__", "..", "🧠", "x" * 300, "sample", "half", "neuronaut.sample", ""]
    frame = pd.DataFrame({name: np.arange(50) + place for place, name in enumerate(names)})
    rec = record(mlp(), X, to=tmp_path / "a.naut", metadata=frame)
    pd.testing.assert_frame_equal(rec.metadata, frame)
    assert rec.sample_ids.tolist() == list(range(50))


def test_missing_values_stay_missing_and_other_objects_become_text() -> None:
    frame = pd.DataFrame({"age": [1.0, np.nan, 3.0], "name": ["a", None, "c"], "odd": [1, "two", None]})
    rec = record(mlp(), X[:3], metadata=frame)
    assert rec.metadata["age"].isna().tolist() == [False, True, False]
    assert rec.metadata["name"].isna().tolist() == [False, True, False]
    assert rec.metadata["odd"].tolist()[:2] == ["1", "two"]


def test_metadata_with_other_rows_name_both_numbers(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="50 samples, but 49 rows of metadata"):
        record(mlp(), X, to=tmp_path / "a.naut", metadata=SEXES[:49])
    assert not (tmp_path / "a.naut").exists()


def test_metadata_in_another_order_are_refused() -> None:
    frame = pd.DataFrame(X)
    with pytest.raises(DataError, match=r"metadata\.loc\[data\.index\]"):
        record(mlp(), frame, metadata=SEXES[::-1])


def test_duplicate_columns_are_named() -> None:
    frame = pd.DataFrame(np.zeros((50, 2)), columns=["a", "a"])
    with pytest.raises(DataError, match="two columns are named 'a'"):
        record(mlp(), X, metadata=frame)
    with pytest.raises(DataError, match="two columns are named 'a'"):
        record(mlp(sizes=(2, 3)), frame)


def test_metadata_columns_of_different_length_are_named() -> None:
    with pytest.raises(DataError, match="differ in length: 'a' 50, 'b' 49"):
        record(mlp(), X, metadata={"a": range(50), "b": range(49)})


def test_empty_data_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    for empty in (X[:0], [], iter(()), torch.zeros(0, 5), pd.DataFrame(columns=list("abcde"))):
        with pytest.raises(DataError, match="no samples"):
            record(mlp(), empty, to=tmp_path / "a.naut")
    assert list(tmp_path.iterdir()) == []


def test_names_of_features_and_classes_stand_at_the_units(tmp_path: Path) -> None:
    table = pd.DataFrame(X, columns=["pclass", "sex", "age", "sibsp", "parch"])
    rec = record(mlp(), table, to=tmp_path / "a.naut", labels=np.array(["a", "b", "c", "a", "b"] * 10))
    assert rec.layers["input"].unit_names == ("pclass", "sex", "age", "sibsp", "parch")
    assert rec.layers["4"].unit_names == ("a", "b", "c")
    assert rec.samples["features"] == ["pclass", "sex", "age", "sibsp", "parch"]


def test_features_can_be_chosen_from_a_table_which_then_is_the_metadata() -> None:
    table = pd.DataFrame(X, columns=list("abcde")).assign(city="Oslo", y=["no", "yes"] * 25)
    rec = record(mlp(sizes=(2, 4, 1)), table, features=["c", "a"], labels="y")
    assert np.array_equal(rec["input"].read(), X[:, [2, 0]])
    assert list(rec.metadata) == ["a", "b", "c", "d", "e", "city", "y"]
    assert rec.task["label"] == "y"


def test_features_that_do_not_fit_the_input_are_refused() -> None:
    with pytest.raises(DataError, match="2 features were named, but input has 5"):
        record(mlp(), X, features=["a", "b"])
    with pytest.raises(UnknownName, match="no column 'z'"):
        record(mlp(), pd.DataFrame(X, columns=list("abcde")), features=["a", "z"])


def test_what_is_no_model_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedModel, match=r"builtins\.dict cannot be recorded.*torch\.nn\.Module"):
        record({}, X)


def test_one_layer_can_be_chosen_and_a_typo_names_the_closest() -> None:
    rec = record(mlp(), X, layers=["2"])
    assert list(rec.layers) == ["2"]
    with pytest.raises(UnknownName, match="no layer 'imput'; closest: 'input'"):
        record(mlp(), X, layers=["imput"])


def test_choosing_no_layer_is_refused() -> None:
    with pytest.raises(DataError, match="chooses no layer"):
        record(mlp(), X, layers=[])


def test_one_site_may_be_named_without_a_list() -> None:
    assert record(mlp(), X, layers="0", sites="pre")["0.pre"].shape == (50, 8)


def test_metadata_may_have_no_columns() -> None:
    rec = record(mlp(), X, metadata=pd.DataFrame(index=range(50)))
    assert rec.metadata.shape == (50, 0)


def test_limit_takes_the_first_samples(tmp_path: Path) -> None:
    rec = record(mlp(), X, to=tmp_path / "a.naut", metadata=SEXES, limit=20, batch_size=16)
    assert rec.n == 20
    assert np.array_equal(rec["input"].read(), X[:20])
    assert rec.metadata["age"].tolist() == list(range(20))


def test_the_group_of_each_sample_is_kept() -> None:
    patients = np.array(["ann", "bob", None, "ann", None] * 10)
    rec = record(mlp(), X, metadata={"patient": patients}, groups="patient", batch_size=7)
    assert rec.groups is not None and rec.groups.dtype == np.int32 and len(rec.groups) == 50
    assert rec.card.options["groups"] == "patient"
    for row in range(50):
        same = rec.groups == rec.groups[row]
        assert same.tolist() == ((patients == patients[row]) if patients[row] else np.arange(50) == row).tolist()
    assert "group" not in rec.columns and rec.metadata.columns.tolist() == ["patient"]
    assert rec.verify() == []
    plain = record(mlp(), X)
    assert plain.groups is None and not plain.card.options["groups"]
    assert record(mlp(), X, groups=np.arange(50) // 5).card.options["groups"] == "groups"


def test_halves_follow_groups() -> None:
    groups = np.repeat(np.arange(10), 5)
    rec = record(mlp(), X, groups=groups)
    assert all(len(set(rec.half[groups == group])) == 1 for group in range(10))
    by_column = record(mlp(), X, metadata={"patient": groups}, groups="patient")
    assert np.array_equal(by_column.half, rec.half)
    with pytest.raises(UnknownName, match="no column 'patiend'; closest: 'patient'"):
        record(mlp(), X, metadata={"patient": groups}, groups="patiend")
    with pytest.raises(DataError, match="49 groups for 50 samples"):
        record(mlp(), X, groups=groups[:49])


def test_nan_and_infinity_are_kept_bit_for_bit_and_counted() -> None:
    odd = X.copy()
    odd[3, 0], odd[7, 1], odd[9, 2] = np.nan, np.inf, -np.inf
    model = mlp()
    rec = record(model, odd, batch_size=16, labels=np.arange(50) % 3)
    seen = hooked(model, odd, ["0", "4"], 16)
    assert np.array_equal(rec["4"].read().view(np.uint32), seen["4"].view(np.uint32))
    from neuronaut.store.results import read_result

    counts = read_result(rec, "stored", name="capture")
    assert counts is not None
    counted = dict(zip(counts.coords["array"], counts["nonfinite"].tolist(), strict=True))
    assert counted["activations/input/post"] == 3
    assert counted["activations/4/post"] == np.count_nonzero(~np.isfinite(seen["4"]))


def test_float16_counts_what_it_cannot_hold_and_warns() -> None:
    big = X * 1e5
    with pytest.warns(RuntimeWarning, match="activations/input/post has values beyond"):
        rec = record(mlp(), big, dtype="float16")
    assert rec["0"].dtype == np.float16
    with np.errstate(over="ignore"):
        assert np.array_equal(rec["input"].read(), big.astype(np.float16))
    from neuronaut.store.results import read_result

    counts = read_result(rec, "stored", name="capture")
    assert counts is not None
    overflow = dict(zip(counts.coords["array"], counts["overflow"].tolist(), strict=True))
    assert overflow["activations/input/post"] == np.count_nonzero(np.abs(big) >= 65520)


def test_images_get_previews_and_are_called_images() -> None:
    images = np.random.default_rng(0).random((6, 1, 8, 8)).astype(np.float32)
    rec = record(cnn(), images)
    assert rec.samples["kind"] == "images"
    drawn = rec.arrays["samples/preview"].read()
    assert np.array_equal(drawn, np.rint(images * 255).astype(np.uint8).transpose(0, 2, 3, 1))


def test_a_model_in_double_precision_is_recorded_in_double_precision() -> None:
    model = mlp().double()
    rec = record(model, X.astype(np.float64), batch_size=16)
    assert rec["0"].dtype == np.float64
    assert np.array_equal(rec["4"].read(), hooked(model, X.astype(np.float64), ["4"], 16)["4"])


def test_a_scratch_recording_is_writable_and_goes_away_at_exit() -> None:
    import subprocess
    import sys

    script = (
        "import numpy as np, torch, neuronaut as naut\n"
        "rec = naut.record(torch.nn.Linear(2, 1), np.zeros((3, 2)))\n"
        "print(rec.path, rec.writable, rec.path.exists())"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert out[1:] == ["True", "True"]
    assert not Path(out[0]).exists()
    assert not Path(out[0]).parent.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"task": "clases"}, "closest: 'classes'"),
        ({"position": "keeep"}, "closest: 'keep'"),
        ({"dtype": "float8"}, "no dtype 'float8'"),
        ({"layers": 0}, "layers=0. Give names or patterns"),
        ({"layers": ["0", 2]}, "Give names or patterns"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"limit": 0}, "limit=0"),
        ({"sites": ("past",)}, "closest: 'post'"),
        ({"on_error": "ignore"}, "no on_error 'ignore'"),
        ({"resume": True, "overwrite": True}, "Choose one"),
    ],
)
def test_options_that_mean_nothing_are_refused_at_the_door(wrong: dict[str, object], said: str) -> None:
    with pytest.raises((DataError, UnknownName), match=said):
        record(mlp(), X, **wrong)


@pytest.mark.parametrize("dtype", ["float16", np.float16, np.dtype("float16"), torch.float16])
def test_a_type_may_be_named_as_numpy_and_torch_do(dtype: object, tmp_path: Path) -> None:
    rec = record(mlp(), X, dtype=dtype, to=tmp_path / "half.naut")
    assert rec["0"].read().dtype == np.float16
