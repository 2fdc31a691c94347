"""A disk that stops giving once nobody waits for the answer: how work in a thread is cancelled."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from neuronaut.store.fs import File, Fs


class Cancelled(Exception):
    """Nobody waits for this answer any more."""


class Clock:
    """For how long a question has been worked on and has not gone on; waiting for its turn does not count."""

    def __init__(self) -> None:
        self._since: float | None = None

    def goes_on(self) -> None:
        self._since = time.monotonic()

    def stands_s(self) -> float:
        return 0.0 if self._since is None else time.monotonic() - self._since


class WatchedFs(Fs):
    """The same disk; opening a file raises Cancelled once ``gone`` is set, and tells ``read`` otherwise."""

    def __init__(self, fs: Fs, gone: threading.Event, read: Callable[[], None] = lambda: None) -> None:
        super().__init__(fs.root)
        self._gone = gone
        self._read = read

    def open(self, name: str) -> File:
        if self._gone.is_set():
            raise Cancelled
        self._read()
        return super().open(name)
