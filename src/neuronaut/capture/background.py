"""Writing beside the model's work: one thread, and a queue too short to hold many batches."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

DEPTH = 2
"""Batches that may wait. A full queue makes the model wait, so memory does not grow with the data."""


class Background(Generic[T]):
    """Does ``work`` on each item that is put, in order, in a thread of its own, which a Ctrl-C does not reach.

    With a ``depth`` of 0 the caller and the thread take turns: ``put`` waits until the item is done.
    When ``work`` raises, nothing more is done and the next ``put`` or ``close`` raises that error.
    """

    def __init__(self, work: Callable[[T], None], depth: int = DEPTH) -> None:
        self._work, self._depth = work, depth
        self._waiting: deque[T] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="neuronaut-writer", daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Hand over one item; waits while the queue is full."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < max(1, self._depth) or self._error is not None)
            self._raise()
            self._waiting.append(item)
            self._changed.notify_all()
            if not self._depth:
                self._changed.wait_for(lambda: not self._waiting)
                self._raise()

    def close(self) -> None:
        """Wait until everything that was put is done, and end the thread.

        A Ctrl-C meanwhile is raised only after that: nobody may use what ``work`` uses while it is still at it.
        """
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        interrupt: KeyboardInterrupt | None = None
        while self._thread.is_alive():
            try:
                self._thread.join()
            except KeyboardInterrupt as error:
                interrupt = error
        if interrupt is not None:
            raise interrupt
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                item = self._waiting[0]
            try:
                self._work(item)
            except BaseException as error:
                with self._changed:
                    self._error = error
                    self._waiting.clear()
                    self._changed.notify_all()
                return
            with self._changed:
                self._waiting.popleft()
                del item
                self._changed.notify_all()
