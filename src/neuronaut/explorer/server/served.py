"""What is served: recordings by id, each as of its last commit, and the blocks that their manifests named."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neuronaut.core.errors import DataError, NeuronautError
from neuronaut.explorer.blobs import Block
from neuronaut.explorer.server.manifest import Snapshot, snapshot
from neuronaut.store.manifest import COMMIT
from neuronaut.store.recording import Recording, open_on
from neuronaut.store.results import kept_results
from neuronaut.store.saved import SAVED

KEPT = 3
"""Snapshots of a recording whose blocks are still given, for pages that have not asked anew."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something new in a recording: ``commit`` (more samples), ``result``, or ``saved`` (slices and labels)."""

    kind: str
    recording: str
    sequence: int
    name: str | None = None


class Served:
    """The recordings of one server. Safe to use from several threads."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self._lock = threading.Lock()
        self._building = threading.Lock()
        self._open: dict[str, Recording] = {}
        for rec in recordings:
            if rec.id in self._open:
                raise DataError(_twice(self._open[rec.id], rec))
            self._open[rec.id] = rec
        self._marks = {rec.id: _mark(rec) for rec in recordings}
        self._results = {rec.id: kept_results(rec) for rec in recordings}
        self._snapshots: dict[str, list[tuple[object, Snapshot]]] = {id: [] for id in self._open}
        self._next_block = 0
        # Whoever looks first finds what is new, a query as well as a listener: it is kept until it is told.
        self._untold: deque[Event] = deque(maxlen=256)

    @property
    def first(self) -> str:
        return next(iter(self._open))

    @property
    def recordings(self) -> Mapping[str, Recording]:
        """By id, as of the last look."""
        return dict(self._open)

    def recording(self, id: str) -> Recording | None:
        """The recording as of its last commit."""
        if id in self._open:
            self._look(id)
        return self._open.get(id)

    def ready(self, id: str) -> Snapshot | None:
        """The manifest of a recording as of its last commit, if it is made already."""
        self._look(id)
        made = self._snapshots[id]
        return made[-1][1] if made and made[-1][0] == self._marks[id] else None

    def snapshot(self, id: str) -> Snapshot:
        """The manifest of a recording as of its last commit. Raises ExportError when there is nothing to show."""
        with self._building:
            there = self.ready(id)
            if there is not None:
                return there
            mark, rec = self._marks[id], self._open[id]
            new = snapshot(rec, self._next_block)
            self._next_block += len(new.blocks)
            self._snapshots[id] = [*self._snapshots[id][1 - KEPT :], (mark, new)]
            return new

    def block(self, id: str) -> Block | None:
        """A block that a manifest of these recordings names. No two blocks of one server have the same id."""
        for made in list(self._snapshots.values()):
            for _, one in reversed(made):
                if id in one.blocks:
                    return one.blocks[id]
        return None

    def news(self) -> list[Event]:
        """What is new since the last time this was asked."""
        for id in list(self._open):
            self._look(id)
        with self._lock:
            found = list(self._untold)
            self._untold.clear()
        for id, rec in self.recordings.items():
            with contextlib.suppress(OSError):
                names = kept_results(rec)
                fresh = sorted(names - self._results[id])
                self._results[id] = names
                found += [Event("result", id, rec.sequence, name) for name, _ in fresh]
        return found

    def _look(self, id: str) -> None:
        """Open a recording again when its commit or what was saved in it changed; a look costs two file states."""
        with self._lock:
            rec = self._open[id]
            mark = _mark(rec)
            if mark == self._marks[id]:
                return
            try:
                later = open_on(rec.fs, writable=rec.writable)
            except NeuronautError:
                return  # it is being replaced, or damaged: what was read stays
            self._open[id] = later if later.id == id else rec
            self._marks[id] = mark
            self._untold.append(Event("commit" if later.sequence != rec.sequence else "saved", id, later.sequence))


def _twice(rec: Recording, again: Recording) -> str:
    if rec.path.resolve() == again.path.resolve():
        return f"{rec.path.name} was given twice. Give each recording once."
    return f"{rec.path} and {again.path} are copies of one recording. Give one of them."


def _mark(rec: Recording) -> tuple[object, ...]:
    state: list[object] = []
    for name in (COMMIT, SAVED):
        size = rec.fs.size(name)
        with contextlib.suppress(OSError):
            state.append((size, None if size is None else rec.fs.modified(name)))
    return tuple(state)
