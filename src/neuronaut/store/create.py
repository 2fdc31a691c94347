"""A new recording on the disk, or the lock on one that is there."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from neuronaut.core.errors import DataError, NeuronautError, RecordingExists, RecordingLocked, RecordingWriteError
from neuronaut.store.card import RecordingCard
from neuronaut.store.fs import Fs, read_file, remove_tree, write_file
from neuronaut.store.jobs import Jobs
from neuronaut.store.layout import ArraySpec, Entry, plan
from neuronaut.store.ledger import Ledger
from neuronaut.store.manifest import COMMIT, LOCK, MANIFEST, Commit, Manifest
from neuronaut.store.naming import GROUPS
from neuronaut.store.samples import sample_table, write_part
from neuronaut.store.tail import Tail
from neuronaut.store.writer import Writer
from neuronaut.store.zarr_json import array_json, group_json, groups, root_json, to_bytes

_OWN = re.compile(r"(samples-\d+\.parquet|recording\.json|commit\.json|zarr\.json)(\.tmp)?")


def create(
    path: str | os.PathLike[str],
    card: RecordingCard,
    arrays: Sequence[ArraySpec],
    *,
    static: Mapping[str, npt.NDArray[Any]] | None = None,
    metadata_schema: pa.Schema | None = None,
    samples: pa.Table | None = None,
    overwrite: bool = False,
    beside: bool = True,
) -> Writer:
    """Make an empty recording and return its writer, which holds the lock.

    ``static``: arrays written once, such as parameters, by name. ``metadata_schema``: the user's columns, so that
    also a recording without samples has them. ``samples``: metadata of the samples when ``step`` is what grows.
    ``beside=False``: the caller keeps all cores busy itself, so ``append`` waits for the encoding from time to time.

    >>> import tempfile
    >>> from neuronaut.core.layer import Graph
    >>> folder = tempfile.TemporaryDirectory()
    >>> fc1 = ArraySpec("activations/fc1/post", "float32", (2,), ("sample", "unit"))
    >>> with create(f"{folder.name}/a.naut", RecordingCard(Graph(())), [fc1]) as writer:
    ...     writer.append({"activations/fc1/post": np.ones((3, 2), np.float32)}, pa.table({"age": [22, 38, 26]}))
    ...     writer.commit()
    3
    >>> folder.cleanup()

    Raises RecordingExists when something is there, RecordingLocked while another process writes, DataError for arrays
    that cannot be stored, RecordingWriteError when the disk refuses.
    """
    return create_on(
        Fs(path),
        card,
        arrays,
        static=static,
        metadata_schema=metadata_schema,
        samples=samples,
        overwrite=overwrite,
        jobs=Jobs(beside=beside),
    )


def create_on(
    fs: Fs,
    card: RecordingCard,
    arrays: Sequence[ArraySpec],
    *,
    static: Mapping[str, npt.NDArray[Any]] | None = None,
    metadata_schema: pa.Schema | None = None,
    samples: pa.Table | None = None,
    overwrite: bool = False,
    jobs: Jobs | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Writer:
    """``create`` on a given disk, with given threads and clock."""
    static = {name: np.asarray(array) for name, array in (static or {}).items()}
    manifest = Manifest(card, plan(arrays, static, card.append_axis))
    manifest.check()
    first = _first_samples(card, metadata_schema, samples)
    with refusals(fs, "create"):
        _check_vacant(fs, overwrite)
        fs.make_root()
        take_lock(fs)
        try:
            _check_vacant(fs, overwrite)
            fs.sync_folder()
            fs.sync_parent()
            _clear(fs)
            return _build(fs, manifest, static, first, jobs or Jobs(), clock)
        except BaseException:
            fs.unlock()
            raise


def _build(
    fs: Fs,
    manifest: Manifest,
    static: Mapping[str, npt.NDArray[Any]],
    first: pa.Table | None,
    jobs: Jobs,
    clock: Callable[[], float],
) -> Writer:
    entries = manifest.entries
    counts = dict.fromkeys((manifest.append_axis, *manifest.ragged), 0)
    try:
        for path in groups(entries):
            fs.mkdir(path)

        def prepare_group(path: str) -> None:
            write_file(fs, f"{path}/zarr.json", [to_bytes(group_json())])

        jobs.map(prepare_group, groups(entries))
        tails = [Tail(fs, entry, jobs) for entry in entries]

        def prepare(tail: Tail) -> None:
            _prepare(fs, tail.entry, counts)

        jobs.map(prepare, tails)
        for tail in tails:
            tail.append(_first_rows(tail.entry, static))
        jobs.wait()
        jobs.map(Tail.flush, tails)
        jobs.map(fs.sync_folder, [*(entry.path for entry in entries), *reversed(groups(entries))])
        for tail in tails:
            tail.unsynced = False
        write_file(fs, MANIFEST, [manifest.to_bytes()])
        write_file(fs, "zarr.json", [to_bytes(root_json(entries, counts))])
        parts = () if first is None else (write_part(fs, 0, first),)
        fs.sync_folder()
        commit = Commit(manifest.id, 0, counts, parts=parts)
        write_file(fs, COMMIT, [commit.to_bytes(manifest.append_axis)])
        fs.sync_folder()
    except BaseException:
        jobs.close()
        raise
    growing = [tail for tail in tails if tail.entry.axis]
    ledger = Ledger(parts, None if first is None else first.schema)
    return Writer(fs, manifest, commit, growing, jobs, ledger=ledger, clock=clock)


def _prepare(fs: Fs, entry: Entry, counts: Mapping[str, int]) -> None:
    fs.mkdir(entry.path)
    rows = 0 if entry.axis else entry.rows(counts)
    write_file(fs, f"{entry.path}/zarr.json", [to_bytes(array_json(entry, rows))])


def _first_rows(entry: Entry, static: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[Any]:
    if entry.lead:
        return np.zeros(entry.lead, entry.type.dtype)
    if entry.axis:
        return np.zeros((0, *entry.shape), entry.type.dtype)
    array = static[entry.name]
    return array.reshape((entry.fixed, *entry.shape))


def _first_samples(card: RecordingCard, schema: pa.Schema | None, samples: pa.Table | None) -> pa.Table | None:
    if card.append_axis == "sample":
        if samples is not None:
            raise DataError("samples grow in this recording. Give their metadata with each append.")
        user = None if schema is None else schema.empty_table()
        return None if user is None else sample_table(user, np.zeros(0, np.int64))
    if samples is None:
        return None
    return sample_table(samples, np.arange(samples.num_rows))


def take_lock(fs: Fs) -> None:
    """Become the single writer. Raises RecordingLocked naming the other one."""
    since = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    note = {"neuronaut": "writer", "pid": os.getpid(), "host": socket.gethostname(), "since": since}
    other = fs.lock(LOCK, json.dumps(note).encode())
    if other is None:
        return
    try:
        who = json.loads(other)
        text = f"process {int(who['pid'])} on {str(who['host'])[:100]} since {str(who['since'])[:40]}"
    except (ValueError, TypeError, KeyError, RecursionError):
        text = "another process"
    raise RecordingLocked(f"{fs} is being written by {text}. Wait for it or end it; reading is possible meanwhile.")


@contextlib.contextmanager
def refusals(fs: Fs, doing: str) -> Iterator[None]:
    """Turn what the disk refuses into RecordingWriteError."""
    try:
        yield
    except OSError as error:
        if isinstance(error, NeuronautError):
            raise
        raise RecordingWriteError(f"cannot write {fs} ({doing}: {error}). Free space or repair the disk.") from error


def _check_vacant(fs: Fs, overwrite: bool) -> None:
    names = set(fs.names())
    if fs.root.exists() and not fs.is_folder():
        raise RecordingExists(f"{fs} is a file. Choose another place.")
    if not names or _is_interrupted(fs, names):
        return
    if not (MANIFEST in names and _starts_like_ours(fs)) and not _is_interrupted(fs, names - {COMMIT}):
        raise RecordingExists(f"{fs} is a folder with other files in it. Choose another place; nothing was changed.")
    if not overwrite:
        raise RecordingExists(f"{fs} is there already. Use resume=True to go on, overwrite=True to replace it.")


def _is_interrupted(fs: Fs, names: set[str]) -> bool:
    """Whether a creation ended before its first commit, so that nothing was ever recorded here."""
    if COMMIT in names or LOCK not in names:
        return False
    try:
        return names == {LOCK} or read_file(fs, LOCK, 4096).startswith(b'{"neuronaut"')
    except OSError:
        return False


def _starts_like_ours(fs: Fs) -> bool:
    try:
        with fs.open(MANIFEST) as file:
            return file.pread(40, 0).startswith(b'{"body":{"format":"neuronaut-recording"')
    except OSError:
        return False


def _clear(fs: Fs) -> None:
    """Remove the recording that was here, its commit first; files that are not ours stay."""
    names = fs.names()
    if COMMIT in names:
        fs.unlink(COMMIT)
        fs.sync_folder()
    for name in names:
        if name in (*GROUPS, "results") or (_OWN.fullmatch(name) and name != COMMIT):
            remove_tree(fs, name)
