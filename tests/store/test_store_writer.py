"""Writing: append, commit, finish, resume, one writer, what is refused, when commits come by themselves."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from store_scenario import GRAPH, SPECS, append, card, check, check_disk, expected, make, metadata, shrink
from store_simfs import InlineJobs, SimFs

import neuronaut.store as store
from neuronaut.core.errors import (
    CorruptRecording,
    DataError,
    NotARecording,
    RecordingExists,
    RecordingLocked,
    RecordingWriteError,
    UnknownName,
)
from neuronaut.core.layer import Graph, Layer
from neuronaut.store import ArraySpec, RecordingCard
from neuronaut.store import writer as writer_module
from neuronaut.store.create import create_on
from neuronaut.store.fs import Fs
from neuronaut.store.jobs import Jobs


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)


def rows(start: int, stop: int) -> dict[str, Any]:
    return {spec.path: expected(spec, start, stop) for spec in SPECS}


# Commit, finish, resume


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


# Interrupts


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


# One writer


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    writer = make(Fs(tmp_path / "a.naut"))
    for second in (lambda: store.resume(tmp_path / "a.naut"), lambda: make(Fs(tmp_path / "a.naut"))):
        with pytest.raises((RecordingLocked, RecordingExists), match=rf"process {os.getpid()} on|there already"):
            second()
    with pytest.raises(RecordingLocked, match=rf"process {os.getpid()} on "):
        store.create(tmp_path / "a.naut", card(), SPECS, overwrite=True)
    append(writer, 3)
    writer.finish()
    assert check_disk(Fs(tmp_path / "a.naut"), 3) == 3


def test_of_two_processes_that_create_at_once_one_wins(tmp_path: Path) -> None:
    source = Path(__file__).parent.parent.parent / "src"
    program = (
        "import sys\n"
        "import neuronaut.store as store\n"
        "from neuronaut.core.layer import Graph\n"
        "from neuronaut.core.errors import RecordingExists, RecordingLocked\n"
        "for line in sys.stdin:\n"
        "    try:\n"
        "        writer = store.create(line.strip(), store.RecordingCard(Graph(())), [])\n"
        "    except (RecordingExists, RecordingLocked) as error:\n"
        "        print(type(error).__name__, flush=True)\n"
        "        continue\n"
        "    print('won', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    writer.finish()\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(source)},
        )
        for _ in range(2)
    ]
    for number in range(10):
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(f"{tmp_path}/{number}.naut\n")
            process.stdin.flush()
        answers = [process.stdout.readline().strip() for process in processes if process.stdout]
        assert sorted(answers)[1] == "won" and sorted(answers)[0] in ("RecordingExists", "RecordingLocked")
        winner = processes[answers.index("won")]
        assert winner.stdin is not None
        winner.stdin.write("finish\n")
        winner.stdin.flush()
    for process in processes:
        assert process.stdin and process.stdout
        process.stdin.close()
        process.stdout.close()
        assert process.wait() == 0
    assert all(store.open(tmp_path / f"{number}.naut").finished for number in range(10))


def test_the_lock_of_a_dead_process_holds_nobody_up(tmp_path: Path) -> None:
    make(Fs(tmp_path / "a.naut")).close()
    (tmp_path / "a.naut" / ".lock").write_text('{"neuronaut":"writer","pid":1,"host":"gone","since":"2020"}')
    store.resume(tmp_path / "a.naut").close()


# Places


def test_an_existing_recording_is_neither_touched_nor_replaced_unasked(tmp_path: Path) -> None:
    with make(Fs(tmp_path / "a.naut")) as writer:
        append(writer, 4)
    with pytest.raises(RecordingExists, match=r"resume=True to go on, overwrite=True to replace"):
        make(Fs(tmp_path / "a.naut"))
    assert check_disk(Fs(tmp_path / "a.naut"), 4) == 4
    with store.create(tmp_path / "a.naut", RecordingCard(Graph(())), [], overwrite=True):
        pass
    rec = store.open(tmp_path / "a.naut")
    assert rec.n == 0 and not rec.layers and rec.verify() == []
    assert not (tmp_path / "a.naut" / "activations").exists()


def test_a_folder_with_other_files_is_never_written_into(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("years of work")
    for overwrite in (False, True):
        with pytest.raises(RecordingExists, match="other files in it"):
            store.create(tmp_path / "thesis", card(), SPECS, overwrite=overwrite)
    assert [child.name for child in (tmp_path / "thesis").iterdir()] == ["chapter1.tex"]
    with pytest.raises(NotARecording, match=r"has no recording\.json"):
        store.resume(tmp_path / "thesis")
    with pytest.raises(NotARecording, match=r"has no recording\.json"):
        store.open(tmp_path / "thesis")


def test_overwriting_keeps_files_that_are_not_ours(tmp_path: Path) -> None:
    make(Fs(tmp_path / "a.naut")).finish()
    (tmp_path / "a.naut" / "notes.txt").write_text("mine")
    store.create(tmp_path / "a.naut", card(), SPECS, overwrite=True).finish()
    assert (tmp_path / "a.naut" / "notes.txt").read_text() == "mine"


def test_a_damaged_recording_can_be_overwritten(tmp_path: Path) -> None:
    make(Fs(tmp_path / "a.naut")).finish()
    (tmp_path / "a.naut" / "recording.json").write_bytes(b"torn")
    with pytest.raises(RecordingExists):
        make(Fs(tmp_path / "a.naut"))
    store.create(tmp_path / "a.naut", card(), SPECS, overwrite=True).finish()
    assert store.open(tmp_path / "a.naut").verify() == []


def test_an_existing_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RecordingExists, match="is a file"):
        make(Fs(tmp_path / "file"))
    with pytest.raises(NotARecording):
        store.open(tmp_path / "file")
    with pytest.raises(NotARecording, match="no such folder"):
        store.open(tmp_path / "nothing")


def test_missing_folders_above_are_made(tmp_path: Path) -> None:
    make(Fs(tmp_path / "new" / "er" / "a.naut")).finish()
    assert check_disk(Fs(tmp_path / "new" / "er" / "a.naut"), 0) == 0


def test_an_empty_folder_may_become_a_recording(tmp_path: Path) -> None:
    make(Fs(tmp_path)).finish()
    assert check_disk(Fs(tmp_path), 0) == 0


# What is refused


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


# When commits come by themselves


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.step = 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def timed(clock: Clock) -> Any:
    return create_on(SimFs(), card(), SPECS, jobs=InlineJobs(), clock=clock)


def test_append_commits_by_itself_after_ten_seconds() -> None:
    clock = Clock()
    writer = timed(clock)
    clock.now = 9.9
    append(writer, 3)
    assert writer.committed == 0
    clock.now = 10.0
    append(writer, 1)
    assert writer.committed == 4


def test_append_commits_earlier_when_the_byte_budget_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "BUDGET", 3 * 40)  # a row of the scenario has 24 + 12 + 4 bytes
    writer = timed(Clock())
    append(writer, 2)
    assert writer.committed == 0
    append(writer, 1)
    assert writer.committed == 3


def test_commits_wait_for_twenty_times_what_the_last_one_took() -> None:
    clock = Clock()
    writer = timed(clock)
    append(writer, 1)
    clock.step = 1.0
    writer.commit()
    clock.step = 0.0
    took = writer._took
    assert took >= 1.0
    start = clock.now
    for waited, committed in ((19.9 * took, 1), (20.0 * took, 3)):
        clock.now = start + max(waited, 10.0)
        append(writer, 1)
        assert writer.committed == committed


# Bounded memory


def test_work_in_flight_never_exceeds_its_bytes() -> None:
    jobs = Jobs(limit=100, threads=2)
    held: list[int] = []
    for _ in range(50):
        jobs.submit(lambda: held.append(sum(jobs._encoding.values())), weight=30)
    jobs.wait()
    jobs.close()
    assert len(held) == 50 and max(held) <= 90


@pytest.mark.parametrize(
    ("weight", "count"),
    [(256 << 10, 32), (1 << 20, 12), (4 << 20, 6), (40 << 20, 1)],
    ids=["8 MB of small ones", "twelve", "24 MB of large ones", "one that is larger"],
)
def test_work_that_is_put_off_is_done_by_the_time_enough_has_come_together(weight: int, count: int) -> None:
    jobs = Jobs(threads=2, beside=False)
    ran: list[int] = []
    for number in range(count - 1):
        jobs.submit(ran.append, number, weight=weight)
    assert ran == []
    jobs.submit(ran.append, count - 1, weight=weight)
    assert sorted(ran) == list(range(count))  # submit returned only when all of them were encoded
    late = jobs.submit(ran.append, count)
    jobs.wait()
    assert late.done() and ran[-1] == count
    jobs.close()


def test_work_that_is_put_off_and_never_wanted_is_dropped() -> None:
    jobs = Jobs(threads=2, beside=False)
    line = jobs.submit(len, "abc")
    shard = jobs.submit(line.result, disk=True)
    jobs.close()
    assert line.cancelled() and shard.cancelled()


def test_the_error_of_work_that_was_put_off_is_raised_by_the_next_wait() -> None:
    jobs = Jobs(threads=2, beside=False)
    jobs.submit(len, 3)
    with pytest.raises(TypeError, match="int"):
        jobs.wait()
    jobs.close()


def test_an_array_larger_than_the_limit_is_still_taken() -> None:
    jobs = Jobs(limit=10, threads=2)
    assert jobs.submit(len, "abc", weight=1000).result() == 3
    jobs.wait()
    jobs.close()


def test_work_that_waits_when_a_writer_is_aborted_is_dropped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    writer = make(Fs(tmp_path / "a.naut"))
    append(writer, 4)
    writer.commit()
    for _ in range(20):
        append(writer, 64)
    writer.abort()
    assert caplog.records == []
    assert check_disk(Fs(tmp_path / "a.naut"), 4) == 4


def test_a_writer_without_memory_stops_as_one_without_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = make(Fs(tmp_path / "a.naut"))
    append(writer, 4)
    writer.commit()

    def none_left(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(store.tail, "encode_rows", none_left)
    with pytest.raises(RecordingWriteError, match=r"no memory.*4 rows are safe"):
        append(writer, 40)
        writer.commit()
    monkeypatch.undo()
    assert store.resume(tmp_path / "a.naut").rows == 4


def test_a_file_that_may_not_grow_is_an_error_and_the_rest_stays(tmp_path: Path) -> None:
    """The system itself refuses here, in the middle of a write."""
    writer = make(Fs(tmp_path / "a.naut"))
    append(writer, 4)
    writer.commit()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    append(writer, 40)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, limits[1]))
        with pytest.raises(RecordingWriteError, match=r"too large.*4 rows are safe"):
            writer.commit()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert check_disk(Fs(tmp_path / "a.naut"), 4) == 4
    assert not list(tmp_path.rglob("*.tmp"))
    with store.resume(tmp_path / "a.naut") as writer:
        append(writer, 40)
    assert check_disk(Fs(tmp_path / "a.naut"), 44) == 44


def test_thousands_of_tiny_appends_are_held_together(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SimFs()
    writer = make(disk, InlineJobs())
    for _ in range(200):
        append(writer, 1)
    assert len(writer._ledger._pending) <= 64
    monkeypatch.setattr(store.ledger, "FULL_ROWS", 300)
    append(writer, 100)
    assert len(writer._ledger._pending) == 0  # a full part is written before the commit that names it
    writer.finish()
    assert check_disk(disk, 300) == 300


# Resume of a damaged recording


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
