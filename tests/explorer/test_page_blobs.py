from __future__ import annotations

import gzip
from typing import Any

import numpy as np
import pytest
from page_reader import TYPES, unlay

from neuronaut.explorer.blobs import BLOCK_BYTES, Packer


def unpack(packer: Packer, blob: str) -> Any:
    card = packer.blobs[blob].model_dump()
    block = packer.pack()[card["block"]]
    raw = gzip.decompress(block.data) if block.card.codec == "gzip" else block.data
    dtype = np.dtype(TYPES[card["dtype"]])
    size = int(np.prod(card["shape"])) * dtype.itemsize
    return unlay(raw[card["offset"] :][:size], dtype, card)


@pytest.mark.parametrize("dtype", list(TYPES.values()))
@pytest.mark.parametrize("shape", [(5,), (4, 3), (2, 3, 2), (0,), (1, 1)])
def test_an_array_comes_back_whatever_its_type_and_shape(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).integers(0, 200, shape).astype(dtype)
    packer = Packer()
    packer.add(np.ones(3, np.uint8), "same")
    blob = packer.add(array, "same")
    np.testing.assert_array_equal(unpack(packer, blob), array)


@pytest.mark.parametrize("dtype", ["<i4", "<u4", "<u2"])
def test_rising_numbers_travel_as_differences_and_come_back_also_where_they_fall(dtype: str) -> None:
    array = np.array([[1, 5, 70, 71, 500], [0, 2, 3, 9, 65_000]], dtype)
    packer = Packer()
    blob = packer.add(array, "x")
    assert packer.blobs[blob].layout == "deltas"
    np.testing.assert_array_equal(unpack(packer, blob), array)


def test_big_endian_and_strided_arrays_are_turned() -> None:
    packer = Packer()
    blob = packer.add(np.arange(6, dtype=">f4")[::2], "x")
    assert unpack(packer, blob).tolist() == [0.0, 2.0, 4.0]


def test_blocks_end_at_four_megabytes_and_groups_do_not_mix() -> None:
    packer = Packer()
    third = np.zeros(BLOCK_BYTES // 3 + 8, np.uint8)
    ids = [packer.add(third, "a") for _ in range(3)] + [packer.add(third, "b")]
    blocks = [packer.blobs[one].block for one in ids]
    assert blocks == ["k0", "k0", "k1", "k2"]
    assert all(block.card.raw <= BLOCK_BYTES for block in packer.pack().values())


def test_an_array_larger_than_a_block_has_one_of_its_own() -> None:
    packer = Packer()
    small, large = packer.add(np.zeros(9, np.uint8), "a"), packer.add(np.zeros(BLOCK_BYTES + 1, np.uint8), "a")
    assert packer.blobs[small].block != packer.blobs[large].block


def test_what_does_not_shrink_is_carried_as_it_is() -> None:
    packer = Packer()
    packer.add(np.frombuffer(np.random.default_rng(0).bytes(64), np.uint8), "noise")
    packer.add(np.zeros(64, np.uint8), "zeros")
    assert [block.card.codec for block in packer.pack().values()] == ["none", "gzip"]


def test_texts_are_refused() -> None:
    with pytest.raises(TypeError, match="no blob type"):
        Packer().add(np.array(["a"]), "x")


def test_the_same_arrays_give_the_same_bytes() -> None:
    first, second = Packer(), Packer()
    for packer in (first, second):
        packer.add(np.arange(1000, dtype=np.float32), "x")
    assert first.pack()["k0"].data == second.pack()["k0"].data
