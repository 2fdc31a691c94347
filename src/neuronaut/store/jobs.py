"""Background work of a writer: a few threads, in order of arrival, holding a bounded number of bytes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

IN_FLIGHT = 64 << 20
"""Raw bytes that wait to be encoded; beyond, ``submit`` blocks, and so the model waits for the disk."""


class Jobs:
    """Runs functions in threads. A job may wait for jobs submitted before it, never for later ones."""

    def __init__(self, limit: int = IN_FLIGHT, threads: int | None = None) -> None:
        count = threads or max(2, min(8, os.cpu_count() or 2))
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="neuronaut-store")
        self._pending: set[Future[Any]] = set()
        self._change = threading.Condition()
        self._bytes = 0
        self._limit = limit

    def submit(self, work: Callable[..., T], *arguments: Any, weight: int = 0) -> Future[T]:
        """Start ``work(*arguments)``, which holds ``weight`` bytes until it is done."""
        with self._change:
            while self._bytes and self._bytes + weight > self._limit:
                self._change.wait()
            self._bytes += weight
        future = self._pool.submit(work, *arguments)
        with self._change:
            self._pending.add(future)
        future.add_done_callback(lambda done: self._finished(done, weight))
        return future

    def _finished(self, future: Future[Any], weight: int) -> None:
        with self._change:
            self._bytes -= weight
            if future.exception() is None:
                self._pending.discard(future)
            self._change.notify_all()

    def failed(self) -> BaseException | None:
        """The error of a job that has failed, if one has."""
        with self._change:
            return next((job.exception() for job in self._pending if job.done()), None)

    def wait(self) -> None:
        """Return when all jobs are done; raise the error of one that failed, now and at each later call."""
        with self._change:
            jobs = list(self._pending)
        errors = [error for job in jobs if (error := job.exception()) is not None]
        with self._change:
            self._bytes = 0  # an interrupted submit may have counted bytes of a job that never started
        if errors:
            raise errors[0]

    def map(self, work: Callable[[Any], object], items: Iterable[Any]) -> None:
        """Run ``work`` on each item and wait for all."""
        for item in items:
            self.submit(work, item)
        self.wait()

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def done(value: T) -> Future[T]:
    """A job that is finished already."""
    future: Future[T] = Future()
    future.set_result(value)
    return future
