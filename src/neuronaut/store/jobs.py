"""Background work of a writer: a few threads, in order of arrival, holding a bounded number of bytes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

IN_FLIGHT = 4 << 20
"""Raw bytes that wait to be encoded; beyond, ``submit`` blocks (but for one job a thread), and the model waits."""
WIDE = 8
"""Threads for work that mostly waits for the disk."""


class Jobs:
    """Runs functions in threads. A job may wait for jobs submitted before it, never for later ones."""

    def __init__(self, limit: int = IN_FLIGHT, threads: int | None = None) -> None:
        self._threads = threads or max(2, min(8, os.cpu_count() or 2))
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="neuronaut-encode")
        self._wide = ThreadPoolExecutor(WIDE, thread_name_prefix="neuronaut-disk")
        self._limit = limit
        self._pending: dict[Future[Any], int] = {}
        self._error: BaseException | None = None
        self._change = threading.Condition()

    def submit(self, work: Callable[..., T], *arguments: Any, weight: int = 0) -> Future[T]:
        """Start ``work(*arguments)``, which holds ``weight`` bytes until it is done."""
        with self._change:
            while len(self._pending) >= self._threads and sum(self._pending.values()) + weight > self._limit:
                self._change.wait()
            future = self._pool.submit(work, *arguments)
            self._pending[future] = weight
        future.add_done_callback(self._finished)
        return future

    def map(self, work: Callable[[Any], object], items: Iterable[Any]) -> None:
        """Run ``work``, which mostly waits for the disk, on each item; return when all jobs are done."""
        for item in items:
            with self._change:
                future = self._wide.submit(work, item)
                self._pending[future] = 0
            future.add_done_callback(self._finished)
        self.wait()

    def _finished(self, future: Future[Any]) -> None:
        with self._change:
            if not future.cancelled():
                self._error = self._error or future.exception()
            self._pending.pop(future, None)
            self._change.notify_all()

    def failed(self) -> BaseException | None:
        """The error of the first job that failed, if one has."""
        with self._change:
            return self._error

    def wait(self) -> None:
        """Return when all jobs are done; raise the error of one that failed, now and at each later call."""
        with self._change:
            while self._pending:
                self._change.wait()
            if self._error is not None:
                raise self._error

    def close(self) -> None:
        for pool in (self._pool, self._wide):
            pool.shutdown(wait=True, cancel_futures=True)


def done(value: T) -> Future[T]:
    """A job that is finished already."""
    future: Future[T] = Future()
    future.set_result(value)
    return future
