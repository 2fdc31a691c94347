"""Small batches reach the store together, in order, whole."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from neuronaut.capture import gather
from neuronaut.capture.gather import Gather, Rows


def rows(start: int, stop: int, width: int = 4) -> Rows:
    ids = np.arange(start, stop)
    return Rows({"a": np.repeat(ids[:, None], width, 1)}, pa.table({"k": ids}), ids, (ids % 2).astype(np.uint8))


def test_rows_wait_until_there_are_enough_and_keep_their_order() -> None:
    given: list[Rows] = []
    gathering = Gather(given.append)
    per_row = rows(0, 100).nbytes // 100
    step = gather.GATHERED_BYTES // per_row // 4 + 1
    for start in range(0, 6 * step, step):
        gathering.add(rows(start, start + step))
    assert [len(one.ids) for one in given] == [4 * step]
    gathering.flush()
    assert [len(one.ids) for one in given] == [4 * step, 2 * step]
    for one in given:
        assert np.array_equal(one.arrays["a"][:, 0], one.ids)
        assert one.metadata is not None
        assert one.metadata.column("k").to_pylist() == one.ids.tolist()
        assert one.half.tolist() == (one.ids % 2).tolist()
    assert np.concatenate([one.ids for one in given]).tolist() == list(range(6 * step))


def test_flushing_nothing_gives_nothing() -> None:
    given: list[Rows] = []
    Gather(given.append).flush()
    assert given == []


def test_batches_without_metadata_stay_without() -> None:
    given: list[Rows] = []
    gathering = Gather(given.append)
    for start in (0, 5):
        one = rows(start, start + 5)
        gathering.add(Rows(one.arrays, None, one.ids, one.half))
    gathering.flush()
    assert given[0].metadata is None
    assert len(given[0].ids) == 10
