"""The app: routes and what answers them. Every route is a line of ``routes``; the gate lets nothing else in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from neuronaut.core.errors import NeuronautError
from neuronaut.explorer.server.events import Events
from neuronaut.explorer.server.gate import App, Gate
from neuronaut.explorer.server.limits import LIMITS, Limits
from neuronaut.explorer.server.page import Asset
from neuronaut.explorer.server.queries import Queries
from neuronaut.explorer.server.refusal import Refused, refused
from neuronaut.explorer.server.served import Served
from neuronaut.explorer.server.token import Access
from neuronaut.explorer.server.watched import Cancelled, Clock
from neuronaut.store.saved import Saved, save_label, save_slice

BYTES = "application/octet-stream"
JSON = "application/json"
_AGAIN = "private, no-cache"


class Site:
    """Everything that a server answers from."""

    def __init__(
        self,
        served: Served,
        assets: Mapping[str, Asset],
        live: Mapping[str, Any] | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        self.served = served
        self.limits = limits
        self.queries = Queries(served, live, limits)
        self.events = Events(served, limits)
        self._assets = assets
        self._live = bool(live)

    def routes(self) -> list[Route]:
        """All routes there are. Methods beside GET and HEAD are named."""
        files = [Route(path, self._asset, methods=["GET"]) for path in self._assets]
        return [
            *files,
            Route("/api/recordings", self._recordings, methods=["GET"]),
            Route("/api/manifest", self._manifest, methods=["GET"]),
            Route("/api/manifest/{id}", self._manifest, methods=["GET"]),
            Route("/api/blob/{id}", self._blob, methods=["GET"]),
            Route("/api/query", self._query, methods=["POST"]),
            Route("/api/events", self._events, methods=["GET"]),
            Route("/api/slices", self._slices, methods=["POST"]),
            Route("/api/labels", self._labels, methods=["POST"]),
        ]

    def close(self) -> None:
        self.events.close()
        self.queries.close()

    # Reading

    async def _asset(self, request: Request) -> Response:
        asset = self._assets[request.scope["path"]]
        return _tagged(request, asset.etag, asset.body, asset.kind)

    async def _recordings(self, request: Request) -> Response:
        listed = [
            {"id": id, "title": rec.path.name, "samples": rec.n, "sequence": rec.sequence, "writable": rec.writable}
            for id, rec in self.served.recordings.items()
        ]
        return _json({"recordings": listed, "queries": self.queries.names, "live": self._live})

    async def _manifest(self, request: Request) -> Response:
        id = self.served.standing(request.path_params.get("id"))
        if id is None:
            raise Refused(404, "recording", "no such recording is served here.")
        try:
            made = self.served.ready(id)
            if made is None:
                made = await asyncio.to_thread(self.served.snapshot, id)
        except NeuronautError as error:
            rec = self.served.recording(id)
            raise refused(error, str(rec.path.parent) if rec else "") from error
        answer = _tagged(request, made.etag, made.body, JSON)
        answer.headers["neuronaut-sequence"] = str(made.sequence)
        return answer

    async def _blob(self, request: Request) -> Response:
        block = self.served.block(request.path_params["id"])
        if block is None:
            raise Refused(404, "block", "no manifest of this server names such a block. Ask for the manifest again.")
        return _tagged(request, block.card.sha256, block.data, BYTES)

    async def _events(self, request: Request) -> Response:
        if request.method == "HEAD":
            return Response(b"", 200, {"content-type": "text/event-stream"})
        return StreamingResponse(self.events.listen(), headers={"content-type": "text/event-stream"})

    # Asking

    async def _query(self, request: Request) -> Response:
        query = await self._body(request)
        gone, clock = threading.Event(), Clock()
        work = asyncio.ensure_future(self.queries.ask(query, gone, clock))
        leaves = asyncio.ensure_future(_disconnected(request))
        late = asyncio.ensure_future(self._late(clock))
        try:
            await asyncio.wait({work, leaves, late}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return Response(work.result(), 200, {"content-type": BYTES})
            if leaves.done():
                raise Refused(408, "gone", "the one who asked has left.")
            raise Refused(
                503,
                "timeout",
                f"this took longer than {self.limits.request_s:g} s, and was stopped. Ask for fewer layers or "
                "samples, or run it in Python: what it finds is kept, and shown here at once.",
            )
        except Cancelled:
            raise Refused(408, "gone", "the one who asked has left.") from None
        finally:
            gone.set()
            for task in (work, leaves, late):
                task.cancel()
                task.add_done_callback(_forget)

    async def _late(self, clock: Clock) -> None:
        while (rest := self.limits.request_s - clock.stands_s()) > 0:
            await asyncio.sleep(rest)

    # Writing, where it was allowed at the start

    async def _slices(self, request: Request) -> Response:
        given = _texts(await self._body(request), "name", ("expression",))
        saved = await self._save(given, lambda rec: save_slice(rec, given["name"], given["expression"]))
        return _json({"slices": [{"name": name, "expression": text} for name, text in saved.slices.items()]})

    async def _labels(self, request: Request) -> Response:
        given = _texts(await self._body(request), "at", ("text",))
        saved = await self._save(given, lambda rec: save_label(rec, given["at"], given["text"]))
        return _json({"labels": [{"at": at, "text": text} for at, text in saved.labels.items()]})

    async def _save(self, given: Mapping[str, Any], change: Any) -> Saved:
        rec = self.served.recording(given.get("recording") or self.served.first)
        if rec is None:
            raise Refused(404, "recording", "no such recording is served here.")
        if not rec.writable:
            raise Refused(403, "read-only", "nothing is saved: the server was started without --writable.")
        try:
            saved: Saved = await asyncio.to_thread(change, rec)
        except NeuronautError as error:
            raise refused(error, str(rec.path.parent)) from error
        return saved

    async def _body(self, request: Request) -> Any:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            raise Refused(415, "type", "the body is application/json.")
        try:
            async with asyncio.timeout(self.limits.body_s):
                raw = await request.body()
        except TimeoutError:
            raise Refused(408, "slow", "the body did not arrive in time.") from None
        try:
            return json.loads(raw.decode("utf-8"), parse_constant=_no_number, object_pairs_hook=_object)
        except (ValueError, RecursionError):
            raise Refused(400, "json", "the body is no JSON.") from None


def application(site: Site, access: Access, hosts: Sequence[str], stale: Any = lambda: None) -> App:
    """The whole app behind its gate."""
    routes = site.routes()
    inner = Starlette(routes=routes)
    inner.router.redirect_slashes = False
    # Refusals are the gate's to tell; Starlette would make pages of its own of them.
    inner.middleware_stack = inner.router
    return Gate(inner, _rules(routes), access, hosts, limits=site.limits, stale=stale)


def _rules(routes: Sequence[Route]) -> Any:
    def methods(path: str) -> frozenset[str] | None:
        found = [route for route in routes if route.path_regex.fullmatch(path)]
        return frozenset(found[0].methods or ()) if found else None

    return methods


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue


def _forget(task: asyncio.Future[Any]) -> None:
    """Take note of how a task ended that nobody waits for."""
    with contextlib.suppress(BaseException):
        task.exception()


def _tagged(request: Request, etag: str, body: bytes, kind: str) -> Response:
    headers = {"etag": f'"{etag}"', "cache-control": _AGAIN, "content-type": kind}
    asked = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if f'"{etag}"' in asked:
        return Response(b"", 304, headers)
    headers["content-length"] = str(len(body))
    return Response(b"" if request.method == "HEAD" else body, 200, headers)


def _json(content: Mapping[str, Any]) -> Response:
    return Response(json.dumps(content, ensure_ascii=True, allow_nan=False), 200, {"content-type": JSON})


def _texts(given: Any, key: str, optional: Sequence[str]) -> dict[str, Any]:
    known = {key, *optional, "recording"}
    fits = isinstance(given, dict) and set(given) <= known and isinstance(given.get(key), str)
    if not fits or not all(given.get(one) is None or isinstance(given[one], str) for one in known):
        raise Refused(400, "json", f"the body is an object of texts: {key}, {', '.join(optional)} (null removes).")
    return {one: given.get(one) for one in known}


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key occurs twice")
    return table
