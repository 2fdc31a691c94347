"""Hostile recordings: nothing is opened outside the folder, no link is followed, nothing is allocated by a lie."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from store_scenario import append, check_disk, make, shrink

import neuronaut.store as store
from neuronaut.core.errors import CorruptRecording, NeuronautError, NotARecording, RecordingWriteError
from neuronaut.store import shards
from neuronaut.store.fs import Fs
from neuronaut.store.sealed import seal, unseal

Body = dict[str, Any]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "a.naut"
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        with make(Fs(path)) as writer:
            append(writer, 20)
    return path


@pytest.fixture
def place(sound: Path, tmp_path: Path) -> Path:
    """A sound recording in a folder of its own, beside a secret."""
    shutil.copytree(sound, tmp_path / "inside" / "a.naut")
    (tmp_path / "secret").write_text("secret")
    return tmp_path / "inside" / "a.naut"


def reseal(file: Path, change: Callable[[Body], object]) -> None:
    """Change a sealed file and seal it again, as somebody would who means harm."""
    body = unseal(file.read_bytes(), file.name)
    change(body)
    file.write_bytes(seal(body))


def array(**changes: Any) -> Callable[[Body], object]:
    return lambda body: body["arrays"][0].update(changes)


def growing_array(number: int, **changes: Any) -> Callable[[Body], object]:
    return lambda body: body["arrays"][number].update(changes)


BAD_RECORDINGS: dict[str, Callable[[Body], object]] = {
    "path with dots": array(path="activations/../../../secret"),
    "path above": array(path=".."),
    "absolute path": array(path="/etc/passwd"),
    "path of a drive": array(path="activations/C:\\secret/post"),
    "path of a link": array(path="activations/.hidden/post"),
    "path with NUL": array(path="activations/fc1\0/post"),
    "path of another group": array(path="outputs/fc1/post"),
    "path with a new leaf": array(path="activations/fc1/../post"),
    "path of no text": array(path=7),
    "empty path": array(path=""),
    "two arrays at one place": growing_array(1, path="activations/fc1/post", name="activations/fc1/post"),
    "giant shape": array(shape=[1 << 60]),
    "giant chunk": array(shape=[1 << 39], chunk=[4, 1 << 39]),
    "many chunks": array(shape=[1 << 30], chunk=[4, 1]),
    "giant shard": array(shard_rows=1 << 40),
    "shard that is no multiple": array(shard_rows=9),
    "negative shape": array(shape=[-1]),
    "shape of booleans": array(shape=[True]),
    "shape of floats": array(shape=[6.0]),
    "shape of texts": array(shape="66"),
    "rank of twenty": array(shape=[1] * 20, chunk=[1] * 21, dims=[f"d{n}" for n in range(21)]),
    "empty chunk": array(chunk=[4, 0]),
    "chunk of other rank": array(chunk=[4]),
    "axes of one name": array(dims=["sample", "sample"]),
    "type of objects": array(dtype="object"),
    "type as a list": array(dtype=["float32"]),
    "odd axis": array(axis=["sample"]),
    "ragged without offsets": array(axis="token"),
    "leading rows": array(lead=5),
    "rows of a fixed array": lambda body: body["arrays"][-1].update(rows=1 << 50),
    "units unlike the layer's": array(shape=[7]),
    "arrays that are no list": lambda body: body.update(arrays={"0": 1}),
    "an array that is no object": lambda body: body.update(arrays=[3]),
    "id with a path": lambda body: body.update(id="../../secret"),
    "no id": lambda body: body.pop("id"),
    "odd append axis": lambda body: body.update(append_axis="../x"),
    "no card": lambda body: body.pop("card"),
    "a card of texts": lambda body: body.update(card="card"),
    "layers of one name": lambda body: body["card"]["graph"]["layers"].append(body["card"]["graph"]["layers"][0]),
    "unit names for other units": lambda body: body["card"]["graph"]["layers"][0].update(unit_names=["a"]),
    "an edge of a trillion inputs": lambda body: body["card"]["graph"].update(
        edges=[{"source": "fc1", "target": "conv", "kind": "linear", "take": [[0, 1 << 30, 1 << 30]]}]
    ),
    "an edge of fewer than no inputs": lambda body: body["card"]["graph"].update(
        edges=[{"source": "fc1", "target": "conv", "kind": "linear", "take": [[0, -5, -5]]}]
    ),
}


@pytest.mark.parametrize("lie", BAD_RECORDINGS)
def test_a_recording_that_lies_about_its_arrays_is_refused_when_opened(place: Path, lie: str) -> None:
    reseal(place / "recording.json", BAD_RECORDINGS[lie])
    with pytest.raises(CorruptRecording, match=r"recording\.json|commit\.json"):
        store.open(place)
    with pytest.raises(CorruptRecording):
        store.resume(place)
    assert len(store.verify(place)) == 1


BAD_COMMITS: dict[str, Callable[[Body], object]] = {
    "negative rows": lambda body: body.update(rows=-1),
    "rows of a float": lambda body: body.update(rows=20.0),
    "more rows than metadata": lambda body: body.update(rows=21),
    "rows beyond all sizes": lambda body: body.update(rows=1 << 70),
    "axes nobody knows": lambda body: body.update(ragged={"token": 3}),
    "metadata above": lambda body: body["metadata"][0].update(file="../secret"),
    "metadata at an absolute path": lambda body: body["metadata"][0].update(file="/etc/passwd"),
    "metadata named like the commit": lambda body: body["metadata"][0].update(file="commit.json"),
    "metadata twice": lambda body: body["metadata"].append({**body["metadata"][0], "rows": 0}),
    "no sequence": lambda body: body.pop("sequence"),
}


@pytest.mark.parametrize("lie", BAD_COMMITS)
def test_a_commit_that_lies_is_refused_when_opened(place: Path, lie: str) -> None:
    reseal(place / "commit.json", BAD_COMMITS[lie])
    with pytest.raises(CorruptRecording, match=r"commit\.json"):
        store.open(place)


def wrapped(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 1000,
        b"[]",
        b"null",
        b'{"body":{}}',
        b'{"body":{"a":NaN},"check":"x"}',
        b'{"body":{"a":1e999},"check":"x"}',
        b'{"body":{"a":' + b"9" * 5000 + b'},"check":"x"}',
        b'{"body":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b',"check":"x"}',
        b'{"body":' + b"[" * 40 + b"]" * 40 + b',"check":"x"}',
        b'{"body":{"format":"neuronaut-recording","format":"neuronaut-recording"},"check":"x"}',
        wrapped('{"body":{"a":"é"},"check":"x"}'),
        b"\xff\xfe{}",
        seal({"format": "neuronaut-recording"}),
        seal({"format": "neuronaut-recording", "version": []}),
        seal({"format": "neuronaut-recording", "version": ["2"]}),
        seal({"format": "neuronaut-recording", "version": [True, 0]}),
        seal({"format": "something else", "version": [1, 0]}),
        seal({"format": "neuronaut-recording", "version": [1, 0]}) + b" ",
    ],
    ids=range(19),
)
@pytest.mark.parametrize("file", ["recording.json", "commit.json"])
def test_json_that_is_not_as_we_write_it_is_refused(place: Path, file: str, data: bytes) -> None:
    (place / file).write_bytes(data)
    with pytest.raises(CorruptRecording, match=file.replace(".", r"\.")):
        store.open(place)


def test_an_object_with_a_key_twice_is_refused_even_when_sealed(place: Path) -> None:
    text = (place / "recording.json").read_text()
    (place / "recording.json").write_text(text.replace('"dtype":', '"dtype":"float64","dtype":', 1))
    with pytest.raises(CorruptRecording, match="a key occurs twice"):
        store.open(place)


def test_a_sealed_file_that_is_too_large_is_not_read(place: Path) -> None:
    with (place / "commit.json").open("wb") as file:
        file.truncate(65 << 20)
    with pytest.raises(CorruptRecording, match="at most"):
        store.open(place)


LINKED = (
    "recording.json",
    "commit.json",
    "activations",
    "activations/fc1",
    "activations/fc1/post",
    "activations/fc1/post/c.0.0",
)


@pytest.mark.parametrize("by_descriptor", [True, False])
@pytest.mark.parametrize("name", LINKED)
def test_no_link_is_followed_though_it_leads_to_the_right_bytes(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, by_descriptor: bool
) -> None:
    monkeypatch.setattr(Fs, "by_descriptor", by_descriptor)
    moved = tmp_path / "moved"
    (place / name).rename(moved)
    (place / name).symlink_to(moved)
    with pytest.raises((CorruptRecording, NotARecording)):
        store.open(place)["fc1"].read()
    assert store.verify(place) != []


@pytest.mark.parametrize("by_descriptor", [True, False])
def test_a_writer_follows_no_link_either(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_descriptor: bool
) -> None:
    monkeypatch.setattr(Fs, "by_descriptor", by_descriptor)
    secret = tmp_path / "secret"
    tail = place / "activations" / "fc1" / "post" / "c.2.0"
    (tail.parent / "c.2.0.tmp").symlink_to(secret)
    (place / "zarr.json.tmp").symlink_to(secret)
    writer = store.resume(place)
    (tail.parent / "c.2.0.tmp").symlink_to(secret)
    append(writer, 1)
    writer.finish()
    assert check_disk(Fs(place), 21) == 21
    assert secret.read_text() == "secret"


def test_a_lock_that_is_a_link_is_not_followed(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / ".lock").unlink()
    (place / ".lock").symlink_to(tmp_path / "secret")
    with pytest.raises(RecordingWriteError):
        store.resume(place)
    monkeypatch.setattr(Fs, "by_descriptor", False)
    with pytest.raises(RecordingWriteError):
        store.resume(place)
    assert (tmp_path / "secret").read_text() == "secret"


def test_a_recording_may_itself_be_reached_by_a_link(place: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(place)
    assert store.open(tmp_path / "link").n == 20


@pytest.mark.parametrize("name", ["commit.json", "activations/fc1/post/c.0.0"])
def test_a_pipe_in_place_of_a_file_is_refused_and_nobody_waits(place: Path, name: str) -> None:
    (place / name).unlink()
    os.mkfifo(place / name)
    with pytest.raises(CorruptRecording, match=r"not a regular file|missing or too short"):
        store.open(place)["fc1"].read()


def memory_peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def claim(place: Path, rows: int) -> None:
    """Let every file claim so many samples, without holding them."""
    sink = pa.BufferOutputStream()
    table = pa.table({"neuronaut.sample": pa.array([], pa.int64()), "neuronaut.half": pa.array([], pa.uint8())})
    pq.write_table(table, sink)
    data = sink.getvalue().to_pybytes()

    def change(body: Body) -> None:
        part = body["metadata"][-1]
        (place / part["file"]).write_bytes(data)
        others = sum(other["rows"] for other in body["metadata"][:-1])
        part.update(rows=rows - others, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
        body.update(rows=rows)

    reseal(place / "commit.json", change)


@pytest.mark.parametrize("rows", [1 << 40, 100_000_000])
def test_a_trillion_claimed_samples_cost_no_memory(place: Path, rows: int) -> None:
    claim(place, rows)
    before = memory_peak()
    rec = store.open(place)
    assert rec.n == rows
    for read in (
        lambda: rec["fc1"].read(),
        lambda: rec["fc1:0"].read(),
        lambda: next(iter(rec["fc1"].blocks())) and list(rec["fc1"].blocks()),
        lambda: rec.outputs["prediction"].read(),
        lambda: rec.metadata,
        lambda: rec.half,
        lambda: rec.mask("age > 1"),
    ):
        with pytest.raises(CorruptRecording):
            read()
    assert memory_peak() - before < 200 << 20


def bomb(entry_bytes: int, said: int) -> bytes:
    """A zstd frame that says it holds ``said`` bytes."""
    header = b"\x28\xb5\x2f\xfd" + bytes([0b11100000]) + struct.pack("<Q", said)
    block = struct.pack("<I", (entry_bytes << 3) | (1 << 1) | 1)[:3] + b"\0"
    data = header + block
    return data + struct.pack("<I", google_crc32c.value(data))


def test_a_compressed_chunk_that_claims_a_terabyte_is_refused_before_it_is_opened_up() -> None:
    out = np.empty(16, np.uint8)
    for said in (1 << 40, 17, 0):
        with pytest.raises(ValueError, match=f"holds {said} bytes, 16 expected"):
            shards.decode(bomb(1 << 20, said), out)
    with pytest.raises(ValueError, match="cannot be decompressed"):
        shards.decode(bomb(1 << 20, 16), out)


def test_an_index_that_points_outside_the_file_is_refused() -> None:
    for offset, length in ((0, 1 << 63), ((1 << 64) - 2, 4), (1 << 63, 1 << 63), (90, 20)):
        body = np.array([[offset, length]], "<u8").tobytes()
        tail = body + struct.pack("<I", google_crc32c.value(body))
        with pytest.raises(ValueError, match="points outside the file"):
            shards.parse_index(tail, 1, 120)


def test_opening_a_hostile_recording_imports_and_runs_nothing_by_its_names(place: Path) -> None:
    def change(body: Body) -> None:
        body["card"]["model"] = {"name": "os:system", "framework": "antigravity", "fingerprint": "__import__('os')"}
        body["card"]["options"] = {"factory": "antigravity:geohash"}

    reseal(place / "recording.json", change)
    before = set(sys.modules)
    rec = store.open(place)
    assert rec.card.model["framework"] == "antigravity"
    assert rec["fc1"].read().shape == (20, 6)
    assert not {name for name in set(sys.modules) - before if name.startswith(("antigravity", "torch"))}


def test_a_metadata_part_that_is_no_parquet_is_refused_by_name(place: Path) -> None:
    def change(body: Body) -> None:
        for part, data in zip(body["metadata"], (b"PAR1" + b"\xff" * 60 + b"PAR1", b""), strict=False):
            (place / part["file"]).write_bytes(data)
            part.update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())

    reseal(place / "commit.json", change)
    with pytest.raises(CorruptRecording, match=r"samples-\d+\.parquet: cannot be read"):
        _ = store.open(place).metadata


def test_random_sealed_values_raise_only_errors_of_ours(place: Path) -> None:
    random = np.random.default_rng(0)
    odd: list[Any] = [None, True, -1, 1 << 62, 1.5, "", "..", [], [[]], {}, {"a": []}, "float32", [1 << 40], ["sample"]]
    text = (place / "recording.json").read_bytes()
    for _ in range(300):
        body = unseal(text, "recording.json")
        target: Any = body
        while True:
            keys = list(target) if isinstance(target, dict) else list(range(len(target)))
            key = keys[random.integers(len(keys))]
            child = target[key]
            if not isinstance(child, (dict, list)) or not child or random.random() < 0.3:
                target[key] = odd[random.integers(len(odd))]
                break
            target = child
        (place / "recording.json").write_bytes(seal(body))
        try:
            rec = store.open(place)
            rec["fc1"].read()
            _ = [rec.columns[name] for name in rec.columns], repr(rec), rec.layers, rec.size
        except NeuronautError:
            continue


def test_the_note_of_a_lock_is_never_trusted(place: Path) -> None:
    holder = store.resume(place)
    for note in ("", "{" * 5000, json.dumps({"pid": "<b>", "host": ["x"]}), "\xff"):
        (place / ".lock").write_bytes(note.encode("latin-1"))
        with pytest.raises(NeuronautError, match="is being written by another process"):
            store.resume(place)
    holder.close()
