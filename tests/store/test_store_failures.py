"""A disk that refuses: whatever operation fails, committed rows stay and resume goes on."""

from __future__ import annotations

import errno
import random

import pytest
from store_scenario import append, check_disk, make, shrink
from store_simfs import DATA_MODES, NAME_MODES, InlineJobs, SimFs

from neuronaut.core.errors import NotARecording, RecordingWriteError
from neuronaut.store.resume import resume_on
from neuronaut.store.writer import Writer

SIZES = (3, 9, 30, 7)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)


def go_on(disk: SimFs) -> Writer:
    try:
        return resume_on(disk, jobs=InlineJobs())
    except NotARecording:
        return make(disk, InlineJobs())


def work(disk: SimFs, acknowledged: list[int], writers: list[Writer]) -> None:
    """Create, commit four times with a resume in the middle, finish."""
    for half in (SIZES[:2], SIZES[2:]):
        writer = go_on(disk)
        writers.append(writer)
        acknowledged.append(writer.committed)
        for size in half:
            append(writer, size)
            acknowledged.append(writer.commit())
        if half == SIZES[2:]:
            writer.finish()
        else:
            writer.close()


def total_steps() -> int:
    disk = SimFs()
    work(disk, [], [])
    return disk.steps


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
def test_any_operation_may_fail_and_nothing_committed_is_lost(error: int) -> None:
    steps = total_steps()
    assert steps > 150
    for number in range(1, steps + 1):
        disk = SimFs(fail_at=number, error=error)
        acknowledged: list[int] = []
        writers: list[Writer] = []
        with pytest.raises(RecordingWriteError, match="simulated") as caught:
            work(disk, acknowledged, writers)
        if writers and writers[-1].committed:
            assert caught.value.committed in (writers[-1].committed, 0)
        known = acknowledged[-1] if acknowledged else None
        check_disk(disk, known)
        if number % 4 == 0:
            chance = random.Random(number)
            off = disk.cut(chance, chance.choice(DATA_MODES), chance.choice(NAME_MODES))
            check_disk(off, known)
        with go_on(disk) as writer:
            append(writer, 5)
        assert check_disk(disk, writer.committed) >= 5
        assert not [name for name in walk(disk) if name.endswith(".tmp")]


def walk(disk: SimFs, folder: str = "") -> list[str]:
    found = []
    for name in disk.names(folder):
        path = f"{folder}/{name}" if folder else name
        found += walk(disk, path) if disk.is_folder(path) else [path]
    return found


def test_a_writer_whose_disk_failed_refuses_further_rows_and_says_how_many_are_safe() -> None:
    disk = SimFs()
    writer = make(disk, InlineJobs())
    append(writer, 4)
    writer.commit()
    append(writer, 4)
    disk.fail_at = disk.steps + 3
    with pytest.raises(RecordingWriteError, match="4 rows are safe"):
        writer.commit()
    with pytest.raises(RecordingWriteError, match="stopped by a failed write; 4 rows are safe") as caught:
        append(writer, 1)
    assert caught.value.committed == 4
    with pytest.raises(RecordingWriteError, match="Use resume"):
        writer.commit()


def test_no_temporary_file_is_left_by_a_failed_write() -> None:
    for number in range(1, 12):
        disk = SimFs()
        writer = make(disk, InlineJobs())
        append(writer, 9)
        disk.fail_at = disk.steps + number
        with pytest.raises(RecordingWriteError):
            writer.commit()
        assert not [name for name in walk(disk) if name.endswith(".tmp")]


def test_a_failed_fsync_is_never_tried_again() -> None:
    syncs = [step for step, entry in enumerate(log_of_a_commit(), start=1) if entry.startswith("sync")]
    assert len(syncs) >= 10
    for step in syncs:
        disk = SimFs()
        writer = make(disk, InlineJobs())
        append(writer, 9)
        disk.fail_at = disk.steps + step
        with pytest.raises(RecordingWriteError):
            writer.commit()
        failed = disk.log[disk.fail_at - 1]
        assert failed.startswith("sync")
        assert failed not in disk.log[disk.fail_at :]


def log_of_a_commit() -> list[str]:
    disk = SimFs()
    writer = make(disk, InlineJobs())
    append(writer, 9)
    before = disk.steps
    writer.commit()
    return disk.log[before:]
