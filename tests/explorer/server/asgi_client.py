"""A client that speaks ASGI to the app, well or badly."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import threading
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neuronaut.explorer.server.app import Site, application
from neuronaut.explorer.server.limits import LIMITS, Limits
from neuronaut.explorer.server.page import page_assets
from neuronaut.explorer.server.served import Served
from neuronaut.explorer.server.token import Access
from neuronaut.store.recording import Recording

PORT = 8123
ORIGIN = f"http://127.0.0.1:{PORT}"
DTYPES = {"u8": "u1", "i8": "i1", "u16": "<u2", "i16": "<i2", "u32": "<u4", "i32": "<i4"} | {
    name: f"<{name[0]}{int(name[1:]) // 8}" for name in ("f16", "f32", "f64")
}
Pairs = Sequence[tuple[str, str]]


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, Any]:
        return dict(json.loads(self.body)["error"])


@dataclass
class Answer:
    """An answer, taken apart by what the protocol says and nothing else."""

    card: dict[str, Any]
    columns: list[dict[str, Any]]
    arrays: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.arrays[self.card["values"][name]["data"]]


def head(body: bytes) -> tuple[dict[str, Any], dict[str, int]]:
    """The JSON of an answer, and where each of its blocks starts."""
    (length,) = struct.unpack("<I", body[:4])
    content = json.loads(body[4 : 4 + length])
    starts, at = {}, 4 + length
    for name, block in content["blocks"].items():
        starts[name] = at
        at += block["bytes"]
    assert at == len(body)
    return content, starts


def answer(body: bytes) -> Answer:
    content, starts = head(body)
    made = Answer(content["result"], content["columns"])
    for name, blob in content["blobs"].items():
        count = int(np.prod(blob["shape"], dtype=int))
        start = starts[blob["block"]] + blob["offset"]
        made.arrays[name] = np.frombuffer(body, DTYPES[blob["dtype"]], count, start).reshape(blob["shape"])
    return made


class Loop:
    """An event loop in a thread of its own: in this one another may be running, that of a browser."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run_until_complete(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        self.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Client:
    def __init__(self, site: Site, access: Access, hosts: Sequence[str], loop: Loop) -> None:
        self.site = site
        self.access = access
        self.loop = loop
        self.stale = 0
        self.app = application(site, access, hosts, self._stale)

    def _stale(self) -> None:
        self.stale += 1

    @property
    def right(self) -> dict[str, str]:
        """Headers of a client that may ask."""
        return {"host": f"127.0.0.1:{PORT}", "authorization": f"Bearer {self.access.token}", "origin": ORIGIN}

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | Pairs | None = None,
        query: bytes = b"",
        kind: str = "http",
    ) -> Reply:
        reply: Reply = self.loop.run_until_complete(self.asked(method, path, body, headers, query, kind))
        return reply

    async def asked(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | Pairs | None = None,
        query: bytes = b"",
        kind: str = "http",
        gone: asyncio.Event | None = None,
    ) -> Reply:
        given = self.right if headers is None else headers
        pairs = list(given.items()) if isinstance(given, Mapping) else list(given)
        if body:
            pairs = [*pairs, ("content-type", "application/json"), ("content-length", str(len(body)))]
        scope = {
            "type": kind,
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode("utf-8", "replace"),
            "root_path": "",
            "scheme": "http",
            "query_string": query,
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", PORT),
        }
        if kind == "websocket":
            del scope["method"]
        waiting: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]
        said: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if waiting:
                return waiting.pop(0)
            await (gone or asyncio.Event()).wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            said.append(dict(message))

        await self.app(scope, receive, send)
        if kind == "websocket":
            return Reply(403 if said == [{"type": "websocket.close", "code": 1008, "reason": ""}] else 101, {}, b"")
        start = said[0]
        found = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
        assert len(found) == len(start["headers"])
        return Reply(start["status"], found, b"".join(one.get("body", b"") for one in said[1:]))

    def post(self, path: str, content: Any) -> Reply:
        return self.ask("POST", path, json.dumps(content).encode())

    def query(self, name: str, /, **params: Any) -> Answer:
        reply = self.post("/api/query", {"name": name, "params": params})
        assert reply.status == 200, reply.body
        return answer(reply.body)

    def refused(self, name: str, params: Any) -> Reply:
        reply = self.post("/api/query", {"name": name, "params": params})
        assert 400 <= reply.status < 500, (reply.status, reply.body[:200])
        return reply


@contextlib.contextmanager
def client_of(
    *recordings: Recording, live: Any = None, limits: Limits = LIMITS, hosts: Sequence[str] = ()
) -> Iterator[Client]:
    site = Site(Served(recordings), page_assets(), live, limits)
    own = [f"{name}:{PORT}" for name in ("127.0.0.1", "localhost", "[::1]")]
    with contextlib.closing(Loop()) as loop:
        yield Client(site, Access(PORT), [*own, *hosts], loop)
        site.close()
