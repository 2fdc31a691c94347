"""Where arrays lie and how they are cut: the sizes measured for the design, folder names, the smallest pieces."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import google_crc32c
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuronaut.core.errors import CorruptRecording, DataError
from neuronaut.store import shards
from neuronaut.store.dtypes import TYPES, widen
from neuronaut.store.layout import ArraySpec, plan
from neuronaut.store.naming import folders, is_safe, split_name
from neuronaut.store.sealed import canonical, seal, unseal

SAMPLE_UNIT = ("sample", "unit")


def layer(units: int, dtype: str = "float32", number: int = 0) -> ArraySpec:
    return ArraySpec(f"activations/fc{number}/post", dtype, (units,), SAMPLE_UNIT)


@pytest.mark.parametrize(
    ("specs", "chunk", "height"),
    [
        ([layer(4096, "float16")], (1024, 64), 2048),
        ([layer(4096, "float16", number) for number in range(50)], (256, 64), 2048),
        ([layer(64, number=number) for number in range(2000)], (256, 64), 2048),
        ([layer(512, number=number) for number in range(8)], (1024, 64), 8192),
        ([layer(6)], (1024, 6), 16_384),
        ([ArraySpec("outputs/loss", "float32", (), ("sample",))], (1024,), 16_384),
        ([ArraySpec("activations/c/post", "float32", (3, 512), ("sample", "reduction", "unit"))], (1024, 1, 64), 2048),
        (
            [ArraySpec("activations/c/post.full", "float16", (14, 14, 768), ("sample", "y", "x", "unit"))],
            (8, 14, 14, 64),
            32,
        ),
        ([ArraySpec("activations/f/post", "float32", (256, 128), ("step", "sample", "unit"))], (16, 256, 32), 128),
        ([ArraySpec("parameters/f", "float32", (512, 512), ("step", "unit_in", "unit"))], (4, 512, 128), 16),
        ([ArraySpec("scalars/loss", "float32", (), ("step",))], (1024,), 16_384),
        (
            [ArraySpec("samples/preview", "uint8", (28, 28, 1), ("sample", "y", "x", "channel"))],
            (256, 28, 28, 1),
            16384,
        ),
        (
            [ArraySpec("activations/c/post.full", "float32", (256, 256, 64), ("sample", "y", "x", "unit"))],
            (1, 256, 256, 64),
            1,
        ),
    ],
)
def test_arrays_are_cut_as_measured_for_the_design(specs: list[ArraySpec], chunk: tuple[int, ...], height: int) -> None:
    entry = plan(specs, {}, specs[0].dims[0])[0]
    assert (entry.chunk, entry.height) == (chunk, height)


@settings(max_examples=200, deadline=None)
@given(
    shapes=st.lists(st.lists(st.integers(0, 3000), max_size=3), min_size=1, max_size=4),
    name=st.sampled_from(sorted(TYPES)),
    step=st.booleans(),
)
def test_shards_are_powers_of_two_of_bounded_size(shapes: list[list[int]], name: str, step: bool) -> None:
    axis = "step" if step else "sample"
    specs = [
        ArraySpec(f"outputs/{number}", name, tuple(shape), (axis, *(f"d{n}" for n in range(len(shape)))))
        for number, shape in enumerate(shapes)
    ]
    entries = plan(specs, {}, axis)
    for entry in entries:
        assert entry.height & (entry.height - 1) == 0
        assert entry.height % entry.chunk[0] == 0
        assert entry.height == 1 or entry.height * entry.row_bytes <= 16 << 20
        assert math.prod(entry.grid) >= 1
    together = sum(entry.height * entry.row_bytes for entry in entries if entry.height > 1)
    assert together <= 1 << 30


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=120), max_size=12, unique=True))
def test_any_names_get_folders_that_are_safe_and_differ_ignoring_case(names: list[str]) -> None:
    table = folders(names, "layer")
    assert list(table) == names
    assert all(is_safe(folder) for folder in table.values())
    assert len({folder.lower() for folder in table.values()}) == len(names)


def test_a_name_that_looks_like_an_id_keeps_its_own_folder() -> None:
    table = folders(["a/b", "layer-0000", "LAYER-0000"], "layer")
    assert table == {"a/b": "layer-0000-1", "layer-0000": "layer-0000", "LAYER-0000": "layer-0002"}


@pytest.mark.parametrize(
    "name", ["activations/post", "outputs", "", "x/y", "activations/a/POST", "activations/a/p.q.r"]
)
def test_names_outside_the_groups_have_no_place(name: str) -> None:
    with pytest.raises(DataError, match="has no place"):
        split_name(name)


# The smallest pieces


@settings(max_examples=60, deadline=None)
@given(data=st.binary(min_size=1, max_size=3000), repeat=st.sampled_from([1, 100]))
def test_a_chunk_decodes_to_what_was_encoded(data: bytes, repeat: int) -> None:
    block = np.frombuffer(data * repeat, np.uint8)
    encoded = shards.encode(block)
    assert shards.content_size(encoded) == block.nbytes
    out = np.empty_like(block)
    shards.decode(encoded, out)
    np.testing.assert_array_equal(out, block)


def test_a_shard_is_its_chunks_and_an_index_with_a_checksum() -> None:
    data = b"".join(shards.shard([shards.Line.of([b"abc"]), shards.Line.of([b"de"])], 3))
    empty = b"\xff" * 16
    index = struct.pack("<4Q", 0, 3, 3, 2) + empty
    assert data == b"abcde" + index + struct.pack("<I", google_crc32c.value(index))
    assert shards.parse_index(data[-52:], 3, len(data)).tolist() == [[0, 3], [3, 2], [-1, -1]]


def test_crc32c_is_the_castagnoli_one() -> None:
    assert google_crc32c.value(b"123456789") == 0xE3069283  # the check value of CRC-32C


def test_bfloat16_words_widen_to_the_numbers_they_mean() -> None:
    words = np.array([0x0000, 0x8000, 0x3F80, 0xC049, 0x7F80, 0xFF80, 0x7FC0], np.uint16)
    np.testing.assert_array_equal(widen(words), [0.0, -0.0, 1.0, -3.140625, np.inf, -np.inf, np.nan])
    assert np.signbit(widen(words))[1]


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(1 << 70), 1 << 70)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=12,
    )
)
def test_sealed_values_come_back_as_they_were(value: object) -> None:
    body = {"value": value}
    assert unseal(seal(body), "x.json") == body


def test_a_seal_is_the_sha256_of_the_body() -> None:
    assert seal({"a": 1}) == (
        b'{"body":{"a":1},"check":"015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"}'
    )


def test_what_json_cannot_hold_is_refused() -> None:
    for value in (float("nan"), float("inf"), object(), {1, 2}):
        with pytest.raises(DataError, match="cannot be written as JSON"):
            canonical(value)
    assert canonical({"n": np.int64(3), "x": np.float32(0.5)}) == '{"n":3,"x":0.5}'


def test_the_deepest_allowed_nesting_is_read_and_one_more_is_not() -> None:
    def nested(depth: int) -> dict[str, object]:
        value: object = 1
        for _ in range(depth - 1):
            value = [value]
        return {"a": value}

    assert unseal(seal(nested(31)), "x.json") == nested(31)
    with pytest.raises(CorruptRecording, match="deeper than 32 levels"):
        unseal(seal(nested(32)), "x.json")


def test_the_format_page_names_every_field_of_the_sealed_files() -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "format.md").read_text()
    fields = (
        "format version id append_axis arrays card name path dtype shape dims chunk shard_rows axis lead rows scalar "
        "recording sequence ragged finished metadata file bytes sha256 "
        "created model graph samples task options versions"
    )
    assert [field for field in fields.split() if f"`{field}`" not in page] == []
