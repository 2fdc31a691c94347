"""Verify: every byte of a recording against its checksums; damage is named by layer and rows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.core.errors import CorruptRecording
from neuronaut.store import shards
from neuronaut.store.fs import File, Fs, read_file
from neuronaut.store.layout import Entry
from neuronaut.store.manifest import Commit, Manifest
from neuronaut.store.naming import split_name
from neuronaut.store.results import damaged_results
from neuronaut.store.resume import read_head
from neuronaut.store.samples import read_part
from neuronaut.store.saved import SAVED, read_saved
from neuronaut.store.sealed import LIMIT
from neuronaut.store.zarr_json import array_json, group_json, groups, root_json, to_bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """One damaged place: the file, the layer or array and its rows where they are known, and what is wrong."""

    file: str
    what: str
    array: str | None = None
    layer: str | None = None
    rows: tuple[int, int] | None = None

    def __str__(self) -> str:
        place = self.array if self.array is not None else self.file
        rows = "" if self.rows is None else f" rows {self.rows[0]}:{self.rows[1]}"
        return f"{place}{rows}: {self.what} ({self.file})" if self.array is not None else f"{place}: {self.what}"


def verify(path: str | os.PathLike[str]) -> list[Damage]:
    """Check every byte of a recording; an empty list means that all is as it was written.

    Raises NotARecording where there is none, NewerFormat for a later format.
    """
    return verify_on(Fs(path))


def verify_on(fs: Fs) -> list[Damage]:
    """``verify`` on a given disk."""
    try:
        manifest, commit = read_head(fs)
    except CorruptRecording as error:
        return [Damage(error.damage.partition(":")[0], error.damage)]
    found = [*_metadata(fs, manifest, commit), *_samples(fs, commit)]
    for entry in manifest.entries:
        found += _array(fs, entry, entry.rows(commit.counts))
    try:
        read_saved(fs)
    except CorruptRecording as error:
        found.append(Damage(SAVED, str(error)))
    return found + [Damage(file, what) for file, what in damaged_results(fs)]


def _metadata(fs: Fs, manifest: Manifest, commit: Commit) -> Iterator[Damage]:
    yield from _same(fs, "zarr.json", _roots(fs, manifest, commit))
    for path in groups(manifest.entries):
        yield from _same(fs, f"{path}/zarr.json", [to_bytes(group_json())])
    for entry in manifest.entries:
        rows = _declared(fs, f"{entry.path}/zarr.json", entry.rows(commit.counts))
        yield from _same(fs, f"{entry.path}/zarr.json", [to_bytes(array_json(entry, rows))], entry)


def _roots(fs: Fs, manifest: Manifest, commit: Commit) -> list[bytes]:
    """What the root may say: this commit's rows, or those of an earlier one."""
    current = to_bytes(root_json(manifest.entries, commit.counts))
    try:
        told = json.loads(read_file(fs, "zarr.json", LIMIT))["attributes"]["neuronaut"]["rows"]
        earlier = {axis: int(told[axis]) for axis in commit.counts}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return [current]
    true = all(0 <= earlier[axis] <= count for axis, count in commit.counts.items())
    return [current, to_bytes(root_json(manifest.entries, earlier))] if true else [current]


def _declared(fs: Fs, name: str, rows: int) -> int:
    """The rows an array's zarr.json declares, when these are committed: it is written at creation and at the end."""
    try:
        told = json.loads(read_file(fs, name, LIMIT))["shape"][0]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return rows
    return told if type(told) is int and 0 <= told <= rows else rows


def _same(fs: Fs, name: str, allowed: list[bytes], entry: Entry | None = None) -> Iterator[Damage]:
    try:
        data = read_file(fs, name, LIMIT)
    except OSError as error:
        yield Damage(name, f"cannot be read ({error})", *_place(entry))
        return
    if data not in allowed:
        yield Damage(name, "is not as it was written", *_place(entry))


def _samples(fs: Fs, commit: Commit) -> Iterator[Damage]:
    start = 0
    for part in commit.parts:
        try:
            read_part(fs, part)
        except (CorruptRecording, OSError) as error:
            what = error.damage if isinstance(error, CorruptRecording) else str(error)
            yield Damage(part.file, what, rows=(start, start + part.rows))
        start += part.rows


def _array(fs: Fs, entry: Entry, rows: int) -> Iterator[Damage]:
    if entry.empty:
        return
    for number, start in enumerate(range(0, rows, entry.height)):
        stop = min(start + entry.height, rows)
        try:
            with fs.open(entry.file(number)) as file:
                yield from _shard(file, entry, number, start, stop)
        except OSError as error:
            yield Damage(entry.file(number), f"cannot be read ({error})", *_place(entry), (start, stop))


def _shard(file: File, entry: Entry, number: int, start: int, stop: int) -> Iterator[Damage]:
    count = entry.grid[0] * entry.across
    size = shards.index_bytes(count)
    name, place = entry.file(number), _place(entry)
    try:
        index = shards.parse_index(file.pread(size, max(0, file.size - size)), count, file.size)
    except ValueError as error:
        yield Damage(name, str(error), *place, (start, stop))
        return
    present = index[index[:, 0] >= 0]
    ends = np.cumsum(present[:, 1])
    tight = np.array_equal(present[:, 0], ends - present[:, 1]) and (ends[-1] if len(ends) else 0) == file.size - size
    if not tight or (index[len(present) :, 0] >= 0).any():
        yield Damage(name, "the chunks are not one after the other", *place, (start, stop))
    step = entry.chunk[0]
    block = np.empty(entry.chunk, entry.type.dtype)
    for line in range(entry.grid[0]):
        low, high = start + line * step, min(start + (line + 1) * step, stop)
        wrong = _line(file, index[line * entry.across : (line + 1) * entry.across], block, low < stop)
        if wrong:
            yield Damage(name, wrong, *place, (min(low, stop), max(high, low) if low < stop else stop))


def _line(file: File, index: npt.NDArray[np.int64], block: npt.NDArray[Any], needed: bool) -> str:
    """What is wrong with one row of chunks, or nothing."""
    for offset, length in index.tolist():
        if offset < 0:
            if needed:
                return "a chunk is missing"
            continue
        try:
            shards.decode(file.pread(length, offset), block)
        except ValueError as error:
            return str(error)
    return ""


def _place(entry: Entry | None) -> tuple[str | None, str | None]:
    if entry is None:
        return None, None
    group, layer, _ = split_name(entry.name)
    return entry.name, layer if group == "activations" else None
