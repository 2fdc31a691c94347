"""Blobs: named typed arrays, packed into compressed blocks of at most 4 MB."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from neuronaut.explorer.contract import BlobCard, BlockCard

BLOCK_BYTES = 4 * 1024 * 1024
"""Most raw bytes in one block, so that a first view can be drawn before all of a large page is decoded."""

GZIP_LEVEL = 6
_ALIGN = 8
_MOSTLY = 0.8
_PROBE = 16_384
"""Numbers that tell how to lay all of them."""
_DTYPES = {
    "|u1": "u8",
    "|i1": "i8",
    "<u2": "u16",
    "<i2": "i16",
    "<u4": "u32",
    "<i4": "i32",
    "<f2": "f16",
    "<f4": "f32",
    "<f8": "f64",
}

Array = npt.NDArray[Any]
Layout = Literal["rows", "columns", "planes", "deltas"]


@dataclass(frozen=True, slots=True)
class Block:
    """One carried piece and its card."""

    card: BlockCard
    data: bytes


@dataclass
class _Open:
    """A block that is still being filled."""

    name: str
    parts: list[bytes] = field(default_factory=list)
    size: int = 0


class Packer:
    """Collects arrays; arrays of one ``group`` share blocks, so that what is shown together is decoded together.

    ``compressed=False`` leaves everything as it is, for readers on this machine; blocks are numbered from ``first``.

    >>> packer = Packer()
    >>> packer.add(np.arange(3, dtype=np.float32), "stats"), packer.add(np.zeros(2, np.uint8), "stats")
    ('b0', 'b1')
    >>> packer.blobs["b1"].offset, sorted(packer.pack())
    (16, ['k0'])
    """

    def __init__(self, *, compressed: bool = True, first: int = 0) -> None:
        self._compressed = compressed
        self._first = first
        self.blobs: dict[str, BlobCard] = {}
        self._open: dict[str, _Open] = {}
        self._all: list[_Open] = []

    def add(self, array: Array, group: str) -> str:
        """Take an array, returns the id of its blob; an array larger than a block has one of its own."""
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        dtype = _DTYPES.get(little.dtype.str)
        if dtype is None:
            raise TypeError(f"no blob type for {array.dtype}; there are: {', '.join(_DTYPES.values())}")
        layout, data = _lay(little) if self._compressed else ("rows", little.tobytes())
        block = self._block(group, len(data))
        blob = f"b{len(self.blobs)}"
        self.blobs[blob] = BlobCard(
            dtype=cast("Literal['u8']", dtype),
            shape=list(array.shape),
            layout=layout,
            block=block.name,
            offset=block.size,
        )
        padding = -len(data) % _ALIGN
        block.parts.append(data + bytes(padding))
        block.size += len(data) + padding
        return blob

    def _block(self, group: str, size: int) -> _Open:
        block = self._open.get(group)
        if block is None or (block.size and block.size + size > BLOCK_BYTES):
            block = _Open(f"k{self._first + len(self._all)}")
            self._open[group] = block
            self._all.append(block)
        return block

    def pack(self) -> Mapping[str, Block]:
        """Compress all blocks; a block that gzip makes no smaller is carried as it is."""
        if not self._compressed:
            return {block.name: _plain(b"".join(block.parts)) for block in self._all}
        with ThreadPoolExecutor() as pool:
            packed = pool.map(lambda block: _compress(b"".join(block.parts)), self._all)
            return {block.name: done for block, done in zip(self._all, packed, strict=True)}


def _lay(array: Array) -> tuple[Layout, bytes]:
    """The bytes in the order that compresses best: like beside like.

    >>> _lay(np.array([[1, 2], [3, 4]], np.uint8))
    ('columns', b'\\x01\\x03\\x02\\x04')
    >>> _lay(np.array([2, 1], "<u2")), _lay(np.array([7, 8], "<u2"))
    (('planes', b'\\x02\\x01\\x00\\x00'), ('deltas', b'\\x07\\x01\\x00\\x00'))
    """
    if array.dtype.itemsize > 1:
        numbers = array.reshape(-1)
        if array.dtype.kind in "iu" and numbers.size > 1 and np.mean(numbers[1:] >= numbers[:-1]) > _MOSTLY:
            return "deltas", _planes(np.diff(numbers, prepend=numbers.dtype.type(0)))
        return ("rows", numbers.tobytes()) if _repeats(numbers[:_PROBE]) else ("planes", _planes(numbers))
    if array.ndim == 2:
        return "columns", array.T.tobytes()
    return "rows", array.tobytes()


def _repeats(numbers: Array) -> bool:
    """Whether the same few numbers come again and again, so that whole ones compress better than their bytes apart."""
    return len(zlib.compress(numbers.tobytes(), 1)) < len(zlib.compress(_planes(numbers), 1))


def _planes(numbers: Array) -> bytes:
    return numbers.view(np.uint8).reshape(-1, numbers.dtype.itemsize).T.tobytes()


def _compress(raw: bytes) -> Block:
    # Codes of activations repeat little but have few values: there runs and Huffman codes alone beat matching.
    data = min((_gzip(raw, strategy) for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_RLE)), key=len)
    codec: Literal["gzip", "none"] = "gzip"
    if len(data) >= len(raw):
        codec, data = "none", raw
    card = BlockCard(codec=codec, bytes=len(data), raw=len(raw), sha256=hashlib.sha256(data).hexdigest())
    return Block(card, data)


def _plain(raw: bytes) -> Block:
    return Block(BlockCard(codec="none", bytes=len(raw), raw=len(raw), sha256=hashlib.sha256(raw).hexdigest()), raw)


def _gzip(raw: bytes, strategy: int) -> bytes:
    deflate = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    return deflate.compress(raw) + deflate.flush()
