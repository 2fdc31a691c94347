"""Run: a server on loopback in a thread of its own, from start to a clean end."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

import uvicorn

from neuronaut.core.errors import DataError
from neuronaut.explorer.server.app import Site, application
from neuronaut.explorer.server.limits import LIMITS, Limits
from neuronaut.explorer.server.page import page_assets
from neuronaut.explorer.server.protocol import bounded
from neuronaut.explorer.server.served import Served
from neuronaut.explorer.server.token import Access, token_file
from neuronaut.store.recording import Recording

_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:]{2,39}\])(?::\d{1,5})?")


AGAIN_S = 5.0
"""At most one new link is offered in so many seconds."""


class Server:
    """A running server. ``link()`` is an address that opens the page, once; ``stop()`` ends it; also a ``with`` block.

    ``url`` and ``token`` are for programs, which send ``Authorization: Bearer TOKEN``, and ``Origin`` with a POST.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        *,
        port: int = 0,
        allow_host: Sequence[str] = (),
        live: Mapping[str, Callable[..., Any]] | None = None,
        limits: Limits = LIMITS,
        on_link: Callable[[str], None] = lambda link: None,
    ) -> None:
        names = [_checked_host(name) for name in allow_host]
        self._site = Site(Served(recordings), page_assets(), live, limits)
        self._sockets = _listening(port)
        self.port: int = self._sockets[0].getsockname()[1]
        self._access = Access(self.port)
        self._on_link, self._told = on_link, 0.0
        app = application(self._site, self._access, _hosts(self.port, names), self._stale)
        config = uvicorn.Config(
            app,
            http=bounded(limits),
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            backlog=limits.sockets,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=2,
            h11_max_incomplete_event_size=limits.header + 1024,
        )
        self._server = _Uvicorn(config, self._site.events.close)
        self._files = contextlib.ExitStack()
        self._thread = threading.Thread(target=self._serve, name="neuronaut-server", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        return self._access.token

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def link(self) -> str:
        """A new address of the page. It works once; the browser then holds a cookie."""
        return self._access.link()

    def start(self) -> Server:
        """Begin to answer; returns when it does."""
        self._files.enter_context(token_file(self._access))
        self._thread.start()
        self._server.ready.wait(10)
        return self

    def wait(self) -> None:
        """Until the server ends; Ctrl-C ends it."""
        try:
            while self._thread.is_alive():
                self._thread.join(0.5)
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()

    def stop(self) -> None:
        """End it: running work is dropped, streams are closed, sockets given back."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(10)
        for one in self._sockets:
            one.close()
        self._files.close()
        self._site.close()

    def __enter__(self) -> Server:
        return self if self.running else self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Server {self.url} {'running' if self.running else 'stopped'}>"

    def _stale(self) -> None:
        """A used link was opened: offer a new one where the person who started the server sees it."""
        if time.monotonic() - self._told > AGAIN_S:
            self._told = time.monotonic()
            self._on_link(self.link())

    def _serve(self) -> None:
        self._server.run(sockets=self._sockets)


class _Uvicorn(uvicorn.Server):
    """Streams never end by themselves, so they are ended before the wait for open requests."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._end_streams = end_streams

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)


def _listening(port: int) -> list[socket.socket]:
    """Sockets on 127.0.0.1 and, where there is one, on ::1 with the same port. Raises DataError for a port in use."""
    first = _answering_at_once(socket.AF_INET)
    try:
        first.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        first.close()
        raise DataError(f"port {port} cannot be had ({error}). Choose another, or 0 for any free one.") from error
    found = [first]
    with contextlib.suppress(OSError):
        second = _answering_at_once(socket.AF_INET6)
        try:
            second.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            second.bind(("::1", first.getsockname()[1]))
            found.append(second)
        except OSError:
            second.close()
    return found


def _answering_at_once(family: socket.AddressFamily) -> socket.socket:
    """A socket whose connections send each piece as it comes.

    An answer's head and body are two pieces, and the second would wait 40 ms for the first to be acknowledged; asyncio
    turns that off for sockets that are said to be TCP.
    """
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)


def _hosts(port: int, names: Sequence[str]) -> list[str]:
    own = [f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")]
    given = [one for name in names for one in ([name] if re.search(r":\d+$", name) else [name, f"{name}:{port}"])]
    return [*own, *given]


def _checked_host(name: str) -> str:
    if not _HOST.fullmatch(name):
        raise DataError(f"{name!r} is no host name. Write the name the browser shows, as in 'lab.example.org'.")
    return name.lower()
