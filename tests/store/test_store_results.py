"""Results: kept in the recording or the user's cache, exactly, at once, with a size cap; damage is noticed."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest
from store_scenario import append, card, make, shrink

import neuronaut.store as store
from neuronaut.core.errors import CorruptRecording, DataError, RecordingWriteError
from neuronaut.core.result import Result
from neuronaut.store import Recording, results
from neuronaut.store.fs import Fs
from neuronaut.store.sealed import seal, unseal

RESULT = Result(
    "influence",
    {
        "fc1\tconv": np.arange(12, dtype=np.float32).reshape(3, 4),
        "nothing": np.zeros((0, 3)),
        "one": np.array(2.5),
        "odd": np.array([np.nan, np.inf, -np.inf, -0.0]),
        "replicated": np.array([True, False]),
        "index": np.array([[3, 1], [2, 0]], np.int32),
        "claim": np.array(["a", "</script> é"]),
    },
    {
        "fc1\tconv": ("source", "target"),
        "nothing": ("a", "b"),
        "one": (),
        "odd": ("unit",),
        "replicated": ("k",),
        "index": ("unit", "k"),
        "claim": ("k",),
    },
    {"unit": ["fc:0", "fc:1"], "quantile": [0.5, float("nan")], "k": (1, 2)},
    {"probes": 256, "seed": 0, "share": float("inf"), "slices": ["a", None]},
    {"all": 891},
    seed=7,
    version=3,
    notes=("a note",),
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEURONAUT_CACHE", str(tmp_path / "cache"))
    shrink(monkeypatch)
    with make(Fs(tmp_path / "a.naut")) as writer:
        append(writer, 3)
    return tmp_path / "a.naut"


def assert_same(kept: Result | None, given: Result) -> None:
    assert kept is not None
    assert list(kept.values) == list(given.values)
    for name, array in given.values.items():
        assert kept.values[name].tobytes() == array.tobytes() or array.dtype.kind == "U"
        np.testing.assert_array_equal(kept.values[name], array, strict=array.dtype.kind != "U")
    assert kept.dims == given.dims
    assert (kept.name, kept.params, kept.n, kept.seed, kept.version, kept.notes) == (
        given.name,
        given.params,
        given.n,
        given.seed,
        given.version,
        given.notes,
    )
    assert repr({axis: list(labels) for axis, labels in given.coords.items()}) == repr(kept.coords)


@pytest.mark.parametrize("writable", [False, True])
def test_a_result_is_kept_exactly(place: Path, writable: bool) -> None:
    rec = store.open(place, writable=writable)
    assert store.read_result(rec, "stored") is None
    store.write_result(rec, RESULT, "stored")
    assert_same(store.read_result(rec, "stored"), RESULT)
    assert_same(store.read_result(store.open(place), "stored", name="influence"), RESULT)
    assert store.read_result(rec, "stored", name="other") is None
    assert store.read_result(rec, "other") is None
    assert store.list_results(rec) == ([("influence", "stored")] if writable else [])
    assert (place / "results").exists() is writable
    assert rec.verify() == []


def test_results_in_the_cache_belong_to_one_recording(place: Path, tmp_path: Path) -> None:
    store.write_result(store.open(place), RESULT, "stored")
    with store.create(tmp_path / "b.naut", store.RecordingCard(card().graph), []):
        pass
    assert store.read_result(store.open(tmp_path / "b.naut"), "stored") is None


@pytest.mark.parametrize("writable", [False, True])
def test_a_result_is_replaced_at_once(place: Path, writable: bool) -> None:
    rec = store.open(place, writable=writable)
    for number in (1.0, 2.0):
        store.write_result(rec, Result("top", {"x": np.array(number)}, {"x": ()}), "k1")
        kept = store.read_result(rec, "k1")
        assert kept is not None and kept["x"] == number
    folder = place / "results" if writable else Path(os.environ["NEURONAUT_CACHE"]) / rec.id
    assert [child.name for child in folder.iterdir()] == ["top-k1"]


@pytest.mark.parametrize(("name", "key"), [("top", "a-b"), ("top", "../x"), ("../top", "k"), ("top", ""), ("", "")])
def test_names_and_keys_that_are_no_file_names_are_refused(place: Path, name: str, key: str) -> None:
    with pytest.raises(DataError, match="cannot be kept"):
        store.write_result(store.open(place, writable=True), Result(name, {}, {}), key)


def test_values_that_no_file_can_hold_are_refused(place: Path) -> None:
    odd = Result("top", {"x": np.array([object()])}, {"x": ("k",)})
    with pytest.raises(DataError, match="'x' of top is object"):
        store.write_result(store.open(place), odd, "k")


def damaged_copies(rec: Recording, chance: random.Random) -> list[tuple[Path, bytes, bytes]]:
    found = []
    for file in sorted((rec.path / "results" / "influence-stored").iterdir()):
        data = file.read_bytes()
        for _ in range(40):
            changed = bytearray(data)
            changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            found.append((file, data, bytes(changed)))
        found += [(file, data, data[:-1]), (file, data, data + b"x"), (file, data, b"")]
    return found


def test_a_damaged_result_is_never_returned(place: Path) -> None:
    rec = store.open(place, writable=True)
    store.write_result(rec, RESULT, "stored")
    for file, data, changed in damaged_copies(rec, random.Random(0)):
        file.write_bytes(changed)
        with pytest.raises(CorruptRecording, match="results/influence-stored"):
            store.read_result(rec, "stored")
        (damage,) = rec.verify()
        assert damage.file == "results/influence-stored"
        file.write_bytes(data)
    assert_same(store.read_result(rec, "stored"), RESULT)


def test_a_damaged_result_in_the_cache_counts_as_none(place: Path) -> None:
    rec = store.open(place)
    store.write_result(rec, RESULT, "stored")
    file = Path(os.environ["NEURONAUT_CACHE"]) / rec.id / "influence-stored" / "values.bin"
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    assert store.read_result(rec, "stored") is None


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [1 << 40]},
        {"shape": [-1, 4]},
        {"dtype": "O"},
        {"dtype": "<f16"},
        {"offset": 1 << 40},
        {"length": 1 << 40},
        {"dims": 3},
    ],
)
def test_a_result_that_lies_about_its_values_is_refused(place: Path, change: dict[str, object]) -> None:
    rec = store.open(place, writable=True)
    store.write_result(rec, RESULT, "stored")
    file = place / "results" / "influence-stored" / "result.json"
    body = unseal(file.read_bytes(), "result.json")
    body["values"][0].update(change)
    file.write_bytes(seal(body))
    with pytest.raises(CorruptRecording):
        store.read_result(rec, "stored")


def test_a_disk_that_refuses_is_an_error_in_the_recording_and_none_in_the_cache(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fs: Fs, handle: int, buffers: object) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(Fs, "write", full)
    with pytest.raises(RecordingWriteError, match="cannot keep influence-stored"):
        store.write_result(store.open(place, writable=True), RESULT, "stored")
    store.write_result(store.open(place), RESULT, "stored")
    assert store.read_result(store.open(place), "stored") is None
    assert list((place / "results").iterdir()) == []


def test_the_cache_keeps_to_its_size_and_drops_what_was_used_longest_ago(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rec = store.open(place)
    values = np.random.default_rng(0).standard_normal(1000)
    monkeypatch.setattr(results, "_CHECK_EVERY", 0)
    monkeypatch.setattr(results, "CAP", 30_000)
    cache = Path(os.environ["NEURONAUT_CACHE"]) / rec.id
    for number in range(3):
        store.write_result(rec, Result("top", {"x": values}, {"x": ("k",)}), f"k{number}")
        os.utime(cache / f"top-k{number}" / "result.json", (number, number))
    assert store.read_result(rec, "k0") is not None  # used now, so k1 is the oldest
    store.write_result(rec, Result("top", {"x": values}, {"x": ("k",)}), "k3")
    kept = sorted(child.name for child in cache.iterdir())
    assert kept == ["top-k0", "top-k2", "top-k3"]
