"""The small parts of capture, each on its own."""

from __future__ import annotations

import io
import itertools
import threading
from typing import Any

import numpy as np
import pandas as pd
import pytest

from neuronaut.capture.background import Background
from neuronaut.capture.batch_size import batch_rows
from neuronaut.capture.chunk import Chunk, rebatch, upto
from neuronaut.capture.metadata import metadata_frame, metadata_table, table_digest
from neuronaut.capture.preview import preview_of
from neuronaut.capture.progress import Progress, describe, readable, watcher
from neuronaut.capture.source import Replay
from neuronaut.capture.strongest import Strongest
from neuronaut.capture.tally import Tally
from neuronaut.core.layer import Graph, Layer


def chunks(sizes: list[int]) -> list[Chunk]:
    starts = np.cumsum([0, *sizes])
    return [Chunk(np.arange(a, b), None, np.arange(a, b)) for a, b in itertools.pairwise(starts)]


@pytest.mark.parametrize("sizes", [[10], [3, 3, 4], [1] * 10, [7, 3], [4, 4, 2]])
def test_batches_are_equal_whatever_the_chunks(sizes: list[int]) -> None:
    found = list(rebatch(chunks(sizes), 4))
    assert [one.ids.tolist() for one in found] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert all(np.array_equal(one.inputs, one.ids) for one in found)


def test_nothing_beyond_the_limit_is_read() -> None:
    read: list[int] = []

    def reading() -> Any:
        for chunk in chunks([4, 4, 4]):
            read.append(int(chunk.ids[0]))
            yield chunk

    assert [one.ids.tolist() for one in upto(reading(), 6)] == [[0, 1, 2, 3], [4, 5]]
    assert read == [0, 4]


def test_a_replay_hands_out_its_head_again_until_it_is_settled() -> None:
    replay = Replay(iter(range(5)))
    first = iter(replay)
    assert [next(first), next(first)] == [0, 1]
    assert next(iter(replay)) == 0
    replay.settled = True
    assert list(replay) == [0, 1, 2, 3, 4]
    assert replay.head == []


def test_background_work_is_done_in_order_in_another_thread() -> None:
    done: list[tuple[int, bool]] = []
    queue = Background(lambda item: done.append((item, threading.current_thread() is threading.main_thread())))
    for item in range(100):
        queue.put(item)
    queue.close()
    assert done == [(item, False) for item in range(100)]


def test_a_full_queue_makes_the_producer_wait() -> None:
    gate, done = threading.Event(), []

    def work(item: int) -> None:
        gate.wait()
        done.append(item)

    queue = Background(work, depth=2)
    queue.put(0)
    queue.put(1)
    producer = threading.Thread(target=lambda: queue.put(2))
    producer.start()
    assert done == []
    assert producer.is_alive()
    gate.set()
    producer.join()
    queue.close()
    assert done == [0, 1, 2]


def test_an_error_in_the_background_is_raised_to_the_producer() -> None:
    def work(item: int) -> None:
        raise OSError(f"no room for {item}")

    queue = Background(work)
    with pytest.raises(OSError, match="no room for 1"):
        for _ in range(3):
            queue.put(1)
        queue.close()
    with pytest.raises(OSError, match="no room for 1"):
        queue.close()


def test_the_strongest_of_blocks_are_the_strongest_of_the_whole() -> None:
    whole = np.random.default_rng(0).normal(size=(5, 40)).round(1)
    best = Strongest(5, 6)
    for start in (0, 7, 14, 30):
        stop = {0: 7, 7: 14, 14: 30, 30: 40}[start]
        best.see(whole[:2, start:stop], range(2), range(start, stop))
        best.see(whole[2:, start:stop], range(2, 5), range(start, stop))
    for row in range(5):
        order = sorted(range(40), key=lambda column: (-abs(np.float32(whole[row, column])), column))
        assert best.index[row].tolist() == order[:6]


def test_tallies_are_exact_also_when_a_sum_overflows() -> None:
    tally = Tally()
    tally.add("a", np.array([1.0, np.nan, np.inf, -np.inf], np.float32))
    tally.add("b", np.full(10, 3e38, np.float32))
    tally.add("c", np.array([1, 2]))
    assert dict(tally.nonfinite) == {"a": 3, "b": 0}


def test_narrowing_counts_only_what_was_finite_before() -> None:
    tally = Tally()
    narrow = tally.narrow("a", np.array([1e5, np.inf, 1.0, 65504.0], np.float32), np.dtype(np.float16))
    assert narrow.tolist() == [np.inf, np.inf, 1.0, 65504.0]
    assert dict(tally.overflow) == {"a": 1}


def test_batches_grow_with_the_room_and_are_powers_of_two() -> None:
    narrow = Graph((Layer("fc", "dense", 10, "linear", 1),))
    wide = Graph((Layer("conv", "conv", 64, "conv2d", 1, ("y", "x"), (112, 112)),))
    assert batch_rows(narrow, np.zeros((3, 4), np.float32), 3) == 1024
    assert batch_rows(wide, np.zeros((1, 3, 224, 224), np.float32), 1) == 64
    assert batch_rows(wide, np.zeros((1, 3, 9000, 9000), np.float32), 1) == 1


