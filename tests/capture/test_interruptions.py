"""Whatever stops a recording, what is complete is kept, the error stays what it was, and resume goes on."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from oracle import mlp, rows
from torch import nn

import neuronaut as naut
from neuronaut.capture import gather
from neuronaut.capture.progress import Progress
from neuronaut.core.errors import DataError, RecordingExists, RecordingLocked, RecordingWriteError
from neuronaut.store.results import read_result

X = rows(100)
Y = np.arange(100) % 3
META = {"k": np.arange(100), "name": [f"passenger {k}" for k in range(100)]}
RAISED = (KeyboardInterrupt, RuntimeError)


class Fuse(nn.Module):
    """Raises when a marked value comes by, or at a given call in evaluation."""

    def __init__(self, inner: nn.Module, error: BaseException | None = None, at: int | None = None) -> None:
        super().__init__()
        self.inner = inner
        self.error, self.at = error, at
        self.calls: list[int] = []  # not a number: recording puts the attributes of a model back as they were

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls.append(len(x))
        if self.error is not None and (len(self.calls) == self.at or (self.at is None and bool((x == 777).any()))):
            raise self.error
        return self.inner(x)


def breaking(error: BaseException, after: int) -> Iterator[np.ndarray]:
    for start in range(0, 100, 10):
        if start == after:
            raise error
        yield X[start : start + 10]


def same(one: naut.Recording, other: naut.Recording) -> None:
    """Bit for bit, but for the identity of the recording itself."""
    assert one.n == other.n
    assert list(one.arrays) == list(other.arrays)
    for name in one.arrays:
        a, b = np.asarray(one.arrays[name]), np.asarray(other.arrays[name])
        assert a.dtype == b.dtype
        assert a.tobytes() == b.tobytes(), name
    assert one.metadata.equals(other.metadata)
    assert np.array_equal(one.sample_ids, other.sample_ids)
    assert np.array_equal(one.half, other.half)
    a, b = (read_result(rec, "stored", name="influence") for rec in (one, other))
    assert (a is None) == (b is None)
    if a is not None and b is not None:
        assert all(np.array_equal(a[name], b[name]) for name in a.values)


@pytest.mark.parametrize("kind", RAISED)
def test_an_error_of_the_data_keeps_the_batches_before_it(tmp_path: Path, kind: type[BaseException]) -> None:
    error = kind("disk unplugged")
    with pytest.raises(kind, match="disk unplugged") as caught:
        naut.record(mlp(), breaking(error, 60), to=tmp_path / "a.naut", batch_size=16)
    assert caught.value is error
    rec = naut.open(tmp_path / "a.naut")
    assert rec.n == 48
    assert not rec.finished
    assert np.array_equal(rec["input"].read(), X[:48])
    assert rec.verify() == []
    assert "after sample 47" in error.__notes__[0]
    assert "48 samples are kept" in error.__notes__[1]
    assert "resume=True" in error.__notes__[1]


def at_batch(number: int) -> Callable[[nn.Module], int]:
    """The call of the model in which that batch is run, found by counting the calls before the first batch."""

    def count(model: nn.Module) -> int:
        fuse = Fuse(model)
        naut.record(fuse, X[:16], batch_size=16, influence=False)
        return len(fuse.calls) - 1 + number

    return count


@pytest.mark.parametrize("kind", RAISED)
@pytest.mark.parametrize("batch", [1, 2, 4])
def test_an_error_of_the_model_keeps_the_batches_before_it_and_names_the_samples(
    tmp_path: Path, kind: type[BaseException], batch: int
) -> None:
    error = kind("out of patience")
    model = Fuse(mlp(), error, at_batch(batch)(mlp()))
    with pytest.raises(kind, match="out of patience") as caught:
        naut.record(model, X, to=tmp_path / "a.naut", batch_size=16)
    assert caught.value is error
    kept = 16 * (batch - 1)
    if kind is RuntimeError:
        assert f"while running samples {kept} to {kept + 15}" in error.__notes__
    if batch == 1:
        assert not (tmp_path / "a.naut").exists()
    else:
        assert naut.open(tmp_path / "a.naut").n == kept
    assert not model.inner[0]._forward_hooks
    assert model.training


@pytest.mark.parametrize("kept", [16, 48, 96])
def test_a_resumed_recording_equals_an_uninterrupted_one(tmp_path: Path, kept: int) -> None:
    args: dict[str, Any] = {"metadata": META, "labels": Y, "batch_size": 16, "groups": np.arange(100) // 4}
    whole = naut.record(mlp(), X, to=tmp_path / "whole.naut", **args)
    with pytest.raises(KeyboardInterrupt):
        naut.record(
            Fuse(mlp(), KeyboardInterrupt(), at_batch(1 + kept // 16)(mlp())), X, to=tmp_path / "a.naut", **args
        )
    begun = naut.open(tmp_path / "a.naut")
    assert (begun.n, begun.finished) == (kept, False)
    rec = naut.record(Fuse(mlp()), X, to=tmp_path / "a.naut", resume=True, **args)
    assert rec.finished
    assert rec.id == begun.id
    plain = naut.record(Fuse(mlp()), X, to=tmp_path / "plain.naut", **args)
    same(rec, plain)
    assert np.array_equal(rec["inner.4"].read(), whole["4"].read())


def test_a_stream_is_resumed_where_its_last_commit_ends(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        naut.record(mlp(), breaking(RuntimeError(), 60), to=tmp_path / "a.naut", batch_size=16)
    rec = naut.record(mlp(), breaking(RuntimeError(), -1), to=tmp_path / "a.naut", batch_size=16, resume=True)
    same(rec, naut.record(mlp(), breaking(RuntimeError(), -1), to=tmp_path / "b.naut", batch_size=16))


class Slow(torch.utils.data.Dataset[Any]):
    """A map-style data set that remembers which samples were read."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.read: list[int] = []
        self.fails_at = fails_at

    def __len__(self) -> int:
        return 100

    def __getitem__(self, place: int) -> Any:
        if place == self.fails_at:
            raise OSError(f"cannot read picture {place}")
        self.read.append(place)
        return X[place], int(Y[place])


