"""Queries: every analysis, and parts of a recording as it is, by name; answered in threads, a few at a time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from neuronaut.analysis.registry import analyses
from neuronaut.core.errors import CorruptRecording, NeuronautError, closest
from neuronaut.core.result import Result
from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.columns import column_card
from neuronaut.explorer.contract import ColumnCard
from neuronaut.explorer.server.answer import encode
from neuronaut.explorer.server.contrast import CONTRAST
from neuronaut.explorer.server.drawing import DRAWING
from neuronaut.explorer.server.limits import LIMITS, Limits
from neuronaut.explorer.server.parameters import checked
from neuronaut.explorer.server.reading import READING
from neuronaut.explorer.server.refusal import Refused, refused
from neuronaut.explorer.server.served import Served
from neuronaut.explorer.server.watched import Clock, WatchedFs
from neuronaut.explorer.server.weights import WEIGHTS
from neuronaut.store.recording import Recording

Question = Callable[..., Result]
LISTED = 40
"""Columns of a page of the table of samples, the user's first."""
PASSING = frozenset({"activity", "contrast", "compare"})
"""Questions that go once over the recording, a block of units after the other: with each they have gone on."""
ANEW = "the recording was made anew, or is being made: what was asked is of the one before. Ask for the manifest again."


class Queries:
    """Answers to queries. ``live`` are those that ask a model beside the recording, by name; they win."""

    def __init__(self, served: Served, live: Mapping[str, Question] | None = None, limits: Limits = LIMITS) -> None:
        self._served = served
        self._live = dict(live or {})
        parts = dict(READING) | dict(WEIGHTS) | dict(DRAWING) | dict(CONTRAST)
        self._questions = {name: one.run for name, one in analyses().items()} | parts
        self._limits = limits
        self._quick = _Lane(limits, "quick")
        self._heavy = _Lane(limits, "heavy")
        self._answers: OrderedDict[str, bytes] = OrderedDict()
        self._kept = 0
        self._lock = threading.Lock()

    @property
    def names(self) -> list[str]:
        return sorted(self._questions | self._live)

    async def ask(self, query: Any, gone: threading.Event, clock: Clock | None = None) -> bytes:
        """The bytes of an answer. ``gone``: set when nobody waits any more, the work then ends at its next read.

        ``clock`` is told when the work begins, and whenever it goes on.
        Raises Refused for a query that cannot be answered.
        """
        name, params, rec = self._read(query)
        run = self._live.get(name) or self._questions.get(name)
        if run is None:
            near = closest(name, self.names)
            raise Refused(404, "query", f"no query {name!r:.100}. There are: {', '.join(self.names)}.", suggestion=near)
        key = json.dumps([rec.id, rec.sequence, name, params, self._others(params)], sort_keys=True)
        held = None if name in self._live else self._held(key)
        if held is not None:
            return held
        given = checked(name, run, params, self._served.recordings)
        light = name not in self._live and (name in READING or name in WEIGHTS)
        lane = self._quick if light else self._heavy
        clock = clock or Clock()
        answer = await lane.run(lambda: self._answer(name, run, rec, given, gone, clock))
        if name not in self._live:
            self._hold(key, answer)
        return answer

    def close(self) -> None:
        self._quick.close()
        self._heavy.close()

    def _read(self, query: Any) -> tuple[str, dict[str, Any], Recording]:
        known = {"name", "params", "recording"}
        if not isinstance(query, dict) or not isinstance(query.get("name"), str) or not set(query) <= known:
            raise Refused(400, "query", 'a query is {"name": ..., "params": {...}}, and "recording" where several are.')
        params = query.get("params", {})
        if not isinstance(params, dict):
            raise Refused(400, "query", "params are an object.")
        asked = str(query.get("recording", self._served.first))
        rec = self._served.recording(asked)
        if rec is None and self._served.standing(asked):
            raise Refused(409, "replaced", ANEW)
        if rec is None:
            raise Refused(404, "recording", "no such recording is served here.")
        return query["name"], params, rec

    def _others(self, params: Mapping[str, Any]) -> list[int]:
        """How far the other recordings are that a query asks about, looked at now."""
        asked = [one["recording"] for one in params.values() if isinstance(one, dict) and set(one) == {"recording"}]
        found = [self._served.recording(id) for id in asked if isinstance(id, str)]
        return [other.sequence for other in found if other is not None]

    def _answer(
        self, name: str, run: Question, rec: Recording, given: Mapping[str, Any], gone: threading.Event, clock: Clock
    ) -> bytes:
        def watched(one: Recording) -> Recording:
            _ = one.half, one.columns  # read once, for all queries of this commit
            return one.through(WatchedFs(one.fs, gone, clock.goes_on) if name in PASSING else WatchedFs(one.fs, gone))

        clock.goes_on()
        try:
            others = {key: watched(one) if isinstance(one, Recording) else one for key, one in given.items()}
            result = run(watched(rec), **others)
            if self._served.recording(rec.id) is None:
                raise Refused(409, "replaced", ANEW)
        except NeuronautError as error:
            if isinstance(error, CorruptRecording) and not self._served.steady(rec.id):
                raise Refused(409, "replaced", ANEW) from error
            raise refused(error, str(rec.path.parent)) from error
        pack = Packer(compressed=False)
        return encode(result, _columns(rec, name, given, result, pack), pack)

    def _held(self, key: str) -> bytes | None:
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def _hold(self, key: str, answer: bytes) -> None:
        with self._lock:
            if len(answer) > self._limits.answers // 4 or key in self._answers:
                return
            self._answers[key] = answer
            self._kept += len(answer)
            while self._kept > self._limits.answers:
                self._kept -= len(self._answers.popitem(last=False)[1])


class _Lane:
    """A few threads, and how many may wait for them."""

    def __init__(self, limits: Limits, name: str) -> None:
        self._pool = ThreadPoolExecutor(limits.workers, thread_name_prefix=f"neuronaut-{name}")
        self._most = limits.workers + limits.waiting
        self._there = 0

    async def run(self, work: Callable[[], bytes]) -> bytes:
        if self._there >= self._most:
            raise Refused(429, "busy", "too many queries are being answered. Ask again in a moment.")
        self._there += 1
        future = self._pool.submit(work)
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: _soon(loop, self._left))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _left(self) -> None:
        self._there -= 1


def _soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended, and so has the count
        loop.call_soon_threadsafe(call)


def _columns(rec: Recording, name: str, given: Mapping[str, Any], result: Result, pack: Packer) -> list[ColumnCard]:
    """What comes beside the Results of ``column`` and ``rows``: columns of these rows."""
    mine = [str(one) for one in rec.metadata.columns] if name in ("column", "rows") else []
    if name == "column":
        wanted, rows = [given["name"]], np.arange(rec.n)
    elif name == "rows":
        said = [one for one in ("prediction", "correct", "loss") if one in rec.columns and one not in mine]
        wanted, rows = [*mine, *said][:LISTED], np.asarray(result["row"], np.int64)
    else:
        return []
    return [column_card(one, rec.columns[one], rows, pack, "metadata" if one in mine else "output") for one in wanted]
