"""The gate: one place, before all routes, that lets a request in only when everything about it is right.

It judges known paths and unknown ones alike, and decides on ``scope["path"]``, the path that is routed. What it does
not know it refuses; WebSockets it refuses altogether.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from neuronaut.explorer.server.limits import LIMITS, Limits
from neuronaut.explorer.server.refusal import Refused
from neuronaut.explorer.server.token import Access

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ]
)
HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
}
_SAFE = frozenset({"GET", "HEAD"})
_METHODS = _SAFE | {"POST"}
_ENTRY = "/"
_ONE_TIME = re.compile(rb"t=([A-Za-z0-9_-]{1,100})")
_log = logging.getLogger("neuronaut.server")


class Gate:
    """An ASGI app around another one. ``rules``: which methods a path has; None for no such path."""

    def __init__(
        self,
        app: App,
        rules: Callable[[str], frozenset[str] | None],
        access: Access,
        hosts: Sequence[str],
        *,
        limits: Limits = LIMITS,
        stale: Callable[[], None] = lambda: None,
    ) -> None:
        self._app = app
        self._rules = rules
        self._access = access
        self._hosts = frozenset(hosts)
        self._origins = frozenset(f"{scheme}://{host}" for host in hosts for scheme in ("http", "https"))
        self._limits = limits
        self._stale = stale
        self._active = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, _with_headers(send))
        else:  # No route speaks WebSocket: every one is refused, whoever asks.
            await send({"type": "websocket.close", "code": 1008, "reason": ""})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def tell(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            cookie = self._judge(scope)
            if cookie is not None:
                await _answer(tell, 303, b"", {b"location": b"./", b"set-cookie": cookie.encode()})
                return
            await self._counted(scope, receive, tell)
        except Refused as no:
            if not started:
                await self._refuse(scope, send, no)
        except Exception as error:
            number = secrets.token_hex(4)
            _log.error("request %s failed", number, exc_info=error)
            if not started:
                said = f"something went wrong here; the terminal says more under {number}."
                await self._refuse(scope, send, Refused(500, "internal", said))

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._active >= self._limits.requests:
            raise Refused(429, "busy", "too many requests at once. Ask again in a moment.")
        self._active += 1
        try:
            await self._app(scope, _limited(receive, self._limits.body), send)
        finally:
            self._active -= 1

    # What is right

    def _judge(self, scope: Scope) -> str | None:
        """Raise Refused unless everything is right; returns the cookie to set for a link that is redeemed."""
        headers = _Headers(scope["headers"])
        method = str(scope["method"])
        path = str(scope["path"])
        if headers.size > self._limits.header:
            raise Refused(431, "size", "the headers of the request are too large.")
        if headers.one("host") not in self._hosts:
            raise Refused(400, "host", "this server is not called that. Open it under the address it printed.")
        self._judge_origin(headers, method, path)
        if method == "OPTIONS":
            raise Refused(403, "method", "no other site may ask here.")
        if method not in _METHODS:
            raise _wrong_method("only GET, HEAD and POST are answered.", _METHODS)
        if path == _ENTRY and method == "GET":
            redeemed = self._redeemed(scope["query_string"])
            if redeemed is not None:
                return redeemed
        if not self._access.allows(headers.joined("cookie", "; "), headers.at_most_one("authorization")):
            raise Refused(401, "token", "open the link that the terminal shows; it works once.")
        self._judge_route(headers, method, path)
        return None

    def _judge_origin(self, headers: _Headers, method: str, path: str) -> None:
        origin = headers.at_most_one("origin")
        if origin is None and method not in _SAFE:
            raise Refused(403, "origin", "a request that is no GET says where it comes from (Origin).")
        if origin is not None and origin not in self._origins:
            raise Refused(403, "origin", "no other site may ask here.")
        site = headers.at_most_one("sec-fetch-site")
        if site not in (None, "none", "same-origin") and not (path == _ENTRY and method == "GET"):
            raise Refused(403, "origin", "no other site may ask here.")

    def _judge_route(self, headers: _Headers, method: str, path: str) -> None:
        allowed = self._rules(path)
        if allowed is None:
            raise Refused(404, "path", "there is nothing here.")
        if method not in allowed:
            raise _wrong_method(f"answered are {', '.join(sorted(allowed))}.", allowed)
        length = headers.at_most_one("content-length")
        if length is not None and not (length.isascii() and length.isdigit() and int(length[:12]) <= self._limits.body):
            raise Refused(413, "size", f"at most {self._limits.body:,} bytes are taken.")

    def _redeemed(self, query: bytes) -> str | None:
        match = _ONE_TIME.fullmatch(query)
        if match is None:
            return None
        cookie = self._access.redeem(match[1].decode())
        if cookie is None:
            self._stale()
        return cookie

    async def _refuse(self, scope: Scope, send: Send, no: Refused) -> None:
        headers = dict(no.headers) | ({b"connection": b"close"} if no.status in (400, 413, 431) else {})
        if no.status == 401 and scope["path"] == _ENTRY:
            await _answer(send, 401, _LOCKED, headers | {b"content-type": b"text/html; charset=utf-8"})
            return
        body = b"" if scope["method"] == "HEAD" else no.body()
        await _answer(send, no.status, body, headers | {b"content-type": b"application/json"})


def _wrong_method(message: str, allowed: frozenset[str]) -> Refused:
    return Refused(405, "method", message, headers={b"allow": ", ".join(sorted(allowed)).encode()})


_LOCKED = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Neuronaut</title>
<p>This page opens with the link that the terminal shows. A link works once;
a used one makes the terminal show a new one.
</html>"""


class _Headers:
    """Headers of a request, those that occur twice told apart."""

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        self.size = sum(len(name) + len(value) + 4 for name, value in raw)
        self._table: dict[str, list[str]] = {}
        for name, value in raw:
            self._table.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))

    def one(self, name: str) -> str | None:
        """The value of a header that occurs once."""
        values = self._table.get(name, [])
        return values[0] if len(values) == 1 else None

    def at_most_one(self, name: str) -> str | None:
        """The value of a header, None where there is none; what is no value at all where it occurs twice."""
        values = self._table.get(name)
        return None if values is None else values[0] if len(values) == 1 else "\0"

    def joined(self, name: str, glue: str) -> str:
        return glue.join(self._table.get(name, []))


def _with_headers(send: Send) -> Send:
    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name.lower(): value for name, value in message.get("headers", [])}
            kept = own.get(b"cache-control", HEADERS[b"cache-control"])
            own |= HEADERS | {b"cache-control": kept}
            message = {**message, "headers": list(own.items())}
        await send(message)

    return tell


def _limited(receive: Receive, most: int) -> Receive:
    size = 0

    async def taken() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise Refused(413, "size", f"at most {most:,} bytes are taken.")
        return message

    return taken


async def _answer(send: Send, status: int, body: bytes, headers: Mapping[bytes, bytes]) -> None:
    table = {b"content-length": str(len(body)).encode(), **headers}
    await send({"type": "http.response.start", "status": status, "headers": list(table.items())})
    await send({"type": "http.response.body", "body": body})
