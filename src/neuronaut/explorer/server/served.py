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
from neuronaut.store.results import kept_ablations, kept_results
from neuronaut.store.saved import SAVED

KEPT = 3
"""Snapshots of a recording whose blocks are still given, for pages that have not asked anew."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something new in a recording: ``commit`` (more samples), ``result``, ``saved`` (slices and labels), or
    ``replaced``: in its place lies another one, whose id is ``name``.
    """

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
        self._shown = {rec.id: kept_ablations(rec) for rec in recordings}
        self._replaced: dict[str, str] = {}
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

    def standing(self, id: str | None) -> str | None:
        """The id of what lies now where this recording was; without one, of the first. None: it was never served."""
        self.recording(self.first if id is None else id)
        id = self.first if id is None else id
        while id in self._replaced:
            id = self._replaced[id]
        return id if id in self._open else None

    def steady(self, id: str) -> bool:
        """Whether the recording on the disk is the one that was opened, to the last commit."""
        rec = self.recording(id)
        return rec is not None and _mark(rec) == self._marks[id]

    def ready(self, id: str) -> Snapshot | None:
        """The manifest of a recording as of its last commit and its kept Results, if it is made already."""
        rec = self.recording(id)
        made = self._snapshots[id]
        return made[-1][1] if rec and made and made[-1][0] == self._state(rec) else None

    def snapshot(self, id: str) -> Snapshot:
        """The manifest of a recording as of its last commit. Raises ExportError when there is nothing to show."""
        with self._building:
            there = self.ready(id)
            if there is not None:
                return there
            rec = self._open.get(id)
            if rec is None:
                raise DataError("it was recorded anew. Ask for the manifest of what lies there now.")
            state = self._state(rec)
            new = snapshot(rec, self._next_block)
            self._next_block += len(new.blocks)
            self._snapshots[id] = [*self._snapshots[id][1 - KEPT :], (state, new)]
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
                shown = kept_ablations(rec)
                if shown != self._shown[id] and all(name != "ablate" for name, _ in fresh):
                    found.append(Event("result", id, rec.sequence, "ablate"))
                self._shown[id] = shown
        return found

    def _state(self, rec: Recording) -> tuple[object, ...]:
        """What a manifest is made of, to tell whether it still holds."""
        return self._marks[rec.id], kept_ablations(rec)

    def _look(self, id: str) -> None:
        """Open a recording again when its commit or what was saved in it changed; a look costs two file states."""
        with self._lock:
            rec = self._open.get(id)
            if rec is None or (mark := _mark(rec)) == self._marks[id]:
                return
            try:
                later = open_on(rec.fs, writable=rec.writable)
            except NeuronautError:
                return  # it is being replaced, or damaged: what was read stays
            self._marks[later.id] = mark
            if later.id != id:
                return self._replace(id, later)
            self._open[id] = later
            self._untold.append(Event("commit" if later.sequence != rec.sequence else "saved", id, later.sequence))

    def _replace(self, id: str, later: Recording) -> None:
        """Serve what was recorded anew in the place of another recording."""
        self._snapshots.setdefault(later.id, [])
        self._results[later.id], self._shown[later.id] = kept_results(later), kept_ablations(later)
        self._open = {later.id if key == id else key: later if key == id else rec for key, rec in self._open.items()}
        self._replaced[id] = later.id
        self._replaced.pop(later.id, None)
        self._untold.append(Event("replaced", id, later.sequence, later.id))


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
