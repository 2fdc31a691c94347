"""Writing a recording: append in the background, commit as one, lose nothing that was acknowledged."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from neuronaut.core.axes import SAMPLE
from neuronaut.core.errors import DataError, NeuronautError, RecordingWriteError, unknown
from neuronaut.store.card import RecordingCard
from neuronaut.store.fs import Fs, write_file
from neuronaut.store.jobs import Jobs
from neuronaut.store.layout import Entry, offsets_name
from neuronaut.store.ledger import Ledger
from neuronaut.store.manifest import COMMIT, Commit, Manifest
from neuronaut.store.samples import sample_table
from neuronaut.store.tail import Tail
from neuronaut.store.zarr_json import array_json, root_json, to_bytes

Array = npt.NDArray[Any]

INTERVAL = 10.0
"""Seconds between commits that append makes by itself."""
BUDGET = 256 << 20
"""Raw bytes after which append commits earlier."""
PATIENCE = 20.0
"""No commit of its own until this many times the last one's duration has passed: about 5 % of the time."""


class Writer:
    """The single writer of a recording, from ``create`` or ``resume``.

    As a context manager it finishes the recording; after an exception it commits what is complete and closes.
    """

    def __init__(
        self,
        fs: Fs,
        manifest: Manifest,
        commit: Commit,
        tails: Sequence[Tail],
        jobs: Jobs,
        *,
        ledger: Ledger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fs = fs
        self._manifest = manifest
        self._commit = commit
        self._tails = {tail.entry.name: tail for tail in tails}
        self._jobs = jobs
        self._ledger = ledger
        self._clock = clock
        self._counts = dict(commit.counts)
        self._sequence = commit.sequence
        self._stopped = ""
        self._uncommitted = 0
        self._last, self._took = clock(), 0.0

    @property
    def path(self) -> Path:
        return self._fs.root

    @property
    def card(self) -> RecordingCard:
        return self._manifest.card

    @property
    def rows(self) -> int:
        """Rows appended so far, committed or not: where to go on after ``resume``."""
        return self._counts[self._manifest.append_axis]

    @property
    def committed(self) -> int:
        """Rows that are safe on the disk."""
        return self._commit.counts[self._manifest.append_axis]

    def append(
        self,
        arrays: Mapping[str, Array],
        metadata: pa.Table | None = None,
        *,
        samples: npt.ArrayLike | None = None,
        half: npt.ArrayLike | None = None,
        lengths: Mapping[str, npt.ArrayLike] | None = None,
    ) -> None:
        """Append rows to all arrays at once; they are copied, so the caller may reuse its memory.

        ``metadata``: the user's columns, one row for each sample. ``samples``: original sample ids (default: running
        numbers). ``half``: 0 or 1 for each (default: by the id). ``lengths``: for each ragged axis, its rows in each
        sample. Commits by itself every 10 seconds or 256 MiB.

        Raises DataError, before anything is taken, for rows that do not fit; RecordingWriteError when the disk refuses.
        """
        self._check_alive()
        checked, grown = self._check(arrays, lengths or {})
        table = self._table(metadata, samples, half, grown)
        with self._disk("append"), self._undo():
            for name, rows in checked.items():
                self._tails[name].append(rows)
            if table is not None:
                self._ledger.append(table)
            for axis, more in grown.items():
                self._counts[axis] += more
        with self._disk("append"):
            self._ledger.relieve(self._fs)
        self._uncommitted += sum(rows.nbytes for rows in checked.values())
        if self._due():
            self.commit()

    def commit(self) -> int:
        """Make all rows appended so far safe on the disk and visible to readers; return how many there are."""
        self._check_alive()
        start = self._clock()
        with self._disk("commit"):
            self._jobs.wait()
            if self._counts != self._commit.counts or self._commit.sequence == 0:
                self._commit_rows(finished=False)
        self._uncommitted = 0
        self._last = self._clock()
        self._took = self._last - start
        return self.committed

    def finish(self) -> None:
        """Commit, write the final shapes, mark the recording as finished and release it."""
        self.commit()
        with self._disk("finish"):
            self._jobs.map(self._write_final, [tail.entry for tail in self._tails.values()])
            self._replace_commit(self._commit.parts, finished=True)
        self._release("finished")

    def close(self) -> None:
        """Commit what is there and release the recording without finishing it; ``resume`` goes on."""
        if not self._stopped:
            self.commit()
            self._release("closed")

    def abort(self) -> None:
        """Release the recording without committing the last rows."""
        self._release("aborted")

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is None:
            if not self._stopped:
                self.finish()
            return
        try:
            self.close()
        except NeuronautError as second:
            error.add_note(f"{self.path}: {second}")
        finally:
            self.abort()

    # Commit

    def _commit_rows(self, *, finished: bool) -> None:
        tails = list(self._tails.values())
        self._jobs.map(Tail.flush, tails)
        self._jobs.map(Tail.sync, [tail for tail in tails if tail.unsynced])
        parts = self._ledger.write(self._fs)
        if parts != self._commit.parts:
            self._fs.sync_folder()  # else the name of the commit could outlive the name of the part it needs
        self._replace_commit(parts, finished=finished)
        self._ledger.settle(self._fs)
        write_file(self._fs, "zarr.json", [to_bytes(root_json(self._manifest.entries, self._counts))])

    def _replace_commit(self, parts: Sequence[Any], *, finished: bool) -> None:
        self._sequence += 1
        commit = Commit(self._manifest.id, self._sequence, dict(self._counts), finished, tuple(parts))
        write_file(self._fs, COMMIT, [commit.to_bytes(self._manifest.append_axis)])
        self._fs.sync_folder()
        self._commit = commit

    def _write_final(self, entry: Entry) -> None:
        data = to_bytes(array_json(entry, entry.rows(self._counts)))
        write_file(self._fs, f"{entry.path}/zarr.json", [data])
        self._fs.sync_folder(entry.path)

    def _due(self) -> bool:
        waited = self._clock() - self._last
        return (waited >= INTERVAL or self._uncommitted >= BUDGET) and waited >= PATIENCE * self._took

    # Rows

    def _check(
        self, arrays: Mapping[str, Array], lengths: Mapping[str, npt.ArrayLike]
    ) -> tuple[dict[str, Array], dict[str, int]]:
        main = self._manifest.append_axis
        checked = self._offsets(lengths)
        wanted = [name for name, tail in self._tails.items() if tail.entry.axis and not tail.entry.lead]
        for name in arrays:
            if name not in wanted:
                raise unknown("array", name, wanted)
        grown: dict[str, int] = {}
        for axis in self._manifest.ragged:
            grown[axis] = int(np.asarray(lengths[axis]).sum())
            grown[main] = len(np.asarray(lengths[axis]))
        for name in wanted:
            if name not in arrays:
                raise DataError(f"no rows for {name!r}. Every append gives rows for all arrays: {', '.join(wanted)}.")
            entry, rows = self._tails[name].entry, np.asarray(arrays[name])
            checked[name] = _fitting(entry, rows)
            if grown.setdefault(entry.axis, len(rows)) != len(rows):
                raise DataError(f"{name!r} has {len(rows)} rows where {grown[entry.axis]} were given before it.")
        return checked, grown

    def _offsets(self, lengths: Mapping[str, npt.ArrayLike]) -> dict[str, Array]:
        if set(lengths) != set(self._manifest.ragged):
            raise DataError(f"lengths for {sorted(lengths)}, but the ragged axes are {sorted(self._manifest.ragged)}.")
        table: dict[str, Array] = {}
        for axis, given in lengths.items():
            length = np.asarray(given)
            if length.ndim != 1 or (len(length) and (length.dtype.kind not in "iu" or length.min() < 0)):
                raise DataError(f"lengths of {axis!r} must be whole numbers, one for each sample.")
            table[offsets_name(axis)] = self._counts[axis] + np.cumsum(length, dtype=np.int64)
        return table

    def _table(
        self,
        metadata: pa.Table | None,
        samples: npt.ArrayLike | None,
        half: npt.ArrayLike | None,
        grown: dict[str, int],
    ) -> pa.Table | None:
        main = self._manifest.append_axis
        if main != SAMPLE:
            if metadata is not None or samples is not None or half is not None:
                raise DataError("samples do not grow in this recording. Give their metadata when creating it.")
            grown.setdefault(main, 0)
            return None
        count = grown.setdefault(main, 0 if metadata is None else metadata.num_rows)
        ids = np.arange(self.rows, self.rows + count) if samples is None else np.asarray(samples)
        if ids.shape != (count,) or ids.dtype.kind not in "iu":
            raise DataError(f"{count} samples need as many whole numbers as ids, not {ids.dtype} {ids.shape}.")
        table = sample_table(metadata, ids.astype(np.int64), half)
        self._ledger.check(table)
        return table

    # Failure

    @contextlib.contextmanager
    def _disk(self, doing: str) -> Iterator[None]:
        """After a refused write (or no memory) nothing more is tried: the writer stops, what was committed stays."""
        try:
            error = self._jobs.failed()
            if error is not None:
                raise error
            yield
        except (OSError, MemoryError) as error:
            self._release("stopped by a failed write")
            what = str(error) or "no memory"
            raise RecordingWriteError(
                f"cannot write {self.path} ({doing}: {what}). {self.committed:,} rows are safe; free space or repair "
                "the disk, then resume.",
                committed=self.committed,
            ) from error

    @contextlib.contextmanager
    def _undo(self) -> Iterator[None]:
        """An append that is interrupted leaves no half of itself."""
        marks = [(tail, tail.mark()) for tail in self._tails.values()]
        counts, ledger = dict(self._counts), self._ledger.mark()
        try:
            yield
        except BaseException:
            with contextlib.suppress(OSError):
                self._jobs.wait()
            for tail, mark in marks:
                tail.restore(mark)
            self._counts = counts
            self._ledger.restore(ledger)
            raise

    def _check_alive(self) -> None:
        if self._stopped:
            raise RecordingWriteError(
                f"this writer of {self.path} was {self._stopped}; {self.committed:,} rows are safe. "
                "Use resume to go on.",
                committed=self.committed,
            )

    def _release(self, why: str) -> None:
        if not self._stopped:
            self._stopped = why
            self._jobs.close()
            self._fs.unlock()


def _fitting(entry: Entry, rows: Array) -> Array:
    dtype = entry.type.dtype
    if rows.ndim != len(entry.shape) + 1 or rows.shape[1:] != entry.shape:
        raise DataError(f"{entry.name!r} has rows of shape {rows.shape[1:]}, {entry.shape} was declared.")
    if rows.dtype != dtype:
        if not np.can_cast(rows.dtype, dtype, "safe"):
            raise DataError(
                f"{entry.name!r} is {rows.dtype}, {entry.type.name} was declared. Convert before appending."
            )
        rows = rows.astype(dtype)
    return rows
