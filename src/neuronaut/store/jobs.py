"""Background work of a writer: a few threads, in order of arrival, holding a bounded number of bytes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

IN_FLIGHT = 4 << 20
"""Raw bytes that wait to be encoded; beyond, ``submit`` blocks (but for one job a thread), and the caller waits."""
IN_TURN = 8 << 20
"""Raw bytes that come together, where the caller wants the processor for itself, before they are encoded."""
FEW = 24
"""As many of the largest jobs come together: after each turn of the caller its threads spin for a while, and so take
from the encoding that follows. Fewer and longer turns lose less of it."""
MUCH = 48 << 20
"""Raw bytes that come together at most."""
WIDE = 8
"""Threads for work that mostly waits for the disk."""


class Jobs:
    """Runs functions in threads. A job may wait for jobs submitted before it, never for later ones.

    ``beside``: whether encoding goes on beside the caller's own work. Where that work keeps every core busy, as a model
    on the processor does, the two only get in each other's way; without it jobs are put off, and then done at once by
    all threads while the caller waits.
    """

    def __init__(self, limit: int = IN_FLIGHT, threads: int | None = None, *, beside: bool = True) -> None:
        self._threads = threads or max(2, min(8, os.cpu_count() or 2))
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="neuronaut-encode")
        self._wide = ThreadPoolExecutor(WIDE, thread_name_prefix="neuronaut-disk")
        self._limit = limit
        self._beside = beside
        self._off: list[tuple[Future[Any], Callable[[], None], bool]] = []
        self._off_bytes = 0
        self._turn_bytes = IN_TURN
        self._encoding: dict[Future[Any], int] = {}
        self._writing: set[Future[Any]] = set()
        self._error: BaseException | None = None
        self._change = threading.Condition()

    def submit(self, work: Callable[..., T], *arguments: Any, weight: int = 0, disk: bool = False) -> Future[T]:
        """Start ``work(*arguments)``, which holds ``weight`` bytes until it is done; ``disk``: it mostly waits."""
        future: Future[T] = Future()

        def run() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work(*arguments))
                except BaseException as error:
                    future.set_exception(error)

        future.add_done_callback(self._finished)
        if self._beside:
            self._start(future, run, weight, disk)
            return future
        self._off.append((future, run, disk))
        self._off_bytes += weight
        self._turn_bytes = max(self._turn_bytes, min(MUCH, FEW * weight))
        if self._off_bytes >= self._turn_bytes:
            self._turn()
        return future

    def _start(self, future: Future[Any], run: Callable[[], None], weight: int, disk: bool) -> None:
        with self._change:
            if disk:
                self._change.wait_for(lambda: len(self._writing) < WIDE)
                self._wide.submit(run)
                self._writing.add(future)
                return
            while len(self._encoding) >= self._threads and sum(self._encoding.values()) + weight > self._limit:
                self._change.wait()
            self._pool.submit(run)
            self._encoding[future] = weight

    def _turn(self) -> None:
        """Do what was put off, and wait until it is encoded; the disk may take longer."""
        self._off_bytes = 0
        while self._off:
            future, run, disk = self._off[0]
            self._start(future, run, 0, disk)
            del self._off[0]
        with self._change:
            self._change.wait_for(lambda: not self._encoding)

    def map(self, work: Callable[[Any], object], items: Iterable[Any]) -> None:
        """Run ``work``, which mostly waits for the disk, on each item; return when all jobs are done."""
        self._turn()
        for item in items:
            with self._change:
                future = self._wide.submit(work, item)
                self._writing.add(future)
            future.add_done_callback(self._finished)
        self.wait()

    def _finished(self, future: Future[Any]) -> None:
        with self._change:
            if not future.cancelled():
                self._error = self._error or future.exception()
            self._encoding.pop(future, None)
            self._writing.discard(future)
            self._change.notify_all()

    def failed(self) -> BaseException | None:
        """The error of the first job that failed, if one has."""
        with self._change:
            return self._error

    def wait(self) -> None:
        """Return when all jobs are done; raise the error of one that failed, now and at each later call."""
        self._turn()
        with self._change:
            self._change.wait_for(lambda: not (self._encoding or self._writing))
            if self._error is not None:
                raise self._error

    def close(self) -> None:
        for future in [*self._encoding, *self._writing, *(future for future, _, _ in self._off)]:
            future.cancel()  # else a job that waits for one that never starts would wait for ever
        for pool in (self._pool, self._wide):
            pool.shutdown(wait=True, cancel_futures=True)


def done(value: T) -> Future[T]:
    """A job that is finished already."""
    future: Future[T] = Future()
    future.set_result(value)
    return future
