"""Whatever the user calls data: the same samples give the same recording."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from oracle import cnn, mlp, rows
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import neuronaut as naut
from neuronaut.core.errors import DataError, UnknownName

record = functools.partial(naut.record, influence=False)
X = rows(50)
Y = np.arange(50) % 3


class Pairs(Dataset[Any]):
    def __len__(self) -> int:
        return len(X)

    def __getitem__(self, place: int) -> tuple[torch.Tensor, int]:
        return torch.from_numpy(X[place]), int(Y[place])


class Endless(IterableDataset[Any]):
    def __iter__(self) -> Iterator[Any]:
        yield from zip(torch.from_numpy(X), Y.tolist(), strict=True)


def cut(size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, 50, size):
        yield X[start : start + size], Y[start : start + size]


def reused(size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """A generator that fills the same arrays again and again."""
    x, y = np.empty((size, 5), np.float32), np.empty(size, int)
    for start in range(0, 50, size):
        x[:], y[:] = X[start : start + size], Y[start : start + size]
        yield x, y


KINDS: dict[str, Callable[[], Any]] = {
    "tuple of arrays": lambda: (X, Y),
    "tuple of tensors": lambda: (torch.from_numpy(X), torch.from_numpy(Y)),
    "DataFrame and Series": lambda: (pd.DataFrame(X), pd.Series(Y)),
    "list of pairs": lambda: list(zip(X, Y, strict=True)),
    "map-style Dataset": Pairs,
    "IterableDataset": Endless,
    "TensorDataset": lambda: TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)),
    "DataLoader": lambda: DataLoader(Pairs(), batch_size=7),
    "DataLoader of single samples": lambda: DataLoader(Pairs(), batch_size=1),
    "DataLoader without batching": lambda: DataLoader(Pairs(), batch_size=None),
    "generator of batches": lambda: cut(7),
    "generator of batches of one": lambda: cut(1),
    "generator that reuses its arrays": lambda: reused(5),
    "generator of samples": lambda: zip(X, Y, strict=True),
    "generator of lists": lambda: ([float(value) for value in x] for x in X),
    "dict of arrays": lambda: {"input": X},
    "float64 array": lambda: X.astype(np.float64),
    "nested lists": lambda: X.tolist(),
}
UNLABELLED = ("generator of lists", "dict of arrays", "float64 array", "nested lists")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_data_gives_the_same_recording(kind: str) -> None:
    model = mlp()
    plain = record(model, X, labels=Y, batch_size=16)
    data = KINDS[kind]()
    rec = record(model, data, labels=Y if kind in UNLABELLED else None, batch_size=16)
    assert rec.n == 50
    for layer in plain.layers:
        assert np.array_equal(rec[layer].read(), plain[layer].read())
    for output in plain.outputs:
        assert np.array_equal(np.asarray(rec.outputs[output]), np.asarray(plain.outputs[output]))
    assert rec.metadata["label"].tolist() == Y.tolist()
    assert np.array_equal(rec.half, plain.half)


def test_a_shuffling_loader_leaves_the_random_state_alone() -> None:
    loader = DataLoader(Pairs(), batch_size=7, shuffle=True)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    rec = record(mlp(), loader)
    assert torch.equal(torch.rand(3), expected)
    assert rec.n == 50


def test_a_loader_keeps_its_batch_size() -> None:
    rec = record(mlp(), DataLoader(Pairs(), batch_size=7))
    assert rec.card.options["batch_size"] == 7


def test_single_images_and_batches_of_images_are_told_apart_by_the_model() -> None:
    images = rows(10, 64).reshape(10, 1, 8, 8)
    whole = record(cnn(), images, batch_size=4)
    single = record(cnn(), iter(images), batch_size=4)
    batches = record(cnn(), (images[start : start + 3] for start in range(0, 10, 3)), batch_size=4, influence=False)
    for rec in (single, batches):
        assert rec.n == 10
        assert np.array_equal(rec["6"].read(), whole["6"].read())


def test_an_iterator_that_fits_neither_way_says_what_the_model_said() -> None:
    with pytest.raises(RuntimeError) as caught:
        record(mlp(), iter(rows(4, 6).reshape(4, 2, 3)))
    notes = " ".join(caught.value.__notes__)
    assert "tried as batches and as single samples" in notes
    assert "nothing was written" in notes


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = mlp(1, (5, 4)), mlp(2, (2, 4))
        self.head = mlp(3, (4, 2))

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return self.head(self.left(a) + self.right(b))


def test_models_with_several_inputs_take_tuples_dicts_and_named_parts() -> None:
    b = rows(50, 2, seed=4)
    model, y = Two(), np.arange(50) % 2
    first = record(model, (X, b, y), inputs=2)
    assert [layer for layer in first.layers if layer.startswith("input")] == ["input.a", "input.b"]
    for data, extra in (
        ({"a": X, "b": b}, {"labels": y}),
        ({"a": X, "b": b, "y": y}, {"labels": "y"}),
        ([{"a": X[k], "b": b[k], "y": y[k]} for k in range(50)], {"labels": "y"}),
        (zip(X, b, y, strict=True), {"inputs": ("a", "b")}),
        ([(X[k], b[k], y[k]) for k in range(50)], {"inputs": 2}),
    ):
        rec = record(model, data, **extra)
        assert np.array_equal(rec["head.0"].read(), first["head.0"].read())
        assert np.array_equal(np.asarray(rec.outputs["loss"]), np.asarray(first.outputs["loss"]))


def test_three_parts_without_saying_which_are_inputs_are_refused() -> None:
    with pytest.raises(DataError, match="inputs=2"):
        record(Two(), (X, rows(50, 2), Y))
    with pytest.raises(DataError, match="inputs=2"):
        record(Two(), [(X[0], rows(1, 2)[0], 1)])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("titanic.csv", "data of type str"),
        (3, "data of type int"),
        (None, "data of type NoneType"),
        (pd.Series([1.0]), "data of type Series"),
        (np.array(["a", "b"]), "the input is an array of <U1"),
        (np.array([{"a": 1}], dtype=object), "the input is an array of object"),
        ([["a", "b"]], "a model takes arrays or tensors of numbers"),
        (pd.DataFrame({"a": ["x"] * 5}), "feature 'a' holds"),
        ([np.zeros(5), np.zeros(6)], r"differ in shape: \(5,\), \(6,\)"),
        ((X, Y[:49]), "49 labels for 50 samples"),
        ({"a": X, "b": X[:49]}, "differ in their number of samples"),
        (np.float32(1.0), "single number"),
    ],
)
def test_what_is_no_data_is_refused_with_what_to_give(data: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said):
        record(mlp(), data, to=tmp_path / "a.naut")
    assert list(tmp_path.iterdir()) == []


def test_labels_that_name_nothing_are_refused() -> None:
    with pytest.raises(UnknownName, match="no column 'survved'; closest: 'survived'"):
        record(mlp(), X, metadata={"survived": Y}, labels="survved")
    with pytest.raises(DataError, match="an item has no 'target'; it has 'x'"):
        record(mlp(), [{"x": X[0]}], labels="target")


def test_a_stream_with_fewer_samples_than_metadata_names_both_numbers_and_keeps_what_it_has(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="ended after 50 samples, but there are 60 rows of metadata") as caught:
        record(mlp(), cut(7), to=tmp_path / "a.naut", metadata={"k": range(60)}, batch_size=16)
    assert "50 samples are kept" in caught.value.__notes__[-1]
    assert naut.open(tmp_path / "a.naut").n == 50


def test_a_stream_with_more_samples_than_metadata_stops_where_they_end(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="at least 48 samples, but there are 40 rows of metadata") as caught:
        record(mlp(), cut(7), to=tmp_path / "a.naut", metadata={"k": range(40)}, batch_size=16)
    assert "32 samples are kept" in caught.value.__notes__[-1]
    assert naut.open(tmp_path / "a.naut").n == 32


def test_memory_mapped_arrays_are_read_piece_by_piece(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    rec = record(mlp(), mapped, batch_size=16)
    assert np.array_equal(rec["input"].read(), X)


@pytest.mark.parametrize("beside", [{"metadata": pd.DataFrame({"digit": Y})}, {"labels": Y}, {"groups": Y}])
def test_rows_beside_a_loader_that_shuffles_are_refused(beside: dict[str, Any]) -> None:
    loader = DataLoader(TensorDataset(torch.tensor(X)), batch_size=8, shuffle=True)
    with pytest.raises(DataError, match=r"draws its samples at random \(RandomSampler\).*shuffle=False"):
        record(mlp(), loader, **beside)


def test_a_loader_that_shuffles_may_bring_its_labels_with_the_samples() -> None:
    with record(mlp(), DataLoader(Pairs(), batch_size=8, shuffle=True)) as rec:
        assert rec.n == 50
