"""Going on with a recording where its last commit ends."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pyarrow as pa

from neuronaut.core.errors import CorruptRecording, NotARecording
from neuronaut.store.create import refusals, take_lock
from neuronaut.store.damage import damage_in
from neuronaut.store.fs import Fs, read_file, write_file
from neuronaut.store.jobs import Jobs
from neuronaut.store.ledger import Ledger
from neuronaut.store.manifest import COMMIT, MANIFEST, Commit, Manifest
from neuronaut.store.samples import join, read_part
from neuronaut.store.sealed import LIMIT
from neuronaut.store.tail import Tail
from neuronaut.store.writer import Writer
from neuronaut.store.zarr_json import root_json, to_bytes


def resume(path: str | os.PathLike[str], *, beside: bool = True) -> Writer:
    """The writer of a recording that is there; ``Writer.rows`` tells where to go on. ``beside`` as in ``create``.

    Raises NotARecording, RecordingLocked while another process writes, CorruptRecording when its end is damaged.
    """
    return resume_on(Fs(path), jobs=Jobs(beside=beside))


def resume_on(fs: Fs, *, jobs: Jobs | None = None, clock: Callable[[], float] = time.monotonic) -> Writer:
    """``resume`` on a given disk, with given threads and clock."""
    read_head(fs)
    with refusals(fs, "resume"):
        take_lock(fs)
        jobs = jobs or Jobs()
        try:
            manifest, commit = read_head(fs)
            _remove_temporary(fs, manifest)
            tails = [Tail(fs, entry, jobs) for entry in manifest.entries if entry.axis]
            with damage_in(fs):
                for tail in tails:
                    _load(tail, tail.entry.rows(commit.counts))
                ledger = Ledger(commit.parts, _schema(fs, commit))
            ledger.settle(fs)
            write_file(fs, "zarr.json", [to_bytes(root_json(manifest.entries, commit.counts))])
            return Writer(fs, manifest, commit, tails, jobs, ledger=ledger, clock=clock)
        except BaseException:
            jobs.close()
            fs.unlock()
            raise


def read_head(fs: Fs) -> tuple[Manifest, Commit]:
    """Both sealed files of a recording. Raises NotARecording, CorruptRecording or NewerFormat."""
    if not fs.is_folder():
        if fs.root.is_file():
            raise NotARecording(f"{fs} is a file. A recording is a folder, NAME.naut, as record writes it.")
        raise NotARecording(f"{fs}: there is no such folder, so no recording. Check the path and the current folder.")
    with damage_in(fs):
        commit, manifest = _read(fs, COMMIT), _read(fs, MANIFEST)
        if manifest is None and commit is None:
            raise NotARecording(f"{fs} is no recording: it has no {MANIFEST}.")
        if manifest is None:
            raise CorruptRecording(f"{fs}: {MANIFEST} is missing.")
        parsed = Manifest.parse(manifest)
        if commit is None:
            raise NotARecording(f"{fs} holds no commit: it was interrupted while being created, nothing was recorded.")
        return parsed, Commit.parse(commit, parsed)


def _read(fs: Fs, name: str) -> bytes | None:
    try:
        return read_file(fs, name, LIMIT)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CorruptRecording(f"{fs}: {name} cannot be read ({error}).") from error


def _remove_temporary(fs: Fs, manifest: Manifest) -> None:
    for folder in ("", *(entry.path for entry in manifest.entries)):
        for name in fs.names(folder):
            if name.endswith(".tmp"):
                fs.unlink(f"{folder}/{name}" if folder else name)


def _load(tail: Tail, rows: int) -> None:
    try:
        tail.load(rows)
    except (OSError, ValueError) as error:
        raise CorruptRecording(f"{tail.entry.name} rows before {rows}: {error}.") from error


def _schema(fs: Fs, commit: Commit) -> pa.Schema | None:
    if not commit.parts:
        return None
    try:
        return join(read_part(fs, part).slice(0, 0) for part in commit.parts).schema
    except FileNotFoundError as error:
        raise CorruptRecording(f"{fs}: a metadata file is missing ({error}).") from error