def test_a_data_set_is_not_read_again_up_to_where_it_is_resumed(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot read picture 90"):
        naut.record(mlp(), Slow(90), to=tmp_path / "a.naut", batch_size=8, influence=False)
    data = Slow()
    rec = naut.record(mlp(), data, to=tmp_path / "a.naut", batch_size=8, resume=True, influence=False)
    assert sorted(set(data.read)) == [*range(8), *range(80, 100)]
    same(rec, naut.record(mlp(), Slow(), to=tmp_path / "b.naut", batch_size=8, influence=False))


def test_resuming_what_is_finished_changes_nothing(tmp_path: Path) -> None:
    rec = naut.record(mlp(), X, to=tmp_path / "a.naut")
    before = rec.sequence
    again = naut.record(mlp(), X, to=tmp_path / "a.naut", resume=True)
    assert (again.sequence, again.n) == (before, 100)


def test_resuming_where_nothing_is_begins(tmp_path: Path) -> None:
    assert naut.record(mlp(), X, to=tmp_path / "a.naut", resume=True).n == 100


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": mlp(seed=1)}, "another model"),
        ({"data": rows(100, seed=1)}, "another data or metadata"),
        ({"metadata": {"k": range(1, 101)}}, "another data or metadata"),
        ({"labels": np.arange(100) % 2}, "another data or metadata"),
        ({"batch_size": 8}, "another batch_size"),
        ({"layers": "0"}, "another choice of layers"),
        ({"dtype": "float16"}, "another dtype"),
        ({"limit": 90}, "another limit"),
    ],
)
def test_resuming_with_something_else_is_refused_by_name(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    args: dict[str, Any] = {"metadata": {"k": range(100)}, "labels": Y, "batch_size": 16, "to": tmp_path / "a.naut"}
    model = Fuse(mlp(), KeyboardInterrupt(), at_batch(3)(mlp()))
    with pytest.raises(KeyboardInterrupt):
        naut.record(model, X, **args)
    other = Fuse(change.pop("model", mlp()))
    if change.get("layers"):
        change["layers"] = ["inner.0"]
    with pytest.raises(DataError, match=f"cannot resume .*begun with {said}"):
        naut.record(other, change.pop("data", X), **{**args, **change}, resume=True)
    rec = naut.open(tmp_path / "a.naut")
    assert rec.n == 32
    assert rec.verify() == []


def test_resuming_a_stream_that_comes_in_another_order_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        naut.record(mlp(), breaking(RuntimeError(), 60), to=tmp_path / "a.naut", batch_size=16)
    other = np.concatenate([X[:10], X[60:], X[10:60]])
    with pytest.raises(DataError, match="sample 47 is another one"):
        naut.record(mlp(), (row for row in other), to=tmp_path / "a.naut", batch_size=16, resume=True)
    assert naut.open(tmp_path / "a.naut").n == 48


def test_an_existing_recording_is_kept_unless_overwriting_was_asked_for(tmp_path: Path) -> None:
    first = naut.record(mlp(), X, to=tmp_path / "a.naut")
    with pytest.raises(RecordingExists, match=r"100 samples already.*resume=True.*overwrite=True"):
        naut.record(mlp(), X[:5], to=tmp_path / "a.naut")
    assert naut.open(tmp_path / "a.naut").id == first.id
    assert naut.record(mlp(), X[:5], to=tmp_path / "a.naut", overwrite=True).n == 5


def test_overwriting_waits_until_the_new_recording_is_sure_to_begin(tmp_path: Path) -> None:
    naut.record(mlp(), X, to=tmp_path / "a.naut")
    with pytest.raises(DataError):
        naut.record(mlp(), X[:5], to=tmp_path / "a.naut", metadata={"k": range(4)}, overwrite=True)
    with pytest.raises(RuntimeError):
        naut.record(mlp(), rows(5, 6), to=tmp_path / "a.naut", overwrite=True)
    assert naut.open(tmp_path / "a.naut").n == 100


@pytest.mark.parametrize("way", [{}, {"overwrite": True}, {"resume": True}])
def test_a_foreign_folder_is_never_touched(tmp_path: Path, way: dict[str, bool]) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years of work")
    with pytest.raises(RecordingExists, match="other files in it"):
        naut.record(mlp(), X, to=tmp_path / "thesis", **way)
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


def test_a_second_writer_is_told_of_the_first(tmp_path: Path) -> None:
    seen: list[BaseException] = []

    def watch(progress: Progress) -> None:
        if progress.phase == "record" and not seen:
            for way in ({"overwrite": True}, {"resume": True}):
                with pytest.raises(RecordingLocked, match="is being written by process") as caught:
                    naut.record(mlp(), X, to=tmp_path / "a.naut", batch_size=16, **way)
                seen.append(caught.value)

    rec = naut.record(mlp(), X, to=tmp_path / "a.naut", batch_size=16, progress=watch)
    assert len(seen) == 2
    assert rec.n == 100


def test_samples_that_fail_are_skipped_and_named_on_request(tmp_path: Path) -> None:
    marked = X.copy()
    marked[[7, 40, 41, 99], 2] = 777
    good = np.setdiff1d(np.arange(100), [7, 40, 41, 99])
    model = Fuse(mlp(), ValueError("bad picture"))
    rec = naut.record(model, marked, to=tmp_path / "a.naut", metadata=META, labels=Y, batch_size=16, on_error="skip")
    assert rec.sample_ids.tolist() == good.tolist()
    assert rec.metadata["k"].tolist() == good.tolist()
    assert np.array_equal(rec["input"].read(), marked[good])
    counts = read_result(rec, "stored", name="capture")
    assert counts is not None
    assert counts["skipped"].tolist() == [7, 40, 41, 99]


def test_samples_that_cannot_be_read_are_skipped_on_request() -> None:
    for bad in (0, 33, 99):
        rec = naut.record(mlp(), Slow(bad), batch_size=16, metadata=META, on_error="skip", influence=False)
        assert rec.sample_ids.tolist() == [k for k in range(100) if k != bad]
        assert rec.metadata["label"].tolist() == [Y[k] for k in range(100) if k != bad]
        assert rec.metadata["k"].tolist() == rec.sample_ids.tolist()
        counts = read_result(rec, "stored", name="capture")
        assert counts is not None
        assert counts["skipped"].tolist() == [bad]


def test_a_first_batch_without_a_good_sample_is_no_reason_to_give_up() -> None:
    marked = X.copy()
    marked[2:16, 0] = 777
    rec = naut.record(Fuse(mlp(), ValueError("bad")), marked, batch_size=4, on_error="skip")
    assert rec.sample_ids.tolist() == [0, 1, *range(16, 100)]


def test_when_no_sample_runs_the_reason_is_said(tmp_path: Path) -> None:
    model = Fuse(mlp(), ValueError("bad picture"), at_batch(1)(mlp()))
    with pytest.raises(DataError, match="none of the 1 samples could be recorded: bad picture"):
        naut.record(model, X[:1], to=tmp_path / "a.naut", on_error="skip")
    assert not (tmp_path / "a.naut").exists()


def test_a_full_disk_keeps_what_was_committed_and_resume_goes_on(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the full disk: the system refuses to write beyond it."""
    script = f"""
import functools, resource, sys
import numpy as np, torch
sys.path.insert(0, {str(Path(__file__).parent)!r})
from oracle import mlp, rows
import neuronaut as naut
from neuronaut.core.errors import RecordingWriteError
from neuronaut.capture import gather
from neuronaut.store import writer
gather.GATHERED_BYTES = 0
writer.INTERVAL, writer.PATIENCE = 0.0, 0.0
X = rows(4000)
record = functools.partial(naut.record, batch_size=100, influence=False)
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def full(progress):
    if progress.done >= 2000:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
try:
    record(mlp(sizes=(5, 64, 3)), X, to={str(tmp_path / "a.naut")!r}, progress=full)
except RecordingWriteError as error:
    print("refused", error.committed)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
rec = naut.open({str(tmp_path / "a.naut")!r})
print("kept", rec.n, rec.verify())
rec = record(mlp(sizes=(5, 64, 3)), X, to=rec.path, resume=True)
print("whole", rec.n, np.array_equal(rec["input"].read(), X), rec.verify())
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split("\n")
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    committed = int(out[0].removeprefix("refused "))
    assert 1000 <= committed < 4000
    assert out[1] == f"kept {committed} []"
    assert out[2] == "whole 4000 True []"


def test_the_writer_that_fails_says_how_many_samples_are_safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from neuronaut.store import writer as writing

    real = writing.Writer.append

    def append(self: Any, *args: Any, **kwargs: Any) -> None:
        if self.rows == 48:
            self.abort()
            raise RecordingWriteError("no space left", committed=self.committed)
        real(self, *args, **kwargs)
        self.commit()

    monkeypatch.setattr(writing.Writer, "append", append)
    monkeypatch.setattr(gather, "GATHERED_BYTES", 0)
    with pytest.raises(RecordingWriteError, match="no space left") as caught:
        naut.record(mlp(), X, to=tmp_path / "a.naut", batch_size=16)
    assert caught.value.committed == 48
    assert naut.open(tmp_path / "a.naut").n == 48


def test_watchers_hear_of_the_size_first_then_of_every_batch_then_of_the_end() -> None:
    heard: list[Progress] = []
    naut.record(mlp(), X, batch_size=16, progress=heard.append, influence=False)
    assert [one.phase for one in heard] == ["start", *["record"] * 7, "done"]
    parameters = 5 * 8 + 8 + 8 * 6 + 6 + 6 * 3 + 3
    assert heard[0].size == 4 * (100 * (5 + 8 + 6 + 3) + parameters)
    assert [one.done for one in heard[1:-1]] == [16, 32, 48, 64, 80, 96, 100]
    assert all(one.total == 100 for one in heard)
    assert heard[-2].left == 0


def test_watchers_of_a_stream_hear_the_size_of_one_sample() -> None:
    heard: list[Progress] = []
    naut.record(mlp(), iter(X), batch_size=16, progress=heard.append, influence=False)
    assert (heard[0].size, heard[0].total) == (4 * (5 + 8 + 6 + 3), None)


def test_an_interrupted_influence_leaves_a_finished_recording(tmp_path: Path) -> None:
    def watch(progress: Progress) -> None:
        if progress.phase == "influence":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        naut.record(mlp(), X, to=tmp_path / "a.naut", progress=watch)
    assert "is complete" in caught.value.__notes__[0]
    assert naut.open(tmp_path / "a.naut").finished
    rec = naut.record(mlp(), X, to=tmp_path / "a.naut", resume=True)
    assert read_result(rec, "stored", name="influence") is not None


@pytest.mark.parametrize("when", [1, 3, 6])
def test_a_real_ctrl_c_leaves_a_recording_that_can_be_resumed(tmp_path: Path, when: int) -> None:
    def press(progress: Progress) -> None:
        if progress.phase == "record" and progress.done == 16 * when:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as caught:
        naut.record(mlp(), X, to=tmp_path / "a.naut", batch_size=16, progress=press)
    assert f"{16 * when} of 100 samples are kept" in caught.value.__notes__[-1]
    assert naut.open(tmp_path / "a.naut").n == 16 * when
    rec = naut.record(mlp(), X, to=tmp_path / "a.naut", batch_size=16, resume=True)
    same(rec, naut.record(mlp(), X, to=tmp_path / "b.naut", batch_size=16))


def test_a_second_ctrl_c_waits_for_the_writing_thread() -> None:
    """The queue is closed while the first item is still being written; the interrupt comes through after that."""
    import threading

    from neuronaut.capture.background import Background

    gate, done = threading.Event(), []

    def work(item: int) -> None:
        gate.wait()
        done.append(item)

    queue = Background(work)
    queue.put(1)
    real, pressed = queue._thread.join, []

    def join() -> None:
        if not pressed:
            pressed.append(True)
            raise KeyboardInterrupt
        gate.set()
        real()

    queue._thread.join = join
    with pytest.raises(KeyboardInterrupt):
        queue.close()
    assert done == [1]