def image(shape: tuple[int, ...]) -> list[Layer]:
    return [Layer("input", "input", shape[0], "input", 0, ("y", "x"), shape[1:])]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.0, 1.0, (0.0, 1.0)), (-1.0, 1.0, (-1.0, 1.0)), (0.0, 255.0, (0.0, 255.0))],
)
def test_pixels_keep_a_usual_scale(low: float, high: float, expected: tuple[float, float]) -> None:
    pixels = np.linspace(low, high, 32, dtype=np.float32).reshape(2, 1, 4, 4)
    preview = preview_of(pixels, image((1, 4, 4)))
    assert preview is not None
    assert (preview.low[0], preview.high[0]) == expected
    drawn = preview.draw(pixels)
    assert (drawn.min(), drawn.max(), drawn.shape) == (0, 255, (2, 4, 4, 1))


def test_8_bit_pixels_stay() -> None:
    pixels = np.arange(2 * 3 * 4 * 4, dtype=np.uint8).reshape(2, 3, 4, 4)
    preview = preview_of(pixels, image((3, 4, 4)))
    assert preview is not None
    assert np.array_equal(preview.draw(pixels), pixels.transpose(0, 2, 3, 1))


def test_normalised_pixels_are_stretched_by_channel_and_nan_is_black() -> None:
    pixels = np.random.default_rng(0).normal(size=(8, 3, 16, 16)).astype(np.float32)
    pixels[0, 0, 0, 0] = np.nan
    preview = preview_of(pixels, image((3, 16, 16)))
    assert preview is not None
    drawn = preview.draw(pixels)
    assert drawn[0, 0, 0, 0] == 0
    assert (drawn.min(), drawn.max()) == (0, 255)


def test_large_images_are_made_small_by_averaging() -> None:
    pixels = np.random.default_rng(0).random((2, 1, 224, 200)).astype(np.float32)
    preview = preview_of(pixels, image((1, 224, 200)))
    assert preview is not None
    assert preview.factor == 4
    drawn = preview.draw(pixels)
    assert drawn.shape == (2, 56, 50, 1)
    assert drawn[0, 0, 0, 0] == round(float(pixels[0, 0, :4, :4].mean()) * 255)


def test_what_is_no_image_has_no_preview() -> None:
    assert preview_of(np.zeros((2, 64)), [Layer("input", "input", 64, "input", 0)]) is None
    assert preview_of(np.zeros((2, 5, 8, 8)), image((5, 8, 8))) is None


def test_progress_reads_like_a_sentence() -> None:
    assert describe(Progress("record", 5, None, 2.5)) == "recording 5 samples, 2 samples/s"
    assert Progress("record", 5, 15, 2.0).left == 5
    assert Progress("record", 5, None, 2.0).left is None
    assert [readable(size) for size in (0, 999, 1000, 2.5e9, 1e16)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "2.5 GB",
        "10000.0 TB",
    ]


def test_a_line_on_a_terminal_is_written_over_and_elsewhere_only_milestones_are_said() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, expected in ((Terminal(), 3), (io.StringIO(), 2)):
        tell = watcher(True, stream)
        tell(Progress("start", message="recording about 1 MB"))
        tell(Progress("record", 1, 2, 1.0))
        tell(Progress("done", 2, 2, message="recorded 2 samples"))
        text = stream.getvalue()
        assert text.endswith("recorded 2 samples\n")
        assert len(text.replace("\r", "\n").replace("\x1b[K", "").split("\n")) - 1 >= expected
    quiet = io.StringIO()
    for progress in (None, False):
        watcher(progress, quiet)(Progress("start", message="x"))
    assert quiet.getvalue() == ""


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (pd.Series([1, 2]), [1, 2]),
        (pd.Series([1.5, np.nan]), [1.5, None]),
        (pd.Series([True, False]), [True, False]),
        (pd.Series(["a", None]), ["a", None]),
        (pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
        (pd.Series([1, None], dtype="Int64"), [1, None]),
        (pd.Series([{"a": 1}, [2]]), ["{'a': 1}", "[2]"]),
        (pd.Series([1, "x"]), ["1", "x"]),
        (pd.Series([1 + 2j, 3j]), ["(1+2j)", "3j"]),
        (pd.Series(["\ud800", "ok"], dtype=object), ["\ufffd", "ok"]),
        (pd.Series([None, None]), [None, None]),
    ],
)
def test_columns_keep_their_type_where_a_file_can_hold_it(series: pd.Series, expected: list[Any]) -> None:
    assert metadata_table(pd.DataFrame({"c": series})).column("c").to_pylist() == expected


def test_times_stay_times() -> None:
    when = pd.Series(pd.to_datetime(["1912-04-15 02:20", None]))
    values = metadata_table(pd.DataFrame({"c": when})).column("c").to_pylist()
    assert (values[0].isoformat(), values[1]) == ("1912-04-15T02:20:00", None)


def test_a_table_is_known_again_by_names_types_and_values() -> None:
    table = metadata_table(pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None]}))
    same = metadata_table(pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None]}))
    assert table_digest(table) == table_digest(same)
    for other in (
        {"a": [1, 2, 4], "b": ["x", "y", None]},
        {"a": [1, 2, 3], "c": ["x", "y", None]},
        {"a": [1.0, 2, 3], "b": ["x", "y", None]},
    ):
        assert table_digest(metadata_table(pd.DataFrame(other))) != table_digest(table)


def test_column_names_become_text_and_must_differ_as_text() -> None:
    frame = metadata_frame(pd.DataFrame({0: [1], "b": [2]}))
    assert frame is not None
    assert list(frame.columns) == ["0", "b"]
    with pytest.raises(ValueError, match="two columns are named '0'"):
        metadata_frame(pd.DataFrame({0: [1], "0": [2]}))
