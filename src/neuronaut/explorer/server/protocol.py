"""HTTP on a socket: uvicorn's, with a limit on open sockets and on the time that requests and answers may take."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from neuronaut.explorer.server.gate import HEADERS
from neuronaut.explorer.server.limits import LIMITS, Limits


class BoundedProtocol(H11Protocol):
    """A client that sends nothing, or a header a byte a minute, is dropped, and so is one that takes no answer.

    A request that is none is refused.
    """

    limits: Limits = LIMITS
    _deadline: asyncio.TimerHandle | None = None
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # sockets only, as h11 has it
        super().connection_made(transport)
        if len(self.connections) > self.limits.sockets:
            transport.abort()
            return
        self._await_request()

    def data_received(self, data: bytes) -> None:
        if self._deadline is None and self.conn.their_state is h11.IDLE:
            self._await_request()
        super().data_received(data)

    def handle_events(self) -> None:
        super().handle_events()
        if self.conn.their_state is not h11.IDLE:
            self._arrived()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        self._taken()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        self._taken()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        table: list[tuple[bytes, bytes]] = [*HEADERS.items(), (b"connection", b"close"), (b"content-length", b"0")]
        for event in (h11.Response(status_code=400, headers=table), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _await_request(self) -> None:
        self._deadline = self.loop.call_later(self.limits.header_s, self._expire)

    def _arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _await_reader(self, waiting: int) -> None:
        self._patience = self.loop.call_later(self.limits.taken_s, self._look_whether_taken, waiting)

    def _look_whether_taken(self, before: int) -> None:
        waiting = self.transport.get_write_buffer_size()
        if before - waiting < self.limits.trickle:
            self.transport.abort()
        else:
            self._await_reader(waiting)

    def _taken(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _expire(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()


def bounded(limits: Limits) -> type[Any]:
    """The protocol with other limits."""
    return type("BoundedProtocol", (BoundedProtocol,), {"limits": limits})
