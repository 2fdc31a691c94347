"""A minute of fifty clients beside those that are slow, silent or deaf: others are served, memory stays (X5)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from asgi_client import Loop, answer

from neuronaut.core.layer import Graph
from neuronaut.explorer.server.limits import LIMITS
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec

SECONDS = 60
CLIENTS = 50
SLOW = 200
DEAF = 8
DRIBBLING = 4
"""With the good ones fewer than the requests that are answered at once: nobody is told to come back."""
ROWS, UNITS = 16_000, 64
"""A layer whose answer is just as large as one may be, so that whoever does not read it holds all of it."""
VALUES = np.random.default_rng(0).random((ROWS, UNITS)).astype(np.float32)


@dataclass
class Running:
    """A server in a process of its own, as the command starts it."""

    process: psutil.Process
    port: int
    token: str
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[Any] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    def request(self, method: str, path: str, content: Any = None, length: int | None = None) -> bytes:
        body = b"" if content is None else json.dumps(content).encode()
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Origin: http://127.0.0.1:{self.port}",
            f"Authorization: Bearer {self.token}",
            f"Content-Length: {len(body) if length is None else length}",
            "Content-Type: application/json",
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def clients(self) -> set[int]:
        """The ports of all clients whose sockets it holds."""
        return {one.raddr.port for one in self.process.net_connections("inet") if one.raddr}

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    spec = ArraySpec("activations/fc/post", "float32", (UNITS,), ("sample", "unit"))
    with create(tmp_path / "large.naut", RecordingCard(Graph(())), [spec]) as writer:
        writer.append({"activations/fc/post": VALUES})
    monkeypatch.setenv("NEURONAUT_CACHE", str(tmp_path / "cache"))
    command = [sys.executable, "-u", "-m", "neuronaut.cli", "show", str(tmp_path / "large.naut"), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        port = int(lines[1].split(":")[2].partition("/")[0])
        token = json.loads((tmp_path / "cache" / "servers" / f"{port}.json").read_text())["token"]
        yield Running(psutil.Process(process.pid), port, token)
        process.terminate()


async def answered(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    length = next(int(line.partition(":")[2]) for line in lines if line.lower().startswith("content-length:"))
    return int(lines[0].split()[1]), await reader.readexactly(length)


async def good(running: Running, number: int, ends: float) -> None:
    """Asks one thing after the other and looks whether every number is right."""
    async with running.connected() as (reader, writer):
        turn = 0
        while time.monotonic() < ends:
            turn += 1
            unit, rows = (number + turn) % UNITS, [turn % ROWS, number]
            asks = number % 2 == 0
            query = {"name": "values", "params": {"layer": "fc", "unit": unit, "rows": rows}}
            writer.write(running.request("POST", "/api/query", query) if asks else running.request("GET", MANIFEST))
            status, body = await answered(reader)
            running.statuses[status] += 1
            if status != 200 or (asks and not np.array_equal(answer(body)["value"], VALUES[rows, unit])):
                running.wrong.append((status, body[:200]))


MANIFEST = "/api/manifest"


async def slow(running: Running, number: int, ends: float) -> None:
    """Sends its header a byte a second, or nothing at all, and comes back when it is dropped."""
    while time.monotonic() < ends:
        with contextlib.suppress(OSError):
            async with running.connected() as (_, writer):
                for byte in running.request("GET", MANIFEST):
                    if writer.is_closing() or time.monotonic() > ends:
                        break
                    writer.write(bytes([byte]) if number % 2 else b"")
                    await asyncio.sleep(1)


async def dribbling(running: Running, number: int, ends: float) -> None:
    """Announces a body and does not send it."""
    while time.monotonic() < ends:
        async with running.connected() as (reader, writer):
            writer.write(running.request("POST", "/api/query", length=5000))
            status, _ = await answered(reader)
            if status != 408:
                running.wrong.append(("dribbling", status))


async def deaf(running: Running, number: int, ends: float) -> None:
    """Asks for the largest answers and reads none; ends when the server has had enough."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(one, ("127.0.0.1", running.port))
        query = {"name": "values", "params": {"layer": "fc"}}
        for _ in range(3):
            await loop.sock_sendall(one, running.request("POST", "/api/query", query))
        port = one.getsockname()[1]
        while port in running.clients():
            if time.monotonic() > ends:
                running.wrong.append("one that reads nothing was never dropped")
                return
            await asyncio.sleep(1)


async def watched(running: Running, number: int, ends: float) -> None:
    while time.monotonic() < ends:
        running.memory.append(running.process.memory_info().rss)
        await asyncio.sleep(1)


async def load(running: Running, seconds: float) -> None:
    ends = time.monotonic() + seconds
    parts: list[tuple[Callable[[Running, int, float], Awaitable[None]], int]] = [
        (good, CLIENTS),
        (slow, SLOW),
        (dribbling, DRIBBLING),
        (deaf, DEAF),
        (watched, 1),
    ]
    await asyncio.gather(*(part(running, number, ends) for part, many in parts for number in range(many)))


async def as_many_as_fit(running: Running) -> list[int]:
    """Every slot at once: as many requests as are answered at the same time, each on its own socket."""

    async def one() -> int:
        async with running.connected() as (reader, writer):
            writer.write(running.request("GET", MANIFEST))
            return (await answered(reader))[0]

    return await asyncio.gather(*(one() for _ in range(LIMITS.requests)))


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    ends = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends:
        await asyncio.sleep(0.2)
    return condition()


@pytest.mark.slow
def test_a_minute_of_clients_good_and_bad(running: Running) -> None:
    with contextlib.closing(Loop()) as loop:
        loop.run_until_complete(load(running, SECONDS))
        assert running.wrong == []
        assert set(running.statuses) == {200} and running.statuses[200] > 20 * CLIENTS
        early, late = running.memory[len(running.memory) // 4 : len(running.memory) // 2], running.memory[-10:]
        assert max(late) - max(early) < 32 << 20, [size >> 20 for size in running.memory]
        assert loop.run_until_complete(until(lambda: not running.clients(), LIMITS.header_s * 3))
        assert set(loop.run_until_complete(as_many_as_fit(running))) == {200}
