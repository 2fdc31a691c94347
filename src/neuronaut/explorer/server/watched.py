"""A disk that stops giving once nobody waits for the answer: how work in a thread is cancelled."""

from __future__ import annotations

import threading

from neuronaut.store.fs import File, Fs


class Cancelled(Exception):
    """Nobody waits for this answer any more."""


class WatchedFs(Fs):
    """The same disk; opening a file raises Cancelled once ``gone`` is set."""

    def __init__(self, fs: Fs, gone: threading.Event) -> None:
        super().__init__(fs.root)
        self._gone = gone

    def open(self, name: str) -> File:
        if self._gone.is_set():
            raise Cancelled
        return super().open(name)
