"""The kernel's side of the explorer in a cell: what a server would answer, without a server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from neuronaut.explorer.bundle import Choice, bundle
from neuronaut.explorer.html import Page
from neuronaut.explorer.rows import MOST_VALUES
from neuronaut.explorer.server.limits import LIMITS
from neuronaut.explorer.server.queries import Queries
from neuronaut.explorer.server.refusal import Refused
from neuronaut.explorer.server.served import Event, Served
from neuronaut.store.recording import Recording


class KernelAnswers:
    """Answers from the process that holds the recordings; queries are the server's, so their numbers are too.

    A recording that fits on a page is handed over whole, as of its last commit; of a larger one the page asks what it
    shows. ``hear`` is told what is new in the recordings.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        *,
        slices: Sequence[Any] = (),
        live: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self._slices = slices
        self._given: dict[str, tuple[Recording, Page | None]] = {}
        self._giving = threading.Lock()
        self._served = Served(recordings)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="neuronaut-kernel", daemon=True)
        self._thread.start()
        self._queries = Queries(self._served, live)
        self._live = bool(live)
        self._looking: Future[None] | None = None

    @property
    def recordings(self) -> Mapping[str, str]:
        """What each recording is called, by id."""
        return {id: rec.path.name for id, rec in self._served.recordings.items()}

    def about(self) -> bytes:
        there = self._served.recordings.items()
        listed = [
            {"id": id, "title": rec.path.name, "samples": rec.n, "sequence": rec.sequence, "writable": False}
            for id, rec in there
        ]
        return json.dumps({"recordings": listed, "queries": self._queries.names, "live": self._live}).encode()

    def manifest(self, recording: str | None = None) -> bytes:
        id = self._known(self._served.standing(recording) or recording)
        page = self._page(id)
        if page is not None:
            return page.manifest.to_json().encode("utf-8", "replace")
        return self._served.snapshot(id).body

    def block(self, name: str, recording: str | None = None) -> bytes:
        id = self._known(recording)
        page = self._given[id][1] if id in self._given else self._page(id)
        block = self._served.block(name) if page is None else page.blocks.get(name)
        if block is None:
            raise Refused(404, "block", "no manifest given here names such a block. Run the cell again.")
        return block.data

    def ask(self, query: Mapping[str, Any], gone: threading.Event) -> Future[bytes]:
        return asyncio.run_coroutine_threadsafe(self._queries.ask(dict(query), gone), self._loop)

    def listen(self, hear: Callable[[Event], None], look: Callable[[], None]) -> None:
        """Look at the recordings once a second, call ``look`` each time, and tell ``hear`` what is new."""
        if self._looking is None:
            self._looking = asyncio.run_coroutine_threadsafe(self._look(hear, look), self._loop)

    def rest(self) -> None:
        """Nobody listens: look at the recordings no more."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def close(self) -> None:
        """End the threads."""
        if self._loop.is_closed():
            return
        self.rest()
        self._queries.close()
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(_others_ended(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()

    def _known(self, recording: str | None) -> str:
        id = self._served.first if recording is None else recording
        if id not in self._served.recordings:
            raise Refused(404, "recording", "no such recording is shown in this cell.")
        return id

    def _page(self, id: str) -> Page | None:
        """The page of a recording as it is now, made once, when it fits on one with all its samples."""
        with self._giving:
            rec = self._served.recording(id)
            if rec is None:
                raise Refused(404, "recording", "this recording was made anew. Run the cell again.")
            if id not in self._given or self._given[id][0] is not rec:
                units = sum(layer.unit_count for layer in rec.layers.values())
                whole = rec.n * units <= MOST_VALUES
                slices = self._slices if id == self._served.first else ()
                self._given[id] = (rec, bundle(rec, Choice(slices)).page if whole else None)
            return self._given[id][1]

    async def _look(self, hear: Callable[[Event], None], look: Callable[[], None]) -> None:
        while True:
            look()
            for event in await asyncio.to_thread(self._served.news):
                # A page that was handed over whole has its own results, and making it gives some.
                given = self._given.get(event.recording)
                if event.kind != "result" or given is None or given[1] is None:
                    hear(event)
            await asyncio.sleep(LIMITS.poll_s)


async def _others_ended() -> None:
    """Ends the other tasks of this loop: one that is pending when its loop stops is complained of."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
