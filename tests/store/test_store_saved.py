"""Slices and labels that people save beside a recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from neuronaut.core.errors import CorruptRecording, DataError, FilterError, RecordingWriteError, UnknownName
from neuronaut.core.layer import Graph
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording
from neuronaut.store.saved import MOST, save_label, save_slice


@pytest.fixture
def rec(tmp_path: Path) -> Recording:
    spec = ArraySpec("activations/a/post", "float32", (2,), ("sample", "unit"))
    with create(tmp_path / "a.naut", RecordingCard(Graph(())), [spec]) as writer:
        writer.append({"activations/a/post": np.eye(3, 2, dtype=np.float32)}, pa.table({"age": [22, 38, 5]}))
    return open_recording(tmp_path / "a.naut", writable=True)


def test_a_saved_slice_is_a_slice_of_that_name_and_may_be_replaced_and_removed(rec: Recording) -> None:
    assert rec.slices == {} and rec.labels == {}
    save_slice(rec, "old", "age>30")
    save_slice(rec, "</script>\u202e", "age < 10 or @act('a', 0) > 0.5")
    assert list(rec.slices) == ["old", "</script>\u202e"]
    assert rec.mask(rec.slices["</script>\u202e"]).tolist() == [True, False, True]
    save_slice(rec, "old", "age > 20")
    assert rec.mask(rec.slices["old"]).tolist() == [True, True, False] and rec.slices["old"].name == "old"
    save_slice(rec, "old", None)
    save_slice(rec, "never there", None)
    assert list(open_recording(rec.path).slices) == ["</script>\u202e"]


def test_what_does_not_fit_is_refused_and_changes_nothing(rec: Recording) -> None:
    save_slice(rec, "old", "age > 30")
    before = (rec.path / "saved.json").read_bytes()
    for name, expression, error in (
        ("", "age > 3", DataError),
        ("x" * 201, "age > 3", DataError),
        ("a", "agee > 3", FilterError),
        ("a", "age >", FilterError),
    ):
        with pytest.raises(error):
            save_slice(rec, name, expression)
    for at, text, wrong in (("b:0", "x", UnknownName), ("a:2", "x", UnknownName), ("a:0", "x" * 4001, DataError)):
        with pytest.raises(wrong):
            save_label(rec, at, text)
    with pytest.raises(DataError, match="reading only"):
        save_slice(open_recording(rec.path), "a", "age > 3")
    assert (rec.path / "saved.json").read_bytes() == before


def test_their_number_is_bounded(rec: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST == 1000
    monkeypatch.setattr("neuronaut.store.saved.MOST", 3)
    for number in range(3):
        save_slice(rec, str(number), "age > 3")
    with pytest.raises(DataError, match="at most"):
        save_slice(rec, "3", "age > 3")


def test_any_changed_byte_is_noticed_and_named_by_verify(rec: Recording) -> None:
    save_label(rec, "a:1", "second")
    file = rec.path / "saved.json"
    whole = file.read_bytes()
    assert rec.labels == {"a:1": "second"} and rec.verify() == []
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(CorruptRecording, match=r"saved\.json"):
            _ = rec.labels
    assert [one.file for one in rec.verify()] == ["saved.json"]


def test_a_disk_that_refuses_leaves_what_was_saved(rec: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    save_slice(rec, "old", "age > 30")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rec.fs, "write", full)
    with pytest.raises(RecordingWriteError, match="Free space"):
        save_slice(rec, "new", "age > 3")
    assert list(rec.slices) == ["old"] and not list(rec.path.glob("*.tmp"))
