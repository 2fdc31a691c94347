"""Writing: append, commit, finish, resume, and what an interrupt leaves."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from store_scenario import GRAPH, SPECS, append, check, check_disk, expected, make, metadata, shrink
from store_simfs import InlineJobs, SimFs

import neuronaut.store as store
from neuronaut.core.errors import CorruptRecording, RecordingWriteError
from neuronaut.store.fs import Fs


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)


def rows(start: int, stop: int) -> dict[str, Any]:
    return {spec.path: expected(spec, start, stop) for spec in SPECS}


def test_nothing_is_visible_before_a_commit_and_everything_after(tmp_path: Path) -> None:
    writer = make(Fs(tmp_path / "a.naut"))
    append(writer, 11)
    assert (writer.rows, writer.committed, store.open(writer.path).n) == (11, 0, 0)
    assert writer.commit() == 11
    rec = store.open(writer.path)
    assert check(rec) == 11 and not rec.finished
    writer.finish()
    assert store.open(writer.path).finished


def test_the_sequence_rises_with_every_commit_and_an_idle_commit_writes_nothing() -> None:
    disk = SimFs()
    writer = make(disk, InlineJobs())
    append(writer, 3)
    writer.commit()
    steps = disk.steps
    assert writer.commit() == 3
    assert disk.steps == steps
    first = store.recording.open_on(disk).sequence
    append(writer, 1)
    writer.commit()
    assert store.recording.open_on(disk).sequence > first


def test_resume_goes_on_where_the_last_commit_ended(tmp_path: Path) -> None:
    writer = make(Fs(tmp_path / "a.naut"))
    for size in (5, 30, 2):
        append(writer, size)
        writer.close()
        writer = store.resume(tmp_path / "a.naut")
        assert writer.rows == writer.committed
    assert writer.rows == 37
    assert writer.card.graph == GRAPH
    append(writer, 13)
    writer.finish()
    assert check_disk(Fs(tmp_path / "a.naut"), 50) == 50


def test_a_finished_recording_can_be_continued(tmp_path: Path) -> None:
    with make(Fs(tmp_path / "a.naut")) as writer:
        append(writer, 9)
    with store.resume(tmp_path / "a.naut") as writer:
        append(writer, 9)
        writer.commit()
        assert not store.open(writer.path).finished
        assert store.open(writer.path).verify() == []
    assert check_disk(Fs(tmp_path / "a.naut"), 18) == 18
    assert store.open(tmp_path / "a.naut").finished


def test_an_exception_in_the_block_keeps_what_is_complete_and_leaves_it_unfinished(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), make(Fs(tmp_path / "a.naut")) as writer:
        append(writer, 7)
        _ = 1 / 0
    rec = store.open(tmp_path / "a.naut")
    assert check(rec) == 7 and not rec.finished
    store.resume(tmp_path / "a.naut").close()


def test_abort_drops_what_was_not_committed_and_frees_the_lock(tmp_path: Path) -> None:
    writer = make(Fs(tmp_path / "a.naut"))
    append(writer, 7)
    writer.commit()
    append(writer, 7)
    writer.abort()
    assert store.resume(tmp_path / "a.naut").rows == 7


def test_a_closed_writer_says_so(tmp_path: Path) -> None:
    writer = make(Fs(tmp_path / "a.naut"))
    writer.finish()
    with pytest.raises(RecordingWriteError, match=r"was finished; 0 rows are safe\. Use resume"):
        append(writer, 1)


def test_the_caller_may_reuse_its_arrays_at_once(tmp_path: Path) -> None:
    buffers = {spec.path: np.empty((6, *spec.shape), spec.dtype) for spec in SPECS}
    with make(Fs(tmp_path / "a.naut")) as writer:
        for start in range(0, 60, 6):
            for spec in SPECS:
                buffers[spec.path][:] = expected(spec, start, start + 6)
            ids = np.arange(start, start + 6)
            writer.append(buffers, metadata(start, start + 6), samples=ids + 1000, half=ids % 2)
    assert check_disk(Fs(tmp_path / "a.naut"), 60) == 60


def test_readers_opened_earlier_keep_their_rows_while_the_writer_goes_on(tmp_path: Path) -> None:
    writer = make(Fs(tmp_path / "a.naut"))
    opened = []
    for size in [3] * 20:
        append(writer, size)
        writer.commit()
        opened.append(store.open(writer.path))
    writer.finish()
    assert [check(rec) for rec in opened] == list(range(3, 63, 3))


def test_a_reader_beside_a_busy_writer_only_ever_sees_true_prefixes(tmp_path: Path) -> None:
    writer = make(Fs(tmp_path / "a.naut"))

    def write() -> None:
        for _ in range(20):
            append(writer, 5)
            writer.commit()

    thread = threading.Thread(target=write)
    thread.start()
    seen = [0]
    while thread.is_alive():
        seen.append(check(store.open(writer.path), seen[-1]))
    thread.join()
    writer.finish()
    assert check(store.open(writer.path), seen[-1]) == 100


def test_many_small_commits_leave_few_metadata_files(tmp_path: Path) -> None:
    with make(Fs(tmp_path / "a.naut")) as writer:
        for _ in range(36):
            append(writer, 1)
            writer.commit()
        assert len(list(writer.path.glob("samples-*.parquet"))) <= 17
    assert check_disk(Fs(tmp_path / "a.naut"), 36) == 36


def test_an_interrupted_append_leaves_no_half_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with make(Fs(tmp_path / "a.naut")) as writer:
        append(writer, 10)
        given = rows(10, 40)
        copying = store.tail.Tail.append

        def stop_at_the_last(tail: Any, values: Any) -> None:
            if tail.entry.name == SPECS[-1].path:
                raise KeyboardInterrupt
            copying(tail, values)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(store.tail.Tail, "append", stop_at_the_last)
            writer.append(given, metadata(10, 40), samples=np.arange(1010, 1040), half=np.arange(10, 40) % 2)
        assert writer.rows == 10
        append(writer, 25)
    assert check_disk(Fs(tmp_path / "a.naut"), 35) == 35


def test_a_commit_that_is_interrupted_can_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SimFs()
    writer = make(disk, InlineJobs())
    append(writer, 10)
    rename = disk.rename
    for number in range(1, 30):
        calls = iter(range(1, 100))

        def stop(old: str, new: str, calls: Any = calls, number: int = number) -> None:
            rename(old, new)
            if next(calls) == number:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(disk, "rename", stop)
            try:
                writer.commit()
            except KeyboardInterrupt:
                check_disk(disk, writer.committed)
        assert writer.commit() == writer.rows
        assert check_disk(disk, writer.rows) == writer.rows
        append(writer, 3)


def test_resume_refuses_a_damaged_end_and_names_it(tmp_path: Path) -> None:
    with make(Fs(tmp_path / "a.naut")) as writer:
        append(writer, 5)
    shard = tmp_path / "a.naut" / "activations" / "fc1" / "post" / "c.0.0"
    data = bytearray(shard.read_bytes())
    data[3] ^= 1
    shard.write_bytes(data)
    with pytest.raises(CorruptRecording, match=r"activations/fc1/post rows before 5: the checksum does not match"):
        store.resume(tmp_path / "a.naut")
    shard.write_bytes(bytes(data[:3]) + bytes([data[3] ^ 1]) + bytes(data[4:]))
    assert store.resume(tmp_path / "a.naut").rows == 5
