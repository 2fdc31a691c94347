"""A small recording whose every number follows from its row, so that any prefix can be checked."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from neuronaut.core.errors import NotARecording
from neuronaut.core.layer import Graph, Layer
from neuronaut.store import layout
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create_on
from neuronaut.store.fs import Fs
from neuronaut.store.jobs import Jobs
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording, open_on
from neuronaut.store.resume import resume_on
from neuronaut.store.verify import verify_on
from neuronaut.store.writer import Writer

SPECS = (
    ArraySpec("activations/fc1/post", "float32", (6,), ("sample", "unit")),
    ArraySpec("activations/conv/post", "float16", (3, 2), ("sample", "reduction", "unit")),
    ArraySpec("outputs/prediction", "int32", (), ("sample",)),
)
STATIC = {"parameters/fc1.weight": np.arange(12, dtype=np.float32).reshape(6, 2)}
GRAPH = Graph(
    (
        Layer("fc1", "dense", 6, "linear", 1),
        Layer("conv", "conv", 2, "conv2d", 2, position_axes=("y", "x"), position_shape=(4, 4)),
    )
)


def shrink(patch: pytest.MonkeyPatch | None = None) -> None:
    """Cut arrays so small that a few rows fill several shards: 8, 16 and 32 rows, in chunks of 4."""
    for name, value in {"SHARD_BYTES": 200, "CHUNK_ROWS": 4, "FEW_CHUNK_ROWS": 4, "MAX_HEIGHT": 32}.items():
        if patch is None:
            setattr(layout, name, value)
        else:
            patch.setattr(layout, name, value)


def card() -> RecordingCard:
    task = {"kind": "classes", "classes": ["cat", "dog"], "label": "what"}
    return RecordingCard(GRAPH, task=task, id="0123456789abcdef", created="2026-01-01T00:00:00+00:00")


def expected(spec: ArraySpec, start: int, stop: int) -> np.ndarray[Any, Any]:
    """Numbers that every type holds exactly, different for each row and place."""
    count = int(np.prod(spec.shape, dtype=int))
    flat = (np.arange(start, stop)[:, None] * 31 + np.arange(count) * 7) % 97 - 48
    return flat.reshape(stop - start, *spec.shape).astype(spec.dtype)


def metadata(start: int, stop: int) -> pa.Table:
    rows = range(start, stop)
    return pa.table({"age": pa.array([None if row % 5 == 0 else row for row in rows], pa.int64())}).append_column(
        "sample", [[f"row {row}" for row in rows]]
    )


def append(writer: Writer, count: int) -> None:
    start = writer.rows
    rows = {spec.path: expected(spec, start, start + count) for spec in SPECS}
    ids = np.arange(start, start + count)
    writer.append(rows, metadata(start, start + count), samples=ids + 1000, half=ids % 2)


def make(fs: Fs, jobs: Jobs | None = None) -> Writer:
    return create_on(fs, card(), SPECS, static=STATIC, metadata_schema=metadata(0, 0).schema, jobs=jobs)


def check(recording: Recording, at_least: int = 0) -> int:
    """Assert that a recording is a true prefix of all rows, of at least so many; return how many."""
    rows = recording.rows
    assert rows >= at_least
    for spec in SPECS:
        np.testing.assert_array_equal(recording.arrays[spec.path].read(), expected(spec, 0, rows), strict=True)
    for name, array in STATIC.items():
        np.testing.assert_array_equal(recording.arrays[name].read(), array, strict=True)
    assert recording._table.column("sample").to_pylist() == [f"row {row}" for row in range(rows)]
    assert recording.sample_ids.tolist() == [row + 1000 for row in range(rows)]
    assert recording.half.tolist() == [row % 2 for row in range(rows)]
    return rows


def check_disk(fs: Fs, acknowledged: int | None) -> int:
    """Assert that what was acknowledged is there, whole; None: not even the creation was."""
    try:
        recording = open_on(fs)
    except NotARecording:
        assert acknowledged is None
        return 0
    assert [str(damage) for damage in verify_on(fs)] == []
    return check(recording, acknowledged or 0)


def live(fs: Fs, chance: random.Random, acknowledge: Callable[[int], None], jobs: Jobs) -> None:
    """Create or resume, append and commit at random, finish now and then."""
    try:
        writer = resume_on(fs, jobs=jobs)
    except NotARecording:
        writer = make(fs, jobs)
    acknowledge(writer.committed)
    for _ in range(chance.randint(1, 5)):
        for _ in range(chance.randint(1, 3)):
            append(writer, chance.choice((0, 1, 2, 5, 13)))
        acknowledge(writer.commit())
    if chance.random() < 0.3:
        writer.finish()
        acknowledge(writer.committed)
    else:
        writer.close()
