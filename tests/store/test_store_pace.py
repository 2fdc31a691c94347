"""When commits come by themselves, and how much waits in memory for them."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import pytest
from store_scenario import SPECS, append, card, check_disk, make, shrink
from store_simfs import InlineJobs, SimFs

import neuronaut.store as store
from neuronaut.core.errors import RecordingWriteError
from neuronaut.store import writer as writer_module
from neuronaut.store.create import create_on
from neuronaut.store.fs import Fs
from neuronaut.store.jobs import Jobs


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)


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
    [(256 << 10, 32), (1 << 20, 24), (4 << 20, 12), (40 << 20, 2), (80 << 20, 1)],
    ids=["8 MB of small ones", "twenty-four", "48 MB of large ones", "two", "one that is larger"],
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
