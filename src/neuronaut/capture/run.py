"""Running: batches through the model and into the recording, whatever happens on the way."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from neuronaut.capture.background import DEPTH, Background
from neuronaut.capture.batch import copied
from neuronaut.capture.chunk import Chunk
from neuronaut.capture.gather import Gather, Rows
from neuronaut.capture.live import on_processor
from neuronaut.capture.plan import Plan, Truth
from neuronaut.capture.probes import Probes
from neuronaut.capture.progress import Progress, Watcher
from neuronaut.capture.tally import Tally
from neuronaut.core.errors import LayerNeverFired, NeuronautError
from neuronaut.core.model import Model, PositionMode, Run, Site
from neuronaut.store.writer import Writer


@dataclass(slots=True)
class Skipped:
    """Samples that were left out because reading or running them raised."""

    ids: list[int] = field(default_factory=list)
    last: Exception | None = None

    def __call__(self, ids: npt.NDArray[np.int64], error: Exception) -> None:
        self.ids += ids.tolist()
        self.last = error


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs the model on batches; ``skipped`` is None when errors are to be raised."""

    model: Model
    sites: tuple[Site, ...]
    position: PositionMode
    skipped: Skipped | None

    def run(self, chunk: Chunk) -> Iterator[tuple[Chunk, Run]]:
        """What the model did on these samples; in parts when some of them had to be skipped.

        What the model raises passes unchanged, with a note that names the samples.
        """
        try:
            # A copy, since the first operation may work in place: neither the caller's data may change, nor what is
            # still needed of them here.
            result = self.model.run(copied(chunk.inputs), self.sites, position=self.position)
        except Exception as error:
            # A sample may take another path through the model; other refusals of ours concern all samples.
            if self.skipped is None or (isinstance(error, NeuronautError) and not isinstance(error, LayerNeverFired)):
                error.add_note(f"while running {samples(chunk.ids)}")
                raise
            if len(chunk) == 1:
                self.skipped(chunk.ids, error)
                return
            middle = len(chunk) // 2
            yield from self.run(chunk.rows(slice(0, middle)))
            yield from self.run(chunk.rows(slice(middle, None)))
            return
        yield chunk, result


def samples(ids: npt.NDArray[np.int64]) -> str:
    """Sample numbers for people.

    >>> samples(np.array([4, 5, 6]))
    'samples 4 to 6'
    """
    return f"sample {ids[0]}" if len(ids) == 1 else f"samples {ids[0]} to {ids[-1]}"


Ready = list[tuple[Chunk, Run]]
"""What the model did on a batch; in parts when samples of it had to be skipped."""
Batch = tuple[Chunk, Ready | None]
"""A batch, and what the model did on it where that is known already."""


@dataclass(slots=True)
class Recorded:
    """How far a recording has come in this run."""

    seen: int = 0
    rows: int = 0
    tally: Tally = field(default_factory=Tally)


def record_batches(
    batches: Iterable[Batch],
    runner: Runner,
    plan: Plan,
    writer: Writer | None,
    probes: Probes | None,
    tell: Watcher,
    total: int | None,
    start: int,
    began: float,
) -> Recorded:
    """Run and write every batch; samples numbered below ``start`` are there already, and are only offered as probes.

    A model on a device works while the batch before is written; one on the processor takes turns with the writing, as
    both want all cores. On any error what is complete is committed before it is raised.
    ``began``: when the first batch was started, by the performance counter.
    """
    done = Recorded(rows=0 if writer is None else writer.rows)
    before = done.rows

    def append(rows: Rows) -> None:
        if writer is not None:
            writer.append(rows.arrays, rows.metadata, samples=rows.ids, half=rows.half)

    gather = Gather(append)

    def write(item: tuple[Chunk, Run, Truth]) -> None:
        chunk, run, truth = item
        arrays = plan.arrays(chunk, run, truth, done.tally)
        gather.add(Rows(arrays, plan.metadata(chunk), chunk.ids, plan.intake.half(chunk.ids)))

    queue = Background(write, depth=0 if on_processor(runner.model) else DEPTH)
    try:
        for chunk, ready in _numbered(batches, done, plan):
            truth = plan.truth(chunk)
            if probes is not None:
                probes.offer(chunk.inputs, chunk.ids, None if plan.task.classes is None else truth)
            for part, run in _wanted(runner, chunk, ready, start, writer):
                queue.put((part, run, plan.truth(part)))
                done.rows += len(part)
            _warn(done.tally)
            elapsed = max(time.perf_counter() - began, 1e-9)
            tell(Progress("record", done.rows, total, (done.rows - before) / elapsed))
    finally:
        queue.close()
        gather.flush()
    _warn(done.tally)
    return done


def _numbered(batches: Iterable[Batch], done: Recorded, plan: Plan) -> Iterator[Batch]:
    """The batches, counted; errors of the data get a note that names the next sample."""
    iterator = iter(batches)
    while True:
        try:
            chunk, ready = next(iterator)
        except StopIteration:
            return
        except BaseException as error:
            error.add_note(
                f"while reading the data after sample {done.seen - 1}" if done.seen else "while reading data"
            )
            raise
        plan.intake.check(chunk.ids)
        yield chunk, ready
        done.seen = int(chunk.ids[-1]) + 1


def _wanted(
    runner: Runner, chunk: Chunk, ready: Ready | None, start: int, writer: Writer | None
) -> Iterable[tuple[Chunk, Run]]:
    """What the model did on the samples that are not recorded yet."""
    inside = int(np.searchsorted(chunk.ids, start))
    if writer is None or inside == len(chunk):
        return ()
    if inside == 0:
        return runner.run(chunk) if ready is None else ready
    return runner.run(chunk.rows(slice(inside, None)))


def _warn(tally: Tally) -> None:
    """Say once, from the caller's thread, that a narrower type could not hold some values."""
    if tally.overflow and not tally.warned:
        tally.warned = True
        name = next(iter(tally.overflow))
        warnings.warn(
            f"{name} has values beyond what the requested dtype holds; they are stored as infinity and counted. "
            "Use dtype=None to keep the model's own.",
            RuntimeWarning,
            stacklevel=2,
        )
