"""Chunks and shards as bytes: zstd chunks with a crc32c each, one index at the end of a shard. No disk here."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import google_crc32c
import numpy as np
import numpy.typing as npt
from numcodecs import zstd

EMPTY = 2**64 - 1
"""Offset and length, in a shard's index, of a chunk that is not there."""
LEVEL = 1


def encode(block: npt.NDArray[Any]) -> bytes:
    """One chunk of full size as bytes."""
    return b"".join(encoded(block))


def encoded(block: npt.NDArray[Any]) -> tuple[bytes, bytes]:
    """One chunk of full size, and its checksum. Runs in threads: zstd lets others run."""
    data = bytes(zstd.compress(np.ascontiguousarray(block), LEVEL))
    return data, struct.pack("<I", google_crc32c.value(data))


def decode(data: bytes, out: npt.NDArray[Any]) -> None:
    """Fill ``out`` (contiguous) from one chunk. Raises ValueError saying what is wrong with the bytes."""
    body, check = data[:-4], data[-4:]
    if len(data) < 5 or struct.pack("<I", google_crc32c.value(body)) != check:
        raise ValueError("the checksum does not match")
    if content_size(body) != out.nbytes:
        raise ValueError(f"holds {content_size(body)} bytes, {out.nbytes} expected")
    try:
        zstd.decompress(body, out.reshape(-1).view(np.uint8))
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"cannot be decompressed ({error})") from error


def content_size(frame: bytes) -> int | None:
    """Bytes a zstd frame says it holds, read from its header before anything is allocated.

    Reference: RFC 8878, section 3.1.1.1.
    """
    if len(frame) < 6 or frame[:4] != b"\x28\xb5\x2f\xfd":
        return None
    descriptor = frame[4]
    single, code = descriptor >> 5 & 1, descriptor >> 6
    if code == 0 and not single:
        return None
    start = 5 + (0 if single else 1) + (0, 1, 2, 4)[descriptor & 3]
    width = (1, 2, 4, 8)[code]
    size = int.from_bytes(frame[start : start + width], "little")
    return size + 256 if code == 1 else size


class Line(NamedTuple):
    """One row of chunks, all along the other axes, in one piece: memory in many small pieces is not given back."""

    data: bytes
    lengths: tuple[int, ...]

    @classmethod
    def of(cls, chunks: Sequence[bytes]) -> Line:
        return cls(b"".join(chunks), tuple(map(len, chunks)))

    @classmethod
    def encoded(cls, blocks: Iterable[npt.NDArray[Any]]) -> Line:
        """Each block as a chunk; the bytes are copied once."""
        chunks = [encoded(block) for block in blocks]
        return cls(b"".join(itertools.chain(*chunks)), tuple(sum(map(len, chunk)) for chunk in chunks))

    def chunks(self) -> list[bytes]:
        ends = list(itertools.accumulate(self.lengths))
        return [self.data[end - length : end] for end, length in zip(ends, self.lengths, strict=True)]


def shard(lines: Sequence[Line], count: int) -> list[bytes]:
    """The buffers of a shard file: the first chunks of ``count``, in C order of the grid, then the index."""
    index = np.full((count, 2), EMPTY, "<u8")
    lengths = np.array([length for line in lines for length in line.lengths], "<u8")
    index[: len(lengths), 1] = lengths
    index[: len(lengths), 0] = np.cumsum(lengths) - lengths
    tail = index.tobytes()
    return [*(line.data for line in lines), tail, struct.pack("<I", google_crc32c.value(tail))]


def index_bytes(count: int) -> int:
    """Size of the index of a shard of ``count`` chunks, with its checksum."""
    return 16 * count + 4


def parse_index(tail: bytes, count: int, size: int) -> npt.NDArray[np.int64]:
    """Offset and length of each chunk, -1 where absent, from the last bytes of a shard of ``size`` bytes.

    Raises ValueError when the index is damaged or points outside the file.
    """
    if len(tail) != index_bytes(count):
        raise ValueError(f"the file has {size} bytes, too few for its index")
    body, check = tail[:-4], tail[-4:]
    if struct.pack("<I", google_crc32c.value(body)) != check:
        raise ValueError("the checksum of the index does not match")
    index = np.frombuffer(body, "<u8").reshape(count, 2)
    absent = (index == EMPTY).all(axis=1)
    room = np.uint64(size - len(tail))
    inside = (index[:, 0] <= room) & (index[:, 1] <= room) & (index[:, 0] + index[:, 1] <= room)
    if not (inside | absent).all():
        raise ValueError("the index points outside the file")
    table = np.where(absent[:, None], np.uint64(0), index).astype(np.int64)
    table[absent] = -1
    return table
