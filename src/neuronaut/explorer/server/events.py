"""Events: what is new in the recordings, told to every page that listens, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict

from neuronaut.explorer.server.limits import LIMITS, Limits
from neuronaut.explorer.server.refusal import Refused
from neuronaut.explorer.server.served import Event, Served


class Events:
    """One look at the recordings a second, while anyone listens, however many do."""

    def __init__(self, served: Served, limits: Limits = LIMITS) -> None:
        self._served = served
        self._limits = limits
        self._listeners: set[asyncio.Queue[Event | None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    def listen(self) -> AsyncIterator[bytes]:
        """The stream of one page. Raises Refused when too many listen already."""
        if len(self._listeners) >= self._limits.streams or self._closed:
            raise Refused(429, "busy", "too many pages listen at once. Close some.")
        queue: asyncio.Queue[Event | None] = asyncio.Queue(maxsize=256)
        self._listeners.add(queue)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look())
        return self._stream(queue)

    def tell(self, event: Event | None) -> None:
        """Hand an event to every listener; one that does not keep up loses the oldest."""
        for queue in list(self._listeners):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        self.tell(None)
        if self._looking is not None:
            self._looking.cancel()

    async def _look(self) -> None:
        while self._listeners:
            for event in await asyncio.to_thread(self._served.news):
                self.tell(event)
            await asyncio.sleep(self._limits.poll_s)

    async def _stream(self, queue: asyncio.Queue[Event | None]) -> AsyncIterator[bytes]:
        try:
            yield b"retry: 2000\n: listening\n\n"
            while True:
                try:
                    event = await asyncio.wait_for(queue.get(), self._limits.beat_s)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if event is None:
                    return
                text = json.dumps({key: one for key, one in asdict(event).items() if one is not None})
                yield f"id: {event.sequence}\ndata: {text}\n\n".encode("ascii")
        finally:
            self._listeners.discard(queue)
